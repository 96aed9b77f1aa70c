package huaweicloudemu

import (
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"time"

	"github.com/entitlectl/entitlectl/pkg/providers/emu"
)

// userSettings is what a client may change of a user.
type userSettings struct {
	Description          string `json:"description"`
	Email                string `json:"user_email"`
	Phone                string `json:"user_phone"`
	Activation           string `json:"active_type"`
	Expires              string `json:"account_expires"` // "0" is never
	PasswordChangeable   bool   `json:"enable_change_password"`
	PasswordChangeNext   bool   `json:"next_login_change_password"`
	PasswordNeverExpired bool   `json:"password_never_expired"`
	Disabled             bool   `json:"disabled"`
	Info                 string `json:"user_info_map"`
}

type user struct {
	emu.Life
	account
	userSettings
	locked bool
	made   time.Time
}

// userName is Huawei Cloud Workspace API, f2, in its wide form.
var userName = regexp.MustCompile(`^([a-zA-Z0-9]{1,32}|[a-zA-Z0-9][a-zA-Z0-9._-]{0,30}[a-zA-Z0-9-])$`)

// userView is a user in f1.
type userView struct {
	userSettings
	ID             string   `json:"id"`
	Name           string   `json:"user_name"`
	Desktops       int      `json:"total_desktops"`
	AccountExpired bool     `json:"account_expired"`
	Locked         bool     `json:"locked"`
	Groups         []string `json:"group_names"`
	Domain         string   `json:"domain"`
}

func (w *world) viewUser(u *user) userView {
	return userView{
		userSettings: u.userSettings, ID: u.id, Name: u.name, AccountExpired: u.expired(w.now), Locked: u.locked,
		Groups: w.groupNames(u), Domain: u.domain,
	}
}

func (w *world) groupNames(u *user) []string {
	joined, _ := w.joined.of(u.id).Page(w.now, 0, -1, nil)
	names := make([]string, 0, len(joined))
	for _, m := range joined {
		if g := w.groupByID[m.group]; g != nil {
			names = append(names, g.name)
		}
	}
	return names
}

// expiry reads account_expires; the zero time is never.
func expiry(s string) (time.Time, error) {
	if s == "" || s == "0" {
		return time.Time{}, nil
	}
	return time.Parse(time.RFC3339, s)
}

func (u *user) expired(now time.Time) bool {
	at, _ := expiry(u.Expires)
	return !at.IsZero() && !now.Before(at)
}

func (w *world) listUsers(c *call) (any, error) {
	var f form
	q := c.query
	offset, limit := f.number(q, "offset", 0, 0, 1<<31-1), f.number(q, "limit", -1, 1, 1<<31-1)
	f.text("description", q.Get("description"), 0, 100)
	f.text("group_name", q.Get("group_name"), 0, 64)
	f.maybe("active_type", q.Get("active_type"), "USER_ACTIVATE", "ADMIN_ACTIVATE")
	f.maybe("platform_type", q.Get("platform_type"), "AD", "LOCAL", "UOS")
	disabled := f.flag(q, "disabled")
	f.flag(q, "is_query_total_desktops")
	if f.err != nil {
		return nil, f.err
	}
	keep := filter(
		like(false, q.Get("user_name"), func(u *user) string { return u.name }),
		like(false, q.Get("description"), func(u *user) string { return u.Description }),
		equals(q.Get("active_type"), func(u *user) string { return u.Activation }),
		equals(q.Get("platform_type"), func(u *user) string { return u.platform }),
		equals(q.Get("domain"), func(u *user) string { return u.domain }),
		w.among(q["user_names"]), w.inGroup(q.Get("group_name")), isDisabled(disabled),
	)
	users, total := page(w, &w.users, offset, limit, keep, w.viewUser)
	return map[string]any{"total_count": total, "users": users}, nil
}

// among is a condition on user names; none is no condition.
func (w *world) among(names []string) func(*user) bool {
	if len(names) == 0 {
		return nil
	}
	set := make(map[string]bool, len(names))
	for _, n := range names {
		set[n] = true
	}
	return func(u *user) bool { return set[u.name] }
}

func (w *world) inGroup(name string) func(*user) bool {
	if name == "" {
		return nil
	}
	return func(u *user) bool { return slices.Contains(w.groupNames(u), name) }
}

func isDisabled(want *bool) func(*user) bool {
	if want == nil {
		return nil
	}
	return func(u *user) bool { return u.Disabled == *want }
}

// userRequest is the body of f2.
type userRequest struct {
	Name     string   `json:"user_name"`
	Password string   `json:"password"`
	Groups   []string `json:"group_ids"`
	Domain   string   `json:"domain"`
	userSettings
}

// UnmarshalJSON sets the defaults first.
func (r *userRequest) UnmarshalJSON(data []byte) error {
	type plain userRequest
	p := plain{userSettings: userSettings{
		Activation: "USER_ACTIVATE", Expires: "0", PasswordChangeable: true, PasswordChangeNext: true,
	}}
	err := json.Unmarshal(data, &p)
	*r = userRequest(p)
	return err
}

