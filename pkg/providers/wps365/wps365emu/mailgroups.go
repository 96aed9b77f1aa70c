package wps365emu

import (
	"maps"
	"slices"
	"unicode/utf8"

	"github.com/entitlectl/entitlectl/pkg/providers/emu"
)

type mailGroup struct {
	emu.Life
	id, address, name string
	owner             *user
	mode              string // who may send, a key of modes
	rolls             rolls  // the same in all versions of a row
	hiddenUntil       int    // number of the last list call that does not show it
}

// modes are who may send: as create and update say it, and as list does. WPS 365 open platform, create mail group and list mail
// groups; that they pair up so is a guess from their names.
var modes = map[string]string{
	"all": "anyone", "company": "organization_members", "member": "group_members", custom: custom,
}

const custom = "custom"

// sampleSize is how many members and accepted senders a mail group shows of itself.
const sampleSize = 10

// mailGroupItem is a mail group in a list.
type mailGroupItem struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Address string `json:"email_address"`
	OwnerID string `json:"owner_id"`
	Mode    string `json:"accepted_sender_mode"`
}

// mailGroupSample is what else some calls show of a mail group.
type mailGroupSample struct {
	Owner   ownerView    `json:"owner"`
	Members []memberView `json:"members"`
	Senders []memberView `json:"accepted_senders,omitzero"` // only of mode custom
}

type ownerView struct {
	Avatar  string `json:"avatar"`
	Address string `json:"email_address"`
	Name    string `json:"name"`
}

func (g *mailGroup) item(external bool) mailGroupItem {
	return mailGroupItem{g.id, g.name, g.address, g.owner.idAs(external), modes[g.mode]}
}

func (w *world) sample(g *mailGroup) mailGroupSample {
	out := mailGroupSample{Owner: ownerView{Address: g.owner.box.address, Name: g.owner.name}}
	out.Members, _ = g.rolls[members].view(w.now, 0, sampleSize)
	if g.mode == custom {
		out.Senders, _ = g.rolls[senders].view(w.now, 0, sampleSize)
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
	var f form
	external := f.external(c)
	if c.query.Has("filter") {
		f.fail(unsupported, "filter: is not supported")
	}
	return page(w, c, &f, func(offset, limit int) ([]mailGroupItem, int, error) {
		w.lists++
		var keep func(*mailGroup) bool
		if w.opts.ListLag > 0 {
			keep = func(g *mailGroup) bool { return w.lists > g.hiddenUntil }
		}
		rows, total := w.groups.Page(w.now, offset, limit, keep)
		return views(rows, func(g *mailGroup) mailGroupItem { return g.item(external) }), total, nil
	})
}

// mailGroupBody is what create and update take.
type mailGroupBody struct {
	Mode    *string `json:"accepted_type"`
	Address *string `json:"address"`
	Name    *string `json:"name"`
	Owner   *string `json:"owner_address"`
}

// check looks at what is given.
func (in *mailGroupBody) check(f *form, opts *Options) {
	if in.Mode != nil {
		f.oneOf("accepted_type", *in.Mode, slices.Sorted(maps.Keys(modes))...)
	}
	if in.Address != nil {
		f.address("address", *in.Address)
	}
	if in.Name != nil {
		f.required("name", in.Name)
		if opts.NameLimit > 0 && utf8.RuneCountInString(*in.Name) > opts.NameLimit {
			f.fail(tooLong, "name: more than %d characters", opts.NameLimit)
		}
	}
	if in.Owner != nil {
		f.address("owner_address", *in.Owner)
	}
}

// createMailGroup makes a mail group without members and accepted senders; there is no way to give them here.
func (w *world) createMailGroup(c *call) (any, error) {
	var in mailGroupBody
	var f form
	f.body(c.body, &in)
	f.required("accepted_type", in.Mode)
	f.required("address", in.Address)
	f.required("name", in.Name)
	f.required("owner_address", in.Owner)
	in.check(&f, w.opts)
	if f.err != nil {
		return nil, f.err
	}
	g := &mailGroup{address: *in.Address, name: *in.Name, mode: *in.Mode, owner: w.ownerAt(*in.Owner)}
	switch {
	case !w.domains[domainOf(g.address)]:
		return nil, errNoDomain
	case g.owner == nil:
		return nil, errNoOwner
	case w.taken(g.address):
		return nil, errTaken
	case w.nameTaken(g.name, nil):
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

// ownerAt finds the user whose address or alias it is; nil if it is nobody's or no user's.
func (w *world) ownerAt(address string) *user {
	if box := w.boxes[fold(address)]; box != nil {
		return box.user
	}
	return nil
}

func (w *world) nameTaken(name string, by *mailGroup) bool {
	if !w.opts.UniqueNames {
		return false
	}
	for g := range w.groups.Current() {
		if g.name == name && g != by {
			return true
		}
	}
	return false
}

func (w *world) addMailGroup(g *mailGroup) {
	g.id, g.rolls = w.newID("mg_"), newRolls()
	w.groupByID[g.id], w.groupByAddress[fold(g.address)] = g, g
	w.groups.Add(g, w.shows)
}

// seen is a mail group as reads show it; nil if they show none.
func (w *world) seen(id string) *mailGroup {
	if g := w.groupByID[id]; g != nil && g.Visible(w.now) {
		return g
	}
	rows, _ := w.groups.Page(w.now, 0, 1, func(g *mailGroup) bool { return g.id == id })
	if len(rows) == 0 {
		return nil
	}
	return rows[0]
}

func (w *world) getMailGroup(c *call) (any, error) {
	var f form
	external := f.external(c)
	if f.err != nil {
		return nil, f.err
	}
	g := w.seen(c.vars[0])
	if g == nil {
		return nil, errNoMailGroup
	}
	return w.detail(g, external), nil
}

// updateMailGroup changes what is given. The address stays for ever.
func (w *world) updateMailGroup(c *call) (any, error) {
	var in mailGroupBody
	var f form
	f.body(c.body, &in)
	in.check(&f, w.opts)
	external := f.external(c)
	if in.Address != nil {
		f.fail(unsupported, "address: cannot be changed")
	}
	if f.err != nil {
		return nil, f.err
	}
	old := w.groupByID[c.vars[0]]
	if old == nil {
		return nil, errNoMailGroup
	}
	g := *old
	g.Life = emu.Life{}
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
	case w.nameTaken(g.name, old):
		return nil, errNameTaken
	}
	if g.mode != custom && !w.opts.KeepAcceptedSenders {
		g.rolls[senders].clear(w.shows)
	}
	w.groupByID[g.id], w.groupByAddress[fold(g.address)] = &g, &g
	w.groups.Replace(old, &g, w.shows)
	return w.detail(&g, external), nil
}

func (w *world) deleteMailGroup(c *call) (any, error) {
	g := w.groupByID[c.vars[0]]
	if g == nil {
		return nil, errNoMailGroup
	}
	delete(w.groupByID, g.id)
	delete(w.groupByAddress, fold(g.address))
	if w.opts.RecycleBin {
		w.recycled[fold(g.address)] = g.address
	}
	w.groups.Remove(g, w.shows)
	return nil, nil
}
