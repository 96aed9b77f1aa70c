package git_test

import (
	"os"
	"strings"
	"testing"

	"github.com/entitlectl/entitlectl/pkg/git"
)

func TestTracked(t *testing.T) {
	c := newCheckout(t)
	if tracked, err := git.Tracked(t.Context(), c.path("x")); tracked || err != nil {
		t.Errorf("in an empty repository: %v, %v", tracked, err)
	}
	c.write("ops/Secrets/Key", "canary")
	c.write("ops/ſtate/x", "canary")
	c.write("data/b", "b")
	c.link("../../elsewhere", "ops/link")
	c.git("add", "-A")
	elsewhere := checkout{t, t.TempDir()}
	elsewhere.link(c.path("ops"), "in")
	elsewhere.link("in", "again")
	elsewhere.link(c.path("untracked"), "out")
	c.write("untracked/key", "key")
	c.link("data", "mine")
	c.link("ops/link", "hop")
	c.link("untracked/../data/b", "winding")
	for path, want := range map[string]bool{
		c.path("ops/Secrets/Key"):           true,
		c.path("ops/Secrets"):               true,
		c.path("ops"):                       true,
		c.top:                               true,
		c.path("ops/secrets/key"):           true, // the same file on some systems
		c.path("OPS/SECRETS"):               true,
		c.path("ops/state"):                 true, // ſ is a small s
		c.path("ops/link"):                  true,
		c.path("ops/link/key"):              true, // whoever wrote the link says what is read
		c.path("mine/b"):                    true,
		c.path("winding"):                   true,
		c.path("hop/key"):                   true, // it leads over one that is tracked
		elsewhere.path("in/Secrets/Key"):    true,
		elsewhere.path("again/Secrets/Key"): true,
		elsewhere.path("again"):             true,
		c.path("ops/Secret"):                false,
		c.path("ops/Secrets/Keys"):          false,
		c.path("untracked/key"):             false,
		c.path("not/there/yet"):             false,
		c.path(".git/config"):               false,
		elsewhere.path("out/key"):           false,
		elsewhere.top:                       false,
	} {
		if tracked, err := git.Tracked(t.Context(), path); tracked != want || err != nil {
			t.Errorf("%s: tracked %v, error %v", path, tracked, err)
		}
	}
	t.Chdir(c.path("ops"))
	if tracked, err := git.Tracked(t.Context(), "Secrets/Key"); !tracked || err != nil {
		t.Errorf("from its folder: %v, %v", tracked, err)
	}
}

// A file of a submodule is that repository's.
func TestTrackedInSubmodules(t *testing.T) {
	inner := newCheckout(t)
	inner.write("key", "key")
	inner.commit()
	c := newCheckout(t)
	c.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", inner.top, "sub")
	c.write("sub/mine", "not tracked")
	for name, want := range map[string]bool{"sub": true, "sub/key": true, "sub/mine": false} {
		if tracked, err := git.Tracked(t.Context(), c.path(name)); tracked != want || err != nil {
			t.Errorf("%s: tracked %v, error %v", name, tracked, err)
		}
	}
	c.git("submodule", "--quiet", "deinit", "-f", "sub")
	if err := os.RemoveAll(c.path("sub/.git")); err != nil {
		t.Fatal(err)
	}
	if tracked, err := git.Tracked(t.Context(), c.path("sub/key")); !tracked || err != nil {
		t.Errorf("below a submodule that is not here: tracked %v, error %v", tracked, err)
	}
}

func TestLinksThatGoRound(t *testing.T) {
	c := checkout{t, t.TempDir()}
	c.link("a", "b")
	c.link("b", "a")
	if tracked, err := git.Tracked(t.Context(), c.path("a/x")); tracked || err == nil || !strings.Contains(err.Error(), "too many links") {
		t.Errorf("tracked %v, error %v", tracked, err)
	}
}
