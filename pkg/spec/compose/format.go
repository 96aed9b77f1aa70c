package compose

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"

	"github.com/entitlectl/entitlectl/pkg/spec"
)

var errMeaning = errors.New("it can't be written in another form without changing what it says; lay it out by hand, and leave this file out")

var errReader = errors.New(`it can't be laid out; remove a %YAML line, and write characters as they are instead of as pairs of \u escapes`)

// Format writes a file in the one form that all files have: sections and keys in the order of spec.KeyOrder, lists as long as a
// line is, quotes where YAML needs them. It means the same: what is compared is every value, and every comment, which stays with
// what it is about. Items, names of teams and single blank lines between them stay in their order. Line ends stay as the first one
// is; a byte order mark goes. The file must be one that spec.Load takes.
func Format(text []byte, formats []spec.ProviderSchema) ([]byte, error) {
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	crlf := bytes.HasSuffix(text[:bytes.IndexByte(append(text, '\n'), '\n')], []byte("\r"))
	plain := strings.ReplaceAll(string(text), "\r\n", "\n")
	root, err := rootOf(plain)
	if err != nil {
		return nil, err
	}
	t := readTree(plain, root)
	f := formatter{tree: t, order: func(path []string) []string { return spec.KeyOrder(formats, path) }}
	written := f.file().text()
	again, err := rootOf(written)
	if err != nil || !sameMeaning(root, again) || !slices.Equal(t.texts(), scanned(written, again).texts()) {
		return nil, errMeaning
	}
	if crlf {
		written = strings.ReplaceAll(written, "\n", "\r\n")
	}
	return []byte(written), nil
}

func rootOf(text string) (root *yaml.Node, err error) {
	defer func() { // the YAML reader can panic
		if cause := recover(); cause != nil {
			err = errMeaning
		}
	}()
	var document yaml.Node
	if err := yaml.Unmarshal([]byte(text), &document); err != nil {
		return nil, errReader // what the YAML reader says may quote a secret
	}
	if len(document.Content) != 1 || document.Content[0].Kind != yaml.MappingNode {
		return nil, errMeaning
	}
	return document.Content[0], nil
}

// sameMeaning compares what nodes say, whatever order keys have.
func sameMeaning(a, b *yaml.Node) bool {
	if a.Kind != b.Kind || a.Tag != b.Tag || a.Value != b.Value || len(a.Content) != len(b.Content) {
		return false
	}
	if a.Kind != yaml.MappingNode {
		return slices.EqualFunc(a.Content, b.Content, sameMeaning)
	}
	values := make(map[string]*yaml.Node, len(a.Content)/2)
	for i := 0; i+1 < len(a.Content); i += 2 {
		values[a.Content[i].Value] = a.Content[i+1]
	}
	for i := 0; i+1 < len(b.Content); i += 2 {
		if have := values[b.Content[i].Value]; have == nil || !sameMeaning(have, b.Content[i+1]) {
			return false
		}
	}
	return len(values) == len(a.Content)/2
}

// formatter writes a tree.
type formatter struct {
	*tree
	order func(path []string) []string
}

func (f *formatter) file() lines {
	var all lines
	for _, c := range f.header {
		all = all.withComment(c)
	}
	body := f.block(f.root, nil, 0)
	if first := f.root.entries; len(all) > 0 && len(first) > 0 && (first[0].startsBlank() || !f.keepsHeader()) {
		all = append(all, "")
	}
	all = append(all, body...)
	for i, c := range f.tail {
		c.blank = c.blank || i == 0
		all = all.withComment(c)
	}
	return all
}

// keepsHeader says whether the last comment above all may stand right above the first key and still be read as what it is.
func (f *formatter) keepsHeader() bool {
	last := f.header[len(f.header)-1].lines
	return strings.HasPrefix(strings.TrimLeft(last[len(last)-1], "# "), "yaml-language-server:")
}

func (l lines) withComment(c comment) lines {
	if c.blank && len(l) > 0 {
		l = append(l, "")
	}
	return append(l, c.lines...)
}

// startsBlank says whether a blank line is before it and the comments above it.
func (e *leaf) startsBlank() bool {
	if len(e.above) > 0 {
		return e.above[0].blank
	}
	return e.blank
}

// block writes a mapping or list, a line or more each.
func (f *formatter) block(b *branch, path []string, indent int) lines {
	f.sort(b, path)
	var all lines
	for i, e := range b.entries {
		if i > 0 && (len(path) == 0 || e.startsBlank() || len(b.entries[i-1].below) > 0) {
			all = append(all, "")
		}
		below := e.below
		body := f.entry(e, path, indent)
		for n, c := range below {
			c.blank = c.blank && (n > 0 || i == len(b.entries)-1) // else it would seem to be about the next one
			body = body.withComment(c)
		}
		all = append(all, body...)
	}
	return all
}

