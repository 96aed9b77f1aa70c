package pack

import (
	"maps"
	"math/bits"
	"slices"
	"testing"
)

// TestBoundsHold compares bounds with the optimum on tiny cases solved by trying everything.
func TestBoundsHold(t *testing.T) {
	cases, r := 1500, rng{21}
	if testing.Short() {
		cases = 200
	}
	bounds, optima := 0, 0
	for range cases {
		rows, cols := r.between(2, 5), r.between(2, 5)
		cells := uniform(rows, cols, r.between(1, min(10, rows*cols)), r.next())
		caps := Caps{r.between(1, 4), r.between(1, 4)}
		bound, least := lowerBound(caps, cells), optimum(cells, caps, len(cells))
		if bound > least {
			t.Fatalf("bound %d, optimum %d: %v %v", bound, least, caps, cells)
		}
		bounds, optima = bounds+bound, optima+least
	}
	t.Logf("the bounds add up to %d of %d", bounds, optima)
}

// TestNoCallWeighsMoreThanOne looks for the heaviest call under each weighting of small grids, among all of their calls.
func TestNoCallWeighsMoreThanOne(t *testing.T) {
	cases, r := 2000, rng{22}
	if testing.Short() {
		cases = 200
	}
	seen, several := 0, 0
	for range cases {
		g := newGrid(blocky(&r, 0))
		if r.below(4) == 0 {
			g = newGrid(blocky(&r, 0), blocky(&r, 100))
		}
		l := Caps{r.between(1, 4), r.between(1, 12)}.limits(g)
		for v, f := range weightings(g, l) {
			seen++
			for c := range v.held.len() {
				if len(partsOf(v, c)) > 1 {
					several++
					break
				}
			}
			if sum := needed(v, g); sum != v.total() {
				t.Fatalf("visits weigh %d, %d are needed: caps %v, %v", v.total(), sum, l, g.spots())
			}
			if heaviest := heaviestCall(v, f); heaviest > int(l.q) {
				t.Fatalf("a call weighs %d of %d: caps %v, %v", heaviest, l.q, l, g.spots())
			}
		}
	}
	if several < seen/20 {
		t.Errorf("only %d of %d weightings have a column with several parts", several, seen)
	}
}

// blocky draws a few products and some single cells on 9 rows and up to 16 columns, which makes blocks that overlap.
func blocky(r *rng, firstColumn int) []cell {
	wide := r.between(2, 16)
	cells := uniform(9, wide, r.between(1, 9), r.next())
	for range r.below(4) {
		for _, row := range r.sample(9, r.between(1, 4)) {
			for _, column := range r.sample(wide, r.between(1, wide)) {
				cells = append(cells, cell{row, column})
			}
		}
	}
	for i := range cells {
		cells[i].Column += firstColumn
	}
	return sortedCells(cells)
}

// heaviestCall tries all sets of rows with the columns that they have in common.
func heaviestCall(v *visits, f *fooling) int {
	heaviest := 0
	for set := uint(1); set < 1<<f.byRow.len(); set++ {
		if bits.OnesCount(set) > int(v.p) {
			continue
		}
		var lanes [2][]int
		for c := range f.byCol.len() {
			if columnSet(f.grid, c)&set != set {
				continue
			}
			weight := visited(v, c, set)
			for row := range f.byRow.len() {
				if m := f.member[row]; set>>row&1 == 1 && m >= 0 && f.spots[m].col == c {
					weight += int(f.worth[m])
				}
			}
			lanes[f.lane(c)] = append(lanes[f.lane(c)], weight)
		}
		sum := 0
		for _, weights := range lanes {
			slices.SortFunc(weights, func(a, b int) int { return b - a })
			for _, w := range weights[:min(len(weights), int(v.q))] {
				sum += w
			}
		}
		heaviest = max(heaviest, sum)
	}
	return heaviest
}

func columnSet(g *grid, c int32) uint {
	set := uint(0)
	for _, row := range g.byCol.at(c) {
		set |= 1 << row
	}
	return set
}

// partsOf are the rows of each part that the column owns.
func partsOf(v *visits, c int32) []uint {
	rows := map[int32]uint{}
	for at := v.held.start[c]; at < v.held.start[c+1]; at++ {
		if v.part[at] < 0 {
			continue
		}
		for _, row := range v.blocks[v.held.items[at]] {
			rows[v.part[at]] |= 1 << row
		}
	}
	return slices.Collect(maps.Values(rows))
}

// visited counts the parts of the column that a call on a set of its rows visits.
func visited(v *visits, c int32, set uint) int {
	count := 0
	for _, rows := range partsOf(v, c) {
		if rows&set != 0 {
			count++
		}
	}
	return count
}

// needed counts the visits that all parts need; a part that is not apart from the others counts for nothing.
func needed(v *visits, g *grid) int {
	sum := 0
	for c := range g.byCol.len() {
		seen := uint(0)
		for _, rows := range partsOf(v, c) {
			if seen&rows == 0 {
				sum += up(bits.OnesCount(rows&columnSet(g, c)), int(v.p))
			}
			seen |= rows
		}
	}
	return sum
}

// TestPartsOfAColumnShareLittle holds the owners that larger grids find to the rule that makes visits valid.
func TestPartsOfAColumnShareLittle(t *testing.T) {
	r := rng{23}
	for range 12 {
		shape := orgShape{people: r.between(20, 300), roles: r.between(4, 12), low: 1, high: r.between(2, 20), noise: .1,
			shared: r.float() / 2, skew: r.float(), everyone: r.below(3) == 0, seed: r.next()}
		g := newGrid(newOrg(shape).cells())
		for v := range weightings(g, Caps{r.between(1, 25), r.between(1, 100)}.limits(g)) {
			shares := sharesOf(v)
			for c := range v.held.len() {
				checkParts(t, v, c, shares)
			}
		}
	}
}

// sharesOf counts for each two blocks the columns that hold both.
func sharesOf(v *visits) [][]int {
	shares := make([][]int, len(v.blocks))
	for a := range shares {
		shares[a] = make([]int, len(v.blocks))
	}
	for c := range v.held.len() {
		for _, a := range v.held.at(c) {
			for _, b := range v.held.at(c) {
				shares[a][b]++
			}
		}
	}
	return shares
}

func checkParts(t *testing.T, v *visits, c int32, shares [][]int) {
	t.Helper()
	parts := len(partsOf(v, c))
	from, to := v.held.start[c], v.held.start[c+1]
	for a := from; a < to; a++ {
		for b := from; b < a && v.part[a] >= 0; b++ {
			if v.part[b] < 0 || v.part[a] == v.part[b] {
				continue
			}
			if n := shares[v.held.items[a]][v.held.items[b]]; n*parts > int(v.q) {
				t.Fatalf("column %d has %d parts, two of which share %d columns, and a call has %d", c, parts, n, v.q)
			}
		}
	}
}