// userSettings checks what f2 and f5 have in common.
func (f *form) userSettings(s userSettings) {
	f.text("user_email", s.Email, 0, 64)
	f.text("user_phone", s.Phone, 0, 20)
	f.oneOf("active_type", s.Activation, "USER_ACTIVATE", "ADMIN_ACTIVATE")
	f.text("description", s.Description, 0, 255)
	f.text("user_info_map", s.Info, 0, 255)
	if _, err := expiry(s.Expires); err != nil || len(s.Expires) > 55 {
		f.fail(invalid("account_expires: %q is neither 0 nor a time", s.Expires))
	}
}

// newUser checks what f2 wants to create.
func (w *world) newUser(f *form, r userRequest) {
	f.userSettings(r.userSettings)
	f.text("domain", r.Domain, 0, 255)
	local := orLocal(r.Domain) == localDomain
	_, taken := w.named(false, r.Name, r.Domain, "")
	switch {
	case !userName.MatchString(r.Name):
		f.fail(invalid("user_name: %q is not 1..32 letters, digits and ._-", r.Name))
	case taken:
		f.fail(invalid("user_name: %s is taken", r.Name))
	case r.Activation == "USER_ACTIVATE" && r.Email == "" && r.Phone == "":
		f.fail(invalid("user_email: USER_ACTIVATE needs an email or a phone"))
	case r.Password != "" || r.Activation == "ADMIN_ACTIVATE" && local:
		f.text("password", r.Password, 8, 32)
	}
	if r.Groups != nil {
		f.ids("group_ids", r.Groups, 1, 5)
	}
	for _, id := range r.Groups {
		if w.groupByID[id] == nil {
			f.fail(errNoGroup)
		}
	}
}

func (w *world) createUser(c *call) (any, error) {
	var in userRequest
	var f form
	f.body(c.body, &in)
	w.newUser(&f, in)
	if f.err != nil {
		return nil, f.err
	}
	return map[string]string{"id": w.addRequested(in).id}, nil
}

func (w *world) addRequested(r userRequest) *user {
	u := &user{account: account{name: r.Name, domain: orLocal(r.Domain)}, userSettings: r.userSettings}
	w.addUser(u)
	for _, id := range r.Groups {
		w.join(id, u.id)
	}
	return u
}

func (w *world) addUser(u *user) {
	u.id, u.made, u.platform = w.newID("8a2c3f9579d24082"), w.now, platformOf(u.domain)
	w.userByID[u.id], w.idByName[u.key()] = u, u.id
	w.users.Add(u, w.shows)
}

func (w *world) getUser(c *call) (any, error) {
	rows, _ := w.users.Page(w.now, 0, 1, func(u *user) bool { return u.id == c.vars[0] })
	if len(rows) == 0 {
		return nil, errNoUser
	}
	u := rows[0]
	var expires int64
	if at, _ := expiry(u.Expires); !at.IsZero() {
		expires = at.UnixMilli()
	}
	detail := struct {
		userView
		Expires     int64  `json:"account_expires"` // ms; 0 is never
		UserExpired bool   `json:"user_expired"`
		AccountKind int    `json:"account_type"`
		Made        string `json:"when_created"`
	}{w.viewUser(u), expires, u.expired(w.now), 0, strconv.FormatInt(u.made.UnixMilli(), 10)}
	return map[string]any{"user_detail": detail}, nil
}

func (w *world) updateUser(c *call) (any, error) {
	old := w.userByID[c.vars[0]]
	if old == nil {
		return nil, errNoUser
	}
	u := *old
	var f form
	f.body(c.body, &u.userSettings)
	f.userSettings(u.userSettings)
	if f.err != nil {
		return nil, f.err
	}
	w.changeUser(old, &u)
	return map[string]string{"id": u.id}, nil
}

func (w *world) changeUser(old, u *user) {
	u.Life = emu.Life{}
	w.userByID[u.id] = u
	w.users.Replace(old, u, w.shows)
}

func (w *world) deleteUser(c *call) (any, error) {
	if w.userByID[c.vars[0]] == nil {
		return nil, errNoUser
	}
	w.removeUser(c.vars[0])
	return nil, nil
}

func (w *world) removeUser(id string) {
	if u := w.userByID[id]; u != nil {
		w.forget(u.account)
		delete(w.userByID, id)
		w.users.Remove(u, w.shows)
	}
}

func (w *world) actOnUser(c *call) (any, error) {
	var in struct {
		Op string `json:"op_type"`
	}
	var f form
	f.body(c.body, &in)
	f.oneOf("op_type", in.Op, "LOCK", "UNLOCK", "RESET_PWD")
	old := w.userByID[c.vars[0]]
	if old == nil {
		f.fail(errNoUser)
	}
	if f.err != nil {
		return nil, f.err
	}
	if in.Op != "RESET_PWD" {
		u := *old
		u.locked = in.Op == "LOCK"
		w.changeUser(old, &u)
	}
	return nil, nil
}
