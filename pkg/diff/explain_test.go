package diff_test

import (
	"bytes"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// explained is a plan whose changes say how they came.
func explained() *diff.Plan {
	plan := examplePlan()
	plan.Base = &diff.Base{Ref: "origin/main", Commit: "00", Spec: "sha256:11", Missing: []string{"x.yaml"},
		Weakened: []spec.Weakening{{What: spec.GuardRule, On: "max-revokes", From: "5", To: "off", Was: "e.yaml:9"}}}
	changes := plan.Connections[0].Changes
	for i := range changes {
		changes[i].Person, changes[i].Because = "who <it> is", diff.BecauseFiles
		changes[i].Via = spec.ViaOf([]spec.Step{{Team: "a & b", Source: "e.yaml:7"}, {Team: "c", Source: "e.yaml:8"}})
	}
	changes[2].Was = "e.yaml:8"
	return plan
}

// What explains a plan is saved and read with it, and makes it no other plan: neither its id nor what was allowed of it change.
func TestExplanationsAreNoPartOfTheID(t *testing.T) {
	plain, told := examplePlan(), explained()
	plain.Seal()
	text, err := told.Encode()
	if err != nil || told.ID != plain.ID {
		t.Fatalf("%v: %s is not %s", err, told.ID, plain.ID)
	}
	read, err := diff.Decode(text)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(told, read); d != "" {
		t.Errorf("(-saved +read):\n%s", d)
	}
	if again, err := read.Encode(); err != nil || !bytes.Equal(text, again) {
		t.Errorf("%v: other bytes:\n%s", err, again)
	}
	if c := read.Connections[0].Changes[1]; c.Key() != plain.Connections[0].Changes[1].Key() || c.Via.String() != "a & b (e.yaml:7) > c (e.yaml:8)" {
		t.Errorf("%+v", c)
	}
	if d := cmp.Diff(plain.Connections[0].Breaks(), told.Connections[0].Breaks()); d != "" {
		t.Errorf("what is blocked is another thing (-plain +explained):\n%s", d)
	}
}

// What the other files would change as well was so before, and the rest is because of these files; against the same files nothing is.
func TestBecause(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		desired, base, live := genState(t, "desired", true), genState(t, "base", true), diff.Live{State: genState(t, "live", false)}
		before := map[diff.Change]bool{}
		for _, c := range diff.Compute(base, live, diff.Resending{}) {
			before[c.Key()] = true
		}
		compared := diff.Compare(desired, live)
		for _, held := range []struct {
			base spec.State
			want func(diff.Change) bool
		}{
			{base, func(c diff.Change) bool { return before[c.Key()] }},
			{desired, func(diff.Change) bool { return true }},
			{spec.NewState(), func(diff.Change) bool { return false }},
		} {
			changes := compared.Changes(diff.Resending{})
			kept := map[diff.Change]bool{}
			for _, c := range compared.HoldAgainst(changes, held.base, diff.Resending{}) {
				kept[c.Key()] = true
			}
			for _, c := range diff.Compute(held.base, live, diff.Resending{}) {
				_, listed := desired.Resources[c.Ref("")]
				still := slices.ContainsFunc(changes, func(o diff.Change) bool { return o.Key() == c.Key() })
				if c.Op == diff.OpRevoke && listed && kept[c.Key()] == still {
					t.Fatalf("%+v is kept: %v, revoked all the same: %v", c, !still, still)
				}
			}
			for _, c := range changes {
				if was := c.Because == diff.BecauseLive; was != held.want(c) {
					t.Fatalf("%+v", c)
				}
			}
		}
	})
}

// A plan about people has what is about them, and makes what they are to be granted.
func TestAboutKeepsWhatPeopleNeed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		desired, live := genState(t, "desired", true), genState(t, "live", false)
		all := diff.Compute(desired, diff.Live{State: live}, diff.Resending{})
		who := map[spec.Subject]bool{person("u1"): true, person("u2"): true}
		made, kept := map[string]bool{}, 0
		for _, c := range diff.About(all, who) {
			switch {
			case c.Op == diff.OpCreate:
				made[c.Resource] = true
			case !who[c.Subject]:
				t.Fatalf("%+v is about nobody who is asked about", c)
			default:
				kept++
				delete(made, c.Resource)
			}
		}
		if len(made) > 0 {
			t.Fatalf("%v are made for nobody", made)
		}
		for _, c := range all {
			if who[c.Subject] {
				kept--
			}
		}
		if kept != 0 {
			t.Fatalf("%d too many or few are kept", kept)
		}
	})
}
