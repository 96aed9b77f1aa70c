package pack

import "slices"

// A charge gives weights to cells and to visits of rows and columns, such that no call within the limits weighs more than
// one unit. A call visits a row when it touches a cell of it, so a row with w cells needs w/q visits, rounded up, and a
// column with h cells h/p: the weights of all cells and of all visits needed, added up and rounded up, bound the calls of
// any cover.
//
// Whatever the weights are, they become such a charge when each is divided by the most that a call which has the cell, or
// makes the visit, can weigh: the new weights of a call are then at most the old ones divided by the call's own old weight.
// So dividing again and again never leaves what is valid, and moves weight to where calls cannot be large.
//
// Rows with the same columns weigh the same, and so do columns with the same rows: a charge is kept for one of each.
type charge struct {
	weight []int64 // of a cell, in the order of byRow
	rows   axis
	cols   axis
}

// axis is a charge's rows, or its columns.
type axis struct {
	lists lines
	place []int32 // of the cells in the order of lists: where their weight is
	cap   int64   // the most of a lane that a call has
	lane  []int8
	count []int64 // how many rows, or columns, each stands for
	cells []int64 // what each has to be touched
	need  []int64 // the visits that it takes at least
	visit []int64 // what one of them weighs
}

// unit is one call's worth of weight, and no cell or visit weighs more: the sum over a call, of which each cell and each
// visit is one of at most 300,000, stays far below what an int64 holds.
const unit = 1 << 30

// cellUnit is what a cell weighs at the start.
const cellUnit = unit / 1024

// byCharging is the best bound of a few charges. Where a round is cheap each goes all the way, else the one that is best
// after a few rounds does. The work may grow with the number of cells, as the work of a cover does.
func byCharging(g *grid, l limits) int {
	cells := len(g.byRow.items)
	if cells > 300_000 {
		return 0
	}
	k := g.classes()
	rounds, trial := min(24_000_000, 1000*cells)/(k.squares()+k.transposed().squares()), 5
	if rounds < 2 {
		return 0
	}
	if rounds >= 40*len(chargeStarts) {
		trial = 30
	}
	starts := chargeStarts[:max(1, min(len(chargeStarts), rounds/(2*trial)))]
	leader, best := (*charge)(nil), int64(-1)
	for _, begin := range starts {
		c := newCharge(k, l)
		begin(c)
		if total := c.divideFor(min(trial, rounds)); total > best {
			leader, best = c, total
		}
	}
	best = max(best, leader.divideFor(min(30, rounds-trial*len(starts))))
	return int((best + unit - 1) / unit)
}

// divideFor divides so often and returns the largest sum.
func (c *charge) divideFor(rounds int) int64 {
	best := int64(0)
	for range rounds {
		best = max(best, c.divide())
	}
	return best
}

// chargeStarts are the weights that charges start from: all cells the same, with or without visits of columns or rows that
// leave much of a call unused, or most of the weight on a maximum matching, few cells of which can share a call.
var chargeStarts = []func(c *charge){
	func(c *charge) { c.cols.favour(&c.rows) },
	func(c *charge) { c.rows.favour(&c.cols) },
	(*charge).match,
	func(*charge) {},
}

// favour gives visits more weight the more cells they could have beyond those that there are.
func (a *axis) favour(other *axis) {
	for i, cells := range a.cells {
		room := max(0, a.need[i]*other.cap-cells)
		a.visit[i] = min(unit, cellUnit*other.cap)
		for range 2 { // by the square of what is left unused
			a.visit[i] = min(unit, 32*a.visit[i]*room/cells)
		}
	}
}

// match puts most of the weight on a maximum matching.
func (c *charge) match() {
	lists := c.rows.lists
	for row, col := range maximumMatching(slicesOf(lists), len(c.cols.count)).colOf {
		if col >= 0 {
			at, _ := slices.BinarySearch(lists.at(int32(row)), col)
			c.weight[int(lists.start[row])+at] *= 1000
		}
	}
}

// newCharge weighs all cells the same and no visits.
func newCharge(k classes, l limits) *charge {
	size := len(k.byRow.items)
	c := &charge{
		weight: slices.Repeat([]int64{cellUnit}, size),
		rows:   axis{lists: k.byRow, count: k.rows, cap: int64(l.p), place: make([]int32, size), lane: make([]int8, len(k.rows))},
		cols:   axis{lists: k.byCol, count: k.cols, cap: int64(l.q), place: make([]int32, size), lane: make([]int8, len(k.cols))},
	}
	next := slices.Clone(k.byCol.start)
	for at, col := range k.byRow.items {
		c.rows.place[at], c.cols.place[next[col]] = int32(at), int32(at)
		next[col]++
	}
	for col := range c.cols.lane {
		c.cols.lane[col] = int8(k.lane(int32(col)))
	}
	c.rows.needs(&c.cols)
	c.cols.needs(&c.rows)
	return c
}

