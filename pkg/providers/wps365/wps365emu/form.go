package wps365emu

import (
	"net/url"
	"regexp"
	"unicode/utf8"

	"github.com/entitlectl/entitlectl/pkg/providers/emu"
)

// maxAddress is the most characters of a mail address; the limit is that of mail contacts.
const maxAddress = 256

// addressForm is user_name@domain.
var addressForm = regexp.MustCompile(`^[A-Za-z0-9!#$%&'*+/=?^_{|}~.-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*$`)

// form checks the parameters of a request and keeps the first error.
type form struct{ emu.Form }

func newForm(query url.Values, body []byte) form {
	return form{emu.Form{Query: query, Body: body, Refuse: refuse}}
}

// refuse answers with the code for what is wrong.
func refuse(wrong emu.Wrong, name, text string) error {
	code := map[emu.Wrong]int{
		emu.Missing: badFormat, emu.Malformed: badFormat, emu.BadValue: badValue, emu.TooLong: tooLong, emu.TooMany: tooMany,
	}[wrong]
	return &problem{Code: code, Msg: name + ": " + text}
}

// json reads the body. No body is an empty one.
func (f *form) json(into any) {
	if len(f.Body) > 0 {
		f.JSON(into)
	}
}

// required checks that a text is there and not empty.
func (f *form) required(name string, value *string) string {
	if value == nil {
		f.Wrong(emu.Missing, name, "is missing")
		return ""
	}
	if *value == "" {
		f.Wrong(emu.BadValue, name, "is empty")
	}
	return *value
}

// length checks that a value has at most so many characters; 0 is no limit.
func (f *form) length(name, value string, most int) {
	if most > 0 && utf8.RuneCountInString(value) > most {
		f.Wrong(emu.TooLong, name, "more than %d characters", most)
	}
}

// address checks that a value is a mail address.
func (f *form) address(name, value string) {
	f.length(name, value, maxAddress)
	if !addressForm.MatchString(value) {
		f.Wrong(emu.BadValue, name, "%q is no mail address", value)
	}
}

// batch checks that a list is there, with 1 to 100 elements.
func (f *form) batch(name string, given bool, n int) {
	if !given {
		f.Wrong(emu.Missing, name, "is missing")
	}
	f.Count(name, n, 1, maxBatch)
}

// external reports whether a header asks for the user ids of the tenant's own system.
func (c *call) external() bool {
	kind := c.request.Header.Get("X-Kso-Id-Type")
	c.Maybe("X-Kso-Id-Type", kind, "internal", "external")
	return kind == "external"
}
