package pack

import (
	"iter"
	"slices"

	"github.com/entitlectl/entitlectl/pkg/spec"
)

// A grid is the set of cells that calls must touch, its rows and columns numbered from 0 in the caller's order. The
// columns of the second lane, if there are two, are numbered after those of the first, from split on.
type grid struct {
	rowIDs, colIDs []int // the caller's numbers
	byRow, byCol   lines
	split          int32
}

// lines lists for each row its columns, or for each column its rows, sorted.
type lines struct{ start, items []int32 }

func (l lines) at(i int32) []int32 { return l.items[l.start[i]:l.start[i+1]] }
func (l lines) len() int32         { return int32(len(l.start) - 1) }

// has says whether a sorted list has an item.
func has(sorted []int32, item int32) bool {
	_, found := slices.BinarySearch(sorted, item)
	return found
}

// spot is a cell by the grid's numbers.
type spot struct{ row, col int32 }

// newGrid numbers the cells of each lane. A cell that is given twice counts once.
func newGrid(lanes ...[]cell) *grid {
	all := slices.Concat(lanes...)
	rowOf := numberAll(spec.Each(all, func(c cell) int { return c.Row }))
	g := &grid{rowIDs: rowOf.ids}
	spots := make([]spot, 0, len(all))
	for lane, cells := range lanes {
		if lane == 1 {
			g.split = int32(len(g.colIDs))
		}
		colOf, base := numberAll(spec.Each(cells, func(c cell) int { return c.Column })), int32(len(g.colIDs))
		for _, c := range cells {
			spots = append(spots, spot{rowOf.number(c.Row), base + colOf.number(c.Column)})
		}
		g.colIDs = append(g.colIDs, colOf.ids...)
	}
	if len(lanes) < 2 {
		g.split = int32(len(g.colIDs))
	}
	g.byRow, g.byCol = listBothWays(spots, len(g.rowIDs), len(g.colIDs))
	return g
}

// listBothWays lists the spots by row and by column. It sorts them by column and then, stably, by row.
func listBothWays(spots []spot, rows, cols int) (byRow, byCol lines) {
	columnOf, rowOf := func(s spot) int32 { return s.col }, func(s spot) int32 { return s.row }
	spots = slices.Compact(sortedBy(sortedBy(spots, cols, columnOf), rows, rowOf))
	return listed(spots, rows, rowOf, columnOf), listed(spots, cols, columnOf, rowOf)
}

// starts says where the items of each key begin when spots are sorted by it.
func starts(spots []spot, keys int, key func(spot) int32) []int32 {
	start := make([]int32, keys+1)
	for _, s := range spots {
		start[key(s)+1]++
	}
	for i := range keys {
		start[i+1] += start[i]
	}
	return start
}

// sortedBy is a stable counting sort.
func sortedBy(spots []spot, keys int, key func(spot) int32) []spot {
	next, sorted := starts(spots, keys, key), make([]spot, len(spots))
	for _, s := range spots {
		sorted[next[key(s)]] = s
		next[key(s)]++
	}
	return sorted
}

// listed lists for each key the items of its spots, in their order.
func listed(spots []spot, keys int, key, item func(spot) int32) lines {
	l := lines{starts(spots, keys, key), make([]int32, len(spots))}
	next := slices.Clone(l.start)
	for _, s := range spots {
		l.items[next[key(s)]] = item(s)
		next[key(s)]++
	}
	return l
}

// numbering gives the caller's numbers in sorted order the numbers 0, 1, 2 and so on.
type numbering struct {
	ids   []int
	low   int
	dense []int32 // by id-low; nil if the ids are too far apart
}

func numberAll(ids []int) numbering {
	if len(ids) == 0 {
		return numbering{}
	}
	low, high := slices.Min(ids), slices.Max(ids)
	if span := high - low; span < 0 || span > 4*len(ids)+1024 {
		slices.Sort(ids)
		return numbering{ids: slices.Clone(slices.Compact(ids))}
	}
	n := numbering{low: low, dense: make([]int32, high-low+1)}
	for _, id := range ids {
		n.dense[id-low] = 1
	}
	for i, used := range n.dense {
		if used == 1 {
			n.dense[i] = int32(len(n.ids))
			n.ids = append(n.ids, low+i)
		}
	}
	return n
}

func (n numbering) number(id int) int32 {
	if n.dense != nil {
		return n.dense[id-n.low]
	}
	at, _ := slices.BinarySearch(n.ids, id)
	return int32(at)
}

// transposed is the grid with rows and columns swapped; it has one lane.
func (g *grid) transposed() *grid {
	return &grid{rowIDs: g.colIDs, colIDs: g.rowIDs, byRow: g.byCol, byCol: g.byRow, split: g.byRow.len()}
}

// components gives each row the smallest row of its connected component.
func (g *grid) components() []int32 {
	root := make([]int32, len(g.rowIDs))
	for i := range root {
		root[i] = int32(i)
	}
	find := func(r int32) int32 {
		for root[r] != r {
			root[r] = root[root[r]]
			r = root[r]
		}
		return r
	}
	for c := range g.byCol.len() {
		rows := g.byCol.at(c)
		for _, r := range rows[1:] {
			a, b := find(rows[0]), find(r)
			root[max(a, b)] = min(a, b)
		}
	}
	for i := range root {
		root[i] = find(int32(i))
	}
	return root
}

// inLanes cuts sorted columns so that each piece has at most q of either lane: the first q of both, then the next q.
func inLanes(cols []int32, split, q int32) iter.Seq[[]int32] {
	first := countBelow(cols, split)
	one, two := cols[:first], cols[first:]
	return func(yield func([]int32) bool) {
		for len(one) > 0 || len(two) > 0 {
			a, b := min(len(one), int(q)), min(len(two), int(q))
			if !yield(slices.Concat(one[:a], two[:b])) {
				return
			}
			one, two = one[a:], two[b:]
		}
	}
}

// parts are the grid's connected components, each a grid.
func (g *grid) parts() []*grid {
	root := g.components()
	part := make([]int32, len(root)) // by root
	count := int32(0)
	for r := range root {
		if root[r] == int32(r) {
			part[r] = count
			count++
		}
	}
	lanes := make([][2][]cell, count)
	for r := range g.byRow.len() {
		for _, c := range g.byRow.at(r) {
			cells := &lanes[part[root[r]]][g.lane(c)]
			*cells = append(*cells, cell{int(r), int(c)})
		}
	}
	parts := make([]*grid, count)
	for i := range parts {
		parts[i] = newGrid(lanes[i][:g.lanes()]...)
	}
	return parts
}

func (g *grid) oneLane() bool { return int(g.split) == len(g.colIDs) }

func (g *grid) lane(col int32) int {
	if col >= g.split {
		return 1
	}
	return 0
}
