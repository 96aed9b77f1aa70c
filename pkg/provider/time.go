package provider

import (
	"strings"
	"time"
)

// layouts are the forms of a moment that say of which zone it is; fractions of a second may stand in each.
var layouts = []string{time.RFC3339, "2006-01-02T15:04:05Z0700", "2006-01-02T15:04:05Z07", "2006-01-02T15:04Z07:00", "20060102T150405Z0700"}

// Instant reads a moment as vendors write it, with "T" or a blank before the time. ok is false for what is none, and for one
// without its zone: it may be hours off.
func Instant(text string) (at time.Time, ok bool) {
	text = strings.ToUpper(strings.TrimSpace(text))
	if date, rest, blank := strings.Cut(text, " "); blank {
		text = date + "T" + strings.TrimSpace(rest)
	}
	for _, layout := range layouts {
		if at, err := time.Parse(layout, strings.Replace(text, " ", "", 1)); err == nil {
			return at.UTC(), true
		}
	}
	return time.Time{}, false
}
