package diff

import "github.com/entitlectl/entitlectl/pkg/spec"

// holders are who holds what on one resource: now, and what changes do to that.
type holders struct {
	before       []spec.Grant
	gained, lost map[spec.Grant]bool
}

// holdersOf finds the holders of resources, as they are live.
func holdersOf(connection string, refs []spec.Ref, changes []Change, live Live) map[spec.Ref]*holders {
	all := make(map[spec.Ref]*holders, len(refs))
	if len(refs) == 0 {
		return all
	}
	for _, ref := range refs {
		h := &holders{gained: map[spec.Grant]bool{}, lost: map[spec.Grant]bool{}}
		for g := range live.Grants.On(ref) {
			h.before = append(h.before, g)
		}
		all[ref] = h
	}
	for i := range changes {
		c := &changes[i]
		switch h := all[c.Ref(connection)]; {
		case h == nil || c.Problem != "":
		case c.Op == OpGrant:
			h.gained[c.Grant(connection)] = true
		case c.Op == OpRevoke:
			h.lost[c.Grant(connection)] = true
		}
	}
	return all
}

// keeps says whether a subject surely holds a role when all is done.
func (h *holders) keeps(g spec.Grant, live spec.Grants) bool {
	return h.gained[g] || live.Has(g) && !h.lost[g]
}

// after lists, in no particular order, those who hold a role when all is done.
func (h *holders) after(role spec.Role) []spec.Grant {
	var all []spec.Grant
	for _, g := range h.before {
		if g.Role == role && !h.lost[g] && !h.gained[g] {
			all = append(all, g)
		}
	}
	for g := range h.gained {
		if g.Role == role {
			all = append(all, g)
		}
	}
	return all
}
