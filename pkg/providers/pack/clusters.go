package pack

import (
	"cmp"
	"slices"
)

// A cluster is a set of rows with many columns in common.
type cluster struct {
	rows  []int32 // the widest first
	width int     // the columns of the first
}

// blockWays are ways to make blocks of clusters and to give them to columns.
var blockWays = []struct {
	common int                    // the percentage of the columns that either row has and both must have
	order  func(a, b cluster) int // of the blocks in which they look for owners
	whole  bool                   // take all rows of a cluster, rather than leave most of them to the fooling set
}{
	{common: 50, order: func(a, b cluster) int { return cmp.Compare(a.width, b.width) }},
	{common: 50, order: func(a, b cluster) int { return cmp.Compare(b.width, a.width) }},
	{common: 90, order: func(a, b cluster) int { return cmp.Compare(a.width, b.width) }},
	{common: 50, order: func(a, b cluster) int { return cmp.Compare(a.width, b.width) }, whole: true},
	{common: 50, order: func(a, b cluster) int {
		return cmp.Or(cmp.Compare(len(b.rows), len(a.rows)), cmp.Compare(a.width, b.width))
	}, whole: true},
}

// blocksOf takes of each cluster all rows, or the fewest that need as many visits as all.
func blocksOf(clusters []cluster, l limits, whole bool) [][]int32 {
	blocks := make([][]int32, len(clusters))
	for i, c := range clusters {
		blocks[i] = c.rows
		if !whole {
			blocks[i] = c.rows[:(len(c.rows)-1)/int(l.p)*int(l.p)+1]
		}
	}
	return blocks
}

// clusters puts each row, the widest first, together with those that have so many percent of the columns that either has in
// common with it.
func (g *grid) clusters(common int) []cluster {
	width := func(r int32) int { return len(g.byRow.at(r)) }
	rows := make([]int32, g.byRow.len())
	for r := range rows {
		rows[r] = int32(r)
	}
	slices.SortStableFunc(rows, func(a, b int32) int { return cmp.Compare(width(b), width(a)) })
	rank, met, taken := make([]int32, len(rows)), make([]int32, len(rows)), make([]bool, len(rows))
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
				// A row joins as soon as it was met in enough columns, and at the latest in the last that it has in common.
				if met[r]++; !taken[r] && (100+common)*int(met[r]) >= common*(width(first)+width(r)) {
					taken[r] = true
					alike = append(alike, r)
				}
			}
		}
		g.meetRow(first, met, -1)
		slices.SortFunc(alike, func(a, b int32) int { return cmp.Compare(rank[a], rank[b]) })
		clusters = append(clusters, cluster{alike, width(first)})
	}
	return clusters
}

// own gives each block, in this order, to its columns in the lane.
func (g *grid) own(blocks [][]int32, l limits, lane int, whole bool) *visits {
	var spots []spot
	for b, block := range blocks {
		for _, r := range block {
			for _, c := range g.byRow.at(r) {
				spots = append(spots, spot{int32(b), c})
			}
		}
	}
	byBlock, held := listBothWays(spots, len(blocks), int(g.byCol.len()))
	v := &visits{limits: l, blocks: blocks, held: held, cells: make([]int32, len(held.items)), part: slices.Repeat([]int32{-1}, len(held.items)),
		sum: make([]int32, len(held.items))}
	next := slices.Clone(held.start)      // by column: where in held the block at hand is
	cells := make([]int32, g.byCol.len()) // by column: its cells in the block
	parts := make([]int32, g.byCol.len()) // by column: how many there are
	worst := make([]int32, g.byCol.len()) // by column: the most columns that blocks of two parts share
	shared := make([]int32, len(blocks))  // by block: the columns that it shares with the block at hand
	for b, block := range blocks {
		for _, r := range block {
			for _, c := range g.byRow.at(r) {
				cells[c]++
			}
		}
		columns := byBlock.at(int32(b))
		g.share(v, columns, lane, shared, 1)
		for _, c := range columns {
			v.cells[next[c]] = cells[c]
			if g.lane(c) == lane {
				parts[c], worst[c] = v.take(held.start[c], next[c], shared, parts[c], worst[c], whole)
			}
			next[c]++
			cells[c] = 0
		}
		g.share(v, columns, lane, shared, -1)
	}
	for c := range held.len() {
		v.trim(c)
	}
	return v
}

// take gives the block at a place in held to its column, whose other blocks begin at from: as a part of its own, or in the
// part that shares most with it, or, if that gains, with all others in one part.
func (v *visits) take(from, at int32, shared []int32, parts, worst int32, whole bool) (int32, int32) {
	most, with := int32(0), int32(-1)
	for i := from; i < at; i++ {
		if v.part[i] >= 0 && (with < 0 || shared[v.held.items[i]] > most) {
			most, with = shared[v.held.items[i]], v.part[i]
		}
	}
	if all := max(worst, most); parts == 0 || int64(parts+1)*int64(all) <= int64(v.q) {
		v.part[at], v.sum[at] = at, v.cells[at]
		return parts + 1, all
	}
	others := worst
	for i := from; i < at; i++ {
		if v.part[i] >= 0 && v.part[i] != with {
			others = max(others, shared[v.held.items[i]])
		}
	}
	if !whole && ceil(int(v.sum[with]+v.cells[at]), int(v.p)) == v.need(with) {
		return parts, worst
	}
	if parts == 1 || int64(parts)*int64(others) <= int64(v.q) {
		v.part[at] = with
		v.sum[with] += v.cells[at]
		return parts, others
	}
	need, sum := 0, v.cells[at]
	for i := from; i < at; i++ {
		need += v.need(i)
		sum += v.cells[i]
	}
	if ceil(int(sum), int(v.p)) <= need {
		return parts, worst
	}
	for i := from; i <= at; i++ {
		v.part[i], v.sum[i] = from, 0
	}
	v.sum[from] = sum
	return 1, 0
}

// trim takes from the parts of a column the blocks, last ones first, without which they need no fewer visits.
func (v *visits) trim(c int32) {
	for at := v.held.start[c+1] - 1; at >= v.held.start[c]; at-- {
		if part := v.part[at]; part >= 0 && part != at && ceil(int(v.sum[part]-v.cells[at]), int(v.p)) == v.need(part) {
			v.sum[part] -= v.cells[at]
			v.part[at] = -1
		}
	}
}

// need is how many visits the part needs that begins at this place in held; 0 if none does.
func (v *visits) need(at int32) int {
	if v.part[at] != at {
		return 0
	}
	return ceil(int(v.sum[at]), int(v.p))
}

// share counts for each block the columns, of these and in the lane, that hold it.
func (g *grid) share(v *visits, columns []int32, lane int, shared []int32, by int32) {
	for _, c := range columns {
		if g.lane(c) == lane {
			for _, b := range v.held.at(c) {
				shared[b] += by
			}
		}
	}
}
