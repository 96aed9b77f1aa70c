package huaweicloud_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/entitlectl/entitlectl/pkg/apply"
	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/providers/emu"
	"github.com/entitlectl/entitlectl/pkg/providers/huaweicloud"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// many is how often something is drawn: in a long run, and in a short one. The usual run takes a tenth of the long one's.
func many(t *testing.T, long, short int) int {
	t.Helper()
	switch {
	case testing.Short():
		return short
	case os.Getenv("ENTITLECTL_TEST_LONG") != "":
		return long
	}
	return max(short, long/10)
}

// Every call that a plan has does what the plan says and nothing else, whatever moves.
func TestCallsTouchOnlyWhatThePlanNames(t *testing.T) {
	for seed := range many(t, 25_000, 2_000) {
		r := rand.New(rand.NewPCG(uint64(seed), 1))
		live, desired := both(scattered(r, kindApp), scattered(r, kindAppGroup))
		if _, wrong := faultOf(live, desired, spec.Packing{Regrant: r.IntN(3), CoverAbsent: r.IntN(3)}); wrong != "" {
			t.Fatalf("seed %d: %s", seed, wrong)
		}
	}
}

// Whole teams that move, join and leave make calls that both add and remove; how often they did what the plan did not say
// grew with the size.
func TestCallsOfReorganisationsTouchOnlyWhatThePlanNames(t *testing.T) {
	for _, size := range []struct{ apps, groups, people, plans, short int }{
		{5, 0, 20, 1_000, 200},
		{20, 0, 120, 150, 10},
		{50, 0, 400, 20, 2},
		{50, 300, 400, 3, 1},
		{0, 20, 120, 60, 10},
	} {
		t.Run(fmt.Sprintf("%d apps, %d groups, %d people", size.apps, size.groups, size.people), func(t *testing.T) {
			for seed := range many(t, size.plans, size.short) {
				r := rand.New(rand.NewPCG(uint64(seed), 2))
				live, desired := both(reorganised(r, kindApp, size.apps, size.people), reorganised(r, kindAppGroup, size.groups, size.people))
				packing := spec.Packing{Regrant: r.IntN(2) * 50, CoverAbsent: r.IntN(2) * 50}
				if _, wrong := faultOf(live, desired, packing); wrong != "" {
					t.Fatalf("seed %d: %s", seed, wrong)
				}
			}
		})
	}
}

// Adds and removes of apps share calls where they can: with whole teams moving there are fewer calls than for either alone.
func TestAddsAndRemovesOfReorganisationsShareCalls(t *testing.T) {
	together, apart := 0, 0
	for seed := range many(t, 40, 10) {
		live, desired := reorganised(rand.New(rand.NewPCG(uint64(seed), 3)), kindApp, 20, 120).states()
		changes := diff.Compute(desired, diff.Live{State: live}, diff.Resending{})
		source := new(huaweicloud.Reader)
		together += len(source.Pack(changes, diff.Allowance{}, false).Calls)
		for _, op := range []diff.Op{diff.OpGrant, diff.OpRevoke} {
			only := slices.DeleteFunc(slices.Clone(changes), func(c diff.Change) bool { return c.Op != op })
			apart += len(source.Pack(only, diff.Allowance{}, false).Calls)
		}
	}
	t.Logf("%d calls together, %d apart", together, apart)
	if together*100 > apart*85 {
		t.Errorf("%d calls together, %d apart", together, apart)
	}
}

// The same changes and the same slack make the same calls in the same order, whatever order they are listed in.
func TestCallsDependOnTheChangesAlone(t *testing.T) {
	for _, kind := range []spec.Kind{kindApp, kindAppGroup} {
		for seed := range many(t, 60, 10) {
			r := rand.New(rand.NewPCG(uint64(seed), 4))
			live, desired := reorganised(r, kind, 12, 60).states()
			changes := diff.Compute(desired, diff.Live{State: live}, diff.Resending{})
			slack := diff.AllowanceOf(conn, desired, diff.Live{State: live}, changes, spec.Packing{Regrant: 9, CoverAbsent: 9})
			want := contents(changes, slack)
			for _, list := range [][]diff.Change{changes, slack.Held, slack.Absent} {
				r.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
			}
			if d := cmp.Diff(want, contents(changes, slack), cmpopts.EquateComparable(spec.Settings{})); d != "" {
				t.Fatalf("%s, seed %d, in another order (-want +got):\n%s", kind, seed, d)
			}
		}
	}
}

