package huaweicloud

import (
	"maps"
	"slices"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/providers/pack"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// The calls that change something, named by their paths.
const (
	callCreate = "app-groups"                                         // a2
	callUpdate = "app-groups/{app_group_id}"                          // a4
	callDelete = "app-groups/batch-delete"                            // a6
	callGrant  = "app-groups/authorizations"                          // b2
	callResend = "mails/actions/send"                                 // c2
	callRevoke = "app-groups/actions/batch-delete-authorization"      // b3
	callRename = "app-center/apps/{app_id}"                           // d, update an app
	callAssign = "app-center/apps/actions/batch-assign-authorization" // d3
)

// What one call may list (b2, b3; d3; a6).
var (
	groupCaps = pack.Caps{Resources: 10, Subjects: 50}
	appCaps   = pack.Caps{Resources: 20, Subjects: 100} // of subjects to add, and as many to remove
)

const (
	maxDeletes = 20
	maxResends = 100 // the vendor states no limit; this is as many as a page of its list holds
)

// route is a call that changes something: what it may carry, where it goes and which limit it counts against.
type route struct {
	name       string
	kind       spec.Kind
	ops        []diff.Op
	caps       pack.Caps // 0: no limit
	changes    int       // the most that it may carry; 0: no limit but the caps
	base       family
	policy     string
	repeatable bool // repeating it is documented to be safe
}

// routes lists them all.
var routes = []route{
	{callCreate, kindAppGroup, []diff.Op{diff.OpCreate}, pack.Caps{Resources: 1}, 1, familyApp, policyOperate, false},
	{callUpdate, kindAppGroup, []diff.Op{diff.OpUpdate}, pack.Caps{Resources: 1}, 1, familyApp, "", false},
	{callGrant, kindAppGroup, []diff.Op{diff.OpGrant}, groupCaps, 0, familyApp, policyAuthorize, false},
	{callRename, kindApp, []diff.Op{diff.OpUpdate}, pack.Caps{Resources: 1}, 1, familyWorkspace, "", false},
	{callAssign, kindApp, []diff.Op{diff.OpUpdate, diff.OpGrant, diff.OpRevoke}, appCaps, 0, familyWorkspace, policyOperate, false},
	{callResend, kindAppGroup, []diff.Op{diff.OpResend}, pack.Caps{}, maxResends, familyApp, "", false},
	{callRevoke, kindAppGroup, []diff.Op{diff.OpRevoke}, groupCaps, 0, familyApp, policyAuthorize, true},
	{callDelete, kindAppGroup, []diff.Op{diff.OpDelete}, pack.Caps{Resources: maxDeletes}, 0, familyApp, policyOperate, true},
}

// mailing are the calls that make the vendor mail people, in a language that the call may choose.
var mailing = []string{callGrant, callRevoke, callResend}

// routeOf is the route of a call that Pack made.
func routeOf(name string) route {
	return routes[slices.IndexFunc(routes, func(r route) bool { return r.name == name })]
}

// Shapes are the calls that Pack makes.
func (r *Reader) Shapes() []diff.CallShape {
	return spec.Each(routes, func(k route) diff.CallShape {
		return diff.CallShape{Name: k.name, Kind: k.kind, Role: spec.RoleAccess, Ops: k.ops,
			Resources: k.caps.Resources, Subjects: k.caps.Subjects, Changes: k.changes}
	})
}

// Pack distributes changes over calls: creates, then what gives access, then what takes it, then deletes. A call on apps
// may do both, and sets their mode as well. Slack is used for app groups only: what the vendor does with a pair that is
// granted again is not documented for either, but there a repeat can at least be seen in the mails.
func (r *Reader) Pack(changes []diff.Change, slack diff.Allowance, bound bool) diff.Packed {
	by := sorted(changes)
	granting, fromHoles := packGrants(changes, by.groups(diff.OpGrant), slack)
	giving, taking := packApps(changes, by)
	packed := diff.Packed{FromHoles: fromHoles, Calls: slices.Concat(
		chunks(callCreate, by.groups(diff.OpCreate), 1),
		chunks(callUpdate, by.groups(diff.OpUpdate), 1),
		chunks(callRename, by[action{diff.OpUpdate, kindApp, true}], 1),
		granting,
		giving,
		chunks(callResend, by.groups(diff.OpResend), maxResends),
		taking,
		packLoose(callRevoke, changes, by.groups(diff.OpRevoke), slack.Absent, slack.Cover),
		chunks(callDelete, by.groups(diff.OpDelete), maxDeletes),
	)}
	if bound && slack.Regrant == 0 && slack.Cover == 0 { // with slack there may be fewer calls than any exact packing has
		packed.LowerBound = lowerBound(changes, by)
	}
	return packed
}

// action is what a change does, and to which kind of resource.
type action struct {
	op      diff.Op
	kind    spec.Kind
	renames bool // an app; app groups are renamed as all else of them is changed
}

// work lists indexes of changes, by what they do.
type work map[action][]int

func (w work) groups(op diff.Op) []int { return w[action{op, kindAppGroup, false}] }
func (w work) apps(op diff.Op) []int   { return w[action{op, kindApp, false}] }

// sorted lists the changes that can be sent.
func sorted(changes []diff.Change) work {
	by := work{}
	for i, c := range changes {
		if c.Problem == "" {
			a := action{c.Op, c.Kind, renames(c)}
			by[a] = append(by[a], i)
		}
	}
	return by
}

// renames says whether the change gives an app another name.
func renames(c diff.Change) bool {
	return c.Op == diff.OpUpdate && c.Kind == kindApp && c.Field == settingName
}

// chunks makes calls of at most so many changes each.
func chunks(name string, indexes []int, most int) []diff.Call {
	return callsOf(name, slices.Collect(slices.Chunk(indexes, most)))
}

func callsOf(name string, lists [][]int) []diff.Call {
	return spec.Each(lists, func(list []int) diff.Call { return diff.Call{Name: name, Changes: list} })
}

// packGrants packs the grants on app groups, and says how many fewer calls there would be if all pairs that are live
// already could be granted again.
func packGrants(changes []diff.Change, grants []int, slack diff.Allowance) (calls []diff.Call, fromHoles int) {
	calls = packLoose(callGrant, changes, grants, slack.Held, slack.Regrant)
	held := pairs(slack.Held)
	if len(held) == 0 {
		return calls, 0
	}
	free := pack.LooseProducts(changes, grants, slices.Collect(maps.Keys(held)), len(held), groupCaps)
	return calls, max(0, len(calls)-len(free))
}

// packLoose packs changes of app groups into calls that may touch some more pairs, and name them.
func packLoose(name string, changes []diff.Change, indexes []int, more []diff.Change, budget int) (calls []diff.Call) {
	free := pairs(more)
	if budget == 0 || len(free) == 0 {
		return callsOf(name, pack.Products(changes, indexes, groupCaps))
	}
	for _, loose := range pack.LooseProducts(changes, indexes, slices.Collect(maps.Keys(free)), budget, groupCaps) {
		call := diff.Call{Name: name, Changes: loose.Indexes}
		for _, p := range loose.Free {
			call.Extra = append(call.Extra, free[p])
		}
		calls = append(calls, call)
	}
	return calls
}

// pairs finds the changes of app groups by the pairs that they are about.
func pairs(changes []diff.Change) map[pack.Pair]diff.Change {
	found := map[pack.Pair]diff.Change{}
	for _, c := range changes {
		if c.Kind == kindAppGroup { // an app may have the same name
			found[pack.Pair{Resource: c.Resource, Subject: c.Subject}] = c
		}
	}
	return found
}

// packApps packs the changes of apps: calls that set a mode or give no less than they take, and calls that take more. A call
// may both add and remove, which saves calls. It changes by the same number how many people each of its apps has, so as long
// as those that take more come last, no app ever has fewer in between than before and after: nothing has to be cut out of a
// call for that. Somebody who moves from one app to another may have neither for the time between two calls: to rule that out
// would take as many calls as to add and to remove apart.
func packApps(changes []diff.Change, by work) (giving, taking []diff.Call) {
	lanes := pack.Lanes(changes, by.apps(diff.OpGrant), by.apps(diff.OpRevoke), appCaps)
	slices.SortStableFunc(lanes, func(a, b pack.Lane) int { return turn(a) - turn(b) })
	lists := spec.Each(lanes, func(l pack.Lane) []int { return slices.Concat(l.Grants, l.Revokes) })
	alone := rideAlong(changes, by.apps(diff.OpUpdate), lists)
	from, _ := slices.BinarySearchFunc(lanes, takesMore, func(l pack.Lane, t int) int { return turn(l) - t })
	return append(callsOf(callAssign, alone), callsOf(callAssign, lists[:from])...), callsOf(callAssign, lists[from:])
}

// The turns in which calls on apps are sent.
const (
	onlyAdds = iota
	addsMore // or as many
	takesMore
	onlyTakes
)

func turn(l pack.Lane) int {
	switch {
	case len(l.Revokes) == 0:
		return onlyAdds
	case len(l.Grants) >= len(l.Revokes): // both are on all apps of the call
		return addsMore
	case len(l.Grants) > 0:
		return takesMore
	}
	return onlyTakes
}

// rideAlong adds each change of a mode to the first list that its app is in, and returns lists of those that need calls of
// their own: the mode everyone shares no call with assignments, which say the other mode.
func rideAlong(changes []diff.Change, updates []int, lists [][]int) (alone [][]int) {
	first := map[string]int{} // app, to the first list that it is in
	for at, list := range lists {
		for _, i := range list {
			if _, known := first[changes[i].Resource]; !known {
				first[changes[i].Resource] = at
			}
		}
	}
	var opened, closed []int
	for _, i := range updates {
		switch at, known := first[changes[i].Resource]; {
		case opens(changes[i]):
			opened = append(opened, i)
		case known:
			lists[at] = append(lists[at], i)
		default:
			closed = append(closed, i)
		}
	}
	for _, list := range lists {
		slices.Sort(list)
	}
	return slices.Concat(slices.Collect(slices.Chunk(opened, appCaps.Resources)), slices.Collect(slices.Chunk(closed, appCaps.Resources)))
}

// opens says whether the change of a mode opens an app to everyone.
func opens(c diff.Change) bool { return c.To == audienceEveryone }

// lowerBound adds up what each kind of call can't go below. Modes may all ride along with assignments, but for those that
// open an app to everyone.
func lowerBound(changes []diff.Change, by work) int {
	opened := 0
	for _, i := range by.apps(diff.OpUpdate) {
		if opens(changes[i]) {
			opened++
		}
	}
	assigned := len(by.apps(diff.OpUpdate)) - opened
	onApps := pack.Bound(changes, appCaps, by.apps(diff.OpGrant), by.apps(diff.OpRevoke))
	return len(by.groups(diff.OpCreate)) + len(by.groups(diff.OpUpdate)) + len(by[action{diff.OpUpdate, kindApp, true}]) +
		pack.Bound(changes, groupCaps, by.groups(diff.OpGrant)) +
		ceil(opened, appCaps.Resources) +
		max(ceil(assigned, appCaps.Resources), onApps) +
		ceil(len(by.groups(diff.OpResend)), maxResends) +
		pack.Bound(changes, groupCaps, by.groups(diff.OpRevoke)) +
		ceil(len(by.groups(diff.OpDelete)), maxDeletes)
}

func ceil(n, per int) int { return (n + per - 1) / per }
