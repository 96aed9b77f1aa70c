package pack

import (
	"fmt"
	"slices"
	"testing"
)

// What the tests judge covers with, written without the code under test.

// fault says what is wrong with a cover of the cells, or nothing. It needs every cell exactly once and nothing else.
func fault(cells []cell, rects []rect, caps Caps) string {
	open := setOf(cells)
	for _, r := range rects {
		if len(r.Rows) == 0 || len(r.Columns) == 0 || len(r.Rows) > caps.Resources || len(r.Columns) > caps.Subjects {
			return fmt.Sprintf("a call of %d x %d, caps are %v", len(r.Rows), len(r.Columns), caps)
		}
		if !slices.IsSorted(r.Rows) || !slices.IsSorted(r.Columns) {
			return fmt.Sprintf("not sorted: %v", r)
		}
		for _, row := range r.Rows {
			for _, column := range r.Columns {
				c := cell{row, column}
				if !open[c] {
					return fmt.Sprintf("%v is touched twice or must not be touched", c)
				}
				delete(open, c)
			}
		}
	}
	if len(open) > 0 {
		return fmt.Sprintf("%d cells are not touched", len(open))
	}
	return ""
}

// looseFault says what is wrong with calls that may touch free cells, or nothing. Every wanted cell must be one call's own,
// and with again it may be a free one of others.
func looseFault(wanted, free []cell, again bool, budget int, caps Caps, calls []freeRect) string {
	open, isWanted, isFree, used := setOf(wanted), setOf(wanted), setOf(free), 0
	for _, call := range calls {
		if len(call.Rows) > caps.Resources || len(call.Columns) > caps.Subjects {
			return fmt.Sprintf("a call of %d x %d, caps are %v", len(call.Rows), len(call.Columns), caps)
		}
		listed := setOf(call.Free)
		used += len(call.Free)
		own := 0
		for _, row := range call.Rows {
			for _, column := range call.Columns {
				c := cell{row, column}
				switch {
				case listed[c] && (isFree[c] || again && isWanted[c]):
					delete(listed, c)
				case open[c] && !listed[c]:
					delete(open, c)
					own++
				default:
					return fmt.Sprintf("%v must not be touched, or is another call's own", c)
				}
			}
		}
		if len(listed) > 0 || own == 0 {
			return fmt.Sprintf("a call with %d cells of its own lists %d that it does not touch", own, len(listed))
		}
	}
	if len(open) > 0 || used > budget {
		return fmt.Sprintf("%d cells are not touched; %d free ones are, the budget is %d", len(open), used, budget)
	}
	return ""
}

func mustCover(t testing.TB, cells []cell, rects []rect, caps Caps) {
	t.Helper()
	if f := fault(cells, rects, caps); f != "" {
		t.Fatal(f)
	}
}

// cheapest is the least of the three cheap groupings, and chunked is the first: every row in chunks.
func cheapest(cells []cell, caps Caps) (chunked, least int) {
	rows, columns := map[int][]int{}, map[int][]int{}
	for c := range setOf(cells) {
		rows[c.Row] = append(rows[c.Row], c.Column)
		columns[c.Column] = append(columns[c.Column], c.Row)
	}
	for _, list := range rows {
		chunked += up(len(list), caps.Subjects)
	}
	byColumn := groups(columns, caps.Resources, caps.Subjects)
	byRow := groups(rows, caps.Subjects, caps.Resources)
	return chunked, min(chunked, byColumn, byRow)
}

// groups counts the calls when items with equal lists share calls.
func groups(lists map[int][]int, most, mostItems int) int {
	alike, size := map[string]int{}, map[string]int{}
	for _, list := range lists {
		slices.Sort(list)
		key := fmt.Sprint(list)
		alike[key]++
		size[key] = len(list)
	}
	calls := 0
	for key, items := range alike {
		calls += up(size[key], most) * up(items, mostItems)
	}
	return calls
}

func up(n, by int) int { return (n + by - 1) / by }

// optimum is the least number of calls that partition the cells, found by trying everything.
func optimum(cells []cell, caps Caps, best int) int {
	if len(cells) == 0 {
		return 0
	}
	if best <= 1 {
		return best
	}
	open := setOf(cells)
	var rows, columns []int // of calls on the first cell
	for _, c := range cells[1:] {
		if c.Column == cells[0].Column {
			rows = append(rows, c.Row)
		}
		if c.Row == cells[0].Row {
			columns = append(columns, c.Column)
		}
	}
	for _, some := range subsets(rows, caps.Resources-1) {
		for _, others := range subsets(columns, caps.Subjects-1) {
			call := map[cell]bool{}
			for _, row := range append(some, cells[0].Row) {
				for _, column := range append(others, cells[0].Column) {
					call[cell{row, column}] = true
				}
			}
			inside := true
			for c := range call {
				inside = inside && open[c]
			}
			if inside {
				rest := slices.DeleteFunc(slices.Clone(cells), func(c cell) bool { return call[c] })
				best = min(best, 1+optimum(rest, caps, best-1))
			}
		}
	}
	return best
}

func subsets(items []int, most int) [][]int {
	sets := [][]int{nil}
	for _, item := range items {
		for _, set := range sets {
			if len(set) < most {
				sets = append(sets, append(slices.Clone(set), item))
			}
		}
	}
	return sets
}
