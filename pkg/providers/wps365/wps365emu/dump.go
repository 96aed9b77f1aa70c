package wps365emu

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/entitlectl/entitlectl/pkg/providers/emu"
)

// Dump leaves out ids, times and tokens, unless the world is saved.
func (w *world) Dump() seed {
	s := seed{
		Company:         w.SeedID(companyID),
		Departments:     emu.DumpEach(slices.Values(w.depts[1:]), w.dumpDept, seedDept.key),
		Users:           emu.DumpEach(slices.Values(w.users), w.dumpUser, seedUser.key, seedUser.email, seedUser.externalID),
		PublicMailboxes: emu.DumpEach(slices.Values(w.publics), w.dumpPublicMailbox, seedMailbox.key),
		MailGroups:      emu.DumpEach(w.groups.Current(), w.dumpMailGroup, seedMailGroup.key),
		Recycled:        slices.Sorted(maps.Values(w.recycled)),
		Tokens:          emu.Saved(&w.World, slices.Concat(dumpTokens(w.tokens, false), dumpTokens(w.refresh, true))),
		LastToken:       emu.Saved(&w.World, w.lastToken), LastID: w.Last(),
	}
	if domains := slices.Sorted(maps.Keys(w.domains)); !slices.Equal(domains, w.seenDomains()) {
		s.Domains = domains
	}
	return s
}

func dumpTokens(held map[string]*token, refresh bool) []seedToken {
	var out []seedToken
	for _, value := range slices.Sorted(maps.Keys(held)) {
		t := seedToken{Value: value, Refresh: refresh, Scopes: held[value].scopes, Expires: held[value].expires}
		if held[value].user != nil {
			t.User = held[value].user.id
		}
		out = append(out, t)
	}
	return out
}

func (w *world) dumpDept(d *dept) seedDept {
	return seedDept{emu.Saved(&w.World, d.id), d.seedPath(), d.box.primary(), d.externalID}
}

// seedPath is how a seed names a department.
func (d *dept) seedPath() string { return strings.TrimPrefix(d.path(), rootName+"/") }

func (w *world) dumpUser(u *user) seedUser {
	out := seedUser{ID: emu.Saved(&w.World, u.id), Made: emu.Saved(&w.World, time.Unix(u.made, 0).UTC()), Name: u.name, Email: u.email, ExternalID: u.externalID, Hidden: u.hidden, Aliases: u.aliases}
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

func (w *world) dumpPublicMailbox(p *publicMailbox) seedMailbox {
	return seedMailbox{emu.Saved(&w.World, p.id), p.address, p.aliases, p.name, seedRef{text: p.owner.box.address}}
}

func (w *world) dumpMailGroup(g *mailGroup) seedMailGroup {
	return seedMailGroup{
		ID:      emu.Saved(&w.World, g.id),
		Address: g.address, Name: g.name, Owner: seedRef{text: g.owner.box.address}, Mode: g.mode,
		Senders: dumpEntries(g.lists[senders]), Members: dumpEntries(g.lists[members]),
	}
}

func dumpEntries(e *entries) []seedRef {
	return emu.DumpEach(e.Current(), func(x *entry) seedRef { return seedRef{text: x.address} }, func(r seedRef) string { return r.text })
}
