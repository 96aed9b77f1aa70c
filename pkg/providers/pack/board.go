package pack

import (
	"slices"

	"github.com/entitlectl/entitlectl/pkg/spec"
)

// A board holds the calls of a cover and knows which calls list a row or a column. Rows and columns are numbered for the
// board alone. The calls partition the cells at any time.
type board struct {
	limits
	split        int32 // columns from here on are in the second lane
	rowIDs       []int32
	colIDs       []int32
	calls        []call // a call without rows is a free place
	free         []int32
	byRow, byCol [][]int32 // places of the calls
	live         int
}

type call struct {
	rows, cols []int32
	lane       [2]int32 // how many columns in each lane
}

func (c *call) area() int64 { return int64(len(c.rows)) * int64(len(c.cols)) }

// newBoard renumbers the products' rows and columns and lays them out.
func newBoard(products []product, v view) *board {
	b := &board{limits: v.limits}
	for _, p := range products {
		b.rowIDs = append(b.rowIDs, p.rows...)
		b.colIDs = append(b.colIDs, p.cols...)
	}
	slices.Sort(b.rowIDs)
	slices.Sort(b.colIDs)
	b.rowIDs, b.colIDs = slices.Compact(b.rowIDs), slices.Compact(b.colIDs)
	b.split = int32(countBelow(b.colIDs, v.split))
	b.byRow, b.byCol = make([][]int32, len(b.rowIDs)), make([][]int32, len(b.colIDs))
	for _, p := range products {
		b.add(numbersIn(b.rowIDs, p.rows), numbersIn(b.colIDs, p.cols))
	}
	return b
}

func numbersIn(ids, list []int32) []int32 {
	return spec.Each(list, func(id int32) int32 {
		at, _ := slices.BinarySearch(ids, id)
		return int32(at)
	})
}

// products returns the calls in the numbers that the board was made from.
func (b *board) products() []product {
	var out []product
	for i := range b.calls {
		c := &b.calls[i]
		if len(c.rows) == 0 {
			continue
		}
		p := product{idsOf(b.rowIDs, c.rows), idsOf(b.colIDs, c.cols)}
		slices.Sort(p.rows)
		slices.Sort(p.cols)
		out = append(out, p)
	}
	return out
}

func (b *board) lane(col int32) int {
	if col >= b.split {
		return 1
	}
	return 0
}

// hasRoom says whether a call can take another column, in either lane if there are two.
func (b *board) hasRoom(c *call) bool {
	return c.lane[0] < b.q || c.lane[1] < b.q && int(b.split) < len(b.byCol)
}

func (b *board) add(rows, cols []int32) {
	var at int32
	if n := len(b.free); n > 0 {
		at, b.free = b.free[n-1], b.free[:n-1]
	} else {
		at = int32(len(b.calls))
		b.calls = append(b.calls, call{})
	}
	b.live++
	b.extend(at, rows, cols)
}

// extend adds rows and columns to the call at a place.
func (b *board) extend(at int32, rows, cols []int32) {
	c := &b.calls[at]
	c.rows = append(c.rows, rows...)
	c.cols = append(c.cols, cols...)
	for _, r := range rows {
		b.byRow[r] = append(b.byRow[r], at)
	}
	for _, col := range cols {
		b.byCol[col] = append(b.byCol[col], at)
		c.lane[b.lane(col)]++
	}
}

func (b *board) remove(at int32) {
	c := &b.calls[at]
	for _, r := range c.rows {
		b.byRow[r] = drop(b.byRow[r], at)
	}
	for _, col := range c.cols {
		b.byCol[col] = drop(b.byCol[col], at)
	}
	*c = call{}
	b.free = append(b.free, at)
	b.live--
}

// drop removes one item from a list that keeps no order.
func drop(list []int32, item int32) []int32 {
	at, last := slices.Index(list, item), len(list)-1
	list[at] = list[last]
	return list[:last]
}
