package huaweicloudemu

import (
	"cmp"
	"fmt"
	"regexp"
	"time"

	"github.com/entitlectl/entitlectl/pkg/providers/emu"
)

type appGroup struct {
	emu.Life
	id, name, description, serverGroup string
	kind, grantKind                    string // app_type, authorization_type
	made                               time.Time
}

// appGroupName is Huawei Cloud Workspace API, a2: Chinese, letters, digits, _ and -.
var appGroupName = regexp.MustCompile(`^[\w\x{4e00}-\x{9fa5}-]{1,64}$`)

var (
	grantKinds    = []string{"APP_GROUP", "APP"}
	appGroupKinds = []string{"COMMON_APP", "SESSION_DESKTOP_APP"}
)

// appGroupView is an app group on the wire.
type appGroupView struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	ServerGroup string `json:"app_server_group_id"`
	Description string `json:"description"`
	GrantKind   string `json:"authorization_type"`
	Kind        string `json:"app_type"`
	Apps        int    `json:"app_count"`
	Made        string `json:"create_at"`
	Tenant      string `json:"tenant_id"`
}

func (w *world) viewAppGroup(g *appGroup) appGroupView {
	return appGroupView{
		ID: g.id, Name: g.name, ServerGroup: g.serverGroup, Description: g.description,
		GrantKind: g.grantKind, Kind: g.kind, Made: stamp(g.made), Tenant: w.opts.Project,
	}
}

func (w *world) listAppGroups(c *call) (any, error) {
	var f form
	q := c.query
	offset, limit := f.page(q, 10, 100)
	f.text("app_server_group_id", q.Get("app_server_group_id"), 0, 128)
	f.text("app_group_id", q.Get("app_group_id"), 0, 128)
	f.text("name", q.Get("name"), 0, 1024)
	f.maybe("authorization_type", q.Get("authorization_type"), grantKinds...)
	f.maybe("app_type", q.Get("app_type"), appGroupKinds...)
	if f.err != nil {
		return nil, f.err
	}
	keep := filter(
		equals(q.Get("app_server_group_id"), func(g *appGroup) string { return g.serverGroup }),
		equals(q.Get("app_group_id"), func(g *appGroup) string { return g.id }),
		like(w.opts.ExactFilters, q.Get("name"), func(g *appGroup) string { return g.name }),
		equals(q.Get("authorization_type"), func(g *appGroup) string { return g.grantKind }),
		equals(q.Get("app_type"), func(g *appGroup) string { return g.kind }),
	)
	items, total := page(w, &w.appGroups, offset, limit, keep, w.viewAppGroup)
	return map[string]any{"count": total, "items": items}, nil
}

func (w *world) createAppGroup(c *call) (any, error) {
	var in struct {
		Name        *string `json:"name"`
		ServerGroup string  `json:"app_server_group_id"`
		Description string  `json:"description"`
		GrantKind   string  `json:"authorization_type"`
		Kind        string  `json:"app_type"`
	}
	var f form
	f.body(c.body, &in)
	f.appGroup(in.Name, in.ServerGroup, in.Description)
	f.maybe("authorization_type", in.GrantKind, grantKinds...)
	f.maybe("app_type", in.Kind, appGroupKinds...)
	switch {
	case f.err != nil:
		return nil, f.err
	case in.Name == nil:
		return nil, invalid("name: is required")
	case w.appGroupByName[*in.Name] == nil:
	case w.opts.DuplicateNameConflicts:
		return nil, conflict("name %s is taken", *in.Name)
	default:
		return nil, invalid("name: %s is taken", *in.Name)
	}
	g := &appGroup{
		name: *in.Name, description: in.Description, serverGroup: in.ServerGroup,
		grantKind: cmp.Or(in.GrantKind, grantKinds[0]), kind: cmp.Or(in.Kind, appGroupKinds[0]),
	}
	w.addAppGroup(g)
	return w.viewAppGroup(g), nil
}

// appGroup checks what a2 and a4 have in common.
func (f *form) appGroup(name *string, serverGroup, description string) {
	if name != nil && !appGroupName.MatchString(*name) {
		f.fail(invalid("name: %q is not 1..64 of Chinese, letters, digits, _ and -", *name))
	}
	f.text("app_server_group_id", serverGroup, 0, 128)
	f.text("description", description, 0, 255)
}

func (w *world) addAppGroup(g *appGroup) {
	w.last++
	g.id, g.made = fmt.Sprint(570000000000000000+w.last), w.now
	w.appGroupByID[g.id], w.appGroupByName[g.name] = g, g
	w.appGroups.Add(g, w.shows)
}

func (w *world) getAppGroup(c *call) (any, error) {
	rows, _ := w.appGroups.Page(w.now, 0, 1, func(g *appGroup) bool { return g.id == c.vars[0] })
	if len(rows) == 0 {
		return nil, missing("app group", c.vars[0])
	}
	return struct {
		appGroupView
		ServerGroupDescription string `json:"app_server_group_description"`
	}{appGroupView: w.viewAppGroup(rows[0])}, nil
}

func (w *world) updateAppGroup(c *call) (any, error) {
	var in struct {
		Name        *string `json:"name"`
		ServerGroup string  `json:"app_server_group_id"`
		Description *string `json:"description"`
	}
	var f form
	f.body(c.body, &in)
	if f.err != nil {
		return nil, f.err
	}
	old := w.appGroupByID[c.vars[0]]
	if old == nil {
		return nil, missing("app group", c.vars[0])
	}
	g := *old
	if in.Name != nil {
		g.name = *in.Name
	}
	if in.Description != nil {
		g.description = *in.Description
	}
	f.appGroup(&g.name, in.ServerGroup, g.description)
	other := w.appGroupByName[g.name]
	switch {
	case f.err != nil:
		return nil, f.err
	case other != nil && other != old:
		return nil, conflict("name %s is taken", g.name)
	case in.ServerGroup != "" && old.serverGroup != "":
		return nil, conflict("app group %s has a server group", g.id)
	case in.ServerGroup != "":
		g.serverGroup = in.ServerGroup
	}
	w.replaceAppGroup(old, &g)
	return w.viewAppGroup(&g), nil
}

func (w *world) replaceAppGroup(old, g *appGroup) {
	g.Life = emu.Life{}
	delete(w.appGroupByName, old.name)
	w.appGroupByID[g.id], w.appGroupByName[g.name] = g, g
	w.appGroups.Replace(old, g, w.shows)
}

func (w *world) deleteAppGroup(c *call) (any, error) {
	w.removeAppGroup(c.vars[0])
	return nil, nil
}

func (w *world) deleteAppGroups(c *call) (any, error) {
	var in struct {
		IDs []string `json:"ids"`
	}
	var f form
	f.body(c.body, &in)
	f.ids("ids", in.IDs, 1, 20)
	if f.err != nil {
		return nil, f.err
	}
	for _, id := range in.IDs {
		w.removeAppGroup(id)
	}
	return nil, nil
}

// removeAppGroup deletes an app group, if there is one, with its authorizations and mail records.
func (w *world) removeAppGroup(id string) {
	g := w.appGroupByID[id]
	if g == nil {
		return
	}
	for x := range w.grantsOf.of(id).Current() {
		if w.opts.DeletionMails {
			w.notify(mailDel, x)
		}
		w.revoke(x)
	}
	if !w.opts.DeletionMails {
		for m := range w.mailsOf.of(id).Current() {
			delete(w.mailByID, m.id)
		}
		delete(w.mailsOf, id)
	}
	delete(w.appGroupByID, id)
	delete(w.appGroupByName, g.name)
	w.appGroups.Remove(g, w.shows)
}
