package pack

import "github.com/entitlectl/entitlectl/pkg/spec"

// laneRect is a call that adds and removes: every row times every column to add, and every row times every column to
// remove. All three are sorted, and one of the two may be empty.
type laneRect struct{ Rows, Adds, Removes []int }

// coverLanes partitions the cells to add and the cells to remove into as few calls as it can find, each of at most
// caps.Resources rows, caps.Subjects columns to add and as many to remove. A cell must not be in both lists. Up to
// 300,000 cells it never needs more calls than both lists packed by themselves.
func coverLanes(adds, removes []cell, caps Caps) []laneRect {
	g := newGrid(adds, removes)
	return spec.Each(solve(g, caps.limits(g)), func(p product) laneRect {
		first := countBelow(p.cols, g.split)
		return laneRect{idsOf(g.rowIDs, p.rows), idsOf(g.colIDs, p.cols[:first]), idsOf(g.colIDs, p.cols[first:])}
	})
}

// apart covers each lane by itself.
func apart(g *grid, l limits) []product {
	var lanes [2][]cell // by the grid's numbers
	for row := range g.byRow.len() {
		for _, col := range g.byRow.at(row) {
			lanes[g.lane(col)] = append(lanes[g.lane(col)], cell{int(row), int(col)})
		}
	}
	var out []product
	for _, cells := range lanes {
		part := newGrid(cells)
		for _, p := range solve(part, l) {
			out = append(out, product{numbersOf(part.rowIDs, p.rows), numbersOf(part.colIDs, p.cols)})
		}
	}
	return out
}

func numbersOf(ids []int, list []int32) []int32 {
	return spec.Each(list, func(n int32) int32 { return int32(ids[n]) })
}
