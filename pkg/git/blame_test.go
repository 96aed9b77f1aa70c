package git_test

import (
	"os"
	"strings"
	"testing"

	"github.com/entitlectl/entitlectl/pkg/git"
)

// A line is of the commit that wrote it, by the author that the commit names; of a file that was changed since nothing is told.
func TestOriginsOfLines(t *testing.T) {
	c := newCheckout(t)
	file := c.write("files/a.yaml", "one\ntwo\nthree\n")
	c.git("add", ".")
	c.git("commit", "-q", "-m", "First\n\nmore")
	first := c.git("rev-parse", "HEAD")
	c.write("files/a.yaml", "one\n2\nthree\n")
	c.write(".mailmap", "Somebody Else <else@corp.example> <a@corp.example>\n")
	c.write(".gitattributes", "*.yaml diff=shout filter=shout\n")
	c.git("config", "diff.shout.textconv", "tr a-z A-Z <")
	c.git("config", "filter.shout.clean", "touch "+c.path("ran"))
	c.git("-c", "filter.shout.clean=cat", "add", ".")
	c.git("-c", "filter.shout.clean=cat", "commit", "-q", "-m", "Second")
	second := c.git("rev-parse", "HEAD")
	r, err := git.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	found, err := r.Origins(t.Context(), file, []int{1, 2})
	if err != nil {
		t.Fatal(err)
	}
	if len(found) != 2 || found[1].Commit != first || found[2].Commit != second || found[1].Summary != "First" ||
		found[1].Author != "a <a@corp.example>" || found[1].When.IsZero() {
		t.Errorf("%+v", found)
	}
	if _, err := r.Origins(t.Context(), file, []int{9}); err == nil || !strings.Contains(err.Error(), "has only 3 lines") {
		t.Errorf("a line that is not there: %v", err)
	}
	c.write("files/a.yaml", "one\r\n2\r\nthree\r\n")
	if found, err := r.Origins(t.Context(), file, []int{2}); err != nil || found[2].Commit != second {
		t.Errorf("with the ends of lines of Windows: %v, %v", found, err)
	}
	c.write("files/a.yaml", "zero\none\n2\nthree\n")
	for _, name := range []string{file, c.write("new.yaml", "one\n")} {
		if found, err := r.Origins(t.Context(), name, []int{1}); err != nil || len(found) > 0 {
			t.Errorf("%s: %v, %v", name, found, err)
		}
	}
	if _, err := os.Stat(c.path("ran")); err == nil {
		t.Error("a filter ran")
	}
}
