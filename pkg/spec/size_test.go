package spec

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

// granting builds a file of teams and app groups, both in YAML's short form.
func grantingFile(teams, groups []string) string {
	return conns + "users: [{name: u0}, {name: u1}, {name: u2}, {name: u3}]\nteams: {" + strings.Join(teams, ", ") + "}\nappGroups:\n" + strings.Join(groups, "\n") + "\n"
}

func appGroups(n int, to func(i int) string) []string {
	var groups []string
	for i := range n {
		groups = append(groups, fmt.Sprintf("- {name: g%d, in: w, grants: [{to: [%s]}]}", i, to(i)))
	}
	return groups
}

// The grants of a load are bounded by what stands in the files, each person as often as named, and before anything is expanded.
func TestGrantsAreBounded(t *testing.T) {
	const most = 12
	team := func(name string) func(int) string { return func(int) string { return "team:" + name } }
	nested := []string{"a: [u0, u1]", "b: [team:a, u2]", "c: [team:b, team:b]"} // 2, 3 and 6 people
	for _, tc := range []struct {
		reason, text string
		want         string
	}{
		{"people alone", grantingFile(nil, appGroups(3, func(int) string { return "u0, u1, u2, u3" })), ""},
		{"people alone, too many", grantingFile(nil, append(appGroups(1, func(int) string { return "u0" }), "- {name: big, in: w, grants: [{to: ["+strings.TrimSuffix(strings.Repeat("u0,", most), ",")+"]}]}")),
			`a.yaml:8:10: the files give more than 12 grants once teams are expanded, of which app group "big" gives at least 12; grant to a user group of the vendor, or split the files over several runs`},
		{"teams", grantingFile(nested, appGroups(6, team("a"))), ""},
		{"teams, too many", grantingFile(nested, append(appGroups(6, team("a")), "- {name: x, in: w, grants: [{to: [u3]}]}")),
			`a.yaml:7:36: the files give more than 12 grants once teams are expanded, of which team "a" gives at least 12; grant to a user group of the vendor, or split the files over several runs`},
		{"teams in teams, each person as often as named", grantingFile(nested, appGroups(2, team("c"))), ""},
		{"teams in teams, too many", grantingFile(nested, appGroups(3, team("c"))),
			`a.yaml:7:36: the files give more than 12 grants once teams are expanded, of which team "c" gives at least 18; grant to a user group of the vendor, or split the files over several runs`},
		{"in parts", grantingFile(nested, append(appGroups(4, team("b")), "- {name: x, in: w, grants: [{to: [u0], expires: 2001-01-01}]}")),
			`a.yaml:7:36: the files give more than 12 grants once teams are expanded, of which team "b" gives at least 12; grant to a user group of the vendor, or split the files over several runs`},
	} {
		t.Run(tc.reason, func(t *testing.T) {
			t.Chdir(t.TempDir())
			write(t, "a.yaml", tc.text)
			bounds := usualBounds
			bounds.grants = most
			_, err := load(input("a.yaml"), bounds)
			if got := fmt.Sprint(err); tc.want == "" && err != nil || tc.want != "" && got != tc.want {
				t.Errorf("got %v, want %s", err, tc.want)
			}
		})
	}
}

