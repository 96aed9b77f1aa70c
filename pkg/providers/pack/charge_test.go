package pack

import (
	"math/bits"
	"slices"
	"testing"
)

// TestNoCallWeighsMoreThanItsCharge looks for the heaviest of all calls of small grids in each round of each charge, and
// adds up the weights of each row and column by itself, also of those that a charge keeps together.
func TestNoCallWeighsMoreThanItsCharge(t *testing.T) {
	cases, r := 400, rng{25}
	if testing.Short() {
		cases = 40
	}
	together, visits := 0, 0
	for range cases {
		g := newGrid(blocky(&r, 0))
		if r.below(4) == 0 {
			g = newGrid(blocky(&r, 0), blocky(&r, 100))
		}
		l, k := Caps{r.between(1, 4), r.between(1, 12)}.limits(g), g.classes()
		if len(k.rows) < len(g.rowIDs) && len(k.cols) < len(g.colIDs) {
			together++
		}
		for _, begin := range chargeStarts {
			c := newCharge(k, l)
			begin(c)
			for range 4 {
				sum, w := c.divide(), spread(g, k, c)
				if total := w.needed(g, l); total != sum {
					t.Fatalf("the weights add up to %d, the charge says %d: caps %v, %v", total, sum, l, g.spots())
				}
				if heaviest := w.heaviestCall(g, l); heaviest > unit {
					t.Fatalf("a call weighs %d of %d: caps %v, %v", heaviest, unit, l, g.spots())
				}
				visits += min(1, int(slices.Max(w.rows)+slices.Max(w.cols)))
			}
		}
	}
	if together < cases/10 || visits < cases {
		t.Errorf("only %d grids have equal rows and columns, only %d charges have visits", together, visits)
	}
}

// weights are those of a charge, for each row, each column and each cell by itself.
type weights struct {
	rows, cols []int64
	cells      [][]int64
}

func spread(g *grid, k classes, c *charge) weights {
	var w weights
	rowOf := standIns(g.byRow, k.rowIDs, func(a, b int32) bool { return true })
	colOf := standIns(g.byCol, k.colIDs, func(a, b int32) bool { return g.lane(a) == g.lane(b) })
	for _, i := range colOf {
		w.cols = append(w.cols, c.cols.visit[i])
	}
	for row, i := range rowOf {
		cells := make([]int64, len(colOf))
		for _, col := range g.byRow.at(int32(row)) {
			at, _ := slices.BinarySearch(k.byRow.at(int32(i)), int32(colOf[col]))
			cells[col] = c.weight[int(k.byRow.start[i])+at]
		}
		w.rows, w.cells = append(w.rows, c.rows.visit[i]), append(w.cells, cells)
	}
	return w
}

// standIns finds for each list the kept one that equals it.
func standIns(l lines, kept []int, alike func(a, b int32) bool) []int {
	found := make([]int, l.len())
	for i := range found {
		found[i] = slices.IndexFunc(kept, func(id int) bool {
			return alike(int32(i), int32(id)) && slices.Equal(l.at(int32(i)), l.at(int32(id)))
		})
	}
	return found
}

// needed adds up all cells, and the visits that each row and column needs.
func (w weights) needed(g *grid, l limits) int64 {
	sum := int64(0)
	for row, cells := range w.cells {
		var lanes [2]int
		for _, col := range g.byRow.at(int32(row)) {
			lanes[g.lane(col)]++
			sum += cells[col]
		}
		sum += w.rows[row] * int64(up(max(lanes[0], lanes[1]), int(l.q)))
	}
	for col, visit := range w.cols {
		sum += visit * int64(up(len(g.byCol.at(int32(col))), int(l.p)))
	}
	return sum
}

// heaviestCall tries all sets of rows with the columns that they have in common.
func (w weights) heaviestCall(g *grid, l limits) int64 {
	heaviest := int64(0)
	for set := uint(1); set < 1<<g.byRow.len(); set++ {
		if bits.OnesCount(set) > int(l.p) {
			continue
		}
		var lanes [2][]int64
		for col, weight := range w.cols {
			if columnSet(g, int32(col))&set != set {
				continue
			}
			for row := range w.rows {
				weight += w.cells[row][col] * int64(set>>row&1)
			}
			lanes[g.lane(int32(col))] = append(lanes[g.lane(int32(col))], weight)
		}
		sum := int64(0)
		for row, visit := range w.rows {
			sum += visit * int64(set>>row&1)
		}
		if len(lanes[0])+len(lanes[1]) == 0 {
			continue
		}
		for _, list := range lanes {
			slices.SortFunc(list, func(a, b int64) int { return int(b - a) })
			for _, x := range list[:min(len(list), int(l.q))] {
				sum += x
			}
		}
		heaviest = max(heaviest, sum)
	}
	return heaviest
}

// TestChargeOfALargeMatrix holds the bound of a real matrix to what it reaches: there only visits that leave much of a call
// unused, weighed together with cells, say more than half of the calls.
func TestChargeOfALargeMatrix(t *testing.T) {
	if testing.Short() {
		t.Skip("a hundred thousand cells")
	}
	g := newGrid(sharedCells(t, "data/rolemining/americas_small.tsv"))
	if bound := byCharging(g, groupCaps.limits(g)); bound < 398 {
		t.Errorf("the bound is %d, want at least 398", bound)
	}
}
