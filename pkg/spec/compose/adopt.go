package compose

import (
	"bytes"
	"fmt"
	"slices"

	"gopkg.in/yaml.v3"

	"github.com/entitlectl/entitlectl/pkg/spec"
)

// Adopt adds to a file what connections hold that it does not list yet: to the end of sections that it has, and as new sections
// behind all others. Each line that is there stays as it is. The result has one file, with all of the text; what can't be listed is
// in its notes alone.
func Adopt(text []byte, connections []*Connection, opts Options) (Files, error) {
	c := newComposer(connections, opts)
	c.left = nil // it would be there once more each time
	added := slices.Concat(c.peopleSections(), c.sections(func(spec.Ref) bool { return true }))
	text, err := extended(text, added)
	c.files.Files = []File{{Text: text}}
	c.count()
	return c.files, err
}

// extended is a file's text with more in it.
func extended(text []byte, added []section) ([]byte, error) {
	var document yaml.Node
	if err := yaml.Unmarshal(text, &document); err != nil || len(document.Content) != 1 || document.Content[0].Kind != yaml.MappingNode {
		return nil, fmt.Errorf("it is no file that can be added to")
	}
	f := adopted{lines: bytes.SplitAfter(text, []byte("\n")), root: document.Content[0], end: "\n"}
	if bytes.Contains(text, []byte("\r\n")) {
		f.end = "\r\n"
	}
	last := len(f.lines) - 1
	if len(f.lines[last]) == 0 { // there is nothing behind the end of the last line
		f.lines = f.lines[:last]
	} else {
		f.lines[last] = append(bytes.Clone(f.lines[last]), f.end...)
	}
	f.had = len(f.lines)
	if f.root.Style&yaml.FlowStyle != 0 || slices.ContainsFunc(f.lines, func(line []byte) bool { return bytes.HasPrefix(line, []byte("...")) }) {
		return nil, fmt.Errorf("it is written in a way in which nothing can be added without touching a line")
	}
	slices.Reverse(added) // what is further down first, so that lines above stay where they are
	slices.SortStableFunc(added, func(a, b section) int { return f.lineOf(b.key) - f.lineOf(a.key) })
	for _, s := range added {
		if err := f.add(s); err != nil {
			return nil, err
		}
	}
	return bytes.Join(f.lines, nil), nil
}

// adopted is a file that grows.
type adopted struct {
	lines [][]byte // with their ends
	root  *yaml.Node
	had   int    // how many lines it had
	end   string // of lines
}

// lineOf is where a section begins, counted from 1; behind all lines where there is none.
func (f *adopted) lineOf(key string) int {
	for i := 0; i < len(f.root.Content); i += 2 {
		if f.root.Content[i].Value == key {
			return f.root.Content[i].Line
		}
	}
	return f.had + 1
}

// add adds a section, or to the one that is there.
func (f *adopted) add(s section) error {
	value := valueOf(f.root, s.key)
	if value == nil || s.key == "" {
		f.insert(f.had, s.lines())
		return nil
	}
	if value.Kind == yaml.ScalarNode || value.Style&yaml.FlowStyle != 0 || len(value.Content) == 0 {
		return fmt.Errorf("%s: has no line for each item, to which lines could be added", s.key)
	}
	next := f.had + 1
	for i := 0; i < len(f.root.Content); i += 2 {
		if line := f.root.Content[i].Line; line > value.Line {
			next = min(next, line)
		}
	}
	at := next - 1
	for at > 0 && isBetween(f.lines[at-1], value.Column-1) {
		at--
	}
	f.insert(at, s.body.indented(value.Column-1))
	return nil
}

// isBetween says whether a line is between sections: blank ones, and comments that stand further left than the items of the one before, or as
// far left as can be.
func isBetween(line []byte, items int) bool {
	text := bytes.TrimLeft(line, " \t\r\n")
	return len(text) == 0 || text[0] == '#' && len(line)-len(text) < max(items, 1)
}

// insert puts lines behind so many.
func (f *adopted) insert(at int, more lines) {
	f.lines = slices.Insert(f.lines, at, spec.Each(more, func(line string) []byte { return []byte(line + f.end) })...)
}

// valueOf is the value of a key of a mapping, nil where it is not there.
func valueOf(n *yaml.Node, key string) *yaml.Node {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i+1]
		}
	}
	return nil
}
