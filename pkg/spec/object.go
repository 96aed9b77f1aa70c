package spec

import (
	"fmt"
	"slices"

	"gopkg.in/yaml.v3"
)

// object is a mapping with fixed keys.
type object struct {
	*decoder
	node  *yaml.Node
	what  string
	known []string

	unknown []*yaml.Node // keys that are none of these
}

// formOfObject is how a mapping with these keys is written.
func formOfObject(what string, known []string) string {
	switch {
	case what == "user":
		return "{name: NAME}"
	case what == "grant":
		return "{to: [NAME]}"
	case known[0] == "version":
		return "version: 1"
	}
	return "{" + known[0] + ": …}"
}

// object checks that a mapping's keys are among those known, each at most once. Where one of those that it needs is missing, an
// unknown one was probably meant as that.
func (d *decoder) object(n *yaml.Node, what string, known []string, needed ...string) (object, bool) {
	o := object{decoder: d, node: n, what: what, known: known}
	if !d.is(n, yaml.MappingNode, what, "write it as `"+formOfObject(what, known)+"`") {
		return o, false
	}
	d.bracket(n, known)
	var room [16]*yaml.Node
	seen := room[:]
	if len(known) > len(room) {
		seen = make([]*yaml.Node, len(known))
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		if refused(key) {
			continue
		}
		switch k := slices.Index(known, key.Value); {
		case key.Kind != yaml.ScalarNode || isNull(key):
			d.reject(d.at(key), "use "+either(known), "key in %s must be text, got %s", what, describe(key))
		case k < 0:
			o.unknown = append(o.unknown, key)
		case seen[k] != nil:
			d.duplicateKey(key, seen[k], what)
		default:
			seen[k] = key
		}
	}
	if len(o.unknown) > 0 {
		o.rejectUnknown(slices.DeleteFunc(slices.Clone(needed), func(key string) bool { return o.get(key) != nil }))
	}
	return o, true
}

// rejectUnknown reports the keys of an object that are not known; it lacks some that it needs.
func (o object) rejectUnknown(lacks []string) {
	hint := "use " + either(o.known)
	if len(lacks) == 1 && len(o.unknown) == 1 {
		hint = fmt.Sprintf("did you mean %q, which is missing? Else %s", lacks[0], hint)
	}
	for _, key := range o.unknown {
		if !o.slipped(key) {
			o.reject(o.at(key), o.meant(key.Value, o.known, hint), "unknown key %s in %s", quoted(key.Value), o.what)
		}
	}
}

// get is the value of a key, nil when it is not there.
func (o object) get(key string) *yaml.Node {
	_, value := o.pair(key)
	return value
}

// read reads the value of a key, "" when it is not there or wrong.
func (o object) read(key string, read func(n *yaml.Node, what string) (string, bool)) string {
	n := o.get(key)
	if n == nil {
		return ""
	}
	text, _ := read(n, key)
	return text
}

// choice is read for a key that takes some fixed words.
func (o object) choice(key string, known []string) string {
	return o.read(key, func(n *yaml.Node, what string) (string, bool) { return o.word(n, what, known...) })
}

func (o object) pair(key string) (name, value *yaml.Node) {
	for i := 0; i+1 < len(o.node.Content); i += 2 {
		if k := o.node.Content[i]; k.Value == key && k.Kind == yaml.ScalarNode && !refused(k) {
			return k, o.node.Content[i+1]
		}
	}
	return nil, nil
}

// need is get for a key that must be there.
func (o object) need(key string) (*yaml.Node, bool) {
	if n := o.get(key); n != nil {
		return n, true
	}
	if len(o.unknown) > 0 { // one of those was probably meant
		return nil, false
	}
	line := key + ":"
	switch key {
	case "version":
		line += " 1" // there is no other
	case "in":
		line += " CONNECTION"
	case "to":
		line += " [NAME]`, or remove the `-` if this belongs to the grant above"
		o.reject(o.at(o.node), "add `"+line, "%s has no %s", o.what, key)
		return nil, false
	}
	o.reject(o.at(o.node), fmt.Sprintf("add `%s`", line), "%s has no %s", o.what, key)
	return nil, false
}
