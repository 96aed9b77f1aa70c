package apply

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// course is how an apply goes that creates a group, grants in two calls' worth and revokes once.
type course struct {
	name, reason string
	vendor       *vendor
	opts         ApplyOptions
	want         map[string]diff.Outcome
	calls        int
}

const done, refusedNow, unknown, notTried = diff.Done, diff.Refused, diff.Unknown, diff.NotTried

// fates is what becomes of the four changes of a course: create New, grant b on CAD, grant a on New, revoke x from CAD.
func fates(create, grantCAD, grantNew, revoke diff.Outcome) map[string]diff.Outcome {
	return map[string]diff.Outcome{"create New/": create, "grant CAD/b": grantCAD, "grant New/a": grantNew, "revoke CAD/x": revoke}
}

func runCourses(t *testing.T, courses []course) {
	t.Helper()
	for _, tc := range courses {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				v := tc.vendor
				v.live = state(map[string][]string{"CAD": {"a", "x"}})
				result := applyOnce(t, v, state(map[string][]string{"CAD": {"a", "b"}, "New": {"a"}}), tc.opts)
				if d := cmp.Diff(tc.want, outcomes(result)); d != "" {
					t.Errorf("%s (-want +got):\n%s", tc.reason, d)
				}
				if len(v.calls) != tc.calls || result.Summary.Calls != tc.calls {
					t.Errorf("%s: calls %v, reported %d, want %d", tc.reason, v.calls, result.Summary.Calls, tc.calls)
				}
			})
		})
	}
}

func TestCourse(t *testing.T) {
	runCourses(t, []course{
		{"all well", "one call an op", &vendor{}, ApplyOptions{}, fates(done, done, done, done), 3},
		{"create refused", "what needs it is not tried, the rest lands", &vendor{faults: map[int]fault{1: refusal}}, ApplyOptions{},
			fates(refusedNow, done, notTried, done), 3},
		{"not authorized", "no further call is wasted", &vendor{faults: map[int]fault{1: denied}}, ApplyOptions{},
			fates(refusedNow, notTried, notTried, notTried), 1},
		{"told to wait for long", "what was sent was refused, no further call is sent", &vendor{faults: map[int]fault{1: wait1h}}, ApplyOptions{},
			fates(refusedNow, notTried, notTried, notTried), 1},
		{"no verify", "the vendor is believed", &vendor{ghosts: map[string]bool{"b": true}, faults: map[int]fault{3: dropped}},
			ApplyOptions{NoVerify: true}, fates(done, done, done, unknown), 3},
	})
}

// What the vendor answered is reported as it said it, and why the rest is not sent.
func TestLongWaitsAreReported(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := &vendor{batch: 1, live: state(map[string][]string{"CAD": nil}), faults: map[int]fault{1: wait1h}}
		result := applyOnce(t, v, state(map[string][]string{"CAD": {"a", "b"}}), ApplyOptions{})
		got := result.Connections[0].Changes
		if want := (diff.Answer{Status: 429, Code: "Slow", RequestID: "r1"}); got[0].Answer != want || got[1].Detail != "the vendor asks for 1 h" {
			t.Errorf("%+v", got)
		}
	})
}

// Fault 2: after a call without an answer nothing is sent again blindly. A read settles it, or it is unknown.
func TestFault02TimeoutAfterSend(t *testing.T) {
	runCourses(t, []course{
		{"the grant was done", "a read settles it, and nothing is sent twice", &vendor{faults: map[int]fault{2: dropped}}, ApplyOptions{},
			fates(done, done, done, done), 3},
		{"the create was done", "its grants wait for the read", &vendor{faults: map[int]fault{1: dropped}}, ApplyOptions{},
			fates(done, done, done, done), 3},
		{"the grant was not done", "it may yet be carried out, so it is not sent again", &vendor{faults: map[int]fault{2: lost}}, ApplyOptions{},
			fates(done, unknown, unknown, done), 3},
		{"the create was not done", "what needs it is not tried, the rest lands", &vendor{faults: map[int]fault{1: lost}}, ApplyOptions{},
			fates(unknown, done, notTried, done), 3},
		{"the grant was done in part", "the rest may yet be carried out, so it is neither refused nor sent again",
			&vendor{faults: map[int]fault{2: torn}}, ApplyOptions{}, fates(done, done, unknown, done), 3},
	})
}

