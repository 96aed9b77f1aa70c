package apply

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/provider"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// outcomes maps "op resource/user" to what became of it.
func outcomes(r *diff.Result) map[string]diff.Outcome {
	out := map[string]diff.Outcome{}
	for _, c := range r.Connections[0].Changes {
		out[fmt.Sprintf("%s %s/%s", c.Op, c.Resource, c.Subject.Name)] = c.Outcome
	}
	return out
}

// applyOnce plans and runs.
func applyOnce(t interface {
	Fatal(...any)
	Context() context.Context
}, v *vendor, desired spec.State, opts ApplyOptions) *diff.Result {
	plan, err := Plan(t.Context(), PlanOptions{Jobs: jobs(v, desired)})
	if err != nil {
		t.Fatal(err)
	}
	opts.Plan, opts.Jobs = plan, jobs(v, desired)
	result, err := Apply(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	return result
}

func TestBlockedChangesAreNotSent(t *testing.T) {
	v := &vendor{live: state(map[string][]string{"CAD": nil}), unknown: map[string]bool{"ghost": true}}
	result := applyOnce(t, v, state(map[string][]string{"CAD": {"a", "ghost"}}), ApplyOptions{})
	want := map[string]diff.Outcome{"grant CAD/a": diff.Done, "grant CAD/ghost": diff.Blocked}
	if d := cmp.Diff(want, outcomes(result)); d != "" || result.Summary.Clean() {
		t.Errorf("clean %v (-want +got):\n%s", result.Summary.Clean(), d)
	}
	if d := cmp.Diff([]string{"grant 1"}, v.calls); d != "" {
		t.Errorf("calls (-want +got):\n%s", d)
	}
}

func TestSavedPlan(t *testing.T) {
	for _, tc := range []struct {
		name  string
		touch func(*vendor) // between plan and apply
		stale bool
		want  map[string]diff.Outcome
	}{
		{"unchanged", func(*vendor) {}, false, map[string]diff.Outcome{"grant CAD/b": diff.Done, "revoke CAD/x": diff.Done}},
		{"half done already", func(v *vendor) { v.live.Grants.Add(grantOf("CAD", "b"), spec.Origin{}) }, false,
			map[string]diff.Outcome{"grant CAD/b": diff.Already, "revoke CAD/x": diff.Done}},
		{"a stranger came", func(v *vendor) { v.live.Grants.Add(grantOf("CAD", "stranger"), spec.Origin{}) }, true, nil},
		{"somebody else's group", func(v *vendor) { v.live.Grants.Add(grantOf("Other", "stranger"), spec.Origin{}) }, false,
			map[string]diff.Outcome{"grant CAD/b": diff.Done, "revoke CAD/x": diff.Done}},
		{"a user was deleted", func(v *vendor) { v.unknown = map[string]bool{"b": true} }, false,
			map[string]diff.Outcome{"grant CAD/b": diff.Blocked, "revoke CAD/x": diff.Done}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			v := &vendor{live: state(map[string][]string{"CAD": {"a", "x"}, "Other": nil})}
			desired := state(map[string][]string{"CAD": {"a", "b"}})
			plan, err := Plan(t.Context(), PlanOptions{Jobs: jobs(v, desired)})
			if err != nil {
				t.Fatal(err)
			}
			tc.touch(v)
			result, err := Apply(t.Context(), ApplyOptions{Plan: plan, Jobs: jobs(v, desired), Reread: true, Rules: noLimits})
			if tc.stale {
				var stale *StaleError
				if !errors.As(err, &stale) || len(stale.Parts) != 1 || len(stale.Parts[0].Reasons) != 1 || len(v.calls) > 0 {
					t.Fatalf("error %v, calls %v", err, v.calls)
				}
				if reason := stale.Parts[0].Reasons[0]; reason.Why != diff.WhyCame || reason.Change.Subject.Name != "stranger" {
					t.Fatalf("error %v, calls %v", err, v.calls)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(tc.want, outcomes(result)); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

// interrupter cancels a run while one of its calls is in flight.
type interrupter struct {
	*vendor
	at     int
	cancel context.CancelFunc
}

func (i interrupter) Do(ctx context.Context, name string, changes []diff.Change, begin func() error) error {
	if len(i.calls)+1 == i.at {
		i.cancel()
	}
	return i.vendor.Do(ctx, name, changes, begin)
}

func TestInterrupted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		v := interrupter{&vendor{live: state(map[string][]string{"CAD": {"x"}})}, 1, cancel}
		desired := state(map[string][]string{"CAD": {"b"}})
		plan, err := Plan(ctx, PlanOptions{Jobs: jobs(v, desired)})
		if err != nil {
			t.Fatal(err)
		}
		result, err := Apply(ctx, ApplyOptions{Plan: plan, Jobs: jobs(v, desired)})
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]diff.Outcome{"grant CAD/b": diff.Done, "revoke CAD/x": diff.NotTried}
		if d := cmp.Diff(want, outcomes(result)); d != "" {
			t.Errorf("the call in flight is finished and read back, the rest is not tried (-want +got):\n%s", d)
		}
		if detail := result.Connections[0].Changes[1].Detail; detail != "the run was interrupted" {
			t.Errorf("detail %q", detail)
		}
	})
}

func TestBrokenConnectionDoesNotStopTheOthers(t *testing.T) {
	good := &vendor{live: state(map[string][]string{"CAD": nil})}
	bad := &vendor{readErr: errors.New("the cable is cut")}
	both := jobs(good, state(map[string][]string{"CAD": {"a"}}))
	both = append(both, Job{Connection: spec.Connection{Name: "other", Provider: "test"}, Source: bad})
	plan, err := Plan(t.Context(), PlanOptions{Jobs: both})
	if err == nil || fmt.Sprint(plan.Connections[1].Errors) != "[the cable is cut]" {
		t.Fatalf("error %v, plan %+v", err, plan.Connections[1])
	}
	result, err := Apply(t.Context(), ApplyOptions{Plan: plan, Jobs: both})
	if err != nil || result.Summary.Done != 1 || len(result.Connections[1].Errors) == 0 {
		t.Errorf("error %v, result %+v", err, result)
	}
	if _, err := Apply(t.Context(), ApplyOptions{Plan: &diff.Plan{Connections: plan.Connections[1:]}, Jobs: both}); err == nil {
		t.Error("a run in which no connection can be used must be an error")
	}
}

func TestPlanForeignToTheFiles(t *testing.T) {
	v := &vendor{live: state(nil)}
	for name, part := range map[string]diff.ConnectionPlan{
		"other name":     {Name: "elsewhere", Provider: "test"},
		"other provider": {Name: conn, Provider: "another"},
	} {
		if _, err := Apply(t.Context(), ApplyOptions{Plan: &diff.Plan{Connections: []diff.ConnectionPlan{part}}, Jobs: jobs(v, state(nil))}); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	readOnly := struct{ provider.Source }{v}
	if _, err := Apply(t.Context(), ApplyOptions{Plan: &diff.Plan{Connections: []diff.ConnectionPlan{{Name: conn, Provider: "test"}}}, Jobs: jobs(readOnly, state(nil))}); err == nil {
		t.Error("a connection without a way to write: accepted")
	}
}

// Who had been assigned to an app that was open to everyone shows up when it no longer is: that is not a clean end.
func TestLateAccessIsReported(t *testing.T) {
	app := spec.Ref{Connection: conn, Kind: kindApp, Name: "X"}
	v := &vendor{live: spec.NewState(), hidden: grantOf("X", "stranger")}
	v.hidden.Resource = app
	v.live.Resources[app] = spec.Resource{Settings: spec.Settings{}.With("audience", "everyone"), Open: true}
	desired := spec.NewState()
	desired.Resources[app] = spec.Resource{Settings: spec.Settings{}.With("audience", "assigned"), Ownership: spec.Owned}
	result := applyOnce(t, v, desired, ApplyOptions{})
	want := map[string]diff.Outcome{"update X/": diff.Done, "revoke X/stranger": diff.NotTried}
	if d := cmp.Diff(want, outcomes(result)); d != "" || result.Summary.Clean() {
		t.Errorf("(-want +got):\n%s", d)
	}
	v = &vendor{live: spec.NewState(), hidden: v.hidden}
	v.live.Resources[app] = spec.Resource{Settings: spec.Settings{}.With("audience", "everyone"), Open: true}
	plan, err := Plan(t.Context(), PlanOptions{Jobs: jobs(v, desired)})
	if err != nil {
		t.Fatal(err)
	}
	plan.Connections[0].Open = nil // no saved plan has it
	if result, err = Apply(t.Context(), ApplyOptions{Plan: plan, Jobs: jobs(v, desired), Reread: true, Rules: noLimits, Allow: []string{diff.RuleEmptySpec}}); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, outcomes(result)); d != "" {
		t.Errorf("as it was saved (-want +got):\n%s", d)
	}
}

func TestParallelCallsAllLand(t *testing.T) {
	v := &vendor{live: state(map[string][]string{"CAD": nil})}
	var many []string
	for i := range 100 {
		many = append(many, fmt.Sprintf("u%03d", i))
	}
	result := applyOnce(t, v, state(map[string][]string{"CAD": many}), ApplyOptions{Parallelism: 8})
	if result.Summary.Done != 100 || result.Summary.Calls != 34 || !slices.Equal(v.holders("CAD"), many) {
		t.Errorf("summary %+v, %d holders", result.Summary, len(v.holders("CAD")))
	}
}

// Laws 1, 2 and 5 on drawn worlds with drawn faults. Worlds are drawn outside the bubble and live in it, on virtual time.
func TestLaws(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		v, desired := drawVendor(rt), drawState(rt, "desired")
		var err error
		synctest.Test(t, func(t *testing.T) { err = checkLaws(t.Context(), v, desired) })
		if err != nil {
			rt.Fatal(err)
		}
	})
}

