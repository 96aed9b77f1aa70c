package huaweicloudemu

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/entitlectl/entitlectl/pkg/providers/emu"
)

const (
	everyone = "ALL_USER"
	assigned = "ASSIGN_USER"
)

// appSettings is what a client may write of an App Center app.
type appSettings struct {
	Name        string          `json:"name"`
	Version     string          `json:"version"`
	Description string          `json:"description"`
	GrantKind   string          `json:"authorization_type"`
	Store       json.RawMessage `json:"app_file_store,omitempty"`
	Icon        string          `json:"app_icon_url"`
	InstallKind string          `json:"install_type"`
	Install     string          `json:"install_command"`
	Uninstall   string          `json:"uninstall_command"`
	InstallInfo string          `json:"install_info"`
	OS          string          `json:"support_os"`
	Status      string          `json:"status"`
	Catalog     string          `json:"catalog_id"`
}

type app struct {
	emu.Life
	appSettings
	id   string
	made time.Time
}

// appView is an app on the wire.
type appView struct {
	appSettings
	ID     string `json:"id"`
	Tenant string `json:"tenant_id"`
	Source string `json:"application_source"`
	Made   string `json:"create_time"`
}

func (w *world) viewApp(a *app) appView {
	return appView{a.appSettings, a.id, w.opts.Project, "CUSTOM", stamp(a.made)}
}

// assignment is an account that an app is assigned to.
type assignment struct {
	emu.Life
	account
	app string // id
}

// assignKind is account_type in App Center.
func assignKind(group bool) string {
	if group {
		return "USER_GROUP"
	}
	return "SIMPLE"
}

// assignInfo is an account in App Center, in requests and in answers.
type assignInfo struct {
	Account  string `json:"account"`
	Kind     string `json:"account_type"`
	Domain   string `json:"domain"`
	Platform string `json:"platform_type"`
}

func viewAssignment(x *assignment) assignInfo {
	return assignInfo{x.name, assignKind(x.group), x.domain, x.platform}
}

func (w *world) listApps(c *call) (any, error) {
	var f form
	offset, limit := f.page(c.query, 10, 100)
	if f.err != nil {
		return nil, f.err
	}
	keep := like(false, c.query.Get("name"), func(a *app) string { return a.Name })
	items, total := page(w, &w.apps, offset, limit, keep, w.viewApp)
	return map[string]any{"count": total, "items": items}, nil
}

func (w *world) createApp(c *call) (any, error) {
	var f form
	var keys map[string]json.RawMessage
	f.body(c.body, &keys)
	for _, name := range []string{
		"name", "version", "description", "authorization_type", "app_file_store", "install_type", "support_os", "catalog_id",
	} {
		if keys[name] == nil {
			f.fail(invalid("%s: is required", name))
		}
	}
	a := &app{appSettings: appSettings{Status: "NORMAL"}}
	f.app(c.body, &a.appSettings)
	if f.err != nil {
		return nil, f.err
	}
	w.addApp(a)
	return w.viewApp(a), nil
}

// app writes a body over an app's settings.
func (f *form) app(body []byte, s *appSettings) {
	f.body(body, s)
	f.text("name", s.Name, 1, 128)
	f.oneOf("authorization_type", s.GrantKind, everyone, assigned)
	f.maybe("install_type", s.InstallKind, "QUIET_INSTALL", "UNZIP_INSTALL", "GUI_INSTALL")
	f.maybe("support_os", s.OS, "Linux", "Windows", "Other")
	f.maybe("status", s.Status, "NORMAL", "FORBIDDEN")
}

func (w *world) addApp(a *app) {
	w.last++
	a.id, a.made = fmt.Sprintf("3f791197-d166-4c8e-81e4-%012x", w.last), w.now
	w.appByID[a.id] = a
	w.apps.Add(a, w.shows)
}

func (w *world) updateApp(c *call) (any, error) {
	old := w.appByID[c.vars[0]]
	if old == nil {
		return nil, missing("application", c.vars[0])
	}
	settings := old.appSettings
	var f form
	f.app(c.body, &settings)
	if f.err != nil {
		return nil, f.err
	}
	return w.viewApp(w.changeApp(old, settings)), nil
}

func (w *world) changeApp(old *app, settings appSettings) *app {
	a := &app{appSettings: settings, id: old.id, made: old.made}
	w.appByID[a.id] = a
	w.apps.Replace(old, a, w.shows)
	return a
}

