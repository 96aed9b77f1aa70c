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
	var tests strings.Builder
	err = fs.WalkDir(os.DirFS(".."), ".", func(file string, d fs.DirEntry, err error) error {
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
	named := regexp.MustCompile("`(Test[A-Za-z0-9]+)`").FindAllStringSubmatch(string(page), -1)
	if len(named) < 26 {
		t.Errorf("the page names %d tests only", len(named))
	}
	for _, name := range named {
		if !strings.Contains(tests.String(), "\nfunc "+name[1]+"(") {
			t.Errorf("there is no %s", name[1])
		}
	}
}
