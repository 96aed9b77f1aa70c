package apply

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// slow is a vendor whose rate lets a call through only now and then.
type slow struct {
	*vendor
	turn time.Duration
}

func (s slow) Do(ctx context.Context, name string, changes []diff.Change, begin func() error) error {
	time.Sleep(s.turn)
	return s.vendor.Do(ctx, name, changes, begin)
}

// dated says who is wanted on CAD at a moment. Whoever is not is remembered with a reason.
func dated(lines map[string][2]time.Time, now time.Time) spec.State {
	s := state(map[string][]string{"CAD": nil})
	for user, line := range lines {
		switch starts, ends := line[0], line[1]; {
		case now.Before(starts):
			s.Inactive.Add(grantOf("CAD", user), spec.Origin{Reason: "starts later"})
		case !ends.IsZero() && !now.Before(ends):
			s.Inactive.Add(grantOf("CAD", user), spec.Origin{Reason: "expired"})
		default:
			s.Grants.Add(grantOf("CAD", user), spec.Origin{})
		}
	}
	return s
}

// A long run sends only what the files want when a call's turn comes: what ended meanwhile is not granted, what began
// meanwhile is not revoked, and the rest of such a call is sent.
func TestTheClockIsLookedAtBeforeEachCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := slow{&vendor{live: state(map[string][]string{"CAD": {"x", "y"}}), batch: 2}, time.Minute}
		start := time.Now()
		after := func(d time.Duration) [2]time.Time { return [2]time.Time{{}, start.Add(d)} }
		lines := map[string][2]time.Time{
			"a": {}, "b": after(30 * time.Second), // in the first call: b ends while it waits for its turn
			"c": after(50 * time.Second), "d": after(50 * time.Second), // in the second: nothing is left of it
			"e": after(time.Hour),
			"x": {start.Add(100 * time.Second)}, // begins before its revoke is sent
		}
		js := jobs(v, dated(lines, start))
		js[0].Current = func() spec.State { return dated(lines, time.Now()) }
		plan, err := Plan(t.Context(), PlanOptions{Jobs: js})
		if err != nil {
			t.Fatal(err)
		}
		result, err := Apply(t.Context(), ApplyOptions{Plan: plan, Jobs: js, Parallelism: 2, Rules: noLimits})
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]diff.Outcome{"grant CAD/a": diff.Done, "grant CAD/b": diff.NotTried, "grant CAD/c": diff.NotTried, "grant CAD/d": diff.NotTried,
			"grant CAD/e": diff.Done, "revoke CAD/x": diff.NotTried, "revoke CAD/y": diff.Done}
		if d := cmp.Diff(want, outcomes(result)); d != "" {
			t.Errorf("(-want +got):\n%s", d)
		}
		if d := cmp.Diff([]string{"a", "e", "x"}, v.holders("CAD")); d != "" {
			t.Errorf("live (-want +got):\n%s", d)
		}
		if n := result.Connections[0].Calls; n != len(v.calls) || n != 3 {
			t.Errorf("%d calls by the report, sent %v", n, v.calls)
		}
		for _, c := range result.Connections[0].Changes {
			if c.Outcome == diff.NotTried && !strings.HasPrefix(c.Detail, "when its turn came the files ") {
				t.Errorf("%s %s: %q", c.Op, c.Subject, c.Detail)
			}
		}
	})
}
