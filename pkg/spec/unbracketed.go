package spec

import (
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// bracket finds lists without brackets in a mapping, as in {to: alice, bob}, where YAML reads bob as a key without a value. It
// tells each, and makes it the list that was meant, so that nothing else is said of it.
func (d *decoder) bracket(n *yaml.Node, known []string) {
	if n.Style&yaml.FlowStyle == 0 {
		return
	}
	kept := n.Content[:0]
	for i, next := 0, 0; i+1 < len(n.Content); i = next {
		key, value := n.Content[i], n.Content[i+1]
		next = i + 2
		if value.Kind == yaml.ScalarNode && !isNull(value) && !refused(value) && d.isList(key.Value) {
			for next+1 < len(n.Content) && alone(n.Content[next], n.Content[next+1], known) {
				next += 2
			}
		}
		if next > i+2 {
			value = d.bracketed(key, value, n.Content[i+2:next])
		}
		kept = append(kept, key, value)
	}
	n.Content = kept
}

// bracketed is the list of the first item and those that stand as keys.
func (d *decoder) bracketed(key, first *yaml.Node, others []*yaml.Node) *yaml.Node {
	list := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq", Style: yaml.FlowStyle, Line: first.Line, Column: first.Column, Content: []*yaml.Node{first}}
	for i := 0; i < len(others); i += 2 {
		list.Content = append(list.Content, others[i])
	}
	names := Each(list.Content, func(item *yaml.Node) string { return strings.Trim(quoted(item.Value), `"`) })
	d.reject(d.at(first), "write "+key.Value+": ["+strings.Join(names, ", ")+"]", "%s is a list without brackets", key.Value)
	return list
}

// alone says whether nobody knows a key, and it has no value.
func alone(key, value *yaml.Node, known []string) bool {
	return key.Kind == yaml.ScalarNode && key.Tag == "!!str" && !refused(key) && isNull(value) && value.Value == "" && !slices.Contains(known, key.Value)
}

// listKeys are keys of lists of names, beside those of resources.
var listKeys = []string{"to", "can", "cannot", "only", "protected", "experimental", "types", "overrides", "hosts", "env", "files"}

// isList says whether a key takes a list of names.
func (d *decoder) isList(key string) bool {
	return slices.Contains(listKeys, key) || slices.ContainsFunc(d.kinds, func(k *KindSchema) bool {
		return slices.ContainsFunc(k.Lists, func(l List) bool { return l.Key == key })
	})
}
