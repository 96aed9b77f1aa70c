package spec

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/go-multierror"
	"pgregory.net/rapid"
)

const elsewhere = "version: 1\nconnections: {w: {provider: cloud, region: r, auth: {token: env:T}}}\nusersFrom: {csv: people.csv}\n" +
	"appGroups: [{name: CAD, in: w, grants: [{to: ['team:eng', zoe]}]}]\n"

// A table says the same however it was saved; what is in it counts for the digest of the files.
func TestTablesOfPeople(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "a.yaml", elsewhere)
	const plain = "name,email,teams,left\nzoe,zoe@x.example,,2026-06-01\n\"amy\",,eng; ops,\n"
	digests := map[string]string{}
	for name, table := range map[string]string{
		"plain": plain, "CRLF": strings.ReplaceAll(plain, "\n", "\r\n"), "byte order mark": "\ufeff" + plain, "no end of line": strings.TrimSpace(plain),
		"blank lines and blanks": "name, email ,teams,left\n\n zoe ,zoe@x.example,,2026-06-01\namy,,eng;ops;,\n", "other columns": "left,x,name,x,teams,email\n2026-06-01,,zoe,\"1\n2\",,ZOE@x.example\n,=1,amy,,ops;eng,\n",
	} {
		write(t, "people.csv", table)
		s, err := Load(input("a.yaml"))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		digests[s.Digest] = name
		var got []string
		for _, at := range []string{"2026-05-31T23:59:59Z", "2026-06-01T00:00:00Z"} {
			now, _ := time.Parse(time.RFC3339, at)
			state := s.Desired(now)["w"]
			for _, g := range state.Grants.Sorted() {
				got = append(got, g.Subject.Name)
			}
			got = append(got, fmt.Sprintf("%d left", len(state.Departed)))
		}
		next := s.NextTurn(time.Time{}).Format(time.DateOnly)
		if want := []string{"amy", "zoe", "0 left", "amy", "4 left"}; !cmp.Equal(got, want) || s.Elsewhere != 2 || next != "2026-06-01" || len(s.TeamNames()) != 2 {
			t.Errorf("%s: %q, %d people, next turn %s, teams %q", name, got, s.Elsewhere, next, s.TeamNames())
		}
	}
	if len(digests) != 6 {
		t.Errorf("tables that differ have one digest: %v", digests)
	}
}

// Only a table below the folder of the file is read, and none that is a link, hidden, or where secrets are.
func TestPlacesOfTables(t *testing.T) {
	t.Chdir(t.TempDir())
	table := "name,teams\nzoe,eng\n"
	for _, name := range []string{"out.csv", "d/people.csv", "d/hr/people.csv", "d/secrets/people.csv", "d/.git/people.csv", "d/state/people.csv", "d/people.txt", "d/hr.csv/x"} {
		write(t, name, table)
	}
	for link, target := range map[string]string{"d/link.csv": "people.csv", "d/away.csv": "../out.csv", "d/lane": "hr"} {
		if err := os.Symlink(target, link); err != nil {
			t.Skip(err)
		}
	}
	write(t, "d/utf16.csv", "\xff\xfen\x00")
	write(t, "d/gbk.csv", "name\n\xd5\xc5\xc8\xfd\n")
	write(t, "d/big.csv", "name\n"+strings.Repeat("a,\n", 100))
	for path, want := range map[string]string{
		"people.csv": "", "hr/people.csv": "",
		"../out.csv": "no such path", "/people.csv": "no such path", "hr/../people.csv": "no such path", "./people.csv": "no such path", `hr\people.csv`: "no such path",
		"people.txt": "no table by its name", "secrets/people.csv": "where secrets are, or hidden", ".git/people.csv": "where secrets are, or hidden", "state/people.csv": "where secrets are, or hidden",
		"link.csv": "it is a link or no file", "away.csv": "it is a link or no file", "lane/people.csv": "it is a link or no file", "hr.csv": "a folder, not a file", "none.csv": "no such file or folder",
		"utf16.csv": "save it as UTF-8", "gbk.csv": "byte 0xd5 is not UTF-8", "big.csv": "file has 305 bytes, more than the 300 allowed",
	} {
		in := input("-")
		in.StateDir = "d/state"
		write(t, "d/a.yaml", strings.Replace(elsewhere, "people.csv", path, 1))
		in.Paths = []string{"d/a.yaml"}
		most := usualBounds
		most.file = 300
		_, err := load(in, most)
		switch {
		case want == "" && err != nil, want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("%s: %v, want %q", path, err, want)
		case err != nil && strings.Contains(err.Error(), "unknown"):
			t.Errorf("%s: errors that are echoes: %v", path, err)
		}
	}
}

