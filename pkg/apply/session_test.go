package apply

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/store"
)

// The history has a record before the first call and one with the result after the last, and none of a run without any.
func TestHistory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v, k := &vendor{live: state(map[string][]string{"CAD": {"a"}})}, keptIn(t)
		desired := state(map[string][]string{"CAD": {"a", "b"}})
		for range 2 {
			if _, err := applyHeld(t, k, v, desired, "r"); err != nil {
				t.Fatal(err)
			}
		}
		var kinds []store.Kind
		for r, err := range k.Records(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			kinds = append(kinds, r.Kind)
			if r.Kind == store.RunEnded && (r.Calls != 1 || r.Outcome != "done" || strings.Contains(string(r.Result), `"outcome"`) || r.Details == nil) {
				t.Fatalf("record %+v", r)
			}
			if r.Kind == store.RunEnded {
				var outcomes []diff.Outcome
				result, err := diff.EachResult(k.Details(t.Context(), *r.Details), func(_ *diff.Result, c diff.ChangeResult) bool {
					outcomes = append(outcomes, c.Outcome)
					return true
				})
				if err != nil || len(result.Connections) != 1 || !slices.Equal(outcomes, []diff.Outcome{diff.Done}) || result.Summary.Done != 1 {
					t.Errorf("details %+v, error %v", result, err)
				}
			}
		}
		if !slices.Equal(kinds, []store.Kind{store.RunStarted, store.RunEnded}) {
			t.Errorf("kinds %v", kinds)
		}
	})
}

// The history says why a run did not come to its end.
func TestOutcome(t *testing.T) {
	interrupted, cancel := context.WithCancel(t.Context())
	cancel()
	late, cancel := context.WithDeadline(t.Context(), time.Unix(0, 0))
	defer cancel()
	clean, left := &diff.Result{}, &diff.Result{Summary: diff.ResultSummary{NotTried: 1}}
	unread := &diff.Result{Connections: []diff.PartResult{{Errors: diff.Errors{errors.New("the cable is cut")}}}}
	for _, tc := range []struct {
		want   string
		ctx    context.Context
		result *diff.Result
	}{{"done", t.Context(), clean}, {"done", interrupted, clean}, {"unfinished", t.Context(), left}, {"unfinished", t.Context(), unread},
		{"interrupted", interrupted, left}, {"out of time", late, left}} {
		if got := outcome(tc.ctx, tc.result, ApplyOptions{}); got != tc.want {
			t.Errorf("%q, want %q", got, tc.want)
		}
	}
	blocked := &diff.Result{Summary: diff.ResultSummary{Blocked: 1}}
	for allowed, want := range map[bool]string{true: "done", false: "unfinished"} {
		if got := outcome(t.Context(), blocked, ApplyOptions{Finished: func(*diff.Result) bool { return allowed }}); got != want {
			t.Errorf("allowed %t: %q, want %q", allowed, got, want)
		}
	}
}

// A connection is held by one run at a time; another waits as long as it was told to.
func TestLocks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := keptIn(t)
		first, err := AcquireLocks(t.Context(), k, store.Owner{Run: "first", User: "alice"}, "", []string{"a", conn}, 0, nil)
		if err != nil {
			t.Fatal(err)
		}
		var held *store.HeldError
		if _, err := AcquireLocks(t.Context(), k, store.Owner{Run: "second"}, "", []string{"b", conn}, 0, nil); !errors.As(err, &held) || held.User != "alice" || held.Scope != conn {
			t.Errorf("error %v", err)
		}
		var releasing sync.WaitGroup // whoever waits may have the lock before the release is over
		defer releasing.Wait()
		releasing.Go(func() {
			time.Sleep(5 * time.Second)
			if err := first.Release(); err != nil {
				t.Error(err)
			}
		})
		if _, err := AcquireLocks(t.Context(), k, store.Owner{Run: "third"}, "", []string{"b", conn}, 2*time.Second, nil); !errors.As(err, &held) {
			t.Errorf("error %v", err)
		}
		var told []string
		start := time.Now()
		tell := func(held *store.HeldError) {
			told = append(told, held.Scope+" "+held.User+" "+time.Since(start).String())
		}
		if s, err := AcquireLocks(t.Context(), k, store.Owner{Run: "fourth"}, "", []string{"b", conn}, time.Minute, tell); err != nil || len(s.Former()) > 0 {
			t.Errorf("error %v", err)
		}
		if !slices.Equal(told, []string{conn + " alice 0s"}) {
			t.Errorf("told of waits: %q", told)
		}
	})
}

// Whoever is interrupted while waiting for a lock is told that, not who has it.
func TestLocksInterrupted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := keptIn(t)
		first, err := AcquireLocks(t.Context(), k, store.Owner{Run: "first"}, "", []string{conn}, 0, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { // until then: a lock that nobody refers to goes with the next collection
			if err := first.Release(); err != nil {
				t.Error(err)
			}
		}()
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		var held *store.HeldError
		if _, err := AcquireLocks(ctx, k, store.Owner{Run: "second"}, "", []string{conn}, time.Hour, nil); errors.As(err, &held) || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v", err)
		}
	})
}
