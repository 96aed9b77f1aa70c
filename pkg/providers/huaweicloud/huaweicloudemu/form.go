package huaweicloudemu

import (
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// form checks the parameters of a request and keeps the first fault it finds.
type form struct{ err error }

func (f *form) fail(err *problem) {
	if f.err == nil {
		f.err = err
	}
}

// body reads a JSON body. Fields that it does not know are let pass, as vendors do.
func (f *form) body(data []byte, into any) {
	if len(data) == 0 {
		f.fail(errEmpty)
		return
	}
	if err := json.Unmarshal(data, into); err != nil {
		f.fail(invalid("%v", err))
	}
}

// text wants low to high characters.
func (f *form) text(name, value string, low, high int) {
	if n := utf8.RuneCountInString(value); n < low || n > high {
		f.fail(invalid("%s: length %d is not in %d..%d", name, n, low, high))
	}
}

// oneOf wants one of some words.
func (f *form) oneOf(name, value string, words ...string) {
	if !slices.Contains(words, value) {
		f.fail(invalid("%s: %q is not one of %s", name, value, strings.Join(words, ", ")))
	}
}

// maybe wants one of some words, or nothing.
func (f *form) maybe(name, value string, words ...string) {
	if value != "" {
		f.oneOf(name, value, words...)
	}
}

// count wants low to high elements.
func (f *form) count(name string, n, low, high int) {
	if n < low || n > high {
		f.fail(invalid("%s: %d elements are not in %d..%d", name, n, low, high))
	}
}

// ids wants low to high ids of 1 to 128 characters.
func (f *form) ids(name string, ids []string, low, high int) {
	f.count(name, len(ids), low, high)
	for _, id := range ids {
		f.text(name, id, 1, 128)
	}
}

// number reads a whole number from a query.
func (f *form) number(q url.Values, name string, otherwise, low, high int) int {
	if q.Get(name) == "" {
		return otherwise
	}
	n, err := strconv.Atoi(q.Get(name))
	if err != nil || n < low || n > high {
		f.fail(invalid("%s: %q is not in %d..%d", name, q.Get(name), low, high))
	}
	return n
}

// page reads offset and limit from a query.
func (f *form) page(q url.Values, otherwise, high int) (offset, limit int) {
	return f.number(q, "offset", 0, 0, 1<<31-1), f.number(q, "limit", otherwise, 1, high)
}

// flag reads a boolean from a query; it is nil if there is none.
func (f *form) flag(q url.Values, name string) *bool {
	if q.Get(name) == "" {
		return nil
	}
	b, err := strconv.ParseBool(q.Get(name))
	if err != nil {
		f.fail(invalid("%s: %q is not a boolean", name, q.Get(name)))
	}
	return &b
}

// unique wants n elements to differ.
func (f *form) unique(name string, n int, at func(int) any) {
	seen := make(map[any]bool, n)
	for i := range n {
		if seen[at(i)] {
			f.fail(invalid("%s: %v comes twice", name, at(i)))
		}
		seen[at(i)] = true
	}
}
