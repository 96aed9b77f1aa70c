package huaweicloud

import (
	"slices"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/providers/pack"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// The calls that change something, named by their paths.
const (
	callCreate = "app-groups"                                         // a2
	callDelete = "app-groups/batch-delete"                            // a6
	callGrant  = "app-groups/authorizations"                          // b2
	callResend = "mails/actions/send"                                 // c2
	callRevoke = "app-groups/actions/batch-delete-authorization"      // b3
	callAssign = "app-center/apps/actions/batch-assign-authorization" // d3
)

// routes say of each call where it goes, which limit it counts against, and whether repeating it is documented to be safe.
var routes = map[string]struct {
	base       family
	policy     string
	repeatable bool
}{
	callCreate: {familyApp, policyOperate, false},
	callDelete: {familyApp, policyOperate, true},
	callGrant:  {familyApp, policyAuthorize, false},
	callResend: {familyApp, "", false},
	callRevoke: {familyApp, policyAuthorize, true},
	callAssign: {familyWorkspace, policyOperate, false},
}

// What one call may list (b2, b3; d3; a6).
var (
	groupCaps = pack.Caps{Resources: 10, Subjects: 50}
	appCaps   = pack.Caps{Resources: 20, Subjects: 100} // of subjects to add, and as many to remove
)

const (
	maxDeletes = 20
	maxResends = 100 // the vendor states no limit; this is as many as a page of its list holds
)

// Pack distributes changes over calls: creates, then what gives access, then what takes it, then deletes. A call on apps
// may do both, and sets their mode as well. Slack is used for app groups only: what the vendor does with a pair that is
// granted again is not documented for either, but there a repeat can at least be seen in the mails.
func (r *Reader) Pack(changes []diff.Change, slack diff.Slack, bound bool) diff.Packed {
	by := byOpAndKind(changes)
	var out diff.Packed
	add := func(name string, lists [][]int) {
		for _, list := range lists {
			out.Calls = append(out.Calls, diff.Call{Name: name, Changes: list})
		}
	}
	granting, fromHoles := packGrants(changes, by["grant app-group"], slack)
	giving, taking := packApps(changes, by["update app"], by["grant app"], by["revoke app"])
	add(callCreate, slices.Collect(slices.Chunk(by["create app-group"], 1)))
	out.Calls = append(out.Calls, granting...)
	add(callAssign, giving)
	add(callResend, slices.Collect(slices.Chunk(by["resend app-group"], maxResends)))
	add(callAssign, taking)
	out.Calls = append(out.Calls, packLoose(callRevoke, changes, by["revoke app-group"], slack.Absent, slack.Cover)...)
	add(callDelete, slices.Collect(slices.Chunk(by["delete app-group"], maxDeletes)))
	out.FromHoles = fromHoles
	if bound && slack.Regrant == 0 && slack.Cover == 0 { // with slack there may be fewer calls than any exact packing has
		out.LowerBound = lowerBound(changes, by)
	}
	return out
}

// byOpAndKind lists the indexes of the changes that can be sent under "OP KIND".
func byOpAndKind(changes []diff.Change) map[string][]int {
	by := map[string][]int{}
	for i, c := range changes {
		if c.Problem == "" {
			key := string(c.Op) + " " + string(c.Kind)
			by[key] = append(by[key], i)
		}
	}
	return by
}

// packGrants packs the grants on app groups, and says how many fewer calls there would be if all pairs that are live
// already could be granted again.
func packGrants(changes []diff.Change, grants []int, slack diff.Slack) (calls []diff.Call, fromHoles int) {
	calls = packLoose(callGrant, changes, grants, slack.Held, slack.Regrant)
	held := pairs(slack.Held, spec.KindAppGroup)
	if len(held) == 0 {
		return calls, 0
	}
	free := pack.LooseProducts(changes, grants, held, len(held), groupCaps)
	return calls, max(0, len(calls)-len(free))
}

// packLoose packs changes of app groups into calls that may touch some more pairs, and name them.
func packLoose(name string, changes []diff.Change, indexes []int, more []diff.Change, budget int) (calls []diff.Call) {
	free := pairs(more, spec.KindAppGroup)
	if budget == 0 || len(free) == 0 {
		for _, list := range pack.Products(changes, indexes, groupCaps) {
			calls = append(calls, diff.Call{Name: name, Changes: list})
		}
		return calls
	}
	extra := map[pack.Pair]diff.Change{}
	for _, c := range more {
		extra[pack.Pair{Resource: c.Resource, Subject: c.Subject}] = c
	}
	for _, loose := range pack.LooseProducts(changes, indexes, free, budget, groupCaps) {
		call := diff.Call{Name: name, Changes: loose.Indexes}
		for _, p := range loose.Free {
			call.Extra = append(call.Extra, extra[p])
		}
		calls = append(calls, call)
	}
	return calls
}

func pairs(changes []diff.Change, kind spec.Kind) []pack.Pair {
	var out []pack.Pair
	for _, c := range changes {
		if c.Kind == kind {
			out = append(out, pack.Pair{Resource: c.Resource, Subject: c.Subject})
		}
	}
	return out
}

// packApps packs the changes of apps: those that set a mode or add somebody, and those that only remove. A mode rides along
// with the first call that its app is in; the mode everyone shares no call with assignments, which say the other mode.
func packApps(changes []diff.Change, updates, grants, revokes []int) (giving, taking [][]int) {
	giving, taking = packAssignments(changes, grants, revokes)
	carrier := map[string]int{} // app, to the first call in giving that lists it
	for at, list := range giving {
		for _, i := range list {
			if _, known := carrier[changes[i].Resource]; !known {
				carrier[changes[i].Resource] = at
			}
		}
	}
	var opened, alone []int
	for _, i := range updates {
		switch at, known := carrier[changes[i].Resource]; {
		case changes[i].To == string(spec.Everyone):
			opened = append(opened, i)
		case known:
			giving[at] = append(giving[at], i)
		default:
			alone = append(alone, i)
		}
	}
	for _, list := range giving {
		slices.Sort(list)
	}
	modes := slices.Concat(slices.Collect(slices.Chunk(opened, appCaps.Resources)), slices.Collect(slices.Chunk(alone, appCaps.Resources)))
	return append(modes, giving...), taking
}

// packAssignments lets one call add and remove, which saves calls. Removals wait until all are added where an app would
// otherwise have fewer people in between than before and after. Somebody who moves from one app to another may have neither
// for the time between two calls: to rule that out would take as many calls as to add and to remove apart.
func packAssignments(changes []diff.Change, grants, revokes []int) (giving, taking [][]int) {
	losses := map[string]int{} // app, to how many fewer it is to have in the end
	for _, i := range revokes {
		losses[changes[i].Resource]++
	}
	for _, i := range grants {
		losses[changes[i].Resource] = max(0, losses[changes[i].Resource]-1)
	}
	owed := map[string]int{} // app, to how many it loses more than it gains by the calls so far
	var last []int           // removals that have to come after all additions
	for _, lane := range pack.Lanes(changes, grants, revokes, appCaps) {
		call := slices.Clone(lane.Grants)
		for _, i := range lane.Grants {
			owed[changes[i].Resource]--
		}
		for _, i := range lane.Revokes {
			if app := changes[i].Resource; len(lane.Grants) > 0 && owed[app] < losses[app] {
				call = append(call, i)
				owed[app]++
			} else {
				last = append(last, i)
			}
		}
		if len(call) > 0 {
			giving = append(giving, call)
		}
	}
	for _, lane := range pack.Lanes(changes, nil, last, appCaps) {
		taking = append(taking, lane.Revokes)
	}
	return giving, taking
}

// lowerBound adds up what each kind of call can't go below. Modes may all ride along with assignments, but for those that
// open an app to everyone.
func lowerBound(changes []diff.Change, by map[string][]int) int {
	opened := 0
	for _, i := range by["update app"] {
		if changes[i].To == string(spec.Everyone) {
			opened++
		}
	}
	assigned := len(by["update app"]) - opened
	return len(by["create app-group"]) +
		pack.Bound(changes, by["grant app-group"], groupCaps) +
		ceil(opened, appCaps.Resources) +
		max(ceil(assigned, appCaps.Resources), pack.BoundLanes(changes, by["grant app"], by["revoke app"], appCaps)) +
		ceil(len(by["resend app-group"]), maxResends) +
		pack.Bound(changes, by["revoke app-group"], groupCaps) +
		ceil(len(by["delete app-group"]), maxDeletes)
}

func ceil(n, per int) int { return (n + per - 1) / per }
