//go:build unix

package spec

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// tree is some files, of which some are loaded from a folder, and what is read, or the errors.
type tree struct {
	files    []string          // those named like rules hold a rule, others nothing; a name that ends with / is a folder
	links    map[string]string // name to target
	from     string            // the working folder
	load     []string
	want     []string
	warnings string
	errors   string
}

// Rules are read wherever they stand, up to where the files' home ends.
func TestRulesAreFound(t *testing.T) {
	unread := func(path string) string {
		return path + ": the file is not read, since its name does not end with .yaml or .yml; rename it"
	}
	for name, test := range map[string]tree{
		"beside a file":           {files: []string{"a.yaml", RulesFile}, load: []string{"a.yaml"}, want: []string{"a.yaml", RulesFile}},
		"beside a folder":         {files: []string{"entitlements/a.yaml", RulesFile}, load: []string{"entitlements"}, want: []string{"entitlements/a.yaml", RulesFile}},
		"beside and in a folder":  {files: []string{"d/a.yaml", "d/" + RulesFile, RulesFile}, load: []string{"d"}, want: []string{"d/a.yaml", "d/" + RulesFile, RulesFile}},
		"a folder named as files": {files: []string{"entitlements.yaml/a.yaml", RulesFile}, load: []string{"entitlements.yaml"}, want: []string{"entitlements.yaml/a.yaml", RulesFile}},
		"levels above":            {files: []string{"x/y/z/a.yaml", RulesFile, "x/y/" + RulesFile}, load: []string{"x/y/z"}, want: []string{"x/y/z/a.yaml", "x/y/" + RulesFile, RulesFile}},
		"above the working folder": {files: []string{RulesFile, "w/" + RulesFile, "w/d/a.yaml"}, from: "w", load: []string{"d"},
			want: []string{"d/a.yaml", RulesFile}},
		"in the working folder alone": {files: []string{RulesFile, "w/a.yaml"}, from: "w", load: []string{"."}, want: []string{"a.yaml"}},
		"in the working folder of a repository": {files: []string{".git/", RulesFile, "v/" + RulesFile, "v/w/a.yaml"}, from: "v/w", load: []string{"."}, want: []string{"a.yaml"},
			warnings: "../../" + RulesFile + ": rules above the working folder are not read; run there, or name it with --file\n" +
				"../" + RulesFile + ": rules above the working folder are not read; run there, or name it with --file"},
		"above the working folder, named": {files: []string{".git/", RulesFile, "v/w/a.yaml"}, from: "v/w", load: []string{"../../" + RulesFile, "a.yaml"}, want: []string{"../../" + RulesFile, "a.yaml"}},
		"up to the repository": {files: []string{RulesFile, "r/.git/", "r/" + RulesFile, "r/x/d/a.yaml", "w/"}, from: "w", load: []string{"../r/x/d/a.yaml"},
			want: []string{"../r/x/d/a.yaml", "../r/" + RulesFile}},
		"past a submodule":           {files: []string{".git/", RulesFile, "r/.git", "r/x/a.yaml"}, load: []string{"r/x"}, want: []string{"r/x/a.yaml", RulesFile}},
		"up to another working tree": {files: []string{RulesFile, "w/", "r/.git", "r/x/a.yaml"}, from: "w", load: []string{"../r/x"}, want: []string{"../r/x/a.yaml"}},
		"beside the working folder":  {files: []string{RulesFile, "w/", "d/a.yaml"}, from: "w", load: []string{"../d"}, want: []string{"../d/a.yaml", "../" + RulesFile}},
		"the same ones once":         {files: []string{"d/a.yaml", "e/b.yaml", RulesFile}, load: []string{"d", "e/b.yaml", "d/a.yaml", RulesFile}, want: []string{"d/a.yaml", RulesFile, "e/b.yaml"}},
		"where a linked folder is": {files: []string{"x/.data/a.yaml", "x/" + RulesFile}, links: map[string]string{"d": "x/.data"}, load: []string{"d"},
			want: []string{"d/a.yaml", "x/" + RulesFile}},
		"where the link is":   {files: []string{"x/a.yaml", "y/" + RulesFile}, links: map[string]string{"y/d": "../x"}, load: []string{"y/d"}, want: []string{"y/d/a.yaml", "y/" + RulesFile}},
		"under another name":  {files: []string{"d/b.yaml", "d/" + RulesFile}, links: map[string]string{"d/a.yaml": RulesFile}, load: []string{"d"}, want: []string{"d/" + RulesFile, "d/b.yaml"}},
		"as containers do":    {files: []string{"d/..1/" + RulesFile, "d/..1/a.yaml"}, links: map[string]string{"d/..data": "..1", "d/a.yaml": "..data/a.yaml", "d/" + RulesFile: "..data/" + RulesFile}, load: []string{"d"}, want: []string{"d/a.yaml", "d/" + RulesFile}},
		"endings in capitals": {files: []string{"d/a.YAML", "d/b.Yml"}, load: []string{"d"}, want: []string{"d/a.YAML", "d/b.Yml"}},
		"folders in a folder": {files: []string{"d/a.yaml", "d/b/x.md", "d/c/e/x.yaml", "d/f/z.yml", "d/f/y.yaml", "d/g/x.yaml", "d/.h/x.yaml"}, load: []string{"d"}, want: []string{"d/a.yaml"},
			warnings: "d/f/y.yaml: files in a folder of d are not read; name it, or its folder, with --file"},
		"a file in a folder of a folder": {files: []string{"d/a.yaml", "d/c/e/x.YAML", "d/.h/i/x.yaml"}, load: []string{"d"}, want: []string{"d/a.yaml"},
			warnings: "d/c/e/x.YAML: files in a folder of d are not read; name it, or its folder, with --file"},
		"endings that are almost right": {files: []string{"d/a.yaml", "d/b.yaml.txt", "d/c.yml ", "d/e.ymal", "d/f.yaml.bak", "d/g.yaml~", "d/h.xml", "d/.i.yaml.txt", "d/j.txt"}, load: []string{"d"}, want: []string{"d/a.yaml"},
			warnings: unread("d/b.yaml.txt") + "\n" + unread("d/c.yml ") + "\n" + unread("d/e.ymal")},
		"folders that are named too": {files: []string{"d/a.yaml", "d/f/b.yaml", "d/f/" + RulesFile}, load: []string{"d", "d/f"}, want: []string{"d/a.yaml", "d/f/b.yaml", "d/f/" + RulesFile}},
		"what editors make":          {files: []string{"a.yaml", "." + RulesFile + ".swp", "#" + RulesFile + "#"}, load: []string{"a.yaml"}, want: []string{"a.yaml"}},
		"what only sounds like it":   {files: []string{"d/rules.yaml", "entitlectl-rules/README.md", "entitlectl.yaml", "entitlectl-rules.md", RulesFile + ".sha256"}, load: []string{"d"}, want: []string{"d/rules.yaml"}},
	} {
		t.Run(name, test.test)
	}
}

