package apply

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/engine"
	"github.com/entitlectl/entitlectl/pkg/engine/file"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// kept is a file engine whose journals fail from the n-th write on, counted from 1.
type kept struct {
	engine.Engine
	mu      sync.Mutex
	fails   int
	failure error
	writes  int
	entries []string // "run call state" of all that were written
	onWrite func(engine.Entry)
	told    []Event // of waits for what is in doubt
}

func keptIn(t *testing.T) *kept {
	t.Helper()
	return &kept{Engine: file.Open(filepath.Join(t.TempDir(), "state")), failure: errors.New("no space left")}
}

func (k *kept) Acquire(ctx context.Context, scope string, by engine.Owner) (engine.Lease, error) {
	lease, err := k.Engine.Acquire(ctx, scope, by)
	return &keptLease{lease, k}, err
}

type keptLease struct {
	engine.Lease
	kept *kept
}

func (l *keptLease) Append(ctx context.Context, entries ...engine.Entry) error {
	l.kept.mu.Lock()
	defer l.kept.mu.Unlock()
	l.kept.writes++
	if l.kept.fails > 0 && l.kept.writes >= l.kept.fails {
		return l.kept.failure
	}
	for _, e := range entries {
		l.kept.entries = append(l.kept.entries, fmt.Sprint(e.Run, " ", e.Call, " ", e.State))
		if l.kept.onWrite != nil {
			l.kept.onWrite(e)
		}
	}
	return l.Lease.Append(ctx, entries...)
}

// doubted leaves a call in the journal as a run that was killed would.
func (k *kept) doubted(t *testing.T, at time.Time, state engine.State, changes ...diff.Change) {
	t.Helper()
	lease, err := k.Engine.Acquire(t.Context(), conn, engine.Owner{Run: "killed"})
	if err != nil {
		t.Fatal(err)
	}
	entries := []engine.Entry{{Run: "killed", Call: 1, State: engine.Begun, At: at, Changes: items(changes)}}
	if state != engine.Begun {
		entries = append(entries, engine.Entry{Run: "killed", Call: 1, State: state, At: at})
	}
	if err := errors.Join(lease.Append(t.Context(), entries...), lease.Release()); err != nil {
		t.Fatal(err)
	}
}

func (k *kept) doubts(t *testing.T) []engine.Entry {
	t.Helper()
	entries, err := k.Doubts(t.Context(), conn)
	if err != nil {
		t.Fatal(err)
	}
	return entries
}

