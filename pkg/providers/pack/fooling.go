package pack

import "slices"

// A fooling set is a set of cells of which no two can share a call: where their rows and columns cross, a cell is not
// wanted. Each needs a call of its own, however large calls may be, with or without overlap, in one lane or in two. Two
// cells of a row, or of a column, could share a call, so the set is a matching. Cells are named by their place in the
// order of byRow.
type fooling struct {
	*grid
	spots  []spot
	worth  []int32 // of each cell as a member; 0 keeps it out
	member []int32 // by row; -1 is none
	rowOf  []int32 // by column: the row of its member; -1 is none
}

// newFooling takes the candidates in their order, each that clashes with none before it, and then swaps.
func newFooling(g *grid, spots []spot, worth, clashes []int32, swaps int) *fooling {
	f := &fooling{g, spots, worth, slices.Repeat([]int32{-1}, int(g.byRow.len())), slices.Repeat([]int32{-1}, int(g.byCol.len()))}
	order := candidates(worth, clashes)
	for _, cell := range order {
		if _, count := f.clashing(cell, 1); count == 0 {
			f.add(cell)
		}
	}
	for swaps > 0 && f.swap(order) {
		swaps--
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
	cells := make([]int32, len(keys))
	for i, key := range keys {
		cells[i] = int32(uint32(key))
	}
	return cells
}

func (f *fooling) add(cell int32) {
	s := f.spots[cell]
	f.member[s.row], f.rowOf[s.col] = cell, s.row
}

func (f *fooling) remove(cell int32) {
	s := f.spots[cell]
	f.member[s.row], f.rowOf[s.col] = -1, -1
}

// clashing counts the members that can share a call with the cell, up to a limit, and names one of them. A member in the
// cell's row or column is among them, and so is the cell itself if it is a member.
func (f *fooling) clashing(cell int32, limit int) (one int32, count int) {
	s := f.spots[cell]
	rows, cols := f.byCol.at(s.col), f.byRow.at(s.row)
	if len(rows) <= len(cols) {
		for _, row := range rows {
			if m := f.member[row]; m >= 0 && has(cols, f.spots[m].col) {
				if one, count = m, count+1; count == limit {
					break
				}
			}
		}
		return one, count
	}
	for _, col := range cols {
		if row := f.rowOf[col]; row >= 0 && has(rows, row) {
			if one, count = f.member[row], count+1; count == limit {
				break
			}
		}
	}
	return one, count
}

// swap exchanges a member for a cell of more worth, or for two cells of more worth together, where they clash with that
// member alone. It says whether anything came of it.
func (f *fooling) swap(order []int32) bool {
	swapped := false
	waiting := make([][]int32, len(f.member)) // cells that clash with the row's member alone
	for _, cell := range order {
		one, count := f.clashing(cell, 2)
		if count == 0 {
			f.add(cell)
			swapped = true
		}
		if count != 1 || one == cell {
			continue
		}
		wait := &waiting[f.spots[one].row]
		if f.exchange(one, cell, *wait) {
			swapped = true
			*wait = nil
		} else if len(*wait) < 8 {
			*wait = append(*wait, cell)
		}
	}
	return swapped
}

// exchange puts the cell in the member's place, alone or with one of the cells that wait for that place, if it gains.
// The cell clashes with no other member; for those that wait, which may be true no longer, it looks again.
func (f *fooling) exchange(member, cell int32, waiting []int32) bool {
	f.remove(member)
	f.add(cell)
	gain := f.worth[cell] - f.worth[member]
	if gain > 0 {
		return true
	}
	for _, other := range waiting {
		if _, count := f.clashing(other, 1); count == 0 && gain+f.worth[other] > 0 {
			f.add(other)
			return true
		}
	}
	f.remove(cell)
	f.add(member)
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

// clashes counts for each cell those of other rows that can share a call with it.
func (g *grid) clashes() []int32 {
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