// Fault 4, of writes: what the vendor calls failed is sent once more, as far as a read shows that it was not done.
func TestFault04VendorFails(t *testing.T) {
	runCourses(t, []course{
		{"the grant", "it is sent again", &vendor{faults: map[int]fault{2: failed}}, ApplyOptions{}, fates(done, done, done, done), 4},
		{"the grant, twice", "it is not tried for ever", &vendor{faults: map[int]fault{2: failed, 4: failed}}, ApplyOptions{},
			fates(done, unknown, unknown, done), 4},
		{"the create", "what needs it waits for the second try", &vendor{faults: map[int]fault{1: failed}}, ApplyOptions{},
			fates(done, done, done, done), 5},
		{"the grant, in part", "only the rest is sent again", &vendor{faults: map[int]fault{2: partly}}, ApplyOptions{}, fates(done, done, done, done), 4},
	})
}

// Fault 12: one bad row, or one that the vendor leaves out without a word, harms only itself.
func TestFault12PartialBatch(t *testing.T) {
	t.Run("one among many", func(t *testing.T) {
		v := &vendor{live: state(map[string][]string{"A": nil, "B": nil}), poison: map[string]bool{"u2": true}}
		everybody := []string{"u1", "u2", "u3", "u4", "u5", "u6", "u7", "u8"}
		result := applyOnce(t, v, state(map[string][]string{"A": everybody, "B": everybody}), ApplyOptions{})
		if result.Summary.Done != 14 || !slices.Equal(refusals(result), []string{"grant A/u2", "grant B/u2"}) {
			t.Errorf("summary %+v, refused %v", result.Summary, refusals(result))
		}
		more := result.Summary.Calls - 6 // 16 changes in calls of at most 3
		if notes := result.Connections[0].Notes; len(notes) != 1 || notes[0] != fmt.Sprint(more, " calls more were needed to find what the vendor refused") {
			t.Errorf("%d calls, notes %q", result.Summary.Calls, notes)
		}
	})
	for _, tc := range []struct {
		name   string
		vendor *vendor
		bad    int
		calls  int // in all; 18 of them for standing alone ten times over
	}{
		{"an account that is bad everywhere", &vendor{batch: 500, poison: map[string]bool{"u07": true}}, 10, 1 + 2 + 2*6 + 18},
		{"a pair of them", &vendor{batch: 500, poison: map[string]bool{"u07": true, "u09": true}}, 20, 53},
	} {
		t.Run(tc.name, func(t *testing.T) {
			holders := map[string][]string{}
			for g := range 10 {
				for u := range 50 {
					holders[fmt.Sprint("G", g)] = append(holders[fmt.Sprint("G", g)], fmt.Sprintf("u%02d", u))
				}
			}
			desired := state(holders)
			tc.vendor.live = desired.Where(func(spec.Ref) bool { return true })
			tc.vendor.live.Grants = spec.Grants{}
			result := applyOnce(t, tc.vendor, desired, ApplyOptions{})
			if result.Summary.Refused != tc.bad || result.Summary.Done != 500-tc.bad || result.Summary.Calls > tc.calls {
				t.Errorf("%+v, want at most %d calls", result.Summary, tc.calls)
			}
		})
	}
	t.Run("too many", splitBudgetRunsOut)
	runCourses(t, []course{
		{"refused", "the call is cut until the bad row stands alone", &vendor{poison: map[string]bool{"b": true}}, ApplyOptions{},
			fates(done, refusedNow, done, done), 5},
		{"left out", "success of the call is not success of the change", &vendor{ghosts: map[string]bool{"b": true}}, ApplyOptions{},
			fates(done, refusedNow, done, done), 3},
	})
}

