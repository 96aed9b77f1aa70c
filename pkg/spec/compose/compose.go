package compose

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/entitlectl/entitlectl/pkg/spec"
)

// composer turns connections into entries of files.
type composer struct {
	opts        Options
	connections []*Connection
	directory   *directory
	held        map[spec.Ref]map[spec.Role][]spec.Subject // sorted
	entries     []*entry
	left        []Left
	teams       []*team
	files       Files
}

// Compose writes files that say what is there at connections. It leaves the connections as they are. The same connections and
// options give the same files.
func Compose(connections []*Connection, opts Options) Files {
	c := newComposer(connections, opts)
	c.write()
	c.count()
	return c.files
}

func newComposer(connections []*Connection, opts Options) *composer {
	c := &composer{opts: opts, connections: slices.Clone(connections), held: map[spec.Ref]map[spec.Role][]spec.Subject{}}
	slices.SortFunc(c.connections, func(a, b *Connection) int { return strings.Compare(a.Name, b.Name) })
	c.directory = newDirectory(c.connections, opts.Taken)
	for _, conn := range c.connections {
		c.hold(conn)
		for _, kind := range conn.kinds() {
			for _, ref := range conn.refs(kind.Kind) {
				c.enter(conn, kind, ref)
			}
		}
		for _, l := range conn.Left {
			c.leave(l)
		}
	}
	slices.SortStableFunc(c.entries, (*entry).compare)
	if opts.Teams {
		c.gather()
	}
	return c
}

// hold sorts the grants of a connection by resource and role.
func (c *composer) hold(conn *Connection) {
	for g := range conn.State.Grants.All() {
		if c.held[g.Resource] == nil {
			c.held[g.Resource] = map[spec.Role][]spec.Subject{}
		}
		c.held[g.Resource][g.Role] = append(c.held[g.Resource][g.Role], g.Subject)
	}
	for _, roles := range c.held {
		for _, subjects := range roles {
			slices.SortFunc(subjects, spec.Subject.Compare)
		}
	}
}

func (c *composer) enter(conn *Connection, kind *spec.KindSchema, ref spec.Ref) {
	e, why := c.entryOf(conn, kind, ref)
	if why != "" {
		c.leave(Left{ref, why})
		return
	}
	c.entries = append(c.entries, e)
}

func (c *composer) leave(l Left) {
	c.left = append(c.left, l)
	c.files.Notes = append(c.files.Notes, Left{l.Resource, "not listed: " + l.Why})
}

func (c *composer) count() {
	c.files.Resources, c.files.Teams, c.files.Users = len(c.entries), len(c.teams), len(c.directory.people)
	for _, e := range c.entries {
		c.files.Grants += e.grants
	}
	slices.SortFunc(c.files.Notes, func(a, b Left) int {
		return cmp.Or(a.Resource.Compare(b.Resource), strings.Compare(a.Why, b.Why))
	})
	c.files.Notes = slices.Compact(c.files.Notes)
}

// section is a key at the top of a file, with what belongs to it.
type section struct {
	key  string
	body lines
}

// sections are the resources that is holds for, by kind, in the order in which files have them.
func (c *composer) sections(is func(spec.Ref) bool) []section {
	var all []section
	for _, kind := range c.allKinds() {
		var body lines
		for _, e := range c.entries {
			if e.kind.Kind == kind.Kind && is(e.ref) {
				body = append(body, e.lines()...)
			}
		}
		for _, l := range c.left {
			if l.Resource.Kind == kind.Kind && is(l.Resource) {
				about := fmt.Sprintf("%s of %s is not listed: %s", quote(l.Resource.Name), l.Resource.Connection, l.Why)
				body = append(body, Comment(about, Width-len("  "))...)
			}
		}
		if !slices.ContainsFunc(body, func(line string) bool { return !strings.HasPrefix(line, "#") }) && len(body) > 0 {
			all = append(all, section{"", body}) // a key without a value is none
		} else if len(body) > 0 {
			all = append(all, section{kind.Section, body})
		}
	}
	return all
}

// quote is a name in a comment.
func quote(name string) string { return `"` + visible(name) + `"` }

// allKinds are the kinds of all connections, each once, sorted by section.
func (c *composer) allKinds() []*spec.KindSchema {
	var kinds []*spec.KindSchema
	for _, conn := range c.connections {
		for _, k := range conn.kinds() {
			if !slices.ContainsFunc(kinds, func(o *spec.KindSchema) bool { return o.Kind == k.Kind }) {
				kinds = append(kinds, k)
			}
		}
	}
	slices.SortFunc(kinds, func(a, b *spec.KindSchema) int { return strings.Compare(a.Section, b.Section) })
	return kinds
}

// definitions are the connections that are copied.
func (c *composer) definitions() []section {
	var body lines
	for _, conn := range c.connections {
		if conn.Definition != nil {
			body = append(body, Scalar(conn.Name)+":")
			body = append(body, lines(Mapping(ordered(conn.Definition, []spec.ProviderSchema{*conn.Schema}, "connections", conn.Name))).indented(len("  "))...)
		}
	}
	if body == nil {
		return nil
	}
	return []section{{"connections", body}}
}

// peopleSections are the users and teams, whom all files share.
func (c *composer) peopleSections() []section {
	if len(c.directory.people) == 0 {
		return c.teamSections()
	}
	return append([]section{{"users", spec.Each(c.directory.people, (*person).line)}}, c.teamSections()...)
}

// ordered is a mapping, and those that are in it, with the keys in the order that Format gives them.
func ordered(n *yaml.Node, formats []spec.ProviderSchema, path ...string) *yaml.Node {
	if n.Kind != yaml.MappingNode {
		return n
	}
	order := spec.KeyOrder(formats, path)
	pairs := slices.Collect(slices.Chunk(n.Content, 2))
	slices.SortStableFunc(pairs, func(a, b []*yaml.Node) int { return rank(order, a[0]) - rank(order, b[0]) })
	sorted := *n
	sorted.Content = nil
	for _, p := range pairs {
		sorted.Content = append(sorted.Content, p[0], ordered(p[1], formats, append(slices.Clone(path), p[0].Value)...))
	}
	return &sorted
}

// Mapping writes a mapping as lines, a key each, with what is below them in flow style.
func Mapping(n *yaml.Node) []string {
	var all lines
	for i := 0; i+1 < len(n.Content); i += 2 {
		all = append(all, Scalar(n.Content[i].Value)+": "+Flow(n.Content[i+1]))
	}
	return all
}

// Flow writes a node in one line. What is text stays text, and all else, such as a number, stays what it is.
func Flow(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		var pairs []pair
		for i := 0; i+1 < len(n.Content); i += 2 {
			pairs = append(pairs, pair{Scalar(n.Content[i].Value), Flow(n.Content[i+1])})
		}
		return flowMap(pairs...)
	case yaml.SequenceNode:
		return "[" + strings.Join(spec.Each(n.Content, Flow), ", ") + "]"
	}
	if n.Tag == "!!str" {
		return Scalar(n.Value)
	}
	return n.Value
}
