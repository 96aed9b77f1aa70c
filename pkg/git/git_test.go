package git_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/entitlectl/entitlectl/pkg/git"
)

// checkout is a repository with a work tree, made with the real git.
type checkout struct {
	*testing.T
	top string
}

func newCheckout(t *testing.T, options ...string) checkout {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skipf("git is not here: %v", err)
	}
	top, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	c := checkout{t, top}
	c.git(append([]string{"init", "-q", "-b", "main"}, options...)...)
	return c
}

// git runs git as a user does, with nothing but the repository's own settings.
func (c checkout) git(args ...string) string {
	c.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = c.top
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.DevNull, "GIT_CONFIG_NOSYSTEM=1", "GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@corp.example",
		"GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@corp.example"}
	out, err := cmd.CombinedOutput()
	if err != nil {
		c.Fatalf("git %v: %v: %s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

func (c checkout) path(name string) string { return filepath.Join(c.top, filepath.FromSlash(name)) }

func (c checkout) write(name, text string) string {
	c.Helper()
	if err := os.MkdirAll(filepath.Dir(c.path(name)), 0o755); err != nil {
		c.Fatal(err)
	}
	if err := os.WriteFile(c.path(name), []byte(text), 0o755); err != nil {
		c.Fatal(err)
	}
	return c.path(name)
}

func (c checkout) link(target, name string) string {
	c.Helper()
	if err := os.Symlink(filepath.FromSlash(target), c.path(name)); err != nil {
		c.Skipf("links can't be made: %v", err)
	}
	return c.path(name)
}

// commit commits all that there is, and returns its id.
func (c checkout) commit() string {
	c.Helper()
	c.git("add", "-A")
	c.git("commit", "-q", "--allow-empty", "-m", "a change")
	return c.git("rev-parse", "HEAD")
}

// read is what a name gives.
func (c checkout) read(name string) (text, folder string, err error) {
	f, err := git.Parse(name)
	if err != nil {
		return "", "", err
	}
	r, err := git.Open(c.top)
	if err != nil {
		return "", "", err
	}
	data, folder, err := r.Read(c.Context(), f)
	return string(data), folder, err
}

func TestCommit(t *testing.T) {
	for _, format := range []string{"sha1", "sha256"} {
		t.Run(format, func(t *testing.T) {
			c := newCheckout(t, "--object-format="+format)
			file := c.write("access/entitlements.yaml", "version: 1\n")
			link := c.link("entitlements.yaml", "access/link.yaml")
			rules := c.write("access/entitlectl.rules.yaml", "rules: {}\n")
			c.write("access/notes.txt", "notes\n")
			id := c.commit()
			beside := c.write("access/new.yaml", "version: 1\n")
			outside := filepath.Join(t.TempDir(), "more.yaml")
			expect := func(when string, want bool, files ...string) {
				t.Helper()
				if got, changed, err := git.Commit(t.Context(), files); err != nil || got != id || changed != want {
					t.Errorf("%s: commit %q, changed %v, error %v", when, got, changed, err)
				}
			}
			expect("committed", false, file)
			expect("through a link", false, link)
			expect("through a folder that is a link", false, filepath.Join(checkout{t, t.TempDir()}.link(c.path("access"), "in"), "entitlements.yaml"))
			expect("one of two is new", true, file, beside)
			expect("one of two is elsewhere", true, file, outside)
			c.write("access/notes.txt", "other notes\n")
			c.write("access/plan.json", "{}")
			expect("other files changed", false, file)
			c.write("access/entitlements.yaml", "version: 1\r\n")
			expect("lines end as on Windows", false, file)
			c.write("access/entitlements.yaml", "version: 2\n")
			expect("changed", true, file)
			expect("changed beside it", true, rules)
			c.git("add", "-A")
			expect("changed and staged", true, file)
			c.git("reset", "-q", "--hard")
			if err := os.Remove(rules); err != nil {
				t.Fatal(err)
			}
			expect("one beside it is gone", true, file)
			c.git("reset", "-q", "--hard")
			if err := errors.Join(os.Remove(link), os.Symlink("notes.txt", link)); err != nil {
				t.Fatal(err)
			}
			expect("a link leads elsewhere", true, file)
		})
	}
}

func TestCommitInTheTopFolder(t *testing.T) {
	c := newCheckout(t)
	file := c.write("entitlements.yaml", "version: 1\n")
	if _, _, err := git.Commit(t.Context(), []string{file}); err == nil {
		t.Error("a repository without a commit has one")
	}
	id := c.commit()
	t.Chdir(c.top)
	if got, changed, err := git.Commit(t.Context(), []string{"entitlements.yaml"}); got != id || changed || err != nil {
		t.Errorf("commit %q, changed %v, error %v", got, changed, err)
	}
}

// Where git can't be asked, that is said: it may track the file.
func TestNoGuesses(t *testing.T) {
	c := newCheckout(t)
	file := c.write("key", "key")
	c.commit()
	none := filepath.Join(t.TempDir(), "key")
	check := func(when string, says ...string) {
		t.Helper()
		if tracked, err := git.Tracked(t.Context(), none); tracked || err != nil {
			t.Errorf("%s: without a repository: %v, %v", when, tracked, err)
		}
		_, _, commitErr := git.Commit(t.Context(), []string{file})
		_, _, readErr := c.read("git:refs/heads/main:key")
		tracked, err := git.Tracked(t.Context(), file)
		for _, err := range []error{err, commitErr, readErr} {
			for _, want := range says {
				if tracked || err == nil || !strings.Contains(err.Error(), want) || errors.Is(err, git.ErrNoRepository) {
					t.Errorf("%s: error %v, want %q in it", when, err, want)
				}
			}
		}
	}
	real, _ := exec.LookPath("git")
	t.Setenv("PATH", t.TempDir())
	check("no git", "git is needed", c.top)
	fake := newProgram(t, "git", "exec "+real+` "$@"`)
	t.Chdir(filepath.Dir(fake.path))
	t.Setenv("PATH", ".")
	check("a git in the working folder", "is not run there", c.top)
	t.Setenv("GODEBUG", "execerrdot=0")
	check("a git in the working folder, where Go would take it", "is not run there")
	t.Setenv("PATH", filepath.Dir(newProgram(t, "git", "GIT_TEST_ASSUME_DIFFERENT_OWNER=1 exec "+real+` "$@"`).path))
	check("another owner", c.top+" belongs to another user", "chown")
	t.Setenv("PATH", filepath.Dir(real))
	if err := os.Rename(c.path(".git/HEAD"), c.path(".git/TAIL")); err != nil {
		t.Fatal(err)
	}
	check("no repository in .git", "not a git repository", c.top)
	if _, err := git.Open(none); !errors.Is(err, git.ErrNoRepository) || !strings.Contains(err.Error(), none) {
		t.Errorf("error %v", err)
	}
}

// git never looks at a repository around one that is broken.
func TestBrokenRepositoryWithinAnother(t *testing.T) {
	c := newCheckout(t)
	c.write("inner/key", "key")
	c.commit()
	if err := os.Mkdir(c.path("inner/.git"), 0o755); err != nil {
		t.Fatal(err)
	}
	if tracked, err := git.Tracked(t.Context(), c.path("inner/key")); tracked || err == nil {
		t.Errorf("tracked %v, error %v", tracked, err)
	}
}

// However much git says, and however long it takes, there is an end.
func TestAnswersEnd(t *testing.T) {
	c := newCheckout(t)
	file := c.write("key", "key")
	c.commit()
	endless := newProgram(t, "git", `while :; do echo "too much of everything, and more of it than anybody wants to have"; done`)
	t.Setenv("PATH", filepath.Dir(endless.path))
	if _, _, err := git.Commit(t.Context(), []string{file}); err == nil || !strings.Contains(err.Error(), "more than 1024 bytes") {
		t.Errorf("error %v", err)
	}
	path := strings.Repeat("x", 1000)
	for _, lists := range []string{"yes " + path + ` | tr '\n' '\0'`, "yes " + path} {
		t.Setenv("PATH", filepath.Dir(newProgram(t, "git", lists).path))
		if tracked, err := git.Tracked(t.Context(), file); tracked || err == nil || !strings.Contains(err.Error(), "more files than") {
			t.Errorf("%.9s: tracked %v, error %v", lists, tracked, err)
		}
	}
	t.Setenv("PATH", filepath.Dir(newProgram(t, "git", "exec sleep 1000").path))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r, err := git.Open(c.top)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := r.Read(ctx, git.File{Ref: "refs/heads/main", Path: "key"}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}
