package pack

import (
	"math/bits"
	"slices"
)

// maxRows is how many rows a repair can tell apart: one bit each.
const maxRows = 64

// repair is one attempt to cover the cells of a few calls anew. It writes down what would change and leaves the board
// alone until it is accepted.
//
// Each row of the calls taken has a bit; open says for each of their columns which rows are still to be covered. Whatever
// a repair gives to a call that stays or to a new call, it closes: no cell is ever given twice.
type repair struct {
	*board
	random rng

	taken []int32  // places of the calls to replace
	rows  []int32  // by bit
	cols  []int32  // by their number here
	open  []uint64 // by column number
	left  []int32  // numbers of the columns with open cells
	bit   []int8   // by the board's row; -1 is none
	at    []int32  // by the board's column; -1 is none

	widenable, raisable []int32 // places of calls that could take columns, and of those that could take rows
	grown               []growth
	made                []piece
	gain                int64 // how much the sum of squared areas grows, the calls taken not yet counted

	hits    []int32 // scratch by place: how many of the call's rows or columns are among ours
	touched []int32 // scratch: the places that hits says something about
	picked  []int32 // scratch: backs the columns of grown and made
}

// growth is what a call that stays takes in: columns for all its rows, or rows for all its columns.
type growth struct {
	place      int32
	rows, cols []int32
}

// piece is a new call.
type piece struct {
	rows uint64
	cols []int32
}

func newRepair(b *board, seed uint64) *repair {
	return &repair{board: b, random: rng{seed},
		bit:  slices.Repeat([]int8{-1}, len(b.byRow)),
		at:   slices.Repeat([]int32{-1}, len(b.byCol)),
		hits: make([]int32, len(b.calls)),
	}
}

// take opens the cells of a call, unless that makes too many rows.
func (r *repair) take(place int32) {
	c := &r.calls[place]
	fresh := 0
	for _, row := range c.rows {
		if r.bit[row] < 0 {
			fresh++
		}
	}
	if len(r.rows)+fresh > maxRows {
		return
	}
	for _, row := range c.rows {
		if r.bit[row] < 0 {
			r.bit[row] = int8(len(r.rows))
			r.rows = append(r.rows, row)
		}
	}
	mask := r.maskOf(c.rows)
	for _, col := range c.cols {
		if r.at[col] < 0 {
			r.at[col] = int32(len(r.cols))
			r.left = append(r.left, r.at[col])
			r.cols = append(r.cols, col)
			r.open = append(r.open, 0)
		}
		r.open[r.at[col]] |= mask
	}
	r.taken = append(r.taken, place)
}

func (r *repair) maskOf(rows []int32) uint64 {
	var mask uint64
	for _, row := range rows {
		mask |= 1 << r.bit[row]
	}
	return mask
}

// rowsOf lists the rows of a mask.
func (r *repair) rowsOf(mask uint64) []int32 {
	rows := make([]int32, 0, bits.OnesCount64(mask))
	for ; mask != 0; mask &= mask - 1 {
		rows = append(rows, r.rows[bits.TrailingZeros64(mask)])
	}
	return rows
}

// findRoom lists the calls that stay, have only rows of ours and room for columns, and those that have only columns of
// ours and room for rows.
func (r *repair) findRoom() {
	r.widenable = r.within(r.widenable, r.rows, r.byRow, func(c *call, hits int) bool { return hits == len(c.rows) && r.hasRoom(c) })
	r.raisable = r.within(r.raisable, r.cols, r.byCol, func(c *call, hits int) bool { return hits == len(c.cols) && len(c.rows) < int(r.p) })
}

// within adds to a list the places of the calls that stay, have some of our rows, or columns, and fit by how many these are.
func (r *repair) within(list, ours []int32, by [][]int32, fits func(c *call, hits int) bool) []int32 {
	for _, line := range ours {
		for _, place := range by[line] {
			if r.hits[place] == 0 {
				r.touched = append(r.touched, place)
			}
			r.hits[place]++
		}
	}
	for _, place := range r.touched {
		if fits(&r.calls[place], int(r.hits[place])) && !slices.Contains(r.taken, place) {
			list = append(list, place)
		}
		r.hits[place] = 0
	}
	r.touched = r.touched[:0]
	return list
}

