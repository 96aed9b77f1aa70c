package storetest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/entitlectl/entitlectl/pkg/store"
)

// turn is when a reserved turn is, as far as the caller can tell: a store goes by its own clock and takes its time, so the wait
// began at some moment between the call of Reserve and its return.
type turn struct{ earliest, latest time.Time }

func reserve(t *testing.T, s store.Store, key string, every time.Duration) turn {
	t.Helper()
	before := time.Now()
	wait, err := s.Reserve(t.Context(), key, every)
	must(t, err)
	if wait < 0 {
		t.Errorf("wait %v", wait)
	}
	return turn{before.Add(wait), time.Now().Add(wait)}
}

// MostWithin is how many of the moments, which are sorted, are at most within a window of this length, its end left out.
func MostWithin(at []time.Time, window time.Duration) (most int) {
	for first, last := 0, 0; last < len(at); last++ {
		for at[last].Sub(at[first]) >= window {
			first++
		}
		most = max(most, last-first+1)
	}
	return most
}

// rounding is by how much a store may round times.
const rounding = time.Millisecond

var limiter = map[string]func(t *testing.T, back Backend){
	"IsSharedByEveryHandle": func(t *testing.T, back Backend) {
		const every = 10 * time.Minute
		handles := []store.Store{back.open(t), back.open(t)}
		use(t, handles[0])
		begin := time.Now()
		former := reserve(t, handles[0], "k", every)
		if former.earliest.After(time.Now()) {
			t.Error("the first turn has to be waited for")
		}
		for i := 1; i < 6; i++ {
			next := reserve(t, handles[i%2], "k", every)
			if gap := next.latest.Sub(former.earliest); gap < every-rounding {
				t.Errorf("turn %d is at most %v after the one before, want %v", i, gap, every)
			}
			if next.earliest.After(time.Now().Add(time.Duration(i)*every + rounding)) {
				t.Errorf("turn %d is %v off, want %v at most", i, next.earliest.Sub(begin), time.Duration(i)*every)
			}
			former = next
		}
		if other := reserve(t, handles[0], "other", every); other.earliest.After(time.Now()) {
			t.Error("the first turn of another key has to be waited for")
		}
	},
	"GivesEachTurnOnce": func(t *testing.T, back Backend) {
		const every, callers, each = time.Minute, 4, 10
		use(t, back.open(t))
		begin := time.Now()
		turns := make([][]turn, callers)
		back.sideBySide(t, callers, func(i int, s store.Store) {
			for range each {
				turns[i] = append(turns[i], reserve(t, s, "k", every))
			}
		})
		var latest time.Time
		for _, of := range turns {
			for _, turn := range of {
				if turn.latest.After(latest) {
					latest = turn.latest
				}
			}
		}
		if want := (callers*each - 1) * every; latest.Sub(begin) < want-rounding {
			t.Errorf("%d turns in %v, want %v", callers*each, latest.Sub(begin), want)
		}
	},
	"IsDelayedForEveryHandle": func(t *testing.T, back Backend) {
		a, b := back.open(t), back.open(t)
		use(t, a)
		begin := time.Now()
		must(t, a.Delay(t.Context(), "k", 20*time.Minute))
		must(t, b.Delay(t.Context(), "k", time.Minute)) // is earlier
		must(t, b.Delay(t.Context(), "k", -time.Minute))
		next := reserve(t, b, "k", time.Second)
		if gap := next.latest.Sub(begin); gap < 20*time.Minute-rounding {
			t.Errorf("the next turn is %v off at most, want 20m", gap)
		}
		if next.earliest.After(time.Now().Add(20*time.Minute + rounding)) {
			t.Errorf("the next turn is later than the delay")
		}
		if other := reserve(t, b, "other", time.Second); other.earliest.After(time.Now()) {
			t.Error("another key is delayed")
		}
	},
	"IsDelayedByADayAtMost": func(t *testing.T, back Backend) {
		s := back.open(t)
		use(t, s)
		begin := time.Now()
		must(t, s.Delay(t.Context(), "k", 1<<62))
		next := reserve(t, s, "k", time.Second)
		if gap := next.latest.Sub(begin); gap < 24*time.Hour-rounding || next.earliest.After(time.Now().Add(24*time.Hour+rounding)) {
			t.Errorf("the next turn is %v off, want a day", gap)
		}
	},
	"HeedsTheContext": func(t *testing.T, back Backend) {
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		s := back.open(t)
		if _, err := s.Reserve(ended, "k", time.Hour); !errors.Is(err, context.Canceled) {
			t.Errorf("error %v", err)
		}
		if next := reserve(t, s, "k", time.Hour); next.earliest.After(time.Now()) {
			t.Error("a turn is gone that nobody got")
		}
	},
	"NeedsAnInterval": func(t *testing.T, back Backend) {
		s := back.open(t)
		for _, every := range []time.Duration{0, -1} {
			if _, err := s.Reserve(t.Context(), "k", every); err == nil {
				t.Errorf("a turn every %v is reserved", every)
			}
		}
	},
}

// use writes something, since a store need not share turns before that.
func use(t *testing.T, s store.Store) {
	t.Helper()
	must(t, s.Put("k", ""))
}
