package emu

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// Wrong says what is wrong with a parameter.
type Wrong int

// What can be wrong with a parameter.
const (
	Missing   Wrong = iota
	Malformed       // it is of another form or type
	BadValue        // the form is right, the value is not
	TooLong         // a text of too many characters
	TooMany         // a list of too many elements
)

// Form reads the parameters of a request and keeps the first fault that it finds.
type Form struct {
	Query url.Values
	Body  []byte
	Err   error // the first fault

	// Refuse says in the vendor's words what is wrong with a parameter. The text is ours, for people.
	Refuse func(wrong Wrong, name, text string) error
}

// Fail keeps an error, unless there is one.
func (f *Form) Fail(err error) {
	if f.Err == nil {
		f.Err = err
	}
}

// Wrong fails for a parameter.
func (f *Form) Wrong(wrong Wrong, name, format string, args ...any) {
	f.Fail(f.Refuse(wrong, name, fmt.Sprintf(format, args...)))
}

// JSON reads the body. Fields that are not known are let pass, as vendors do.
func (f *Form) JSON(into any) {
	if err := json.Unmarshal(f.Body, into); err != nil {
		f.Wrong(Malformed, "body", "%v", err)
	}
}

// Get returns a parameter of the query; blank if there is none.
func (f *Form) Get(name string) string { return f.Query.Get(name) }

// OneOf wants one of some words.
func (f *Form) OneOf(name, value string, words ...string) {
	if !slices.Contains(words, value) {
		f.Wrong(BadValue, name, "%q is not one of %s", value, strings.Join(words, ", "))
	}
}

// Maybe wants one of some words, or nothing.
func (f *Form) Maybe(name, value string, words ...string) {
	if value != "" {
		f.OneOf(name, value, words...)
	}
}

// Count wants low to high elements.
func (f *Form) Count(name string, n, low, high int) {
	switch {
	case n < low:
		f.Wrong(BadValue, name, "%d elements are not in %d..%d", n, low, high)
	case n > high:
		f.Wrong(TooMany, name, "%d elements are not in %d..%d", n, low, high)
	}
}

// Number reads a whole number from low to high out of the query; otherwise is what stands for none.
func (f *Form) Number(name string, otherwise, low, high int) int {
	text := f.Get(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	switch {
	case err != nil:
		f.Wrong(Malformed, name, "%q is no number", text)
	case n < low || n > high:
		f.Wrong(BadValue, name, "%q is not in %d..%d", text, low, high)
	}
	return n
}

// Flag reads a boolean out of the query; nil if there is none.
func (f *Form) Flag(name string) *bool {
	text := f.Get(name)
	if text == "" {
		return nil
	}
	b, err := strconv.ParseBool(text)
	if err != nil {
		f.Wrong(Malformed, name, "%q is no boolean", text)
	}
	return &b
}

// Unique wants the elements of a list to differ.
func Unique[T comparable](f *Form, name string, list []T) {
	seen := make(map[T]bool, len(list))
	for _, x := range list {
		if seen[x] {
			f.Wrong(BadValue, name, "%v comes twice", x)
		}
		seen[x] = true
	}
}
