package provider

import (
	"context"
	"sync"

	"golang.org/x/sync/errgroup"
)

// Gather does n things, at most side of them at a time, and returns what came of each in their order. Where some fail the error is
// that of the first of them in that order, whichever came first: those after it are given up, those before it are not.
func Gather[T any](ctx context.Context, side, n int, do func(ctx context.Context, i int) (T, error)) ([]T, error) {
	g := gathering{failed: n, running: map[int]context.CancelFunc{}}
	results := make([]T, n)
	var group errgroup.Group
	group.SetLimit(max(1, side))
	for i := range n {
		group.Go(func() error {
			ctx, ok := g.begin(ctx, i)
			if !ok {
				return nil
			}
			var err error
			results[i], err = do(ctx, i)
			g.end(i, err)
			return nil
		})
	}
	_ = group.Wait() // errors are in g
	if g.err != nil {
		return nil, g.err
	}
	return results, nil
}

// gathering is which things are being done, and what ended them.
type gathering struct {
	mu      sync.Mutex
	running map[int]context.CancelFunc
	failed  int // the first thing that failed so far
	err     error
}

// begin says whether a thing is still to be done.
func (g *gathering) begin(ctx context.Context, i int) (context.Context, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if i > g.failed {
		return ctx, false
	}
	ctx, g.running[i] = context.WithCancel(ctx)
	return ctx, true
}

func (g *gathering) end(i int, err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.running[i]()
	delete(g.running, i)
	if err == nil || i >= g.failed {
		return
	}
	g.failed, g.err = i, err
	for later, cancel := range g.running {
		if later > i {
			cancel()
		}
	}
}

// ahead asks for pages of a list before its reader comes to them, where the first page tells where they begin. What the reader makes
// of them does not change.
type ahead[T any, C comparable] struct {
	page  func(context.Context, C) (Page[T, C], error)
	side  int // pages in flight; up to 1: none is asked ahead
	ctx   context.Context
	end   context.CancelFunc
	begun int // pages up to now, the first included
	last  int // how many there are, as far as the first page tells
	nth   func(int) C
	asked map[C]chan answered[T, C]

	group sync.WaitGroup
	mu    sync.Mutex
	over  bool // one failed: those after it are of no use
}

type answered[T any, C comparable] struct {
	page Page[T, C]
	err  error
}

func newAhead[T any, C comparable](ctx context.Context, side int, page func(context.Context, C) (Page[T, C], error)) *ahead[T, C] {
	a := &ahead[T, C]{page: page, side: side, asked: map[C]chan answered[T, C]{}}
	a.ctx, a.end = context.WithCancel(ctx)
	return a
}

// close gives up what nobody came to, and waits for its end.
func (a *ahead[T, C]) close() {
	a.end()
	a.group.Wait()
}

// get returns the page that begins at from and is the n-th in its order, counted from 0.
func (a *ahead[T, C]) get(n int, from C) (Page[T, C], error) {
	if n > 0 && a.nth != nil && a.nth(n) != from {
		a.nth = nil // the list goes on elsewhere than its first page told
	}
	for a.nth != nil && a.begun < min(n+a.side, a.last) && !a.stopped() {
		a.ask(a.nth(a.begun))
		a.begun++
	}
	if answer, asked := a.asked[from]; asked {
		delete(a.asked, from)
		got := <-answer
		return got.page, got.err
	}
	p, err := a.page(a.ctx, from)
	if n == 0 && err == nil && a.side > 1 && p.Total > len(p.Rows) && !p.Short && p.Nth != nil {
		a.nth, a.begun, a.last = p.Nth, 1, pagesOf(p.Total, len(p.Rows))
	}
	return p, err
}

func (a *ahead[T, C]) ask(from C) {
	answer := make(chan answered[T, C], 1)
	a.asked[from] = answer
	a.group.Go(func() {
		p, err := a.page(a.ctx, from)
		if err != nil {
			a.mu.Lock()
			a.over = true
			a.mu.Unlock()
		}
		answer <- answered[T, C]{p, err}
	})
}

func (a *ahead[T, C]) stopped() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.over
}

// pagesOf is in how many pages a list of so many rows is read. That a full page is the last one only an empty one after it shows.
func pagesOf(rows, size int) int { return rows/size + 1 }

// Sweeps says whether the whole list is to be begun, rather than the lists of the parts that are wanted of it, which take no more
// than most allows (see MostRows): where its length is not known its first page tells that.
func Sweeps(size, most, rows int, known bool) bool { return !known || rows <= most-size }

// MostRows is how many rows a list of everything may have to be read rather than one list for each of the parts that are wanted
// of it: it is whichever takes fewer pages, the first page of the whole, which told its length, counting for nothing any more.
// parts are how many rows each part has, as far as that is known.
func MostRows(size int, parts []int) int {
	pages := 0
	for _, rows := range parts {
		pages += pagesOf(rows, size)
	}
	return (pages+1)*size - 1
}
