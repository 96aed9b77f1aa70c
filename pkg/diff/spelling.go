package diff

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/entitlectl/entitlectl/pkg/spec"
)

// spelling is where names in the files and at the vendor may be one but for how they are spelt. That must cost nobody access.
type spelling struct {
	leavers named
	lapsed  map[role]named
	there   map[spec.Grant][]spec.Subject // whom the vendor may show for a wish
	met     map[spec.Grant]bool           // wishes that need no grant: their subjects hold them under another name
	kept    map[spec.Grant]bool           // live grants that a wish is, or may be, about
}

// role is a role on one resource.
type role struct {
	resource spec.Ref
	role     spec.Role
}

func roleOf(g spec.Grant) role { return role{g.Resource, g.Role} }

func (at role) grant(s spec.Subject) spec.Grant {
	return spec.Grant{Resource: at.resource, Role: at.role, Subject: s}
}

// spell finds the wishes and the live grants that may be one. Who left, or whose own grant ended, is no matter of spelling.
func (d *delta) spell() {
	d.spelling = spelling{nil, map[role]named{}, map[spec.Grant][]spec.Subject{}, map[spec.Grant]bool{}, map[spec.Grant]bool{}}
	d.leavers = leaversOf(d.desired, d.live)
	for g := range d.desired.Inactive.All() {
		if d.lapsed[roleOf(g)] == nil {
			d.lapsed[roleOf(g)] = named{}
		}
		d.lapsed[roleOf(g)].add(d.live, g.Subject)
	}
	wishes, strangers := map[role][]spec.Grant{}, map[role][]spec.Subject{}
	for g := range d.desired.Grants.Minus(d.live.Grants) {
		if d.desired.Resources[g.Resource].Ownership != spec.Ignored {
			wishes[roleOf(g)] = append(wishes[roleOf(g)], g)
		}
	}
	for g := range d.live.Grants.Minus(d.desired.Grants) {
		if len(wishes[roleOf(g)]) > 0 && !d.hasLeft(g.Subject) && !d.desired.Inactive.Has(g) {
			strangers[roleOf(g)] = append(strangers[roleOf(g)], g.Subject)
		}
	}
	for at, holders := range strangers {
		d.spellOne(at, wishes[at], holders)
	}
}

// spellOne compares the wishes and the strangers of one resource.
func (d *delta) spellOne(at role, wishes []spec.Grant, strangers []spec.Subject) {
	holders, meant := named{}, map[spec.Subject]int{} // by how many wishes
	unsure := slices.ContainsFunc(wishes, func(g spec.Grant) bool { return d.live.UnknownSubjects[g.Subject] != "" })
	for _, s := range strangers {
		holders.add(d.live, s)
		if unsure && d.live.Nameless[at.grant(s)] {
			d.kept[at.grant(s)] = true
		}
	}
	for _, wish := range wishes {
		for _, s := range d.meant(wish.Subject, holders) {
			d.there[wish] = append(d.there[wish], s)
			d.kept[at.grant(s)] = true
			meant[s]++
		}
	}
	var unknown []spec.Grant
	for _, wish := range wishes {
		switch {
		case len(d.there[wish]) == 0 && d.live.UnknownSubjects[wish.Subject] != "":
			unknown = append(unknown, wish)
		case d.problem(wish) == "": // of a holder whom several wishes mean, the vendor knows each: they are several people
			d.met[wish] = slices.ContainsFunc(d.there[wish], func(s spec.Subject) bool { return meant[s] == 1 })
		}
	}
	if len(unknown) > 0 {
		d.slips(at, unknown, slices.DeleteFunc(strangers, func(s spec.Subject) bool {
			return meant[s] > 0 || d.desired.Known[s] || len(d.lapsed[at].as(d.live, s)) > 0
		}))
	}
}

// meant lists, sorted, the holders that a wish is about. One whom the vendor does not know may be there by the address that the files
// give; else that is not enough, since an address may be shared.
func (d *delta) meant(wish spec.Subject, holders named) []spec.Subject {
	same, address := holders.as(d.live, wish), d.desired.Addresses[wish]
	if address != "" && d.live.UnknownSubjects[wish] != "" {
		same = append(same, holders[keyOf(wish, address)]...)
		slices.SortFunc(same, spec.Subject.Compare)
	}
	return slices.Compact(same)
}