// A mistake in a table is one error, at its row or at the line that names the column, and says what to write.
func TestMistakesInTables(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "a.yaml", strings.Replace(elsewhere, "{csv: people.csv}", "{csv: people.csv, columns: {name: login, teams: groups, left: last day}}", 1))
	for table, want := range map[string]string{
		"zoe,eng,\n": "people.csv:1:1: the first line has none of the columns that a.yaml names; begin the file with a line of column names, or say with columns: which is what",
		"login,groups,last day\n<<<<<<< HEAD\nzoe,eng,\n": "people.csv:2:1: a merge conflict that is not settled; settle the conflict, and remove its marks: <<<<<<<, ======= and >>>>>>>",
		"login,groups,last day\nzoe,\"eng,ops\",\n":       `people.csv:2:5: teams "eng,ops" are separated by something else; separate them by plain semicolons`,
		"login,groups,last day\nzoe,team:eng,\n":          `a.yaml:4:47: unknown team "eng"; call it "eng" at people.csv:2:5, without team:`,
		"login,groups,last day\nzoe,eng,1601-01-01\n":     "people.csv:2:9: left 1601-01-01 is before 1971; write the year as in 2026-12-31, or leave `left` out where there is none",
	} {
		write(t, "people.csv", table)
		if _, err := Load(input("a.yaml")); err == nil || err.Error() != want {
			t.Errorf("%q: %v, want %s", table, err, want)
		}
	}
}

// A file that is not there is told with the one that is, under nearly that name.
func TestNearNamesOfFiles(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "entitlements.yaml", elsewhere)
	for path, want := range map[string]string{
		"entitlements.yml":             `entitlements.yml: no such file or folder; did you mean "entitlements.yaml"?`,
		"entitlements.yaml,other.yaml": "entitlements.yaml,other.yaml: no such file or folder; name each file with a --file of its own",
		"":                             "a path is empty; name a file or a folder",
	} {
		if _, err := Load(input(path)); err == nil || err.Error() != want {
			t.Errorf("%q: %v, want %s", path, err, want)
		}
	}
}

// Where files are read as they were, so is the table that they name; one that is not there is not taken from now.
func TestTablesOfThePast(t *testing.T) {
	t.Chdir(t.TempDir())
	top, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	write(t, "a.yaml", elsewhere)
	write(t, "people.csv", "name,teams\nzoe,eng\nnow,\n")
	in := input("a.yaml")
	in.Past = &Past{Top: realPath(top), Files: then{"a.yaml": elsewhere, "people.csv": "name,teams\nzoe,eng\nthen,\nand,\n"}}
	s, err := Load(in)
	if err != nil || s.Elsewhere != 3 {
		t.Fatalf("%v, %v", s, err)
	}
	in.Past.Files = then{"a.yaml": elsewhere}
	if _, err := Load(in); err == nil || !strings.Contains(err.Error(), `"people.csv": no such file`) {
		t.Errorf("without the table: %v", err)
	}
}

