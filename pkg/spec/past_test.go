package spec

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// then is a Tree of files by path. A text of "->" is a link.
type then map[string]string

func (t then) Entries(folder string) (map[string]fs.FileMode, error) {
	if t["broken"] != "" {
		return nil, errors.New("the clone is broken")
	}
	found := map[string]fs.FileMode{}
	for file, text := range t {
		for below := file; below != "."; below = path.Dir(below) {
			if path.Dir(below) != folder {
				continue
			}
			found[path.Base(below)] = map[bool]fs.FileMode{true: fs.ModeDir}[below != file]
			if below == file && text == "->" {
				found[path.Base(below)] = fs.ModeSymlink
			}
		}
	}
	if len(found) == 0 {
		return nil, nil
	}
	return found, nil
}

func (t then) Read(file string) ([]byte, error) {
	text, ok := t[file]
	if !ok {
		return nil, fs.ErrNotExist
	}
	return []byte(text), nil
}

// Files of the past are found as those of now are, with the rules that governed them; what lies elsewhere is as it is now.
func TestLoadFilesOfThePast(t *testing.T) {
	top := real(t, t.TempDir())
	elsewhere := filepath.Join(real(t, t.TempDir()), "people.yaml")
	write(t, elsewhere, people)
	write(t, filepath.Join(top, "sub/now.yaml"), "version: 1\n")
	const empty = "version: 1\n"
	for _, tc := range []struct {
		reason, from string
		past         then
		load         []string
		want         []string
		errors       string
	}{
		{"a file", ".", then{"a.yaml": conns}, []string{"a.yaml"}, []string{"a.yaml"}, ""},
		{"not there", ".", then{"a.yaml": conns}, []string{"b.yaml", "sub"}, nil, ""},
		{"a folder", ".", then{"d/a.yaml": empty, "d/b.yml": empty, "d/.hidden.yaml": "?", "d/readme.md": "?", "d/in/c.yaml": "?", "e.yaml": "?"}, []string{"d"}, []string{"d/a.yaml", "d/b.yml"}, ""},
		{"a file that is a folder now", ".", then{"sub": empty}, []string{"sub"}, []string{"sub"}, ""},
		{"rules beside and above", ".", then{"d/e/a.yaml": empty, "d/" + RulesFile: rule, RulesFile: rule, "f/" + RulesFile: "?"}, []string{"d/e"}, []string{"d/e/a.yaml", "d/" + RulesFile, RulesFile}, ""},
		{"rules above the working folder", "sub", then{"sub/a.yaml": empty, RulesFile: "?"}, []string{"a.yaml"}, []string{"a.yaml"}, ""},
		{"from a folder below", "sub", then{"a.yaml": empty, RulesFile: rule}, []string{"../a.yaml"}, []string{"../a.yaml", "../" + RulesFile}, ""},
		{"named twice", ".", then{"a.yaml": empty}, []string{"a.yaml", "./a.yaml", "."}, []string{"a.yaml"}, ""},
		{"elsewhere", ".", then{"a.yaml": empty}, []string{elsewhere, "a.yaml"}, []string{elsewhere, "a.yaml"}, ""},
		{"the standard input", ".", then{RulesFile: rule}, []string{"-"}, []string{RulesFile, "stdin"}, ""},
		{"a link", ".", then{"a.yaml": "->"}, []string{"a.yaml"}, nil, "a.yaml: it is a link or no file; name a regular file"},
		{"a link in a folder", ".", then{"d/a.yaml": "->"}, []string{"d"}, nil, "d/a.yaml: it is a link or no file; name a regular file"},
		{"wrong", ".", then{"a.yaml": "version: 2\n"}, []string{"a.yaml"}, nil, "a.yaml:1:10: version must be 1, the only one that is supported, got 2; write `version: 1`"},
		{"broken", ".", then{"broken": "yes"}, []string{"a.yaml"}, nil, ".: can't be read: the clone is broken; check the path"},
	} {
		t.Run(tc.reason, func(t *testing.T) {
			t.Chdir(filepath.Join(top, tc.from))
			in := input(tc.load...)
			in.Past, in.Stdin = &Past{top, tc.past}, []byte(empty)
			s, err := Load(in)
			if err != nil || tc.errors != "" {
				if err == nil || !strings.Contains(err.Error(), tc.errors) || tc.errors == "" {
					t.Errorf("%v, want %s", err, tc.errors)
				}
				return
			}
			var got []string
			for _, file := range s.Files {
				got = append(got, filepath.ToSlash(file))
			}
			if d := cmp.Diff(tc.want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

// What was named by nobody is looked for in the past as now.
func TestUsualFileOfThePast(t *testing.T) {
	top := real(t, t.TempDir())
	check(t, os.Mkdir(filepath.Join(top, "sub"), 0o755))
	for from, tests := range map[string]map[string]then{
		".":   {"entitlements.yaml": {"entitlements.yaml": "x"}, "entitlements": {"entitlements/a.yaml": "x"}, "": {"x.yaml": "x"}, "error": {"entitlements.yaml": "x", "entitlements/a.yaml": "x"}},
		"sub": {"entitlements.yaml": {"sub/entitlements.yaml": "x"}, "": {"entitlements.yaml": "x"}},
	} {
		t.Chdir(filepath.Join(top, from))
		for want, past := range tests {
			got, err := (&Past{top, past}).UsualFile()
			if err != nil {
				got = "error"
			}
			if got != want {
				t.Errorf("in %s: %q, want %q (%v)", from, got, want, err)
			}
		}
	}
	t.Chdir(t.TempDir())
	if got, err := (&Past{top, then{"entitlements.yaml": "x"}}).UsualFile(); got != "" || err != nil {
		t.Errorf("outside: %q, %v", got, err)
	}
}