// contents lists what each call carries.
func contents(changes []diff.Change, slack diff.Allowance) [][]diff.Change {
	var all [][]diff.Change
	for _, call := range new(huaweicloud.Reader).Pack(changes, slack, false).Calls {
		carried := slices.Clone(call.Extra)
		for _, i := range call.Changes {
			carried = append(carried, changes[i])
		}
		slices.SortFunc(carried, func(a, b diff.Change) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
		all = append(all, carried)
	}
	return all
}

// What is planned is what is sent, and after it there is nothing left to do: where one app keeps who another loses, and
// where whole teams move.
func TestAddsAndRemovesLandAsPlanned(t *testing.T) {
	worlds := map[string]world{"two apps": {kind: kindApp, resources: 2, people: 5,
		before: func(_, p int) bool { return p < 3 },
		after:  func(r, p int) bool { return p == 0 || p == 3 || p == 4 && r == 1 },
	}}
	eachReorganised(t, func(name string, w world) { worlds[name] = w })
	for name, w := range worlds {
		t.Run(name, func(t *testing.T) {
			live, desired := w.states()
			c := newCloud(t, free, seedOf(live))
			job, plan := plannedOn(t, c, desired)
			if result := landed(t, job, plan); result.Summary.Calls != plan.Summary.Calls {
				t.Errorf("%d calls planned, %d sent", plan.Summary.Calls, result.Summary.Calls)
			}
		})
	}
}

// What is left of a plan is packed anew: where somebody else did some of it meanwhile, and where the vendor refuses a call and
// its halves are sent.
func TestWhatIsLeftOfAPlanLands(t *testing.T) {
	eachReorganised(t, func(name string, w world) {
		t.Run("half done, "+name, func(t *testing.T) {
			live, desired := w.states()
			c := newCloud(t, free, seedOf(live))
			job, plan := plannedOn(t, c, desired)
			halfway := w
			halfway.after = func(r, p int) bool {
				if mixed(uint64(r), uint64(p))%2 == 0 {
					return w.before(r, p)
				}
				return w.after(r, p)
			}
			_, half := halfway.states()
			c.apply(t, c.Open(t), half)
			landed(t, job, plan)
		})
		t.Run("refused, "+name, func(t *testing.T) {
			live, desired := w.states()
			c := newCloud(t, free, seedOf(live))
			job, plan := plannedOn(t, c, desired)
			largest, calls := 0, plan.Connections[0].Calls
			for n, call := range calls {
				if len(call.Changes) > len(calls[largest].Changes) {
					largest = n
				}
			}
			refuse := emu.Fault{Match: "POST /**", Kind: emu.FaultRefuse, Nth: largest + 1, Status: 400}
			if err := c.SetFaults([]emu.Fault{refuse}); err != nil {
				t.Fatal(err)
			}
			if result := landed(t, job, plan); result.Summary.Calls < plan.Summary.Calls+2 {
				t.Errorf("%d calls planned, %d sent", plan.Summary.Calls, result.Summary.Calls)
			}
		})
	})
}

func eachReorganised(t *testing.T, do func(name string, w world)) {
	for seed := range many(t, 8, 2) {
		r := rand.New(rand.NewPCG(uint64(seed), 5))
		do(fmt.Sprint("apps ", seed), reorganised(r, kindApp, 25, 150))
		do(fmt.Sprint("app groups ", seed), reorganised(r, kindAppGroup, 12, 60))
	}
}

func plannedOn(t *testing.T, c *cloud, desired spec.State) ([]apply.Job, *diff.Plan) {
	t.Helper()
	jobs := []apply.Job{c.Job(c.Open(t), desired)}
	plan, err := apply.Plan(t.Context(), apply.PlanOptions{Jobs: jobs})
	if err != nil {
		t.Fatal(err)
	}
	return jobs, plan
}

// landed carries a plan out and fails unless that leaves nothing to do.
func landed(t *testing.T, jobs []apply.Job, plan *diff.Plan) *diff.Result {
	t.Helper()
	off := spec.Limit{Off: true}
	result, err := apply.Apply(t.Context(), apply.ApplyOptions{Plan: plan, Jobs: jobs, Reread: true,
		Rules: spec.Rules{MaxRevokes: off, MaxRevokeShare: off, MaxRevokeShareResource: off, MaxMails: off}, Allow: []string{diff.RuleEmptySpec}})
	if err != nil || !result.Summary.Clean() {
		t.Fatalf("error %v, result %+v", err, result)
	}
	if again, err := apply.Plan(t.Context(), apply.PlanOptions{Jobs: jobs}); err != nil || !again.Empty() {
		t.Errorf("error %v, the second plan has %+v", err, again.Connections[0].Changes)
	}
	return result
}