// What may be taken for rules and is not read is an error, as is a rules file that can't be.
func TestRulesThatAreNotRead(t *testing.T) {
	like := func(path string) string {
		return path + ": it looks like rules, which are read from entitlectl.rules.yaml only; rename or remove it"
	}
	tests := map[string]tree{
		"in a folder above": {files: []string{"d/a.yaml", "entitlectl.rules.yml"}, load: []string{"d"}, errors: like("entitlectl.rules.yml")},
		"in a folder":       {files: []string{"d/a.yaml", "d/entitlectl.rules.yml"}, load: []string{"d"}, errors: like("d/entitlectl.rules.yml")},
		"beside rules":      {files: []string{"a.yaml", RulesFile, "Entitlectl.Rules.yaml.bak"}, load: []string{"a.yaml"}, errors: like("Entitlectl.Rules.yaml.bak")},
		"named":             {files: []string{"a.yaml", "entitlectl_rules.yaml"}, load: []string{"a.yaml", "entitlectl_rules.yaml"}, errors: like("entitlectl_rules.yaml")},
		"a folder like it":  {files: []string{"a.yaml", "entitlectl.rules.yml/"}, load: []string{"a.yaml"}, errors: like("entitlectl.rules.yml")},
		"deeper":            {files: []string{"d/a.yaml", "d/b/" + RulesFile}, load: []string{"d"}, errors: "d/b/" + RulesFile + ": rules are not read from a folder in one that is named; move it into d"},
		"far deeper":        {files: []string{"d/a.yaml", "d/b/c/e/" + RulesFile}, load: []string{"d"}, errors: "d/b/c/e/" + RulesFile + ": rules are not read from a folder in one that is named; move it into d"},
		"far deeper in one that is named too": {files: []string{"d/a.yaml", "d/b/a.yaml", "d/b/c/" + RulesFile}, load: []string{"d", "d/b"},
			errors: "d/b/c/" + RulesFile + ": rules are not read from a folder in one that is named; move it into d/b"},
		"deeper and like it": {files: []string{"d/a.yaml", "d/b/rules.yaml", "d/b/entitlectl.rules.yml"}, load: []string{"d"}, errors: "d/b/entitlectl.rules.yml: rules are not read from a folder in one that is named; move it into d"},
		"deeper, read as something else": {files: []string{"d/a.yaml", "d/b/" + RulesFile}, links: map[string]string{"d/c.yaml": "b/" + RulesFile}, load: []string{"d"},
			errors: "d/b/" + RulesFile + ": rules are not read from a folder in one that is named; move it into d"},
		"a folder":     {files: []string{"d/a.yaml", RulesFile + "/"}, load: []string{"d"}, errors: RulesFile + ": a folder, not a file; name a file, or put one in its place"},
		"a link out":   {files: []string{"d/a.yaml", "x.yaml"}, links: map[string]string{"d/" + RulesFile: "../x.yaml"}, load: []string{"d/a.yaml"}, errors: "d/" + RulesFile + ": link leads nowhere or out of its folder; put the file itself into the folder"},
		"a dead link":  {files: []string{"d/a.yaml"}, links: map[string]string{RulesFile: "gone"}, load: []string{"d"}, errors: RulesFile + ": link leads nowhere or out of its folder; put the file itself into the folder"},
		"a named pipe": {files: []string{"d/a.yaml", RulesFile + "|"}, load: []string{"d"}, errors: RulesFile + ": not a regular file; name a file that can be read as often as needed"},
	}
	for _, name := range []string{
		"entitlectl.rules.yml", "Entitlectl.Rules.YAML", "ENTITLECTL.RULES.YAML", "entitlectl-rules.yaml", "entitlectl_rules.yml", "entitlectl rules.yaml", "entitlectlrules.yaml",
		"entitlectl.rule.yaml", "entitlectl.rules.yaml.txt", ".entitlectl.rules.yaml", "entitlectl.rules.yaml~", "entitlectl.rules.yaml.bak", "entitlectl.rules.yaml.old.2",
		"entitlectl.rules (1).yaml", "entitlectl.rules - Copy.yaml", "entitlectl.rules", "entitlectl.rules.txt", "entitlectl.rules.json", "entitlectl.rules.prod.yaml", "entitlectl.rules.yaml.",
		"ｅntitlectl.rules.yaml", "entitlectl．rules．yaml", "еntitlесtl.rulеs.yaml", "entitlectl.rules.yаml", "entitlectl.rule\u0455.yaml", "entitlectl.\u200brules.yaml",
	} {
		tests["like rules: "+name] = tree{files: []string{"a.yaml", name}, load: []string{"a.yaml"}, errors: like(name)}
	}
	for name, test := range tests {
		t.Run(name, test.test)
	}
}

