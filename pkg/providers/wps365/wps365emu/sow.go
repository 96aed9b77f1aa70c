package wps365emu

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// sow fills an empty world.
func (w *world) sow(s seed) error {
	for _, d := range s.Departments {
		if err := w.sowDept(d); err != nil {
			return fmt.Errorf("departments: %q: %w", d.Path, err)
		}
	}
	for _, u := range s.Users {
		if err := w.sowUser(u); err != nil {
			return fmt.Errorf("users: %q: %w", u.Name, err)
		}
	}
	for _, p := range s.PublicMailboxes {
		if err := w.sowPublicMailbox(p); err != nil {
			return fmt.Errorf("publicMailboxes: %q: %w", p.Address, err)
		}
	}
	for _, address := range s.Recycled {
		if err := w.fresh(address); err != nil {
			return fmt.Errorf("recycled: %q: %w", address, err)
		}
		w.recycled[fold(address)] = address
	}
	if err := w.sowDomains(s); err != nil {
		return err
	}
	for _, g := range s.MailGroups {
		if err := w.sowMailGroup(g); err != nil {
			return fmt.Errorf("mailGroups: %q: %w", g.Address, err)
		}
	}
	return nil
}

// sowDomains comes before mail groups, whose members may be of other domains.
func (w *world) sowDomains(s seed) error {
	for _, domain := range s.Domains {
		if !addressForm.MatchString("x@" + domain) {
			return fmt.Errorf("domains: %q is no domain", domain)
		}
		w.domains[fold(domain)] = true
	}
	if len(s.Domains) > 0 {
		return nil
	}
	for _, g := range s.MailGroups {
		w.domains[domainOf(g.Address)] = true
	}
	for _, domain := range w.seenDomains() {
		w.domains[domain] = true
	}
	return nil
}

// seenDomains are those of all addresses in the world, sorted.
func (w *world) seenDomains() []string {
	found := map[string]bool{}
	for address := range w.boxes {
		found[domainOf(address)] = true
	}
	for address := range w.groupByAddress {
		found[domainOf(address)] = true
	}
	for address := range w.recycled {
		found[domainOf(address)] = true
	}
	return slices.Sorted(maps.Keys(found))
}

// fresh wants a mail address that is nobody's yet.
func (w *world) fresh(address string) error {
	var f form
	f.address("address", address)
	if w.taken(address) {
		f.fail(badValue, "%s comes twice", address)
	}
	return f.err
}

func (w *world) sowDept(s seedDept) error {
	d, err := w.deptAt(s.Path)
	if err != nil {
		return err
	}
	if d.sown {
		return fmt.Errorf("comes twice")
	}
	d.sown, d.externalID = true, s.ExternalID
	if s.Address == "" {
		return nil
	}
	if err := w.fresh(s.Address); err != nil {
		return err
	}
	d.box = &mailbox{address: s.Address, name: d.name, kind: deptKind}
	w.boxes[fold(s.Address)] = d.box
	return nil
}

// deptAt finds a department by the names below the root, or makes it and those above it.
func (w *world) deptAt(path string) (*dept, error) {
	d := w.depts[0]
next:
	for name := range strings.SplitSeq(path, "/") {
		if name == "" {
			return nil, fmt.Errorf("a department has no name")
		}
		for _, child := range d.children {
			if child.name == name {
				d = child
				continue next
			}
		}
		child := &dept{name: name, parent: d}
		w.addDept(child)
		d = child
	}
	return d, nil
}

func (w *world) sowUser(s seedUser) error {
	u := &user{
		name: s.Name, email: s.Email, externalID: s.ExternalID, hidden: s.Hidden, aliases: s.Aliases,
		status: cmp.Or(s.Status, userStatuses[0]), made: w.now.Unix(),
	}
	var f form
	f.oneOf("status", u.status, userStatuses...)
	f.required("name", &u.name)
	if s.Email != "" {
		f.address("email", s.Email)
	}
	if f.err != nil {
		return f.err
	}
	for _, ref := range s.Departments {
		d, err := w.deptAt(ref.text)
		if err != nil {
			return fmt.Errorf("line %d: %w", ref.line, err)
		}
		u.depts = append(u.depts, d)
	}
	if u.depts == nil {
		u.depts = w.depts[:1]
	}
	if primary := cmp.Or(s.Mailbox, s.Email); primary != "" {
		u.box = &mailbox{address: primary, name: u.name, kind: userKind, user: u}
		for _, address := range append([]string{primary}, s.Aliases...) {
			if err := w.fresh(address); err != nil {
				return err
			}
			w.boxes[fold(address)] = u.box
		}
	} else if s.Aliases != nil {
		return fmt.Errorf("aliases need a mailbox")
	}
	u.id = w.newID("u_")
	w.userByID[u.id] = u
	w.users = append(w.users, u)
	return nil
}

// owner finds the user that a reference means.
func (w *world) owner(ref seedRef) (*user, error) {
	if u := w.ownerAt(ref.text); u != nil {
		return u, nil
	}
	return nil, fmt.Errorf("line %d: no user has the address %q", ref.line, ref.text)
}

func (w *world) sowPublicMailbox(s seedMailbox) error {
	owner, err := w.owner(s.Owner)
	if err != nil {
		return err
	}
	if err := w.fresh(s.Address); err != nil {
		return err
	}
	p := &publicMailbox{id: w.newID("pm_"), name: s.Name, address: s.Address, owner: owner}
	w.publicByID[p.id] = p
	w.publics = append(w.publics, p)
	w.boxes[fold(p.address)] = &mailbox{address: p.address, name: p.name, kind: publicKind}
	return nil
}

func (w *world) sowMailGroup(s seedMailGroup) error {
	mode := cmp.Or(s.Mode, "company")
	var f form
	(&mailGroupBody{Mode: &mode, Name: &s.Name}).check(&f, &Options{})
	if err := cmp.Or(f.err, w.fresh(s.Address)); err != nil {
		return err
	}
	owner, err := w.owner(s.Owner)
	switch {
	case err != nil:
		return err
	case s.Senders != nil && mode != custom && !w.opts.KeepAcceptedSenders:
		return fmt.Errorf("allowedSenders are only of senders: custom")
	case !w.domains[domainOf(s.Address)]:
		return fmt.Errorf("the domain is not the tenant's")
	}
	g := &mailGroup{address: s.Address, name: s.Name, owner: owner, mode: mode}
	w.addMailGroup(g)
	return cmp.Or(w.sowRoll(g.rolls[members], s.Members), w.sowRoll(g.rolls[senders], s.Senders))
}

func (w *world) sowRoll(e *entries, refs []seedRef) error {
	for _, ref := range refs {
		box := w.reach(ref.text)
		if box == nil || !addressForm.MatchString(ref.text) {
			return fmt.Errorf("line %d: nobody has the address %q", ref.line, ref.text)
		}
		e.add(box, w.shows)
	}
	return nil
}
