package provider

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

const (
	listTries = 3         // how often a list that changes while it is read is begun again
	maxPages  = 20_000    // of one list; more would be a list without end
	maxIdle   = 100       // pages one after the other that hold no new row
	maxRows   = 2_000_000 // of one list
)

// ErrTooLong says that a list has more rows than the caller wanted to read.
var ErrTooLong = errors.New("more rows than asked for")

// Page is one page of a list. C is what the vendor finds pages by: an offset, a number, a token.
type Page[T any, C comparable] struct {
	Rows  []T
	Total int // of the whole list, as the vendor counts; NoTotal where it does not say
	Next  C   // where the next page begins, if there is one; the zero value: this is the last page
	// Nth says where the n-th page of the list begins, counted from 0, if pages are as long as this one, which is the first. nil:
	// only the page before it tells.
	Nth func(n int) C
	// Short says that the page has fewer rows than were asked for, so that it is the last one, unless the vendor counts more.
	Short bool
	// Odd says why the list can't be trusted, whatever its other pages hold: "its count is missing".
	Odd string
}

// NoTotal is the total of a list whose length the vendor does not say.
const NoTotal = -1

// Count is how many rows a list has, as a page of it says. It takes whatever stands there: who lies about a count is met by
// ReadList, and not by an error of the JSON.
type Count struct {
	said  string // "" where the page has none
	total int    // NoTotal where said is none
}

// UnmarshalJSON takes a number, or one that is written as a text.
func (c *Count) UnmarshalJSON(data []byte) error {
	c.said = string(data)
	n, err := strconv.Atoi(strings.Trim(c.said, `"`))
	if c.total = n; err != nil || n < 0 {
		c.total = NoTotal
	}
	return nil
}

// Said says whether the page has a count, be it a lie. null is none.
func (c Count) Said() bool { return c.said != "" && c.said != "null" }

// Total is the total of the page, and what is odd about it. A list whose vendor does not promise one may go without.
func (c Count) Total(promised bool) (total int, odd string) {
	switch {
	case !c.Said() && promised:
		return NoTotal, "its count is missing"
	case !c.Said():
		return NoTotal, ""
	case c.total == NoTotal:
		return NoTotal, fmt.Sprintf("its count is %.40s", c.said)
	}
	return c.total, ""
}

// Listed is a list as it was read.
type Listed[T any] struct {
	Rows  []T // each once
	Total int // as the vendor counts, or as many as were read where that is more; also beside ErrTooLong
	// Broken says why Rows may not be the whole list, but all that any reading saw; "" where they are the whole list.
	Broken string
	// Refused is why the vendor gave no row at all; see Spare.
	Refused error
}

// NotWhole is the error of a list that could not be read whole and that more stands on than one resource: nothing is known of
// any.
type NotWhole struct{ What, Why string }

func (e *NotWhole) Error() string { return e.What + " is not whole: " + e.Why }

// Whole is a *NotWhole where the rows may not be the whole list. what names it.
func (l Listed[T]) Whole(what string) error {
	if l.Broken == "" {
		return nil
	}
	return &NotWhole{what, l.Broken}
}

// Rules say how a list is read, as far as lists differ.
type Rules struct {
	Name  string // in errors: the call that lists
	Most  int    // a list of more rows ends with ErrTooLong; 0: none does
	Ahead int    // pages in flight where the first one tells where the others begin; up to 1: they are asked one after the other
	// RepeatEnds says that a page without a new row is the last one.
	RepeatEnds bool
	// NeverOn says that each reading ends where the length changes; else the last one goes on.
	NeverOn bool
}

// ReadList reads a whole list: it follows its pages from the first one on to an empty or a short one, or to one that names none
// after it, whatever the vendor counts. It takes each row once by its key, and begins again where the length changes meanwhile,
// is not that of the pages or is not said. After three tries Broken says why the list is not whole. An answer that is no page
// must be an error of page: taken for an empty list it would grant or revoke everything. page may be called from several
// goroutines; which page answers first makes no difference.
func ReadList[T any, K, C comparable](ctx context.Context, rules Rules, key func(T) K, page func(ctx context.Context, from C) (Page[T, C], error)) (Listed[T], error) {
	return steady(key, func(toEnd bool) (Listed[T], error) {
		return readOnce(ctx, rules, key, page, toEnd && !rules.NeverOn)
	})
}

