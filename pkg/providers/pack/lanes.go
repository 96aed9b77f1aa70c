package pack

// LaneRect is a call that adds and removes: every row times every column to add, and every row times every column to
// remove. All three are sorted, and one of the two may be empty.
type LaneRect struct{ Rows, Adds, Removes []int }

// CoverLanes partitions the cells to add and the cells to remove into as few calls as it can find, each of at most
// caps.Resources rows, caps.Subjects columns to add and as many to remove. A cell must not be in both lists.
func CoverLanes(adds, removes []Cell, caps Caps) []LaneRect {
	g := newGrid(adds, removes)
	products := solve(g, caps.limits(g))
	rects := make([]LaneRect, len(products))
	for i, p := range products {
		first := countBelow(p.cols, g.split)
		rects[i] = LaneRect{idsOf(g.rowIDs, p.rows), idsOf(g.colIDs, p.cols[:first]), idsOf(g.colIDs, p.cols[first:])}
	}
	return rects
}
