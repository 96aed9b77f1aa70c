package wps365emu

import (
	"maps"
	"slices"

	"github.com/entitlectl/entitlectl/pkg/providers/emu"
)

type mailGroup struct {
	emu.Life
	id, address, name string
	owner             *user
	mode              string                  // who may send, a key of modes
	lists             map[memberList]*entries // the same in all versions of a row
	hiddenUntil       int                     // number of the last list call that does not show it
}

// modes say who may send, in the words of create and update, and in the words of list. That they pair up like this is a guess from
// their names. WPS 365 open platform, create mail group and list mail groups.
var modes = map[string]string{
	"all": "anyone", "company": "organization_members", "member": "group_members", custom: custom,
}

const custom = "custom"

// sampleSize is how many members and accepted senders an answer about a mail group shows.
const sampleSize = 10

// mailGroupItem is a mail group in a list.
type mailGroupItem struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Address string `json:"email_address"`
	OwnerID string `json:"owner_id"`
	Mode    string `json:"accepted_sender_mode"`
}

// mailGroupSample is what some calls show beside that.
type mailGroupSample struct {
	Owner   memberView   `json:"owner"`
	Members []memberView `json:"members"`
	Senders []memberView `json:"accepted_senders,omitzero"` // only of mode custom
}

func (g *mailGroup) item(external bool) mailGroupItem {
	return mailGroupItem{g.id, g.name, g.address, g.owner.idAs(external), modes[g.mode]}
}

func (w *world) sample(g *mailGroup) mailGroupSample {
	out := mailGroupSample{Owner: memberView{Address: g.owner.box.address, Name: g.owner.name}}
	out.Members, _ = viewEntries(g.lists[members], w.Now, 0, sampleSize)
	if g.mode == custom {
		out.Senders, _ = viewEntries(g.lists[senders], w.Now, 0, sampleSize)
	}
	return out
}

// detail is what get and update answer.
func (w *world) detail(g *mailGroup, external bool) any {
	if !w.opts.Verbose {
		return g.item(external)
	}
	return struct {
		mailGroupItem
		mailGroupSample
	}{g.item(external), w.sample(g)}
}

func (w *world) listMailGroups(c *call) (any, error) {
	external := c.external()
	if c.Query.Has("filter") {
		c.Fail(&problem{Code: unsupported, Msg: "filter: is not supported"})
	}
	return page(w, c, func(offset, limit int) ([]mailGroupItem, int, error) {
		w.lists++
		var keep func(*mailGroup) bool
		if w.opts.ListLag > 0 {
			keep = func(g *mailGroup) bool { return w.lists > g.hiddenUntil }
		}
		rows, total := w.groups.Page(w.Now, offset, limit, keep)
		return emu.Views(rows, func(g *mailGroup) mailGroupItem { return g.item(external) }), total, nil
	})
}

// mailGroupBody is what create and update take.
type mailGroupBody struct {
	Mode    *string `json:"accepted_type"`
	Address *string `json:"address"`
	Name    *string `json:"name"`
	Owner   *string `json:"owner_address"`
}

// check checks what is given.
func (in *mailGroupBody) check(f *form, nameLimit int) {
	if in.Mode != nil {
		f.OneOf("accepted_type", *in.Mode, slices.Sorted(maps.Keys(modes))...)
	}
	if in.Address != nil {
		f.address("address", *in.Address)
	}
	if in.Name != nil {
		f.required("name", in.Name)
		f.length("name", *in.Name, nameLimit)
	}
	if in.Owner != nil {
		f.address("owner_address", *in.Owner)
	}
}

// createMailGroup makes a mail group without members and accepted senders. The call cannot take them.
func (w *world) createMailGroup(c *call) (any, error) {
	var in mailGroupBody
	c.json(&in)
	c.required("accepted_type", in.Mode)
	c.required("address", in.Address)
	c.required("name", in.Name)
	c.required("owner_address", in.Owner)
	in.check(&c.form, w.opts.NameLimit)
	if c.Err != nil {
		return nil, c.Err
	}
	g := &mailGroup{address: *in.Address, name: *in.Name, mode: *in.Mode, owner: w.ownerAt(*in.Owner)}
	switch {
	case !w.domains[domainOf(g.address)]:
		return nil, errNoDomain
	case g.owner == nil:
		return nil, errNoOwner
	case w.taken(g.address):
		return nil, errTaken
	case w.nameTaken(g.name, ""):
		return nil, errNameTaken
	}
	g.hiddenUntil = w.lists + w.opts.ListLag
	w.addMailGroup(g)
	return struct {
		ID      string `json:"id"`
		Address string `json:"address"`
		Name    string `json:"name"`
		Mode    string `json:"accepted_type"`
		mailGroupSample
	}{g.id, g.address, g.name, g.mode, w.sample(g)}, nil
}

// nameTaken reports whether another mail group has a name, where names must be unique.
func (w *world) nameTaken(name, id string) bool {
	if !w.opts.UniqueNames {
		return false
	}
	for g := range w.groups.Current() {
		if g.name == name && g.id != id {
			return true
		}
	}
	return false
}

func (w *world) addMailGroup(g *mailGroup) {
	g.id, g.lists = w.newID("mg_"), map[memberList]*entries{members: {}, senders: {}}
	w.groupByAddress[fold(g.address)] = g.id
	w.groups.Put(g.id, g, w.Shows)
}

func (w *world) getMailGroup(c *call) (any, error) {
	external := c.external()
	g := w.groups.Seen(c.id, w.Now)
	switch {
	case c.Err != nil:
		return nil, c.Err
	case g == nil:
		return nil, errNoMailGroup
	}
	return w.detail(g, external), nil
}

// updateMailGroup changes what is given. The address never changes.
func (w *world) updateMailGroup(c *call) (any, error) {
	var in mailGroupBody
	c.json(&in)
	in.check(&c.form, w.opts.NameLimit)
	external := c.external()
	if in.Address != nil {
		c.Fail(&problem{Code: unsupported, Msg: "address: cannot be changed"})
	}
	old := w.groups.Get(c.id)
	switch {
	case c.Err != nil:
		return nil, c.Err
	case old == nil:
		return nil, errNoMailGroup
	}
	g := *old
	if in.Mode != nil {
		g.mode = *in.Mode
	}
	if in.Name != nil {
		g.name = *in.Name
	}
	if in.Owner != nil {
		g.owner = w.ownerAt(*in.Owner)
	}
	switch {
	case g.owner == nil:
		return nil, errNoOwner
	case w.nameTaken(g.name, g.id):
		return nil, errNameTaken
	}
	if g.mode != custom && !w.opts.KeepAcceptedSenders {
		for x := range g.lists[senders].Current() {
			g.lists[senders].Drop(fold(x.address), w.Shows)
		}
	}
	w.groups.Put(g.id, &g, w.Shows)
	return w.detail(&g, external), nil
}

func (w *world) deleteMailGroup(c *call) (any, error) {
	g := w.groups.Get(c.id)
	if g == nil {
		return nil, errNoMailGroup
	}
	delete(w.groupByAddress, fold(g.address))
	if w.opts.RecycleBin {
		w.recycled[fold(g.address)] = g.address
	}
	w.groups.Drop(g.id, w.Shows)
	return nil, nil
}
