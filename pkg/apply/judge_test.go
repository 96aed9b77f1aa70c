package apply

import (
	"errors"
	"strings"
	"testing"

	"github.com/entitlectl/entitlectl/pkg/spec"
)

// noLimits are rules that any number of changes keeps.
var noLimits = spec.Rules{MaxRevokes: spec.Limit{Off: true}, MaxRevokeShare: spec.Limit{Off: true}, MaxRevokeShareResource: spec.Limit{Off: true}, MaxMails: spec.Limit{Off: true}}

// A saved plan goes on only by what files, rules and live state say when it is applied: nothing is sent of one that they no
// longer make.
func TestSavedPlanIsJudgedByNow(t *testing.T) {
	own := func(desired spec.State, o spec.Ownership, absent bool) {
		for ref, r := range desired.Resources {
			r.Ownership, r.Absent = o, absent
			desired.Resources[ref] = r
		}
	}
	for name, tc := range map[string]struct {
		absent bool
		edit   func(v *vendor, desired spec.State, rules *spec.Rules)
		want   string
	}{
		"nothing changed":       {false, func(*vendor, spec.State, *spec.Rules) {}, ""},
		"it is add-only by now": {false, func(_ *vendor, d spec.State, _ *spec.Rules) { own(d, spec.AddOnly, false) }, "stale"},
		"it is ignored by now":  {false, func(_ *vendor, d spec.State, _ *spec.Rules) { own(d, spec.Ignored, false) }, "stale"},
		"the line is back":      {false, func(_ *vendor, d spec.State, _ *spec.Rules) { d.Grants.Add(grantOf("CAD", "x"), spec.Origin{}) }, "stale"},
		"a tighter limit":       {false, func(_ *vendor, _ spec.State, r *spec.Rules) { r.MaxRevokes = spec.Limit{} }, "max-revokes"},
		"protected by now": {false, func(_ *vendor, _ spec.State, r *spec.Rules) {
			r.Protected = []spec.Protection{{Subject: grantOf("CAD", "x").Subject}}
		}, "protected"},
		"deleted as it was":            {true, func(*vendor, spec.State, *spec.Rules) {}, ""},
		"who came would go with it":    {true, func(v *vendor, _ spec.State, _ *spec.Rules) { v.live.Grants.Add(grantOf("CAD", "new"), spec.Origin{}) }, "stale"},
		"it is not to be deleted, now": {true, func(_ *vendor, d spec.State, _ *spec.Rules) { own(d, spec.Owned, false) }, "stale"},
	} {
		t.Run(name, func(t *testing.T) {
			v := &vendor{live: state(map[string][]string{"CAD": {"a", "x"}})}
			desired := state(map[string][]string{"CAD": {"a"}})
			if tc.absent {
				desired = state(map[string][]string{"CAD": nil})
			}
			own(desired, spec.Owned, tc.absent)
			plan, err := Plan(t.Context(), PlanOptions{Jobs: jobs(v, desired), Rules: noLimits})
			if err != nil {
				t.Fatal(err)
			}
			rules := noLimits
			tc.edit(v, desired, &rules)
			_, err = Apply(t.Context(), ApplyOptions{Plan: plan, Jobs: jobs(v, desired), Saved: true, Reread: true, Rules: rules, Allow: []string{"empty-spec"}})
			var stale *StaleError
			var refused *RefusedError
			got := ""
			switch {
			case errors.As(err, &stale):
				got = "stale"
			case errors.As(err, &refused):
				got = strings.Join(refused.Rules, " ")
			case err != nil:
				t.Fatal(err)
			}
			if got != tc.want || (got != "") != (len(v.calls) == 0) {
				t.Errorf("%q (error %v, calls %v), want %q", got, err, v.calls, tc.want)
			}
		})
	}
}
