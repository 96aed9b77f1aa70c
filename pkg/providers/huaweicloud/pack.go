package huaweicloud

import (
	"maps"
	"slices"
	"strings"

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
// may do both, and sets their mode as well.
func (r *Reader) Pack(changes []diff.Change, _ diff.Slack, _ bool) diff.Packed {
	by := map[string][]int{} // what the call does, to the indexes of its changes
	for i, c := range changes {
		if c.Problem == "" {
			by[string(c.Op)+" "+string(c.Kind)] = append(by[string(c.Op)+" "+string(c.Kind)], i)
		}
	}
	var calls []diff.Call
	add := func(name string, lists [][]int) {
		for _, list := range lists {
			calls = append(calls, diff.Call{Name: name, Changes: list})
		}
	}
	giving, taking := packApps(changes, by["update app"], by["grant app"], by["revoke app"])
	add(callCreate, slices.Collect(slices.Chunk(by["create app-group"], 1)))
	add(callGrant, pack.Products(changes, by["grant app-group"], groupCaps))
	add(callAssign, giving)
	add(callResend, slices.Collect(slices.Chunk(by["resend app-group"], maxResends)))
	add(callAssign, taking)
	add(callRevoke, pack.Products(changes, by["revoke app-group"], groupCaps))
	add(callDelete, slices.Collect(slices.Chunk(by["delete app-group"], maxDeletes)))
	return diff.Packed{Calls: calls}
}

// packApps packs the changes of apps: those that set a mode or add somebody, and those that only remove. An add and a
// remove on the same apps share a call, and a mode rides along with the first call that its app is in; the mode everyone
// shares no call with assignments, which say the other mode.
func packApps(changes []diff.Change, updates, grants, revokes []int) (giving, taking [][]int) {
	adds, removes := pack.Products(changes, grants, appCaps), pack.Products(changes, revokes, appCaps)
	giving, taking = pair(changes, adds, removes)
	var opened, alone []int
	for _, i := range updates {
		switch at := callOf(changes, giving, changes[i].Resource); {
		case changes[i].To == string(spec.Everyone):
			opened = append(opened, i)
		case at >= 0:
			giving[at] = append([]int{i}, giving[at]...)
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

// pair joins each call that adds with the first unused one that removes on the same apps.
func pair(changes []diff.Change, adds, removes [][]int) (giving, taking [][]int) {
	waiting := map[string][]int{} // apps, to the removing calls on them
	for at, list := range removes {
		key := appsKey(changes, list)
		waiting[key] = append(waiting[key], at)
	}
	used := map[int]bool{}
	for _, list := range adds {
		if same := waiting[appsKey(changes, list)]; len(same) > 0 {
			waiting[appsKey(changes, list)] = same[1:]
			used[same[0]] = true
			list = append(list, removes[same[0]]...)
		}
		giving = append(giving, list)
	}
	for at, list := range removes {
		if !used[at] {
			taking = append(taking, list)
		}
	}
	return giving, taking
}

func appsKey(changes []diff.Change, list []int) string {
	return strings.Join(resources(changes, list), "\x00")
}

// resources lists the resources of the changes at the given indexes, sorted, each once.
func resources(changes []diff.Change, list []int) []string {
	set := map[string]bool{}
	for _, i := range list {
		set[changes[i].Resource] = true
	}
	return slices.Sorted(maps.Keys(set))
}

// callOf finds the first call that lists the app, or -1.
func callOf(changes []diff.Change, calls [][]int, app string) int {
	return slices.IndexFunc(calls, func(list []int) bool {
		return slices.ContainsFunc(list, func(i int) bool { return changes[i].Resource == app })
	})
}
