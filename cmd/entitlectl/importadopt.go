package main

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/provider"
	"github.com/entitlectl/entitlectl/pkg/spec"
	"github.com/entitlectl/entitlectl/pkg/spec/compose"
)

// findPlace finds out where what is adopted goes: behind the lines of the one file that is given, or into a file of its own where
// that is a folder.
func (i *importing) findPlace() error {
	i.taken = i.spec.Users()
	given := i.files
	if len(given) == 0 {
		usual, err := usualFile()
		if err != nil {
			return err
		}
		given = []string{usual}
	}
	info, err := os.Lstat(given[0])
	switch {
	case i.flags.out != "":
		i.rest = i.otherFiles()
		return nil
	case len(given) > 1 || given[0] == "-" || err != nil:
		return errors.New("--adopt adds to one file or folder; name --out FILE for what is new, and give it together with the others from then on")
	case info.IsDir():
		i.flags.out, i.rest = freeName(given[0]), i.otherFiles()
		return checkOutput("--adopt", i.flags.out)
	}
	if err := checkOutput("--file", given[0]); err != nil {
		return err
	}
	i.grows = given[0]
	i.text, err = spec.ReadFile(i.grows)
	return err
}

// otherFiles are those that were read, without rules, which are found wherever files are.
func (i *importing) otherFiles() []string {
	return slices.DeleteFunc(slices.Clone(i.spec.Files), func(name string) bool { return filepath.Base(name) == spec.RulesFile })
}

// freeName is a file in a folder that does not exist.
func freeName(folder string) string {
	for n := 1; ; n++ {
		name := "imported.yaml"
		if n > 1 {
			name = fmt.Sprintf("imported-%d.yaml", n)
		}
		if path := filepath.Join(folder, name); !exists(path) {
			return path
		}
	}
}

// leaveListed takes out of an inventory what the files list already.
func (i *importing) leaveListed(connection string, all *provider.Inventory) {
	listed := i.desired[connection].Listed
	maps.DeleteFunc(all.Beyond, func(ref spec.Ref, _ string) bool { return listed[ref] })
	all.State = all.Where(func(ref spec.Ref) bool { return !listed[ref] })
}

// acquaint tells a connection whom the files know there, and who left. An address that is a user's of the files stays theirs.
func (i *importing) acquaint(c *compose.Connection) {
	c.Known, c.Gone = i.spec.Called(c.Name), map[spec.Subject]bool{}
	for s := range i.desired[c.Name].Departed {
		c.Gone[s] = true
	}
	emails := i.spec.Emails()
	for s, p := range c.People {
		if whose := emails[strings.ToLower(p.Email)]; whose != "" && c.Known[s] == "" {
			c.People[s] = compose.Person{Remark: strings.Join(append(strings.Fields(p.Remark), "has the address of "+whose), " ")}
		}
	}
}

// leaves says whether a change takes what the files say that somebody loses who left. Reading again would not help.
func (i *importing) leaves(c diff.Change) bool {
	return c.Op == diff.OpRevoke && i.flags.adopt && i.flags.ownership != string(spec.Owned)
}

// grow puts the longer text in the place of the file, if nobody changed that in between.
func (i *importing) grow(text []byte) error {
	info, err := os.Lstat(i.grows)
	if err != nil {
		return err
	}
	now, err := spec.ReadFile(i.grows)
	if err == nil && !bytes.Equal(now, i.text) {
		err = errors.New("it changed in between; import again")
	}
	if err == nil {
		err = rewrite(i.grows, info, text)
	}
	return err
}
