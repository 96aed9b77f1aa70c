package wps365emu

import (
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxAddress is the most characters of a mail address; the limit is that of mail contacts.
const maxAddress = 256

// addressForm is user_name@domain.
var addressForm = regexp.MustCompile(`^[A-Za-z0-9!#$%&'*+/=?^_{|}~.-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*$`)

// form checks the parameters of a request and keeps the first fault it finds.
type form struct{ err error }

func (f *form) fail(code int, format string, args ...any) {
	if f.err == nil {
		f.err = &problem{Code: code, Msg: fmt.Sprintf(format, args...)}
	}
}

// body reads a JSON body; no body is an empty one. Fields that it does not know are let pass.
func (f *form) body(data []byte, into any) {
	if len(data) == 0 {
		return
	}
	if err := json.Unmarshal(data, into); err != nil {
		f.fail(badFormat, "body: %v", err)
	}
}

// required wants a text that is there.
func (f *form) required(name string, value *string) string {
	if value == nil {
		f.fail(badFormat, "%s: is missing", name)
		return ""
	}
	if *value == "" {
		f.fail(badValue, "%s: is empty", name)
	}
	return *value
}

// address wants a mail address.
func (f *form) address(name, value string) {
	if utf8.RuneCountInString(value) > maxAddress {
		f.fail(tooLong, "%s: more than %d characters", name, maxAddress)
	}
	if !addressForm.MatchString(value) {
		f.fail(badValue, "%s: %q is no mail address", name, value)
	}
}

func (f *form) oneOf(name, value string, words ...string) {
	if !slices.Contains(words, value) {
		f.fail(badValue, "%s: %q is not one of %s", name, value, strings.Join(words, ", "))
	}
}

// number reads a whole number from a query. It must be there.
func (f *form) number(q url.Values, name string, low, high int) int {
	n, err := strconv.Atoi(q.Get(name))
	switch {
	case err != nil:
		f.fail(badFormat, "%s: %q is no number", name, q.Get(name))
	case n < low || n > high:
		f.fail(badValue, "%s: %d is not in %d..%d", name, n, low, high)
	}
	return n
}

// flag reads a boolean from a query; there being none is false.
func (f *form) flag(q url.Values, name string) bool {
	if !q.Has(name) {
		return false
	}
	b, err := strconv.ParseBool(q.Get(name))
	if err != nil {
		f.fail(badFormat, "%s: %q is no boolean", name, q.Get(name))
	}
	return b
}

// statuses reads whom a read of users is about. It must be said.
func (f *form) statuses(words []string) []string {
	if len(words) == 0 {
		f.fail(badFormat, "status: is missing")
	}
	for _, s := range words {
		f.oneOf("status", s, "active", "notactive", "disabled")
	}
	return words
}

// batch wants 1 to 100 elements.
func (f *form) batch(name string, given bool, n int) {
	switch {
	case !given:
		f.fail(badFormat, "%s: is missing", name)
	case n == 0:
		f.fail(badValue, "%s: is empty", name)
	case n > maxBatch:
		f.fail(tooMany, "%s: more than %d elements", name, maxBatch)
	}
}

// external says whether user ids are those of the tenant's own system, as the header X-Kso-Id-Type may ask for.
func (f *form) external(c *call) bool {
	kind := c.request.Header.Get("X-Kso-Id-Type")
	if kind != "" {
		f.oneOf("X-Kso-Id-Type", kind, "internal", "external")
	}
	return kind == "external"
}
