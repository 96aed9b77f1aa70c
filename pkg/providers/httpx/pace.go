package httpx

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// Budget shares a vendor's rates between all that send to it. It is safe for use from several goroutines.
type Budget interface {
	// Take reserves the next turn under the key, of which there is one every so often, and returns how long to wait for it.
	// every is positive.
	Take(ctx context.Context, key string, every time.Duration) (wait time.Duration, err error)
	// Delay puts off every turn that is not taken yet until d from now, at least.
	Delay(ctx context.Context, key string, d time.Duration) error
}

// local is a Budget within this process. It never fails. (GCRA with a burst of one, which paces evenly: vendors count in
// windows whose start nobody knows.)
type local struct {
	mu   sync.Mutex
	next map[string]time.Time // the first turn that is not taken
}

func (l *local) Take(_ context.Context, key string, every time.Duration) (time.Duration, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	turn := later(l.next[key], now)
	l.next[key] = turn.Add(every)
	return turn.Sub(now), nil
}

func (l *local) Delay(_ context.Context, key string, d time.Duration) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.next[key] = later(l.next[key], time.Now().Add(d))
	return nil
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// budget is a shared Budget until that fails, and one within this process from then on: work that others may slow down a
// little is better than none.
type budget struct {
	shared Budget // nil: there is none
	failed atomic.Bool
	tell   func(error) // called once
	local  local
}

func (b *budget) take(ctx context.Context, key string, every time.Duration) time.Duration {
	if b.shared != nil && !b.failed.Load() {
		wait, err := b.shared.Take(ctx, key, every)
		if err == nil {
			return wait
		}
		b.fail(ctx, err)
	}
	wait, _ := b.local.Take(ctx, key, every)
	return wait
}

func (b *budget) delay(ctx context.Context, key string, d time.Duration) {
	_ = b.local.Delay(ctx, key, d) // it may be needed yet
	if b.shared != nil && !b.failed.Load() {
		if err := b.shared.Delay(ctx, key, d); err != nil {
			b.fail(ctx, err)
		}
	}
}

// fail gives the shared budget up. One that was only interrupted has not failed.
func (b *budget) fail(ctx context.Context, err error) {
	if ctx.Err() == nil && b.failed.CompareAndSwap(false, true) {
		b.tell(fmt.Errorf("calls are paced for this run alone, since the rates that it shares with others can't be kept: %w", err))
	}
}

// The pace of a bucket, as a share of its configured rate: it falls fast and rises slowly, so that of several processes that
// know nothing of each other each finds its part.
const (
	slowest = 1. / 16
	creep   = 1. / 25
)

// bucket paces the requests that draw from one limit of the vendor's.
type bucket struct {
	budget *budget
	key    string
	every  time.Duration // between two turns at full pace; 0: there is no pace, and only the vendor's waits are kept
	apart  time.Duration // between two requests of this run at full pace, where that is more

	mu     sync.Mutex
	pace   float64   // from slowest to 1
	slowed time.Time // when the pace was last halved
	hold   time.Time // before it no request begins
	spare  time.Time // a turn that was taken but not used

	line chan struct{} // holds whoever is next, where requests of this run are apart
	next time.Time     // before it the one in line does not take a turn
}

// newBucket makes a bucket whose requests are own apart, and whose turns take reserve of the budget, or else own.
func newBucket(b *budget, key string, own, reserve time.Duration) *bucket {
	if own == 0 || reserve == 0 {
		reserve = own
	}
	return &bucket{budget: b, key: key, every: reserve, apart: own, pace: 1, line: make(chan struct{}, 1)}
}

// wait returns when the next request may begin. A run that is slower than its turns pauses before it takes one: turns that it
// took and did not use would slow down the others.
func (b *bucket) wait(ctx context.Context) error {
	if b.apart <= b.every {
		return b.await(ctx)
	}
	select {
	case b.line <- struct{}{}:
		defer func() { <-b.line }()
	case <-ctx.Done():
		return interruption(ctx)
	}
	if err := sleep(ctx, time.Until(b.next)); err != nil {
		return err
	}
	if err := b.await(ctx); err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.next = time.Now().Add(time.Duration(float64(b.apart) / b.pace))
	return nil
}

// await waits for the next turn. One that lies in a time that the vendor has since asked to wait for is given up for a later
// one.
func (b *bucket) await(ctx context.Context) error {
	for {
		if ctx.Err() != nil {
			return interruption(ctx)
		}
		turn := b.turn(ctx)
		if err := sleep(ctx, time.Until(turn)); err != nil {
			b.leave(turn)
			return err
		}
		if !b.held() {
			return nil
		}
	}
}

func (b *bucket) turn(ctx context.Context) time.Time {
	b.mu.Lock()
	spare, hold, every := b.spare, b.hold, time.Duration(float64(b.every)/b.pace)
	b.spare = time.Time{}
	b.mu.Unlock()
	switch {
	case every == 0:
		return hold
	case spare.After(time.Now()):
		return spare
	}
	wait := b.budget.take(ctx, b.key, every)
	return later(time.Now().Add(wait), hold)
}

// leave gives a turn that was not used to whoever asks next. Else a run that has no time left would use up, call by call,
// the turns of those that come after it.
func (b *bucket) leave(turn time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !turn.Before(b.hold) {
		b.spare = turn
	}
}

func (b *bucket) held() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return time.Now().Before(b.hold)
}

// throttled halves the pace and lets no request of the bucket begin for d, in any process. Of requests that were on their way
// together only the first one halves it: they all tell of the same moment.
func (b *bucket) throttled(ctx context.Context, sent time.Time, d time.Duration) {
	b.mu.Lock()
	now := time.Now()
	if sent.After(b.slowed) {
		b.pace, b.slowed = max(b.pace/2, slowest), now
	}
	b.hold, b.spare = later(b.hold, now.Add(d)), time.Time{}
	b.mu.Unlock()
	b.budget.delay(context.WithoutCancel(ctx), b.key, d)
}

func (b *bucket) succeeded() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.pace = min(b.pace+creep, 1)
}
