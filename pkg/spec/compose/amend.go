package compose

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/entitlectl/entitlectl/pkg/spec"
)

var errAmend = errors.New("it is laid out in a way in which it can't be changed; lay it out with entitlectl fmt, and do it again")

// Amend carries edits of a file out. Each resource and each team that changes is laid out anew, in the form of Format; all other lines
// stay as they are. Comments stay, but for those about what goes. A grant without anybody left goes; lists stay, be they empty.
func Amend(text []byte, edits []spec.Edit, formats []spec.ProviderSchema) ([]byte, error) {
	bare := strings.TrimPrefix(string(text), "\ufeff")
	plain := strings.ReplaceAll(bare, "\r\n", "\n")
	root, err := rootOf(plain)
	if err != nil {
		return nil, err
	}
	order := func(path []string) []string { return spec.KeyOrder(formats, path) }
	a := &amended{formatter: formatter{readTree(plain, root), order}, places: map[place]*leaf{}, units: map[*leaf]int{}}
	a.marked = len(a.marks)
	for _, m := range a.marks {
		if m.isValue {
			a.places[m.at] = m.of
		}
	}
	for _, e := range edits {
		if err := a.edit(e); err != nil {
			return nil, err
		}
	}
	kept := a.kept(a.root)
	written := a.splice()
	again, err := rootOf(written)
	if err != nil || !sameMeaning(root, again) || !slices.Equal(kept, scanned(written, again).texts()) {
		return nil, errAmend
	}
	if strings.Contains(bare, "\r\n") {
		written = strings.ReplaceAll(written, "\n", "\r\n")
	}
	return []byte(string(text[:len(text)-len(bare)]) + written), nil
}

// amended is a file that is changed.
type amended struct {
	formatter
	places map[place]*leaf // by where their values begin
	units  map[*leaf]int   // resources and teams that change, and the last line of each
	marked int             // how many marks the file gave
}

func (a *amended) edit(e spec.Edit) error {
	l := a.places[place{e.At.Line, e.At.Column}]
	if l == nil {
		return fmt.Errorf("%s: %w", e.At, errAmend)
	}
	a.touch(l)
	switch {
	case e.Key == "" && e.Expires != "":
		a.expire(l.in.owner.in, e)
	case e.Key == "":
		a.replace(l, e.With)
	case e.Value != "":
		l.in.put(a.pairOf(l.in, e.Key, scalarNode(e.Value)))
	default:
		a.grant(l.in, e)
	}
	return nil
}

// touch notes the resource or team that something is in; of sections in brackets it is the section.
func (a *amended) touch(l *leaf) {
	for ; l.in.owner != nil && l.in.owner.in != a.root; l = l.in.owner { // up to what a section holds
	}
	if l.in.isFlow() && l.in.owner != nil {
		l = l.in.owner
	}
	if a.units[l] == 0 {
		a.units[l] = a.end(l)
	}
}

// replace puts words in the place of an item. What a list without items is all there is to goes with it.
func (a *amended) replace(l *leaf, words []string) {
	list := l.in
	i := slices.Index(list.entries, l)
	added := spec.Each(words, func(w string) *leaf { return a.item(list, scalarNode(w)) })
	if len(added) > 0 {
		added[0].above, added[0].behind, added[0].below, added[0].blank = l.above, l.behind, l.below, l.blank
	}
	list.entries = slices.Replace(list.entries, i, i+1, added...)
	list.fill()
	if len(added) == 0 {
		list.keep(below(l), i)
	}
	if owner := list.owner; len(list.entries) == 0 && owner.key != nil && owner.key.Value == "to" {
		a.replace(owner.in.owner, nil)
	}
}

// expire gives a grant an end, and a reason where there is one.
func (a *amended) expire(grant *branch, e spec.Edit) {
	set := func(key string, value *yaml.Node) {
		for _, l := range grant.entries {
			if l.key.Value == key {
				l.value = a.branch(value, l)
				grant.fill()
				return
			}
		}
		grant.put(a.pairOf(grant, key, value))
	}
	set("expires", plainNode(e.Expires))
	if e.Reason != "" {
		set("reason", scalarNode(e.Reason))
	}
}

// below are the comments behind all that an item says, which need not be about it.
func below(l *leaf) []comment {
	var all []comment
	for _, e := range l.value.entries {
		all = append(all, below(e)...)
	}
	return append(all, l.below...)
}

// keep gives comments that stood behind an item which went to what is before it, or else after it, or else around it.
func (b *branch) keep(comments []comment, at int) {
	switch {
	case len(comments) == 0:
	case at > 0:
		b.entries[at-1].below = append(b.entries[at-1].below, comments...)
	case len(b.entries) > 0:
		b.entries[0].above = append(comments, b.entries[0].above...)
	default:
		b.owner.above = append(b.owner.above, comments...)
	}
}

