package apply

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// packer is a vendor whose calls act on every resource times every subject, packed by a function of the test.
type packer struct {
	*vendor
	pack func(changes []diff.Change) []diff.Call
}

func (p packer) Pack(changes []diff.Change, _ diff.Allowance, _ bool) diff.Packed {
	return diff.Packed{Calls: p.pack(changes)}
}

func (p packer) Shapes() []diff.CallShape {
	return []diff.CallShape{{Name: "assign", Kind: kindAppGroup, Role: spec.RoleAccess, Ops: []diff.Op{diff.OpGrant, diff.OpRevoke}}}
}

// inOne makes one call of all changes.
func inOne(changes []diff.Change) []diff.Call {
	call := diff.Call{Name: "assign"}
	for i := range changes {
		call.Changes = append(call.Changes, i)
	}
	return []diff.Call{call}
}

// perResource makes a call of the changes on each resource.
func perResource(changes []diff.Change) []diff.Call {
	var calls []diff.Call
	at := map[string]int{}
	for i, c := range changes {
		if _, known := at[c.Resource]; !known {
			at[c.Resource] = len(calls)
			calls = append(calls, diff.Call{Name: "assign"})
		}
		call := &calls[at[c.Resource]]
		call.Changes = append(call.Changes, i)
	}
	return calls
}

const wrongCall = "call 1 (assign) would also grant app-group/BIM to a, which is not among its changes; this is a bug in entitlectl; please report it"

// What a call would do beyond the plan is found when the plan is made, and in a saved plan before the first write.
func TestWrongCallsAreNotPlanned(t *testing.T) {
	desired := state(map[string][]string{"CAD": {"a"}, "BIM": {"b"}})
	p := packer{&vendor{live: state(map[string][]string{"CAD": nil, "BIM": nil})}, inOne}
	plan, err := Plan(t.Context(), PlanOptions{Jobs: jobs(p, desired)})
	if err == nil || !strings.Contains(err.Error(), wrongCall) {
		t.Fatalf("error %v", err)
	}
	if part := plan.Connections[0]; len(part.Changes)+len(part.Calls) > 0 || len(part.Errors) == 0 {
		t.Errorf("planned all the same: %+v", part)
	}
	p.pack = perResource
	if plan, err = Plan(t.Context(), PlanOptions{Jobs: jobs(p, desired)}); err != nil {
		t.Fatal(err)
	}
	plan.Connections[0].Calls = inOne(plan.Connections[0].Changes)
	result, err := Apply(t.Context(), ApplyOptions{Plan: plan, Jobs: jobs(p, desired), Saved: true, Rules: spec.DefaultRules, Reread: true})
	if err == nil || result != nil || len(p.calls) > 0 || !strings.Contains(err.Error(), wrongCall) {
		t.Errorf("result %v, error %v, calls %v", result, err, p.calls)
	}
}

// Packing anew what is left is checked like the plan: nothing is sent that the plan does not name.
func TestWrongCallsOfWhatIsLeftAreNotSent(t *testing.T) {
	desired := state(map[string][]string{"CAD": {"a", "c"}, "BIM": {"b"}})
	p := packer{&vendor{live: state(map[string][]string{"CAD": nil, "BIM": nil})}, perResource}
	plan, err := Plan(t.Context(), PlanOptions{Jobs: jobs(p, desired)})
	if err != nil {
		t.Fatal(err)
	}
	p.live.Grants.Add(grantOf("CAD", "c"), spec.Origin{}) // done already, so the rest is packed anew
	p.pack = inOne
	result, err := Apply(t.Context(), ApplyOptions{Plan: plan, Jobs: jobs(p, desired), Reread: true, Rules: noLimits})
	if err != nil || len(p.calls) > 0 || result.Summary.NotTried != 2 || !strings.Contains(fmt.Sprint(result.Connections[0].Changes), wrongCall) {
		t.Errorf("error %v, calls %v, result %+v", err, p.calls, result)
	}
}

// inFlight notes the order in which calls begin and end; each takes a while.
type inFlight struct {
	packer
	mu    sync.Mutex
	order []string
}

func (f *inFlight) note(what string, changes []diff.Change) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.order = append(f.order, fmt.Sprint(what, " ", changes[0].Resource))
}

func (f *inFlight) Do(ctx context.Context, name string, changes []diff.Change, begin func() error) error {
	f.note("begin", changes)
	defer f.note("end", changes)
	time.Sleep(time.Second) // virtual: whatever may begin beside it has begun
	return f.packer.Do(ctx, name, changes, begin)
}

// Calls that both give and take wait, where they take more than they give, until those that give more are done.
func TestCallsThatTakeMoreWait(t *testing.T) {
	live := state(map[string][]string{"gains": {"x"}, "loses": {"x", "y"}})
	desired := state(map[string][]string{"gains": {"a", "b"}, "loses": {"a"}})
	f := &inFlight{packer: packer{&vendor{live: live}, perResource}}
	synctest.Test(t, func(t *testing.T) {
		plan, err := Plan(t.Context(), PlanOptions{Jobs: jobs(f, desired)})
		if err != nil {
			t.Fatal(err)
		}
		result, err := Apply(t.Context(), ApplyOptions{Plan: plan, Jobs: jobs(f, desired), Parallelism: 4})
		if want := []string{"begin gains", "end gains", "begin loses", "end loses"}; err != nil || !result.Summary.Clean() || !slices.Equal(f.order, want) {
			t.Errorf("error %v, result %+v, order %v", err, result, f.order)
		}
	})
}

// What gives access goes before what takes it, whatever order the calls of a plan stand in that somebody sealed anew.
func TestCallsThatTakeWaitInASealedPlan(t *testing.T) {
	v := &vendor{live: state(map[string][]string{"CAD": {"x", "y"}, "BIM": nil})}
	desired := state(map[string][]string{"CAD": nil, "BIM": {"a"}})
	p := packer{v, perResource}
	plan, err := Plan(t.Context(), PlanOptions{Jobs: jobs(p, desired)})
	if err != nil {
		t.Fatal(err)
	}
	for _, reversed := range []bool{false, true} {
		v.live, v.touched = state(map[string][]string{"CAD": {"x", "y"}, "BIM": nil}), nil
		if reversed {
			slices.Reverse(plan.Connections[0].Calls)
			plan.Seal()
		}
		if _, err := Apply(t.Context(), ApplyOptions{Plan: plan, Jobs: jobs(p, desired), NoVerify: true}); err != nil {
			t.Fatal(err)
		}
		var ops []diff.Op
		for _, c := range v.touched {
			ops = append(ops, c.Op)
		}
		if want := []diff.Op{diff.OpGrant, diff.OpRevoke, diff.OpRevoke}; !slices.Equal(ops, want) {
			t.Errorf("reversed %v: sent %v, want %v", reversed, ops, want)
		}
	}
}
