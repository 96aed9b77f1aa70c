package huaweicloudemu

import (
	"slices"
	"time"

	"github.com/entitlectl/entitlectl/pkg/providers/emu"
)

// directoryDomain is the domain of user groups that are created for AD; the vendor takes it from the tenant's settings.
const directoryDomain = "ad.local"

type userGroup struct {
	emu.Life
	account
	description string
	made        time.Time
}

// membership is a user in a user group, by their ids.
type membership struct {
	emu.Life
	group, user string
}

type userGroupView struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	Made        string `json:"create_time"`
	Description string `json:"description"`
	Users       int    `json:"user_quantity"`
	Platform    string `json:"platform_type"`
	Domain      string `json:"domain"`
	Desktops    int    `json:"total_desktops"`
}

func (w *world) viewUserGroup(g *userGroup) userGroupView {
	_, users := w.members.of(g.id).Page(w.now, 0, 0, nil)
	return userGroupView{
		ID: g.id, Name: g.name, Made: stamp(g.made), Description: g.description, Users: users,
		Platform: g.platform, Domain: g.domain,
	}
}

func (w *world) listUserGroups(c *call) (any, error) {
	var f form
	q := c.query
	offset, limit := f.number(q, "offset", 0, 0, 1<<31-1), f.number(q, "limit", 100, 0, 100)
	if limit == 0 {
		limit = 100
	}
	if !q.Has("limit") {
		offset = 0 // it counts only beside a limit
	}
	platforms := q["platform_type"]
	for _, p := range platforms {
		f.oneOf("platform_type", p, "AD", "LOCAL", "UOS")
	}
	if f.err != nil {
		return nil, f.err
	}
	keep := filter(
		like(false, q.Get("keyword"), func(g *userGroup) string { return g.name }),
		equals(q.Get("domain"), func(g *userGroup) string { return g.domain }),
		func(g *userGroup) bool { return len(platforms) == 0 || slices.Contains(platforms, g.platform) },
	)
	groups, total := page(w, &w.groups, offset, limit, keep, w.viewUserGroup)
	return map[string]any{"total_count": total, "user_groups": groups}, nil
}

// createUserGroup tells no id: Huawei Cloud Workspace API, g2.
func (w *world) createUserGroup(c *call) (any, error) {
	var in struct {
		Name        string `json:"group_name"`
		Platform    string `json:"platform_type"`
		Description string `json:"description"`
	}
	var f form
	f.body(c.body, &in)
	f.text("group_name", in.Name, 1, 64)
	f.oneOf("platform_type", in.Platform, "AD", "LOCAL")
	f.text("description", in.Description, 0, 255)
	domain := localDomain
	if in.Platform == "AD" {
		domain = directoryDomain
	}
	if _, taken := w.named(true, in.Name, domain, ""); taken {
		f.fail(invalid("group_name: %s is taken", in.Name))
	}
	if f.err != nil {
		return nil, f.err
	}
	w.addUserGroup(&userGroup{account: account{name: in.Name, domain: domain, platform: in.Platform}, description: in.Description})
	return nil, nil
}

func (w *world) addUserGroup(g *userGroup) {
	g.id, g.made, g.group = w.newID("99558194716db7d6"), w.now, true
	w.groupByID[g.id], w.idByName[g.key()] = g, g.id
	w.groups.Add(g, w.shows)
}

