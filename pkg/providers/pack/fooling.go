package pack

import (
	"slices"

	"github.com/entitlectl/entitlectl/pkg/spec"
)

// A fooling set is a set of cells of which no two can share a call: where their rows and columns cross, a cell is not
// wanted. Each needs a call of its own, however large calls may be, in one lane or in two. Two cells of a row, or of a
// column, could share a call, so the set is a matching. Cells are named by their place in the order of byRow.
type fooling struct {
	*grid
	spots  []spot
	worth  []int32 // of each cell as a member; 0 keeps it out
	member []int32 // by row; -1 is none
	rowOf  []int32 // by column: the row of its member; -1 is none
}

// newFooling takes the candidates in their order, each that clashes with none before it.
func newFooling(g *grid, spots []spot, worth, clashes []int32) *fooling {
	none := []int32{-1}
	f := &fooling{g, spots, worth, slices.Repeat(none, int(g.byRow.len())), slices.Repeat(none, int(g.byCol.len()))}
	for _, cell := range candidates(worth, clashes) {
		if s := spots[cell]; !f.clashes(s) {
			f.member[s.row], f.rowOf[s.col] = cell, s.row
		}
	}
	return f
}

// candidates are the cells that are worth something, those worth most first, and of these the ones that clash with few.
// Worth and clashes are cut to 12 and 20 bits, which blurs the order and nothing else.
func candidates(worth, clashes []int32) []int32 {
	most := slices.Max(worth)
	keys := make([]uint64, 0, len(worth))
	for cell, w := range worth {
		if w > 0 {
			keys = append(keys, uint64(min(most-w, 1<<12-1))<<52|uint64(min(clashes[cell], 1<<20-1))<<32|uint64(cell))
		}
	}
	slices.Sort(keys)
	return spec.Each(keys, func(key uint64) int32 { return int32(uint32(key)) })
}

// clashes says whether the cell can share a call with a member, as it can with any member of its row or column.
func (f *fooling) clashes(s spot) bool {
	rows, cols := f.byCol.at(s.col), f.byRow.at(s.row)
	if len(rows) <= len(cols) {
		for _, row := range rows {
			if m := f.member[row]; m >= 0 && has(cols, f.spots[m].col) {
				return true
			}
		}
		return false
	}
	for _, col := range cols {
		if row := f.rowOf[col]; row >= 0 && has(rows, row) {
			return true
		}
	}
	return false
}

// total is what the members are worth together.
func (f *fooling) total() int {
	sum := 0
	for _, m := range f.member {
		if m >= 0 {
			sum += int(f.worth[m])
		}
	}
	return sum
}

// spots are the cells in the order of byRow.
func (g *grid) spots() []spot {
	spots := make([]spot, 0, len(g.byRow.items))
	for r := range g.byRow.len() {
		for _, c := range g.byRow.at(r) {
			spots = append(spots, spot{r, c})
		}
	}
	return spots
}

// clashCounts counts for each cell those of other rows that can share a call with it.
func (g *grid) clashCounts() []int32 {
	counts := make([]int32, len(g.byRow.items))
	common := make([]int32, g.byRow.len())
	for r := range g.byRow.len() {
		g.meetRow(r, common, 1)
		for i, c := range g.byRow.at(r) {
			sum := int64(0)
			for _, other := range g.byCol.at(c) {
				if other != r {
					sum += int64(common[other])
				}
			}
			counts[int(g.byRow.start[r])+i] = int32(min(sum, 1<<30))
		}
		g.meetRow(r, common, -1)
	}
	return counts
}

// meetRow counts for each row the columns that it has in common with this one, or with -1 takes the counts back.
func (g *grid) meetRow(row int32, common []int32, by int32) {
	for _, c := range g.byRow.at(row) {
		for _, other := range g.byCol.at(c) {
			common[other] += by
		}
	}
}

// squares adds up the squares of the columns' heights: the steps that meeting all rows takes.
func (g *grid) squares() int {
	sum := 0
	for c := range g.byCol.len() {
		sum += len(g.byCol.at(c)) * len(g.byCol.at(c))
	}
	return sum
}