// steady reads a list until it holds still. once reads it from its first page on; the last time toEnd asks it to read on where
// the list changed. Where the list never holds still the rows are all that any time saw, each as it was seen last: one that is
// missing would be granted again, and its holder mailed again.
func steady[T any, K comparable](key func(T) K, once func(toEnd bool) (Listed[T], error)) (Listed[T], error) {
	var all Listed[T]
	at := map[K]int{} // row, to its place in all
	for try := 1; try <= listTries; try++ {
		now, err := once(try == listTries)
		if err != nil || now.Broken == "" {
			return now, err
		}
		for _, row := range now.Rows {
			if i, known := at[key(row)]; known {
				all.Rows[i] = row
				continue
			}
			at[key(row)] = len(all.Rows)
			all.Rows = append(all.Rows, row)
		}
		all.Total, all.Broken = now.Total, now.Broken
	}
	return all, nil
}

// readOnce reads the list from its first page on. Where its length changes meanwhile it ends, or with toEnd reads on.
func readOnce[T any, K, C comparable](ctx context.Context, rules Rules, key func(T) K, page func(context.Context, C) (Page[T, C], error), toEnd bool) (Listed[T], error) {
	var from, none C
	r, begun, idle := reading[T, K]{list: Listed[T]{Total: NoTotal}, key: key, seen: map[K]int32{}}, map[C]bool{}, 0
	pages := newAhead(ctx, rules.Ahead, page)
	defer pages.close()
	for n := 1; ; n++ {
		p, err := pages.get(n-1, from)
		if err != nil {
			return Listed[T]{}, err
		}
		idle++
		if r.take(p.Rows, n, p.Total) {
			idle = 0
		}
		goesOn := r.count(p.Total, p.Odd) || toEnd
		rows := len(r.list.Rows)
		switch {
		case rules.Most > 0 && max(r.list.Total, rows) > rules.Most:
			return Listed[T]{Total: max(r.list.Total, rows)}, ErrTooLong
		case !goesOn:
			return r.list, nil
		case p.Next == none, rules.RepeatEnds && idle > 0, p.Short && rows >= r.list.Total:
			return r.ended(), nil
		case begun[p.Next]:
			r.distrust("its page %d names a page that was read already as the next one", n)
			return r.list, nil
		case n == maxPages, idle == maxIdle, rows > maxRows:
			return Listed[T]{}, fmt.Errorf("%s: the list does not end: after %d pages and %d rows it goes on", rules.Name, n, rows)
		}
		from, begun[p.Next] = p.Next, true
	}
}

// reading is a list while it is read.
type reading[T any, K comparable] struct {
	list    Listed[T]
	key     func(T) K
	seen    map[K]int32 // row, to the page that showed it first
	counted int         // rows, but for those that an earlier page had
}

// take adds the rows of a page that were not seen before, and says whether there are any. Of a list that nobody counts, a row
// that comes again is all that tells of others that moved past us.
func (r *reading[T, K]) take(rows []T, page, total int) (fresh bool) {
	if n := len(r.list.Rows); n+len(rows) > cap(r.list.Rows) && total > n {
		r.list.Rows = slices.Grow(r.list.Rows, min(total-n, 3*n+len(rows))) // no more, since the total may be a lie
	}
	var blank K
	for _, row := range rows {
		k := r.key(row)
		if k == blank { // all such rows would be one
			r.distrust("a row of its page %d has no id", page)
		}
		first, known := r.seen[k]
		switch {
		case !known:
			r.seen[k], fresh = int32(page), true
			r.list.Rows = append(r.list.Rows, row)
			r.counted++
		case int(first) == page:
			r.counted++
		case total == NoTotal:
			r.distrust("a row of its page %d is on page %d too", first, page)
		}
	}
	return fresh
}

// count takes in the total that a page says, and what is odd about the page. It returns false where the page before said another
// total.
func (r *reading[T, K]) count(total int, odd string) (steady bool) {
	if odd != "" {
		r.distrust("%s", odd)
	}
	before := r.list.Total
	if total != NoTotal {
		r.list.Total = total
	}
	if before == NoTotal || before == r.list.Total {
		return true
	}
	r.distrust("its length changed from %d to %d while it was read", before, total)
	return false
}

// ended compares the rows of all pages with the total, by which a vendor may or may not mean rows that are equal.
func (r *reading[T, K]) ended() Listed[T] {
	rows := len(r.list.Rows)
	if total := r.list.Total; total != NoTotal && rows != total && r.counted != total {
		r.distrust("it has %d rows by the vendor's count, but its pages hold %d", total, rows)
	}
	r.list.Total = max(r.list.Total, rows)
	return r.list
}

// distrust says why the list is not whole; the first reason stays.
func (r *reading[T, K]) distrust(format string, args ...any) {
	if r.list.Broken == "" {
		r.list.Broken = fmt.Sprintf(format, args...)
	}
}
