package git_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/entitlectl/entitlectl/pkg/git"
)

// A commit has its author, and a merge those of what it brought in, not whoever merged. Where these are missing nobody is named.
func TestAuthorsOfACommit(t *testing.T) {
	c := newCheckout(t)
	commit := func(author, file string) {
		c.write(file, author+"\n")
		c.git("add", ".")
		c.git("commit", "-q", "-m", file, "--author", author+" <"+author+"@corp.example>")
	}
	authors := func() []string {
		t.Helper()
		r, err := git.Open(c.path("."))
		if err != nil {
			t.Fatal(err)
		}
		all, _ := r.Authors(t.Context())
		return all
	}
	commit("main", "a.yaml")
	if d := cmp.Diff([]string{"main <main@corp.example>"}, authors()); d != "" {
		t.Error(d)
	}
	trunk := c.git("rev-parse", "--abbrev-ref", "HEAD")
	c.git("checkout", "-q", "-b", "change")
	commit("ann", "b.yaml")
	commit("bob", "c.yaml")
	commit("ann", "d.yaml")
	tip := c.git("rev-parse", "HEAD")
	c.git("checkout", "-q", trunk)
	commit("other", "e.yaml")
	c.git("merge", "-q", "--no-ff", "-m", "merge", "change")
	if d := cmp.Diff([]string{"ann <ann@corp.example>", "bob <bob@corp.example>"}, authors()); d != "" {
		t.Error(d)
	}
	c.write(".git/shallow", tip+"\n"+c.git("rev-parse", "HEAD")+"\n")
	if all := authors(); len(all) > 0 {
		t.Errorf("a shallow clone tells %q", all)
	}
}
