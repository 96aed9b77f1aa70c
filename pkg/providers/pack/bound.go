package pack

import "math/big"

// lowerBound is a number of calls that no partition of the cells within caps can go below, be it in one lane or in two. It adds
// up what the connected components need at least: no call touches two of them, unless it touches a cell that it must not
// touch. The dear parts of it are left out where the cells are too many.
func lowerBound(caps Caps, lanes ...[]cell) int {
	g := newGrid(lanes...)
	l, total := caps.limits(g), 0
	for _, part := range g.parts() {
		total += max(byCounting(part, l), byCharging(part, l), byBlocks(part, l), rank(part))
	}
	return total
}

// byCounting divides what there is by what one call can take: cells by the largest area, the visits that each column
// needs by the columns of a call, and the visits that each row needs by its rows.
func byCounting(g *grid, l limits) int {
	p, q := int(l.p), int(l.q)
	var rowVisits int
	var area, visits [2]int // by lane
	for r := range g.byRow.len() {
		cols := g.byRow.at(r)
		first := countBelow(cols, g.split)
		area[0], area[1] = area[0]+first, area[1]+len(cols)-first
		rowVisits += max(ceil(first, q), ceil(len(cols)-first, q))
	}
	for c := range g.byCol.len() {
		visits[g.lane(c)] += ceil(len(g.byCol.at(c)), p)
	}
	best := ceil(rowVisits, p)
	for lane := range 2 {
		best = max(best, ceil(area[lane], p*q), ceil(visits[lane], q))
	}
	return best
}

func ceil(n, by int) int { return (n + by - 1) / by }

// prime is what rank counts modulo: a rank modulo a prime is never above the real rank.
const prime = 1<<31 - 1

// rank bounds partitions: as many products write the matrix as a sum of that many matrices of rank one, also when a
// product spans both lanes. Elimination stops after a fixed number of operations; the rank found until then holds.
func rank(g *grid) int {
	height, width := int(g.byRow.len()), int(g.byCol.len())
	if height > (16<<20)/width {
		return 0
	}
	rows := make([][]uint32, height)
	for r := range rows {
		rows[r] = make([]uint32, width)
		for _, c := range g.byRow.at(int32(r)) {
			rows[r][c] = 1
		}
	}
	found, operations := 0, 0
	for col := 0; col < width && found < height && operations < 200_000_000; col++ {
		at := found
		for at < height && rows[at][col] == 0 {
			at++
		}
		if at == height {
			continue
		}
		rows[found], rows[at] = rows[at], rows[found]
		pivot := rows[found][col:]
		found++
		inverse := new(big.Int).ModInverse(big.NewInt(int64(pivot[0])), big.NewInt(prime)).Uint64()
		for _, row := range rows[found:] {
			if row[col] != 0 {
				subtract(row[col:], pivot, inverse)
				operations += len(pivot)
			}
		}
	}
	return found
}

// subtract takes from the row the multiple of the pivot row that makes its first number zero.
func subtract(row, pivot []uint32, inverse uint64) {
	factor := prime - uint64(row[0])*inverse%prime
	for i, x := range pivot {
		if x != 0 {
			row[i] = uint32((uint64(row[i]) + factor*uint64(x)) % prime)
		}
	}
}
