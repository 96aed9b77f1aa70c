package spec

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/go-multierror"
)

const (
	conns  = "version: 1\nconnections:\n  w: {provider: cloud, region: r, auth: {token: env:T}}\n"
	people = "version: 1\nusers: [{name: alice}]\nteams: {cad: [alice]}\n"
	groups = "version: 1\nappGroups: [{name: CAD, in: w, grants: [{to: [team:cad]}]}]\n"
	rule   = "version: 1\nrules: {max-mails: 7}\n"
)

// layout is a folder, some of which is loaded, and the files read, or the errors.
type layout struct {
	files  map[string]string
	links  map[string]string // name to target
	load   []string
	want   []string
	errors string
}

func TestLoadFiles(t *testing.T) {
	base := map[string]string{"d/c.yaml": conns, "d/t.yml": people, "d/g.yaml": groups}
	all := []string{"d/c.yaml", "d/g.yaml", "d/t.yml"}
	for name, test := range map[string]layout{
		"a folder, sorted":                {files: base, load: []string{"d"}, want: all},
		"a folder with a slash":           {files: base, load: []string{"d/"}, want: all},
		"files one by one":                {files: base, load: []string{"d/t.yml", "d/g.yaml", "d/c.yaml"}, want: []string{"d/t.yml", "d/g.yaml", "d/c.yaml"}},
		"a folder and a file in it":       {files: base, load: []string{"d", "d/g.yaml"}, want: all},
		"a file and its folder":           {files: base, load: []string{"./d/t.yml", "d"}, want: []string{"d/c.yaml", "d/g.yaml", "d/t.yml"}},
		"a folder twice":                  {files: base, load: []string{"d", "./d", "d/../d"}, want: all},
		"other files and hidden ones":     {files: with(base, "d/README.md", "x", "d/.hidden.yaml", "x", "d/x.json", "x", "d/sub/x.yaml", "x", "d/dir.yaml/x", "x"), load: []string{"d"}, want: all},
		"rules beside a file":             {files: with(base, "d/"+RulesFile, rule), load: []string{"d/c.yaml", "d/g.yaml", "d/t.yml"}, want: []string{"d/c.yaml", "d/" + RulesFile, "d/g.yaml", "d/t.yml"}},
		"rules in a folder":               {files: with(base, "d/"+RulesFile, rule), load: []string{"d"}, want: []string{"d/c.yaml", "d/" + RulesFile, "d/g.yaml", "d/t.yml"}},
		"a link inside the folder":        {files: with(base, "d/.data/u.yaml", people, "d/t.yml", ""), links: map[string]string{"d/u.yaml": ".data/u.yaml"}, load: []string{"d"}, want: []string{"d/c.yaml", "d/g.yaml", "d/u.yaml"}},
		"two names of one file":           {files: base, links: map[string]string{"d/u.yaml": "t.yml"}, load: []string{"d"}, want: all},
		"a link to the folder":            {files: base, links: map[string]string{"e": "d"}, load: []string{"e"}, want: []string{"e/c.yaml", "e/g.yaml", "e/t.yml"}},
		"nothing":                         {errors: "no file is named; name a file or a folder"},
		"a missing file":                  {load: []string{"no.yaml"}, errors: "no.yaml: no such file or folder; check the path"},
		"two missing files":               {load: []string{"b.yaml", "a.yaml"}, errors: "a.yaml: no such file or folder; check the path\nb.yaml: no such file or folder; check the path"},
		"a folder without files":          {files: map[string]string{"d/x.txt": ""}, load: []string{"d"}, errors: "d: folder holds no *.yaml or *.yml file; add one, or name another folder"},
		"a file with a hidden name":       {files: map[string]string{"d/a\x1b[2J.yaml": rule, "d/b.yaml": rule}, load: []string{"d"}, errors: `d: file name "a\x1b[2J.yaml" holds an invisible character; rename it`},
		"a device":                        {load: []string{os.DevNull}, errors: os.DevNull + ": not a regular file; name a file that can be read as often as needed"},
		"more than rules in a rules file": {files: map[string]string{RulesFile: people}, load: []string{RulesFile}, errors: RulesFile + ":2:1: unknown key \"users\" in " + RulesFile + "; use version or rules\n" + RulesFile + ":3:1: unknown key \"teams\" in " + RulesFile + "; use version or rules"},
		"the same rule twice":             {files: map[string]string{"a.yaml": rule, "b.yaml": rule}, load: []string{"a.yaml", "b.yaml"}, errors: "b.yaml:2:20: rule \"max-mails\" is defined twice, first at a.yaml:2:20; keep one of them"},
		"the same of all in two files": {
			files: map[string]string{"a.yaml": conns + groups[11:] + people[11:], "b.yaml": conns + groups[11:] + people[11:]}, load: []string{"a.yaml", "b.yaml"},
			errors: `b.yaml:3:3: connection "w" is defined twice, first at a.yaml:3:3; keep one of them
b.yaml:4:20: app group "CAD" is defined twice, first at a.yaml:4:20; keep one of them
b.yaml:5:16: user "alice" is defined twice, first at a.yaml:5:16; keep one of them
b.yaml:6:9: team "cad" is defined twice, first at a.yaml:6:9; keep one of them`,
		},
		"the version is for each file": {files: map[string]string{"a.yaml": rule, "b.yaml": "users: []\n"}, load: []string{"a.yaml", "b.yaml"}, errors: "b.yaml:1:1: file has no version; add `version: 1`"},
	} {
		t.Run(name, test.test)
	}
}