// applyHeld plans and runs under a lock.
func applyHeld(t *testing.T, k *kept, v *vendor, desired spec.State, run string) (*diff.Result, error) {
	t.Helper()
	hold, err := Take(t.Context(), k, engine.Owner{Run: run}, "", []string{conn}, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := hold.Release(); err != nil {
			t.Error(err)
		}
	}()
	plan, err := Plan(t.Context(), jobs(v, desired), Head{Now: time.Now(), Engine: k}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return Run(t.Context(), plan, jobs(v, desired), Options{Hold: hold, Now: time.Now(), Observe: func(e Event) {
		if e, waits := e.(Awaiting); waits {
			k.told = append(k.told, e)
		}
	}})
}

// Each call is in the journal before it is sent, and how it ended before the next one is.
func TestJournalRunsAheadOfTheCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v, k := &vendor{live: state(map[string][]string{"CAD": {"a", "x"}})}, keptIn(t)
		var order []string
		k.onWrite = func(e engine.Entry) { order = append(order, fmt.Sprint(e.State, " ", e.Call, " after ", len(v.calls))) }
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
		for _, failure := range []error{errors.New("no space left"), engine.ErrLost} {
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

// What an earlier run may have sent gets the time to show before it is sent again.
func TestDoubtsAreSettledByReading(t *testing.T) {
	grant := diff.Change{Op: diff.OpGrant, Kind: spec.KindAppGroup, Resource: "CAD", Role: spec.RoleAccess, Subject: grantOf("CAD", "b").Subject}
	for _, tc := range []struct {
		name  string
		shows time.Duration // after the start; 0: never
		age   time.Duration // of the doubt
		want  diff.Outcome
		calls int
		took  time.Duration
	}{
		{"it shows", 10 * time.Second, 0, diff.Already, 0, 15 * time.Second},
		{"it never shows", 0, 0, diff.Done, 1, DefaultSettle},
		{"it had its time", 0, time.Minute, diff.Done, 1, 0},
		{"the clock went back", 0, -time.Hour, diff.Done, 1, DefaultSettle},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				v, k := &vendor{live: state(map[string][]string{"CAD": {"a"}})}, keptIn(t)
				k.doubted(t, time.Now().Add(-tc.age), engine.Begun, grant)
				if tc.shows > 0 {
					v.shown, v.lagUntil = state(map[string][]string{"CAD": {"a"}}), time.Now().Add(tc.shows)
					v.live.Grants[grantOf("CAD", "b")] = spec.Claim{}
				}
				start := time.Now()
				result, err := applyHeld(t, k, v, state(map[string][]string{"CAD": {"a", "b"}}), "r")
				if err != nil {
					t.Fatal(err)
				}
				if d := cmp.Diff(map[string]diff.Outcome{"grant CAD/b": tc.want}, outcomes(result)); d != "" {
					t.Errorf("(-want +got):\n%s", d)
				}
				if len(v.calls) != tc.calls || time.Since(start) != tc.took || len(k.doubts(t)) > 0 {
					t.Errorf("calls %v, took %v, in doubt %v", v.calls, time.Since(start), k.doubts(t))
				}
				var told []Event
				if tc.took > 0 {
					told = []Event{Awaiting{conn, 1, DefaultSettle}}
				}
				if d := cmp.Diff(told, k.told); d != "" {
					t.Errorf("told (-want +got):\n%s", d)
				}
			})
		})
	}
}

// A mail that a killed run may have sent gets the time to show; then it is unknown, and only a retry sends it.
func TestDoubtfulMails(t *testing.T) {
	for _, tc := range []struct {
		name   string
		shows  int // the read that shows it, from 1; 0: none
		retry  bool
		want   diff.Outcome
		calls  int
		doubts int
	}{
		{"it shows", 3, false, diff.Already, 0, 0},
		{"it never shows", 0, false, diff.Unknown, 0, 1},
		{"it never shows, and is sent again", 0, true, diff.Done, 1, 0},
		{"it shows before it is sent again", 3, true, diff.Already, 0, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := grantOf("CAD", "a")
				mail := diff.Notice{Resource: g.Resource, Subject: g.Subject, Sent: time.Now().Add(-30 * time.Hour), Tries: 1}
				v, k := &vendor{live: state(map[string][]string{"CAD": {"a"}}), notices: []diff.Notice{mail}}, keptIn(t)
				v.onRead = func(n int, live *diff.Live) error {
					if n == tc.shows {
						v.notices, live.Notices = nil, nil
					}
					return nil
				}
				k.doubted(t, time.Now(), engine.Begun, diff.Change{Op: diff.OpResend, Kind: g.Resource.Kind, Resource: "CAD", Subject: g.Subject,
					From: mail.Sent.UTC().Format(time.RFC3339Nano)})
				result := k.applySaved(t, v, k.mailing(t, v, tc.retry))
				if got := outcomes(result)["resend CAD/a"]; got != tc.want || len(v.calls) != tc.calls || len(k.doubts(t)) != tc.doubts {
					t.Errorf("%s, calls %v, in doubt %v", got, v.calls, k.doubts(t))
				}
			})
		})
	}
}

