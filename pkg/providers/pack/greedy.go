package pack

import (
	"cmp"
	"slices"
)

// greedy covers what is open with large products, one chain of ever more rows and ever fewer columns at a time.
type greedy struct {
	limits
	weigh func(rows int) int64 // what a call with so many rows is worth per column
	split int32
	rows  [][]int32    // for each row its open columns, sorted
	cols  [][]int32    // for each column its open rows, sorted
	queue queue[claim] // one claim for each row that has open columns

	count   []int32 // scratch: of the chain's columns, how many have each row open
	touched []int32 // scratch: the rows that count says something about
	inChain []bool  // scratch: rows of the chain
	within  []bool  // scratch: columns of the call
}

// claim says how much a chain from this row may touch at best.
type claim struct {
	value int64
	open  int32
	row   int32
}

// Before orders the queue: the highest value first, then the row with fewer open columns, then the smaller number.
func (a claim) Before(b claim) bool {
	if a.value != b.value {
		return a.value > b.value
	}
	if a.open != b.open {
		return a.open < b.open
	}
	return a.row < b.row
}

// chain is a product that a row led to.
type chain struct {
	rows, cols []int32
	value      int64
}

func newGreedy(g *grid, l limits, weigh func(rows int) int64) *greedy {
	s := &greedy{limits: l, split: g.split, weigh: weigh,
		rows: slicesOf(g.byRow), cols: slicesOf(g.byCol),
		count: make([]int32, g.byRow.len()), inChain: make([]bool, g.byRow.len()), within: make([]bool, g.byCol.len()),
	}
	for row := range g.byRow.len() {
		s.queue.push(claim{s.worth(s.rows[row]) * s.weigh(int(s.p)), int32(len(s.rows[row])), row})
	}
	return s
}

// slicesOf copies the lists, which the greedy shortens.
func slicesOf(l lines) [][]int32 {
	items := slices.Clone(l.items)
	lists := make([][]int32, l.len())
	for i := range lists {
		lists[i] = items[l.start[i]:l.start[i+1]:l.start[i+1]]
	}
	return lists
}

// worth is how many of the columns one call can take.
func (s *greedy) worth(cols []int32) int64 {
	first := countBelow(cols, s.split)
	return int64(min(first, int(s.q)) + min(len(cols)-first, int(s.q)))
}

// countBelow counts the columns of the first lane in a sorted list.
func countBelow(cols []int32, split int32) int {
	if len(cols) == 0 || cols[len(cols)-1] < split {
		return len(cols)
	}
	at, _ := slices.BinarySearch(cols, split)
	return at
}

// run commits the best chain as long as it touches more than least cells. Every claim in the queue is at least what its
// row is worth now, because closing cells only makes it worth less: so a chain that beats the next claim is the best.
func (s *greedy) run(least int64, emit func(rows, cols []int32)) {
	for len(s.queue) > 0 {
		top := s.queue.pop()
		open := s.rows[top.row]
		if most := s.worth(open) * s.weigh(int(s.p)); most < top.value {
			if most > least {
				s.queue.push(claim{most, int32(len(open)), top.row})
			}
			continue
		}
		c := s.grow(top.row)
		if c.value <= least {
			continue
		}
		if len(s.queue) > 0 && s.queue[0].value > c.value {
			s.queue.push(claim{c.value, int32(len(open)), top.row})
			continue
		}
		s.commit(c, emit)
		if left := s.rows[top.row]; len(left) > 0 {
			s.queue.push(claim{min(c.value, s.worth(left)*s.weigh(int(s.p))), int32(len(left)), top.row})
		}
	}
}

// grow starts from one row and all its open columns and adds the row that most of the columns share, dropping the
// columns without it, again and again. It returns the stage that touches the most.
func (s *greedy) grow(row int32) chain {
	cols := slices.Clone(s.rows[row])
	rows := []int32{row}
	s.inChain[row] = true
	best := chain{value: -1}
	next := row
	for {
		cols = s.narrow(cols, next)
		rows = s.addShared(rows, int32(len(cols)))
		worth := s.worth(cols)
		if value := s.weigh(len(rows)) * worth; value > best.value {
			best = chain{rows: slices.Clone(rows), cols: slices.Clone(cols), value: value}
		}
		next = s.mostShared()
		s.forget()
		if next < 0 || int32(len(rows)) >= s.p || worth*s.weigh(int(s.p)) <= best.value {
			break
		}
		rows = append(rows, next)
		s.inChain[next] = true
	}
	for _, r := range rows {
		s.inChain[r] = false
	}
	return best
}

