package pack

import (
	"cmp"
	"slices"
)

// Blocks are disjoint sets of rows. A call visits a column in a block when it touches a cell there; a column with k cells
// there needs at least k/p visits, rounded up. Columns own some of their blocks, and a visit to an own block weighs 1/q.
// The cells of a fooling set weigh something too. No call may weigh more than 1; then the sum of all weights, rounded up,
// bounds the calls of any cover. Two rules see to it:
//
// Of the n blocks that a column owns, if they are two or more, no two may share more than q/n columns. Say that a call
// touches the blocks J, and that m is the most blocks of J that one of its columns owns. If m <= 1, it makes at most one
// visit that weighs for each of its columns: at most q. Else some column owns m blocks of J, so at least m in all. The
// call's columns are among those that two of them share, for they have cells in every block of J: they are at most q/m,
// with at most m visits each that weigh.
//
// A cell (r, c) of the fooling set weighs 1 - M/q, or nothing if that is negative, where M is at least the visits that
// weigh of any call on it. The columns of such a call are columns of row r, and its rows are rows of column c: so M counts
// the columns of r by the blocks that they own and that c holds. A call touches at most one cell of the set. With it, the
// call weighs at most M/q + 1 - M/q, or what its visits weigh if the cell weighs nothing; without it, at most q/q.
//
// In two lanes only columns of one lane own blocks, and only these are counted; a call has at most q of them.
type visits struct {
	held lines   // by column: the blocks of which it has a row
	need []int32 // in the order of held: the visits that the column needs there if it owns the block, else 0
	end  int32   // blocks are numbered below it
}

// byBlocks is the best bound of a few choices of owners, and of none at all, which leaves a fooling set. Large grids try
// fewer; where comparing rows would be dear, there is none.
func byBlocks(g *grid, l limits) int {
	if g.squares() > 150_000_000 {
		return 0
	}
	spots, clashes, clusters := g.spots(), g.clashes(), g.clusters(l)
	orders, rounds := blockOrders, 4
	if len(spots) > 300_000 {
		orders, rounds = orders[:1], 2
	}
	best := 0
	for lane := range g.lanes() {
		for _, order := range orders {
			slices.SortStableFunc(clusters, order)
			v := g.own(clusters, l, lane)
			for range rounds {
				f := newFooling(g, spots, g.worth(v, l.q), clashes, rounds-1)
				best = max(best, v.total()+f.total())
				if !g.drop(v, f) {
					break
				}
			}
		}
	}
	alone := newFooling(g, spots, slices.Repeat([]int32{l.q}, len(spots)), clashes, rounds-1)
	return ceil(max(best, alone.total()), int(l.q))
}

// A cluster is a set of rows with many columns in common.
type cluster struct {
	block       []int32 // the fewest of its rows that need as many visits as all; the others are left to the fooling set
	rows, width int     // of all, and the columns of the widest
}

// blockOrders say which blocks find owners first.
var blockOrders = []func(a, b cluster) int{
	func(a, b cluster) int { return cmp.Or(cmp.Compare(len(b.block), len(a.block)), cmp.Compare(a.width, b.width)) },
	func(a, b cluster) int { return cmp.Compare(a.width, b.width) },
	func(a, b cluster) int { return cmp.Or(cmp.Compare(b.rows, a.rows), cmp.Compare(b.width, a.width)) },
	func(a, b cluster) int { return cmp.Compare(b.width, a.width) },
}

// clusters puts each row, the widest first, together with those that share half of the columns that either has.
func (g *grid) clusters(l limits) []cluster {
	width := func(r int32) int { return len(g.byRow.at(r)) }
	rows := make([]int32, g.byRow.len())
	for r := range rows {
		rows[r] = int32(r)
	}
	slices.SortStableFunc(rows, func(a, b int32) int { return cmp.Compare(width(b), width(a)) })
	rank, common, taken := make([]int32, len(rows)), make([]int32, len(rows)), make([]bool, len(rows))
	for i, r := range rows {
		rank[r] = int32(i)
	}
	var clusters []cluster
	for _, first := range rows {
		if taken[first] {
			continue
		}
		var alike []int32
		for _, c := range g.byRow.at(first) {
			for _, r := range g.byCol.at(c) {
				// The last time that a row is met in a column it has them all; it is met as often as it has columns there.
				if common[r]++; !taken[r] && 3*int(common[r]) >= width(first)+width(r) {
					taken[r] = true
					alike = append(alike, r)
				}
			}
		}
		g.meetRow(first, common, -1)
		slices.SortFunc(alike, func(a, b int32) int { return cmp.Compare(rank[a], rank[b]) })
		most := (len(alike)-1)/int(l.p)*int(l.p) + 1
		clusters = append(clusters, cluster{alike[:most], len(alike), width(first)})
	}
	return clusters
}

