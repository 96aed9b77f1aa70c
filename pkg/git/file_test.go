package git_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/entitlectl/entitlectl/pkg/git"
)

func TestNamesOfFiles(t *testing.T) {
	id := strings.Repeat("0123456789abcdef", 4)
	for name, says := range map[string]string{
		"git:refs/remotes/origin/main:ops/operator.yaml": "",
		"git:refs/tags/v1:operator.yaml":                 "",
		"git:refs/heads/é:a:b":                           "",
		"git:" + id[:40] + ":operator.yaml":              "",
		"git:" + id + ":operator.yaml":                   "",

		"":                                       "is no git:REF:PATH",
		"operator.yaml":                          "is no git:REF:PATH",
		"git:":                                   "is no git:REF:PATH",
		"git:refs/heads/main":                    "is no git:REF:PATH",
		"GIT:refs/heads/main:x":                  "is no git:REF:PATH",
		"git:main:x":                             "git:refs/remotes/origin/main:x",
		"git:origin/main:x":                      "may have several meanings",
		"git:HEAD:x":                             "may have several meanings",
		"git:@:x":                                "may have several meanings",
		"git:@{u}:x":                             "may have several meanings",
		"git::x":                                 "is no git:REF:PATH",
		"git:-q:x":                               "may have several meanings",
		"git:--help:x":                           "may have several meanings",
		"git:REFS/heads/main:x":                  "may have several meanings",
		"git:/refs/heads/main:x":                 "may have several meanings",
		"git:v1.0-3-gabcdef:x":                   "may have several meanings",
		"git:" + id[:39] + ":x":                  "may have several meanings",
		"git:" + id[:41] + ":x":                  "may have several meanings",
		"git:" + id[:63] + ":x":                  "may have several meanings",
		"git:" + id[:40] + "^:x":                 "may have several meanings",
		"git:" + strings.ToUpper(id[:40]) + ":x": "may have several meanings",

		"git:refs/:x":                "is not the name of a ref",
		"git:refs/heads/main~1:x":    "is not the name of a ref",
		"git:refs/heads/main^:x":     "is not the name of a ref",
		"git:refs/heads/main@{1}:x":  "is not the name of a ref",
		"git:refs/heads/a..b:x":      "is not the name of a ref",
		"git:refs/heads/../tags/x:x": "is not the name of a ref",
		"git:refs/heads/*:x":         "is not the name of a ref",
		"git:refs/heads/ma?n:x":      "is not the name of a ref",
		"git:refs/heads/[m]ain:x":    "is not the name of a ref",
		"git:refs/heads/a b:x":       "is not the name of a ref",
		"git:refs/heads/a\nb:x":      "is not the name of a ref",
		"git:refs/heads//main:x":     "is not the name of a ref",
		"git:refs/heads/main/:x":     "is not the name of a ref",
		"git:refs/heads/.main:x":     "is not the name of a ref",
		"git:refs/heads/-main:x":     "is not the name of a ref",
		"git:refs/heads/main.lock:x": "is not the name of a ref",
		`git:refs/heads\main:x`:      "is not the name of a ref",

		"git:refs/heads/main:":         "is no git:REF:PATH",
		"git:refs/heads/main:.":        "is no path to a file",
		"git:refs/heads/main:/x":       "is no path to a file",
		"git:refs/heads/main:./x":      "is no path to a file",
		"git:refs/heads/main:../x":     "is no path to a file",
		"git:refs/heads/main:a/../b":   "is no path to a file",
		"git:refs/heads/main:a//b":     "is no path to a file",
		"git:refs/heads/main:a/":       "is no path to a file",
		"git:refs/heads/main:-x":       "is no path to a file",
		"git:refs/heads/main:a\x00b":   "is no path to a file",
		"git:refs/heads/main:a\xffb":   "is no path to a file",
		"git:refs/heads/main:a\x1b[2J": "is no path to a file",
	} {
		f, err := git.Parse(name)
		switch {
		case says == "" && (err != nil || f.String() != name):
			t.Errorf("%q: %+v, error %v", name, f, err)
		case says != "" && (err == nil || !strings.Contains(err.Error(), says)):
			t.Errorf("%q: %+v, error %v, want %q in it", name, f, err, says)
		}
	}
}

