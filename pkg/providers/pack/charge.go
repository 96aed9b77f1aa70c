package pack

import "slices"

// A charge is a weight for each cell such that no call within the limits weighs more than one unit: then the sum of all
// weights, rounded up, bounds the calls of any cover. Whatever the weights are, they become such a charge when each is
// divided by the most that a call on its cell can weigh: the new weights of a call's cells are then at most the old ones
// divided by the call's own old weight. So dividing again and again never leaves what is valid, and moves weight to cells
// whose calls cannot be large.
type charge struct {
	*grid
	limits
	weight []int64 // of the cells in the order of byRow
	place  []int32 // in weight, of the cells in the order of byCol

	heaviest []int64 // by column, what its p heaviest cells weigh
	sum      []int64 // scratch by column: what it can add to a call on the column at hand
}

// unit is one call's worth of weight; the sum over a call stays far below what an int64 holds.
const unit = 1 << 30

// byCharging is the best bound of a few charges: one that starts from the cells of a maximum matching, few of which can
// share a call, and one that starts from equal weights. Where a round is dear there are few or none.
func byCharging(g *grid, l limits) int {
	work := 1
	for r := range g.byRow.len() {
		work += len(g.byRow.at(r)) * len(g.byRow.at(r))
	}
	if work > 10_000_000 {
		return 0
	}
	rounds := max(2, min(30, 4_000_000/work))
	even := slices.Repeat([]int64{unit / 1024}, len(g.byRow.items))
	uneven := slices.Clone(even)
	for row, col := range maximumMatching(slicesOf(g.byRow), int(g.byCol.len())).colOf {
		if col >= 0 {
			at, _ := slices.BinarySearch(g.byRow.at(int32(row)), col)
			uneven[int(g.byRow.start[row])+at] *= 1000
		}
	}
	best := int64(0)
	for _, weight := range [][]int64{uneven, even}[:min(2, rounds/2)] {
		c := newCharge(g, l, weight)
		for range rounds {
			best = max(best, c.divide())
		}
	}
	return int((best + unit - 1) / unit)
}

func newCharge(g *grid, l limits, weight []int64) *charge {
	c := &charge{grid: g, limits: l, weight: weight, place: make([]int32, len(weight)),
		heaviest: make([]int64, g.byCol.len()), sum: make([]int64, g.byCol.len())}
	next := slices.Clone(g.byCol.start)
	for at, col := range g.byRow.items {
		c.place[next[col]] = int32(at)
		next[col]++
	}
	return c
}

// divide makes the weights valid and returns their sum.
func (c *charge) divide() int64 {
	total := int64(0)
	for at, most := range c.most() {
		c.weight[at] = c.weight[at] * unit / max(most, 1)
		total += c.weight[at]
	}
	return total
}

// most says for each cell what a call on it can weigh at most. Such a call takes at most q columns of each lane, all of
// which have the cell's row, and of each column at most p cells, all in rows that the cell's column has too.
func (c *charge) most() []int64 {
	c.weigh()
	most := make([]int64, len(c.weight))
	var lanes [2][]int64
	for col := range c.byCol.len() {
		c.meet(col)
		for i, row := range c.byCol.at(col) {
			lanes[0], lanes[1] = lanes[0][:0], lanes[1][:0]
			for _, other := range c.byRow.at(row) {
				lanes[c.lane(other)] = append(lanes[c.lane(other)], c.sum[other])
			}
			most[c.place[int(c.byCol.start[col])+i]] = largest(lanes[0], c.q) + largest(lanes[1], c.q)
		}
		c.part(col)
	}
	return most
}

// meet bounds for each column that shares rows with this one what p of its cells in those rows weigh.
func (c *charge) meet(col int32) {
	for _, row := range c.byCol.at(col) {
		from := c.byRow.start[row]
		for i, other := range c.byRow.at(row) {
			c.sum[other] += c.weight[int(from)+i]
		}
	}
	for _, row := range c.byCol.at(col) {
		for _, other := range c.byRow.at(row) {
			c.sum[other] = min(c.sum[other], c.heaviest[other])
		}
	}
}

// weigh finds what the p heaviest cells of each column weigh.
func (c *charge) weigh() {
	var weights []int64
	for col := range c.byCol.len() {
		weights = weights[:0]
		for _, at := range c.place[c.byCol.start[col]:c.byCol.start[col+1]] {
			weights = append(weights, c.weight[at])
		}
		c.heaviest[col] = largest(weights, c.p)
	}
}

// part forgets what meet found.
func (c *charge) part(col int32) {
	for _, row := range c.byCol.at(col) {
		for _, other := range c.byRow.at(row) {
			c.sum[other] = 0
		}
	}
}

// largest sums up the n largest items of a list, which it reorders.
func largest(list []int64, n int32) int64 {
	if len(list) > int(n) {
		slices.Sort(list)
		list = list[len(list)-int(n):]
	}
	total := int64(0)
	for _, x := range list {
		total += x
	}
	return total
}
