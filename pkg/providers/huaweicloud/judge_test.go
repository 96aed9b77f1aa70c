package huaweicloud_test

import (
	"fmt"
	"maps"
	"slices"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/providers/huaweicloud"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// What the tests judge plans with: a vendor that does to every resource of a call what it does to any, written without the
// code under test.

// limit is how many resources a call lists at most, and for each op how many subjects.
type limit struct{ resources, subjects int }

var limits = map[string]limit{
	"app-groups/authorizations":                          {10, 50},
	"app-groups/actions/batch-delete-authorization":      {10, 50},
	"app-center/apps/actions/batch-assign-authorization": {20, 100},
}

// judge carries out a plan, call by call.
type judge struct {
	changes []diff.Change
	slack   map[diff.Change]bool
	live    spec.State
	least   map[spec.Ref]int // the holders that it has before or after, whichever are fewer
	holders map[spec.Ref]int
	carried []int
	used    map[diff.Op]int // extra pairs by op
	turn    int             // how far the plan is: gives, resends, takes, deletes
}

// faultOf plans and packs what turns live into desired, and returns what the calls would do wrong, or "".
func faultOf(live, desired spec.State, packing spec.Packing) (packed diff.Packed, wrong string) {
	j := &judge{changes: diff.Compute(desired, diff.Live{State: live}, diff.Resending{}), live: spec.NewState(),
		slack: map[diff.Change]bool{}, used: map[diff.Op]int{}}
	slack := diff.AllowanceOf(conn, desired, diff.Live{State: live}, j.changes, packing)
	for _, c := range slices.Concat(slack.Held, slack.Absent) {
		j.slack[c] = true
	}
	maps.Copy(j.live.Resources, live.Resources)
	for g, claim := range live.Grants.All() {
		j.live.Grants.Add(g, claim)
	}
	j.carried, j.holders, j.least = make([]int, len(j.changes)), holdersOf(live), holdersOf(desired)
	for r := range desired.Resources {
		j.least[r] = min(j.least[r], j.holders[r])
	}
	source := new(huaweicloud.Reader)
	packed = source.Pack(j.changes, slack, false)
	if err := diff.CheckCalls(j.changes, packed.Calls, source.Shapes()); err != nil {
		return packed, err.Error()
	}
	for n, call := range packed.Calls {
		if wrong := j.carryOut(call); wrong != "" {
			return packed, fmt.Sprintf("call %d, %+v: %s", n+1, call, wrong)
		}
	}
	return packed, j.end(desired, packing)
}

func holdersOf(s spec.State) map[spec.Ref]int {
	count := map[spec.Ref]int{}
	for g := range s.Grants.All() {
		count[g.Resource]++
	}
	return count
}

// carryOut does what the vendor would do, and says what it should not have done.
func (j *judge) carryOut(call diff.Call) (wrong string) {
	named, subjects := map[diff.Change]bool{}, map[diff.Op][]spec.Subject{}
	resources, modes := map[spec.Ref]bool{}, map[spec.Ref]string{}
	note := func(c diff.Change) {
		named[c.Key()], resources[c.Ref(conn)] = true, true
		switch c.Op {
		case diff.OpGrant, diff.OpRevoke:
			subjects[c.Op] = append(subjects[c.Op], c.Subject)
		case diff.OpUpdate:
			modes[c.Ref(conn)] = c.To
		case diff.OpCreate:
			j.live.Resources[c.Ref(conn)] = spec.Resource{}
		}
	}
	for _, i := range call.Changes {
		j.carried[i]++
		note(j.changes[i])
	}
	for _, c := range call.Extra {
		j.used[c.Op]++
		if !j.slack[c] {
			return fmt.Sprintf("%+v is extra and not in the slack", c)
		}
		note(c)
	}
	for op, list := range subjects {
		slices.SortFunc(list, spec.Subject.Compare)
		subjects[op] = slices.Compact(list)
		if most, known := limits[call.Name]; !known || len(resources) > most.resources || len(subjects[op]) > most.subjects {
			return fmt.Sprintf("%d resources and %d subjects", len(resources), len(subjects[op]))
		}
		for ref := range resources {
			for _, s := range subjects[op] {
				if !named[diff.Change{Op: op, Kind: ref.Kind, Resource: ref.Name, Subject: s, Role: spec.RoleAccess}] {
					return fmt.Sprintf("%s of %s for %s is not named", op, ref, s)
				}
				j.access(op, spec.Grant{Resource: ref, Subject: s, Role: spec.RoleAccess})
			}
		}
	}
	if wrong := j.setModes(call.Name, resources, modes); wrong != "" {
		return wrong
	}
	return j.between(call, len(subjects[diff.OpGrant]), len(subjects[diff.OpRevoke]))
}

func (j *judge) access(op diff.Op, g spec.Grant) {
	if j.live.Grants.Has(g) == (op == diff.OpGrant) {
		return
	}
	if op == diff.OpGrant {
		j.live.Grants.Add(g, spec.Origin{})
		j.holders[g.Resource]++
	} else {
		j.live.Grants.Remove(g)
		j.holders[g.Resource]--
	}
}

// setModes gives all apps of a call one mode: everyone if a change says so, else assigned.
func (j *judge) setModes(name string, resources map[spec.Ref]bool, modes map[spec.Ref]string) string {
	if name != "app-center/apps/actions/batch-assign-authorization" {
		return ""
	}
	mode := "assigned"
	for _, to := range modes {
		mode = to
	}
	for ref := range resources {
		if to, named := modes[ref]; j.live.Resources[ref].Settings.Get("audience") != mode && (!named || to != mode) {
			return fmt.Sprintf("the mode of %s becomes %s, which is not named", ref, mode)
		}
		j.live.Resources[ref] = spec.Resource{Settings: spec.Settings{}.With("audience", mode), Open: mode == "everyone"}
	}
	return ""
}

// between looks at the moment after a call: what gives goes before what takes, and no resource has too few holders.
func (j *judge) between(call diff.Call, given, taken int) string {
	turn := map[diff.Op]int{diff.OpCreate: 0, diff.OpUpdate: 1, diff.OpGrant: 1, diff.OpResend: 2, diff.OpRevoke: 3, diff.OpDelete: 4}[j.changes[call.Changes[0]].Op]
	if taken > given {
		turn = 3
	}
	if turn < j.turn {
		return "it is too late in the plan"
	}
	j.turn = turn
	for r, have := range j.holders {
		if have < j.least[r] {
			return fmt.Sprintf("%s has %d holders, and %d before or after", r, have, j.least[r])
		}
	}
	return ""
}

// end compares what is live in the end with what was wanted. Who was assigned to an app that opens stays so.
func (j *judge) end(desired spec.State, packing spec.Packing) string {
	for i, times := range j.carried {
		if times != 1 {
			return fmt.Sprintf("%d calls carry %+v", times, j.changes[i])
		}
	}
	if j.used[diff.OpGrant] > packing.Regrant || j.used[diff.OpRevoke] > packing.CoverAbsent {
		return fmt.Sprintf("extra pairs %v, allowed are %+v", j.used, packing)
	}
	for ref, r := range desired.Resources {
		if j.live.Resources[ref].Settings != r.Settings {
			return fmt.Sprintf("%s is open to %q in the end, want %q", ref, j.live.Resources[ref].Settings, r.Settings)
		}
	}
	j.live.Grants = j.live.Grants.Where(func(g spec.Grant) bool {
		return !desired.Resources[g.Resource].Open
	})
	if has, want := j.live.Grants.Sorted(), desired.Grants.Sorted(); !slices.Equal(has, want) {
		return fmt.Sprintf("in the end there is %v, want %v", has, want)
	}
	return ""
}
