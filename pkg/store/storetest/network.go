package storetest

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/entitlectl/entitlectl/pkg/store"
)

// network is what only a network has, and holds for all stores as far as it can happen to them.
var network = map[string]func(t *testing.T, back Backend){
	"LosesTheLeaseWithTheConnection": func(t *testing.T, back Backend) {
		s, other := back.open(t), back.open(t)
		l := acquire(t, s, "x", owner(1))
		must(t, l.Append(t.Context(), entry(1, store.Begun)))
		back.Cut(t, l)
		isLost(t, l)
		isLost(t, l) // for good, though the server may be reached again
		heir := acquire(t, other, "x", owner(3))
		isLost(t, l)
		release(t, l)
		isHeld(t, s, store.Holder{Scope: "x", Owner: owner(3)})
		areInDoubt(t, s, "x", entry(1, store.Begun))
		must(t, heir.Append(t.Context(), entry(1, store.Settled)))
		release(t, heir)
		must(t, acquire(t, s, "x", owner(4)).Append(t.Context(), entry(4, store.Begun))) // the process may begin anew
		areInDoubt(t, other, "x", entry(4, store.Begun))
	},
	"GoesOnAfterARestart": func(t *testing.T, back Backend) {
		s := back.open(t)
		l := acquire(t, s, "x", owner(1))
		must(t, l.Append(t.Context(), entry(1, store.Begun)))
		must(t, s.Put("k", "1"))
		must(t, s.Record(t.Context(), store.Record{Kind: store.RunStarted}, rows(nil, "1")))
		back.Restart(t)
		gets(t, s, "k", "1", true)
		must(t, s.Put("k", "2"))
		gets(t, back.open(t), "k", "2", true)
		must(t, s.Record(t.Context(), store.Record{Kind: store.RunEnded}, nil))
		if c := verify(t, s); c.Records != 2 {
			t.Errorf("%d records", c.Records)
		}
		must(t, store.CheckDetails(t.Context(), s))
		want := []store.Entry{entry(1, store.Begun)}
		if err := l.Append(t.Context(), entry(2, store.Begun)); err == nil {
			want = append(want, entry(2, store.Begun)) // a store without a server keeps its leases
		}
		release(t, l)
		areInDoubt(t, s, "x", want...)
		release(t, acquire(t, s, "x", owner(2)))
		reserve(t, s, "k", time.Second)
	},
	"DoubtsWhatAFailoverMayHaveLost": func(t *testing.T, back Backend) {
		s := back.open(t)
		l := acquire(t, s, "x", owner(1))
		must(t, l.Append(t.Context(), entry(1, store.Begun)))
		must(t, s.Record(t.Context(), store.Record{Kind: store.RunStarted}, nil))
		former := back.Mark(t)
		must(t, l.Append(t.Context(), entry(1, store.Settled), entry(2, store.Begun)))
		must(t, s.Record(t.Context(), store.Record{Kind: store.RunEnded}, nil))
		back.Crash(t, l)
		before := time.Now()
		former(t)
		s = back.open(t)
		if c := verify(t, s); c.Records != 1 {
			t.Errorf("%d records", c.Records)
		}
		heir := acquire(t, s, "x", owner(2))
		isFormer(t, heir, new(owner(1)))
		doubts, err := s.Doubts(t.Context(), "x")
		must(t, err)
		if !slices.ContainsFunc(doubts, func(e store.Entry) bool { return e.Call == 1 && e.State == store.Begun }) {
			t.Errorf("what was begun is not in doubt: %+v", doubts)
		}
		lost := slices.IndexFunc(doubts, func(e store.Entry) bool { return e.State == store.Lost })
		if back.Notices && (lost < 0 || doubts[lost].At.Before(before.Add(-rounding))) {
			t.Errorf("what may be lost is not in doubt: %+v", doubts)
		}
		must(t, s.Record(t.Context(), store.Record{Kind: store.RunStarted}, nil))
		verify(t, s)
		if lost >= 0 {
			settled := doubts[lost]
			settled.State = store.Settled
			must(t, heir.Append(t.Context(), settled))
		}
		release(t, heir)
		release(t, acquire(t, s, "x", owner(3)))
		areInDoubt(t, s, "x", entry(1, store.Begun)) // and it is noticed once
	},
	"GoesByItsOwnClock": func(t *testing.T, back Backend) {
		a, b := back.open(t), back.open(t)
		ahead, behind := owner(1), owner(2)
		ahead.Since, behind.Since = time.Now().Add(7*time.Hour).UTC(), time.Now().Add(-9*time.Hour).UTC()
		l := acquire(t, a, "x", ahead)
		first, second := entry(1, store.Begun), entry(2, store.Begun)
		first.At, second.At = ahead.Since, behind.Since
		must(t, l.Append(t.Context(), first))
		before := time.Now()
		must(t, b.Break(t.Context(), "x", behind, "it hangs"))
		must(t, acquire(t, b, "x", behind).Append(t.Context(), second))
		areInDoubt(t, a, "x", first, second) // in the order in which they came
		if r := records(t, a)[0]; r.At.Before(before.Add(-time.Second)) || r.At.After(time.Now().Add(time.Second)) {
			t.Errorf("the lock was broken at %v, it is said, and not now", r.At)
		}
	},
	"LosesNothingThatASlowCommitSaid": func(t *testing.T, back Backend) {
		a, b := back.open(t), back.open(t)
		l := acquire(t, a, "x", owner(1))
		release(t, acquire(t, b, "other", owner(2))) // so that b has its connections
		back.Slow(t, a)
		must(t, l.Append(t.Context(), entry(9, store.Settled))) // so that nothing but the commit takes its time
		said := make(chan error)
		go func() { said <- l.Append(t.Context(), entry(1, store.Begun)) }()
		time.Sleep(back.Slowly / 3)
		must(t, b.Break(t.Context(), "x", owner(2), "it is slow"))
		heir := acquire(t, b, "x", owner(3))
		doubts, err := b.Doubts(t.Context(), "x")
		must(t, err)
		switch err := <-said; {
		case err == nil && len(doubts) != 1:
			t.Error("the next owner does not see an entry that was said to be there")
		case err != nil && !errors.Is(err, store.ErrLost):
			t.Errorf("error %v", err)
		}
		isLost(t, l)
		must(t, heir.Append(t.Context(), entry(1, store.Settled)))
	},
}