// A run that is filtered does not settle what it does not look at.
func TestDoubtsOfOthersStay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v, k := &vendor{live: state(map[string][]string{"CAD": {"a"}, "Other": nil})}, keptIn(t)
		other := diff.Change{Op: diff.OpGrant, Kind: spec.KindAppGroup, Resource: "Other", Role: spec.RoleAccess, Subject: grantOf("Other", "b").Subject}
		k.doubted(t, time.Now().Add(-time.Hour), engine.Begun, other)
		hold, err := Take(t.Context(), k, engine.Owner{Run: "r"}, "", []string{conn}, 0)
		if err != nil {
			t.Fatal(err)
		}
		js := jobs(v, state(map[string][]string{"CAD": {"a", "b"}}))
		js[0].Targets = []string{"app-group/CAD"}
		plan, err := Plan(t.Context(), js, Head{Engine: k}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Run(t.Context(), plan, js, Options{Hold: hold}); err != nil {
			t.Fatal(err)
		}
		if d := k.doubts(t); len(d) != 1 || d[0].Run != "killed" {
			t.Errorf("in doubt %v", d)
		}
	})
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
		if d := k.doubts(t); len(d) != 1 || d[0].State != engine.Unknown || !strings.Contains(string(d[0].Changes), `"b"`) {
			t.Errorf("in doubt %v", d)
		}
		if result, err = applyHeld(t, k, v, desired, "next"); err != nil || result.Summary.Done != 1 || len(k.doubts(t)) > 0 {
			t.Errorf("the next run: %v, error %v, in doubt %v", result, err, k.doubts(t))
		}
	})
}

// A saved plan does not send a mail that a run since may have sent; a plan to retry it does, once.
func TestSavedPlanMailsNobodyTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		mail := diff.Notice{Resource: grantOf("CAD", "a").Resource, Subject: grantOf("CAD", "a").Subject, Sent: time.Now().Add(-30 * time.Hour), Tries: 1}
		v, k := &vendor{live: state(map[string][]string{"CAD": {"a"}}), notices: []diff.Notice{mail}, faults: map[int]fault{1: lost, 2: lost}}, keptIn(t)
		saved, retry := k.mailing(t, v, false), (*diff.Plan)(nil)
		for i, step := range []struct {
			retry bool
			want  diff.Outcome
			calls int
		}{{false, diff.Unknown, 1}, {false, diff.Unknown, 1}, {true, diff.Unknown, 2}, {true, diff.Unknown, 2}} {
			plan := saved
			if step.retry && retry == nil {
				retry = k.mailing(t, v, true)
			}
			if step.retry {
				plan = retry
			}
			got := outcomes(k.applySaved(t, v, plan))["resend CAD/a"]
			if got != step.want || len(v.calls) != step.calls || len(k.doubts(t)) != 1 {
				t.Errorf("step %d: %s, calls %v, in doubt %v", i, got, v.calls, k.doubts(t))
			}
		}
		if got := outcomes(k.applySaved(t, v, k.mailing(t, v, true)))["resend CAD/a"]; got != diff.Done || len(v.calls) != 3 || len(k.doubts(t)) > 0 {
			t.Errorf("retried at last: %s, calls %v, in doubt %v", got, v.calls, k.doubts(t))
		}
	})
}

// A saved plan does not settle a mail that it has nothing to say about.
func TestSavedPlanLeavesOtherMailsInDoubt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v, k := &vendor{live: state(map[string][]string{"CAD": {"a"}})}, keptIn(t)
		saved := k.mailing(t, v, false)
		k.doubted(t, time.Now(), engine.Unknown, diff.Change{Op: diff.OpResend, Kind: spec.KindAppGroup, Resource: "CAD", Subject: grantOf("CAD", "a").Subject})
		k.applySaved(t, v, saved)
		if d := k.doubts(t); len(d) != 1 {
			t.Errorf("in doubt %v", d)
		}
	})
}

// What was lost of a journal puts the mails before it in doubt, and none that was sent since.
func TestLostJournalIsAboutThePast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		mail := func(user string, age time.Duration) diff.Notice {
			return diff.Notice{Resource: grantOf("CAD", user).Resource, Subject: grantOf("CAD", user).Subject, Sent: time.Now().Add(-age), Tries: 1}
		}
		v, k := &vendor{live: state(map[string][]string{"CAD": {"a", "b"}}), notices: []diff.Notice{mail("a", 3*time.Hour), mail("b", time.Hour)}}, keptIn(t)
		k.doubted(t, time.Now().Add(-2*time.Hour), engine.Lost)
		want := map[string]diff.Outcome{"resend CAD/a": diff.Unknown}
		if d := cmp.Diff(want, outcomes(k.applySaved(t, v, k.mailing(t, v, false)))); d != "" {
			t.Errorf("(-want +got):\n%s", d)
		}
		if len(v.calls) > 0 {
			t.Errorf("calls %v", v.calls)
		}
	})
}