// fillRoom lets the calls that stay take what they can, in the order listed. Each grows at most once.
func (r *repair) fillRoom() {
	for _, place := range r.widenable {
		r.widen(place)
	}
	for _, place := range r.raisable {
		if !slices.ContainsFunc(r.grown, func(g growth) bool { return g.place == place }) {
			r.raise(place)
		}
	}
}

// widen gives a call columns that have all its rows open.
func (r *repair) widen(place int32) {
	c := &r.calls[place]
	mask := r.maskOf(c.rows)
	if cols := r.pick(mask, [2]int32{r.q - c.lane[0], r.q - c.lane[1]}); len(cols) > 0 {
		r.close(mask, cols)
		r.gain += squareGrowth(c.area(), int64(len(c.rows))*int64(len(cols)))
		r.grown = append(r.grown, growth{place: place, cols: cols})
	}
}

// raise gives a call rows that all its columns have open.
func (r *repair) raise(place int32) {
	c := &r.calls[place]
	mask := ^uint64(0)
	for _, col := range c.cols {
		mask &= r.open[r.at[col]]
	}
	if mask = thin(mask, r.p-int32(len(c.rows))); mask != 0 {
		r.close(mask, c.cols)
		r.gain += squareGrowth(c.area(), int64(bits.OnesCount64(mask))*int64(len(c.cols)))
		r.grown = append(r.grown, growth{place: place, rows: r.rowsOf(mask)})
	}
}

// squareGrowth is by how much an area's square grows.
func squareGrowth(area, more int64) int64 { return more * (2*area + more) }

// pick chooses columns that have all rows of the mask open, in each lane as many as there is room for, first those that
// have nothing else open.
func (r *repair) pick(mask uint64, room [2]int32) []int32 {
	from := len(r.picked)
	for pass := range 2 {
		for _, i := range r.left {
			open := r.open[i]
			if open&mask != mask || (open == mask) != (pass == 0) {
				continue
			}
			if lane := r.lane(r.cols[i]); room[lane] > 0 {
				room[lane]--
				r.picked = append(r.picked, r.cols[i])
			}
		}
	}
	return r.picked[from:len(r.picked):len(r.picked)]
}

func (r *repair) close(mask uint64, cols []int32) {
	for _, col := range cols {
		r.open[r.at[col]] &^= mask
	}
}

// trim keeps in left the columns with open cells, and says whether there are any.
func (r *repair) trim() bool {
	r.left = slices.DeleteFunc(r.left, func(i int32) bool { return r.open[i] == 0 })
	return len(r.left) > 0
}

// thin drops rows from a mask until it has at most most.
func thin(mask uint64, most int32) uint64 {
	for int32(bits.OnesCount64(mask)) > most {
		mask &= mask - 1
	}
	return mask
}

// accept makes the changes on the board. Nothing may be open.
func (r *repair) accept() {
	for _, place := range r.taken {
		r.remove(place)
	}
	for _, g := range r.grown {
		r.extend(g.place, g.rows, g.cols)
	}
	for _, p := range r.made {
		r.add(r.rowsOf(p.rows), p.cols)
	}
	if more := len(r.calls) - len(r.hits); more > 0 {
		r.hits = append(r.hits, make([]int32, more)...)
	}
}

// reset makes the repair ready for the next attempt.
func (r *repair) reset() {
	for _, row := range r.rows {
		r.bit[row] = -1
	}
	for _, col := range r.cols {
		r.at[col] = -1
	}
	r.taken, r.rows, r.cols, r.open, r.left = r.taken[:0], r.rows[:0], r.cols[:0], r.open[:0], r.left[:0]
	r.widenable, r.raisable, r.grown, r.made = r.widenable[:0], r.raisable[:0], r.grown[:0], r.made[:0]
	r.picked, r.gain = r.picked[:0], 0
}