// sort brings keys into their order. Those that have none stay behind the others.
func (f *formatter) sort(b *branch, path []string) {
	order := f.order(path)
	if b.Kind != yaml.MappingNode || order == nil {
		return
	}
	slices.SortStableFunc(b.entries, func(x, y *leaf) int { return rank(order, x.key) - rank(order, y.key) })
}

// rank is the place of a key in an order, that after all others where it has none.
func rank(order []string, key *yaml.Node) int {
	if i := slices.Index(order, key.Value); i >= 0 {
		return i
	}
	return len(order)
}

// entry writes a key or item with its comments above and behind it.
func (f *formatter) entry(e *leaf, path []string, indent int) lines {
	inside, name := "", "-"
	if e.key != nil {
		inside = e.key.Value
		name = f.word(e.key) + ":"
	}
	path = append(slices.Clone(path), inside)
	body, inline := f.inline(e, name, path, indent)
	if !inline {
		body = f.block(e.value, path, indent+len("  "))
		if e.key == nil {
			body = e.hoist(body).asItem()
		} else {
			body = append(lines{name}, body.indented(len("  "))...)
		}
	}
	last := len(e.behind) - 1
	if last >= 0 && (inline || e.key != nil) {
		at := 0
		if inline {
			at = len(body) - 1
		}
		body[at] += "  " + e.behind[last]
		last--
	}
	var above lines
	for _, c := range e.above {
		above = above.withComment(c)
	}
	if e.blank && len(above) > 0 {
		above = append(above, "")
	}
	return slices.Concat(above, e.behind[:last+1], body)
}

// hoist takes the comments off the top of an item's lines: they go above its dash.
func (e *leaf) hoist(body lines) lines {
	n := slices.IndexFunc(body, func(line string) bool { return line != "" && line[0] != '#' })
	for _, line := range body[:n] {
		if line == "" {
			e.above = append(e.above, comment{blank: true})
			continue
		}
		e.above = append(e.above, comment{lines: []string{line}})
	}
	return body[n:]
}

// inline writes what needs no lines of its own for what is in it; with lists of words it may have several lines all the same.
func (f *formatter) inline(e *leaf, name string, path []string, indent int) (lines, bool) {
	v, room := e.value, Width-indent
	switch {
	case v.Kind == yaml.ScalarNode || len(v.entries) == 0:
		return lines{strings.TrimRight(name+" "+f.flow(v.Node), " ")}, true
	case v.commented || len(path) == 1 || !f.flat(v, path):
		return nil, false
	case v.Kind == yaml.SequenceNode && e.key != nil:
		return FlowList(strings.TrimSuffix(name, ":"), spec.Each(v.Content, f.flow), room), true
	}
	f.sort(v, path)
	line := name + " " + f.flowBranch(v, path)
	return lines{line}, utf8.RuneCountInString(line) <= room
}

// flat says whether a list or mapping is read well in one line.
func (f *formatter) flat(v *branch, path []string) bool {
	isScalar := func(e *leaf) bool { return e.value.Kind == yaml.ScalarNode }
	if v.Kind == yaml.SequenceNode {
		return !slices.ContainsFunc(v.entries, func(e *leaf) bool { return !isScalar(e) })
	}
	if len(path) == 2 && path[0] == "connections" || len(path) > 2 && path[len(path)-1] == "" {
		return false
	}
	return !slices.ContainsFunc(v.entries, func(e *leaf) bool {
		isList := e.value.Kind == yaml.SequenceNode
		return isList && len(e.value.entries) > 0 && path[len(path)-1] == "" || !isScalar(e) && !f.flat(e.value, append(slices.Clone(path), e.keyName()))
	})
}

func (e *leaf) keyName() string {
	if e.key == nil {
		return ""
	}
	return e.key.Value
}

// flowBranch is flow with the keys in their order.
func (f *formatter) flowBranch(b *branch, path []string) string {
	if b.Kind != yaml.MappingNode {
		return f.flow(b.Node)
	}
	f.sort(b, path)
	return "{" + strings.Join(spec.Each(b.entries, func(e *leaf) string {
		return strings.TrimRight(f.word(e.key)+": "+f.flowBranch(e.value, append(slices.Clone(path), e.keyName())), " ")
	}), ", ") + "}"
}

// flow writes a list of words, or a word.
func (f *formatter) flow(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return Flow(n)
	case yaml.SequenceNode:
		return "[" + strings.Join(spec.Each(n.Content, f.flow), ", ") + "]"
	}
	return f.word(n)
}

// word writes a scalar. Quotes that it needs stay as they are, and so do their escapes.
func (f *formatter) word(n *yaml.Node) string {
	switch {
	case n.Tag != "!!str" || n.Style == 0 && n.Value != "" && !strings.ContainsAny(n.Value, ",[]{}\n"):
		return n.Value
	case f.raw[n] != "" && !isPlain(n.Value):
		return f.raw[n]
	}
	return Scalar(n.Value)
}
