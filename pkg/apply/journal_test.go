package apply

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/entitlectl/entitlectl/pkg/store"
)

// Each call is in the journal before it is sent, and how it ended before the next one is.
func TestJournalRunsAheadOfTheCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v, k := &vendor{live: state(map[string][]string{"CAD": {"a", "x"}})}, keptIn(t)
		var order []string
		k.onWrite = func(e store.Entry) { order = append(order, fmt.Sprint(e.State, " ", e.Call, " after ", len(v.calls))) }
		if _, err := applyHeld(t, k, v, state(map[string][]string{"CAD": {"a", "b"}, "New": {"a"}}), "r"); err != nil {
			t.Fatal(err)
		}
		want := []string{"begun 1 after 0", "answered 1 after 1", "begun 2 after 1", "answered 2 after 2", "begun 3 after 2", "answered 3 after 3",
			"settled 1 after 3", "settled 2 after 3", "settled 3 after 3"}
		if d := cmp.Diff(want, order); d != "" {
			t.Errorf("(-want +got):\n%s", d)
		}
		if d := k.doubts(t); len(d) > 0 {
			t.Errorf("in doubt: %v", d)
		}
	})
}

// TestFault22JournalFails fails each write to the journal in turn: before a call the call is not sent, after it nothing more
// is, what was sent stays in doubt, and the report says so.
func TestFault22JournalFails(t *testing.T) {
	desired := state(map[string][]string{"CAD": {"a", "b"}, "New": {"a"}})
	for fails := 1; fails <= 7; fails++ {
		for _, failure := range []error{errors.New("no space left"), store.ErrLost} {
			t.Run(fmt.Sprint(fails, " ", failure), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					v, k := &vendor{live: state(map[string][]string{"CAD": {"a", "x"}})}, keptIn(t)
					k.fails, k.failure = fails, failure
					result, err := applyHeld(t, k, v, desired, "r")
					if sent := min(fails/2, 3); len(v.calls) != sent {
						t.Errorf("%d calls were sent, want %d", len(v.calls), sent)
					}
					if fails == 1 {
						if !errors.Is(err, failure) || result != nil {
							t.Errorf("result %v, error %v", result, err)
						}
						return
					}
					if err != nil {
						t.Fatal(err)
					}
					if said := fmt.Sprint(result.Connections[0]); !strings.Contains(said, failure.Error()) {
						t.Errorf("the report does not say it: %s", said)
					}
					if fails < 6 && result.Summary.Clean() {
						t.Error("the report says that all is done")
					}
					if fails%2 == 0 && len(k.doubts(t)) == 0 {
						t.Error("what was sent is not in doubt")
					}
					k.fails = 0
					if result, err := applyHeld(t, k, v, desired, "next"); err != nil || !result.Summary.Clean() || len(k.doubts(t)) > 0 {
						t.Errorf("the next run: %v, error %v, in doubt %v", result, err, k.doubts(t))
					}
				})
			})
		}
	}
}

// What reads never showed is unknown in the journal, with just the changes that are.
func TestUnknownStaysInTheJournal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v, k := &vendor{live: state(map[string][]string{"CAD": {"a"}}), faults: map[int]fault{1: lost}}, keptIn(t)
		desired := state(map[string][]string{"CAD": {"a", "b"}})
		result, err := applyHeld(t, k, v, desired, "r")
		if err != nil || result.Summary.Unknown != 1 {
			t.Fatalf("result %v, error %v", result, err)
		}
		if d := k.doubts(t); len(d) != 1 || d[0].State != store.Unknown || !strings.Contains(string(d[0].Changes), `"b"`) {
			t.Errorf("in doubt %v", d)
		}
		if result, err = applyHeld(t, k, v, desired, "next"); err != nil || result.Summary.Done != 1 || len(k.doubts(t)) > 0 {
			t.Errorf("the next run: %v, error %v, in doubt %v", result, err, k.doubts(t))
		}
	})
}

// What failed twice is unknown in the report, and so in the journal.
func TestFailedTwiceStaysInTheJournal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v, k := &vendor{live: state(map[string][]string{"CAD": {"a"}}), faults: map[int]fault{1: failed, 2: failed}}, keptIn(t)
		result, err := applyHeld(t, k, v, state(map[string][]string{"CAD": {"a", "b"}}), "r")
		if err != nil || result.Summary.Unknown != 1 {
			t.Fatalf("result %v, error %v", result, err)
		}
		if d := k.doubts(t); len(d) != 1 || d[0].Call != 2 || d[0].State != store.Unknown || !strings.Contains(string(d[0].Changes), `"b"`) {
			t.Errorf("in doubt %v", d)
		}
	})
}