// own gives each block, in this order, to those of its columns in the lane that may own it.
func (g *grid) own(blocks []cluster, l limits, lane int) visits {
	var spots []spot
	for b, block := range blocks {
		for _, r := range block.block {
			for _, c := range g.byRow.at(r) {
				spots = append(spots, spot{int32(b), c})
			}
		}
	}
	byBlock, held := listBothWays(spots, len(blocks), int(g.byCol.len()))
	v := visits{held, make([]int32, len(held.items)), int32(len(blocks))}
	next := slices.Clone(held.start) // by column: where in held the block at hand is
	width := g.byCol.len()
	cells := make([]int32, width)                              // by column: its cells in the block
	owned, worst := make([]int32, width), make([]int32, width) // by column: its blocks, and the most that two of them share
	shared := make([]int32, len(blocks))                       // by block: the columns that it shares with the block at hand
	for b, block := range blocks {
		for _, r := range block.block {
			for _, c := range g.byRow.at(r) {
				cells[c]++
			}
		}
		columns := byBlock.at(int32(b))
		g.share(v, columns, lane, shared, 1)
		for _, c := range columns {
			if g.lane(c) == lane {
				most := max(worst[c], v.mostShared(held.start[c], next[c], shared))
				if owned[c] == 0 || int64(owned[c]+1)*int64(most) <= int64(l.q) {
					owned[c], worst[c] = owned[c]+1, most
					v.need[next[c]] = int32(ceil(int(cells[c]), int(l.p)))
				}
			}
			next[c]++
			cells[c] = 0
		}
		g.share(v, columns, lane, shared, -1)
	}
	return v
}

// share counts for each block the columns, of these and in the lane, that hold it.
func (g *grid) share(v visits, columns []int32, lane int, shared []int32, by int32) {
	for _, c := range columns {
		if g.lane(c) == lane {
			for _, b := range v.held.at(c) {
				shared[b] += by
			}
		}
	}
}

// mostShared is the largest count among the blocks that are owned between two places in held.
func (v visits) mostShared(from, to int32, shared []int32) int32 {
	most := int32(0)
	for at := from; at < to; at++ {
		if v.need[at] > 0 {
			most = max(most, shared[v.held.items[at]])
		}
	}
	return most
}

// total is what the visits weigh, in q-ths of a call.
func (v visits) total() int {
	sum := 0
	for _, need := range v.need {
		sum += int(need)
	}
	return sum
}

// worth says what each cell weighs in a fooling set, in q-ths of a call.
func (g *grid) worth(v visits, q int32) []int32 {
	worth := make([]int32, len(g.byRow.items))
	owners := make([]int32, v.end) // by block: the row's columns that own it
	count := func(columns []int32, by int32) {
		for _, c := range columns {
			for at := v.held.start[c]; at < v.held.start[c+1]; at++ {
				if v.need[at] > 0 {
					owners[v.held.items[at]] += by
				}
			}
		}
	}
	for r := range g.byRow.len() {
		count(g.byRow.at(r), 1)
		for i, c := range g.byRow.at(r) {
			left := q
			for _, b := range v.held.at(c) {
				left -= min(left, owners[b])
			}
			worth[int(g.byRow.start[r])+i] = left
		}
		count(g.byRow.at(r), -1)
	}
	return worth
}

// drop lets columns disown blocks where their visits weigh less than what they take from the fooling set: from one of its
// cells (r, c) they take 1/q if the column is one of row r and c holds the block. It says whether there were any.
func (g *grid) drop(v visits, f *fooling) bool {
	taken := make([]int32, len(v.need))
	near := slices.Repeat([]int32{-1}, int(v.end)) // by block: the last row whose member's column holds it
	for row, m := range f.member {
		if m < 0 {
			continue
		}
		for _, b := range v.held.at(f.spots[m].col) {
			near[b] = int32(row)
		}
		for _, c := range g.byRow.at(int32(row)) {
			for at := v.held.start[c]; at < v.held.start[c+1]; at++ {
				if v.need[at] > 0 && near[v.held.items[at]] == int32(row) {
					taken[at]++
				}
			}
		}
	}
	dropped := false
	for at, need := range v.need {
		if need > 0 && taken[at] > need {
			v.need[at] = 0
			dropped = true
		}
	}
	return dropped
}

func (g *grid) lanes() int {
	if g.oneLane() {
		return 1
	}
	return 2
}