func (w *world) updateUserGroup(c *call) (any, error) {
	var in struct {
		Name        *string `json:"group_name"`
		Description *string `json:"description"`
	}
	var f form
	f.body(c.body, &in)
	old := w.groupByID[c.vars[0]]
	if old == nil {
		f.fail(errNoGroup)
	}
	if f.err != nil {
		return nil, f.err
	}
	g := *old
	if in.Name != nil {
		f.text("group_name", *in.Name, 1, 64)
		g.name = *in.Name
	}
	if in.Description != nil {
		f.text("description", *in.Description, 1, 255)
		g.description = *in.Description
	}
	if g.name != old.name {
		if _, taken := w.named(true, g.name, g.domain, ""); taken {
			f.fail(invalid("group_name: %s is taken", g.name))
		}
		if g.platform == "AD" {
			f.fail(invalid("group_name: a group of AD cannot be renamed"))
		}
	}
	if f.err != nil {
		return nil, f.err
	}
	g.Life = emu.Life{}
	delete(w.idByName, old.key())
	w.groupByID[g.id], w.idByName[g.key()] = &g, g.id
	w.groups.Replace(old, &g, w.shows)
	for x := range w.grantsTo.of(g.id).Current() {
		x.name = g.name
	}
	for x := range w.assignmentsTo.of(g.id).Current() {
		x.name = g.name
	}
	return nil, nil
}

func (w *world) deleteUserGroup(c *call) (any, error) {
	if w.groupByID[c.vars[0]] == nil {
		return nil, errNoGroup
	}
	w.removeUserGroup(c.vars[0])
	return nil, nil
}

func (w *world) removeUserGroup(id string) {
	if g := w.groupByID[id]; g != nil {
		w.forget(g.account)
		delete(w.groupByID, id)
		w.groups.Remove(g, w.shows)
	}
}

type memberView struct {
	ID          string `json:"id"`
	Name        string `json:"user_name"`
	Domain      string `json:"domain"`
	Email       string `json:"user_email"`
	Phone       string `json:"user_phone"`
	Desktops    int    `json:"total_desktops"`
	Description string `json:"description"`
}

func (w *world) listMembers(c *call) (any, error) {
	var f form
	q := c.query
	offset, limit := f.page(q, 2000, 2000)
	if w.groupByID[c.vars[0]] == nil {
		f.fail(errNoGroup)
	}
	if f.err != nil {
		return nil, f.err
	}
	keep := filter(
		like(false, q.Get("user_name"), func(m *membership) string { return w.member(m).Name }),
		like(false, q.Get("description"), func(m *membership) string { return w.member(m).Description }),
	)
	users, total := page(w, w.members.of(c.vars[0]), offset, limit, keep, w.member)
	return map[string]any{"total_count": total, "users": users}, nil
}

func (w *world) member(m *membership) memberView {
	u := w.userByID[m.user]
	if u == nil { // deleted, which reads do not see yet
		return memberView{ID: m.user}
	}
	return memberView{ID: u.id, Name: u.name, Domain: u.domain, Email: u.Email, Phone: u.Phone, Description: u.Description}
}

func (w *world) changeMembers(c *call) (any, error) {
	var in struct {
		IDs []string `json:"user_ids"`
		Op  string   `json:"op_type"`
	}
	var f form
	f.body(c.body, &in)
	f.ids("user_ids", in.IDs, 1, 50)
	f.oneOf("op_type", in.Op, "ADD", "DELETE")
	group := c.vars[0]
	if w.groupByID[group] == nil {
		f.fail(errNoGroup)
	}
	for _, id := range in.IDs {
		if w.userByID[id] == nil {
			f.fail(errNoUser)
		}
		if present := w.membership[pair{group, id}] != nil; present == (in.Op == "ADD") && w.opts.RepeatedMemberRefused {
			f.fail(invalid("user_ids: %s of %s changes nothing", in.Op, id))
		}
	}
	if f.err != nil {
		return nil, f.err
	}
	for _, id := range in.IDs {
		if in.Op == "ADD" {
			w.join(group, id)
		} else if m := w.membership[pair{group, id}]; m != nil {
			w.leave(m)
		}
	}
	return nil, nil
}

func (w *world) join(group, user string) {
	key := pair{group, user}
	if w.membership[key] != nil {
		return
	}
	m := &membership{group: group, user: user}
	w.membership[key] = m
	w.members.put(group, m, w.shows)
	w.joined.put(user, m, w.shows)
}

func (w *world) leave(m *membership) {
	delete(w.membership, pair{m.group, m.user})
	w.members.of(m.group).Remove(m, w.shows)
	w.joined.of(m.user).Remove(m, w.shows)
}
