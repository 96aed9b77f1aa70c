package enginetest

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/entitlectl/entitlectl/pkg/engine"
)

// entry is of a call of the run "r".
func entry(call int, s engine.State) engine.Entry {
	at := time.Date(2026, 11, 5, 12, 0, call, 0, time.UTC)
	return engine.Entry{Run: "r", Plan: "p", Call: call, State: s, At: at, Name: "add", Detail: "<ü>\n"}
}

func changing(e engine.Entry, changes string) engine.Entry {
	e.Changes = json.RawMessage(changes)
	return e
}

var journal = map[string]func(t *testing.T, s Store){
	"KeepsWhatIsInDoubt": func(t *testing.T, s Store) {
		e := s.open(t)
		areInDoubt(t, e, "x")
		l := acquire(t, s.Open(t), "x", owner(1))
		must(t, l.Append(t.Context()))
		areInDoubt(t, e, "x")
		must(t, l.Append(t.Context(),
			changing(entry(1, engine.Begun), `["a"]`), changing(entry(2, engine.Begun), `["b"]`), entry(3, engine.Begun)))
		must(t, l.Append(t.Context(), entry(2, engine.Answered)))
		must(t, l.Append(t.Context(), entry(1, engine.Settled), changing(entry(4, engine.Unknown), `{"k": "<ü>"}`)))
		unknown := changing(entry(4, engine.Unknown), `{"k":"<ü>"}`)
		want := []engine.Entry{changing(entry(2, engine.Answered), `["b"]`), entry(3, engine.Begun), unknown}
		areInDoubt(t, s.open(t), "x", want...)
		areInDoubt(t, e, "y")
		s.Crash(t, l)
		areInDoubt(t, e, "x", want...)
		l = acquire(t, e, "x", owner(2))
		areInDoubt(t, e, "x", want...)
		must(t, l.Append(t.Context(), entry(3, engine.Settled)))
		must(t, l.Append(t.Context(), entry(2, engine.Unknown)))
		release(t, l)
		areInDoubt(t, e, "x", changing(entry(2, engine.Unknown), `["b"]`), unknown)
	},
	"TellsRunsApart": func(t *testing.T, s Store) {
		e := s.open(t)
		l := acquire(t, e, "x", owner(1))
		other := entry(1, engine.Begun)
		other.Run = "other"
		settled := other
		settled.State = engine.Settled
		must(t, l.Append(t.Context(), entry(1, engine.Begun), other, settled))
		areInDoubt(t, e, "x", entry(1, engine.Begun))
	},
	"SettlesWhatWasLost": func(t *testing.T, s Store) {
		e := s.open(t)
		l := acquire(t, e, "x", owner(1))
		must(t, l.Append(t.Context(), entry(1, engine.Lost)))
		areInDoubt(t, e, "x", entry(1, engine.Lost))
		must(t, l.Append(t.Context(), entry(1, engine.Settled)))
		areInDoubt(t, e, "x")
	},
	"RefusesAnEntryThatCantBeKept": func(t *testing.T, s Store) {
		e := s.open(t)
		l := acquire(t, e, "x", owner(1))
		must(t, l.Append(t.Context(), entry(1, engine.Begun)))
		for _, next := range []engine.Entry{changing(entry(2, engine.Begun), "{"), entry(3, engine.Begun)} {
			if l.Append(t.Context(), next) == nil {
				t.Errorf("call %d is taken", next.Call)
			}
		}
		areInDoubt(t, e, "x", entry(1, engine.Begun))
		release(t, l)
		must(t, acquire(t, e, "x", owner(2)).Append(t.Context(), entry(1, engine.Settled)))
		areInDoubt(t, e, "x")
	},
	"SaysTheSameHoweverItIsCutIntoLeases": func(t *testing.T, s Store) {
		e := s.Open(t)
		states := rapid.SampledFrom([]engine.State{engine.Begun, engine.Answered, engine.Unknown, engine.Settled})
		scope := 0
		rapid.Check(t, func(rt *rapid.T) {
			scope++
			name := fmt.Sprint("x", scope)
			l := acquire(rt, e, name, owner(1))
			var all []engine.Entry
			for range rapid.IntRange(1, 12).Draw(rt, "appends") {
				next := entry(rapid.IntRange(1, 3).Draw(rt, "call"), states.Draw(rt, "state"))
				if rapid.Bool().Draw(rt, "changes") {
					next.Changes = fmt.Appendf(nil, `"change %d"`, len(all))
				}
				must(rt, l.Append(rt.Context(), next))
				all = append(all, next)
				switch rapid.IntRange(0, 3).Draw(rt, "then") {
				case 0:
					release(rt, l)
					l = acquire(rt, e, name, owner(1))
				case 1:
					s.Crash(t, l)
					e = s.Open(t)
					l = acquire(rt, e, name, owner(1))
				}
			}
			areInDoubt(rt, e, name, model(all)...)
			release(rt, l)
		})
	},
}

// model says what is in doubt, call by call and straight from the words of the interface.
func model(all []engine.Entry) (doubts []engine.Entry) {
	for i, first := range all {
		begins := true // of a doubt that is not settled any more
		for _, earlier := range all[:i] {
			if earlier.Call == first.Call {
				begins = earlier.State == engine.Settled
			}
		}
		if !begins {
			continue
		}
		last, changes := first, first.Changes
		for _, later := range all[i:] {
			if later.Call != first.Call || last.State == engine.Settled {
				continue
			}
			last = later
			if later.Changes != nil {
				changes = later.Changes
			}
		}
		if last.State != engine.Settled {
			last.Changes = changes
			doubts = append(doubts, last)
		}
	}
	return doubts
}

func areInDoubt(t reporter, e engine.Engine, scope string, want ...engine.Entry) {
	t.Helper()
	got, err := e.Doubts(t.Context(), scope)
	must(t, err)
	sameJSON := cmp.Transformer("JSON", func(raw json.RawMessage) any {
		var v any
		if len(raw) > 0 && json.Unmarshal(raw, &v) != nil {
			return string(raw)
		}
		return v
	})
	if diff := cmp.Diff(append([]engine.Entry{}, want...), append([]engine.Entry{}, got...), sameJSON); diff != "" {
		t.Fatalf("in doubt (-want +got):\n%s", diff)
	}
}