func (test tree) test(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, name := range test.files {
		check(t, os.MkdirAll(filepath.Dir(name), 0o755))
		switch {
		case strings.HasSuffix(name, "/"):
			check(t, os.MkdirAll(name, 0o755))
		case strings.HasSuffix(name, "|"):
			check(t, syscall.Mkfifo(strings.TrimSuffix(name, "|"), 0o600))
		case filepath.Base(name) == RulesFile:
			write(t, name, rule)
		default:
			write(t, name, "version: 1\n")
		}
	}
	for name, target := range test.links {
		check(t, os.MkdirAll(filepath.Dir(name), 0o755))
		check(t, os.Symlink(target, name))
	}
	if test.from != "" {
		t.Chdir(test.from)
	}
	s, err := Load(input(test.load...))
	if err != nil || test.errors != "" {
		if fmt.Sprint(err) != test.errors {
			t.Errorf("got errors:\n%v\nwant:\n%s", err, test.errors)
		}
		return
	}
	if d := cmp.Diff(slices.Sorted(slices.Values(test.want)), s.Files); d != "" {
		t.Error(d)
	}
	if got := strings.Join(warnings(s), "\n"); got != test.warnings {
		t.Errorf("got warnings:\n%s\nwant:\n%s", got, test.warnings)
	}
	if governed := strings.Contains(strings.Join(test.want, " "), RulesFile); governed != (s.Rules.MaxMails.Value == 7) {
		t.Errorf("rules %s", s.Rules.summary())
	}
}

