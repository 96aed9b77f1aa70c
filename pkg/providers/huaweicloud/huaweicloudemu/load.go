package huaweicloudemu

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/entitlectl/entitlectl/pkg/providers/emu"
)

// Load fills an empty world. Unknown names are errors, and names that come twice.
func (w *world) Load(s seed) error {
	w.ID = cmp.Or(s.Project, w.ID)
	w.Resume(s.LastID)
	w.credentials, w.issued = s.Credentials, s.Issued
	for _, t := range s.Tokens {
		w.tokens[t.Value] = t.Expires
	}
	err := cmp.Or(
		emu.LoadEach("users", s.Users, seedUser.key, w.loadUser),
		emu.LoadEach("userGroups", s.UserGroups, seedUserGroup.key, w.loadUserGroup),
		emu.LoadEach("appGroups", s.AppGroups, seedAppGroup.key, w.loadAppGroup),
		emu.LoadEach("apps", s.Apps, seedApp.key, w.loadApp),
	)
	w.sort()
	return err
}

// sort brings rows into the order in which they were made, as the vendor lists them.
func (w *world) sort() {
	w.users.Sort(func(a, b *user) int { return cmp.Or(a.made.Compare(b.made), strings.Compare(a.id, b.id)) })
	w.groups.Sort(func(a, b *userGroup) int { return cmp.Or(a.made.Compare(b.made), strings.Compare(a.id, b.id)) })
	w.appGroups.Sort(func(a, b *appGroup) int { return cmp.Or(a.made.Compare(b.made), strings.Compare(a.id, b.id)) })
	w.apps.Sort(func(a, b *app) int { return cmp.Or(a.made.Compare(b.made), strings.Compare(a.id, b.id)) })
	lists := []*emu.List[*link]{&w.grants.List}
	lists = slices.AppendSeq(lists, maps.Values(w.granted.byThing))
	for _, l := range slices.AppendSeq(lists, maps.Values(w.granted.byAccount)) {
		l.Sort(func(a, b *link) int { return cmp.Or(a.made.Compare(b.made), strings.Compare(a.grantID, b.grantID)) })
	}
}

// free checks that a name is well formed and not taken.
func (w *world) free(f *form, group bool, name, domain string, longest int) {
	f.text("name", name, 1, longest)
	if strings.HasPrefix(name, userGroupPrefix) {
		f.Wrong(emu.BadValue, "name", "%s means a user group", userGroupPrefix)
	}
	if _, taken := w.named(group, name, domain, ""); taken {
		f.Wrong(emu.BadValue, "name", "comes twice")
	}
}

func (w *world) loadUser(s seedUser) error {
	f := newForm(nil, nil)
	if w.free(&f, false, s.Name, s.Domain, 128); f.Err != nil {
		return f.Err
	}
	u := &user{account: account{id: s.ID, name: s.Name, domain: orLocal(s.Domain)}, made: s.Made, userSettings: newSettings(), locked: s.Locked}
	u.Description, u.Email, u.Phone, u.Disabled = s.Description, s.Email, s.Phone, s.Disabled
	w.addUser(u)
	return nil
}

func (w *world) loadUserGroup(s seedUserGroup) error {
	f := newForm(nil, nil)
	f.Maybe("platform", s.Platform, "AD", "LOCAL", "UOS")
	if w.free(&f, true, s.Name, s.Domain, 64); f.Err != nil {
		return f.Err
	}
	domain := orLocal(s.Domain)
	g := &userGroup{
		account:     account{id: s.ID, name: s.Name, domain: domain, platform: cmp.Or(s.Platform, platformOf(domain))},
		description: s.Description, made: s.Made,
	}
	w.addUserGroup(g)
	for _, ref := range s.Members {
		u, ok := w.named(false, ref.To, ref.Domain, "")
		if !ok {
			return fmt.Errorf("line %d: unknown user %q", ref.line, ref.To)
		}
		w.join(g.id, u.id)
	}
	return nil
}

