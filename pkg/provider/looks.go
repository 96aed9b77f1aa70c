package provider

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/entitlectl/entitlectl/pkg/spec"
)

const (
	looksFormat  = 1
	looksLast    = 7 * 24 * time.Hour // how long a look counts at most
	mailsShow    = time.Hour          // by when the record of a mail is there, clocks that differ included
	looksMeasure = time.Second        // what looks are told apart by
)

// Looks remember of which resources every mail had been delivered when they were looked at, and what that look stood on, so that
// a later read asks only where something can have changed. They are best effort: what they do not know is asked. Where they are
// nil they know nothing and keep nothing.
type Looks struct {
	now    time.Time
	known  map[string]look    // by resource
	news   map[string]*look   // what this run saw; nil: not all was delivered
	rows   map[string]counted // as known of lists
	counts map[string]int     // as this run counted them; negative: it is to be forgotten
	spared int
	since  time.Time // the oldest look that spared a question
}

// look says that all mails about a resource had been delivered.
type look struct {
	At    time.Time `json:"at"`
	Basis string    `json:"basis"` // digest of what can make the vendor send another
}

// counted says how many rows a list had.
type counted struct {
	At   time.Time `json:"at"`
	Rows int       `json:"rows"`
}

type looksText struct {
	Format int                `json:"format"`
	Looks  map[string]look    `json:"looks"`
	Rows   map[string]counted `json:"rows,omitempty"`
}

// NewLooks reads what Merge gave. A text that is damaged, or that another version wrote, tells nothing. Looks that are too old
// count for nothing, nor do those from the future of a clock that was put back.
func NewLooks(text string, now time.Time) *Looks {
	now = now.UTC().Truncate(looksMeasure)
	l := &Looks{now: now, known: map[string]look{}, news: map[string]*look{}, rows: map[string]counted{}, counts: map[string]int{}}
	var kept looksText
	if json.Unmarshal([]byte(text), &kept) != nil || kept.Format != looksFormat {
		return l
	}
	for ref, seen := range kept.Looks {
		if !seen.At.After(now) && now.Sub(seen.At) < looksLast {
			l.known[ref] = seen
		}
	}
	for list, seen := range kept.Rows {
		if !seen.At.After(now) && now.Sub(seen.At) < looksLast && seen.Rows >= 0 {
			l.rows[list] = seen
		}
	}
	return l
}

// Rows is how many rows a list had when it was last looked at, by which it is decided which lists to read, and nothing else.
func (l *Looks) Rows(list string) (rows int, known bool) {
	if l == nil {
		return 0, false
	}
	seen, known := l.rows[list]
	return seen.Rows, known
}

// Counted takes in how many rows a list has; fewer than none: that is not worth knowing.
func (l *Looks) Counted(list string, rows int) {
	if l != nil {
		l.counts[list] = rows
	}
}

// Knows says whether there is a look at a resource that may spare a question; only Spare can tell.
func (l *Looks) Knows(ref spec.Ref) bool {
	if l == nil {
		return false
	}
	_, known := l.known[ref.String()]
	return known
}

// Spare says whether the mails about a resource need not be asked: all had been delivered, and what they stand on is the same.
func (l *Looks) Spare(ref spec.Ref, basis string) bool {
	if !l.Knows(ref) || basis == "" || l.known[ref.String()].Basis != basis {
		return false
	}
	if at := l.known[ref.String()].At; l.spared == 0 || at.Before(l.since) {
		l.since = at
	}
	l.spared++
	return true
}

// Saw takes in what a look at the mails about a resource showed. newest is when the last of them was caused: its record may come
// late, so a resource where that is not long ago is asked again.
func (l *Looks) Saw(ref spec.Ref, basis string, newest time.Time, delivered bool) {
	if l == nil {
		return
	}
	l.news[ref.String()] = nil
	if delivered && basis != "" && !newest.Add(mailsShow).After(l.now) {
		l.news[ref.String()] = &look{l.now, basis}
	}
}

// Spared is how many questions were spared, and when the oldest of the looks was that did so.
func (l *Looks) Spared() (questions int, since time.Time) {
	if l == nil {
		return 0, time.Time{}
	}
	return l.spared, l.since
}

// Merge adds what this run saw to what is kept by now, which another run may have added to. changed is false where that is the
// same.
func (l *Looks) Merge(text string) (merged string, changed bool) {
	if l == nil || len(l.news)+len(l.counts) == 0 {
		return text, false
	}
	kept := NewLooks(text, l.now)
	all := kept.known
	changed = l.mergeRows(kept.rows)
	for ref, seen := range l.news {
		before, known := all[ref]
		switch {
		case seen == nil && known:
			delete(all, ref)
			changed = true
		case seen != nil && *seen != before:
			all[ref] = *seen
			changed = true
		}
	}
	data, err := json.Marshal(looksText{looksFormat, all, kept.rows})
	return string(data), changed && err == nil
}

// mergeRows adds to all what this run counted. What hardly changed is left until it is half as old as it may be.
func (l *Looks) mergeRows(all map[string]counted) (changed bool) {
	for list, rows := range l.counts {
		before, known := all[list]
		switch {
		case rows < 0 && known:
			delete(all, list)
			changed = true
		case rows >= 0 && (!known || before.Rows != rows || l.now.Sub(before.At) > looksLast/2):
			all[list] = counted{l.now, rows}
			changed = true
		}
	}
	return changed
}

// LookBasis is the digest of lines, in whatever order they come.
func LookBasis(lines []string) string {
	slices.Sort(lines)
	sum := sha256.Sum256([]byte(strings.Join(lines, "\n")))
	return hex.EncodeToString(sum[:])
}
