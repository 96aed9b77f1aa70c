package pack

import (
	"cmp"
	"maps"
	"slices"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// Products covers the changes at the given indexes exactly with products of at most caps, and returns each product as the
// indexes of its changes. All changes must be of one op, kind and role.
func Products(changes []diff.Change, indexes []int, caps Caps) [][]int {
	l := newTable(changes, indexes).lane(changes, indexes)
	return spec.Each(cover(l.cells, caps), func(r rect) []int { return l.changes(r.Rows, r.Columns) })
}

// Bound is a number of calls that Products cannot go below or, of grants and revokes, Lanes.
func Bound(changes []diff.Change, caps Caps, lists ...[]int) int {
	t := newTable(changes, lists...)
	return lowerBound(caps, spec.Each(lists, func(indexes []int) []cell { return t.lane(changes, indexes).cells })...)
}

// Lane is one call in two lanes: the indexes of what it grants and of what it revokes, each a full product over the same
// resources. One of them may be empty.
type Lane struct{ Grants, Revokes []int }

// Lanes covers the grants and the revokes at the given indexes exactly with calls that may do both, each for at most
// caps.Resources resources with at most caps.Subjects subjects to grant to and as many to revoke from. All changes must
// be of one kind and role, and no pair may be in both lists.
func Lanes(changes []diff.Change, grants, revokes []int, caps Caps) []Lane {
	t := newTable(changes, grants, revokes)
	adds, removes := t.lane(changes, grants), t.lane(changes, revokes)
	return spec.Each(coverLanes(adds.cells, removes.cells, caps), func(r laneRect) Lane {
		return Lane{adds.changes(r.Rows, r.Adds), removes.changes(r.Rows, r.Removes)}
	})
}

// Pair is a resource and a subject.
type Pair struct {
	Resource string
	Subject  spec.Subject
}

// Loose is a call that may touch more than changes.
type Loose struct {
	Indexes []int  // its changes
	Free    []Pair // the free pairs that it touches as well
}

// LooseProducts is Products with calls that may touch the free pairs too, at most budget of them in all. If the pairs of all
// changes are among the free ones, then a call may also touch a pair that is another call's change.
func LooseProducts(changes []diff.Change, indexes []int, free []Pair, budget int, caps Caps) []Loose {
	t := newTable(changes, indexes)
	l := t.lane(changes, indexes)
	var cells []cell
	repeats := 0
	for _, p := range free {
		row, known := t.rows[p.Resource]
		column, knownToo := t.columns[p.Subject]
		if known && knownToo {
			c := cell{row, column}
			cells = append(cells, c)
			repeats += len(l.at(c))
		}
	}
	return spec.Each(coverWith(l.cells, cells, repeats == len(indexes), budget, caps), func(r freeRect) Loose {
		call := Loose{Indexes: l.changes(r.Rows, r.Columns)}
		for _, c := range r.Free {
			call.Free = append(call.Free, Pair{t.resources[c.Row], t.subjects[c.Column]})
			for _, e := range l.at(c) { // another call has it
				call.Indexes = slices.DeleteFunc(call.Indexes, func(i int) bool { return i == e.index })
			}
		}
		return call
	})
}

// table numbers the resources and the subjects of changes in their sorted order.
type table struct {
	resources []string
	subjects  []spec.Subject
	rows      map[string]int
	columns   map[spec.Subject]int
}

func newTable(changes []diff.Change, lists ...[]int) *table {
	t := &table{rows: map[string]int{}, columns: map[spec.Subject]int{}}
	for _, indexes := range lists {
		for _, i := range indexes {
			t.rows[changes[i].Resource], t.columns[changes[i].Subject] = 0, 0
		}
	}
	t.resources = slices.Sorted(maps.Keys(t.rows))
	for n, name := range t.resources {
		t.rows[name] = n
	}
	t.subjects = slices.SortedFunc(maps.Keys(t.columns), spec.Subject.Compare)
	for n, s := range t.subjects {
		t.columns[s] = n
	}
	return t
}

// lane is a list of changes as cells, and the way back.
type lane struct {
	cells []cell
	byRow [][]entry // sorted
}

// entry is a change of a row.
type entry struct{ column, index int }

func (t *table) lane(changes []diff.Change, indexes []int) lane {
	l := lane{make([]cell, len(indexes)), make([][]entry, len(t.resources))}
	for n, i := range indexes {
		c := cell{t.rows[changes[i].Resource], t.columns[changes[i].Subject]}
		l.cells[n] = c
		l.byRow[c.Row] = append(l.byRow[c.Row], entry{c.Column, i})
	}
	for _, entries := range l.byRow {
		slices.SortFunc(entries, func(a, b entry) int { return cmp.Or(a.column-b.column, a.index-b.index) })
	}
	return l
}

// at lists the changes of a cell: one, unless the caller gave it twice.
func (l lane) at(c cell) []entry {
	entries := l.byRow[c.Row]
	from, _ := slices.BinarySearchFunc(entries, c.Column, func(e entry, column int) int { return e.column - column })
	to := from
	for to < len(entries) && entries[to].column == c.Column {
		to++
	}
	return entries[from:to]
}

// changes lists the indexes of the changes in a product, sorted.
func (l lane) changes(rows, columns []int) []int {
	var list []int
	for _, row := range rows {
		for _, column := range columns {
			for _, e := range l.at(cell{row, column}) {
				list = append(list, e.index)
			}
		}
	}
	slices.Sort(list)
	return list
}
