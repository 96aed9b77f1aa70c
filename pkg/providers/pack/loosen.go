package pack

import (
	"math"
	"math/bits"
	"slices"
)

// A loosening is a repair whose calls may touch free cells as well. It sees them when it chooses what a call is for, which
// merging calls that were made without them cannot make up for: rows that have nothing in common still fit one call.
type loosening struct {
	*repair
	state  []uint8 // of each pair, by column and then by row
	again  bool    // a call may touch what another one touches too
	budget int
	spent  int      // free cells that the calls on the board touch
	may    []uint64 // by column number: the rows that a new call may touch
	waste  int      // free cells that the new calls touch
	share  int      // how many quarters of what a new call touches in a column must be open
	fit    []int32  // scratch: numbers of the columns in which a call may touch all rows chosen so far
}

// States of a pair. A wanted one has another state for each call that touches it.
const (
	forbidden = iota
	harmless
	wanted
	full = math.MaxUint8 // wanted, and as many calls touch it as can be counted
)

// maxPairs is how many pairs a loosening looks at, one byte each: calls on larger grids are left as they are.
const maxPairs = 1 << 25

// loosen looks for fewer calls than the given ones, which touch at most budget free cells.
func loosen(g *grid, l limits, products []product, free lines, again bool, budget int) []product {
	pairs := len(g.rowIDs) * len(g.colIDs)
	if len(free.items) == 0 && !again || len(products) < 2 || pairs > maxPairs {
		return products
	}
	best := newLoosening(g, l, products, free, again, budget)
	if most := 2*len(free.items) > pairs; most {
		anew := newLoosening(g, l, products, free, again, budget)
		if anew.start(); anew.spent <= budget && anew.live < best.live {
			best = anew
		}
	}
	patience, steps := min(20*best.live, 2000), 8000
	for idle := 0; best.live > 1 && idle < patience && steps > 0; idle, steps = idle+1, steps-1 {
		if best.attempt() {
			idle = 0
		}
	}
	if again {
		best.dropNeedless()
	}
	return best.products()
}

func newLoosening(g *grid, l limits, products []product, free lines, again bool, budget int) *loosening {
	s := &loosening{repair: newRepair(newBoard(products, view{l, g.split, false}), 0), again: again, budget: budget,
		state: make([]uint8, len(g.rowIDs)*len(g.colIDs))}
	for r := range g.byRow.len() {
		for _, c := range free.at(r) {
			s.column(c)[r] = harmless
		}
		for _, c := range g.byRow.at(r) {
			s.column(c)[r] = wanted
		}
	}
	for i := range s.calls {
		s.touch(s.calls[i].rows, s.calls[i].cols)
	}
	return s
}

// column is the state of each pair of a column.
func (s *loosening) column(c int32) []uint8 {
	height := len(s.byRow)
	return s.state[int(c)*height : int(c+1)*height]
}

func (s *loosening) touch(rows, cols []int32) {
	for _, c := range cols {
		column := s.column(c)
		for _, r := range rows {
			if column[r] != wanted {
				s.spent++
			}
			if column[r] >= wanted {
				column[r]++
			}
		}
	}
}

func (s *loosening) untouch(rows, cols []int32) {
	for _, c := range cols {
		column := s.column(c)
		for _, r := range rows {
			if column[r] >= wanted {
				column[r]--
			}
			if column[r] != wanted {
				s.spent--
			}
		}
	}
}

// attempt covers two or three calls anew, and keeps that if it needs fewer, or as many of which the small ones shrink at
// the cost of few free cells. It says whether there are fewer.
func (s *loosening) attempt() bool {
	s.share = 0
	if s.spent > s.budget-s.budget/8 { // free cells are dear
		s.share = s.random.below(5)
	}
	s.ruin(2+s.random.below(2), func(c *call) int32 {
		if s.random.below(3) == 0 {
			return s.anyCall()
		}
		return s.neighbour(c)
	})
	before := s.spent
	for _, place := range s.taken {
		s.untouch(s.calls[place].rows, s.calls[place].cols)
	}
	s.look()
	score := s.score()
	done := s.recreate(len(s.taken)) && s.spent+s.waste <= s.budget
	fewer := done && len(s.made) < len(s.taken)
	score += s.gain - int64(s.spent+s.waste-before)
	s.settle(fewer || done && score >= 0)
	return fewer
}

// look finds what is open and what may be touched in the rows and columns at hand.
func (s *loosening) look() {
	s.may = s.may[:0]
	for i, col := range s.cols {
		column := s.column(col)
		var open, may uint64
		for bit, row := range s.rows {
			switch state := column[row]; {
			case state == wanted:
				open |= 1 << bit
			case state == harmless || state > wanted && state < full && s.again:
				may |= 1 << bit
			}
		}
		s.open[i] = open
		s.may = append(s.may, open|may)
	}
}

// score takes off the squares of the cells that only the calls taken touch.
func (s *loosening) score() (score int64) {
	for _, place := range s.taken {
		c := &s.calls[place]
		mask, cells := s.maskOf(c.rows), 0
		for _, col := range c.cols {
			cells += bits.OnesCount64(s.open[s.at[col]] & mask)
		}
		score -= squareGrowth(0, int64(cells))
	}
	return score
}

// settle puts the new calls on the board, or the calls taken back.
func (s *loosening) settle(accepted bool) {
	if accepted {
		for _, p := range s.made {
			s.touch(s.rowsOf(p.rows), p.cols)
		}
		s.accept()
	} else {
		for _, place := range s.taken {
			s.touch(s.calls[place].rows, s.calls[place].cols)
		}
	}
	s.waste = 0
	s.reset()
}

// start covers everything anew, as many neighbouring rows at a time as a repair can tell apart.
func (s *loosening) start() {
	var rows []int32
	seen := make([]bool, len(s.byRow))
	for _, place := range s.walk(0) {
		for _, row := range s.calls[place].rows {
			if !seen[row] {
				seen[row] = true
				rows = append(rows, row)
			}
		}
	}
	for place := range s.calls {
		s.untouch(s.calls[place].rows, s.calls[place].cols)
		s.remove(int32(place))
	}
	for some := range slices.Chunk(rows, maxRows) {
		s.rows = append(s.rows, some...)
		for col := range int32(len(s.byCol)) {
			s.cols, s.open, s.left = append(s.cols, col), append(s.open, 0), append(s.left, col)
		}
		s.look()
		s.recreate(math.MaxInt)
		s.settle(true)
	}
}

// dropNeedless removes calls all of whose cells other calls touch, small ones first.
func (s *loosening) dropNeedless() {
	for _, place := range s.byArea() {
		c := s.calls[place]
		s.untouch(c.rows, c.cols)
		needed := slices.ContainsFunc(c.cols, func(col int32) bool {
			return slices.ContainsFunc(c.rows, func(row int32) bool { return s.column(col)[row] == wanted })
		})
		if needed {
			s.touch(c.rows, c.cols)
		} else {
			s.remove(place)
		}
	}
}
