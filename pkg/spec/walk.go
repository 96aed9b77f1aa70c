package spec

import (
	"iter"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// decoder reads one file into the loader. Its methods take a node and what to call it in messages, and answer false
// after they have reported an error.
type decoder struct {
	*loader
	file    string      // as messages show it
	folder  string      // where file: references begin
	rules   *ruleSource // what its rules count for
	trusted bool        // it is the operator's, and may set and name what other files may not

	data   []byte        // as yaml.v3 read it
	height int           // lines of data
	joined map[int][]int // columns in data, by line, of characters that the file writes as surrogate pairs
	sought place         // the last node that was looked for in data
	cut    map[*yaml.Node]plainList
	said   map[word]*saying // by items of those lists
}

func (d *decoder) at(n *yaml.Node) Position {
	before, _ := slices.BinarySearch(d.joined[n.Line], n.Column)
	return Position{File: d.file, Line: max(n.Line, 1), Column: max(n.Column, 1) + before*narrower}
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Tag == "!!null" }

// refused says whether check has reported a node already.
func refused(n *yaml.Node) bool {
	return n.Kind == yaml.AliasNode || n.Style&yaml.TaggedStyle != 0 || n.Tag == "!!merge" || templated(n)
}

// describe says in a word what a node is. It never shows the value, which may be a secret.
func describe(n *yaml.Node) string {
	switch {
	case n.Kind == yaml.MappingNode:
		return "a mapping"
	case n.Kind == yaml.SequenceNode:
		return "a list"
	case isNull(n):
		return "nothing"
	}
	switch n.Tag {
	case "!!int", "!!float":
		return "a number"
	case "!!bool":
		return "true or false"
	case "!!timestamp":
		return "a date"
	}
	return "text"
}

// shown is what stands in a place where no secret belongs.
func shown(n *yaml.Node) string {
	switch {
	case n.Kind != yaml.ScalarNode || isNull(n):
		return describe(n)
	case n.Tag == "!!int":
		return strings.Trim(quoted(n.Value), `"`)
	}
	return quoted(n.Value)
}

// is checks a node's kind.
func (d *decoder) is(n *yaml.Node, kind yaml.Kind, what, hint string) bool {
	switch {
	case refused(n):
		return false
	case isNull(n):
		d.reject(d.at(n), "fill it in, or remove it", "%s is empty", what)
		return false
	case n.Kind != kind:
		if kind == yaml.MappingNode && d.slipped(n) || kind == yaml.SequenceNode && d.unlisted(n) {
			return false
		}
		if _, use := wide(n); use != "" && kind == yaml.SequenceNode {
			hint = use
		}
		d.reject(d.at(n), hint, "%s must be %s, got %s", what, describe(&yaml.Node{Kind: kind}), describe(n))
		return false
	}
	return true
}

// list gives the items of a list.
func (d *decoder) list(n *yaml.Node, what string) ([]*yaml.Node, bool) {
	hint := "write [item, item], or each item on a line of its own after `- `"
	if what == "users" {
		hint = "write each on a line of its own, as `- {name: NAME}`"
	}
	if !d.is(n, yaml.SequenceNode, what, hint) {
		return nil, false
	}
	return d.itemsOf(n), true
}

// pairs gives the keys and values of a mapping with free keys.
func (d *decoder) pairs(n *yaml.Node, what string) iter.Seq2[*yaml.Node, *yaml.Node] {
	return func(yield func(key, value *yaml.Node) bool) {
		hint := "write it as `key: value`"
		if what == "teams" {
			hint = "write each as `NAME: [alice, bob]`"
		}
		if !d.is(n, yaml.MappingNode, what, hint) {
			return
		}
		seen := make(map[string]*yaml.Node, len(n.Content)/2)
		for i := 0; i+1 < len(n.Content); i += 2 {
			key := n.Content[i]
			if _, ok := d.line(key, "key in "+what, maxLine); !ok {
				continue
			}
			if first := seen[key.Value]; first != nil {
				d.duplicateKey(key, first, what)
				continue
			}
			seen[key.Value] = key
			if !yield(key, n.Content[i+1]) {
				return
			}
		}
	}
}

func (d *decoder) duplicateKey(key, first *yaml.Node, what string) {
	d.reject(d.at(key), "keep one of them", "duplicate key %s in %s, first at %s", quoted(key.Value), what, d.at(first))
}

// text reads any text that is not empty.
func (d *decoder) text(n *yaml.Node, what string) (string, bool) {
	hint := "write one value"
	switch {
	case n.Kind == yaml.SequenceNode:
		hint += ", without brackets or `- `"
	case joined(n) != "" && formWith(n.Content[0].Value).kind != "":
		hint = "write " + n.Content[0].Value + ":" + n.Content[1].Value + ", without a blank after the colon"
	}
	if !d.is(n, yaml.ScalarNode, what, hint) {
		return "", false
	}
	switch {
	case n.Tag != "!!str":
		d.reject(d.at(n), "put it in quotes if it is meant as text", "%s must be text, got %s", what, describe(n))
		return "", false
	case n.Value == "":
		d.reject(d.at(n), "fill it in", "%s is empty", what)
		return "", false
	}
	return n.Value, true
}

// word reads one of some fixed words.
func (d *decoder) word(n *yaml.Node, what string, known ...string) (string, bool) {
	use := "use " + either(known)
	switch {
	case refused(n):
		return "", false
	case n.Kind != yaml.ScalarNode || n.Tag != "!!str":
		d.reject(d.at(n), use, "%s must be a word, got %s", what, describe(n))
		return "", false
	case !slices.Contains(known, n.Value):
		near := slices.DeleteFunc(slices.Clone(known), func(k string) bool { // which mostly means the contrary, as in "inactive"
			return Fold(k) != Fold(n.Value) && strings.HasSuffix(Fold(n.Value), Fold(k))
		})
		d.reject(d.at(n), d.meant(n.Value, near, use), "unknown %s %s", what, quoted(n.Value))
		return "", false
	}
	return n.Value, true
}

// count reads a whole number from 0 up, in plain digits.
func (d *decoder) count(n *yaml.Node, what string) (int, bool) {
	return d.digits(n, what, "write plain digits, without quotes")
}

func (d *decoder) digits(n *yaml.Node, what, hint string) (int, bool) {
	const digits = 9
	if refused(n) {
		return 0, false
	}
	v, err := strconv.Atoi(n.Value)
	if n.Kind != yaml.ScalarNode || n.Tag != "!!int" || err != nil || strconv.Itoa(v) != n.Value || v < 0 || len(n.Value) > digits {
		d.reject(d.at(n), hint, "%s must be a whole number from 0 up, got %s%s", what, shown(n), notPlain(n.Value))
		return 0, false
	}
	return v, true
}

// boolean reads true or false, which YAML readers would also take from yes, on and other words.
func (d *decoder) boolean(n *yaml.Node, what string) (string, bool) {
	if refused(n) {
		return "", false
	}
	if n.Tag != "!!bool" || n.Value != "true" && n.Value != "false" {
		d.reject(d.at(n), "write true or false", "%s must be true or false, got %s", what, describe(n))
		return "", false
	}
	return n.Value, true
}
