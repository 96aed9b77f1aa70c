package git_test

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/entitlectl/entitlectl/pkg/git"
)

// A name is of one meaning, or an error that says what to write instead.
func TestNamesOfCommits(t *testing.T) {
	c := newCheckout(t)
	c.write("a.yaml", "one\n")
	first := c.commit()
	c.write("a.yaml", "two\n")
	second := c.commit()
	c.git("branch", "dev", first)
	c.git("tag", "-a", "v1", "-m", "annotated", first)
	c.git("update-ref", "refs/remotes/origin/main", second)
	c.git("update-ref", "refs/remotes/origin/both", second)
	c.git("tag", "origin/both", first)
	c.git("tag", "dev2", first)
	c.git("branch", "dev2", second)
	c.git("branch", first[:8], second)
	c.git("branch", "refs/heads/odd", first)
	r, err := git.Open(c.top)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"main": second, "HEAD": second, "HEAD~1": first, "main^": first, "dev": first, "refs/heads/dev": first, "v1": first, "origin/main": second,
		first: first, second[:10]: second, "refs/remotes/origin/both": second, "refs/tags/origin/both": first,
		"origin/both": "several: refs/remotes/origin/both and refs/tags/origin/both; write the whole one", "dev2": "several: refs/heads/dev2 and refs/tags/dev2",
		first[:8]:     "is the name of several: refs/heads/" + first[:8] + " and " + first,
		"origin/none": "no such ref; fetch it (git fetch origin none)", "refs/heads/none": "no such ref", "main~9": "no such commit",
		strings.Repeat("0", 40): "no such commit", "0123456": "no such commit", "": "no name of a commit", "--all": "no name of a commit",
		"main:a.yaml": "no name of a commit", "main..dev": "no name of a commit", "@{-1}": "no name of a commit", ":/two": "no name of a commit",
		"main^{tree}": "no name of a commit", "ma*": "no name of a commit",
	} {
		got, err := r.Resolve(context.Background(), name)
		if err != nil {
			got = err.Error()
		}
		if got != want && (err == nil || !strings.Contains(got, want)) {
			t.Errorf("%q is %s, want %s", name, got, want)
		}
	}
}

// A branch that is behind misses what changed its files since, and not what is merged, or changed others.
func TestMissedCommits(t *testing.T) {
	c := newCheckout(t)
	c.write("a.yaml", "one\n")
	c.commit()
	c.git("branch", "change")
	c.write("a.yaml", "two\n")
	c.commit()
	c.write("b.yaml", "one\n")
	ahead := c.commit()
	r, err := git.Open(c.top)
	if err != nil {
		t.Fatal(err)
	}
	missed := func(want int, files ...string) {
		t.Helper()
		if n := r.Missed(t.Context(), ahead, files); n != want {
			t.Errorf("%d commits that changed %v are missed, want %d", n, files, want)
		}
	}
	missed(0, "a.yaml", "b.yaml")
	c.git("checkout", "-q", "change")
	missed(1, "a.yaml")
	missed(2, "a.yaml", "b.yaml")
	missed(0, "c.yaml", ":(glob)*")
	missed(0)
	c.git("checkout", "-q", "--orphan", "other")
	missed(0, "a.yaml")
}

// A shallow clone says how to get the rest.
func TestNamesInAShallowClone(t *testing.T) {
	c := newCheckout(t)
	c.write("a.yaml", "one\n")
	c.commit()
	c.write("a.yaml", "two\n")
	c.commit()
	top := filepath.Join(t.TempDir(), "shallow")
	c.git("clone", "-q", "--depth=1", "file://"+c.top, top)
	r, err := git.Open(top)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"origin/other", "HEAD~1"} {
		if _, err := r.Resolve(context.Background(), name); err == nil || !strings.Contains(err.Error(), "in this shallow clone; check out with fetch-depth: 0") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A tree has the files of its commit, whatever stands in the checkout.
func TestTreeOfACommit(t *testing.T) {
	c := newCheckout(t)
	c.write("a.yaml", "one\r\n")
	c.write("in/b.yaml", "b\n")
	c.link("a.yaml", "in/link.yaml")
	id := c.commit()
	c.write("a.yaml", "two\n")
	if err := os.RemoveAll(c.path("in")); err != nil {
		t.Fatal(err)
	}
	r, err := git.Open(c.path("in/b.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	tree := r.Tree(context.Background(), id)
	for folder, want := range map[string]map[string]fs.FileMode{
		".": {"a.yaml": 0, "in": fs.ModeDir}, "in": {"b.yaml": 0, "link.yaml": fs.ModeSymlink}, "none": nil, "in/b.yaml": nil,
	} {
		got, err := tree.Entries(folder)
		if d := cmp.Diff(want, got); err != nil || d != "" {
			t.Errorf("%s: %v, %s", folder, err, d)
		}
	}
	for file, want := range map[string]string{"a.yaml": "one\r\n", "in/b.yaml": "b\n", "in/link.yaml": "no such file", "in": "no such file", "x/y": "no such file"} {
		data, err := tree.Read(file)
		if got := string(data); got != want && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %q, %v", file, got, err)
		}
	}
	if below, in := r.Within(c.path("in/x.yaml")); below != "in/x.yaml" || !in {
		t.Errorf("%s, %t", below, in)
	}
	if _, in := r.Within(filepath.Dir(c.top)); in {
		t.Error("what is above is in it")
	}
}
