package wps365emu

import (
	"maps"
	"slices"
	"strings"

	"github.com/entitlectl/entitlectl/pkg/providers/emu"
)

// Dump leaves out ids, times and tokens.
func (w *world) Dump() seed {
	s := seed{
		Company:         w.SeedID(companyID),
		Departments:     emu.DumpEach(slices.Values(w.depts[1:]), dumpDept, seedDept.key),
		Users:           emu.DumpEach(slices.Values(w.users), dumpUser, seedUser.key, seedUser.email, seedUser.externalID),
		PublicMailboxes: emu.DumpEach(slices.Values(w.publics), dumpPublicMailbox, seedMailbox.key),
		MailGroups:      emu.DumpEach(w.groups.Current(), dumpMailGroup, seedMailGroup.key),
		Recycled:        slices.Sorted(maps.Values(w.recycled)),
	}
	if domains := slices.Sorted(maps.Keys(w.domains)); !slices.Equal(domains, w.seenDomains()) {
		s.Domains = domains
	}
	return s
}

func dumpDept(d *dept) seedDept { return seedDept{d.seedPath(), d.box.primary(), d.externalID} }

// seedPath is how a seed names a department.
func (d *dept) seedPath() string { return strings.TrimPrefix(d.path(), rootName+"/") }

func dumpUser(u *user) seedUser {
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

func dumpPublicMailbox(p *publicMailbox) seedMailbox {
	return seedMailbox{p.address, p.aliases, p.name, seedRef{text: p.owner.box.address}}
}

func dumpMailGroup(g *mailGroup) seedMailGroup {
	return seedMailGroup{
		Address: g.address, Name: g.name, Owner: seedRef{text: g.owner.box.address}, Mode: g.mode,
		Senders: dumpEntries(g.lists[senders]), Members: dumpEntries(g.lists[members]),
	}
}

func dumpEntries(e *entries) []seedRef {
	return emu.DumpEach(e.Current(), func(x *entry) seedRef { return seedRef{text: x.address} }, func(r seedRef) string { return r.text })
}
