package pack

import (
	"math"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
)

// view is how a board sees a grid: as it is, or flipped, with columns for rows.
type view struct {
	limits
	split   int32
	flipped bool
}

// views lists the views in which calls have few enough rows for a repair; if there is none, the grid as it is. A grid of
// two lanes is never flipped, since lanes are of columns.
func (g *grid) views(l limits) []view {
	plain, flipped := view{l, g.split, false}, view{limits{l.q, l.p}, math.MaxInt32, true}
	switch {
	case l.q > maxRows || !g.oneLane():
		return []view{plain}
	case l.p > maxRows:
		return []view{flipped}
	}
	return []view{plain, flipped}
}

// flip turns products to the view, or back.
func (v view) flip(products []product) []product {
	if v.flipped {
		return transposed(products)
	}
	return products
}

// improve lets small calls be absorbed, and then goes through rounds of repairs, one view after the other. In each round
// the calls are dealt to shards and the shards are improved by themselves: they share no cell, so that any order, and
// any number at the same time, gives the same result.
func improve(products []product, views []view, e effort) []product {
	b := newBoard(views[0].flip(products), views[0])
	b.absorb()
	products = views[0].flip(b.products())
	for round := range e.rounds {
		v := views[round%len(views)]
		products = v.flip(improveRound(v.flip(products), v, e, uint64(round)))
	}
	return products
}

// shardCalls is about how many calls a shard has. Smaller shards see too few of each other's neighbours.
const shardCalls = 200

func improveRound(products []product, v view, e effort, round uint64) []product {
	order := newBoard(products, v).walk(int(round) * 7919 % len(products))
	shards := make([][]product, (len(products)+shardCalls-1)/shardCalls)
	inParallel(len(shards), e.steps, func(i int) {
		from, to := len(order)*i/len(shards), len(order)*(i+1)/len(shards)
		for _, place := range order[from:to] {
			shards[i] = append(shards[i], products[place])
		}
		b := newBoard(shards[i], v)
		b.improve(e.steps*(to-from)/(e.rounds*len(order)), round<<32|uint64(i))
		shards[i] = b.products()
	})
	return slices.Concat(shards...)
}

// walk lists the places of all calls, neighbours close together: in the order in which shared rows and columns lead to
// them from the place given.
func (b *board) walk(from int) []int32 {
	var order []int32
	seen, rowSeen, colSeen := make([]bool, len(b.calls)), make([]bool, len(b.byRow)), make([]bool, len(b.byCol))
	visit := func(places []int32) {
		for _, at := range places {
			if !seen[at] {
				seen[at] = true
				order = append(order, at)
			}
		}
	}
	for i := range b.calls {
		next := len(order)
		for visit([]int32{int32((from + i) % len(b.calls))}); next < len(order); next++ {
			c := &b.calls[order[next]]
			for _, row := range c.rows {
				if !rowSeen[row] {
					rowSeen[row] = true
					visit(b.byRow[row])
				}
			}
			for _, col := range c.cols {
				if !colSeen[col] {
					colSeen[col] = true
					visit(b.byCol[col])
				}
			}
		}
	}
	return order
}

// inParallel calls do for 0 to n-1 on all cores, or on one when there is little work.
func inParallel(n, work int, do func(i int)) {
	workers := min(n, runtime.GOMAXPROCS(0))
	if workers < 2 || work < 1000 {
		for i := range n {
			do(i)
		}
		return
	}
	var next atomic.Int64
	var wait sync.WaitGroup
	for range workers {
		wait.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				do(i)
			}
		})
	}
	wait.Wait()
}
