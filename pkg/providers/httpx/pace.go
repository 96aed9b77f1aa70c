package httpx

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/entitlectl/entitlectl/pkg/store"
)

// local is a limiter within this process. It never fails. (GCRA with a burst of one, which paces evenly: vendors count in
// windows whose start nobody knows.)
type local struct {
	mu   sync.Mutex
	next map[string]time.Time // the first turn that is not taken
}

func (l *local) Reserve(_ context.Context, key string, every time.Duration) (time.Duration, error) {
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

// limiter is a shared one until that fails, and one within this process from then on: work that others may slow down a
// little is better than none.
type limiter struct {
	shared store.Limiter // nil: there is none
	failed atomic.Bool
	tell   func(error) // called once
	local  local
}

func (l *limiter) reserve(ctx context.Context, key string, every time.Duration) time.Duration {
	if l.shared != nil && !l.failed.Load() {
		wait, err := l.shared.Reserve(ctx, key, every)
		if err == nil {
			return wait
		}
		l.fail(ctx, err)
	}
	wait, _ := l.local.Reserve(ctx, key, every)
	return wait
}

func (l *limiter) delay(ctx context.Context, key string, d time.Duration) {
	_ = l.local.Delay(ctx, key, d) // it may be needed yet
	if l.shared != nil && !l.failed.Load() {
		if err := l.shared.Delay(ctx, key, d); err != nil {
			l.fail(ctx, err)
		}
	}
}

// fail gives the shared limiter up. One that was only interrupted has not failed.
func (l *limiter) fail(ctx context.Context, err error) {
	if ctx.Err() == nil && l.failed.CompareAndSwap(false, true) {
		l.tell(fmt.Errorf("calls are paced for this run alone, since the rates that it shares with others can't be kept: %w", err))
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
	limiter *limiter
	key     string
	every   time.Duration // between two turns at full pace; 0: there is no pace, and only the vendor's waits are kept
	apart   time.Duration // between two requests of this run at full pace, where that is more

	mu        sync.Mutex
	pace      float64       // from slowest to 1
	slowed    time.Time     // when the pace was last halved
	notBefore time.Time     // before it no request begins
	unused    time.Time     // a turn that was taken but not used
	taken     turns         // others
	delay     time.Duration // how long it takes here to have a turn, beyond the wait for it

	line chan struct{} // holds whoever is next
	next time.Time     // before it the one in line does not take a turn
}

// turns are those that were taken at once, and not used yet: one every so often, before an end.
type turns struct {
	next, end time.Time
	every     time.Duration
}

// one takes the next of them that lies not in the past; has is false where there is none at this pace.
func (t *turns) one(every time.Duration) (turn time.Time, has bool) {
	turn = later(t.next, time.Now())
	if t.every != every || !turn.Before(t.end) {
		return time.Time{}, false
	}
	t.next = turn.Add(every)
	return turn, true
}

// together is for how long turns are taken at once, since each time costs more than a call where others share them, too.
const together = 10 * time.Millisecond

// newBucket makes a bucket whose requests are own apart, and whose turns take reserve of the limiter, or else own.
func newBucket(l *limiter, key string, own, reserve time.Duration) *bucket {
	if own == 0 || reserve == 0 {
		reserve = own
	}
	return &bucket{limiter: l, key: key, every: reserve, apart: own, pace: 1, line: make(chan struct{}, 1)}
}

// wait returns when the next request may begin, and its turn; missed counts the turns that it had no time to use. Only the first in
// line takes a turn, and a run that is slower than its turns pauses before it does: turns that it took and did not use would slow
// down the others.
func (b *bucket) wait(ctx context.Context, missed *int) (turn, error) {
	if err := enter(ctx, b.line); err != nil {
		return turn{}, err
	}
	defer func() { <-b.line }()
	if b.apart <= b.every {
		return b.await(ctx, missed)
	}
	if err := sleep(ctx, time.Until(b.next)); err != nil {
		return turn{}, err
	}
	t, err := b.await(ctx, missed)
	if err != nil {
		return turn{}, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.next = time.Now().Add(time.Duration(float64(b.apart) / b.pace))
	return t, nil
}

// enter waits for room in a channel that holds those who are in.
func enter(ctx context.Context, room chan struct{}) error {
	select {
	case room <- struct{}{}:
		return nil
	case <-ctx.Done():
		return interruption(ctx)
	}
}

// await waits for the next turn that holds when it has come.
func (b *bucket) await(ctx context.Context, missed *int) (turn, error) {
	for {
		if ctx.Err() != nil {
			return turn{}, interruption(ctx)
		}
		t := b.turn(ctx)
		if err := pauseFor(ctx, time.Until(t.at), t.asked); err != nil {
			b.leave(t.at)
			return turn{}, err
		}
		if b.holds(&t, missed) {
			return t, nil
		}
	}
}

// holds says that a request may begin in its turn, now that this has come: the vendor has not asked since to wait for longer, and it
// was not missed.
func (b *bucket) holds(t *turn, missed *int) bool {
	if b.held() {
		return false
	}
	late := time.Since(t.came)
	if t.every == 0 || late <= max(t.every, grace) {
		return true
	}
	if *missed++; *missed <= mostMissed {
		return false
	}
	b.bear(late)
	t.came = time.Now()
	return true
}

// A turn is missed when the next one is over too, as in a process that was stopped, or had no time: if several sent then what each
// had a turn for, a vendor would get it all at once.
const (
	grace      = 100 * time.Millisecond // a rate that is faster is not kept that exactly
	mostMissed = 3                      // one after the other: then that is how long things take here, and what is always late does no harm
)

// turn is when a request may begin.
type turn struct {
	at    time.Time
	came  time.Time     // no later than at, since what is said of it may have been long on its way
	every time.Duration // until the next one
	asked bool          // the vendor asked, here or in another process, to wait that long: pace alone does not make whoever is next wait for many turns
}

func (b *bucket) turn(ctx context.Context) turn {
	b.mu.Lock()
	spare, notBefore, every := b.unused, b.notBefore, time.Duration(float64(b.every)/b.pace)
	b.unused = time.Time{}
	taken, has := b.taken.one(every)
	b.mu.Unlock()
	switch {
	case every == 0:
		return turn{notBefore, time.Now(), 0, true}
	case spare.After(time.Now()):
		return turn{spare, spare, every, false}
	case has:
		return turn{taken, taken, every, false}
	}
	several := every * max(1, together/every)
	began := time.Now()
	wait := b.limiter.reserve(ctx, b.key, several)
	now := time.Now()
	b.mu.Lock()
	defer b.mu.Unlock()
	came := later(began.Add(b.delay+wait), notBefore)
	at := later(now.Add(wait), notBefore)
	b.taken = turns{at.Add(every), at.Add(several), every}
	return turn{at, came, every, at.Equal(notBefore) || wait > maxPause+100*every}
}

// bear takes a delay for one that every turn has.
func (b *bucket) bear(late time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.delay += late
}

// leave gives a turn that was not used to whoever asks next. Else a run that has no time left would use up, call by call,
// the turns of those that come after it.
func (b *bucket) leave(turn time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !turn.Before(b.notBefore) {
		b.unused = turn
	}
}

func (b *bucket) held() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return time.Now().Before(b.notBefore)
}

// throttled halves the pace and lets no request of the bucket begin for d, in any process. Of requests that were on their way
// together only the first one halves it: they all tell of the same moment.
func (b *bucket) throttled(ctx context.Context, sent time.Time, d time.Duration) {
	b.mu.Lock()
	now := time.Now()
	if sent.After(b.slowed) {
		b.pace, b.slowed = max(b.pace/2, slowest), now
	}
	b.notBefore, b.unused, b.taken = later(b.notBefore, now.Add(d)), time.Time{}, turns{}
	b.mu.Unlock()
	b.limiter.delay(context.WithoutCancel(ctx), b.key, d)
}

func (b *bucket) succeeded() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.pace = min(b.pace+creep, 1)
}
