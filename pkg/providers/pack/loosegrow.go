package pack

import (
	"cmp"
	"math/bits"
	"slices"
)

// recreate covers what is open with new calls, and says whether most were enough.
func (s *loosening) recreate(most int) bool {
	for s.trim() {
		if len(s.made) == most {
			return false
		}
		mask, value := s.grow()
		if other, better := s.grow(); better > value {
			mask = other
		}
		s.send(mask)
	}
	return true
}

// grow starts from a row and adds rows, each the best of a few, as long as the call does not touch much less for it. It
// returns the stage that touches most open cells, and how many.
func (s *loosening) grow() (best uint64, most int) {
	var rows uint64
	for _, i := range s.left {
		rows |= s.open[i]
	}
	mask := s.anyRow(s.anyOpen())
	s.fit = append(s.fit[:0], s.left...)
	for value := s.value(mask); ; {
		if value > most {
			best, most = mask, value
		}
		if int32(bits.OnesCount64(mask)) == s.p || 4*value < 3*most {
			return best, most
		}
		s.fit = slices.DeleteFunc(s.fit, func(i int32) bool { return s.may[i]&mask != mask })
		next, rest := uint64(0), rows&^mask
		value = 0
		for try := 0; try < 8 && rest != 0; try++ {
			row := s.anyRow(rest)
			rest &^= row
			if v := s.value(mask | row); v > value {
				next, value = row, v
			}
		}
		mask |= next
	}
}

// anyRow draws a row of a mask.
func (s *loosening) anyRow(mask uint64) uint64 {
	for skip := s.random.below(bits.OnesCount64(mask)); skip > 0; skip-- {
		mask &= mask - 1
	}
	return mask & -mask
}

// value is how many open cells a call on these rows can touch.
func (s *loosening) value(mask uint64) int {
	var columns [maxRows + 1]int // by the open cells in them
	for _, i := range s.fit {
		if s.may[i]&mask == mask {
			columns[bits.OnesCount64(s.open[i]&mask)]++
		}
	}
	room, sum := int(s.q), 0
	for cells := bits.OnesCount64(mask); cells > 0 && room > 0 && s.worthwhile(cells, mask); cells-- {
		some := min(columns[cells], room)
		sum += some * cells
		room -= some
	}
	return sum
}

func (s *loosening) worthwhile(cells int, mask uint64) bool {
	return 4*cells >= s.share*bits.OnesCount64(mask)
}

// send makes a call on the rows and on the columns in which it touches most open cells.
func (s *loosening) send(mask uint64) {
	open := func(i int32) int { return bits.OnesCount64(s.open[i] & mask) }
	s.fit = s.fit[:0]
	for _, i := range s.left {
		if s.may[i]&mask == mask && open(i) > 0 && s.worthwhile(open(i), mask) {
			s.fit = append(s.fit, i)
		}
	}
	slices.SortStableFunc(s.fit, func(a, b int32) int { return cmp.Compare(open(b), open(a)) })
	chosen := s.fit[:min(len(s.fit), int(s.q))]
	p, cells := piece{cols: make([]int32, len(chosen))}, 0
	for n, i := range chosen {
		p.rows |= s.open[i] & mask
		p.cols[n] = s.cols[i]
		cells += open(i)
	}
	for _, i := range chosen {
		if !s.again {
			s.may[i] &^= s.open[i] & p.rows
		}
		s.open[i] &^= p.rows
	}
	s.waste += bits.OnesCount64(p.rows)*len(p.cols) - cells
	s.gain += squareGrowth(0, int64(cells))
	s.made = append(s.made, p)
}
