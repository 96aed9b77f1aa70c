package spec

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/hashicorp/go-multierror"
)

// Error is one thing that is wrong with a file, or only odd: where, what, and what to do about it.
type Error struct {
	Position // Line is 0 where the file as a whole is meant, and File is blank where no file was named
	What     string
	Hint     string
}

// Error is "file:line:column: what; hint".
func (e *Error) Error() string {
	text := e.What + "; " + e.Hint
	switch {
	case e.File == "":
		return text
	case e.Line == 0:
		return e.File + ": " + text
	}
	return e.Position.String() + ": " + text
}

func (e *Error) compare(o *Error) int {
	return cmp.Or(e.Position.Compare(o.Position), strings.Compare(e.What, o.What))
}

// Errors beyond these numbers are only counted: a hostile file may hold one in every byte.
const (
	maxKept  = 10_000
	maxShown = 100
)

// problems collects errors.
type problems struct {
	found   []*Error
	dropped int
}

// reject notes an error. Its texts must never hold a value that could be a secret.
func (p *problems) reject(at Position, hint, format string, args ...any) {
	if len(p.found) == maxKept {
		p.dropped++
		return
	}
	p.found = append(p.found, &Error{Position: at, What: fmt.Sprintf(format, args...), Hint: hint})
}

// sorted is every *Error once, by position.
func (p *problems) sorted() []*Error {
	slices.SortStableFunc(p.found, (*Error).compare)
	return slices.CompactFunc(p.found, func(a, b *Error) bool { return *a == *b })
}

// err is nil, or a *multierror.Error with every *Error once, sorted by position.
func (p *problems) err() error {
	if len(p.found) == 0 {
		return nil
	}
	dropped := p.dropped
	return &multierror.Error{Errors: Each(p.sorted(), func(e *Error) error { return e }),
		ErrorFormat: func(errs []error) string { return formatErrors(errs, dropped) }}
}

// formatErrors prints one error a line, the first hundred of them.
func formatErrors(errs []error, dropped int) string {
	shown := errs[:min(len(errs), maxShown)]
	lines := Each(shown, error.Error)
	if more := len(errs) - len(shown) + dropped; more > 0 {
		lines = append(lines, fmt.Sprintf("and %d more errors; correct these first", more))
	}
	return strings.Join(lines, "\n")
}

// quoted is a text from a file, safe to print: what can't be seen is escaped and what is long is cut.
func quoted(text string) string {
	const limit = 60
	if utf8.RuneCountInString(text) > limit {
		text = string([]rune(text)[:limit]) + "…"
	}
	if strings.IndexFunc(text, isHidden) >= 0 {
		return strconv.QuoteToASCII(text)
	}
	return strconv.Quote(text)
}

// either lists words as prose: "a, b or c".
func either(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " or " + words[last]
}
