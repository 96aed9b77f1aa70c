package pack

import (
	"math"
	"slices"

	"github.com/entitlectl/entitlectl/pkg/spec"
)

// product is a call in the grid's numbers, rows and columns sorted.
type product struct{ rows, cols []int32 }

func (p product) area() int64 { return int64(len(p.rows)) * int64(len(p.cols)) }

// transposed swaps the products' rows and columns.
func transposed(products []product) []product {
	return spec.Each(products, func(p product) product { return product{p.cols, p.rows} })
}

// start covers the grid in a few quick ways and takes of each what is best in each connected component. The three cheap
// groupings are among them, so that no cover is ever longer than one of those.
func start(g *grid, l limits, count int) []product {
	if !g.oneLane() {
		count = min(count, 3)
	}
	flat := int64(l.p) * int64(l.q) / 32 // what is left when calls get this small is rather covered by stars
	ways := []func() []product{
		func() []product { return greedily(g, l, 0, linear) },
		func() []product { return greedily(g, l, flat, linear) },
		func() []product { return greedily(g, l, 0, bent) },
		func() []product {
			return transposed(greedily(g.transposed(), limits{l.q, l.p}, 0, linear))
		},
	}[:count]
	ways = append(ways,
		func() []product { return perRow(g, l) },
		func() []product { return alike(g.byCol, g.split, l) },
	)
	if g.oneLane() {
		ways = append(ways, func() []product { return transposed(alike(g.byRow, g.byRow.len(), limits{l.q, l.p})) })
	} else if count > 1 {
		ways = append(ways, func() []product { return apart(g, l) })
	}
	found := make([][]product, len(ways))
	inParallel(len(ways), len(g.byRow.items), func(i int) { found[i] = ways[i]() })
	return bestOfEach(g, found)
}

// perRow is the simplest cover: each row with its columns in chunks.
func perRow(g *grid, l limits) []product {
	var out []product
	for row := range g.byRow.len() {
		for cols := range inLanes(g.byRow.at(row), g.split, l.q) {
			out = append(out, product{[]int32{row}, cols})
		}
	}
	return out
}

// alike puts the items that have equal lists together: columns with the same rows, or rows with the same columns.
func alike(lists lines, split int32, l limits) []product {
	order := make([]int32, lists.len())
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortStableFunc(order, func(a, b int32) int { return slices.Compare(lists.at(a), lists.at(b)) })
	var out []product
	for len(order) > 0 {
		set := lists.at(order[0])
		n := 1
		for n < len(order) && slices.Equal(set, lists.at(order[n])) {
			n++
		}
		for rows := range slices.Chunk(set, int(l.p)) {
			for cols := range inLanes(order[:n], split, l.q) {
				out = append(out, product{rows, cols})
			}
		}
		order = order[n:]
	}
	return out
}

// bestOfEach takes for each connected component the first of the shortest covers of it.
func bestOfEach(g *grid, covers [][]product) []product {
	component := g.components()
	count := make([][]int32, len(covers))
	for i, products := range covers {
		count[i] = make([]int32, len(g.rowIDs))
		for _, p := range products {
			count[i][component[p.rows[0]]]++
		}
	}
	var out []product
	for i, products := range covers {
		for _, p := range products {
			c := component[p.rows[0]]
			best := 0
			for j := range covers {
				if count[j][c] < count[best][c] {
					best = j
				}
			}
			if best == i {
				out = append(out, p)
			}
		}
	}
	return out
}

// greedily runs the greedy until its chains touch no more than least cells, and covers the rest with stars.
func greedily(g *grid, l limits, least int64, weigh func(rows int) int64) []product {
	var products []product
	emit := func(rows, cols []int32) { products = append(products, product{rows, cols}) }
	s := newGreedy(g, l, weigh)
	s.run(least*weigh(1), emit)
	s.finish(emit)
	return products
}

// linear values a call by its area.
func linear(rows int) int64 { return 16 * int64(rows) }

// bent values many columns a little above many rows: rows count by the power of three quarters.
func bent(rows int) int64 {
	half := math.Sqrt(float64(rows))
	return int64(16 * half * math.Sqrt(half))
}