func (w *world) listAssignments(c *call) (any, error) {
	var f form
	q := c.query
	offset, limit := f.page(q, 10, 100)
	f.maybe("target_type", q.Get("target_type"), "SIMPLE", "USER_GROUP")
	f.maybe("assign_type", q.Get("assign_type"), everyone, assigned)
	if f.err != nil {
		return nil, f.err
	}
	id := c.vars[0]
	seen, _ := w.apps.Page(w.now, 0, 1, func(a *app) bool { return a.id == id })
	if len(seen) == 0 {
		return nil, missing("application", id)
	}
	mode, asked := seen[0].GrantKind, q.Get("assign_type")
	list := w.assignmentsOf.of(id)
	if mode == everyone && !w.opts.EveryoneListsAssigned || asked != "" && asked != mode {
		list = new(emu.List[*assignment])
	}
	keep := filter(
		like(false, q.Get("name"), func(x *assignment) string { return x.name }),
		equals(q.Get("target_type"), func(x *assignment) string { return assignKind(x.group) }),
	)
	items, total := page(w, list, offset, limit, keep, viewAssignment)
	return map[string]any{"count": total, "items": items}, nil
}

type assignRequest struct {
	Apps     []string     `json:"app_ids"`
	Mode     string       `json:"authorization_type"`
	Users    []assignInfo `json:"users"`
	DelUsers []assignInfo `json:"del_users"`
}

func (w *world) assignApps(c *call) (any, error) {
	var in assignRequest
	var f form
	f.body(c.body, &in)
	f.ids("app_ids", in.Apps, 1, 20)
	f.unique("app_ids", len(in.Apps), func(i int) any { return in.Apps[i] })
	f.oneOf("authorization_type", in.Mode, everyone, assigned)
	f.assignInfos("users", in.Users)
	f.assignInfos("del_users", in.DelUsers)
	if f.err != nil {
		return nil, f.err
	}
	return nil, w.assignAll(in)
}

// assignAll sets the mode of apps, takes accounts away from them and gives them accounts: Huawei Cloud Workspace API, d3.
func (w *world) assignAll(in assignRequest) error {
	var apps []*app
	for _, id := range in.Apps {
		a := w.appByID[id]
		if a == nil && !w.opts.SkipUnknownApps {
			return missing("application", id)
		}
		if a != nil {
			apps = append(apps, a)
		}
	}
	add, err := w.assignees(in.Users)
	if err != nil {
		return err
	}
	del, err := w.assignees(in.DelUsers)
	if err != nil {
		return err
	}
	if w.opts.AssignWins {
		del = without(del, add)
	} else {
		add = without(add, del)
	}
	if w.opts.RepeatedAssignRefused {
		if err := w.repeated(apps, add, del); err != nil {
			return err
		}
	}
	for _, a := range apps {
		w.assign(a, in.Mode, add, del)
	}
	return nil
}

func (f *form) assignInfos(name string, infos []assignInfo) {
	f.count(name, len(infos), 0, 100)
	f.unique(name, len(infos), func(i int) any { return infos[i] })
	for _, a := range infos {
		f.text("account", a.Account, 1, 128)
		f.oneOf("account_type", a.Kind, "SIMPLE", "USER_GROUP")
		f.text("domain", a.Domain, 0, 64)
		f.maybe("platform_type", a.Platform, "AD", "LOCAL")
	}
}

// assignees finds accounts; a blank domain is the local one.
func (w *world) assignees(infos []assignInfo) ([]account, error) {
	out := make([]account, 0, len(infos))
	for _, info := range infos {
		a, ok := w.named(info.Kind == "USER_GROUP", info.Account, info.Domain, info.Platform)
		if !ok && w.opts.RefuseUnknownAccounts {
			return nil, missing("account", info.Account)
		}
		if ok {
			out = append(out, a)
		}
	}
	return out, nil
}

func without(accounts, others []account) []account {
	drop := map[account]bool{}
	for _, a := range others {
		drop[a] = true
	}
	out := accounts[:0]
	for _, a := range accounts {
		if !drop[a] {
			out = append(out, a)
		}
	}
	return out
}

func (w *world) repeated(apps []*app, add, del []account) error {
	for _, a := range apps {
		for _, who := range add {
			if w.assignmentPairs[pair{a.id, who.id}] != nil {
				return invalid("users: %s is assigned to %s", who.name, a.Name)
			}
		}
		for _, who := range del {
			if w.assignmentPairs[pair{a.id, who.id}] == nil {
				return invalid("del_users: %s is not assigned to %s", who.name, a.Name)
			}
		}
	}
	return nil
}

func (w *world) assign(a *app, mode string, add, del []account) {
	if a.GrantKind != mode {
		settings := a.appSettings
		settings.GrantKind = mode
		w.changeApp(a, settings)
	}
	for _, who := range del {
		if x := w.assignmentPairs[pair{a.id, who.id}]; x != nil {
			w.unassign(x)
		}
	}
	for _, who := range add {
		key := pair{a.id, who.id}
		if w.assignmentPairs[key] == nil {
			x := &assignment{account: who, app: a.id}
			w.assignmentPairs[key] = x
			w.assignmentsOf.put(a.id, x, w.shows)
			w.assignmentsTo.put(who.id, x, w.shows)
		}
	}
}

func (w *world) unassign(x *assignment) {
	delete(w.assignmentPairs, pair{x.app, x.id})
	w.assignmentsOf.of(x.app).Remove(x, w.shows)
	w.assignmentsTo.of(x.id).Remove(x, w.shows)
}