// referred returns the accounts that references name.
func (w *world) referred(f *form, refs []seedRef) (accounts []account) {
	for _, ref := range refs {
		who := ref.account()
		a, ok := w.named(who.group, who.name, who.domain, "")
		if !ok {
			f.Fail(fmt.Errorf("line %d: unknown %q in domain %s", ref.line, ref.To, who.domain))
		}
		accounts = append(accounts, a)
	}
	return accounts
}

func (w *world) loadAppGroup(s seedAppGroup) error {
	f := newForm(nil, nil)
	f.appGroup(&s.Name, s.ServerGroup, s.Description)
	f.Maybe("type", s.Type, appGroupKinds...)
	if w.appGroupByName[s.Name] != "" {
		f.Wrong(emu.BadValue, "name", "comes twice")
	}
	accounts := w.referred(&f, s.Grants)
	if f.Err != nil {
		return f.Err
	}
	g := &appGroup{
		id: s.ID, made: s.Made, name: s.Name, description: s.Description, serverGroup: s.ServerGroup,
		kind: cmp.Or(s.Type, appGroupKinds[0]), grantKind: grantKinds[0],
	}
	w.addAppGroup(g)
	for i, a := range accounts {
		if w.granted.get(g.id, a.id) == nil {
			w.grantAs(s.Grants[i].seedID, g, a)
		}
	}
	for _, m := range s.Mails {
		w.loadMail(&f, g, m)
	}
	if s.ID == "" { // what was saved has dates
		w.dateGrants(g)
	}
	return f.Err
}

func (w *world) loadMail(f *form, g *appGroup, s seedMail) {
	f.Maybe("type", s.Type, mailKinds...)
	f.Maybe("language", s.Lang, languages...)
	f.text("to", s.To.To, 1, 128+len(userGroupPrefix))
	to := s.To.account()
	about := seedRef{To: cmp.Or(s.About, s.To.To)}.account()
	a, _ := w.named(to.group, to.name, to.domain, "")
	m := &mail{
		id: s.ID, to: to.name, toID: a.id, group: about.group, about: about.name, appGroup: g.id,
		kind: cmp.Or(s.Type, mailAdd), err: s.Error, sent: s.Sent, language: s.Lang,
	}
	if m.sent.IsZero() {
		m.sent = w.Now
	}
	w.record(m, w.Shows)
}

// dateGrants gives a seed's grants the age that its mails tell of: a grant is as old as the first mail about it that no mail
// about its removal follows.
func (w *world) dateGrants(g *appGroup) {
	for x := range w.granted.byThing.rows(g.id).Current() {
		var removed time.Time
		for m := range w.mailsOf.rows(g.id).Current() {
			if m.tellsOf(x) && strings.HasPrefix(m.kind, mailDel) && m.sent.After(removed) {
				removed = m.sent
			}
		}
		for m := range w.mailsOf.rows(g.id).Current() {
			if m.tellsOf(x) && strings.HasPrefix(m.kind, mailAdd) && m.sent.After(removed) && m.sent.Before(x.made) {
				x.made = m.sent
			}
		}
	}
}

// tellsOf says whether a mail is about a grant.
func (m *mail) tellsOf(x *link) bool { return m.group == x.group && m.about == x.name }

func (w *world) loadApp(s seedApp) error {
	f := newForm(nil, nil)
	f.text("name", s.Name, 1, 128)
	f.Maybe("audience", s.Audience, "assigned", "everyone")
	accounts := w.referred(&f, s.Grants)
	if f.Err != nil {
		return f.Err
	}
	a := &app{id: s.ID, made: s.Made, appSettings: appSettings{
		Name: s.Name, Version: "1.0", GrantKind: assigned, InstallKind: "QUIET_INSTALL", OS: "Windows", Status: "NORMAL",
	}}
	if s.Audience == "everyone" {
		a.GrantKind = everyone
	}
	w.addApp(a)
	w.assign(a, a.GrantKind, accounts, nil)
	return nil
}
