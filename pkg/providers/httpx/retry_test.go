package httpx

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/entitlectl/entitlectl/pkg/provider"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// Fault matrix, row 4: a read is tried again, of a write nobody knows whether it was done; and a vendor that is down for ten
// minutes sees no more than the pace, of which retries are bounded by what the run may spend on them.
func TestFault04ServerErrors(t *testing.T) {
	t.Run("a page of a proxy", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			page := status(502, "<html><title>502 Bad Gateway</title></html>")
			for method, want := range map[string]int{http.MethodGet: 2, http.MethodPost: 1} {
				s := &script{answers: []func(*http.Request) (*http.Response, error){page, ok}}
				_, err := New(Env{Transport: s}, "main", spec.Rates{}).Do(t.Context(), Request{Method: method, Base: "http://vendor.example"}, nil)
				var e *Error
				if errors.As(err, &e) != (want == 1) || len(s.times) != want {
					t.Errorf("%s: error %v after %d requests", method, err, len(s.times))
				}
				if e != nil && (e.Fate != provider.Unknown || !strings.Contains(err.Error(), "502 Bad Gateway")) {
					t.Errorf("%s: fate %v: %v", method, e.Fate, err)
				}
			}
		})
	})
	for name, tc := range map[string]struct {
		answer  func(*http.Request) (*http.Response, error)
		retries int // that the tokens are enough for
	}{
		"refused": {status(503, ""), maxRetryTokens / priceRetry},
		"silent":  {silent, maxRetryTokens / priceTimeout},
	} {
		t.Run("ten minutes: "+name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { outage(t, tc.answer, tc.retries) })
		})
	}
	t.Run("after an outage", func(t *testing.T) { synctest.Test(t, recovery) })
}

func outage(t *testing.T, answer func(*http.Request) (*http.Response, error), retries int) {
	v := &vendor{answer: func(_ int, r *http.Request) (*http.Response, error) { return answer(r) }}
	requests := map[int]int{} // by attempt
	env := Env{Transport: v, TryTimeout: time.Second, Observe: func(e Event) {
		v.mu.Lock()
		defer v.mu.Unlock()
		requests[e.Attempt]++
	}}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	failed, err := flood(ctx, New(env, "main", perMinute), read, 900)
	if failed != 900 || !strings.HasSuffix(err.Error(), "; no more retries: too many of this run's requests failed") {
		t.Errorf("%d failed, one with: %v", failed, err)
	}
	if again := len(v.times) - requests[1]; again != retries {
		t.Errorf("%d requests, %d of them retries, want %d", len(v.times), again, retries)
	}
	for i := 1; i < len(v.times); i++ {
		if gap := v.times[i].Sub(v.times[i-1]); gap < 600*time.Millisecond {
			t.Fatalf("request %d came %v after the one before", i, gap)
		}
	}
}

// recovery: success gives back what failure took, and no more.
func recovery(t *testing.T) {
	failing := true
	v := &vendor{answer: func(_ int, r *http.Request) (*http.Response, error) {
		if failing {
			return status(500, "")(r)
		}
		return ok(r)
	}}
	c := New(Env{Transport: v}, "main", spec.Rates{})
	for _, step := range []struct {
		failing            bool
		requests, attempts int
	}{
		{true, 40, 40 + maxRetryTokens/priceRetry}, // 4 attempts each, until no tokens are left
		{false, 4, 4},
		{true, 1, 1},
		{false, 6, 6}, // with those before ten tokens: two retries
		{true, 2, 4},
		{false, 2000, 2000},
		{true, 40, 40 + maxRetryTokens/priceRetry},
	} {
		failing, v.times = step.failing, nil
		for range step.requests {
			if _, err := c.Do(t.Context(), read, nil); (err != nil) != failing {
				t.Fatal(err)
			}
		}
		if len(v.times) != step.attempts {
			t.Errorf("%+v: %d attempts", step, len(v.times))
		}
	}
}