// Who is to leave later than before, or not at all, or under another name, is told.
func TestLaterLeavingWeakens(t *testing.T) {
	t.Chdir(t.TempDir())
	of := func(left string) *Spec {
		write(t, "a.yaml", elsewhere)
		date, account, _ := strings.Cut(left, " as ")
		write(t, "people.csv", "name,teams,left,account\nzoe,eng,"+date+","+account+"\n")
		s, err := Load(input("a.yaml"))
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	for _, tc := range [][3]string{{"2026-06-01", "2026-06-01", ""}, {"2026-06-01", "2026-05-01", ""}, {"", "2026-05-01", ""},
		{"2026-06-01", "2026-06-02", "left zoe 2026-06-01 2026-06-02"}, {"2026-06-01", "", "left zoe 2026-06-01 active"},
		{"2026-06-01 as z1", "2026-06-01 as z2", "left zoe as z1  "}, {" as z1", " as z2", ""}} {
		var got bytes.Buffer
		for _, w := range Weakened(of(tc[0]), of(tc[1])) {
			fmt.Fprint(&got, w.What, " ", w.On, " ", w.From, " ", w.To)
		}
		if got.String() != tc[2] {
			t.Errorf("%s to %s: %q, want %q", tc[0], tc[1], got.String(), tc[2])
		}
	}
}

// Whatever a table holds, it is read or refused with the row and column of each error, in time that grows with its length.
func TestAnyTable(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "a.yaml", "version: 1\nusersFrom: {csv: people.csv}\n")
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.SampledFrom([]string{"name", "teams", "left", "email", ",", ",", ",", "\n", "\n", "\r\n", "\r", `"`, `""`, " ", ";", "；", "，", "zoe", "amy", "a@x.example", "2026-01-01", "=1", "\ufeff", "\x00", "\xff", "王", "\u202e"})
		table := "name,teams,left,email\n" + strings.Join(rapid.SliceOfN(word, 0, 40).Draw(t, "words"), "")
		if err := os.WriteFile("people.csv", []byte(table), 0o644); err != nil {
			t.Fatal(err)
		}
		s, err := Load(input("a.yaml"))
		if err == nil {
			if s.Elsewhere == 0 || len(s.Users()) != s.Elsewhere {
				t.Fatalf("%q: %d people of %q", table, s.Elsewhere, s.Users())
			}
			return
		}
		for _, e := range err.(*multierror.Error).Errors {
			if at := e.(*Error); at.File != "people.csv" || at.Line < 1 || at.Line > 1+strings.Count(table, "\n") || at.Column < 1 || at.Hint == "" {
				t.Fatalf("%q: %v", table, at)
			}
		}
	})
	const people = 20_000
	var table strings.Builder
	table.WriteString("name,email,teams\n")
	for i := range people {
		fmt.Fprintf(&table, "p%d,p%d@x.example,t%d;all\n", i, i, i%1000)
	}
	write(t, "people.csv", table.String())
	write(t, "a.yaml", strings.Replace(elsewhere, "'team:eng', zoe", "'team:all'", 1))
	began := time.Now()
	s, err := Load(input("a.yaml"))
	if err != nil || s.Elsewhere != people {
		t.Fatal(err)
	}
	t.Logf("%d people in %v", people, time.Since(began))
}

// Who is taken from a group of a table stays in it, since no file of ours says who is in it: the line lists the others.
func TestAmendLeavesTablesAlone(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "a.yaml", elsewhere)
	write(t, "people.csv", "name,teams\nzoe,\namy,eng\nben,eng\n")
	s, err := Load(input("a.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	var all []Amendment
	for g := range s.Desired(now)["w"].Grants.All() {
		if g.Subject.Name == "amy" {
			all = append(all, Amendment{Grant: g, Op: AmendRemove})
		}
	}
	edits, err := s.Amend(all, now)
	if err != nil || len(edits) != 1 || edits[0].At.File != "a.yaml" || !cmp.Equal(edits[0].With, []string{"ben"}) {
		t.Errorf("%v, %+v", err, edits)
	}
}

// A table whose header can't be read is one error, and none about everybody who was in it.
func TestHeadersHaveNoEchoes(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "a.yaml", elsewhere)
	for _, header := range []string{"name;teams", "NAME,teams", "name,teams,name"} {
		write(t, "people.csv", header+"\nzoe,eng\n")
		if _, err := Load(input("a.yaml")); err == nil || strings.Contains(err.Error(), "unknown") {
			t.Errorf("%s: %v", header, err)
		}
	}
}
