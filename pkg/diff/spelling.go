package diff

import (
	"slices"

	"github.com/entitlectl/entitlectl/pkg/spec"
)

// spelling is where names in the files and at the vendor may be one but for how they are spelt. That must cost nobody access.
type spelling struct {
	shownAs map[spec.Grant][]spec.Subject // whom the vendor may show for a missing grant, sorted
	respelt map[spec.Grant]bool           // missing grants whose subjects hold them under another name
	matched map[spec.Grant]bool           // live grants that a missing one is, or may be, about
}

// Respelling is a desired grant that needs no change, since its subject holds it under other names.
type Respelling struct {
	Grant   spec.Grant
	ShownAs []spec.Subject // sorted
}

// Respellings lists them, in no particular order.
func (c *Comparison) Respellings() []Respelling {
	var all []Respelling
	for g := range c.respelt {
		all = append(all, Respelling{g, c.shownAs[g]})
	}
	return all
}

// Matched lists the live grants that no line gives and that are not revoked since a desired one may be about them.
func (c *Comparison) Matched() map[spec.Grant]bool { return c.matched }

// match finds the missing and the surplus grants that may be one. Who left, or whose own grant ended, is no matter of spelling.
func (c *Comparison) match() {
	if c.missing.Len() == 0 || len(c.surplus) == 0 {
		return
	}
	c.spelling = spelling{map[spec.Grant][]spec.Subject{}, map[spec.Grant]bool{}, map[spec.Grant]bool{}}
	missing, holders := map[RoleOn][]spec.Grant{}, map[RoleOn][]spec.Subject{}
	for g := range c.missing.All() {
		missing[RoleOf(g)] = append(missing[RoleOf(g)], g)
	}
	for _, g := range c.surplus {
		if at := RoleOf(g); len(missing[at]) > 0 && !c.hasLeft(g.Subject) && !c.desired.Inactive.Has(g) {
			holders[at] = append(holders[at], g.Subject)
		}
	}
	for at, subjects := range holders {
		c.matchRole(at, missing[at], subjects)
	}
}

// matchRole compares the missing grants of a role on one resource with those who hold it although no line says so.
func (c *Comparison) matchRole(at RoleOn, missing []spec.Grant, holders []spec.Subject) {
	byName, meant := named{}, map[spec.Subject]int{} // by how many grants
	blocked := slices.ContainsFunc(missing, func(g spec.Grant) bool { return c.live.UnknownSubjects[g.Subject] != "" })
	for _, s := range holders {
		byName.add(c.live, s)
		if blocked && c.live.Nameless[at.grant(s)] {
			c.matched[at.grant(s)] = true
		}
	}
	for _, g := range missing {
		for _, s := range c.meant(g.Subject, byName) {
			c.show(g, s)
			meant[s]++
		}
	}
	var unknown []spec.Grant
	for _, g := range missing {
		switch {
		case len(c.shownAs[g]) == 0 && c.live.UnknownSubjects[g.Subject] != "":
			unknown = append(unknown, g)
		case c.blocked(g) == "" && slices.ContainsFunc(c.shownAs[g], func(s spec.Subject) bool { return meant[s] == 1 }):
			c.respelt[g] = true // of a holder whom several grants mean, the vendor knows each: they are several people
		}
	}
	if len(unknown) > 0 {
		c.matchMisspelt(unknown, slices.DeleteFunc(holders, func(s spec.Subject) bool {
			return meant[s] > 0 || c.desired.Known[s] || len(c.sameEnded(at.grant(s))) > 0
		}))
	}
	c.matchFormer(missing, byName)
}

// show notes that a holder may be whom a missing grant means.
func (c *Comparison) show(missing spec.Grant, holder spec.Subject) {
	c.shownAs[missing] = append(c.shownAs[missing], holder)
	c.matched[RoleOf(missing).grant(holder)] = true
}

// meant lists, sorted, the holders whom the files mean by a subject. One whom the vendor does not know may be there by the address
// that the files give; else that is not enough, since an address may be shared.
func (c *Comparison) meant(subject spec.Subject, holders named) []spec.Subject {
	same, address := holders.as(c.live, subject), c.desired.Addresses[subject]
	if address != "" && c.live.UnknownSubjects[subject] != "" {
		same = append(same, holders[keyOf(subject, address)]...)
		slices.SortFunc(same, spec.Subject.Compare)
	}
	return slices.Compact(same)
}

// matchMisspelt finds the holders whose names are one slip away from that of a missing grant whose subject the vendor does not
// know, or the same in another domain.
func (c *Comparison) matchMisspelt(missing []spec.Grant, holders []spec.Subject) {
	near := map[nameKey][]spec.Subject{}
	for _, s := range holders {
		for _, key := range slipKeys(ownKey(s)) {
			near[key] = append(near[key], s)
		}
	}
	for _, g := range missing {
		own := ownKey(g.Subject)
		for _, key := range slipKeys(own) {
			for _, s := range near[key] {
				if own.near(ownKey(s)) {
					c.show(g, s)
				}
			}
		}
		slices.SortFunc(c.shownAs[g], spec.Subject.Compare)
		c.shownAs[g] = slices.Compact(c.shownAs[g])
	}
}

// near says whether the names are one slip apart, or the same in two domains. An address has no other domain.
func (key nameKey) near(other nameKey) bool {
	oneDomain := key.domain == other.domain || key.domain == "" || other.domain == ""
	return key.name == other.name || oneDomain && spec.OneSlip(key.name, other.name)
}

// slipKeys are the name itself, in any domain, and with each letter left out: names that are one slip apart share one of them.
func slipKeys(key nameKey) []nameKey {
	key.domain = ""
	keys, letters := []nameKey{key}, []rune(key.name)
	for i := range letters {
		key.name = string(letters[:i]) + string(letters[i+1:])
		keys = append(keys, key)
	}
	return keys
}