// narrow keeps the columns that have the row open, and counts all their open rows.
func (s *greedy) narrow(cols []int32, row int32) []int32 {
	kept := cols[:0]
	for _, c := range cols {
		open := s.cols[c]
		if !slices.Contains(open, row) {
			continue
		}
		kept = append(kept, c)
		for _, r := range open {
			if s.count[r] == 0 {
				s.touched = append(s.touched, r)
			}
			s.count[r]++
		}
	}
	return kept
}

// addShared adds the rows that all columns have open, those that have the fewest other columns first.
func (s *greedy) addShared(rows []int32, all int32) []int32 {
	from := len(rows)
	for _, r := range s.touched {
		if s.count[r] == all && !s.inChain[r] {
			rows = append(rows, r)
		}
	}
	slices.SortFunc(rows[from:], func(a, b int32) int {
		return cmp.Or(cmp.Compare(len(s.rows[a]), len(s.rows[b])), cmp.Compare(a, b))
	})
	rows = rows[:min(len(rows), int(s.p))]
	for _, r := range rows[from:] {
		s.inChain[r] = true
	}
	return rows
}

// mostShared is the row outside the chain that most columns have open, or -1.
func (s *greedy) mostShared() int32 {
	best := int32(-1)
	for _, r := range s.touched {
		if s.inChain[r] {
			continue
		}
		if best < 0 || s.count[r] > s.count[best] ||
			s.count[r] == s.count[best] && (len(s.rows[r]) < len(s.rows[best]) || len(s.rows[r]) == len(s.rows[best]) && r < best) {
			best = r
		}
	}
	return best
}

func (s *greedy) forget() {
	for _, r := range s.touched {
		s.count[r] = 0
	}
	s.touched = s.touched[:0]
}

// commit sends the chain's cells in one call, or in as many full calls as its columns fill. Columns that have little
// else open go first, and those with the same rest together.
func (s *greedy) commit(c chain, emit func(rows, cols []int32)) {
	first := countBelow(c.cols, s.split)
	lanes := [2][]int32{c.cols[:first], c.cols[first:]}
	calls := int32(1 << 30)
	for _, lane := range lanes {
		if len(lane) > 0 {
			calls = min(calls, max(1, int32(len(lane))/s.q))
		}
		if int32(len(lane)) > s.q {
			slices.SortFunc(lane, s.compareRest)
		}
	}
	slices.Sort(c.rows)
	for i := range calls {
		var cols []int32
		for _, lane := range lanes {
			cols = append(cols, lane[min(int(i*s.q), len(lane)):min(int((i+1)*s.q), len(lane))]...)
		}
		slices.Sort(cols)
		s.closeCells(c.rows, cols)
		emit(slices.Clone(c.rows), cols)
	}
}

func (s *greedy) compareRest(a, b int32) int {
	x, y := s.cols[a], s.cols[b]
	return cmp.Or(cmp.Compare(len(x), len(y)), slices.Compare(x, y), cmp.Compare(a, b))
}

// closeCells takes the cells of a call out of the open ones.
func (s *greedy) closeCells(rows, cols []int32) {
	for _, c := range cols {
		s.cols[c] = without(s.cols[c], rows)
	}
	for _, c := range cols {
		s.within[c] = true
	}
	for _, r := range rows {
		s.rows[r] = slices.DeleteFunc(s.rows[r], func(c int32) bool { return s.within[c] })
	}
	for _, c := range cols {
		s.within[c] = false
	}
}

// without removes from a sorted list the items of another, all of which it has.
func without(list, gone []int32) []int32 {
	kept := list[:0]
	for _, x := range list {
		if len(gone) > 0 && gone[0] == x {
			gone = gone[1:]
			continue
		}
		kept = append(kept, x)
	}
	return kept
}