// grant adds a grant to a list of a resource.
func (a *amended) grant(resource *branch, e spec.Edit) {
	var list *branch
	for _, l := range resource.entries {
		if l.key.Value == e.Key {
			list = l.value
		}
	}
	if list == nil {
		l := a.pairOf(resource, e.Key, &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq"})
		resource.put(l)
		list = l.value
	}
	if e.Expires == "" && e.Reason == "" && !e.AsGrants {
		for _, word := range e.To {
			list.entries = append(list.entries, a.item(list, scalarNode(word)))
		}
		list.fill()
		return
	}
	to := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq", Style: yaml.FlowStyle, Content: spec.Each(e.To, scalarNode)}
	grant := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Content: []*yaml.Node{scalarNode("to"), to}}
	if e.Expires != "" {
		grant.Content = append(grant.Content, scalarNode("expires"), plainNode(e.Expires))
	}
	if e.Reason != "" {
		grant.Content = append(grant.Content, scalarNode("reason"), scalarNode(e.Reason))
	}
	list.entries = append(list.entries, a.item(list, grant))
	list.fill()
}

// scalarNode is a text, which is written without quotes where it needs none.
func scalarNode(text string) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: text, Style: yaml.DoubleQuotedStyle}
}

// plainNode is a date or a moment, which stands without quotes.
func plainNode(text string) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!timestamp", Value: text}
}

// item is a new item of a list.
func (a *amended) item(list *branch, n *yaml.Node) *leaf {
	l := &leaf{in: list, column: list.Column}
	l.value = a.branch(n, l)
	return l
}

// pairOf is a new key of a mapping.
func (a *amended) pairOf(in *branch, key string, value *yaml.Node) *leaf {
	l := a.item(in, value)
	l.key = scalarNode(key)
	return l
}

func (b *branch) put(l *leaf) {
	b.entries = append(b.entries, l)
	b.fill()
}

// fill makes the node say what the entries do.
func (b *branch) fill() {
	b.Content = nil
	for _, e := range b.entries {
		if e.key != nil {
			b.Content = append(b.Content, e.key)
		}
		b.Content = append(b.Content, e.value.Node)
	}
}

// kept are the comments of what is left, sorted.
func (a *amended) kept(b *branch) []string {
	var all []string
	add := func(comments []comment) {
		for _, c := range comments {
			all = append(all, c.lines...)
		}
	}
	if b.owner == nil {
		add(a.header)
		add(a.tail)
	}
	for _, e := range b.entries {
		add(e.above)
		add(e.below)
		all = append(append(all, e.behind...), a.kept(e.value)...)
	}
	slices.Sort(all)
	return all
}

// splice lays out what changed, and leaves all other lines as they are.
func (a *amended) splice() string {
	file := slices.Clone(a.lines)
	units := make([]*leaf, 0, len(a.units))
	for l := range a.units {
		units = append(units, l)
	}
	slices.SortFunc(units, func(x, y *leaf) int { return y.first().Line - x.first().Line }) // what is further down first
	for _, l := range units {
		begin, column := a.begin(l)
		end := max(a.units[l], begin)
		var path []string
		for in := l.in.owner; in != nil; in = in.in.owner {
			path = append([]string{in.keyName()}, path...)
		}
		alone := *l
		alone.above, alone.below, alone.blank = nil, nil, false
		body := a.entry(&alone, path, column).indented(column)
		file = slices.Replace(file, begin-1, end, body...)
	}
	return strings.Join(file, "\n")
}

// begin is the line that a unit begins in, and how many characters are before it.
func (a *amended) begin(l *leaf) (line, column int) {
	at := placeOf(l.first())
	if l.key != nil {
		return at.line, at.column - 1
	}
	for line = at.line; line > 1 && !strings.HasPrefix(strings.TrimLeft(a.lines[line-1], " "), "-"); line-- {
	}
	return line, len(a.lines[line-1]) - len(strings.TrimLeft(a.lines[line-1], " "))
}

// end is the last line of a unit: of what it says, or of a comment inside it.
func (a *amended) end(l *leaf) int {
	next := len(a.lines) + 1
	for i := a.marked - 1; i >= 0 && !a.marks[i].of.within(l); i-- {
		next = a.marks[i].at.line
	}
	inside := lastComment(l.value)
	for line := next - 1; line > inside; line-- {
		if text := strings.TrimSpace(a.lines[line-1]); text != "" && text != "-" && text[0] != '#' { // a dash alone begins the next item
			return line
		}
	}
	return inside
}

// lastComment is the last line with a comment of its own within something; 0: there is none.
func lastComment(b *branch) (last int) {
	for _, e := range b.entries {
		for _, c := range slices.Concat(e.above, e.below) {
			last = max(last, c.end)
		}
		last = max(last, lastComment(e.value))
	}
	return last
}
