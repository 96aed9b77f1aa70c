package pack

import (
	"cmp"
	"slices"

	"github.com/entitlectl/entitlectl/pkg/spec"
)

// cell is a pair: a resource's number and a subject's number.
type cell struct{ Row, Column int }

// rect is a call: every row times every column, both sorted.
type rect struct{ Rows, Columns []int }

// Caps are the most that one call may list.
type Caps struct {
	Resources int
	Subjects  int
}

// limits are the caps by short names: a call lists at most p rows, and of each lane at most q columns.
type limits struct{ p, q int32 }

// limits cuts caps to what the cells can use, so that products of caps stay small.
func (c Caps) limits(g *grid) limits {
	return limits{
		int32(min(max(c.Resources, 1), max(len(g.rowIDs), 1))),
		int32(min(max(c.Subjects, 1), max(len(g.colIDs), 1))),
	}
}

// cover partitions the cells into as few calls within caps as it can find. A cell that is given twice counts once. The
// calls are sorted, and depend on the set of cells and on caps alone.
func cover(cells []cell, caps Caps) []rect {
	g := newGrid(cells)
	return spec.Each(solve(g, caps.limits(g)), func(p product) rect { return rect{idsOf(g.rowIDs, p.rows), idsOf(g.colIDs, p.cols)} })
}

func idsOf[ID int | int32](ids []ID, numbers []int32) []ID {
	return spec.Each(numbers, func(n int32) ID { return ids[n] })
}

// effort says how much work a cover is worth. It depends on the number of cells alone, never on a clock.
type effort struct {
	starts int // how many ways to start are tried besides the cheap groupings
	rounds int // how often the calls are dealt to shards
	steps  int // repairs tried in all rounds together
}

// effortFor keeps 100 cells under a millisecond, 10,000 under a tenth of a second and a million under two.
func effortFor(cells int) effort {
	switch {
	case cells <= 20_000:
		return effort{starts: 4, rounds: min(2+cells/250, 16), steps: cells}
	case cells <= 300_000:
		return effort{starts: 3, rounds: 16, steps: 10_000 + cells/4}
	}
	return effort{starts: 1}
}

// solve covers the grid: the best of several quick ways in each connected component, then repairs of a few calls at a
// time. Every stage hands on an exact partition within the limits that is no longer than the one it was given.
func solve(g *grid, l limits) []product {
	if len(g.byRow.items) == 0 {
		return nil
	}
	e := effortFor(len(g.byRow.items))
	if !g.oneLane() {
		e.steps /= 2 // each lane had its own already
	}
	products := improve(start(g, l, e.starts), g.views(l), e)
	sortProducts(products)
	return products
}

func sortProducts(products []product) {
	slices.SortFunc(products, func(a, b product) int {
		return cmp.Or(slices.Compare(a.rows, b.rows), slices.Compare(a.cols, b.cols))
	})
}
