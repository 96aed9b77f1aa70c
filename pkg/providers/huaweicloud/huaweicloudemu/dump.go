package huaweicloudemu

import (
	"iter"
	"maps"
	"slices"
	"time"

	"github.com/entitlectl/entitlectl/pkg/providers/emu"
)

// Dump leaves out grants of deleted accounts, what a seed cannot hold (passwords, install commands, …), and, unless the world is
// saved, ids, times and tokens.
func (w *world) Dump() seed {
	return seed{
		Project:    w.SeedID(w.opts.Project),
		Users:      emu.DumpEach(w.users.Current(), w.dumpUser, seedUser.key, func(s seedUser) string { return s.Domain }),
		UserGroups: emu.DumpEach(w.groups.Current(), w.dumpUserGroup, seedUserGroup.key, func(s seedUserGroup) string { return s.Domain }),
		AppGroups:  emu.DumpEach(w.appGroups.Current(), w.dumpAppGroup, seedAppGroup.key),
		Apps:       emu.DumpEach(w.apps.Current(), w.dumpApp, seedApp.key),

		Credentials: w.credentials, Tokens: emu.Saved(&w.World, w.dumpTokens()), Issued: emu.Saved(&w.World, w.issued), LastID: w.Last(),
	}
}

// kept is what is saved of every row.
func (w *world) kept(id string, made time.Time) seedID {
	return emu.Saved(&w.World, seedID{id, made})
}

func (w *world) dumpTokens() []seedToken {
	var tokens []seedToken
	for _, value := range slices.Sorted(maps.Keys(w.tokens)) {
		tokens = append(tokens, seedToken{value, w.tokens[value]})
	}
	return tokens
}

func (w *world) dumpUser(u *user) seedUser {
	return seedUser{
		seedID: w.kept(u.id, u.made),
		Name:   u.name, Email: u.Email, Phone: u.Phone, Domain: refTo(u.account).Domain,
		Description: u.Description, Disabled: u.Disabled, Locked: u.locked,
	}
}

func (w *world) dumpUserGroup(g *userGroup) seedUserGroup {
	out := seedUserGroup{seedID: w.kept(g.id, g.made), Name: g.name, Domain: refTo(g.account).Domain, Description: g.description}
	if g.platform != platformOf(g.domain) {
		out.Platform = g.platform
	}
	out.Members = w.dumpLinks(w.members, g.id)
	return out
}

func (w *world) dumpAppGroup(g *appGroup) seedAppGroup {
	out := seedAppGroup{seedID: w.kept(g.id, g.made), Name: g.name, ServerGroup: g.serverGroup, Description: g.description, Grants: w.dumpLinks(w.granted, g.id)}
	if g.kind != appGroupKinds[0] {
		out.Type = g.kind
	}
	for m := range w.mailsOf.rows(g.id).Current() {
		out.Mails = append(out.Mails, w.dumpMail(m))
	}
	return out
}

func (w *world) dumpMail(m *mail) seedMail {
	out := seedMail{ID: emu.Saved(&w.World, m.id), To: seedRef{To: m.to}, About: refTo(account{group: m.group, name: m.about}).To, Error: m.err, Sent: m.sent, Lang: m.language}
	for _, group := range []bool{false, true} {
		if a, ok := w.account(group, m.toID); ok {
			out.To = refTo(a)
		}
	}
	if out.About == out.To.To {
		out.About = ""
	}
	if m.kind != mailAdd {
		out.Type = m.kind
	}
	return out
}

func (w *world) dumpApp(a *app) seedApp {
	out := seedApp{seedID: w.kept(a.id, a.made), Name: a.Name, Audience: "assigned", Grants: w.dumpLinks(w.assigned, a.id)}
	if a.GrantKind == everyone {
		out.Audience = "everyone"
	}
	return out
}

// dumpLinks names the accounts of a thing, but for deleted ones.
func (w *world) dumpLinks(l links, thing string) []seedRef {
	var there iter.Seq[seedRef] = func(yield func(seedRef) bool) {
		for x := range l.byThing.rows(thing).Current() {
			a, ok := w.account(x.group, x.id)
			ref := refTo(a)
			if x.grantID != "" {
				ref.seedID = w.kept(x.grantID, x.made)
			}
			if ok && !yield(ref) {
				return
			}
		}
	}
	itself := func(r seedRef) seedRef { return r }
	return emu.DumpEach(there, itself, func(r seedRef) string { return r.To }, func(r seedRef) string { return r.Domain })
}
