package wps365emu

import (
	"slices"

	"github.com/entitlectl/entitlectl/pkg/providers/emu"
)

type user struct {
	id, externalID, name, email, status string
	box                                 *mailbox // nil: the user has none
	aliases                             []string
	depts                               []*dept // at least one; the first is the default
	hidden                              bool    // outside of the app's contact range: in no answer about contacts
	made                                int64
}

// userStatuses are those of a user. WPS 365 open platform, address book. Reads can ask for all but the last.
var userStatuses = []string{"active", "notactive", "disabled", "dimission"}

// idAs is the id, or the one in the tenant's own system if external.
func (u *user) idAs(external bool) string {
	if external {
		return u.externalID
	}
	return u.id
}

// userView is a user on the wire.
type userView struct {
	ID         string     `json:"id"`
	Name       string     `json:"user_name"`
	Avatar     string     `json:"avatar"`
	Email      string     `json:"email,omitempty"` // needs a scope of its own
	ExternalID string     `json:"ex_user_id"`
	Status     string     `json:"status"`
	Role       string     `json:"role"`
	Made       int64      `json:"ctime"`
	Dept       string     `json:"def_dept_id"`
	Depts      []userDept `json:"depts,omitempty"` // where with_dept asks for them
}

type userDept struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Path string `json:"abs_path"`
}

func (u *user) view(withEmail, withDepts bool) userView {
	out := userView{
		ID: u.id, Name: u.name, ExternalID: u.externalID, Status: u.status, Role: "normal", Made: u.made, Dept: u.depts[0].id,
	}
	if withEmail {
		out.Email = u.email
	}
	if withDepts {
		out.Depts = emu.Views(u.depts, func(d *dept) userDept { return userDept{d.id, d.name, d.path()} })
	}
	return out
}

func (w *world) usersByEmail(c *call) (any, error) {
	return w.pickUsers(c, "emails", func(u *user) string { return fold(u.email) })
}

func (w *world) usersByID(c *call) (any, error) {
	return w.pickUsers(c, "user_ids", func(u *user) string { return u.id })
}

// pickUsers answers with the users whose key is in the list of that name, in the order of the directory and not of the request. Who
// is not found is left out. WPS 365 open platform, address book.
func (w *world) pickUsers(c *call, name string, key func(*user) string) (any, error) {
	var in struct {
		Emails   []string `json:"emails"`
		IDs      []string `json:"user_ids"`
		Statuses []string `json:"status"`
		WithDept bool     `json:"with_dept"`
	}
	c.json(&in)
	if len(in.Statuses) == 0 {
		c.Wrong(emu.Missing, "status", "is missing")
	}
	for _, s := range in.Statuses {
		c.OneOf("status", s, userStatuses[:3]...)
	}
	wanted := map[string]bool{}
	for _, value := range map[string][]string{"emails": in.Emails, "user_ids": in.IDs}[name] {
		if name == "emails" {
			value = fold(value)
		}
		wanted[value] = true
	}
	if len(wanted) == 0 {
		c.Wrong(emu.Missing, name, "is missing")
	}
	if c.Err != nil {
		return nil, c.Err
	}
	delete(wanted, "") // users who lack a key have it blank
	items := []userView{}
	for _, u := range w.users {
		if !u.hidden && slices.Contains(in.Statuses, u.status) && wanted[key(u)] {
			items = append(items, u.view(c.token.has(userEmailsRead), in.WithDept))
		}
	}
	return listing[userView]{Items: items}, nil
}

// currentUser answers with the user whose token it is.
func (w *world) currentUser(c *call) (any, error) {
	return map[string]string{"id": c.token.user.id, "user_name": c.token.user.name, "avatar": "", "company_id": w.ID}, nil
}
