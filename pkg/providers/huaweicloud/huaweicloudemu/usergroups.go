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
	_, users := w.members.byThing.rows(g.id).Page(w.Now, 0, 0, nil)
	return userGroupView{
		ID: g.id, Name: g.name, Made: stamp(g.made), Description: g.description, Users: users,
		Platform: g.platform, Domain: g.domain,
	}
}

func (w *world) listUserGroups(c *call) (any, error) {
	c.offset, c.limit = c.Number("offset", 0, 0, 1<<31-1), c.Number("limit", 0, 0, 100)
	if c.limit == 0 {
		c.limit = 100
	}
	platforms := c.Query["platform_type"]
	for _, p := range platforms {
		c.OneOf("platform_type", p, "AD", "LOCAL", "UOS")
	}
	return page(w, c, &w.groups.List, "total_count", "user_groups", w.viewUserGroup,
		like(false, w.folded(c.Get("keyword")), func(g *userGroup) string { return w.folded(g.name) }),
		equals(c.Get("domain"), func(g *userGroup) string { return g.domain }),
		given(len(platforms) > 0, func(g *userGroup) bool { return slices.Contains(platforms, g.platform) }),
	)
}

// createUserGroup answers without the id of the new group (g2).
func (w *world) createUserGroup(c *call) (any, error) {
	var in struct {
		Name        string `json:"group_name"`
		Platform    string `json:"platform_type"`
		Description string `json:"description"`
	}
	c.json(&in)
	c.text("group_name", in.Name, 1, 64)
	c.OneOf("platform_type", in.Platform, "AD", "LOCAL")
	c.text("description", in.Description, 0, 255)
	domain := localDomain
	if in.Platform == "AD" {
		domain = directoryDomain
	}
	if _, taken := w.named(true, in.Name, domain, ""); taken {
		c.Fail(invalid("group_name: %s is taken", in.Name))
	}
	if c.Err != nil {
		return nil, c.Err
	}
	w.addUserGroup(&userGroup{account: account{name: in.Name, domain: domain, platform: in.Platform}, description: in.Description})
	return nil, nil
}

func (w *world) addUserGroup(g *userGroup) {
	g.id, g.made, g.group = w.idOr(g.id, "99558194716db7d6"), w.madeAt(g.made), true
	w.putUserGroup(g)
}

func (w *world) putUserGroup(g *userGroup) {
	w.idByName[g.key()] = g.id
	w.groups.Put(g.id, g, w.Shows)
}

func (w *world) updateUserGroup(c *call) (any, error) {
	var in struct {
		Name        *string `json:"group_name"`
		Description *string `json:"description"`
	}
	c.json(&in)
	old := w.userGroup(c)
	if c.Err != nil {
		return nil, c.Err
	}
	g := *old
	if in.Name != nil {
		c.text("group_name", *in.Name, 1, 64)
		g.name = *in.Name
	}
	if in.Description != nil {
		c.text("description", *in.Description, 1, 255)
		g.description = *in.Description
	}
	if g.name != old.name {
		if _, taken := w.named(true, g.name, g.domain, ""); taken {
			c.Fail(invalid("group_name: %s is taken", g.name))
		}
		if g.platform == "AD" {
			c.Fail(invalid("group_name: a group of AD cannot be renamed"))
		}
	}
	if c.Err != nil {
		return nil, c.Err
	}
	delete(w.idByName, old.key())
	w.putUserGroup(&g)
	for _, l := range []links{w.granted, w.assigned} {
		for x := range l.byAccount.rows(g.id).Current() {
			x.name = g.name
		}
	}
	return nil, nil
}

// userGroup returns the user group that the path names. If there is none, the call fails.
func (w *world) userGroup(c *call) *userGroup {
	g := w.groups.Get(c.id)
	if g == nil {
		c.Fail(errNoGroup)
	}
	return g
}

func (w *world) deleteUserGroup(c *call) (any, error) {
	g := w.userGroup(c)
	if g != nil {
		w.forget(g.account)
		w.groups.Drop(g.id, w.Shows)
	}
	return nil, c.Err
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
	c.page(2000, 2000)
	w.userGroup(c)
	return page(w, c, w.members.byThing.rows(c.id), "total_count", "users", w.viewMember,
		like(false, c.Get("user_name"), func(x *link) string { return w.viewMember(x).Name }),
		like(false, c.Get("description"), func(x *link) string { return w.viewMember(x).Description }),
	)
}

func (w *world) viewMember(x *link) memberView {
	u := w.users.Get(x.id)
	if u == nil { // deleted, which reads do not see yet
		return memberView{ID: x.id}
	}
	return memberView{ID: u.id, Name: u.name, Domain: u.domain, Email: u.Email, Phone: u.Phone, Description: u.Description}
}

func (w *world) changeMembers(c *call) (any, error) {
	var in struct {
		IDs []string `json:"user_ids"`
		Op  string   `json:"op_type"`
	}
	c.json(&in)
	c.ids("user_ids", in.IDs, 1, 50)
	c.OneOf("op_type", in.Op, "ADD", "DELETE")
	w.userGroup(c)
	for _, id := range in.IDs {
		if w.users.Get(id) == nil {
			c.Fail(errNoUser)
		}
		if w.members.get(c.id, id) != nil == (in.Op == "ADD") && w.opts.RepeatedMemberRefused {
			c.Fail(invalid("user_ids: %s of %s changes nothing", in.Op, id))
		}
	}
	if c.Err != nil {
		return nil, c.Err
	}
	for _, id := range in.IDs {
		if in.Op == "ADD" {
			w.join(c.id, id)
		} else if x := w.members.get(c.id, id); x != nil {
			w.members.drop(x, w.Shows)
		}
	}
	return nil, nil
}

// join makes a user a member of a user group, unless it is one.
func (w *world) join(group, user string) {
	if w.members.get(group, user) == nil {
		w.members.add(&link{account: w.users.Get(user).account, thing: group}, w.Shows)
	}
}
