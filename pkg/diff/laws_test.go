package diff_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// genState draws a small state in which resources and holders often coincide with those of another draw.
func genState(t *rapid.T, label string, desired bool) spec.State {
	s := spec.NewState()
	for i := range rapid.IntRange(0, 5).Draw(t, label+" resources") {
		r := spec.Resource{}
		if desired {
			r.Ownership = rapid.SampledFrom([]spec.Ownership{spec.Owned, spec.Owned, spec.AddOnly, spec.Ignored}).Draw(t, "ownership")
		} else if rapid.IntRange(0, 9).Draw(t, "broken") == 0 {
			r.Incomplete = "cut"
		}
		ref := group(fmt.Sprint("G", i))
		s.Resources[ref] = r
		for _, n := range rapid.SliceOfDistinct(rapid.IntRange(0, 7), rapid.ID[int]).Draw(t, label+" holders") {
			s.Grants.Add(grant(ref, fmt.Sprint("u", n)), spec.Origin{})
		}
	}
	return s
}

// carryOut applies changes to a state the way a faultless vendor does.
func carryOut(live spec.State, changes []diff.Change) spec.State {
	next := live.Where(func(spec.Ref) bool { return true })
	for _, c := range changes {
		switch c.Op {
		case diff.OpCreate:
			next.Resources[c.Ref(conn)] = spec.Resource{}
		case diff.OpGrant:
			next.Grants.Add(c.Grant(conn), spec.Origin{})
		case diff.OpRevoke:
			next.Grants.Remove(c.Grant(conn))
		}
	}
	return next
}

func TestLaw1Converge(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		desired, live := genState(t, "desired", true), genState(t, "live", false)
		changes := diff.Compute(desired, diff.Live{State: live}, diff.Resending{})
		if again := diff.Compute(desired, diff.Live{State: carryOut(live, changes)}, diff.Resending{}); len(again) > 0 {
			t.Fatalf("a second plan is not empty: %v", short(again))
		}
	})
}

func TestLaw3NoChangeWithoutAWholeRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		desired, live := genState(t, "desired", true), genState(t, "live", false)
		for _, c := range diff.Compute(desired, diff.Live{State: live}, diff.Resending{}) {
			if live.Resources[c.Ref(conn)].Incomplete != "" {
				t.Fatalf("%v although the list of %s is cut", c, c.Resource)
			}
		}
	})
}

func TestLaw9BasisSurvivesAHalfDoneRunOnly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		desired, live := genState(t, "desired", true), genState(t, "live", false)
		changes := diff.Compute(desired, diff.Live{State: live}, diff.Resending{})
		part := diff.ConnectionPlan{Name: conn, Changes: changes, Touched: diff.Fingerprints(conn, changes, diff.Live{State: live})}
		half := carryOut(live, rapid.SliceOfN(rapid.SampledFrom(append(changes, diff.Change{})), 0, len(changes)).Draw(t, "half"))
		if edits := diff.OutsideEdits(part, nil, diff.Live{State: half}); len(edits) > 0 {
			t.Fatalf("a half-done run makes its own plan stale: %v", edits)
		}
		touched := slices.IndexFunc(changes, func(c diff.Change) bool {
			r := live.Resources[c.Ref(conn)]
			return (c.Op == diff.OpGrant || c.Op == diff.OpRevoke) && !r.Open && r.Incomplete == ""
		})
		if touched < 0 {
			return
		}
		half.Grants.Add(grant(changes[touched].Ref(conn), "stranger"), spec.Origin{})
		if len(diff.OutsideEdits(part, nil, diff.Live{State: half})) != 1 {
			t.Fatal("a stranger's edit goes unseen")
		}
	})
}

func TestLaw8Deterministic(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		desired, live := genState(t, "desired", true), genState(t, "live", false)
		want := diff.Compute(desired, diff.Live{State: live}, diff.Resending{})
		for range 3 { // maps are ranged over in another order each time
			if d := cmp.Diff(want, diff.Compute(desired, diff.Live{State: live}, diff.Resending{}), cmpopts.EquateComparable(spec.Settings{})); d != "" {
				t.Fatalf("(-first +again):\n%s", d)
			}
		}
	})
}

func BenchmarkCompute100k(b *testing.B) {
	desired, live := spec.NewState(), spec.NewState()
	for i := range 1000 {
		ref := group(fmt.Sprint("G", i))
		desired.Resources[ref], live.Resources[ref] = spec.Resource{Ownership: spec.Owned}, spec.Resource{}
		for k := range 100 {
			desired.Grants.Add(grant(ref, fmt.Sprint("u", (i*7+k)%2500)), spec.Origin{})
			live.Grants.Add(grant(ref, fmt.Sprint("u", (i*7+k+i%2)%2500)), spec.Origin{})
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		if len(diff.Compute(desired, diff.Live{State: live}, diff.Resending{})) != 1000 {
			b.Fatal("wrong number of changes")
		}
	}
}
