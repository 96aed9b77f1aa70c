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
	{callGrant, kindAppGroup, []diff.Op{diff.OpGrant}, groupCaps, 0, familyApp, policyAuthorize, false},
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
