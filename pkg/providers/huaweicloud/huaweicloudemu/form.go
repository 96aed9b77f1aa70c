package huaweicloudemu

import (
	"net/url"
	"unicode/utf8"

	"github.com/entitlectl/entitlectl/pkg/providers/emu"
)

// form checks the parameters of a request and keeps the first error.
type form struct {
	emu.Form
	offset, limit int // of a list; see page
}

func newForm(query url.Values, body []byte) form {
	return form{Form: emu.Form{Query: query, Body: body, Refuse: refuse}}
}

// refuse answers in the same way whatever is wrong with a parameter.
func refuse(_ emu.Wrong, name, text string) error { return invalid("%s: %s", name, text) }

// json reads the body. There must be one.
func (f *form) json(into any) {
	if len(f.Body) == 0 {
		f.Fail(errEmpty)
		return
	}
	f.JSON(into)
}

// text checks that a value has low to high characters.
func (f *form) text(name, value string, low, high int) {
	if n := utf8.RuneCountInString(value); n < low || n > high {
		f.Fail(invalid("%s: length %d is not in %d..%d", name, n, low, high))
	}
}

// word reads a text of low to high characters from the query.
func (f *form) word(name string, low, high int) string {
	f.text(name, f.Get(name), low, high)
	return f.Get(name)
}

// choice reads one of some words from the query. There may be none.
func (f *form) choice(name string, words ...string) string {
	f.Maybe(name, f.Get(name), words...)
	return f.Get(name)
}

// ids checks that there are low to high ids, of 1 to 128 characters each.
func (f *form) ids(name string, ids []string, low, high int) {
	f.Count(name, len(ids), low, high)
	for _, id := range ids {
		f.text(name, id, 1, 128)
	}
}

// page reads offset and limit from the query. A negative limit is none.
func (f *form) page(otherwise, high int) {
	f.offset, f.limit = f.Number("offset", 0, 0, 1<<31-1), f.Number("limit", otherwise, 1, high)
}
