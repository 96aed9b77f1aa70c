package pack

import "slices"

// classes is a grid in which rows with the same columns, and columns of a lane with the same rows, stand for each other.
type classes struct {
	*grid
	rows, cols []int64 // how many there are of each
}

func (g *grid) classes() classes {
	rowOf, rowCount := sameAs(g.byRow, g.byRow.len())
	colOf, colCount := sameAs(g.byCol, g.split)
	var lanes [2][]cell
	for r := range g.byRow.len() {
		if rowOf[r] != r {
			continue
		}
		for _, c := range g.byRow.at(r) {
			if colOf[c] == c {
				lanes[g.lane(c)] = append(lanes[g.lane(c)], cell{int(r), int(c)})
			}
		}
	}
	few := newGrid(lanes[:g.lanes()]...)
	c := classes{grid: few}
	for _, r := range few.rowIDs {
		c.rows = append(c.rows, rowCount[r])
	}
	for _, col := range few.colIDs {
		c.cols = append(c.cols, colCount[col])
	}
	return c
}

// sameAs gives each list the first one that is equal to it, and that one the number of them. Lists before and after split
// are never the same.
func sameAs(lists lines, split int32) (first []int32, count []int64) {
	order := make([]int32, lists.len())
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortStableFunc(order, func(a, b int32) int { return slices.Compare(lists.at(a), lists.at(b)) })
	first, count = make([]int32, len(order)), make([]int64, len(order))
	for i, at := range order {
		first[at] = at
		if i > 0 {
			if before := order[i-1]; slices.Equal(lists.at(before), lists.at(at)) && (before < split) == (at < split) {
				first[at] = first[before]
			}
		}
		count[first[at]]++
	}
	return first, count
}
