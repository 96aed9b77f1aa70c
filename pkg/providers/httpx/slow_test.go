package httpx

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/entitlectl/entitlectl/pkg/provider"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// A run that is to be slow is slow alone: it keeps its requests apart, also where others hold its turns up, and takes no more of
// their turns than requests.
func TestSlowRunSlowsNobodyElse(t *testing.T) {
	slow := spec.Rates{Read: spec.PerMinute(10), Write: spec.PerMinute(10)}
	for _, tc := range []struct {
		reason  string
		reserve spec.Rates
		slower  bool // the other run is
	}{
		{"turns of the shared rate", perMinute, false},
		{"turns of its own rate", spec.Rates{}, true}, // what this guards against
	} {
		t.Run(tc.reason, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				shared := &local{next: map[string]time.Time{}}
				other, branch := always(200), always(200)
				ctx, cancel := context.WithCancel(t.Context())
				var runs sync.WaitGroup
				runs.Go(func() {
					flood(ctx, New(Env{Transport: branch, Limiter: shared, Reserve: tc.reserve}, "main", slow), write, 10_000)
				})
				start := time.Now()
				if failed, err := flood(ctx, New(Env{Transport: other, Limiter: shared, Reserve: perMinute}, "main", perMinute), write, 1000); failed > 0 {
					t.Error(err)
				}
				took := time.Since(start)
				cancel()
				runs.Wait()
				if alone := 10 * time.Minute; (took > alone*12/10) != tc.slower {
					t.Errorf("the other run took %v", took)
				}
				if len(branch.times) < 20 {
					t.Errorf("%d requests of the slow run", len(branch.times))
				}
				for i := 1; i < len(branch.times); i++ {
					if gap := branch.times[i].Sub(branch.times[i-1]); gap < 6*time.Second {
						t.Errorf("request %d of the slow run came %v after the one before", i+1, gap)
					}
				}
			})
		})
	}
}

// A slow run alone is as slow as it is to be, in line or not, and ends with its time.
func TestSlowRunAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := always(200)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		start := time.Now()
		c := New(Env{Transport: v, Reserve: perMinute}, "main", spec.Rates{Read: spec.PerMinute(10), Write: spec.PerMinute(10)})
		failed, err := flood(ctx, c, write, 100)
		var e *Error
		if failed != 90 || !errors.As(err, &e) || e.Fate != provider.NotDone || time.Since(start) > time.Minute {
			t.Errorf("%d failed in %v, one with: %v", failed, time.Since(start), err)
		}
		for i := 1; i < len(v.times); i++ {
			if gap := v.times[i].Sub(v.times[i-1]); gap != 6*time.Second {
				t.Errorf("request %d came %v after the one before", i+1, gap)
			}
		}
	})
}

// What would come after the run's end ends at once, and leaves its turn to others.
func TestRunsTimeIsNotSleptAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shared := &local{next: map[string]time.Time{}}
		env := Env{Transport: always(200), Limiter: shared}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		start := time.Now()
		failed, err := flood(ctx, New(env, "main", perMinute), write, 10_000)
		if failed != 10_000-100 || !late(err) || !strings.Contains(err.Error(), "after the end of the run's time") {
			t.Errorf("%d failed, one with: %v", failed, err)
		}
		if took := time.Since(start); took >= time.Minute {
			t.Errorf("it ended after %v", took)
		}
		if _, err := New(env, "main", perMinute).Do(t.Context(), write, nil); err != nil || time.Since(start) > time.Minute+4*time.Second {
			t.Errorf("error %v; the next run had its turn after %v", err, time.Since(start))
		}
	})
}

// The last answer of the vendor is what the error is about.
func TestThrottledBeyondTheRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		start := time.Now()
		_, err := New(Env{Transport: always(429, "Retry-After", "120")}, "main", perMinute).Do(ctx, write, nil)
		want := "POST http://vendor.example: http 429; the vendor asks for 2 min; run again then"
		if fmt.Sprint(err) != want || time.Since(start) != 0 || Status(err) != 429 {
			t.Errorf("error %q after %v", err, time.Since(start))
		}
	})
}

// A wait that is longer than a run's patience ends it with the vendor's wish, and nothing is sent before: not by others that draw
// from the same limit either. A run with a limit that leaves room for it waits.
func TestLongWaits(t *testing.T) {
	for header, says := range map[string]string{"3600": "1 h", "Sat, 01 Jan 2000 01:30:00 GMT": "1 h 30 min", "1000000000": "1000 d", "99999999999999999999": "1000 d"} {
		synctest.Test(t, func(t *testing.T) {
			s := &script{answers: []func(*http.Request) (*http.Response, error){status(429, "", "Retry-After", header), ok}}
			c := New(Env{Transport: s, Observe: func(e Event) {
				if e.Wait > 0 {
					t.Errorf("Retry-After %s: it is said to be sent again in %v", header, e.Wait)
				}
			}}, "main", perMinute)
			for range 2 {
				_, err := c.Do(t.Context(), write, nil)
				if f := provider.FailureOf(err); f.Asked != "the vendor asks for "+says+"; run again then" {
					t.Errorf("Retry-After %s: %q is asked for", header, f.Asked)
				}
				if !late(err) || !strings.HasSuffix(err.Error(), "the vendor asks for "+says+"; run again then") || len(s.times) != 1 {
					t.Errorf("Retry-After %s: error %v after %d requests", header, err, len(s.times))
				}
			}
			c.Env.Observe = nil
			ctx, cancel := context.WithTimeout(t.Context(), 2*maxAsked)
			defer cancel()
			start := time.Now()
			if _, err := c.Do(ctx, write, nil); err != nil || time.Since(start) < time.Hour {
				t.Errorf("Retry-After %s: error %v after %v", header, err, time.Since(start))
			}
		})
	}
}
