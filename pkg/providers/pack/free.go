package pack

import (
	"cmp"
	"slices"
)

// freeRect is a call that may touch cells beside those wanted.
type freeRect struct {
	rect
	Free []cell // what it touches beside the wanted cells that are its own, sorted
}

// coverWith covers the cells in as few calls within caps as it can find, and lets the calls touch the free cells too, at
// most budget of them in all; a free cell that two calls touch counts twice. Every wanted cell is in exactly one call. No
// call touches a cell that is neither wanted nor free. With again, a call may also touch a wanted cell of another call:
// there it is a free one.
func coverWith(cells, free []cell, again bool, budget int, caps Caps) []freeRect {
	g := newGrid(cells)
	m := newMerger(g, free, budget, caps)
	m.start(solve(g, m.limits))
	m.run()
	return g.freeRects(loosen(g, m.limits, m.products(), m.free, again, max(budget, 0)))
}

// freeRects gives each wanted cell to the first call that touches it, and drops rows and columns that this leaves with none.
func (g *grid) freeRects(calls []product) []freeRect {
	sortProducts(calls)
	owner := make([]int, len(g.byRow.items)) // the call's number, from 1 up
	rects := make([]freeRect, len(calls))
	for n, p := range calls {
		owns := func(row, col int32) bool {
			at, wanted := slices.BinarySearch(g.byRow.at(row), col)
			if !wanted {
				return false
			}
			at += int(g.byRow.start[row])
			if owner[at] == 0 {
				owner[at] = n + 1
			}
			return owner[at] == n+1
		}
		p.rows = slices.DeleteFunc(p.rows, func(row int32) bool {
			return !slices.ContainsFunc(p.cols, func(col int32) bool { return owns(row, col) })
		})
		p.cols = slices.DeleteFunc(p.cols, func(col int32) bool {
			return !slices.ContainsFunc(p.rows, func(row int32) bool { return owns(row, col) })
		})
		rects[n].rect = rect{idsOf(g.rowIDs, p.rows), idsOf(g.colIDs, p.cols)}
		for _, row := range p.rows {
			for _, col := range p.cols {
				if !owns(row, col) {
					rects[n].Free = append(rects[n].Free, cell{g.rowIDs[row], g.colIDs[col]})
				}
			}
		}
	}
	return rects
}

// merger joins calls whose union is a product of wanted and free cells. At any time its calls keep to the caps, touch
// every wanted cell once, and touch only wanted and free ones.
type merger struct {
	*grid
	limits
	free   lines     // of each row the free columns
	budget int       // how many more free cells may be touched
	calls  []product // without rows when gone
	waste  []int     // of each call at least the free cells that it touches
	queue  queue[merge]
}

// reach is how many of the following calls each call is compared with, which keeps the time linear for very many calls.
const reach = 1000

func newMerger(g *grid, free []cell, budget int, caps Caps) *merger {
	wanted := func(s spot) bool { return has(g.byRow.at(s.row), s.col) }
	var spots []spot
	for _, c := range free {
		row, known := slices.BinarySearch(g.rowIDs, c.Row)
		col, knownToo := slices.BinarySearch(g.colIDs, c.Column)
		if s := (spot{int32(row), int32(col)}); known && knownToo && !wanted(s) {
			spots = append(spots, s)
		}
	}
	byRow, _ := listBothWays(spots, len(g.rowIDs), len(g.colIDs))
	return &merger{grid: g, limits: caps.limits(g), free: byRow, budget: max(budget, 0)}
}

func (m *merger) start(products []product) {
	m.calls, m.waste = products, make([]int, len(products)) // an exact cover wastes nothing
	for i := range m.calls {
		m.propose(i, i+1, min(i+1+reach, len(m.calls)))
	}
}

// propose queues the merges of one call with those from place from to place to.
func (m *merger) propose(i, from, to int) {
	for j := from; j < to; j++ {
		if i == j || len(m.calls[j].rows) == 0 {
			continue
		}
		if union, waste := m.union(i, j); waste >= 0 {
			m.queue.push(merge{waste, union.area(), min(i, j), max(i, j)})
		}
	}
}

// union is the smallest product that holds both calls, and how many free cells it touches more than both. It is -1 when
// there are too many, or the product is over a cap or touches a cell that must not be touched.
func (m *merger) union(i, j int) (product, int) {
	a, b := m.calls[i], m.calls[j]
	none := product{}
	if max(len(a.rows), len(b.rows)) > int(m.p) || max(len(a.cols), len(b.cols)) > int(m.q) {
		return none, -1
	}
	u := product{merged(a.rows, b.rows), merged(a.cols, b.cols)}
	if len(u.rows) > int(m.p) || len(u.cols) > int(m.q) {
		return none, -1
	}
	if u.area()-a.area()-b.area() > int64(m.budget) {
		return none, -1
	}
	waste := -m.waste[i] - m.waste[j]
	for _, row := range u.rows {
		for _, col := range u.cols {
			switch {
			case has(m.free.at(row), col):
				if waste++; waste > m.budget {
					return none, -1
				}
			case !a.holds(row, col) && !b.holds(row, col):
				return none, -1
			}
		}
	}
	return u, max(waste, 0)
}

func (p product) holds(row, col int32) bool { return has(p.rows, row) && has(p.cols, col) }

// run makes the merge that wastes least, as long as there is one.
func (m *merger) run() {
	for len(m.queue) > 0 {
		next := m.queue.pop()
		if len(m.calls[next.i].rows) == 0 || len(m.calls[next.j].rows) == 0 {
			continue
		}
		union, waste := m.union(next.i, next.j)
		if waste < 0 {
			continue
		}
		m.budget -= waste
		m.waste = append(m.waste, waste+m.waste[next.i]+m.waste[next.j])
		m.calls[next.i], m.calls[next.j] = product{}, product{}
		m.calls = append(m.calls, union)
		last := len(m.calls) - 1
		m.propose(last, max(0, last-2*reach), last)
	}
}

func (m *merger) products() []product {
	return slices.DeleteFunc(m.calls, func(p product) bool { return len(p.rows) == 0 })
}

// merged is the union of two sorted lists.
func merged(a, b []int32) []int32 {
	out := make([]int32, 0, len(a)+len(b))
	for len(a) > 0 && len(b) > 0 {
		switch {
		case a[0] < b[0]:
			out, a = append(out, a[0]), a[1:]
		case a[0] > b[0]:
			out, b = append(out, b[0]), b[1:]
		default:
			out, a, b = append(out, a[0]), a[1:], b[1:]
		}
	}
	return append(append(out, a...), b...)
}

// merge is a pair of calls that could be one.
type merge struct {
	waste int
	area  int64
	i, j  int
}

// Before orders the queue: those first that waste least; of these, those that make the smaller call.
func (m merge) Before(o merge) bool {
	return cmp.Or(cmp.Compare(m.waste, o.waste), cmp.Compare(m.area, o.area), cmp.Compare(m.i, o.i), cmp.Compare(m.j, o.j)) < 0
}
