package huaweicloudemu

import (
	"cmp"
	"fmt"
	"iter"
	"slices"
	"strings"
)

// userGroupPrefix marks a user group where a word may also be a user.
const userGroupPrefix = "group:"

// sow fills an empty world.
func (w *world) sow(s seed) error {
	for _, u := range s.Users {
		if err := w.sowUser(u); err != nil {
			return fmt.Errorf("users: %q: %w", u.Name, err)
		}
	}
	for _, g := range s.UserGroups {
		if err := w.sowUserGroup(g); err != nil {
			return fmt.Errorf("userGroups: %q: %w", g.Name, err)
		}
	}
	for _, g := range s.AppGroups {
		if err := w.sowAppGroup(g); err != nil {
			return fmt.Errorf("appGroups: %q: %w", g.Name, err)
		}
	}
	for _, a := range s.Apps {
		if err := w.sowApp(a); err != nil {
			return fmt.Errorf("apps: %q: %w", a.Name, err)
		}
	}
	return nil
}

// fresh wants a name that is well formed and not taken.
func (w *world) fresh(group bool, name, domain string, longest int) error {
	var f form
	f.text("name", name, 1, longest)
	if strings.HasPrefix(name, userGroupPrefix) {
		f.fail(invalid("name: %s means a user group", userGroupPrefix))
	}
	if _, taken := w.named(group, name, domain, ""); taken {
		f.fail(invalid("name: comes twice"))
	}
	return f.err
}

func (w *world) sowUser(s seedUser) error {
	if err := w.fresh(false, s.Name, s.Domain, 128); err != nil {
		return err
	}
	w.addUser(&user{
		account: account{name: s.Name, domain: orLocal(s.Domain)},
		userSettings: userSettings{
			Description: s.Description, Email: s.Email, Phone: s.Phone, Disabled: s.Disabled,
			Activation: "USER_ACTIVATE", Expires: "0", PasswordChangeable: true, PasswordChangeNext: true,
		},
		locked: s.Locked,
	})
	return nil
}

