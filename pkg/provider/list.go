package provider

import (
	"context"
	"errors"
	"fmt"
)

const (
	listTries = 3         // how often a list that changes while it is read is begun again
	maxPages  = 20_000    // of one list; more would be a list without end
	maxRows   = 2_000_000 // of one list; what counts more would never end
)

// ErrTooLong says that a list has more rows than the caller wanted to read.
var ErrTooLong = errors.New("more rows than asked for")

// Page is one page of a list. C is what the vendor finds pages by: an offset, a number, a token.
type Page[T any, C comparable] struct {
	Rows  []T
	Total int // of the whole list, as the vendor counts; NoTotal where it does not say
	Next  C   // where the next page begins; the zero value: this is the last page
}

// NoTotal is the total of a list whose length the vendor does not say.
const NoTotal = -1

// Listed is a list as it was read.
type Listed[T any] struct {
	Rows  []T // each once
	Total int // as the vendor counts; also beside ErrTooLong
	// Broken says why Rows may not be the whole list, but all that any reading saw; "" where they are the whole list.
	Broken string
}

// Whole is an error where the rows may not be the whole list. what names it.
func (l Listed[T]) Whole(what string) error {
	if l.Broken == "" {
		return nil
	}
	return fmt.Errorf("%s is not whole: %s; run again when nobody else is changing it", what, l.Broken)
}

// Rules say how a list is read, as far as lists differ.
type Rules struct {
	Name string // in errors: the call that lists
	Most int    // a list of more rows ends after its first page with ErrTooLong; 0: none does
	// RepeatEnds says that a page without a new row is the last one.
	RepeatEnds bool
	// NeverOn says that each reading ends where the length changes; else the last one goes on.
	NeverOn bool
}

// ReadList reads a whole list: it follows its pages from the first one on, takes each row once by its key, and begins again
// where the length changes meanwhile or is not that of the pages. After three tries Broken says why the list is not whole.
// An answer that is no page must be an error of page: taken for an empty list it would grant or revoke everything.
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
	list, seen, begun := Listed[T]{Total: NoTotal}, map[K]bool{}, map[C]bool{}
	for {
		p, err := page(ctx, from)
		if err != nil {
			return Listed[T]{}, err
		}
		goesOn := list.count(p.Total) || toEnd
		before := len(list.Rows)
		for _, row := range p.Rows {
			if k := key(row); !seen[k] {
				seen[k] = true
				list.Rows = append(list.Rows, row)
			}
		}
		switch {
		case p.Total > maxRows:
			return Listed[T]{}, fmt.Errorf("%s: the list does not end: it has %d rows by the vendor's count", rules.Name, p.Total)
		case !goesOn:
			return list, nil
		case rules.Most > 0 && list.Total > rules.Most:
			return Listed[T]{Total: list.Total}, ErrTooLong
		case p.Next == none, rules.RepeatEnds && len(list.Rows) == before:
			return list.ended(), nil
		case begun[p.Next], len(begun) == maxPages:
			return Listed[T]{}, fmt.Errorf("%s: the list does not end: page %d names a page that was read already, or one too many", rules.Name, len(begun)+1)
		}
		from, begun[p.Next] = p.Next, true
	}
}

// count takes in the total that a page says. It returns false where the page before said another.
func (l *Listed[T]) count(total int) (steady bool) {
	before := l.Total
	if total != NoTotal {
		l.Total = total
	}
	if before == NoTotal || before == l.Total {
		return true
	}
	l.Broken = fmt.Sprintf("its length changed from %d to %d while it was read", before, total)
	return false
}

// ended compares the rows of all pages with the total.
func (l Listed[T]) ended() Listed[T] {
	if l.Broken == "" && l.Total != NoTotal && len(l.Rows) != l.Total {
		l.Broken = fmt.Sprintf("it has %d rows by the vendor's count, but its pages hold %d", l.Total, len(l.Rows))
	}
	return l
}
