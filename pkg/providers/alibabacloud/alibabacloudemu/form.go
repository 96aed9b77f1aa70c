package alibabacloudemu

import (
	"net/url"
	"regexp"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/entitlectl/entitlectl/pkg/providers/emu"
)

// form checks the parameters of a request and keeps the first error.
type form struct{ emu.Form }

func newForm(params url.Values) form { return form{emu.Form{Query: params, Refuse: refuse}} }

// refuse answers with a code that names the parameter.
func refuse(wrong emu.Wrong, name, _ string) error {
	if wrong == emu.Missing {
		return missing(name)
	}
	return invalid(name)
}

// done returns the first error. If there is no directory, that is the last one to be reported.
func (f *form) done(w *world) error {
	if w.opts.NoDirectory {
		f.Fail(errNoDirectory)
	}
	return f.Err
}

func (f *form) required(name string) string {
	if f.Get(name) == "" {
		f.Fail(missing(name))
	}
	return f.Get(name)
}

// matching reads a value of some form. There may be none.
func (f *form) matching(name string, allowed *regexp.Regexp) string {
	value := f.Get(name)
	if value != "" && !allowed.MatchString(value) {
		f.Fail(invalid(name))
	}
	return value
}

var (
	accountIDForm = regexp.MustCompile(`^[0-9]{16}$`)
	folderIDForm  = regexp.MustCompile(`^(fd-[0-9A-Za-z]{10}|r-[0-9A-Za-z]{6})$`)
	emailForm     = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^[\p{L}\p{N}.!#$%&'*+/=?^_{|}~-]+@[\p{L}\p{N}-]+(\.[\p{L}\p{N}-]+)+$`)
	})
	prefixForm = regexp.MustCompile(`^[0-9A-Za-z]([_.-]?[0-9A-Za-z])+$`)
	wordsForm  = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[\p{L}\p{N}_. -]*$`) })
	typeForm   = regexp.MustCompile(`^(CloudAccount|ResourceAccount)$`)
)

func (f *form) accountID() string {
	f.required("AccountId")
	return f.matching("AccountId", accountIDForm)
}

func (f *form) email() string {
	f.required("Email")
	return f.matching("Email", emailForm())
}

// folder reads the id of a folder. There may be none.
func (f *form) folder(w *world) string {
	id := f.matching("ParentFolderId", folderIDForm)
	if f.done(w) == nil && id != "" && !w.folders[id] {
		f.Fail(errNoFolder)
	}
	return id
}

// displayName reads a name of 2 to 50 letters, digits, spaces, _ . and -.
func (f *form) displayName(name string) string {
	value := f.Get(name)
	switch n := utf8.RuneCountInString(value); {
	case n == 0:
		f.Fail(errNoName)
	case n < 2, !wordsForm().MatchString(value):
		f.Fail(errNameForm)
	case n > 50:
		f.Fail(errNameLength)
	}
	return value
}

// flag reads true or false. Nothing is false.
func (f *form) flag(name string) bool {
	f.Maybe(name, f.Get(name), "true", "false")
	return f.Get(name) == "true"
}

// tagged reports whether the request filters by a tag.
func (f *form) tagged() bool {
	for name := range f.Query {
		if strings.HasPrefix(name, "Tag.") {
			return true
		}
	}
	return false
}
