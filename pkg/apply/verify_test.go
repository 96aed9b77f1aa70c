package apply

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/provider"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// A read-back that fails is tried again: what was sent is known as soon as one succeeds.
func TestReadBackIsTriedAgain(t *testing.T) {
	for _, tc := range []struct {
		name  string
		until int // this read, from 1, fails last; the first is the plan's
		err   error
		want  diff.Outcome
		took  time.Duration
	}{
		{"once", 2, errors.New("cut"), done, time.Second},
		{"for a while", 5, errors.New("cut"), done, 15 * time.Second},
		{"for ever", 100, errors.New("cut"), unknown, DefaultSettle},
		{"without hope", 100, denied.failure(), unknown, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				v := &vendor{live: state(map[string][]string{"CAD": nil}), poison: map[string]bool{"bad": true}}
				v.onRead = func(n int, _ *diff.Live) error {
					if n > 1 && n <= tc.until {
						return tc.err
					}
					return nil
				}
				start := time.Now()
				result := applyOnce(t, v, state(map[string][]string{"CAD": {"bad", "good"}}), ApplyOptions{})
				want := map[string]diff.Outcome{"grant CAD/good": tc.want, "grant CAD/bad": diff.Refused}
				if d := cmp.Diff(want, outcomes(result)); d != "" || time.Since(start) != tc.took {
					t.Errorf("took %v, want %v (-want +got):\n%s", time.Since(start), tc.took, d)
				}
			})
		})
	}
}

// A run that is interrupted while it reads back still reads once, so that its report is true.
func TestInterruptedWhileReadingBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		v := &vendor{live: state(map[string][]string{"CAD": nil})}
		v.onRead = func(n int, _ *diff.Live) error {
			if n == 2 {
				cancel()
				return context.Canceled
			}
			return nil
		}
		desired := state(map[string][]string{"CAD": {"a"}})
		plan, err := Plan(ctx, PlanOptions{Jobs: jobs(v, desired)})
		if err != nil {
			t.Fatal(err)
		}
		result, err := Apply(ctx, ApplyOptions{Plan: plan, Jobs: jobs(v, desired)})
		if err != nil || result.Summary.Done != 1 {
			t.Errorf("error %v, %+v", err, result.Summary)
		}
	})
}

// What a list lacks that is not whole, or was not read, was not left out by the vendor.
func TestLeftOutOnlyByWholeLists(t *testing.T) {
	ref := grantOf("CAD", "").Resource
	for name, hide := range map[string]func(*diff.Live){
		"not whole": func(live *diff.Live) { live.Distrust(ref, "it changed") },
		"can't be seen": func(live *diff.Live) {
			live.CantSee(diff.Aspect{Resource: ref, Role: grantOf("CAD", "").Role}, "no list")
		},
		"not supported": func(live *diff.Live) { live.Unsupported = map[spec.Ref]string{ref: "its mode is not known"} },
		"open":          func(live *diff.Live) { live.Resources[ref] = spec.Resource{Open: true} },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				v := &vendor{live: state(map[string][]string{"CAD": nil})}
				v.onRead = func(n int, live *diff.Live) error {
					if n == 2 || n == 3 {
						live.Grants.Remove(grantOf("CAD", "b"))
						hide(live)
					}
					return nil
				}
				result := applyOnce(t, v, state(map[string][]string{"CAD": {"a", "b"}}), ApplyOptions{})
				if result.Summary.Done != 2 {
					t.Errorf("%+v", outcomes(result))
				}
			})
		})
	}
}

// A read that began before a write showed and ended after it is no sign that the vendor left something out.
func TestLeftOutOnlyByTwoReads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := &vendor{live: state(map[string][]string{"CAD": nil, "Office": nil})}
		v.onRead = func(n int, live *diff.Live) error {
			if n == 2 || n == 3 {
				live.Grants.Remove(grantOf("CAD", "b"))
			}
			if n == 2 {
				live.Grants.Remove(grantOf("Office", "b"))
			}
			return nil
		}
		result := applyOnce(t, v, state(map[string][]string{"CAD": {"b"}, "Office": {"b"}}), ApplyOptions{})
		if result.Summary.Done != 2 || len(v.calls) != 1 {
			t.Errorf("calls %v: %+v", v.calls, outcomes(result))
		}
	})
}

// What the vendor refused while the run was interrupted is refused, and was sent.
func TestRefusedWhileInterrupted(t *testing.T) {
	for _, tc := range []struct {
		name  string
		err   error
		want  diff.Outcome
		calls int
	}{
		{"refused", refusal.failure(), diff.Refused, 1},
		{"never sent", provider.Refuse("%w", context.Canceled), diff.NotTried, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				v := refuser{&vendor{live: state(map[string][]string{"CAD": {"x"}})}, tc.err, cancel}
				desired := state(map[string][]string{"CAD": {"b"}})
				plan, err := Plan(ctx, PlanOptions{Jobs: jobs(v, desired)})
				if err != nil {
					t.Fatal(err)
				}
				result, err := Apply(ctx, ApplyOptions{Plan: plan, Jobs: jobs(v, desired)})
				if err != nil {
					t.Fatal(err)
				}
				want := map[string]diff.Outcome{"grant CAD/b": tc.want, "revoke CAD/x": notTried}
				if d := cmp.Diff(want, outcomes(result)); d != "" || result.Summary.Calls != tc.calls {
					t.Errorf("%d calls (-want +got):\n%s", result.Summary.Calls, d)
				}
			})
		})
	}
}

// refuser interrupts the run with its first call, and answers with an error.
type refuser struct {
	*vendor
	err    error
	cancel context.CancelFunc
}

func (r refuser) Do(context.Context, string, []diff.Change, func() error) error {
	r.cancel()
	return r.err
}
