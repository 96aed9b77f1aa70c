package diff

import (
	"errors"
	"fmt"
	"strings"

	"github.com/entitlectl/entitlectl/pkg/spec"
)

// Errors are what went wrong, one by one. In JSON they are one text, with a line for each.
type Errors []error

// ErrorsOf takes an error apart that joins several, by errors.Join or go-multierror. What was said around all of them stays
// with the first.
func ErrorsOf(err error) Errors {
	if err == nil {
		return nil
	}
	var all Errors
	for _, e := range joined(err) {
		all = append(all, ErrorsOf(e)...)
	}
	if len(all) > 0 {
		return all
	}
	inner := errors.Unwrap(err)
	if all = ErrorsOf(inner); len(all) > 1 {
		if around, ok := strings.CutSuffix(err.Error(), inner.Error()); ok {
			all[0] = fmt.Errorf("%s%w", around, all[0])
			return all
		}
	}
	return Errors{err}
}

func joined(err error) []error {
	switch list := err.(type) {
	case interface{ WrappedErrors() []error }:
		return list.WrappedErrors()
	case interface{ Unwrap() []error }:
		return list.Unwrap()
	}
	return nil
}

// MarshalText is the text that stands in JSON.
func (e Errors) MarshalText() ([]byte, error) {
	return []byte(strings.Join(spec.Each(e, error.Error), "\n")), nil
}

// UnmarshalText reads what MarshalText gave.
func (e *Errors) UnmarshalText(text []byte) error {
	*e = nil
	for line := range strings.SplitSeq(string(text), "\n") {
		*e = append(*e, errors.New(line))
	}
	return nil
}