func (w *world) sowUserGroup(s seedUserGroup) error {
	var f form
	f.maybe("platform", s.Platform, "AD", "LOCAL", "UOS")
	if err := cmp.Or(f.err, w.fresh(true, s.Name, s.Domain, 64)); err != nil {
		return err
	}
	domain := orLocal(s.Domain)
	g := &userGroup{
		account:     account{name: s.Name, domain: domain, platform: cmp.Or(s.Platform, platformOf(domain))},
		description: s.Description,
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

// referred finds whom a reference means.
func (w *world) referred(ref seedRef) (account, error) {
	name, group := strings.CutPrefix(ref.To, userGroupPrefix)
	a, ok := w.named(group, name, ref.Domain, "")
	if !ok {
		return a, fmt.Errorf("line %d: unknown %q in domain %s", ref.line, ref.To, orLocal(ref.Domain))
	}
	return a, nil
}

func (w *world) sowAppGroup(s seedAppGroup) error {
	var f form
	f.appGroup(&s.Name, s.ServerGroup, s.Description)
	f.maybe("type", s.Type, appGroupKinds...)
	if w.appGroupByName[s.Name] != nil {
		f.fail(invalid("name: comes twice"))
	}
	if f.err != nil {
		return f.err
	}
	g := &appGroup{
		name: s.Name, description: s.Description, serverGroup: s.ServerGroup,
		kind: cmp.Or(s.Type, appGroupKinds[0]), grantKind: grantKinds[0],
	}
	w.addAppGroup(g)
	for _, ref := range s.Grants {
		a, err := w.referred(ref)
		if err != nil {
			return err
		}
		if w.grantByPair[pair{g.id, a.id}] == nil {
			w.grant(g, a)
		}
	}
	for _, m := range s.Mails {
		if err := w.sowMail(g, m); err != nil {
			return err
		}
	}
	return nil
}

func (w *world) sowMail(g *appGroup, s seedMail) error {
	var f form
	f.maybe("type", s.Type, mailAdd, mailDel)
	f.text("to", s.To.To, 1, 128+len(userGroupPrefix))
	if f.err != nil {
		return f.err
	}
	to, toGroup := strings.CutPrefix(s.To.To, userGroupPrefix)
	about, group := strings.CutPrefix(cmp.Or(s.About, s.To.To), userGroupPrefix)
	a, _ := w.named(toGroup, to, s.To.Domain, "")
	m := &mail{
		to: to, toID: a.id, group: group, about: about, appGroup: g.id,
		kind: cmp.Or(s.Type, mailAdd), err: s.Error, sent: s.Sent,
	}
	if m.sent.IsZero() {
		m.sent = w.now
	}
	w.record(m, w.shows)
	return nil
}

func (w *world) sowApp(s seedApp) error {
	var f form
	f.text("name", s.Name, 1, 128)
	f.maybe("audience", s.Audience, "assigned", "everyone")
	if f.err != nil {
		return f.err
	}
	a := &app{appSettings: appSettings{
		Name: s.Name, Version: "1.0", GrantKind: assigned, InstallKind: "QUIET_INSTALL", OS: "Windows", Status: "NORMAL",
	}}
	if s.Audience == "everyone" {
		a.GrantKind = everyone
	}
	w.addApp(a)
	for _, ref := range s.Grants {
		who, err := w.referred(ref)
		if err != nil {
			return err
		}
		w.assign(a, a.GrantKind, []account{who}, nil)
	}
	return nil
}

// Dump writes the world as a seed: what is true, whether reads show it yet or not. Times, ids, grants of accounts that are gone,
// and what a seed cannot hold (passwords, install commands, …) are left out.
func (v *Vendor) Dump() (any, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.world.reap(), nil
}

// reap is the inverse of sow.
func (w *world) reap() (s seed) {
	for u := range w.users.Current() {
		s.Users = append(s.Users, seedUser{
			Name: u.name, Email: u.Email, Phone: u.Phone, Domain: refTo(u.account).Domain,
			Description: u.Description, Disabled: u.Disabled, Locked: u.locked,
		})
	}
	for g := range w.groups.Current() {
		out := seedUserGroup{Name: g.name, Domain: refTo(g.account).Domain, Description: g.description}
		if g.platform != platformOf(g.domain) {
			out.Platform = g.platform
		}
		out.Members = refs(w.members.of(g.id).Current(), func(m *membership) (account, bool) { return w.account(false, m.user) })
		s.UserGroups = append(s.UserGroups, out)
	}
	for g := range w.appGroups.Current() {
		out := seedAppGroup{Name: g.name, ServerGroup: g.serverGroup, Description: g.description}
		if g.kind != appGroupKinds[0] {
			out.Type = g.kind
		}
		out.Grants = refs(w.grantsOf.of(g.id).Current(), func(x *grant) (account, bool) { return w.account(x.group, x.id) })
		for m := range w.mailsOf.of(g.id).Current() {
			out.Mails = append(out.Mails, w.reapMail(m))
		}
		s.AppGroups = append(s.AppGroups, out)
	}
	for a := range w.apps.Current() {
		out := seedApp{Name: a.Name, Audience: "assigned"}
		if a.GrantKind == everyone {
			out.Audience = "everyone"
		}
		out.Grants = refs(w.assignmentsOf.of(a.id).Current(), func(x *assignment) (account, bool) { return x.account, true })
		s.Apps = append(s.Apps, out)
	}
	slices.SortFunc(s.Users, func(a, b seedUser) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Domain, b.Domain)) })
	slices.SortFunc(s.UserGroups, func(a, b seedUserGroup) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Domain, b.Domain))
	})
	slices.SortFunc(s.AppGroups, func(a, b seedAppGroup) int { return cmp.Compare(a.Name, b.Name) })
	slices.SortStableFunc(s.Apps, func(a, b seedApp) int { return cmp.Compare(a.Name, b.Name) })
	return s
}

func (w *world) reapMail(m *mail) seedMail {
	out := seedMail{To: seedRef{To: m.to}, About: refTo(account{group: m.group, name: m.about}).To, Error: m.err, Sent: m.sent}
	if a, ok := w.account(false, m.toID); ok {
		out.To = refTo(a)
	}
	if a, ok := w.account(true, m.toID); ok {
		out.To = refTo(a)
	}
	if out.About == out.To.To {
		out.About = ""
	}
	if m.kind != mailAdd {
		out.Type = m.kind
	}
	return out
}

// refs names the accounts of rows, sorted.
func refs[R any](rows iter.Seq[R], who func(R) (account, bool)) (out []seedRef) {
	for row := range rows {
		if a, ok := who(row); ok {
			out = append(out, refTo(a))
		}
	}
	slices.SortFunc(out, seedRef.compare)
	return out
}
