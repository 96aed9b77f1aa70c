package compose

import (
	"slices"
	"strings"

	"github.com/entitlectl/entitlectl/pkg/spec"
)

// The names of files that no kind and no connection has to itself.
const (
	connectionsFile = "connections.yaml"
	peopleFile      = "people.yaml"
)

// write puts the sections into files.
func (c *composer) write() {
	everything := func(spec.Ref) bool { return true }
	switch c.opts.Split {
	case ByKind:
		c.file(connectionsFile, c.definitions())
		c.file(peopleFile, c.peopleSections())
		for _, kind := range c.allKinds() {
			c.file(string(kind.Kind)+"s.yaml", c.sections(func(ref spec.Ref) bool { return ref.Kind == kind.Kind }))
		}
	case ByConnection:
		c.file(connectionsFile, c.definitions())
		c.file(peopleFile, c.peopleSections())
		for _, conn := range c.connections {
			c.file(fileOf(conn.Name), c.sections(func(ref spec.Ref) bool { return ref.Connection == conn.Name }))
		}
	default:
		c.file("", slices.Concat(c.definitions(), c.peopleSections(), c.sections(everything)))
	}
}

// fileOf is the name of a connection's file. What is read as something else gets another name.
func fileOf(connection string) string {
	name := strings.ToLower(connection)
	if strings.Contains(name, "rules") || name+".yaml" == connectionsFile || name+".yaml" == peopleFile || strings.HasPrefix(name, ".") {
		return "connection-" + strings.ReplaceAll(connection, "rules", "rule-s") + ".yaml"
	}
	return connection + ".yaml"
}

// file adds a file with sections; without any there is none, unless it is the only one.
func (c *composer) file(name string, sections []section) {
	if len(sections) == 0 && name != "" {
		return
	}
	var text lines
	if c.opts.Schema != "" {
		text = append(text, "# yaml-language-server: $schema="+c.opts.Schema)
	}
	if len(c.files.Files) == 0 {
		for _, about := range c.opts.About {
			text = append(text, Comment(about, Width)...)
		}
	}
	text = append(text, "version: 1")
	for _, s := range sections {
		text = append(text, s.lines()...)
	}
	c.files.Files = append(c.files.Files, File{name, []byte(text.text())})
}

// lines are the section as a file has it, with a blank line before.
func (s section) lines() lines {
	if s.key == "" {
		return append(lines{""}, s.body...)
	}
	return append(lines{"", s.key + ":"}, s.body.indented(len("  "))...)
}
