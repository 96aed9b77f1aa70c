package wps365emu

import "slices"

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

// idAs is the id, or for external the one in the tenant's own system.
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

// viewUser returns how a call sees users.
func viewUser(c *call, withDept bool) func(*user) userView {
	emails := c.token.has(userEmailsRead)
	return func(u *user) userView {
		out := userView{
			ID: u.id, Name: u.name, ExternalID: u.externalID, Status: u.status, Role: "normal", Made: u.made, Dept: u.depts[0].id,
		}
		if emails {
			out.Email = u.email
		}
		if withDept {
			out.Depts = views(u.depts, func(d *dept) userDept { return userDept{d.id, d.name, d.path()} })
		}
		return out
	}
}

// contacts are the users that a call may see and accepts.
func (w *world) contacts(statuses []string, keep func(*user) bool) (out []*user) {
	for _, u := range w.users {
		if !u.hidden && slices.Contains(statuses, u.status) && keep(u) {
			out = append(out, u)
		}
	}
	return out
}

func (w *world) usersByEmail(c *call) (any, error) {
	return w.pickUsers(c, "emails", func(u *user) string { return fold(u.email) })
}

func (w *world) usersByID(c *call) (any, error) {
	return w.pickUsers(c, "user_ids", func(u *user) string { return u.id })
}

// pickUsers answers the users whose key is in the list of that name, in the directory's order and not the request's. Who is not
// found is left out. WPS 365 open platform, address book.
func (w *world) pickUsers(c *call, name string, key func(*user) string) (any, error) {
	var in struct {
		Emails   []string `json:"emails"`
		IDs      []string `json:"user_ids"`
		Statuses []string `json:"status"`
		WithDept bool     `json:"with_dept"`
	}
	var f form
	f.body(c.body, &in)
	f.statuses(in.Statuses)
	wanted := map[string][]string{"emails": in.Emails, "user_ids": in.IDs}[name]
	if len(wanted) == 0 {
		f.fail(badFormat, "%s: is missing", name)
	}
	if f.err != nil {
		return nil, f.err
	}
	set := map[string]bool{}
	for _, value := range wanted {
		if name == "emails" {
			value = fold(value)
		}
		set[value] = true
	}
	delete(set, "") // users who lack a key have it blank
	users := w.contacts(in.Statuses, func(u *user) bool { return set[key(u)] })
	return listing[userView]{Items: views(users, viewUser(c, in.WithDept))}, nil
}

// currentUser is whose token it is.
func (w *world) currentUser(c *call) (any, error) {
	return map[string]string{"id": c.token.user.id, "user_name": c.token.user.name, "avatar": "", "company_id": "company"}, nil
}