func drawState(t *rapid.T, label string) spec.State {
	holders := map[string][]string{}
	for i := range rapid.IntRange(0, 4).Draw(t, label) {
		holders[fmt.Sprint("G", i)] = rapid.SliceOfDistinct(rapid.SampledFrom([]string{"a", "b", "c", "d", "e", "f"}), rapid.ID[string]).Draw(t, "holders")
	}
	return state(holders)
}

func drawVendor(t *rapid.T) *vendor {
	return &vendor{
		live: drawState(t, "live"), lag: time.Duration(rapid.IntRange(0, 10).Draw(t, "lag")) * time.Second,
		poison: map[string]bool{rapid.SampledFrom([]string{"", "c"}).Draw(t, "poison"): true},
		ghosts: map[string]bool{rapid.SampledFrom([]string{"", "a", "b"}).Draw(t, "ghost"): true},
		faults: rapid.MapOfN(rapid.IntRange(1, 8), rapid.SampledFrom([]fault{dropped, lost, failed, refusal, badRow}), 0, 4).Draw(t, "faults"),
	}
}

func checkLaws(ctx context.Context, v *vendor, desired spec.State) error {
	before := v.live.Where(func(spec.Ref) bool { return true })
	plan, err := Plan(ctx, PlanOptions{Jobs: jobs(v, desired)})
	if err != nil {
		return err
	}
	result, err := Apply(ctx, ApplyOptions{Plan: plan, Jobs: jobs(v, desired)})
	if err != nil {
		return err
	}
	for _, c := range v.touched {
		if !slices.Contains(plan.Connections[0].Changes, c) {
			return fmt.Errorf("law 2: %v was touched and is not in the plan", c)
		}
	}
	for g := range before.Grants.All() {
		_, listed := desired.Resources[g.Resource]
		if !listed && !v.live.Grants.Has(g) {
			return fmt.Errorf("law 2: %v on a resource that is not listed is gone", g)
		}
	}
	for _, c := range result.Connections[0].Changes {
		if done := diff.Satisfied(conn, *c.Change, diff.Live{State: v.live}); c.Outcome == diff.Done && !done || c.Outcome == diff.Refused && done {
			return fmt.Errorf("law 5: %v is reported %s, live says done=%v", c.Change, c.Outcome, done)
		}
	}
	if !result.Summary.Clean() {
		return nil
	}
	time.Sleep(time.Minute) // virtual: any lag is over
	sent := len(v.calls)
	again, err := Plan(ctx, PlanOptions{Jobs: jobs(v, desired)})
	if err != nil || !again.Empty() {
		return fmt.Errorf("law 1: after a clean apply a plan has %v (error %v)", again.Connections[0].Changes, err)
	}
	if _, err := Apply(ctx, ApplyOptions{Plan: again, Jobs: jobs(v, desired)}); err != nil || len(v.calls) != sent {
		return fmt.Errorf("law 1: a second apply sent %d calls (error %v)", len(v.calls)-sent, err)
	}
	return nil
}
