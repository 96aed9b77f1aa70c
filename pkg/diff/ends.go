package diff

import "github.com/entitlectl/entitlectl/pkg/spec"

// ends finds who left and whose grants ended, under any of their names.
type ends struct {
	desired spec.State
	live    Live
	leavers named
	ended   map[RoleOn]named
}

// endsOf costs nothing where nobody left and nothing ended.
func endsOf(desired spec.State, live Live) ends {
	e := ends{desired, live, named{}, map[RoleOn]named{}}
	for s := range desired.Departed {
		e.leavers.add(live, s)
	}
	for g := range desired.Inactive.All() {
		at := RoleOf(g)
		if e.ended[at] == nil {
			e.ended[at] = named{}
		}
		e.ended[at].add(live, g.Subject)
	}
	return e
}

// RoleOn is a role on one resource.
type RoleOn struct {
	Resource spec.Ref
	Role     spec.Role
}

// RoleOf is the role that a grant gives.
func RoleOf(g spec.Grant) RoleOn { return RoleOn{g.Resource, g.Role} }

func (at RoleOn) grant(s spec.Subject) spec.Grant {
	return spec.Grant{Resource: at.Resource, Role: at.Role, Subject: s}
}

// Departed returns what says whether a holder is, under any name, somebody who left, and by which line.
func Departed(desired spec.State, live Live) func(spec.Subject) (spec.Origin, bool) {
	return endsOf(spec.State{Departed: desired.Departed, Known: desired.Known}, live).leftAs
}

// hasLeft says whether the holder is, under any name, among those who left.
func (e ends) hasLeft(s spec.Subject) bool {
	_, left := e.leftAs(s)
	return left
}

// leftAs is why somebody who left loses access, under whatever name. People whom the files know by the very name are not those
// whom they know by a similar one.
func (e ends) leftAs(s spec.Subject) (origin spec.Origin, left bool) {
	if origin, left = e.desired.Departed[s]; left || len(e.leavers) == 0 || e.desired.Known[s] {
		return origin, left
	}
	if others := e.leavers.as(e.live, s); len(others) > 0 {
		return e.desired.Departed[others[0]], true
	}
	return spec.Origin{}, false
}

// endedAs is why a grant ended that the files give the holder under whatever name.
func (e ends) endedAs(g spec.Grant) (origin spec.Origin, ended bool) {
	if origin, ended = e.desired.Inactive.Origin(g); ended {
		return origin, true
	}
	if others := e.sameEnded(g); len(others) > 0 {
		return e.desired.Inactive.Origin(RoleOf(g).grant(others[0]))
	}
	return spec.Origin{}, false
}

// sameEnded lists, sorted, those whose grant of the same ended and who are the grant's holder under another name.
func (e ends) sameEnded(g spec.Grant) []spec.Subject {
	if len(e.ended) == 0 {
		return nil
	}
	return e.ended[RoleOf(g)].as(e.live, g.Subject)
}

// whyRevoke says why live holds a grant that it should not.
func (e ends) whyRevoke(g spec.Grant) (spec.Origin, Loss) {
	if origin, left := e.leftAs(g.Subject); left {
		return origin, HolderLeft
	}
	origin, inactive := e.endedAs(g)
	switch {
	case !inactive:
		return spec.Origin{Reason: "not in the files"}, Revoked
	case !origin.Ended:
		return origin, Revoked
	case origin.Overdue:
		return origin, Overdue
	}
	return origin, Ended
}
