package httpx

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/entitlectl/entitlectl/pkg/provider"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

var (
	write     = Request{Method: http.MethodPost, Base: "http://vendor.example"}
	read      = Request{Method: http.MethodGet, Base: "http://vendor.example"}
	perMinute = spec.Rates{Read: spec.PerMinute(100), Write: spec.PerMinute(100)}
)

// vendor answers the n-th request, counted from 1, and notes when each came.
type vendor struct {
	answer func(n int, r *http.Request) (*http.Response, error)
	mu     sync.Mutex
	times  []time.Time
}

func (v *vendor) RoundTrip(r *http.Request) (*http.Response, error) {
	v.mu.Lock()
	v.times = append(v.times, time.Now())
	n := len(v.times)
	v.mu.Unlock()
	return v.answer(n, r)
}

// always answers every request with the status.
func always(code int, header ...string) *vendor {
	return &vendor{answer: func(_ int, r *http.Request) (*http.Response, error) { return status(code, "", header...)(r) }}
}

// flood sends n requests from several goroutines, as apply does, and returns how many failed and with what last.
func flood(ctx context.Context, c *Client, req Request, n int) (failed int, last error) {
	var mu sync.Mutex
	var left atomic.Int64
	left.Store(int64(n))
	var workers sync.WaitGroup
	for range 4 {
		workers.Go(func() {
			for left.Add(-1) >= 0 {
				if _, err := c.Do(ctx, req, nil); err != nil {
					mu.Lock()
					failed, last = failed+1, err
					mu.Unlock()
				}
			}
		})
	}
	workers.Wait()
	return failed, last
}

func TestPace(t *testing.T) {
	other := write
	other.Policy = "a limit of its own"
	for name, tc := range map[string]struct {
		requests []Request
		want     time.Duration
	}{
		"one limit":  {[]Request{write, write, write}, 32 * 600 * time.Millisecond},
		"two limits": {[]Request{write, other}, 10 * 600 * time.Millisecond},
		"by method":  {[]Request{write, read}, 10 * 600 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := New(Env{Transport: always(200)}, "main", perMinute)
				start := time.Now()
				for range 11 {
					for _, r := range tc.requests {
						if _, err := c.Do(t.Context(), r, nil); err != nil {
							t.Fatal(err)
						}
					}
				}
				if took := time.Since(start); took != tc.want {
					t.Errorf("took %v, want %v", took, tc.want)
				}
			})
		})
	}
}

// Fault matrix, row 3: every request waits as the vendor says, within reason; all that draw from the bucket wait, in other
// processes too; the pace halves and creeps back; the storm ends with the run's time.
func TestFault03ThrottleStorm(t *testing.T) {
	t.Run("the vendor's wait", vendorsWait)
	t.Run("everybody waits", everybodyWaits)
	t.Run("half the pace, and back", halfThePace)
	t.Run("several at once", severalAtOnce)
	t.Run("one call in ten", func(t *testing.T) { throttledNow(t, 0.1, 10_000) })
	t.Run("one call in three", func(t *testing.T) { throttledNow(t, 1./3, 1000) })
	t.Run("every call", throttledForEver)
}

func vendorsWait(t *testing.T) {
	for header, want := range map[string]time.Duration{
		"7":                             7 * time.Second,
		"Sat, 01 Jan 2000 00:00:09 GMT": 9 * time.Second, // a bubble's clock begins with that year
		"300":                           5 * time.Minute,
		"1.5":                           1500 * time.Millisecond,
		"-5":                            throttledPause,
		"NaN":                           throttledPause,
		"soon":                          throttledPause,
		"Fri, 31 Dec 1999 00:00:09 GMT": throttledPause,
		"":                              throttledPause,
	} {
		synctest.Test(t, func(t *testing.T) {
			s := &script{answers: []func(*http.Request) (*http.Response, error){status(429, "", "Retry-After", header), ok}}
			start := time.Now()
			if _, err := New(Env{Transport: s}, "main", spec.Rates{}).Do(t.Context(), write, nil); err != nil {
				t.Fatal(err)
			}
			if waited := s.times[1].Sub(start); waited != want {
				t.Errorf("Retry-After %q: waited %v, want %v", header, waited, want)
			}
		})
	}
}

func everybodyWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := &vendor{answer: func(n int, r *http.Request) (*http.Response, error) {
			if n == 3 {
				return status(429, "", "Retry-After", "60")(r)
			}
			return ok(r)
		}}
		env := Env{Transport: v, Limiter: &local{next: map[string]time.Time{}}}
		var processes sync.WaitGroup
		for range 3 {
			processes.Go(func() {
				if failed, err := flood(t.Context(), New(env, "main", perMinute), write, 10); failed > 0 {
					t.Error(err)
				}
			})
		}
		processes.Wait()
		early := 0
		for i := 3; i < len(v.times); i++ {
			if gap := v.times[i].Sub(v.times[i-1]); gap < 600*time.Millisecond {
				t.Errorf("request %d came %v after the one before", i+1, gap)
			}
			if v.times[i].Sub(v.times[2]) < time.Minute {
				early++
			}
		}
		if len(v.times) != 31 || early > 8 { // the turns that the other two had taken by then, one for each of their goroutines
			t.Errorf("%d requests, %d of them in the minute after the 429", len(v.times), early)
		}
	})
}

func halfThePace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := &vendor{answer: func(n int, r *http.Request) (*http.Response, error) {
			if n == 1 || n == 2 {
				return status(429, "")(r)
			}
			return ok(r)
		}}
		if failed, err := flood(t.Context(), New(Env{Transport: v}, "main", perMinute), write, 100); failed > 0 {
			t.Fatal(err)
		}
		last := 3 * time.Second
		for i := 10; i < len(v.times); i++ { // the first ones are those that wait
			gap := v.times[i].Sub(v.times[i-1])
			if gap > last || gap < 600*time.Millisecond {
				t.Errorf("gap %d is %v after %v", i, gap, last)
			}
			last = gap
		}
		if last != 600*time.Millisecond || v.times[10].Sub(v.times[9]) < time.Second {
			t.Errorf("the pace began with %v and ended with %v", v.times[10].Sub(v.times[9]), last)
		}
	})
}

// severalAtOnce: those who were on their way together halve the pace once.
func severalAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := &vendor{answer: func(n int, r *http.Request) (*http.Response, error) {
			time.Sleep(5 * time.Second)
			return status(map[bool]int{true: 429, false: 200}[n <= 4], "")(r)
		}}
		if failed, err := flood(t.Context(), New(Env{Transport: v}, "main", perMinute), write, 4); failed > 0 {
			t.Fatal(err)
		}
		for i := 5; i < 8; i++ {
			if gap := v.times[i].Sub(v.times[i-1]); gap != 1200*time.Millisecond {
				t.Errorf("gap %d is %v", i, gap)
			}
		}
	})
}

// throttledNow: a vendor that throttles a share of the calls gets them all in the end, but for one that it throttles at each of many
// attempts by bad luck (of 1,000, where it throttles a third, 0.08 on average), which is not done and said.
func throttledNow(t *testing.T, share float64, calls int) {
	if testing.Short() {
		calls /= 10
	}
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		rng := rand.New(rand.NewPCG(1, 2))
		v := &vendor{answer: func(_ int, r *http.Request) (*http.Response, error) {
			mu.Lock()
			hit := rng.Float64() < share
			mu.Unlock()
			if hit {
				return status(429, "")(r)
			}
			return ok(r)
		}}
		start := time.Now()
		failed, err := flood(t.Context(), New(Env{Transport: v}, "main", perMinute), write, calls)
		f := &provider.Failure{Fate: provider.NotDone}
		if failed > 0 && !errors.As(err, &f) || failed > 2 || f.Fate != provider.NotDone {
			t.Errorf("%d failed, one with: %v", failed, err)
		}
		t.Logf("%d calls in %d requests took %v; without throttling %v", calls, len(v.times), time.Since(start).Round(time.Second), time.Duration(calls)*600*time.Millisecond)
	})
}

