package huaweicloudemu

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/entitlectl/entitlectl/pkg/providers/emu"
)

const (
	everyone = "ALL_USER"
	assigned = "ASSIGN_USER"
)

// appSettings are what a client may set of an App Center app.
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
	return appView{a.appSettings, a.id, w.ID, "CUSTOM", stamp(a.made)}
}

func (w *world) listApps(c *call) (any, error) {
	c.page(10, 100)
	return page(w, c, &w.apps.List, "count", "items", w.viewApp, like(false, c.Get("name"), func(a *app) string { return a.Name }))
}

func (w *world) createApp(c *call) (any, error) {
	var keys map[string]json.RawMessage
	c.json(&keys)
	for _, name := range []string{
		"name", "version", "description", "authorization_type", "app_file_store", "install_type", "support_os", "catalog_id",
	} {
		if keys[name] == nil {
			c.Wrong(emu.Missing, name, "is required")
		}
	}
	a := &app{appSettings: appSettings{Status: "NORMAL"}}
	c.app(&a.appSettings)
	if c.Err != nil {
		return nil, c.Err
	}
	w.addApp(a)
	return w.viewApp(a), nil
}

// app reads a body into the settings of an app. What the body leaves out stays as it is.
func (f *form) app(s *appSettings) {
	f.json(s)
	f.text("name", s.Name, 1, 128)
	f.OneOf("authorization_type", s.GrantKind, everyone, assigned)
	f.Maybe("install_type", s.InstallKind, "QUIET_INSTALL", "UNZIP_INSTALL", "GUI_INSTALL")
	f.Maybe("support_os", s.OS, "Linux", "Windows", "Other")
	f.Maybe("status", s.Status, "NORMAL", "FORBIDDEN")
}

func (w *world) addApp(a *app) {
	a.id, a.made = w.NewID(a.id, "3f791197-d166-4c8e-81e4-%012x"), w.madeAt(a.made)
	w.apps.Put(a.id, a, w.Shows)
}

func (w *world) updateApp(c *call) (any, error) {
	old := w.apps.Get(c.id)
	if old == nil {
		return nil, missing("application", c.id)
	}
	a := *old
	c.app(&a.appSettings)
	if c.Err != nil {
		return nil, c.Err
	}
	w.apps.Put(a.id, &a, w.Shows)
	return w.viewApp(&a), nil
}

// assignInfo is an account in the requests and answers of App Center.
type assignInfo struct {
	Account  string `json:"account"`
	Kind     string `json:"account_type"`
	Domain   string `json:"domain"`
	Platform string `json:"platform_type"`
}

func viewAssigned(x *link) assignInfo {
	return assignInfo{x.name, kindOf(x.group, "SIMPLE"), x.domain, x.platform}
}

func (w *world) listAssigned(c *call) (any, error) {
	c.page(10, 100)
	kind, asked := c.choice("target_type", "SIMPLE", userGroupKind), c.choice("assign_type", everyone, assigned)
	seen := w.apps.Seen(c.id, w.Now)
	if seen == nil {
		c.Fail(missing("application", c.id))
		return nil, c.Err
	}
	list := w.assigned.byThing.rows(c.id)
	if seen.GrantKind == everyone && !w.opts.EveryoneListsAssigned || asked != "" && asked != seen.GrantKind {
		list = new(emu.List[*link])
	}
	return page(w, c, list, "count", "items", viewAssigned,
		like(false, c.Get("name"), func(x *link) string { return x.name }),
		equals(kind, func(x *link) string { return kindOf(x.group, "SIMPLE") }),
	)
}

// assignApps sets the mode of apps, and assigns accounts to them or takes accounts off (d3).
func (w *world) assignApps(c *call) (any, error) {
	var in struct {
		Apps     []string     `json:"app_ids"`
		Mode     string       `json:"authorization_type"`
		Users    []assignInfo `json:"users"`
		DelUsers []assignInfo `json:"del_users"`
	}
	c.json(&in)
	c.ids("app_ids", in.Apps, 1, 20)
	emu.Unique(&c.Form, "app_ids", in.Apps)
	c.OneOf("authorization_type", in.Mode, everyone, assigned)
	c.assignInfos("users", in.Users)
	c.assignInfos("del_users", in.DelUsers)
	apps := w.appsToAssign(c, in.Apps)
	add, del := w.assignees(c, in.Users), w.assignees(c, in.DelUsers)
	if w.opts.AssignWins {
		del = without(del, add)
	} else {
		add = without(add, del)
	}
	if w.opts.RepeatedAssignRefused {
		w.refuseRepeats(c, apps, add, del)
	}
	if c.Err != nil {
		return nil, c.Err
	}
	for _, a := range apps {
		w.assign(a, in.Mode, add, del)
	}
	return nil, nil
}

func (f *form) assignInfos(name string, infos []assignInfo) {
	f.Count(name, len(infos), 0, 100)
	emu.Unique(&f.Form, name, infos)
	for _, a := range infos {
		f.text("account", a.Account, 1, 128)
		f.OneOf("account_type", a.Kind, "SIMPLE", userGroupKind)
		f.text("domain", a.Domain, 0, 64)
		f.Maybe("platform_type", a.Platform, "AD", "LOCAL")
	}
}

func (w *world) appsToAssign(c *call, ids []string) (apps []*app) {
	for _, id := range ids {
		if a := w.apps.Get(id); a != nil {
			apps = append(apps, a)
		} else if !w.opts.SkipUnknownApps {
			c.Fail(missing("application", id))
		}
	}
	return apps
}

// assignees returns the accounts that exist. A blank domain is the local one.
func (w *world) assignees(c *call, infos []assignInfo) (accounts []account) {
	for _, info := range infos {
		if a, ok := w.named(info.Kind == userGroupKind, info.Account, info.Domain, info.Platform); ok {
			accounts = append(accounts, a)
		} else if w.opts.RefuseUnknownAccounts {
			c.Fail(missing("account", info.Account))
		}
	}
	return accounts
}

func without(accounts, others []account) []account {
	return slices.DeleteFunc(accounts, func(a account) bool { return slices.Contains(others, a) })
}

func (w *world) refuseRepeats(c *call, apps []*app, add, del []account) {
	for _, a := range apps {
		for _, who := range add {
			if w.assigned.get(a.id, who.id) != nil {
				c.Fail(invalid("users: %s is assigned to %s", who.name, a.Name))
			}
		}
		for _, who := range del {
			if w.assigned.get(a.id, who.id) == nil {
				c.Fail(invalid("del_users: %s is not assigned to %s", who.name, a.Name))
			}
		}
	}
}

func (w *world) assign(old *app, mode string, add, del []account) {
	if old.GrantKind != mode {
		a := *old
		a.GrantKind = mode
		w.apps.Put(a.id, &a, w.Shows)
	}
	for _, who := range del {
		if x := w.assigned.get(old.id, who.id); x != nil {
			w.assigned.drop(x, w.Shows)
		}
	}
	for _, who := range add {
		if w.assigned.get(old.id, who.id) == nil {
			w.assigned.add(&link{account: who, thing: old.id}, w.Shows)
		}
	}
}
