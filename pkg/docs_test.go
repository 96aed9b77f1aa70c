package pkg_test

import (
	"io/fs"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/entitlectl/entitlectl/pkg/providers"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// The page about mails shows the table by which the code decides.
func TestPageAboutMailsIsTheCode(t *testing.T) {
	page, err := os.ReadFile("../docs/mails.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, begins := strings.Cut(string(page), "<!-- the table: begin -->\n")
	table, _, ends := strings.Cut(rest, "<!-- the table: end -->\n")
	if d := cmp.Diff(spec.MailTable(providers.Formats()), table); d != "" || !begins || !ends {
		t.Errorf("docs/mails.md (-code +page):\n%s", d)
	}
	for _, value := range []string{spec.DefaultNotices.ResendAfter.String(), strconv.Itoa(spec.DefaultNotices.MaxAttempts)} {
		if !strings.Contains(string(page), "("+strings.TrimSuffix(value, "0m0s")+")") {
			t.Errorf("the page does not say the default %s", value)
		}
	}
}

// The page about faults names a test for each row, and each of them exists.
func TestEveryFaultHasItsTest(t *testing.T) {
	page, err := os.ReadFile("../docs/reliability.md")
	if err != nil {
		t.Fatal(err)
	}
	tests := allTests(t)
	named := regexp.MustCompile("`(Test[A-Za-z0-9]+)`").FindAllStringSubmatch(string(page), -1)
	if len(named) < 26 {
		t.Errorf("the page names %d tests only", len(named))
	}
	for _, name := range named {
		if !strings.Contains(tests, "\nfunc "+name[1]+"(") {
			t.Errorf("there is no %s", name[1])
		}
	}
}

// allTests is the text of all files of tests.
func allTests(t *testing.T) string {
	var tests strings.Builder
	err := fs.WalkDir(os.DirFS(".."), ".", func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(file, "_test.go") {
			return err
		}
		text, err := os.ReadFile("../" + file)
		tests.Write(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return tests.String()
}

// The tests and benchmarks that give the figures of the page about performance exist.
func TestFiguresCanBeMeasuredAgain(t *testing.T) {
	page, err := os.ReadFile("../docs/performance.md")
	if err != nil {
		t.Fatal(err)
	}
	tests, found := allTests(t), 0
	for _, flag := range regexp.MustCompile(`-(run|bench) '?([A-Za-z0-9|]+)'?`).FindAllStringSubmatch(string(page), -1) {
		for _, name := range strings.Split(flag[2], "|") {
			name = map[string]string{"run": "", "bench": "Benchmark"}[flag[1]] + name
			if found++; !strings.Contains(tests, "\nfunc "+name+"(") {
				t.Errorf("there is no %s", name)
			}
		}
	}
	if found < 8 {
		t.Errorf("the page names %d only", found)
	}
}
