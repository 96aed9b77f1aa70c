package diff

import (
	"slices"

	"github.com/entitlectl/entitlectl/pkg/spec"
)

// Slack is which pairs beyond a plan's changes its calls may touch where that makes them fewer. The zero value is none.
type Slack struct {
	Held    []Change // grants that are desired and live: holes in what is to be granted
	Regrant int      // how many of Held may be granted again
	Absent  []Change // revokes of what is neither desired nor live
	Cover   int      // how many of Absent may be revoked
}

// Packed is what packing made of changes.
type Packed struct {
	Calls      []Call
	FromHoles  int // calls that would be saved if all of Slack.Held could be granted again
	LowerBound int // no packing of the same changes has fewer calls; 0 where it was not asked for
}

// SlackOf finds the slack that a connection's settings allow. Held is always found, since a plan says what its holes cost;
// Absent only where some may be used, and then only among people and resources that the file alone rules, and only after a
// whole read.
func SlackOf(connection string, desired spec.State, live Live, changes []Change, packing spec.Packing) Slack {
	slack := Slack{Regrant: packing.Regrant, Cover: packing.CoverAbsent}
	grants, revokes := areaOf(connection, changes, OpGrant), areaOf(connection, changes, OpRevoke)
	for g := range live.Grants.All() {
		if desired.Grants.Has(g) && grants.has(g) {
			again := pair(OpGrant, g, "live already")
			if live.Mails != nil {
				again.Mails = live.Mails(again)
			}
			slack.Held = append(slack.Held, again)
		}
	}
	if packing.CoverAbsent > 0 && whole(live.State) {
		slack.Absent = absent(desired, live.State, revokes)
	}
	slices.SortFunc(slack.Held, compareChanges)
	slices.SortFunc(slack.Absent, compareChanges)
	return slack
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

func (a area) has(g spec.Grant) bool {
	return a.resources[g.Resource] && a.subjects[g.Resource.Kind][g.Subject]
}

func pair(op Op, g spec.Grant, reason string) Change {
	return Change{Op: op, Kind: g.Resource.Kind, Resource: g.Resource.Name, Role: g.Role, Subject: g.Subject, Reason: reason}
}

func whole(live spec.State) bool {
	for _, r := range live.Resources {
		if r.Incomplete != "" {
			return false
		}
	}
	return true
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
			if desired.Known[s] && !desired.Grants.Has(g) && !live.Grants.Has(g) && !desired.Lapsed.Has(g) {
				pairs = append(pairs, pair(OpRevoke, g, "absent already"))
			}
			if len(pairs) > maxAbsent {
				return nil
			}
		}
	}
	return pairs
}

// Unplanned says, in a line each, which changes a plan of now would not hold: the files, their ownership or live state have
// moved on. Resends are left out, since a later mail ends them.
func Unplanned(connection string, changes []Change, desired spec.State, live Live) []string {
	type key struct {
		does     Change
		settings spec.Settings
	}
	of := func(c Change) key { return key{c.Key(), c.Settings} }
	now := map[key]bool{}
	for _, c := range Compute(desired, live, Resending{Notices: spec.Notices{Off: true}}) {
		now[of(c)] = c.Problem == ""
	}
	var lines []string
	for _, c := range changes {
		if c.Op != OpResend && !now[of(c)] {
			lines = append(lines, notNow(connection, c)+": the files and live state of now do not ask for this")
		}
	}
	return lines
}

// notNow names a change that is not wanted now.
func notNow(connection string, c Change) string {
	line := string(c.Op) + " " + c.Ref(connection).String()
	if c.Subject.Name != "" {
		line += " " + c.Subject.String()
	}
	return line
}

// Contradictions says, in a line each, what the changes and the extra pairs of their calls would do against what is desired.
// A plan that was just made has none; one that was saved may, when the files have changed since.
func Contradictions(part Part, desired spec.State) []string {
	var lines []string
	check := func(c Change) {
		if c.Problem == "" && !wanted(part.Name, c, desired) {
			lines = append(lines, notNow(part.Name, c)+": the files do not want this now")
		}
	}
	for _, c := range part.Changes {
		check(c)
	}
	for _, call := range part.Calls {
		for _, c := range call.Extra {
			check(c)
		}
	}
	return lines
}

func wanted(connection string, c Change, desired spec.State) bool {
	r, listed := desired.Resources[c.Ref(connection)]
	granted := desired.Grants.Has(c.Grant(connection))
	switch c.Op {
	case OpCreate:
		return listed && !r.Absent && c.Settings == sentWith(c.Op, r)
	case OpDelete:
		return listed && r.Absent
	case OpGrant:
		return granted
	case OpRevoke:
		return listed && !granted
	case OpUpdate:
		return listed && c.To != "" && r.Settings.Get(c.Field) == c.To && c.Settings == sentWith(c.Op, r)
	}
	return listed && (c.Settings == (spec.Settings{}) || c.Settings == sentWith(c.Op, r))
}
