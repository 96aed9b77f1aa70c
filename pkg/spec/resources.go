package spec

import (
	"gopkg.in/yaml.v3"
)

// resource is a listed resource with what the files grant on it.
type resource struct {
	Resource
	kind    Kind
	name    string
	in      mention // the connection
	owner   mention // mail groups: a user
	entries []entry
}

// mention is a name that stands for something defined elsewhere.
type mention struct {
	name string // blank: nothing is mentioned
	at   Position
}

func (r *resource) ref() Ref { return Ref{Connection: r.in.name, Kind: r.kind, Name: r.name} }

func (r *resource) set(name, value string) { r.Settings = r.Settings.With(name, value) }

// The keys of resources.
var (
	appGroupKeys  = []string{"name", "in", "ownership", "state", "grants"}
	appKeys       = []string{"name", "in", "ownership", "state", "audience", "grants"}
	mailGroupKeys = []string{"address", "in", "name", "owner", "senders", "allowedSenders", "members", "ownership", "state"}
	accountKeys   = []string{"name", "in", "type", "email"}
)

// The words that their settings take.
var (
	ownerships     = []string{string(Owned), string(AddOnly), string(Ignored)}
	resourceStates = []string{"present", "absent"}
	audiences      = []string{Assigned, Everyone}
	senderModes    = []string{SendersAll, SendersCompany, SendersMember, SendersCustom}
	accountTypes   = []string{"cloud", "resource"}
)

// each decodes the items of a list.
func (d *decoder) each(what string, decode func(*yaml.Node)) func(*yaml.Node) {
	return func(n *yaml.Node) {
		items, _ := d.list(n, what+"s")
		for _, item := range items {
			decode(item)
		}
	}
}

func (d *decoder) appGroup(n *yaml.Node) {
	o, ok := d.object(n, "app group", appGroupKeys)
	if !ok {
		return
	}
	r := d.resource(o, KindAppGroup)
	if v := o.get("grants"); v != nil {
		r.entries = d.grants(v)
		d.emptyIfAbsent(r, v)
	}
}

func (d *decoder) app(n *yaml.Node) {
	o, ok := d.object(n, "app", appKeys)
	if !ok {
		return
	}
	r := d.resource(o, KindApp)
	if r.Absent {
		d.reject(d.at(o.get("state")), "remove the entry, and delete the app at the vendor", "an app can't be absent")
		r.Absent = false
	}
	grants := o.get("grants")
	if grants != nil {
		r.entries = d.grants(grants)
	}
	switch v := o.get("audience"); {
	case v != nil:
		word, _ := d.word(v, "audience", audiences...)
		r.set("audience", word)
	case len(r.entries) > 0:
		r.set("audience", Assigned)
	default:
		d.reject(d.at(n), "add `audience: assigned` or `audience: everyone`", "app has neither grants nor an audience")
	}
	r.Open = r.Settings.Get("audience") == Everyone
	if r.Open && len(r.entries) > 0 {
		d.reject(d.at(grants), "remove the grants, or write `audience: assigned`", "app for everyone lists grants")
	}
}

func (d *decoder) mailGroup(n *yaml.Node) {
	o, ok := d.object(n, "mail group", mailGroupKeys)
	if !ok {
		return
	}
	r := d.resource(o, KindMailGroup)
	if v := o.get("name"); v != nil {
		title, _ := d.name(v, "name")
		r.set("name", title)
	}
	if v := o.get("owner"); v != nil {
		r.owner.name, _ = d.name(v, "owner")
		r.owner.at = d.at(v)
	}
	if v := o.get("senders"); v != nil {
		word, _ := d.word(v, "senders", senderModes...)
		r.set("senders", word)
	}
	if v := o.get("members"); v != nil {
		r.entries = d.members(v, "members", RoleMember)
		d.emptyIfAbsent(r, v)
	}
	if v := o.get("allowedSenders"); v != nil {
		r.entries = append(r.entries, d.members(v, "allowedSenders", RoleSender)...)
		if r.Settings.Get("senders") != SendersCustom {
			d.reject(d.at(v), "add `senders: custom`, or remove the list", "allowedSenders without `senders: custom`")
		}
		d.emptyIfAbsent(r, v)
	}
}

func (d *decoder) account(n *yaml.Node) {
	o, ok := d.object(n, "account", accountKeys)
	if !ok {
		return
	}
	r := d.resource(o, KindAccount)
	if v := o.get("type"); v != nil {
		word, _ := d.word(v, "type", accountTypes...)
		r.set("type", word)
	}
	if v := o.get("email"); v != nil {
		email, _ := d.address(v, "email")
		r.Fixed = r.Fixed.With("email", email)
	}
}

// resource decodes what all resources have. It answers one in any case, so that the rest can be checked; without a name
// or connection it is not kept.
func (d *decoder) resource(o object, kind Kind) *resource {
	r := &resource{kind: kind, Resource: Resource{Ownership: Owned}}
	key, read := "name", d.name
	if kind == KindMailGroup {
		key, read = "address", d.address
	}
	id, named := o.need(key)
	if named {
		r.Source = d.at(id)
		r.name, named = read(id, key)
	}
	in, placed := o.need("in")
	if placed {
		r.in.at = d.at(in)
		r.in.name, placed = d.name(in, "in")
	}
	if v := o.get("ownership"); v != nil && kind != KindAccount {
		word, _ := d.word(v, "ownership", ownerships...)
		r.Ownership = Ownership(word)
	}
	if v := o.get("state"); v != nil && kind != KindAccount {
		word, _ := d.word(v, "state", resourceStates...)
		r.Absent = word == "absent"
	}
	if named && placed {
		d.resources = append(d.resources, r)
	}
	return r
}

// emptyIfAbsent refuses grants on a resource that is to be deleted.
func (d *decoder) emptyIfAbsent(r *resource, n *yaml.Node) {
	if r.Absent && len(n.Content) > 0 {
		d.reject(d.at(n), "remove the list, or the state", "absent resource lists who may use it")
	}
}
