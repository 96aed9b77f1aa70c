package diff

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/entitlectl/entitlectl/pkg/spec"
)

// Footing is what a plan relies on at one resource that it touches: everything there but what the plan itself changes.
type Footing struct {
	Resource string `json:"resource"` // KIND/NAME
	Grants   int    `json:"grants"`   // live grants that the plan leaves alone
	Digest   string `json:"digest"`
}

// Footings returns the footing of each resource that the changes touch, sorted by resource. A run of the plan that
// stopped half-way leaves them as they are; anyone else's edit of those resources does not.
func Footings(connection string, changes []Change, live spec.State) []Footing {
	t := touch(connection, changes)
	items := map[spec.Ref][]string{}
	grants := map[spec.Ref]int{}
	for ref := range t.resources {
		if r, exists := live.Resources[ref]; exists && !t.ours[ref] {
			items[ref] = settingItems(r, t.fields[ref])
		}
	}
	for g := range live.Grants.All() {
		if t.resources[g.Resource] && !t.grants[g] {
			items[g.Resource] = append(items[g.Resource], grantItem(g))
			grants[g.Resource]++
		}
	}
	footings := make([]Footing, 0, len(t.resources))
	for ref := range t.resources {
		footings = append(footings, Footing{Resource: ref.String(), Grants: grants[ref], Digest: digestSet(items[ref])})
	}
	slices.SortFunc(footings, func(a, b Footing) int { return strings.Compare(a.Resource, b.Resource) })
	return footings
}

// Basis is one digest over footings.
func Basis(footings []Footing) string {
	lines := make([]string, len(footings))
	for i, f := range footings {
		lines[i] = f.Resource + " " + f.Digest
	}
	return digestSet(lines)
}

// Moved compares the footings of a plan with those of today, resource by resource, and says in a line each what is
// different. It returns nothing when nobody but the plan touched them.
func Moved(planned, today []Footing) []string {
	now := map[string]Footing{}
	for _, f := range today {
		now[f.Resource] = f
	}
	var lines []string
	for _, f := range planned {
		n := now[f.Resource]
		switch {
		case n.Digest == f.Digest:
		case n.Grants == f.Grants:
			lines = append(lines, fmt.Sprintf("%s: settings or holders changed (%d other grants then and now)", f.Resource, f.Grants))
		default:
			lines = append(lines, fmt.Sprintf("%s: %d other grants when planned, %d now", f.Resource, f.Grants, n.Grants))
		}
	}
	return lines
}

// Strangers says, in a line each, what somebody else changed on the resources of a part since it was planned, and nothing
// when nobody did. It names who came and who went as far as the desired state tells.
func Strangers(part Part, desired spec.State, live Live) []string {
	if part.Account != "" && live.Account != "" && part.Account != live.Account {
		return []string{fmt.Sprintf("the plan is for %s, and the credentials reach %s", part.Account, live.Account)}
	}
	moved := Moved(part.Touched, standing(part, live.State))
	if len(moved) == 0 {
		return nil
	}
	planned := map[Change]bool{}
	for _, c := range part.Changes {
		planned[c.Key()] = true
	}
	touched := touch(part.Name, part.Changes).resources
	var lines []string
	for _, c := range Compute(desired.Where(func(ref spec.Ref) bool { return touched[ref] }), live, Resending{Notices: spec.Notices{Off: true}}) {
		if planned[c.Key()] {
			continue
		}
		switch c.Op {
		case OpRevoke:
			lines = append(lines, fmt.Sprintf("%s: %s came", c.Ref(part.Name), c.Subject))
		case OpGrant:
			lines = append(lines, fmt.Sprintf("%s: %s went", c.Ref(part.Name), c.Subject))
		case OpUpdate:
			lines = append(lines, fmt.Sprintf("%s: %s became %s", c.Ref(part.Name), c.Field, c.From))
		}
	}
	if len(lines) == 0 { // what is not ruled by the file can only be counted
		return moved
	}
	return lines
}

// standing are the footings of today; those of resources that the plan deletes and that are gone are as they were planned.
func standing(part Part, live spec.State) []Footing {
	gone := map[string]bool{}
	for ref := range touch(part.Name, part.Changes).deleted {
		if _, exists := live.Resources[ref]; !exists {
			gone[ref.String()] = true
		}
	}
	today := Footings(part.Name, part.Changes, live)
	for _, planned := range part.Touched {
		if gone[planned.Resource] {
			at := slices.IndexFunc(today, func(f Footing) bool { return f.Resource == planned.Resource })
			today[at] = planned
		}
	}
	return today
}

// Key is the change without where it comes from and what it costs: the same in every plan that has it.
func (c Change) Key() Change {
	return Change{Op: c.Op, Kind: c.Kind, Resource: c.Resource, Role: c.Role, Subject: c.Subject, Field: c.Field, To: c.To, Notice: c.Notice}
}

// touched is what changes lay hands on.
type touched struct {
	resources map[spec.Ref]bool
	ours      map[spec.Ref]bool            // created: their settings are the plan's doing
	deleted   map[spec.Ref]bool            // what is destroyed with them is what the plan stands on, until they are gone
	fields    map[spec.Ref]map[string]bool // settings that are updated
	grants    map[spec.Grant]bool
}

func touch(connection string, changes []Change) touched {
	t := touched{map[spec.Ref]bool{}, map[spec.Ref]bool{}, map[spec.Ref]bool{}, map[spec.Ref]map[string]bool{}, map[spec.Grant]bool{}}
	for _, c := range changes {
		ref := c.Ref(connection)
		t.resources[ref] = true
		switch c.Op {
		case OpCreate:
			t.ours[ref] = true
		case OpDelete:
			t.deleted[ref] = true
		case OpUpdate:
			if t.fields[ref] == nil {
				t.fields[ref] = map[string]bool{}
			}
			t.fields[ref][c.Field] = true
		case OpGrant, OpRevoke:
			t.grants[c.Grant(connection)] = true
		}
	}
	return t
}

// settingItems lists the settings of a live resource but those that the plan updates.
func settingItems(r spec.Resource, updated map[string]bool) []string {
	values := map[string]string{"audience": "", "name": "", "owner": "", "senders": "", "type": ""} // format 1 digests them all
	maps.Insert(values, r.Settings.All())
	var items []string
	for field, value := range values {
		if !updated[field] {
			items = append(items, fmt.Sprintf("setting %s %q", field, value))
		}
	}
	return items
}

func grantItem(g spec.Grant) string {
	return fmt.Sprintf("grant %q %q %q %q", g.Role, g.Subject.Kind, g.Subject.Name, g.Subject.Domain)
}

// digestSet digests lines whatever order they come in.
func digestSet(lines []string) string {
	sums := make([][sha256.Size]byte, len(lines))
	for i, line := range lines {
		sums[i] = sha256.Sum256([]byte(line))
	}
	slices.SortFunc(sums, func(a, b [sha256.Size]byte) int { return bytes.Compare(a[:], b[:]) })
	all := sha256.New()
	for _, sum := range sums {
		all.Write(sum[:])
	}
	return "sha256:" + hex.EncodeToString(all.Sum(nil))
}