// throttledForEver: the calls that a vendor sees in ten minutes are few, whatever Retry-After says.
func throttledForEver(t *testing.T) {
	for _, after := range []string{"", "1", "120"} {
		synctest.Test(t, func(t *testing.T) {
			v := always(429, "Retry-After", after)
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
			defer cancel()
			start := time.Now()
			failed, err := flood(ctx, New(Env{Transport: v}, "main", perMinute), write, 10_000)
			if failed != 10_000 || !late(err) || time.Since(start) > 10*time.Minute {
				t.Errorf("%d failed in %v, one with: %v", failed, time.Since(start), err)
			}
			t.Logf("Retry-After %q: %d requests in %v", after, len(v.times), time.Since(start))
			if len(v.times) > 80 || after == "1" && len(v.times) < 40 { // but it is not given up either
				t.Errorf("Retry-After %q: %d requests in ten minutes", after, len(v.times))
			}
		})
	}
}

// A throttled answer that is about one thing lets others go on.
func TestThrottledAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &script{answers: []func(*http.Request) (*http.Response, error){status(429, "", "Retry-After", "60"), ok}}
		c := New(Env{Transport: s}, "main", perMinute)
		c.Explain = func(e *Error, _ http.Header, _ []byte) { e.Alone = true }
		if failed, err := flood(t.Context(), c, write, 4); failed > 0 {
			t.Fatal(err)
		}
		if first, last := s.times[3].Sub(s.times[0]), s.times[4].Sub(s.times[0]); first != 1800*time.Millisecond || last != time.Minute {
			t.Errorf("the others ended after %v, it came again after %v", first, last)
		}
	})
}

// broke is a shared limiter that does not work.
type broke struct{ calls atomic.Int64 }

func (b *broke) Reserve(context.Context, string, time.Duration) (time.Duration, error) {
	b.calls.Add(1)
	return 0, errors.New("disk full")
}

func (b *broke) Delay(context.Context, string, time.Duration) error { return errors.New("disk full") }

func TestLimiterThatFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var told []string
		b := &broke{}
		env := Env{Transport: always(200), Limiter: b, Observe: func(e Event) {
			if e.Method == "" {
				told = append(told, fmt.Sprint(e.Err))
			}
		}}
		start := time.Now()
		if failed, err := flood(t.Context(), New(env, "main", perMinute), write, 11); failed > 0 || time.Since(start) != 6*time.Second {
			t.Errorf("error %v after %v", err, time.Since(start))
		}
		if len(told) != 1 || !strings.Contains(told[0], "disk full") || b.calls.Load() > 4 {
			t.Errorf("told %q after %d calls", told, b.calls.Load())
		}
	})
}

// forgetful is a shared limiter that can't put turns off.
type forgetful struct{ local }

func (*forgetful) Delay(context.Context, string, time.Duration) error { return errors.New("disk full") }

func TestLimiterThatFailsWhenThrottled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &script{answers: []func(*http.Request) (*http.Response, error){status(429, "", "Retry-After", "60"), ok}}
		env := Env{Transport: s, Limiter: &forgetful{local{next: map[string]time.Time{}}}}
		if failed, err := flood(t.Context(), New(env, "main", perMinute), write, 10); failed > 0 {
			t.Fatal(err)
		}
		for i := 2; i < len(s.times); i++ {
			if after, gap := s.times[i].Sub(s.times[0]), s.times[i].Sub(s.times[i-1]); after < time.Minute || gap < 600*time.Millisecond {
				t.Errorf("request %d came %v after the 429, %v after the one before", i+1, after, gap)
			}
		}
	})
}

// late says whether a request was not sent for want of time.
func late(err error) bool {
	f := (*provider.Failure)(nil)
	return errors.As(err, &f) && f.Fate == provider.NotDone && f.OutOfTime
}
