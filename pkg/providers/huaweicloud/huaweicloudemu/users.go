package huaweicloudemu

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
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

// userName is the wider of the two forms that the documents give for f2.
var userName = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^([a-zA-Z0-9]{1,32}|[a-zA-Z0-9][a-zA-Z0-9._-]{0,30}[a-zA-Z0-9-])$`)
})

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
		userSettings: u.userSettings, ID: u.id, Name: u.name, AccountExpired: u.expired(w.Now), Locked: u.locked,
		Groups: w.groupNames(u), Domain: u.domain,
	}
}

// userDetail is a user in f4, which tells neither the domain nor user_info_map.
type userDetail struct {
	ID                   string   `json:"id"`
	Name                 string   `json:"user_name"`
	Description          string   `json:"description"`
	Email                string   `json:"user_email"`
	Phone                string   `json:"user_phone"`
	Activation           string   `json:"active_type"`
	AccountKind          int      `json:"account_type"` // 0 is a user
	Made                 string   `json:"when_created"`
	Expires              int64    `json:"account_expires"` // ms; 0 is never
	Expired              bool     `json:"user_expired"`
	Locked               bool     `json:"locked"`
	Disabled             bool     `json:"disabled"`
	PasswordChangeable   bool     `json:"enable_change_password"`
	PasswordNeverExpired bool     `json:"password_never_expired"`
	PasswordChangeNext   bool     `json:"next_login_change_password"`
	Groups               []string `json:"group_names"`
	Desktops             int      `json:"total_desktops"`
}

func (w *world) viewDetail(u *user) userDetail {
	v := userDetail{
		ID: u.id, Name: u.name, Description: u.Description, Email: u.Email, Phone: u.Phone, Activation: u.Activation,
		Made: strconv.FormatInt(u.made.UnixMilli(), 10), Expired: u.expired(w.Now), Locked: u.locked, Disabled: u.Disabled,
		PasswordChangeable: u.PasswordChangeable, PasswordNeverExpired: u.PasswordNeverExpired, PasswordChangeNext: u.PasswordChangeNext,
		Groups: w.groupNames(u),
	}
	if at, _ := expiry(u.Expires); !at.IsZero() {
		v.Expires = at.UnixMilli()
	}
	return v
}

func (w *world) groupNames(u *user) []string {
	joined, _ := w.members.byAccount.rows(u.id).Page(w.Now, 0, -1, nil)
	names := make([]string, 0, len(joined))
	for _, x := range joined {
		if g := w.groups.Get(x.thing); g != nil {
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
	c.page(-1, 1<<31-1)
	disabled := c.Flag("disabled")
	c.Flag("is_query_total_desktops")
	group, names := c.word("group_name", 0, 64), map[string]bool{}
	for _, name := range c.Query["user_names"] {
		names[w.folded(name)] = true
	}
	return page(w, c, &w.users.List, "total_count", "users", w.viewUser,
		like(false, c.Get("user_name"), func(u *user) string { return u.name }),
		like(false, c.word("description", 0, 100), func(u *user) string { return u.Description }),
		equals(c.choice("active_type", "USER_ACTIVATE", "ADMIN_ACTIVATE"), func(u *user) string { return u.Activation }),
		equals(c.choice("platform_type", "AD", "LOCAL", "UOS"), func(u *user) string { return u.platform }),
		equals(c.Get("domain"), func(u *user) string { return u.domain }),
		given(len(names) > 0, func(u *user) bool { return names[w.folded(u.name)] }),
		given(group != "", func(u *user) bool { return slices.Contains(w.groupNames(u), group) }),
		given(disabled != nil, func(u *user) bool { return u.Disabled == *disabled }),
	)
}

// folded is a name as filters compare it.
func (w *world) folded(name string) string {
	if w.opts.FoldNames {
		return strings.ToLower(name)
	}
	return name
}

// userRequest is the body of f2.
type userRequest struct {
	Name     string   `json:"user_name"`
	Password string   `json:"password"`
	Groups   []string `json:"group_ids"`
	Domain   string   `json:"domain"`
	userSettings
}

// newSettings are what a new user has unless told otherwise.
func newSettings() userSettings {
	return userSettings{Activation: "USER_ACTIVATE", Expires: "0", PasswordChangeable: true, PasswordChangeNext: true}
}

// userSettings checks what f2 and f5 both take.
func (f *form) userSettings(s userSettings) {
	f.text("user_email", s.Email, 0, 64)
	f.text("user_phone", s.Phone, 0, 20)
	f.OneOf("active_type", s.Activation, "USER_ACTIVATE", "ADMIN_ACTIVATE")
	f.text("description", s.Description, 0, 255)
	f.text("user_info_map", s.Info, 0, 255)
	if _, err := expiry(s.Expires); err != nil || len(s.Expires) > 55 {
		f.Fail(invalid("account_expires: %q is neither 0 nor a time", s.Expires))
	}
}

// checkNewUser checks what f2 wants to create.
func (w *world) checkNewUser(c *call, in userRequest) {
	c.userSettings(in.userSettings)
	c.text("domain", in.Domain, 0, 255)
	local := orLocal(in.Domain) == localDomain
	_, taken := w.named(false, in.Name, in.Domain, "")
	switch {
	case !userName().MatchString(in.Name):
		c.Fail(invalid("user_name: %q is not 1..32 letters, digits and ._-", in.Name))
	case taken:
		c.Fail(invalid("user_name: %s is taken", in.Name))
	case in.Activation == "USER_ACTIVATE" && in.Email == "" && in.Phone == "":
		c.Fail(invalid("user_email: USER_ACTIVATE needs an email or a phone"))
	case in.Password != "" || in.Activation == "ADMIN_ACTIVATE" && local:
		c.text("password", in.Password, 8, 32)
	}
	if in.Groups != nil {
		c.ids("group_ids", in.Groups, 1, 5)
	}
	for _, id := range in.Groups {
		if w.groups.Get(id) == nil {
			c.Fail(errNoGroup)
		}
	}
}

func (w *world) createUser(c *call) (any, error) {
	in := userRequest{userSettings: newSettings()}
	c.json(&in)
	w.checkNewUser(c, in)
	if c.Err != nil {
		return nil, c.Err
	}
	u := &user{account: account{name: in.Name, domain: orLocal(in.Domain)}, userSettings: in.userSettings}
	w.addUser(u)
	for _, id := range in.Groups {
		w.join(id, u.id)
	}
	return map[string]string{"id": u.id}, nil
}

func (w *world) addUser(u *user) {
	u.id, u.made, u.platform = w.idOr(u.id, "8a2c3f9579d24082"), w.madeAt(u.made), platformOf(u.domain)
	w.idByName[u.key()] = u.id
	w.users.Put(u.id, u, w.Shows)
}

func (w *world) getUser(c *call) (any, error) {
	u := w.users.Seen(c.id, w.Now)
	if u == nil {
		return nil, errNoUser
	}
	return map[string]any{"user_detail": w.viewDetail(u)}, nil
}

func (w *world) updateUser(c *call) (any, error) {
	old := w.users.Get(c.id)
	if old == nil {
		return nil, errNoUser
	}
	u := *old
	c.json(&u.userSettings)
	c.userSettings(u.userSettings)
	if c.Err != nil {
		return nil, c.Err
	}
	w.users.Put(u.id, &u, w.Shows)
	return map[string]string{"id": u.id}, nil
}

func (w *world) deleteUser(c *call) (any, error) {
	u := w.users.Get(c.id)
	if u == nil {
		return nil, errNoUser
	}
	w.forget(u.account)
	w.users.Drop(u.id, w.Shows)
	return nil, nil
}

func (w *world) actOnUser(c *call) (any, error) {
	var in struct {
		Op string `json:"op_type"`
	}
	c.json(&in)
	c.OneOf("op_type", in.Op, "LOCK", "UNLOCK", "RESET_PWD")
	old := w.users.Get(c.id)
	if old == nil {
		c.Fail(errNoUser)
	}
	if c.Err != nil {
		return nil, c.Err
	}
	if in.Op != "RESET_PWD" {
		u := *old
		u.locked = in.Op == "LOCK"
		w.users.Put(u.id, &u, w.Shows)
	}
	return nil, nil
}