func TestRead(t *testing.T) {
	c := newCheckout(t)
	c.write("ops/operator.yaml", "first\n")
	c.write(":(icase)odd*", "odd\n")
	c.write("ODD", "another\n")
	c.write("top.yaml", "\xff\x00\r\n")
	first := c.commit()
	c.write(".gitattributes", "*.yaml text eol=crlf ident\n")
	c.write("ops/operator.yaml", "second\n")
	second := c.commit()
	c.git("update-ref", "refs/remotes/origin/main", first)
	c.git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main")
	c.git("tag", "-a", "-m", "a tag", "v1", first)
	c.write("ops/operator.yaml", "of the branch\n")
	for name, want := range map[string]string{
		"git:refs/remotes/origin/main:ops/operator.yaml": "first\n",
		"git:refs/remotes/origin/HEAD:ops/operator.yaml": "first\n",
		"git:refs/tags/v1:ops/operator.yaml":             "first\n",
		"git:refs/heads/main:ops/operator.yaml":          "second\n",
		"git:" + first + ":ops/operator.yaml":            "first\n",
		"git:" + second + ":ops/operator.yaml":           "second\n",
		"git:" + second + "::(icase)odd*":                "odd\n",
		"git:" + first + ":top.yaml":                     "\xff\x00\r\n",
	} {
		f, _ := git.Parse(name)
		if text, folder, err := c.read(name); text != want || folder != filepath.Dir(c.path(f.Path)) || err != nil {
			t.Errorf("%s: %q in %s, error %v", name, text, folder, err)
		}
	}
}

// Whoever may push a tag or a branch can't say what another name stands for.
func TestRefsThatLookLikeOthers(t *testing.T) {
	for _, format := range []string{"sha1", "sha256"} {
		t.Run(format, func(t *testing.T) {
			c := newCheckout(t, "--object-format="+format)
			c.write("x", "right")
			right := c.commit()
			c.write("x", "wrong")
			wrong := c.commit()
			other := strings.Repeat("0123456789abcdef", 4) // an id of the other kind is but a name here
			if format == "sha256" {
				other = other[:40]
			}
			for _, name := range []string{"refs/remotes/origin/main", "refs/remotes/origin/gone", right, other, strings.Repeat("a", len(right))} {
				c.git("update-ref", "refs/tags/"+name, wrong)
				c.git("update-ref", "refs/heads/"+name, wrong)
			}
			c.git("update-ref", "refs/remotes/origin/main", right)
			c.git("update-ref", "refs/remotes/origin/folder/branch", wrong)
			c.git("tag", "-a", "-m", "a tag", "annotated", wrong)
			c.git("replace", right, wrong)
			for name, want := range map[string]string{
				"git:refs/remotes/origin/main:x":                  "",
				"git:" + right + ":x":                             "",
				"git:refs/remotes/origin/gone:x":                  "no such ref; fetch it (git fetch origin gone)",
				"git:refs/remotes/origin/folder:x":                "no such ref",
				"git:refs/remotes/origin/mai:x":                   "no such ref",
				"git:" + other + ":x":                             "no commit has this id",
				"git:" + strings.Repeat("a", len(right)) + ":x":   "no such commit",
				"git:" + c.git("rev-parse", "annotated") + ":x":   "no commit has this id",
				"git:" + c.git("rev-parse", "main^{tree}") + ":x": "no such commit",
			} {
				switch text, _, err := c.read(name); {
				case want == "" && (text != "right" || err != nil):
					t.Errorf("%s: %q, error %v", name, text, err)
				case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
					t.Errorf("%s: %q, error %v, want %q in it", name, text, err, want)
				}
			}
		})
	}
}

