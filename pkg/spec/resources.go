package spec

import (
	"cmp"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// resource is a listed resource with what the files grant on it.
type resource struct {
	Resource
	schema     *KindSchema
	name       string
	in         mention       // the connection
	previously Position      // where its previous name stands
	users      []userSetting // the settings that name users
	entries    []entry
}

// userSetting is a setting that names a user.
type userSetting struct {
	*Setting
	mention
}

// mention is a name that stands for something defined elsewhere.
type mention struct {
	name string // blank: nothing is mentioned
	at   Position
}

func (r *resource) ref() Ref { return Ref{Connection: r.in.name, Kind: r.schema.Kind, Name: r.name} }

// set gives the resource a setting.
func (r *resource) set(s *Setting, value string) {
	if s.Fixed {
		r.Fixed = r.Fixed.With(s.Key, value)
		return
	}
	r.Settings = r.Settings.With(s.Key, value)
	r.Open = r.Open || value != "" && value == s.Opens
}

const present, absent = "present", "absent"

// The words that the settings of all kinds take.
var (
	ownerships     = []string{string(Owned), string(AddOnly), string(Ignored)}
	resourceStates = []string{present, absent}
)

// decodeResources reads the list of a kind.
func (d *decoder) decodeResources(n *yaml.Node, k *KindSchema) {
	items, _ := d.list(n, k.Kind.Words()+"s")
	keys, needed := k.keys(), []string{string(k.ID), "in"}
	holders := make([]holder, len(k.Lists))
	for i := range k.Lists {
		holders[i] = d.holder(&k.Lists[i])
	}
	for _, item := range items {
		o, ok := d.object(item, k.Kind.Words(), keys, needed...)
		if !ok {
			continue
		}
		r := d.resource(o, k)
		words := d.resourceSettings(o, r)
		d.lists(o, r, words, holders)
		d.opened(o, r, words)
	}
}

// resource decodes what all resources have. It answers one in any case, so that the rest can be checked; without a name
// or connection it is not kept.
func (d *decoder) resource(o object, k *KindSchema) *resource {
	r := &resource{schema: k, Resource: Resource{Ownership: Owned, Schema: k}}
	read := d.name
	if k.ID == ByAddress {
		read = d.address
	}
	id, named := o.need(string(k.ID))
	if named {
		r.Source = d.at(id)
		r.name, named = read(id, string(k.ID))
	}
	in, placed := o.need("in")
	if placed {
		r.in.at = d.at(in)
		r.in.name, placed = d.name(in, "in")
	}
	if k.Ownership {
		d.ownership(o, r)
	}
	d.previous(o, r, read)
	if named && placed {
		d.resources = append(d.resources, r)
	}
	return r
}

// ownership decodes what may be done to a resource, and whether it is to be there.
func (d *decoder) ownership(o object, r *resource) {
	r.Ownership = cmp.Or(Ownership(o.choice("ownership", ownerships)), r.Ownership)
	r.Absent = o.choice("state", resourceStates) == absent
	if r.Absent && !r.schema.Delete {
		what := r.schema.Kind.Words()
		d.reject(d.at(o.get("state")), "remove the entry, and delete the "+what+" at the vendor", "%s can't be absent", article(what))
		r.Absent = false
	}
}

// resourceSettings decodes the settings of a kind, and answers their words.
func (d *decoder) resourceSettings(o object, r *resource) map[string]string {
	words := make(map[string]string, len(r.schema.Settings))
	for i := range r.schema.Settings {
		s := &r.schema.Settings[i]
		v := o.get(s.Key)
		if v == nil {
			continue
		}
		var text string
		switch {
		case s.Words != nil:
			text, _ = d.word(v, s.Key, s.Words...)
			words[s.Key] = text
		case s.Address:
			text, _ = d.address(v, s.Key)
		default:
			text, _ = d.name(v, s.Key)
		}
		if s.User {
			r.users = append(r.users, userSetting{s, mention{text, d.at(v)}})
			continue
		}
		r.set(s, text)
	}
	return words
}

// lists decodes who has which role on a resource.
func (d *decoder) lists(o object, r *resource, words map[string]string, holders []holder) {
	for i := range r.schema.Lists {
		l := &r.schema.Lists[i]
		v := o.get(l.Key)
		if v == nil {
			continue
		}
		r.entries = append(r.entries, d.entries(v, l, holders[i])...)
		if l.When != nil && words[l.When.Setting] != l.When.Word {
			with := "`" + l.When.Setting + ": " + l.When.Word + "`"
			d.reject(d.at(v), "add "+with+", or remove the list", "%s without %s", l.Key, with)
		}
		if r.Absent && len(v.Content) > 0 {
			d.reject(d.at(v), "remove the list, or the state", "absent resource lists who may use it")
		}
	}
}

// opened checks settings that say whether the lists count.
func (d *decoder) opened(o object, r *resource, words map[string]string) {
	for _, s := range r.schema.Settings {
		if s.Implied == "" {
			continue
		}
		word, written := words[s.Key]
		switch lists, listed := r.schema.listKeys(), len(r.entries) > 0; {
		case !written && listed:
			r.Implied = r.Implied.With(s.Key, s.Implied)
		case !written:
			d.reject(d.at(o.node), "add `"+s.Key+": "+strings.Join(s.Words, "` or `"+s.Key+": ")+"`",
				"%s has neither %s nor %s", o.what, strings.Join(lists, " nor "), article(s.Key))
		case listed && word == s.Opens:
			key := lists[slices.IndexFunc(lists, func(key string) bool { return o.get(key) != nil })]
			d.reject(d.at(o.get(key)), "remove the "+key+", or write `"+s.Key+": "+s.Implied+"`", "%s for %s lists %s", o.what, word, key)
		}
	}
}

// Unfit are the listed resources whose names the vendor takes for no new one, sorted by position. Whether they exist already only
// live can tell.
func (s *Spec) Unfit() []*Error {
	var found problems
	for _, r := range s.resources {
		if r.schema.Names == nil || r.Absent || r.Ownership == Ignored {
			continue
		}
		if wants := r.schema.Names(r.name); wants != "" {
			found.reject(r.Source, "rename it, unless it exists under this name", "the vendor takes no new %s named %s: it wants %s",
				r.schema.Kind.Words(), quoted(r.name), wants)
		}
	}
	return found.sorted()
}