// Teams that would take for ever to expand are refused at once: those that hold more people at each step, those that double,
// and those that only nest.
func TestTeamsWithoutEnd(t *testing.T) {
	depth := 50_000
	switch {
	case testing.Short():
		depth = 20_000
	case os.Getenv("ENTITLECTL_TEST_LONG") != "":
		depth = 100_000
	}
	chain := func(step string) []string {
		teams := []string{"t0: [u0]"}
		for i := 1; i < depth; i++ {
			teams = append(teams, fmt.Sprintf("t%d: [", i)+strings.ReplaceAll(step, "NEXT", fmt.Sprintf("team:t%d", i-1))+"]")
		}
		return teams
	}
	each := func(i int) string { return fmt.Sprintf("team:t%d", i) }
	last := func(int) string { return fmt.Sprintf("team:t%d", depth-1) }
	const grant = "; grant to a user group of the vendor, or split the files over several runs"
	for _, tc := range []struct{ reason, text, want string }{
		{"one more at each step, each in use", grantingFile(chain("NEXT, u1"), appGroups(depth, each)),
			fmt.Sprintf(`a.yaml:%d:40: the files give more than 2000000 grants once teams are expanded, of which team "t%d" gives at least %d`, depth+6, depth-1, depth) + grant},
		{"twice as many at each step", grantingFile(chain("NEXT, NEXT"), appGroups(1, last)),
			fmt.Sprintf(`a.yaml:7:36: the files give more than 2000000 grants once teams are expanded, of which team "t%d" gives at least 1099511627776`, depth-1) + grant},
		{"nothing but nested, each in use", grantingFile(chain("NEXT"), appGroups(depth, each)),
			fmt.Sprintf(`a.yaml:%d:40: teams nest so deeply that it takes more than 20000000 steps to expand them, of which team "t%d" takes at least %d; name people in fewer teams of teams`, depth+6, depth-1, depth)},
	} {
		t.Run(tc.reason, func(t *testing.T) {
			t.Chdir(t.TempDir())
			write(t, "a.yaml", tc.text)
			if _, err := Load(input("a.yaml")); fmt.Sprint(err) != tc.want {
				t.Errorf("got %v, want %s", err, tc.want)
			}
		})
	}
	t.Run("once alone is fine", func(t *testing.T) {
		t.Chdir(t.TempDir())
		write(t, "a.yaml", grantingFile(chain("NEXT, u1"), appGroups(20, last)))
		s, err := Load(input("a.yaml"))
		if err != nil || s.Desired(time.Now())["w"].Grants.Len() != 40 {
			t.Errorf("error %v", err)
		}
	})
}

func TestFilesAreBounded(t *testing.T) {
	t.Chdir(t.TempDir())
	for i := range 4 {
		write(t, fmt.Sprintf("d/%d.yaml", i), "version: 1\n") // 11 bytes
	}
	one := []string{"d/0.yaml", "d/1.yaml", "d/2.yaml", "d/3.yaml"}
	for _, tc := range []struct {
		reason string
		load   []string
		set    func(*bounds)
		want   string
	}{
		{"as many as allowed", []string{"d"}, func(b *bounds) { b.files, b.all = 4, 44 }, ""},
		{"too many in a folder", []string{"d"}, func(b *bounds) { b.files = 3 }, "d: with it there are more than 3 files; merge some, or split them over several runs"},
		{"too many, one by one", one, func(b *bounds) { b.files = 3 }, "d/3.yaml: with it there are more than 3 files; merge some, or split them over several runs"},
		{"the same ones again", append(one, one...), func(b *bounds) { b.files = 4 }, ""},
		{"too much together", []string{"d"}, func(b *bounds) { b.all = 32 }, "d/2.yaml: with it the files have more than the 32 bytes allowed together; split them over several runs"},
	} {
		bounds := usualBounds
		tc.set(&bounds)
		if _, err := load(input(tc.load...), bounds); err != nil || tc.want != "" {
			if fmt.Sprint(err) != tc.want {
				t.Errorf("%s: got %v, want %s", tc.reason, err, tc.want)
			}
		}
	}
}

// Items are bounded over all files: many small ones take as much memory as few large ones.
func TestItemsOfAllFilesAreBounded(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "a.yaml", "version: 1\n"+strings.Repeat("\n", maxItems/2))
	write(t, "b.yaml", "version: 1\n"+strings.Repeat("\n", maxItems/2))
	want := "b.yaml:1:1: files have more than 8000000 lines and items together; split them over several runs"
	if _, err := Load(input("a.yaml", "b.yaml")); fmt.Sprint(err) != want {
		t.Errorf("got %v, want %s", err, want)
	}
}