// needs finds how many visits each needs whose cells lie on the other axis.
func (a *axis) needs(other *axis) {
	a.cells, a.need, a.visit = make([]int64, len(a.count)), make([]int64, len(a.count)), make([]int64, len(a.count))
	for i := range a.lists.len() {
		var cells [2]int64
		for _, o := range a.lists.at(i) {
			cells[other.lane[o]] += other.count[o]
		}
		a.cells[i] = cells[0] + cells[1]
		a.need[i] = (max(cells[0], cells[1]) + other.cap - 1) / other.cap
	}
}

// divide makes the weights valid and returns their sum.
func (c *charge) divide() int64 {
	most := slices.Repeat([]int64{1 << 62}, len(c.weight))
	c.limit(&c.rows, &c.cols, most)
	c.limit(&c.cols, &c.rows, most)
	total := c.rows.divide(most) + c.cols.divide(most)
	for row := range c.rows.lists.len() {
		for i, col := range c.rows.lists.at(row) {
			at := int(c.rows.lists.start[row]) + i
			c.weight[at] = c.weight[at] * unit / max(most[at], 1)
			total += c.weight[at] * c.rows.count[row] * c.cols.count[col]
		}
	}
	return total
}

// divide makes the weights of visits valid and returns the sum of those needed.
func (a *axis) divide(most []int64) int64 {
	total := int64(0)
	for i := range a.lists.len() {
		heaviest := int64(1)
		for _, at := range a.place[a.lists.start[i]:a.lists.start[i+1]] {
			heaviest = max(heaviest, most[at])
		}
		a.visit[i] = a.visit[i] * unit / heaviest
		total += a.visit[i] * a.need[i] * a.count[i]
	}
	return total
}

// limit lowers for each cell what a call on it can weigh at most. Seen by column: the call has columns that have the cell's
// row, no more than it may, and of each cells in rows that the cell's column has too, no more than it may; it visits those
// columns, and rows of the cell's column. Seen by row it is the same.
func (c *charge) limit(a, other *axis, most []int64) {
	heaviest := c.heaviest(a, other)
	worth := slices.Clone(a.visit)
	var s selection
	for i := range a.lists.len() {
		for _, o := range a.lists.at(i) {
			from := other.lists.start[o]
			for j, near := range other.lists.at(o) {
				worth[near] += c.weight[other.place[int(from)+j]] * other.count[o]
			}
		}
		for _, o := range a.lists.at(i) {
			for _, near := range other.lists.at(o) {
				worth[near] = min(worth[near], heaviest[near])
			}
		}
		visits := s.dearest(other, a.lists.at(i), other.visit)
		for j, o := range a.lists.at(i) {
			at := a.place[int(a.lists.start[i])+j]
			most[at] = min(most[at], visits+s.dearest(a, other.lists.at(o), worth))
		}
		for _, o := range a.lists.at(i) {
			for _, near := range other.lists.at(o) {
				worth[near] = a.visit[near]
			}
		}
	}
}

// heaviest is what the visit of a row, or column, weighs with as many of its cells as a call may have.
func (c *charge) heaviest(a, other *axis) []int64 {
	var s selection
	heaviest, weight := slices.Clone(a.visit), make([]int64, len(other.count))
	for i := range a.lists.len() {
		for j, o := range a.lists.at(i) {
			weight[o] = c.weight[a.place[int(a.lists.start[i])+j]]
		}
		heaviest[i] += s.dearest(other, a.lists.at(i), weight)
	}
	return heaviest
}

// selection is scratch space of dearest.
type selection []counted

type counted struct{ worth, count int64 }

// dearest adds up what the items of a list are worth, of each lane the dearest that a call may have.
func (s *selection) dearest(a *axis, items []int32, worth []int64) int64 {
	var count, sum [2]int64
	for _, i := range items {
		count[a.lane[i]] += a.count[i]
		sum[a.lane[i]] += a.count[i] * worth[i]
	}
	for lane := range count {
		if count[lane] > a.cap {
			sum[lane] = s.ofLane(a, int8(lane), items, worth)
		}
	}
	return sum[0] + sum[1]
}

// ofLane is dearest for one lane that has more than a call may have. It keeps the dearest seen so far in order.
func (s *selection) ofLane(a *axis, lane int8, items []int32, worth []int64) int64 {
	kept, count, sum := (*s)[:0], int64(0), int64(0)
	for _, i := range items {
		x := counted{worth[i], min(a.count[i], a.cap)}
		if a.lane[i] != lane || count >= a.cap && x.worth <= kept[len(kept)-1].worth {
			continue
		}
		at := len(kept)
		for at > 0 && kept[at-1].worth < x.worth {
			at--
		}
		kept = slices.Insert(kept, at, x)
		count, sum = count+x.count, sum+x.count*x.worth
		for last := kept[len(kept)-1]; count-last.count >= a.cap; last = kept[len(kept)-1] {
			kept = kept[:len(kept)-1]
			count, sum = count-last.count, sum-last.count*last.worth
		}
	}
	*s = kept
	return sum - (count-a.cap)*kept[len(kept)-1].worth
}