// Fault 13: reads wait for what does not show at once.
func TestFault13LaggingReads(t *testing.T) {
	runCourses(t, []course{
		{"a short lag", "reads wait for it", &vendor{lag: 5 * time.Second}, ApplyOptions{}, fates(done, done, done, done), 3},
		{"a long lag", "what does not show in time is unknown, not failed", &vendor{lag: 5 * time.Minute}, ApplyOptions{},
			fates(unknown, unknown, unknown, unknown), 3},
	})
	desired := state(map[string][]string{"CAD": {"a", "b"}, "New": {"a"}})
	for _, tc := range []struct {
		lag   time.Duration
		again int // calls of a second apply that follows at once
	}{
		{0, 0}, {5 * time.Second, 0}, {29 * time.Second, 0}, {45 * time.Second, 0}, {59 * time.Second, 0}, {5 * time.Minute, 3},
	} {
		t.Run(fmt.Sprint("applied again at once, lag ", tc.lag), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				v, k := &vendor{live: state(map[string][]string{"CAD": {"a", "x"}}), lag: tc.lag}, keptIn(t)
				first, err := applyHeld(t, k, v, desired, "first")
				if err != nil {
					t.Fatal(err)
				}
				if clean := tc.lag < DefaultSettle; first.Summary.Clean() != clean || v.reads > 2+1+len(pauses) {
					t.Errorf("first: %+v after %d reads", first.Summary, v.reads)
				}
				soon, err := Plan(t.Context(), PlanOptions{Jobs: jobs(v, desired), Now: time.Now(), Store: k})
				if err != nil {
					t.Fatal(err)
				}
				for _, c := range soon.Connections[0].Changes {
					if !slices.Contains(v.touched, c) {
						t.Errorf("a plan right after the apply would undo it: %+v", c)
					}
				}
				sent := len(v.calls)
				if _, err := applyHeld(t, k, v, desired, "second"); err != nil || len(v.calls)-sent != tc.again {
					t.Errorf("the second apply sent %d calls, want %d (error %v)", len(v.calls)-sent, tc.again, err)
				}
				time.Sleep(2 * tc.lag)
				if last, err := applyHeld(t, k, v, desired, "third"); err != nil || last.Summary.Calls > 0 || len(last.Connections[0].Changes) > 0 {
					t.Errorf("once all shows: %+v, error %v", last, err)
				}
			})
		})
	}
}

// splitBudgetRunsOut: the report says what was not looked into, and each further apply gets further.
func splitBudgetRunsOut(t *testing.T) {
	holders := map[string][]string{}
	v := &vendor{poison: map[string]bool{"bad": true}}
	for i := range 120 { // calls of three changes, one of them bad: three calls more each
		holders[fmt.Sprintf("G%03d", i)] = []string{"bad", "good", "well"}
	}
	desired := state(holders)
	v.live = desired.Where(func(spec.Ref) bool { return true })
	v.live.Grants = spec.Grants{}
	result := applyOnce(t, v, desired, ApplyOptions{})
	left, notes := len(refusals(result))-120, result.Connections[0].Notes
	if left <= 0 || len(notes) != 2 || result.Summary.Calls > 120+maxSplits || !strings.HasPrefix(notes[0], "200 calls more") {
		t.Fatalf("%+v, notes %q", result.Summary, notes)
	}
	if together := fmt.Sprintf("%d changes were refused together", left/2*3); !strings.HasPrefix(notes[1], together) || !strings.Contains(notes[1], "apply again") {
		t.Errorf("notes %q, want %q", notes[1], together)
	}
	for range 2 {
		result = applyOnce(t, v, desired, ApplyOptions{})
	}
	if r := refusals(result); len(r) != 120 || slices.ContainsFunc(r, func(s string) bool { return !strings.HasSuffix(s, "/bad") }) {
		t.Errorf("refused in the end: %v", r)
	}
}

// refusals lists what was refused.
func refusals(r *diff.Result) []string {
	var names []string
	for name, outcome := range outcomes(r) {
		if outcome == diff.Refused {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}
