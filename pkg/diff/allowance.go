package diff

import (
	"slices"

	"github.com/entitlectl/entitlectl/pkg/spec"
)

// Allowance is which pairs beyond a plan's changes its calls may touch where that makes them fewer. The zero value is none.
type Allowance struct {
	Held    []Change // grants that are desired and live: holes in what is to be granted
	Regrant int      // how many of Held may be granted again
	Absent  []Change // revokes of what is neither desired nor live, and of what another call revokes
	Cover   int      // how many of Absent may be revoked
}

// Packed is what packing made of changes.
type Packed struct {
	Calls      []Call
	FromHoles  int // calls that would be saved if all of Allowance.Held could be granted again
	LowerBound int // no packing of the same changes has fewer calls; 0 where it was not asked for
}

// AllowanceOf finds what a connection's settings allow. Held is always found, since a plan says what its holes cost; Absent only
// where some may be used, and then only among people and resources that the file alone rules, and only after a whole read.
func AllowanceOf(connection string, desired spec.State, live Live, changes []Change, packing spec.Packing) Allowance {
	allowed := Allowance{Regrant: packing.Regrant, Cover: packing.CoverAbsent}
	if grants := areaOf(connection, changes, OpGrant); len(grants.resources) > 0 {
		allowed.Held = held(desired, live, grants)
	}
	if packing.CoverAbsent > 0 && whole(live.State) {
		allowed.Absent = append(absent(desired, live.State, areaOf(connection, changes, OpRevoke)), repeats(connection, desired, changes)...)
	}
	slices.SortFunc(allowed.Held, compareChanges)
	slices.SortFunc(allowed.Absent, compareChanges)
	return allowed
}

// held lists the pairs within the area that are desired and live.
func held(desired spec.State, live Live, within area) []Change {
	var pairs []Change
	for kind, subjects := range within.subjects {
		for g := range live.Grants.Within(within.resources, subjects) {
			if g.Resource.Kind != kind || !desired.Grants.Has(g) {
				continue
			}
			again := granting(desired, g, spec.Origin{Reason: "live already"})
			if live.Mails != nil {
				again.Mails = live.Mails(again)
			}
			pairs = append(pairs, again)
		}
	}
	return pairs
}

// area is what the changes of one op span: their resources, and by kind their subjects.
type area struct {
	resources map[spec.Ref]bool
	subjects  map[spec.Kind]map[spec.Subject]bool
}

func areaOf(connection string, changes []Change, op Op) area {
	a := area{map[spec.Ref]bool{}, map[spec.Kind]map[spec.Subject]bool{}}
	for _, c := range changes {
		if c.Op != op || c.Problem != "" {
			continue
		}
		a.resources[c.Ref(connection)] = true
		if a.subjects[c.Kind] == nil {
			a.subjects[c.Kind] = map[spec.Subject]bool{}
		}
		a.subjects[c.Kind][c.Subject] = true
	}
	return a
}

func pair(op Op, g spec.Grant, why spec.Origin) Change {
	return Change{Op: op, Kind: g.Resource.Kind, Resource: g.Resource.Name, Role: g.Role, Subject: g.Subject,
		Source: why.Source.Source(), Reason: why.Reason}
}

// granting is the grant with what is sent along of its subject.
func granting(desired spec.State, g spec.Grant, why spec.Origin) Change {
	c := pair(OpGrant, g, why)
	c.Settings = sentOf(desired, g.Subject)
	return c
}

// sentOf is what is sent along when somebody is granted something.
func sentOf(desired spec.State, s spec.Subject) spec.Settings {
	if desired.Platforms[s] == "" {
		return spec.Settings{}
	}
	return spec.Settings{}.With(spec.KeyPlatform, desired.Platforms[s])
}

func whole(live spec.State) bool {
	for _, r := range live.Resources {
		if r.Incomplete != "" {
			return false
		}
	}
	return true
}

// repeats lists the revokes of the changes: once a call has made one, the pair is as absent to another call as any.
func repeats(connection string, desired spec.State, changes []Change) []Change {
	var pairs []Change
	for _, c := range changes {
		if g := c.Grant(connection); c.Op == OpRevoke && c.Problem == "" && !desired.Grants.Has(g) {
			pairs = append(pairs, pair(OpRevoke, g, spec.Origin{Reason: "revoked by another call too"}))
		}
	}
	return pairs
}

// maxAbsent bounds the pairs that are looked at: beyond it so many calls are needed that a few pairs more save little.
const maxAbsent = 1 << 20

// absent lists the pairs within the area that are neither desired nor live, nor will be or were desired at another time.
func absent(desired, live spec.State, within area) []Change {
	var pairs []Change
	for ref := range within.resources {
		if desired.Resources[ref].Ownership != spec.Owned {
			continue
		}
		for s := range within.subjects[ref.Kind] {
			g := spec.Grant{Resource: ref, Subject: s, Role: spec.RoleAccess}
			if desired.Known[s] && !desired.Grants.Has(g) && !live.Grants.Has(g) && !desired.Inactive.Has(g) {
				pairs = append(pairs, pair(OpRevoke, g, spec.Origin{Reason: "absent already"}))
			}
			if len(pairs) > maxAbsent {
				return nil
			}
		}
	}
	return pairs
}
