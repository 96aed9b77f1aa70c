package pack

import (
	"iter"
	"slices"
)

// Blocks are disjoint sets of rows. A column owns parts, which are disjoint sets of the blocks that it holds: those of
// which it has a row. A call visits a part when it touches a cell of the column in it; if the column has k cells in the
// part, it needs at least k/p visits, rounded up. A visit weighs 1/q. The cells of a fooling set weigh something too. No
// call may weigh more than 1; then the sum of all weights, rounded up, bounds the calls of any cover. Two rules see to it:
//
// Of the n parts that a column owns, if they are two or more, no block of one may be held together with a block of another
// by more than q/n columns. Say that m is the most parts that a call visits in one of its columns. If m <= 1, all its
// visits weigh at most 1, for it has at most q columns. Else it visits m <= n parts in some column, and has rows in a
// block of one and in a block of another. All its columns hold both blocks: so they are at most q/n, with at most m
// visits each.
//
// A cell (r, c) of the fooling set weighs 1 - M/q, or nothing if that is negative, where no call on it makes more than M
// visits. The columns of such a call are columns of row r, and its rows are rows of column c: so M counts how often a
// column of r owns a block that c holds, or all the parts of r's columns, whichever is less. A call touches at most one
// cell of the set. With it, the call weighs at most M/q + 1 - M/q, or what its visits weigh; without it, at most q/q.
//
// In two lanes only columns of one lane own parts and only they are counted; a call has at most q of them.
type visits struct {
	limits
	blocks [][]int32 // their rows
	held   lines     // by column: the blocks that it holds
	cells  []int32   // in the order of held: the column's cells in the block
	part   []int32   // in the order of held: where the part begins that the block is in; -1 if it is in none
	sum    []int32   // in the order of held: the cells of the part that begins here
}

// byBlocks is the best bound of some visits and fooling sets, with columns for rows as well if the grid is small.
func byBlocks(g *grid, l limits) int {
	best := 0
	for v, f := range weightings(g, l) {
		best = max(best, ceil(v.total()+f.total(), int(l.q)))
	}
	if swapped := (limits{l.q, l.p}); g.oneLane() && len(g.byRow.items) <= 50_000 {
		for v, f := range weightings(g.transposed(), swapped) {
			best = max(best, ceil(v.total()+f.total(), int(swapped.q)))
		}
	}
	return best
}

// weightings yields valid choices of visits and fooling set: for a few ways to choose blocks and owners, first all visits
// and then, a few times, without those that take too much from the fooling set; and no visits at all. Large grids try
// fewer; where comparing rows would be dear, there is none.
func weightings(g *grid, l limits) iter.Seq2[*visits, *fooling] {
	if g.squares() > 150_000_000 {
		return func(func(*visits, *fooling) bool) {}
	}
	ways, rounds := blockWays, 4
	if len(g.byRow.items) > 300_000 {
		ways, rounds = blockWays[:1], 2
	}
	return func(yield func(*visits, *fooling) bool) {
		spots, clashes, alike := g.spots(), g.clashCounts(), map[int][]cluster{}
		for _, way := range ways {
			if alike[way.common] == nil {
				alike[way.common] = g.clusters(way.common)
			}
		}
		for lane := range g.lanes() {
			for _, way := range ways {
				clusters := alike[way.common]
				slices.SortStableFunc(clusters, way.order)
				v := g.own(blocksOf(clusters, l, way.whole), l, lane, way.whole)
				for range rounds {
					f := newFooling(g, spots, g.worth(v), clashes)
					if !yield(v, f) {
						return
					}
					if !g.drop(v, f) {
						break
					}
				}
			}
		}
		none := g.own(nil, l, 0, false)
		yield(none, newFooling(g, spots, g.worth(none), clashes))
	}
}

func (g *grid) lanes() int {
	if g.oneLane() {
		return 1
	}
	return 2
}

// total is what the visits weigh, in q-ths of a call.
func (v *visits) total() int {
	sum := 0
	for at := range v.part {
		sum += v.need(int32(at))
	}
	return sum
}

// worth says what each cell weighs in a fooling set, in q-ths of a call.
func (g *grid) worth(v *visits) []int32 {
	worth := make([]int32, len(g.byRow.items))
	owners := make([]int32, len(v.blocks)) // by block: the row's columns that own it
	parts := int32(0)
	count := func(columns []int32, by int32) {
		for _, c := range columns {
			for at := v.held.start[c]; at < v.held.start[c+1]; at++ {
				if v.part[at] >= 0 {
					owners[v.held.items[at]] += by
				}
				if v.part[at] == at {
					parts += by
				}
			}
		}
	}
	for r := range g.byRow.len() {
		count(g.byRow.at(r), 1)
		for i, c := range g.byRow.at(r) {
			near := int32(0)
			for _, b := range v.held.at(c) {
				if near += owners[b]; near >= v.q {
					break
				}
			}
			worth[int(g.byRow.start[r])+i] = v.q - min(v.q, near, parts)
		}
		count(g.byRow.at(r), -1)
	}
	return worth
}

// drop lets columns disown parts whose visits weigh less than what they take from the fooling set: from one of its cells
// (r, c) a column of row r takes 1/q with each of its blocks that c holds. It says whether there were any.
func (g *grid) drop(v *visits, f *fooling) bool {
	taken := make([]int32, len(v.part))
	near := slices.Repeat([]int32{-1}, len(v.blocks)) // by block: the last row whose member's column holds it
	for row, m := range f.member {
		if m < 0 {
			continue
		}
		for _, b := range v.held.at(f.spots[m].col) {
			near[b] = int32(row)
		}
		for _, c := range g.byRow.at(int32(row)) {
			for at := v.held.start[c]; at < v.held.start[c+1]; at++ {
				if v.part[at] >= 0 && near[v.held.items[at]] == int32(row) {
					taken[v.part[at]]++
				}
			}
		}
	}
	dropped := false
	for at, part := range v.part {
		if part >= 0 && int(taken[part]) > ceil(int(v.sum[part]), int(v.p)) {
			v.part[at] = -1
			dropped = true
		}
	}
	return dropped
}