// Where neither a repository nor the working folder says where the files' home ends, nobody else's rules are read: not from
// where anybody may write, nor from above.
func TestRulesOfStrangers(t *testing.T) {
	home := t.TempDir()
	for _, name := range []string{"open/" + RulesFile, "open/x/y/a.yaml", "open/x/" + RulesFile, "open/x/y/d/b.yaml"} {
		write(t, filepath.Join(home, name), map[bool]string{true: rule, false: "version: 1\n"}[filepath.Base(name) == RulesFile])
	}
	check(t, os.Chmod(filepath.Join(home, "open"), fs.ModeSticky|0o777))
	t.Chdir(t.TempDir())
	path := filepath.Join(home, "open/x/y/a.yaml")
	s, err := Load(input(path))
	check(t, err)
	if d := cmp.Diff([]string{filepath.Join(home, "open/x", RulesFile), path}, s.Files); d != "" {
		t.Error(d)
	}
	again, err := Load(input(s.Files...))
	check(t, err)
	if d := cmp.Diff(s.Files, again.Files); d != "" || again.Digest != s.Digest {
		t.Errorf("loading what was read reads something else: %s", d)
	}
}

// A rules file that stands above is part of the digest, as one beside is.
func TestDigestOfRulesAbove(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "d/a.yaml", "version: 1\n")
	var digests []string
	for _, text := range []string{"", rule, rule + "# x\n"} {
		if text != "" {
			write(t, RulesFile, text)
		}
		s, err := Load(input("d"))
		check(t, err)
		digests = append(digests, s.Digest)
	}
	if digests[0] == digests[1] || digests[1] == digests[2] {
		t.Errorf("digests %q", digests)
	}
}

// Files are the same under every spelling and in whatever order they are named; a link on the way is not taken for a folder.
func TestSpellingsOfFilesDoNotMatter(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "a.yaml", conns)
	write(t, "d/b.yaml", people)
	write(t, "d/c.yaml", groups)
	here, err := os.Getwd()
	check(t, err)
	for _, paths := range [][]string{
		{"a.yaml", "d/b.yaml", "d/c.yaml"}, {"d/c.yaml", "a.yaml", "d/b.yaml"}, {"./a.yaml", "d//b.yaml", "d/../d/c.yaml"}, {"d/", "a.yaml"},
		{"a.yaml", "./a.yaml", "d", "d/c.yaml"}, {filepath.Join(here, "a.yaml"), "../" + filepath.Base(here) + "/d"},
	} {
		s, err := Load(input(paths...))
		check(t, err)
		if d := cmp.Diff([]string{"a.yaml", "d/b.yaml", "d/c.yaml"}, s.Files); d != "" {
			t.Errorf("%q (-want +got):\n%s", paths, d)
		}
	}
	write(t, "other/far/x.yaml", "version: 1\n")
	check(t, os.Symlink("other/far", "link"))
	write(t, "other/a.yaml", conns)
	s, err := Load(input("link/../a.yaml", "d"))
	check(t, err)
	if s.Files[len(s.Files)-1] != "link/../a.yaml" {
		t.Errorf("read %q", s.Files)
	}
}
