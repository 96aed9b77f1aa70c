package pack

import "slices"

// finish covers the cells that are still open with stars: one row with its columns, or one column with its rows. Full
// stars go first; of what is left the fewest stars come from a minimum vertex cover, which Koenig's theorem gives.
func (s *greedy) finish(emit func(rows, cols []int32)) {
	for r := range s.rows {
		s.fullStars(int32(r), emit)
	}
	for c := range s.cols {
		for int32(len(s.cols[c])) >= s.p {
			s.send(slices.Clone(s.cols[c][:s.p]), []int32{int32(c)}, emit)
		}
	}
	rowStar := minimumCover(s.rows, s.cols)
	for r, chosen := range rowStar {
		if chosen && len(s.rows[r]) > 0 {
			s.send([]int32{int32(r)}, slices.Clone(s.rows[r]), emit)
		}
	}
	for c := range s.cols {
		if len(s.cols[c]) > 0 {
			s.send(slices.Clone(s.cols[c]), []int32{int32(c)}, emit)
		}
	}
}

// fullStars takes as many columns of the row as fill a lane, while some lane can be filled.
func (s *greedy) fullStars(row int32, emit func(rows, cols []int32)) {
	for {
		open := s.rows[row]
		first := countBelow(open, s.split)
		lanes := [2][]int32{open[:first], open[first:]}
		if int32(max(len(lanes[0]), len(lanes[1]))) < s.q {
			return
		}
		var cols []int32
		for _, lane := range lanes {
			cols = append(cols, lane[:min(len(lane), int(s.q))]...)
		}
		s.send([]int32{row}, cols, emit)
	}
}

func (s *greedy) send(rows, cols []int32, emit func(rows, cols []int32)) {
	s.closeCells(rows, cols)
	emit(rows, cols)
}

// minimumCover says which rows are in a minimum vertex cover of the bipartite graph; every edge has one of these rows or
// its column is in the cover.
func minimumCover(rows, cols [][]int32) []bool {
	m := maximumMatching(rows, len(cols))
	// What alternating paths from unmatched rows reach: the cover is the rows not reached and the columns reached.
	reached := make([]bool, len(rows))
	colReached := make([]bool, len(cols))
	var queue []int32
	for r, c := range m.colOf {
		if c < 0 && len(rows[r]) > 0 {
			reached[r] = true
			queue = append(queue, int32(r))
		}
	}
	for i := 0; i < len(queue); i++ {
		r := queue[i]
		for _, c := range rows[r] {
			if colReached[c] {
				continue
			}
			colReached[c] = true
			if next := m.rowOf[c]; next >= 0 && !reached[next] {
				reached[next] = true
				queue = append(queue, next)
			}
		}
	}
	cover := make([]bool, len(rows))
	for r := range cover {
		cover[r] = !reached[r] && len(rows[r]) > 0
	}
	return cover
}

// matching pairs rows with columns, each with at most one; -1 is nobody.
type matching struct{ colOf, rowOf []int32 }

// maximumMatching is Hopcroft and Karp's algorithm: phases of shortest augmenting paths, until there is none.
func maximumMatching(rows [][]int32, cols int) matching {
	m := matching{slices.Repeat([]int32{-1}, len(rows)), slices.Repeat([]int32{-1}, cols)}
	for r, list := range rows { // a maximal matching to start with
		for _, c := range list {
			if m.rowOf[c] < 0 {
				m.colOf[r], m.rowOf[c] = c, int32(r)
				break
			}
		}
	}
	level, at := make([]int32, len(rows)), make([]int32, len(rows))
	for m.levels(rows, level) {
		clear(at)
		for r := range rows {
			if m.colOf[r] < 0 {
				m.augment(rows, level, at, int32(r))
			}
		}
	}
	return m
}

// levels numbers the rows by their distance from the unmatched ones, and says whether some unmatched column is reached.
func (m matching) levels(rows [][]int32, level []int32) bool {
	var queue []int32
	for r := range rows {
		level[r] = -1
		if m.colOf[r] < 0 && len(rows[r]) > 0 {
			level[r] = 0
			queue = append(queue, int32(r))
		}
	}
	found := false
	for i := 0; i < len(queue); i++ {
		r := queue[i]
		for _, c := range rows[r] {
			next := m.rowOf[c]
			if next < 0 {
				found = true
			} else if level[next] < 0 {
				level[next] = level[r] + 1
				queue = append(queue, next)
			}
		}
	}
	return found
}

// augment looks for a path of rising levels from the row to an unmatched column and flips it. at remembers how far each
// row's list was tried in this phase.
func (m matching) augment(rows [][]int32, level, at []int32, row int32) bool {
	for ; int(at[row]) < len(rows[row]); at[row]++ {
		c := rows[row][at[row]]
		next := m.rowOf[c]
		if next < 0 || level[next] == level[row]+1 && m.augment(rows, level, at, next) {
			m.colOf[row], m.rowOf[c] = c, row
			return true
		}
	}
	level[row] = -1
	return false
}