// No link leads out of the folder that was named, be it of a file, of the rules or through another folder. TestSecrets has the
// same for secrets in files.
func TestFault17PathTraversal(t *testing.T) {
	base := map[string]string{"d/c.yaml": conns, "d/t.yml": people, "d/g.yaml": groups}
	for name, test := range map[string]layout{
		"a link out of the folder":      {files: with(base, "x.yaml", people), links: map[string]string{"d/z.yaml": "../x.yaml"}, load: []string{"d"}, errors: "d/z.yaml: link leads nowhere or out of its folder; put the file itself into the folder"},
		"a link through a folder":       {files: with(base, "o/x.yaml", people), links: map[string]string{"d/o": "../o", "d/z.yaml": "o/x.yaml"}, load: []string{"d"}, errors: "d/z.yaml: link leads nowhere or out of its folder; put the file itself into the folder"},
		"a link to nothing":             {files: base, links: map[string]string{"d/z.yaml": "gone"}, load: []string{"d"}, errors: "d/z.yaml: link leads nowhere or out of its folder; put the file itself into the folder"},
		"a file that leaves its folder": {files: map[string]string{"o/x.yaml": rule, "d/x": ""}, links: map[string]string{"d/x.yaml": "../o/x.yaml"}, load: []string{"d/x.yaml"}, errors: "d/x.yaml: link leads nowhere or out of its folder; put the file itself into the folder"},
		"rules that leave the folder":   {files: map[string]string{"d/x.yaml": rule, "r.yaml": rule}, links: map[string]string{"d/" + RulesFile: "../r.yaml"}, load: []string{"d/x.yaml"}, errors: "d/" + RulesFile + ": link leads nowhere or out of its folder; put the file itself into the folder"},
		"a link to an absolute path":    {files: base, links: map[string]string{"d/z.yaml": "/etc/hostname"}, load: []string{"d"}, errors: "d/z.yaml: link leads nowhere or out of its folder; put the file itself into the folder"},
		"a link that comes back":        {files: base, links: map[string]string{"d/z.yaml": "../d/t.yml"}, load: []string{"d"}, want: []string{"d/c.yaml", "d/g.yaml", "d/t.yml"}},
	} {
		t.Run(name, test.test)
	}
}

func (test layout) test(t *testing.T) {
	t.Chdir(t.TempDir())
	for name, text := range test.files {
		write(t, name, text)
	}
	for name, target := range test.links {
		if err := os.Symlink(target, name); err != nil {
			t.Fatal(err)
		}
	}
	s, err := Load(input(test.load...))
	if err != nil || test.errors != "" {
		if err == nil || err.Error() != test.errors {
			t.Errorf("got errors:\n%v\nwant:\n%s", err, test.errors)
		}
		return
	}
	if diff := cmp.Diff(slices.Sorted(slices.Values(test.want)), s.Files); diff != "" {
		t.Error(diff)
	}
	alice := Grant{Ref{"w", kindAppGroup, "CAD"}, Subject{SubjectUser, "alice", "local.com"}, RoleAccess}
	if !s.Desired(time.Now())["w"].Grants.Has(alice) {
		t.Error("alice has no access")
	}
	if slices.ContainsFunc(s.Files, func(f string) bool { return filepath.Base(f) == RulesFile }) != (s.Rules.MaxMails.Value == 7) {
		t.Error("rules are not those of the files")
	}
}

// with is a copy of files with more of them; those with an empty text are left out.
func with(files map[string]string, more ...string) map[string]string {
	all := map[string]string{}
	for name, text := range files {
		all[name] = text
	}
	for i := 0; i < len(more); i += 2 {
		all[more[i]] = more[i+1]
		if more[i+1] == "" {
			delete(all, more[i])
		}
	}
	return all
}

