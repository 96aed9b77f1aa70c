package apply

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/spec"
	"github.com/entitlectl/entitlectl/pkg/store"
)

// What an earlier run may have sent gets the time to show before it is sent again.
func TestDoubtsAreSettledByReading(t *testing.T) {
	grant := diff.Change{Op: diff.OpGrant, Kind: kindAppGroup, Resource: "CAD", Role: spec.RoleAccess, Subject: grantOf("CAD", "b").Subject}
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
				k.doubted(t, time.Now().Add(-tc.age), store.Begun, grant)
				if tc.shows > 0 {
					v.shown, v.lagUntil = state(map[string][]string{"CAD": {"a"}}), time.Now().Add(tc.shows)
					v.live.Grants.Add(grantOf("CAD", "b"), spec.Origin{})
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
				k.doubted(t, time.Now(), store.Begun, diff.Change{Op: diff.OpResend, Kind: g.Resource.Kind, Resource: "CAD", Subject: g.Subject,
					Resent: diff.ResentOf(diff.Mailing{NoticeRef: mail.Ref()})})
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
		other := diff.Change{Op: diff.OpGrant, Kind: kindAppGroup, Resource: "Other", Role: spec.RoleAccess, Subject: grantOf("Other", "b").Subject}
		k.doubted(t, time.Now().Add(-time.Hour), store.Begun, other)
		session, err := AcquireLocks(t.Context(), k, store.Owner{Run: "r"}, "", []string{conn}, 0, nil)
		if err != nil {
			t.Fatal(err)
		}
		js := jobs(v, state(map[string][]string{"CAD": {"a", "b"}}))
		js[0].Targets = []string{"app-group/CAD"}
		plan, err := Plan(t.Context(), PlanOptions{Jobs: js, Store: k})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Apply(t.Context(), ApplyOptions{Plan: plan, Jobs: js, Session: session}); err != nil {
			t.Fatal(err)
		}
		if d := k.doubts(t); len(d) != 1 || d[0].Run != "killed" {
			t.Errorf("in doubt %v", d)
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
		k.doubted(t, time.Now(), store.Unknown, diff.Change{Op: diff.OpResend, Kind: kindAppGroup, Resource: "CAD", Subject: grantOf("CAD", "a").Subject})
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
		k.doubted(t, time.Now().Add(-2*time.Hour), store.Lost)
		want := map[string]diff.Outcome{"resend CAD/a": diff.Unknown}
		if d := cmp.Diff(want, outcomes(k.applySaved(t, v, k.mailing(t, v, false)))); d != "" {
			t.Errorf("(-want +got):\n%s", d)
		}
		if len(v.calls) > 0 {
			t.Errorf("calls %v", v.calls)
		}
	})
}
