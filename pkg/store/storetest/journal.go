package storetest

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/entitlectl/entitlectl/pkg/store"
)

// entry makes an entry about a call of the run "r".
func entry(call int, s store.State) store.Entry {
	at := time.Date(2026, 11, 5, 12, 0, call, 0, time.UTC)
	return store.Entry{Run: "r", Plan: "p", Call: call, State: s, At: at, Name: "add", Detail: "<ü>\n"}
}

func changing(e store.Entry, changes string) store.Entry {
	e.Changes = json.RawMessage(changes)
	return e
}

var journal = map[string]func(t *testing.T, back Backend){
	"KeepsWhatIsInDoubt": func(t *testing.T, back Backend) {
		s := back.open(t)
		areInDoubt(t, s, "x")
		l := acquire(t, back.Open(t), "x", owner(1))
		must(t, l.Append(t.Context()))
		areInDoubt(t, s, "x")
		must(t, l.Append(t.Context(),
			changing(entry(1, store.Begun), `["a"]`), changing(entry(2, store.Begun), `["b"]`), entry(3, store.Begun)))
		must(t, l.Append(t.Context(), entry(2, store.Answered)))
		must(t, l.Append(t.Context(), entry(1, store.Settled), changing(entry(4, store.Unknown), `{"k": "<ü>"}`)))
		unknown := changing(entry(4, store.Unknown), `{"k":"<ü>"}`)
		want := []store.Entry{changing(entry(2, store.Answered), `["b"]`), entry(3, store.Begun), unknown}
		areInDoubt(t, back.open(t), "x", want...)
		areInDoubt(t, s, "y")
		back.Crash(t, l)
		areInDoubt(t, s, "x", want...)
		l = acquire(t, s, "x", owner(2))
		areInDoubt(t, s, "x", want...)
		must(t, l.Append(t.Context(), entry(3, store.Settled)))
		must(t, l.Append(t.Context(), entry(2, store.Unknown)))
		release(t, l)
		areInDoubt(t, s, "x", changing(entry(2, store.Unknown), `["b"]`), unknown)
	},
	"TellsRunsApart": func(t *testing.T, back Backend) {
		s := back.open(t)
		l := acquire(t, s, "x", owner(1))
		other := entry(1, store.Begun)
		other.Run = "other"
		settled := other
		settled.State = store.Settled
		must(t, l.Append(t.Context(), entry(1, store.Begun), other, settled))
		areInDoubt(t, s, "x", entry(1, store.Begun))
	},
	"SettlesWhatWasLost": func(t *testing.T, back Backend) {
		s := back.open(t)
		l := acquire(t, s, "x", owner(1))
		must(t, l.Append(t.Context(), entry(1, store.Lost)))
		areInDoubt(t, s, "x", entry(1, store.Lost))
		must(t, l.Append(t.Context(), entry(1, store.Settled)))
		areInDoubt(t, s, "x")
	},
	"RefusesAnEntryThatCantBeKept": func(t *testing.T, back Backend) {
		s := back.open(t)
		l := acquire(t, s, "x", owner(1))
		must(t, l.Append(t.Context(), entry(1, store.Begun)))
		for _, next := range []store.Entry{changing(entry(2, store.Begun), "{"), entry(3, store.Begun)} {
			if l.Append(t.Context(), next) == nil {
				t.Errorf("call %d is taken", next.Call)
			}
		}
		areInDoubt(t, s, "x", entry(1, store.Begun))
		release(t, l)
		must(t, acquire(t, s, "x", owner(2)).Append(t.Context(), entry(1, store.Settled)))
		areInDoubt(t, s, "x")
	},
	"SaysTheSameHoweverItIsCutIntoLeases": func(t *testing.T, back Backend) {
		s := back.Open(t)
		states := rapid.SampledFrom([]store.State{store.Begun, store.Answered, store.Unknown, store.Settled})
		scope, others := 0, 3
		if back.Costly {
			others = 40
		}
		rapid.Check(t, func(rt *rapid.T) {
			scope++
			name := fmt.Sprint("x", scope)
			l := acquire(rt, s, name, owner(1))
			var all []store.Entry
			for range rapid.IntRange(1, 12).Draw(rt, "appends") {
				next := entry(rapid.IntRange(1, 3).Draw(rt, "call"), states.Draw(rt, "state"))
				if rapid.Bool().Draw(rt, "changes") {
					next.Changes = fmt.Appendf(nil, `"change %d"`, len(all))
				}
				must(rt, l.Append(rt.Context(), next))
				all = append(all, next)
				switch rapid.IntRange(0, others).Draw(rt, "then") {
				case 0:
					release(rt, l)
					l = acquire(rt, s, name, owner(1))
				case 1:
					back.Crash(t, l)
					s = back.Open(t)
					l = acquire(rt, s, name, owner(1))
				}
			}
			areInDoubt(rt, s, name, model(all)...)
			release(rt, l)
		})
	},
}

// model works out what is in doubt call by call, in the words of the interface.
func model(all []store.Entry) (doubts []store.Entry) {
	for i, first := range all {
		begins := true // it is the first of its call, or the first since the call was settled
		for _, earlier := range all[:i] {
			if earlier.Call == first.Call {
				begins = earlier.State == store.Settled
			}
		}
		if !begins {
			continue
		}
		last, changes := first, first.Changes
		for _, later := range all[i:] {
			if later.Call != first.Call || last.State == store.Settled {
				continue
			}
			last = later
			if later.Changes != nil {
				changes = later.Changes
			}
		}
		if last.State != store.Settled {
			last.Changes = changes
			doubts = append(doubts, last)
		}
	}
	return doubts
}

func areInDoubt(t reporter, s store.Store, scope string, want ...store.Entry) {
	t.Helper()
	got, err := s.Doubts(t.Context(), scope)
	must(t, err)
	sameJSON := cmp.Transformer("JSON", func(raw json.RawMessage) any {
		var v any
		if len(raw) > 0 && json.Unmarshal(raw, &v) != nil {
			return string(raw)
		}
		return v
	})
	if diff := cmp.Diff(append([]store.Entry{}, want...), append([]store.Entry{}, got...), sameJSON); diff != "" {
		t.Fatalf("in doubt (-want +got):\n%s", diff)
	}
}
