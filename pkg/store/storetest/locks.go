package storetest

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/entitlectl/entitlectl/pkg/store"
)

var locks = map[string]func(t *testing.T, back Backend){
	"ExcludeEachOther": func(t *testing.T, back Backend) {
		a, b := back.open(t), back.open(t)
		l := acquire(t, a, "x", owner(1))
		for _, s := range []store.Store{a, b} {
			isHeld(t, s, store.Holder{Scope: "x", Owner: owner(1)})
		}
		release(t, l)
		release(t, l)
		isFormer(t, acquire(t, b, "x", owner(2)), nil)
		if err := l.Append(t.Context(), entry(1, store.Begun)); err == nil {
			t.Error("a lease that was given back takes an entry")
		}
		release(t, l)
		isHeld(t, a, store.Holder{Scope: "x", Owner: owner(2)})
	},
	"OfOtherScopesAreIndependent": func(t *testing.T, back Backend) {
		s := back.open(t)
		for i, scope := range oddNames {
			acquire(t, s, scope, owner(i))
		}
		var want []store.Holder
		for i, scope := range oddNames {
			want = append(want, store.Holder{Scope: scope, Owner: owner(i)})
			isHeld(t, back.open(t), want[i])
		}
		slices.SortFunc(want, func(a, b store.Holder) int { return strings.Compare(a.Scope, b.Scope) })
		areHolders(t, s, want)
	},
	"OfTheDeadAreTakenOver": func(t *testing.T, back Backend) {
		s := back.open(t)
		areHolders(t, s, nil)
		back.Crash(t, acquire(t, back.Open(t), "x", owner(1)))
		living := acquire(t, s, "w", owner(2))
		areHolders(t, s, []store.Holder{{Scope: "w", Owner: owner(2)}, {Scope: "x", Owner: owner(1), Dead: true}})
		former := owner(1)
		l := acquire(t, s, "x", owner(3))
		isFormer(t, l, &former)
		areHolders(t, s, []store.Holder{{Scope: "w", Owner: owner(2)}, {Scope: "x", Owner: owner(3)}})
		release(t, l)
		release(t, living)
		areHolders(t, s, nil)
		isFormer(t, acquire(t, s, "x", owner(4)), nil)
	},
	"AreBroken": func(t *testing.T, back Backend) {
		a, b := back.open(t), back.open(t)
		zombie := acquire(t, a, "x", owner(1))
		must(t, zombie.Append(t.Context(), entry(1, store.Begun)))
		must(t, b.Break(t.Context(), "x", owner(2), "it hangs"))
		areHolders(t, b, nil)
		isLost(t, zombie)
		heir := acquire(t, b, "x", owner(3))
		isFormer(t, heir, nil)
		isLost(t, zombie)
		release(t, zombie)
		isHeld(t, a, store.Holder{Scope: "x", Owner: owner(3)})
		must(t, heir.Append(t.Context()))
		areInDoubt(t, b, "x", entry(1, store.Begun)) // nothing that the zombie tried to add
	},
	"AreBrokenForAReasonThatIsKept": func(t *testing.T, back Backend) {
		s := back.open(t)
		breaks := func(reason string) error { return s.Break(t.Context(), "x", owner(2), reason) }
		if breaks("nobody has it") == nil {
			t.Error("a lock that nobody ever had is broken")
		}
		l := acquire(t, s, "x", owner(1))
		for _, reason := range []string{"", " \n"} {
			if breaks(reason) == nil {
				t.Errorf("a lock is broken with the reason %q", reason)
			}
		}
		must(t, l.Append(t.Context(), entry(1, store.Settled)))
		must(t, breaks("it hangs"))
		if breaks("again") == nil {
			t.Error("a lock that was broken is broken again")
		}
		back.Crash(t, acquire(t, back.Open(t), "x", owner(3)))
		must(t, breaks("it died"))
		isFormer(t, acquire(t, s, "x", owner(4)), nil)
		var reasons []string
		for r, err := range s.Records(t.Context()) {
			must(t, err)
			if r.Kind != store.LockBroken || r.Who != owner(2) || !slices.Equal(r.Scopes, []string{"x"}) || r.At.IsZero() {
				t.Errorf("recorded as %+v", r)
			}
			reasons = append(reasons, r.Outcome+": "+r.Reason)
		}
		want := []string{"taken from " + owner(1).String() + ": it hangs", "taken from " + owner(3).String() + ": it died"}
		if !slices.Equal(reasons, want) {
			t.Errorf("reasons %q, want %q", reasons, want)
		}
	},
	"AreHeldByOneOfMany": func(t *testing.T, back Backend) {
		const contenders, each = 4, 8
		var holding atomic.Int32
		back.sideBySide(t, contenders, func(i int, s store.Store) {
			for had := 0; had < each; {
				l, err := s.Acquire(t.Context(), "x", owner(i))
				if held := (*store.HeldError)(nil); errors.As(err, &held) {
					if held.Owner != owner(held.PID) {
						t.Errorf("the lock is held by %+v", held.Owner)
					}
					continue
				}
				if err != nil {
					t.Error(err)
					return
				}
				had++
				if n := holding.Add(1); n != 1 {
					t.Errorf("%d hold the lock", n)
				}
				if former := l.Former(); former != nil {
					t.Errorf("former owner %v, though nobody died", former)
				}
				err = l.Append(t.Context(), store.Entry{Run: owner(i).Run, Call: had, State: store.Unknown})
				holding.Add(-1)
				if err = errors.Join(err, l.Release()); err != nil {
					t.Error(err)
				}
			}
		})
		doubts, err := back.open(t).Doubts(t.Context(), "x")
		must(t, err)
		if len(doubts) != contenders*each {
			t.Errorf("%d entries were acknowledged, %d are there", contenders*each, len(doubts))
		}
	},
	"HeedTheContext": func(t *testing.T, back Backend) {
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		s := back.open(t)
		if _, err := s.Acquire(ended, "x", owner(1)); !errors.Is(err, context.Canceled) {
			t.Errorf("error %v", err)
		}
		l := acquire(t, s, "x", owner(2))
		must(t, l.Append(ended, entry(1, store.Begun))) // an interrupted run still says how its calls ended
		areInDoubt(t, s, "x", entry(1, store.Begun))
		release(t, l)
	},
}

func isHeld(t *testing.T, s store.Store, want store.Holder) {
	t.Helper()
	_, err := s.Acquire(t.Context(), want.Scope, owner(99))
	held := (*store.HeldError)(nil)
	if !errors.As(err, &held) {
		t.Fatalf("error %v, want that %s is held", err, want.Scope)
	}
	same(t, "held", want, held.Holder)
}

func isFormer(t *testing.T, l store.Lease, want *store.Owner) {
	t.Helper()
	same(t, "former", want, l.Former())
}

func isLost(t *testing.T, l store.Lease) {
	t.Helper()
	if err := l.Append(t.Context(), entry(2, store.Begun)); !errors.Is(err, store.ErrLost) {
		t.Errorf("error %v, want %v", err, store.ErrLost)
	}
}

func areHolders(t *testing.T, s store.Store, want []store.Holder) {
	t.Helper()
	got, err := s.Holders(t.Context())
	must(t, err)
	same(t, "holders", want, got)
}
