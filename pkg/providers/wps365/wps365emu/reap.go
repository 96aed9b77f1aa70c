package wps365emu

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// reap is the inverse of sow.
func (w *world) reap() (s seed) {
	if seen := w.seenDomains(); len(seen) != len(w.domains) || slices.ContainsFunc(seen, func(d string) bool { return !w.domains[d] }) {
		s.Domains = slices.Sorted(maps.Keys(w.domains))
	}
	for _, d := range w.depts[1:] {
		s.Departments = append(s.Departments, seedDept{d.seedPath(), d.box.primary(), d.externalID})
	}
	for _, u := range w.users {
		s.Users = append(s.Users, reapUser(u))
	}
	for _, p := range w.publics {
		s.PublicMailboxes = append(s.PublicMailboxes, seedMailbox{p.address, p.name, seedRef{text: p.owner.box.address}})
	}
	for g := range w.groups.Current() {
		s.MailGroups = append(s.MailGroups, seedMailGroup{
			Address: g.address, Name: g.name, Owner: seedRef{text: g.owner.box.address}, Mode: g.mode,
			Senders: g.rolls[senders].refs(), Members: g.rolls[members].refs(),
		})
	}
	s.Recycled = slices.Sorted(maps.Values(w.recycled))
	slices.SortFunc(s.Departments, func(a, b seedDept) int { return cmp.Compare(a.Path, b.Path) })
	slices.SortStableFunc(s.Users, func(a, b seedUser) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Email, b.Email), cmp.Compare(a.ExternalID, b.ExternalID))
	})
	slices.SortFunc(s.PublicMailboxes, func(a, b seedMailbox) int { return cmp.Compare(a.Address, b.Address) })
	slices.SortFunc(s.MailGroups, func(a, b seedMailGroup) int { return cmp.Compare(a.Address, b.Address) })
	return s
}

func reapUser(u *user) seedUser {
	out := seedUser{Name: u.name, Email: u.email, ExternalID: u.externalID, Hidden: u.hidden, Aliases: u.aliases}
	if address := u.box.primary(); address != u.email {
		out.Mailbox = address
	}
	if u.status != userStatuses[0] {
		out.Status = u.status
	}
	if len(u.depts) > 1 || u.depts[0].parent != nil {
		for _, d := range u.depts {
			out.Departments = append(out.Departments, seedRef{text: d.seedPath()})
		}
	}
	return out
}

// refs names the mailboxes of a list, sorted.
func (e *entries) refs() (out []seedRef) {
	for row := range e.list.Current() {
		out = append(out, seedRef{text: row.address})
	}
	slices.SortFunc(out, func(a, b seedRef) int { return cmp.Compare(a.text, b.text) })
	return out
}

// seedPath is how a seed names a department.
func (d *dept) seedPath() string { return strings.TrimPrefix(d.path(), rootName+"/") }

// primary is the address of a mailbox; blank if there is none.
func (b *mailbox) primary() string {
	if b == nil {
		return ""
	}
	return b.address
}