// Only a regular file is read, at its very name.
func TestWhatIsNoFile(t *testing.T) {
	c := newCheckout(t)
	c.write("ops/operator.yaml", "x")
	c.write("ops/teams.yaml", "x")
	c.write("opus.yaml", "x")
	c.link("operator.yaml", "ops/link.yaml")
	c.link("ops", "linked")
	id := c.commit()
	c.git("update-index", "--add", "--cacheinfo", "160000,"+id+",sub")
	c.git("commit", "-q", "-m", "a submodule")
	for file, want := range map[string]string{
		"ops":                 "it is a folder",
		"ops/link.yaml":       "it is a link",
		"sub":                 "it is a submodule",
		"sub/x":               "no such file",
		"linked/x":            "is a link in the checkout",
		"ops/Operator.yaml":   `near it are "ops/operator.yaml", `,
		"ops/team.yaml":       `near it are "ops/teams.yaml", `,
		"opz/operator.yaml":   `near it are "ops", "opus.yaml", `,
		"none":                `no such file; near it are `,
		"ops/operator.yaml/x": "no such file",
	} {
		if text, _, err := c.read("git:refs/heads/main:" + file); err == nil || !strings.Contains(err.Error(), "git:refs/heads/main:"+file+": ") || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %q, error %v, want %q in it", file, text, err, want)
		}
	}
	if err := errors.Join(os.Rename(c.path("ops"), c.path("moved")), os.Symlink("moved", c.path("ops"))); err != nil {
		t.Fatal(err)
	}
	if _, folder, err := c.read("git:refs/heads/main:ops/operator.yaml"); err == nil || !strings.Contains(err.Error(), c.path("ops")+" is a link in the checkout") {
		t.Errorf("folder %s, error %v", folder, err)
	}
}

func TestLargeFiles(t *testing.T) {
	c := newCheckout(t)
	if testing.Short() {
		t.Skip("git takes its time with files of this size")
	}
	c.git("config", "core.compression", "0")
	c.git("config", "core.bigFileThreshold", "1m")
	c.write("most", strings.Repeat("x", git.MaxFile))
	c.write("more", strings.Repeat("x", git.MaxFile+1))
	c.commit()
	if text, _, err := c.read("git:refs/heads/main:most"); len(text) != git.MaxFile || err != nil {
		t.Errorf("%d bytes, error %v", len(text), err)
	}
	if text, _, err := c.read("git:refs/heads/main:more"); err == nil || !strings.Contains(err.Error(), "has more than 67108864 bytes") {
		t.Errorf("%d bytes, error %v", len(text), err)
	}
}

// CI checks out one commit: what else is asked for is not there, and the error says how to get it.
func TestShallowClones(t *testing.T) {
	origin := newCheckout(t)
	origin.write("x", "first")
	first := origin.commit()
	origin.write("x", "second")
	origin.commit()
	origin.git("branch", "other", first)
	c := newCheckout(t)
	c.git("fetch", "-q", "--depth=1", "file://"+filepath.ToSlash(origin.top), "refs/heads/main:refs/remotes/origin/main")
	for name, want := range map[string]string{
		"git:" + first + ":x":              "no such commit in this shallow clone; check out with fetch-depth: 0, or fetch it: git fetch origin " + first,
		"git:refs/remotes/origin/other:x":  "no such ref in this shallow clone; check out with fetch-depth: 0, or fetch it: git fetch origin other",
		"git:refs/remotes/up/team/other:x": "git fetch up team/other",
	} {
		if text, _, err := c.read(name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %q, error %v, want %q in it", name, text, err, want)
		}
	}
	if text, _, err := c.read("git:refs/remotes/origin/main:x"); text != "second" || err != nil {
		t.Errorf("%q, error %v", text, err)
	}
}
