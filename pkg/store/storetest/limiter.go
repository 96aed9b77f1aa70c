package storetest

import (
	"sync"
	"testing"
	"time"

	"github.com/entitlectl/entitlectl/pkg/store"
)

// Engines may go by a clock of their own and take their time, so a turn is known to be in a span only: not before the moment
// just before Reserve plus the wait, nor after the moment just after plus the wait.
type turn struct{ earliest, latest time.Time }

func take(t *testing.T, s store.Store, key string, every time.Duration) turn {
	t.Helper()
	before := time.Now()
	wait, err := s.Reserve(t.Context(), key, every)
	must(t, err)
	if wait < 0 {
		t.Errorf("wait %v", wait)
	}
	return turn{before.Add(wait), time.Now().Add(wait)}
}

// rounding is what an engine may lose of a moment.
const rounding = time.Millisecond

var limiter = map[string]func(t *testing.T, back Backend){
	"IsSharedByEveryHandle": func(t *testing.T, back Backend) {
		const every = 10 * time.Minute
		handles := []store.Store{back.open(t), back.open(t)}
		keepFolder(t, handles[0])
		begin := time.Now()
		former := take(t, handles[0], "k", every)
		if former.earliest.After(time.Now()) {
			t.Error("the first turn has to be waited for")
		}
		for i := 1; i < 6; i++ {
			next := take(t, handles[i%2], "k", every)
			if gap := next.latest.Sub(former.earliest); gap < every-rounding {
				t.Errorf("turn %d is at most %v after the one before, want %v", i, gap, every)
			}
			if next.earliest.After(time.Now().Add(time.Duration(i)*every + rounding)) {
				t.Errorf("turn %d is %v off, want %v at most", i, next.earliest.Sub(begin), time.Duration(i)*every)
			}
			former = next
		}
		if other := take(t, handles[0], "other", every); other.earliest.After(time.Now()) {
			t.Error("the first turn of another key has to be waited for")
		}
	},
	"GivesEachTurnOnce": func(t *testing.T, back Backend) {
		const every, takers, each = time.Minute, 4, 10
		keepFolder(t, back.open(t))
		begin := time.Now()
		var wg sync.WaitGroup
		turns := make([][]turn, takers)
		for i := range takers {
			s := back.open(t)
			wg.Go(func() {
				for range each {
					turns[i] = append(turns[i], take(t, s, "k", every))
				}
			})
		}
		wg.Wait()
		var latest time.Time
		for _, of := range turns {
			for _, turn := range of {
				if turn.latest.After(latest) {
					latest = turn.latest
				}
			}
		}
		if want := (takers*each - 1) * every; latest.Sub(begin) < want-rounding {
			t.Errorf("%d turns in %v, want %v", takers*each, latest.Sub(begin), want)
		}
	},
	"IsDelayedForEveryHandle": func(t *testing.T, back Backend) {
		a, b := back.open(t), back.open(t)
		keepFolder(t, a)
		begin := time.Now()
		must(t, a.Delay(t.Context(), "k", 20*time.Minute))
		must(t, b.Delay(t.Context(), "k", time.Minute)) // is no earlier
		must(t, b.Delay(t.Context(), "k", -time.Minute))
		next := take(t, b, "k", time.Second)
		if gap := next.latest.Sub(begin); gap < 20*time.Minute-rounding {
			t.Errorf("the next turn is %v off at most, want 20m", gap)
		}
		if next.earliest.After(time.Now().Add(20*time.Minute + rounding)) {
			t.Errorf("the next turn is later than the delay")
		}
		if other := take(t, b, "other", time.Second); other.earliest.After(time.Now()) {
			t.Error("another key is delayed")
		}
	},
	"IsDelayedByADayAtMost": func(t *testing.T, back Backend) {
		s := back.open(t)
		keepFolder(t, s)
		begin := time.Now()
		must(t, s.Delay(t.Context(), "k", 1<<62))
		next := take(t, s, "k", time.Second)
		if gap := next.latest.Sub(begin); gap < 24*time.Hour-rounding || next.earliest.After(time.Now().Add(24*time.Hour+rounding)) {
			t.Errorf("the next turn is %v off, want a day", gap)
		}
	},
	"NeedsARate": func(t *testing.T, back Backend) {
		s := back.open(t)
		for _, every := range []time.Duration{0, -1} {
			if _, err := s.Reserve(t.Context(), "k", every); err == nil {
				t.Errorf("a turn every %v is taken", every)
			}
		}
	},
}

// keepFolder keeps a fact, since an engine need not share a rate before anything is kept.
func keepFolder(t *testing.T, s store.Store) {
	t.Helper()
	must(t, s.Put("k", ""))
}