// slips keeps the holders whose names are one slip away from that of a wish whose subject the vendor does not know, or the same
// in another domain. Those whom the files know by the very name are none of them.
func (d *delta) slips(at role, wishes []spec.Grant, holders []spec.Subject) {
	near := map[nameKey][]spec.Subject{}
	for _, s := range holders {
		for _, key := range slipKeys(ownKey(s)) {
			near[key] = append(near[key], s)
		}
	}
	for _, wish := range wishes {
		own := ownKey(wish.Subject)
		for _, key := range slipKeys(own) {
			for _, s := range near[key] {
				if own.near(ownKey(s)) {
					d.there[wish] = append(d.there[wish], s)
					d.kept[at.grant(s)] = true
				}
			}
		}
		slices.SortFunc(d.there[wish], spec.Subject.Compare)
		d.there[wish] = slices.Compact(d.there[wish])
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

// problem is why a wish can't be granted, and what is there instead.
func (d *delta) problem(wish spec.Grant) string {
	why := cmp.Or(d.live.Unsupported[wish.Resource], d.live.UnknownSubjects[wish.Subject])
	if why == "" || len(d.there[wish]) == 0 {
		return why
	}
	return fmt.Sprintf("%s; %s is there as %s and is kept: write it so", why, wish.Subject, list(d.there[wish], " or "))
}

func list(subjects []spec.Subject, between string) string {
	names := make([]string, len(subjects))
	for i, s := range subjects {
		names[i] = s.String()
	}
	return strings.Join(names, between)
}

func leaversOf(desired spec.State, live Live) named {
	all := named{}
	for s := range desired.Departed {
		all.add(live, s)
	}
	return all
}

// Departed returns what says whether a holder is, under any name, somebody who left, and by which line.
func Departed(desired spec.State, live Live) func(spec.Subject) (spec.Origin, bool) {
	d := delta{desired: desired, live: live}
	d.leavers = leaversOf(desired, live)
	return d.leftAs
}

// hasLeft says whether the holder is, under any name, among those who left.
func (d *delta) hasLeft(s spec.Subject) bool {
	_, left := d.leftAs(s)
	return left
}

// leftAs is why somebody who left loses access, under whatever name. People whom the files know by the very name are not those
// whom they know by a similar one.
func (d *delta) leftAs(s spec.Subject) (claim spec.Origin, left bool) {
	if claim, left = d.desired.Departed[s]; left || d.desired.Known[s] {
		return claim, left
	}
	if others := d.leavers.as(d.live, s); len(others) > 0 {
		return d.desired.Departed[others[0]], true
	}
	return spec.Origin{}, false
}

// lapsedAs is why a grant ended that the files give the holder under whatever name.
func (d *delta) lapsedAs(g spec.Grant) (claim spec.Origin, lapsed bool) {
	if claim, lapsed = d.desired.Inactive.Claim(g); lapsed {
		return claim, true
	}
	if others := d.lapsed[roleOf(g)].as(d.live, g.Subject); len(others) > 0 {
		return d.desired.Inactive.Claim(roleOf(g).grant(others[0]))
	}
	return spec.Origin{}, false
}

// Spared lists the live grants that no line gives and that are kept since a wish may be about them.
func Spared(desired spec.State, live Live) map[spec.Grant]bool {
	d := delta{desired: desired, live: live}
	d.spell()
	return d.kept
}

// Respelt says, in a line each, which wishes need no grant since their subjects hold them under another name.
func Respelt(desired spec.State, live Live) []string {
	d := delta{desired: desired, live: live}
	d.spell()
	var lines []string
	for wish, met := range d.met {
		if met {
			lines = append(lines, fmt.Sprintf("%s: %s is there as %s, and nothing is granted or revoked; write it so", wish.Resource, wish.Subject, list(d.there[wish], " and ")))
		}
	}
	slices.Sort(lines)
	return lines
}