// mailing plans where the files want what is live, so that only mails are to be sent.
func (k *kept) mailing(t *testing.T, v *vendor, retry bool) *diff.Plan {
	t.Helper()
	js := jobs(v, v.live)
	js[0].Connection.Notices = spec.Notices{ResendAfter: 24 * time.Hour, MaxAttempts: 9}
	plan, err := Plan(t.Context(), js, Head{Now: time.Now(), Engine: k, Retry: retry}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

func (k *kept) applySaved(t *testing.T, v *vendor, plan *diff.Plan) *diff.Result {
	t.Helper()
	hold, err := Take(t.Context(), k, engine.Owner{Run: fmt.Sprint("at ", time.Now())}, "", []string{conn}, 0)
	if err != nil {
		t.Fatal(err)
	}
	result, err := Run(t.Context(), plan, jobs(v, v.live), Options{Hold: hold, Now: time.Now(), Reread: true, Saved: true})
	if err = errors.Join(err, hold.Release()); err != nil {
		t.Fatal(err)
	}
	return result
}

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
		var kinds []engine.Kind
		for r, err := range k.Records(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			kinds = append(kinds, r.Kind)
			if r.Kind == engine.RunEnded && (r.Calls != 1 || r.Outcome != "done" || !strings.Contains(string(r.Result), `"outcome":"done"`)) {
				t.Errorf("record %+v", r)
			}
		}
		if !slices.Equal(kinds, []engine.Kind{engine.RunStarted, engine.RunEnded}) {
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
	unread := &diff.Result{Connections: []diff.PartResult{{Error: "the cable is cut"}}}
	for _, tc := range []struct {
		want   string
		ctx    context.Context
		result *diff.Result
	}{{"done", t.Context(), clean}, {"done", interrupted, clean}, {"unfinished", t.Context(), left}, {"unfinished", t.Context(), unread},
		{"interrupted", interrupted, left}, {"out of time", late, left}} {
		if got := outcome(tc.ctx, tc.result); got != tc.want {
			t.Errorf("%q, want %q", got, tc.want)
		}
	}
}

// A connection is held by one run at a time; another waits as long as it was told to.
func TestTake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := keptIn(t)
		first, err := Take(t.Context(), k, engine.Owner{Run: "first", User: "alice"}, "", []string{"a", conn}, 0)
		if err != nil {
			t.Fatal(err)
		}
		var held *engine.HeldError
		if _, err := Take(t.Context(), k, engine.Owner{Run: "second"}, "", []string{"b", conn}, 0); !errors.As(err, &held) || held.User != "alice" || held.Scope != conn {
			t.Errorf("error %v", err)
		}
		go func() {
			time.Sleep(5 * time.Second)
			if err := first.Release(); err != nil {
				t.Error(err)
			}
		}()
		if _, err := Take(t.Context(), k, engine.Owner{Run: "third"}, "", []string{"b", conn}, 2*time.Second); !errors.As(err, &held) {
			t.Errorf("error %v", err)
		}
		if h, err := Take(t.Context(), k, engine.Owner{Run: "fourth"}, "", []string{"b", conn}, time.Minute); err != nil || len(h.Former()) > 0 {
			t.Errorf("error %v", err)
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
		if d := k.doubts(t); len(d) != 1 || d[0].Call != 2 || d[0].State != engine.Unknown || !strings.Contains(string(d[0].Changes), `"b"`) {
			t.Errorf("in doubt %v", d)
		}
	})
}

// Whoever is interrupted while waiting for a lock is told that, not who has it.
func TestTakeInterrupted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := keptIn(t)
		if _, err := Take(t.Context(), k, engine.Owner{Run: "first"}, "", []string{conn}, 0); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		var held *engine.HeldError
		if _, err := Take(ctx, k, engine.Owner{Run: "second"}, "", []string{conn}, time.Hour); errors.As(err, &held) || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v", err)
		}
	})
}
