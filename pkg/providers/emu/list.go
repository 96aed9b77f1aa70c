package emu

import (
	"iter"
	"slices"
	"time"
)

// Life says when reads see a row. Rows of a [List] embed it.
type Life struct {
	from, until time.Time
	gone        bool   // removed or replaced, though reads may see it until then
	id          string // in a [Table]
}

func (l *Life) life() *Life { return l }

// Visible says whether reads see the row at a time.
func (l *Life) Visible(now time.Time) bool {
	return !now.Before(l.from) && (!l.gone || now.Before(l.until))
}

// Row is a pointer to a struct that embeds [Life].
type Row interface {
	comparable
	life() *Life
}

// List keeps rows in the order they were added, and shows reads an older view of them where writes lag. A row may be in
// several lists. The time that a change takes is when reads see it, the zero time being at once. The zero value is an empty
// list; it may not be used concurrently.
type List[R Row] struct {
	rows    []R
	untidy  bool      // some rows are gone or hidden
	settled time.Time // when the last of them stops being so
	dead    int       // rows that nobody will see again
}

// Add appends a row.
func (l *List[R]) Add(row R, at time.Time) {
	if l.dead > len(l.rows)/2 {
		l.sweep()
	}
	row.life().from = at
	l.rows = append(l.rows, row)
	l.touch(at)
}

// sweep drops the rows that were removed at once. Whoever walks the rows meanwhile keeps the old ones.
func (l *List[R]) sweep() {
	l.rows = slices.DeleteFunc(slices.Clone(l.rows), func(row R) bool { return row.life().gone && row.life().until.IsZero() })
	l.dead = 0
}

// Remove takes a row out. To take it out of several lists, call it on each.
func (l *List[R]) Remove(row R, at time.Time) {
	life := row.life()
	life.gone, life.until = true, at
	l.untidy = true
	if at.IsZero() {
		l.dead++
	}
	l.touch(at)
}

// Replace puts a new version of a row in its place.
func (l *List[R]) Replace(old, row R, at time.Time) {
	i := slices.Index(l.rows, old)
	if i < 0 {
		l.Add(row, at)
		return
	}
	old.life().gone, old.life().until = true, at
	row.life().from = at
	if at.IsZero() {
		row.life().from = old.life().from
		l.rows[i] = row
		return
	}
	l.rows = slices.Insert(l.rows, i+1, row)
	l.touch(at)
}

func (l *List[R]) touch(at time.Time) {
	if at.IsZero() {
		return
	}
	l.untidy = true
	if at.After(l.settled) {
		l.settled = at
	}
}

// Current yields the rows as they are, not as reads may still see them.
func (l *List[R]) Current() iter.Seq[R] {
	return func(yield func(R) bool) {
		for _, row := range l.rows {
			if !row.life().gone && !yield(row) {
				return
			}
		}
	}
}

// Page returns the rows from offset on that reads see and keep accepts, at most limit of them, and how many there are in
// all. A nil keep accepts every row, a negative limit is none. The result is valid until the next change.
//
// Without keep, and with no write lagging, it takes no longer for a long list than for a short one.
func (l *List[R]) Page(now time.Time, offset, limit int, keep func(R) bool) ([]R, int) {
	if l.untidy && !now.Before(l.settled) {
		l.rows = slices.DeleteFunc(slices.Clone(l.rows), func(row R) bool { return row.life().gone })
		l.untidy, l.dead = false, 0
	}
	rows := l.rows
	if l.untidy || keep != nil {
		rows = nil
		for _, row := range l.rows {
			if row.life().Visible(now) && (keep == nil || keep(row)) {
				rows = append(rows, row)
			}
		}
	}
	return Cut(rows, offset, limit), len(rows)
}

// Cut returns the rows from offset on, at most limit of them; a negative limit is none.
func Cut[R any](rows []R, offset, limit int) []R {
	rows = rows[min(max(offset, 0), len(rows)):]
	if limit >= 0 && limit < len(rows) {
		rows = rows[:limit]
	}
	return rows
}

// Views returns rows as the wire shows them; there being none is an empty list.
func Views[R, V any](rows []R, view func(R) V) []V {
	out := make([]V, 0, len(rows))
	for _, row := range rows {
		out = append(out, view(row))
	}
	return out
}