func write(t testing.TB, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestDigest(t *testing.T) {
	t.Chdir(t.TempDir())
	digest := func(paths ...string) string {
		s, err := Load(input(paths...))
		if err != nil {
			t.Fatal(err)
		}
		return s.Digest
	}
	write(t, "d/a.yaml", conns)
	write(t, "d/b.yaml", people)
	first := digest("d")
	if !strings.HasPrefix(first, "sha256:") || len(first) != len("sha256:")+64 {
		t.Errorf("digest %q", first)
	}
	if digest("d/b.yaml", "d/a.yaml") != first {
		t.Error("the order of arguments changes the digest")
	}
	if err := os.Rename("d", "e"); err != nil {
		t.Fatal(err)
	}
	if digest("e") != first {
		t.Error("the folder's name changes the digest")
	}
	write(t, "e/a.yaml", conns+"# x\n")
	if digest("e") == first {
		t.Error("other contents do not change the digest")
	}
	write(t, "e/a.yaml", people)
	write(t, "e/b.yaml", conns)
	if digest("e") == first {
		t.Error("names are not part of the digest")
	}
}

func TestLimits(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "a.yaml", rule)
	most := usualBounds
	most.file = int64(len(rule))
	if _, err := load(input("a.yaml"), most); err != nil {
		t.Errorf("a file of the allowed size: %v", err)
	}
	want := "a.yaml: file has 33 bytes, more than the 32 allowed; split it"
	most.file--
	if _, err := load(input("a.yaml"), most); err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	write(t, "a.yaml", "version: 1\nusers:"+strings.Repeat("\n", maxItems))
	want = "a.yaml:1:1: files have more than 8000000 lines and items together; split them over several runs"
	if _, err := Load(input("a.yaml")); err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// TestManyErrors checks that what is printed stays short, and that work for suggestions is bounded, however many names are
// wrong.
func TestManyErrors(t *testing.T) {
	t.Chdir(t.TempDir())
	var b strings.Builder
	b.WriteString(conns + "users:\n")
	for range 12_000 {
		b.WriteString("- {nam: x}\n")
	}
	write(t, "a.yaml", b.String())
	_, err := Load(input("a.yaml"))
	var all *multierror.Error
	if !errors.As(err, &all) || len(all.Errors) != maxKept {
		t.Fatalf("kept %d errors", len(all.Errors))
	}
	lines := strings.Split(err.Error(), "\n")
	if len(lines) != maxShown+1 || lines[maxShown] != "and 11900 more errors; correct these first" {
		t.Errorf("%d lines, the last %q", len(lines), lines[len(lines)-1])
	}
	var first *Error
	if !errors.As(err, &first) || first.Line != 5 {
		t.Errorf("first %v", first)
	}
}

func TestSuggestionsAreBounded(t *testing.T) {
	l := &loader{}
	known := make([]string, maxComparisons/10)
	for i := range known {
		known[i] = "alice"
	}
	for i := range 20 {
		if hint := l.meant("alcie", known, "none"); (hint == "none") != (i >= 10) {
			t.Errorf("call %d: %s", i, hint)
		}
	}
}

// TestNext checks that a panic of the YAML reader becomes an error.
func TestNext(t *testing.T) {
	if _, err := next(nil); !errors.Is(err, errPanic) {
		t.Errorf("got %v", err)
	}
}

// TestDeepTeams nests teams deeper than a walk of every path could go, and then closes the cycle.
func TestDeepTeams(t *testing.T) {
	const depth = 100_000
	l := &loader{}
	ann := &user{name: "ann"}
	for i := range depth {
		next := &team{name: "t", source: Position{"f", i + 1, 1}}
		if i > 0 {
			inside := item{&saying{word: word{kind: kindTeam}, team: l.teamList[i-1]}, next.source}
			next.members = []item{inside, inside} // twice, so that paths double at each step
		}
		l.teamList = append(l.teamList, next)
	}
	first, last := l.teamList[0], l.teamList[depth-1]
	first.members = []item{{saying: &saying{word: word{kind: SubjectUser}, user: ann}}}
	if order := l.nest(); len(order) != depth || lacking(order, func(u *user) bool { return u.email == "" })[last] != ann {
		t.Error("not all teams are in order")
	}
	if people := peopleIn(last.members); len(people) != 1 || people[0] != ann {
		t.Errorf("people %v", people)
	}
	first.members = []item{{&saying{word: word{kind: kindTeam}, team: last}, first.source}}
	if order := l.nest(); len(order) != 0 || len(l.found) != 1 {
		t.Errorf("%d teams in order, errors %v", len(order), l.found)
	}
}
