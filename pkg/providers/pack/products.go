package pack

import (
	"cmp"
	"encoding/binary"
	"maps"
	"slices"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// Caps are the most that one call may list.
type Caps struct {
	Resources int
	Subjects  int
}

// Products covers the changes at the given indexes exactly with products of at most caps, and returns each product as the
// indexes of its changes. All changes must be of one op, kind and role.
//
// It groups subjects that have the same set of resources, and also resources that have the same set of subjects, and
// takes the way that needs fewer calls.
func Products(changes []diff.Change, indexes []int, caps Caps) [][]int {
	grid := newGrid(changes, indexes)
	bySubject := classes(grid.byColumn(), caps.Resources, caps.Subjects)
	byResource := classes(grid.byRow(), caps.Subjects, caps.Resources)
	if len(byResource) < len(bySubject) {
		return grid.indexes(byResource, func(line, item int) cell { return cell{row: item, column: line} })
	}
	return grid.indexes(bySubject, func(line, item int) cell { return cell{row: line, column: item} })
}

// cell is one change's place: its resource's and its subject's number.
type cell struct{ row, column int }

// grid numbers resources and subjects in their sorted order.
type grid struct {
	cells         map[cell]int // to the change's index
	rows, columns int
}

func newGrid(changes []diff.Change, indexes []int) grid {
	rows, columns := map[string]int{}, map[spec.Subject]int{}
	for _, i := range indexes {
		rows[changes[i].Resource], columns[changes[i].Subject] = 0, 0
	}
	for n, name := range slices.Sorted(maps.Keys(rows)) {
		rows[name] = n
	}
	for n, s := range slices.SortedFunc(maps.Keys(columns), spec.Subject.Compare) {
		columns[s] = n
	}
	g := grid{make(map[cell]int, len(indexes)), len(rows), len(columns)}
	for _, i := range indexes {
		g.cells[cell{rows[changes[i].Resource], columns[changes[i].Subject]}] = i
	}
	return g
}

// byColumn lists for each subject its resources, sorted.
func (g grid) byColumn() [][]int {
	lists := make([][]int, g.columns)
	for c := range g.cells {
		lists[c.column] = append(lists[c.column], c.row)
	}
	return sortAll(lists)
}

// byRow lists for each resource its subjects, sorted.
func (g grid) byRow() [][]int {
	lists := make([][]int, g.rows)
	for c := range g.cells {
		lists[c.row] = append(lists[c.row], c.column)
	}
	return sortAll(lists)
}

func sortAll(lists [][]int) [][]int {
	for _, list := range lists {
		slices.Sort(list)
	}
	return lists
}

// product lists lines (what the sets are made of) and items (whose sets are equal), both sorted.
type product struct{ lines, items []int }

// classes puts items with equal sets together and cuts them to maxLines x maxItems.
func classes(sets [][]int, maxLines, maxItems int) []product {
	byset := map[string]int{} // key of a set to its place in found
	var found []product
	for item, set := range sets {
		key := setKey(set)
		at, known := byset[key]
		if !known {
			at = len(found)
			byset[key] = at
			found = append(found, product{lines: set})
		}
		found[at].items = append(found[at].items, item)
	}
	var cut []product
	for _, p := range found {
		for lines := range slices.Chunk(p.lines, maxLines) {
			for items := range slices.Chunk(p.items, maxItems) {
				cut = append(cut, product{lines, items})
			}
		}
	}
	return cut
}

func setKey(set []int) string {
	key := make([]byte, 0, 2*len(set))
	for _, n := range set {
		key = binary.AppendUvarint(key, uint64(n))
	}
	return string(key)
}

// indexes turns products back into changes, sorted within and among each other.
func (g grid) indexes(products []product, at func(line, item int) cell) [][]int {
	lists := make([][]int, 0, len(products))
	for _, p := range products {
		list := make([]int, 0, len(p.lines)*len(p.items))
		for _, line := range p.lines {
			for _, item := range p.items {
				list = append(list, g.cells[at(line, item)])
			}
		}
		slices.Sort(list)
		lists = append(lists, list)
	}
	slices.SortFunc(lists, func(a, b []int) int { return cmp.Compare(a[0], b[0]) })
	return lists
}
