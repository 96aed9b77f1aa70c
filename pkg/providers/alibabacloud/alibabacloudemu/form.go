package alibabacloudemu

import (
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// form checks the parameters of a request and keeps the first fault it finds.
type form struct {
	params url.Values
	err    error
}

func (f *form) fail(err error) {
	if f.err == nil {
		f.err = err
	}
}

// done returns the first fault; a directory that is not there is one behind all others.
func (f *form) done(w *world) error {
	if w.opts.NoDirectory {
		f.fail(errNoDirectory)
	}
	return f.err
}

func (f *form) get(name string) string { return f.params.Get(name) }

func (f *form) required(name string) string {
	if f.get(name) == "" {
		f.fail(missing(name))
	}
	return f.get(name)
}

// matching wants a value of some form.
func (f *form) matching(name string, allowed *regexp.Regexp) string {
	value := f.get(name)
	if value != "" && !allowed.MatchString(value) {
		f.fail(invalid(name))
	}
	return value
}

var (
	accountIDForm = regexp.MustCompile(`^[0-9]{16}$`)
	folderIDForm  = regexp.MustCompile(`^(fd-[0-9A-Za-z]{10}|r-[0-9A-Za-z]{6})$`)
	emailForm     = regexp.MustCompile(`^[\p{L}\p{N}.!#$%&'*+/=?^_{|}~-]+@[\p{L}\p{N}-]+(\.[\p{L}\p{N}-]+)+$`)
	prefixForm    = regexp.MustCompile(`^[0-9A-Za-z]([_.-]?[0-9A-Za-z])+$`)
	wordsForm     = regexp.MustCompile(`^[\p{L}\p{N}_. -]*$`)
	typeForm      = regexp.MustCompile(`^(CloudAccount|ResourceAccount)$`)
)

func (f *form) accountID() string {
	f.required("AccountId")
	return f.matching("AccountId", accountIDForm)
}

func (f *form) email() string {
	f.required("Email")
	return f.matching("Email", emailForm)
}

// folder wants the id of a folder, or none.
func (f *form) folder(w *world) string {
	id := f.matching("ParentFolderId", folderIDForm)
	if f.done(w) == nil && id != "" && !w.folders[id] {
		f.fail(errNoFolder)
	}
	return id
}

// displayName wants 2 to 50 letters, digits, spaces, _ . and -.
func (f *form) displayName(name string) string {
	value := f.get(name)
	switch n := utf8.RuneCountInString(value); {
	case n == 0:
		f.fail(errNoName)
	case n < 2, !wordsForm.MatchString(value):
		f.fail(errNameForm)
	case n > 50:
		f.fail(errNameLength)
	}
	return value
}

// number wants a whole number from low to high, or none.
func (f *form) number(name string, otherwise, low, high int) int {
	if f.get(name) == "" {
		return otherwise
	}
	n, err := strconv.Atoi(f.get(name))
	if err != nil || n < low || n > high {
		f.fail(invalid(name))
	}
	return n
}

// flag wants true, false or nothing.
func (f *form) flag(name string) bool {
	switch f.get(name) {
	case "", "true", "false":
	default:
		f.fail(invalid(name))
	}
	return f.get(name) == "true"
}

// tagged says whether the request filters by a tag.
func (f *form) tagged() bool {
	for name := range f.params {
		if strings.HasPrefix(name, "Tag.") {
			return true
		}
	}
	return false
}
