package spec

import (
	"maps"
	"slices"
)

// newNames are the names by which later files know resources and people of earlier ones that had others.
type newNames struct {
	resources map[Ref]Ref
	people    map[string]map[Subject]Subject // by connection
}

// newNames finds those of the files. What the earlier files have under the new name already is not renamed.
func (s *Spec) newNames(earlier *Spec) newNames {
	n := newNames{map[Ref]Ref{}, map[string]map[Subject]Subject{}}
	had := map[Ref]bool{}
	for _, r := range earlier.resources {
		had[r.ref()] = true
	}
	for _, r := range s.resources {
		if former, renamed := r.FormerRef(r.ref()); renamed && !had[r.ref()] {
			n.resources[former] = r.ref()
		}
	}
	for name, site := range s.sites {
		for now, before := range s.former(site) {
			for _, was := range before {
				if n.people[name] == nil {
					n.people[name] = map[Subject]Subject{}
				}
				n.people[name][was] = now
			}
		}
	}
	return n
}

// of is the grant by the names that the later files have.
func (n newNames) of(g Grant) Grant {
	if now, renamed := n.people[g.Resource.Connection][g.Subject]; renamed {
		g.Subject = now
	}
	if now, renamed := n.resources[g.Resource]; renamed {
		g.Resource = now
	}
	return g
}

// turns are those of the earlier files by the new names. Where these have both, that of the new name counts.
func (n newNames) turns(all map[Grant][]Turn) map[Grant][]Turn {
	renamed := make(map[Grant][]Turn, len(all))
	for g, turns := range all {
		if n.of(g) == g {
			renamed[g] = turns
		}
	}
	for _, g := range slices.SortedFunc(maps.Keys(all), Grant.Compare) {
		if now := n.of(g); renamed[now] == nil {
			renamed[now] = all[g]
		}
	}
	return renamed
}

// states adds to what the earlier files give the same by the new names.
func (n newNames) states(all map[string]State) map[string]State {
	if len(n.resources)+len(n.people) == 0 {
		return all
	}
	for name, state := range all {
		var moved []Grant
		for g := range state.Grants.All() {
			if now := n.of(g); now != g {
				moved = append(moved, g)
			}
		}
		for _, g := range moved {
			origin, _ := state.Grants.Origin(g)
			state.Grants.Add(n.of(g), origin)
		}
		all[name] = state
	}
	return all
}
