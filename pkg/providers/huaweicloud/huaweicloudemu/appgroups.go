package huaweicloudemu

import (
	"cmp"
	"regexp"
	"sync"
	"time"

	"github.com/entitlectl/entitlectl/pkg/providers/emu"
)

type appGroup struct {
	emu.Life
	id, name, description, serverGroup string
	kind, grantKind                    string // app_type, authorization_type
	made                               time.Time
}

// appGroupName is what a2 allows: Chinese characters, letters, digits, _ and -.
var appGroupName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[\w\x{4e00}-\x{9fa5}-]{1,64}$`) })

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
		GrantKind: g.grantKind, Kind: g.kind, Made: stamp(g.made), Tenant: w.ID,
	}
}

func (w *world) listAppGroups(c *call) (any, error) {
	c.page(10, 100)
	return page(w, c, &w.appGroups.List, "count", "items", w.viewAppGroup,
		equals(c.word("app_server_group_id", 0, 128), func(g *appGroup) string { return g.serverGroup }),
		equals(c.word("app_group_id", 0, 128), func(g *appGroup) string { return g.id }),
		like(w.opts.ExactFilters, c.word("name", 0, 1024), func(g *appGroup) string { return g.name }),
		equals(c.choice("authorization_type", grantKinds...), func(g *appGroup) string { return g.grantKind }),
		equals(c.choice("app_type", appGroupKinds...), func(g *appGroup) string { return g.kind }),
	)
}

func (w *world) createAppGroup(c *call) (any, error) {
	var in struct {
		Name        *string `json:"name"`
		ServerGroup string  `json:"app_server_group_id"`
		Description string  `json:"description"`
		GrantKind   string  `json:"authorization_type"`
		Kind        string  `json:"app_type"`
	}
	c.json(&in)
	c.appGroup(in.Name, in.ServerGroup, in.Description)
	c.Maybe("authorization_type", in.GrantKind, grantKinds...)
	c.Maybe("app_type", in.Kind, appGroupKinds...)
	switch {
	case c.Err != nil:
		return nil, c.Err
	case in.Name == nil:
		return nil, invalid("name: is required")
	case w.appGroupByName[*in.Name] == "":
	case w.opts.DuplicateNameConflicts:
		return nil, conflict("name %s is taken", *in.Name)
	default:
		return nil, invalid("name: %s is taken", *in.Name)
	}
	g := &appGroup{
		name: *in.Name, description: in.Description, serverGroup: in.ServerGroup,
		grantKind: cmp.Or(in.GrantKind, grantKinds[0]), kind: cmp.Or(in.Kind, appGroupKinds[0]),
	}
	if w.shares(g) {
		return nil, errShared
	}
	w.addAppGroup(g)
	return w.viewAppGroup(g), nil
}

// shares says whether an app group would have a server group together with another one, where either is for desktops of sessions.
func (w *world) shares(g *appGroup) bool {
	for o := range w.appGroups.Current() {
		sessions := g.kind == appGroupKinds[1] || o.kind == appGroupKinds[1]
		if sessions && o.id != g.id && g.serverGroup != "" && o.serverGroup == g.serverGroup {
			return true
		}
	}
	return false
}

// appGroup checks what a2 and a4 both take.
func (f *form) appGroup(name *string, serverGroup, description string) {
	if name != nil && !appGroupName().MatchString(*name) {
		f.Fail(invalid("name: %q is not 1..64 of Chinese, letters, digits, _ and -", *name))
	}
	f.text("app_server_group_id", serverGroup, 0, 128)
	f.text("description", description, 0, 255)
}

func (w *world) addAppGroup(g *appGroup) {
	g.id, g.made = w.NewID(g.id, "57%016d"), w.madeAt(g.made)
	w.putAppGroup(g)
}

func (w *world) putAppGroup(g *appGroup) {
	w.appGroupByName[g.name] = g.id
	w.appGroups.Put(g.id, g, w.Shows)
}

func (w *world) getAppGroup(c *call) (any, error) {
	g := w.appGroups.Seen(c.id, w.Now)
	if g == nil {
		return nil, missing("app group", c.id)
	}
	return struct {
		appGroupView
		ServerGroupDescription string `json:"app_server_group_description"`
	}{appGroupView: w.viewAppGroup(g)}, nil
}

func (w *world) updateAppGroup(c *call) (any, error) {
	var in struct {
		Name        *string `json:"name"`
		ServerGroup string  `json:"app_server_group_id"`
		Description *string `json:"description"`
	}
	c.json(&in)
	old := w.appGroups.Get(c.id)
	switch {
	case c.Err != nil:
		return nil, c.Err
	case old == nil:
		return nil, missing("app group", c.id)
	}
	g := *old
	if in.Name != nil {
		g.name = *in.Name
	}
	if in.Description != nil {
		g.description = *in.Description
	}
	c.appGroup(&g.name, in.ServerGroup, g.description)
	switch {
	case c.Err != nil:
		return nil, c.Err
	case g.name != old.name && w.appGroupByName[g.name] != "":
		return nil, conflict("name %s is taken", g.name)
	case in.ServerGroup != "" && old.serverGroup != "":
		return nil, conflict("app group %s has a server group", g.id)
	case in.ServerGroup != "":
		g.serverGroup = in.ServerGroup
	}
	if w.shares(&g) {
		return nil, errShared
	}
	delete(w.appGroupByName, old.name)
	w.putAppGroup(&g)
	return w.viewAppGroup(&g), nil
}

func (w *world) deleteAppGroup(c *call) (any, error) {
	w.removeAppGroup(c.id)
	return nil, nil
}

func (w *world) deleteAppGroups(c *call) (any, error) {
	var in struct {
		IDs []string `json:"ids"`
	}
	c.json(&in)
	c.ids("ids", in.IDs, 1, 20)
	if c.Err != nil {
		return nil, c.Err
	}
	for _, id := range in.IDs {
		w.removeAppGroup(id)
	}
	return nil, nil
}

// removeAppGroup deletes an app group, if there is one, with its authorizations and mail records.
func (w *world) removeAppGroup(id string) {
	g := w.appGroups.Get(id)
	if g == nil {
		return
	}
	for x := range w.granted.byThing.rows(id).Current() {
		if w.opts.DeletionMails {
			w.notify(mailDel, x, "")
		}
		w.revoke(x)
	}
	if !w.opts.DeletionMails {
		for m := range w.mailsOf.rows(id).Current() {
			delete(w.mailByID, m.id)
		}
		delete(w.mailsOf, id)
	}
	delete(w.appGroupByName, g.name)
	w.appGroups.Drop(id, w.Shows)
}
