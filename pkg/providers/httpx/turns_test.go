package httpx

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/entitlectl/entitlectl/pkg/spec"
	"github.com/entitlectl/entitlectl/pkg/store"
	"github.com/entitlectl/entitlectl/pkg/store/storetest"
)

// counting is a limiter that counts how often turns are taken.
type counting struct {
	local
	taken atomic.Int64
}

func (c *counting) Reserve(ctx context.Context, key string, every time.Duration) (time.Duration, error) {
	c.taken.Add(1)
	return c.local.Reserve(ctx, key, every)
}

// TestQuickTurnsAreTakenTogether says that a rate of many turns in 10 ms is kept without asking for each, also by two that share it,
// and that nobody uses what was taken before the vendor asked to wait.
func TestQuickTurnsAreTakenTogether(t *testing.T) {
	const every = 100 * time.Microsecond
	rates := spec.Rates{Read: spec.PerMinute(600_000), Write: spec.PerMinute(600_000)}
	synctest.Test(t, func(t *testing.T) {
		shared, v := &counting{local: local{next: map[string]time.Time{}}}, always(200)
		v.answer = func(n int, r *http.Request) (*http.Response, error) {
			if n == 500 {
				return status(429, "", "Retry-After", "60")(r)
			}
			return ok(r)
		}
		var both sync.WaitGroup
		for range 2 {
			both.Go(func() {
				if failed, err := flood(t.Context(), New(Env{Transport: v, Limiter: shared}, "main", rates), read, 1000); failed > 0 {
					t.Error(err)
				}
			})
		}
		both.Wait()
		if taken := shared.taken.Load(); taken > 100 {
			t.Errorf("turns were taken %d times", taken)
		}
		slices.SortFunc(v.times, time.Time.Compare)
		for i := 1; i < len(v.times); i++ {
			if gap := v.times[i].Sub(v.times[i-1]); gap < every {
				t.Errorf("request %d came %v after the one before", i+1, gap)
			}
		}
		if took := v.times[len(v.times)-1].Sub(v.times[0]); took < time.Minute || took > time.Minute+time.Second {
			t.Errorf("took %v", took)
		}
	})
}

// stopped is a time in which a process does nothing.
type stopped struct{ from, to time.Time }

func (s stopped) pause() {
	if now := time.Now(); now.After(s.from) && now.Before(s.to) {
		time.Sleep(s.to.Sub(now))
	}
}

// stopping answers in time until its process is stopped, and then when that goes on.
type stopping struct {
	store.Limiter
	stopped
}

func (s stopping) Reserve(ctx context.Context, key string, every time.Duration) (time.Duration, error) {
	wait, err := s.Limiter.Reserve(ctx, key, every)
	s.pause()
	return wait, err
}

// However many processes go on at once after they were stopped, before their turn has come or when they are about to send, no window
// has more than one call beyond the rate. What is done before a call leaves is done once.
func TestTurnsThatWereMissedAreNotUsed(t *testing.T) {
	for name, sending := range map[string]bool{"waiting": false, "about to send": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				v, shared, began := always(200), &local{next: map[string]time.Time{}}, atomic.Int64{}
				while := stopped{time.Now().Add(10 * time.Second), time.Now().Add(15 * time.Second)}
				var processes sync.WaitGroup
				for i := range 6 {
					var limiter store.Limiter = shared
					req := write
					req.BeforeSend = func() error { began.Add(1); return nil }
					switch {
					case i > 0 && sending:
						req.BeforeSend = func() error { began.Add(1); while.pause(); return nil }
					case i > 0:
						limiter = stopping{shared, while}
					}
					processes.Go(func() {
						if failed, err := flood(t.Context(), New(Env{Transport: v, Limiter: limiter}, "main", perMinute), req, 20); failed > 0 {
							t.Error(err)
						}
					})
				}
				processes.Wait()
				const window = 6 * time.Second // of ten calls
				if n := storetest.MostWithin(v.times, window); n > 11 {
					t.Errorf("%d calls in %v", n, window)
				}
				if took := v.times[len(v.times)-1].Sub(v.times[0]); took > 85*time.Second {
					t.Errorf("120 calls took %v, want 72s and what was missed", took)
				}
				if began.Load() != 120 {
					t.Errorf("%d calls began, want 120", began.Load())
				}
			})
		})
	}
}

// far is a limiter whose answers take their time.
type far struct {
	store.Limiter
	by time.Duration
}

func (f far) Reserve(ctx context.Context, key string, every time.Duration) (time.Duration, error) {
	time.Sleep(f.by / 2)
	defer time.Sleep(f.by / 2)
	return f.Limiter.Reserve(ctx, key, every)
}

// A limiter that is far away costs time, and no turns but the first ones.
func TestALimiterThatIsFarAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		env := Env{Transport: always(200), Limiter: far{&local{next: map[string]time.Time{}}, time.Second}}
		if failed, err := flood(t.Context(), New(env, "main", perMinute), write, 20); failed > 0 {
			t.Fatal(err)
		}
		if took := time.Since(start); took > 25*time.Second {
			t.Errorf("20 calls took %v", took)
		}
	})
}
