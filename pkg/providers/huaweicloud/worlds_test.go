package huaweicloud_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/entitlectl/entitlectl/pkg/spec"
)

// world is resources with their holders, by number, before and after.
type world struct {
	kind              spec.Kind
	resources, people int
	before, after     func(resource, person int) bool
	open              func(after bool, resource int) bool // apps that everyone may use; nil: none
}

func (w world) states() (live, desired spec.State) { return w.state(false), w.state(true) }

func (w world) state(after bool) spec.State {
	s, held := spec.NewState(), w.before
	s.Known = map[spec.Subject]bool{}
	if after {
		held = w.after
	}
	for r := range w.resources {
		resource := ref(w.kind, fmt.Sprint("r", r))
		settings := spec.Resource{Ownership: spec.Owned}
		if w.kind == kindApp {
			settings.Settings = settings.Settings.With("audience", "assigned")
		}
		open := w.open != nil && w.open(after, r)
		if open {
			settings.Settings, settings.Open = settings.Settings.With("audience", "everyone"), true
		}
		s.Resources[resource] = settings
		for p := range w.people {
			s.Known[user(fmt.Sprint("u", p))] = true
			if !open && held(r, p) {
				s.Grants.Add(spec.Grant{Resource: resource, Subject: user(fmt.Sprint("u", p)), Role: spec.RoleAccess}, spec.Origin{})
			}
		}
	}
	return s
}

// both puts apps and app groups of the same names and the same people into one tenant.
func both(apps, groups world) (live, desired spec.State) {
	live, desired = apps.states()
	before, after := groups.states()
	known := desired.Known
	maps.Copy(known, after.Known)
	live, desired = merge(live, before), merge(desired, after)
	desired.Known = known
	return live, desired
}

// scattered is a small world in which anybody may gain or lose anything, mostly the same as others do, and apps may open and
// close.
func scattered(r *rand.Rand, kind spec.Kind) world {
	w := world{kind: kind, resources: 1 + r.IntN(5), people: 1 + r.IntN(8)}
	alike, open, seed := r.IntN(5), r.IntN(10), r.Uint64()
	toss := func(what, a, b int) bool { return mixed(seed, uint64(what), uint64(a), uint64(b))%5 == 0 }
	held := func(at int) func(resource, person int) bool {
		return func(resource, person int) bool {
			odd := alike == 0 || toss(at, resource, person)
			return odd && toss(2+at, person, resource) || !odd && mixed(seed, uint64(at), uint64(person))%2 == 0
		}
	}
	w.before, w.after = held(0), held(1)
	if kind == kindApp && open < 3 {
		w.open = func(after bool, resource int) bool { return toss(4, resource, map[bool]int{true: 1}[after]) }
	}
	return w
}

// mixed makes a number of others that looks random.
func mixed(parts ...uint64) uint64 {
	var h uint64
	for _, part := range parts {
		h = (h ^ part) * 0x9E3779B97F4A7C15
		h ^= h >> 29
	}
	return h
}

// reorganised is a world in which most resources are held by whole teams: some people join, some leave and some change
// teams, some teams gain or lose resources, and some hold something of their own.
func reorganised(r *rand.Rand, kind spec.Kind, resources, people int) world {
	teams := max(2, people/8)
	var teamOf [2][]int // by person; -1 is nobody's
	for range people {
		before, after := r.IntN(teams), -1
		switch x := r.IntN(20); {
		case x == 0: // leaves
		case x == 1: // joins
			before, after = -1, r.IntN(teams)
		case x < 5: // moves
			after = r.IntN(teams)
		default:
			after = before
		}
		teamOf[0], teamOf[1] = append(teamOf[0], before), append(teamOf[1], after)
	}
	holds := [2]map[[2]int]bool{{}, {}} // resource and team
	suites := make([][]int, 1+resources/4)
	for i := range suites {
		for range 1 + r.IntN(4) {
			suites[i] = append(suites[i], r.IntN(teams))
		}
	}
	for resource := range resources {
		for _, team := range suites[r.IntN(len(suites))] {
			holds[0][[2]int{resource, team}] = r.IntN(12) > 0
			holds[1][[2]int{resource, team}] = r.IntN(12) > 0
		}
	}
	own, seed := uint64(r.IntN(10)), r.Uint64()
	held := func(at int) func(resource, person int) bool {
		return func(resource, person int) bool {
			team := teamOf[at][person]
			return team >= 0 && (holds[at][[2]int{resource, team}] || mixed(seed, uint64(at), uint64(resource), uint64(person))%1000 < own)
		}
	}
	return world{kind: kind, resources: resources, people: people, before: held(0), after: held(1)}
}

// seedOf is a tenant with a state's apps, app groups and people.
func seedOf(s spec.State) string {
	var b strings.Builder
	b.WriteString("huaweicloud:\n  users:\n")
	for _, p := range slices.SortedFunc(maps.Keys(s.Known), spec.Subject.Compare) {
		fmt.Fprintf(&b, "    - {name: %s}\n", p.Name)
	}
	for kind, section := range map[spec.Kind]string{kindApp: "apps", kindAppGroup: "appGroups"} {
		fmt.Fprintf(&b, "  %s:\n", section)
		for r, settings := range s.Resources {
			if r.Kind != kind {
				continue
			}
			fmt.Fprintf(&b, "    - {name: %s, ", r.Name)
			if kind == kindApp {
				fmt.Fprintf(&b, "%s, ", settings.Settings)
			}
			b.WriteString("grants: [")
			for g := range s.Grants.All() {
				if g.Resource == r {
					b.WriteString(g.Subject.Name + ", ")
				}
			}
			b.WriteString("]}\n")
		}
	}
	return b.String()
}
