package compose

import (
	"slices"
	"sort"
	"strings"

	"gopkg.in/yaml.v3"
)

// branch is a node of a file with the comments that belong to what is in it.
type branch struct {
	*yaml.Node
	entries   []*leaf
	owner     *leaf // nil: it is the root
	commented bool  // there is a comment inside
}

func (b *branch) isFlow() bool { return b.Style&yaml.FlowStyle != 0 }

// leaf is a key with its value, or an item of a list.
type leaf struct {
	key    *yaml.Node // nil: it is an item
	value  *branch
	in     *branch
	column int
	blank  bool      // its line follows a blank one
	above  []comment // it
	behind []string  // it, in its line
	below  []comment // it
}

// comment is one of several lines that belong together.
type comment struct {
	lines []string
	blank bool // it follows a blank line
	end   int  // the line of its last one; 0: it was none of the file's
}

// mark is where a key, an item or a value begins.
type mark struct {
	at      place
	of      *leaf
	isValue bool
}

// tree is a file.
type tree struct {
	scan
	root         *branch
	header, tail []comment // belong to nothing in it
	marks        []mark    // in order
}

func readTree(text string, root *yaml.Node) *tree {
	t := &tree{scan: scanned(text, root)}
	t.root = t.branch(root, nil)
	for _, group := range t.groups() {
		t.attach(group)
	}
	return t
}

func (t *tree) branch(n *yaml.Node, owner *leaf) *branch {
	b := &branch{Node: n, owner: owner}
	step := 1
	if n.Kind == yaml.MappingNode {
		step = 2
	}
	for i := 0; i+step <= len(n.Content); i += step {
		e := &leaf{in: b, column: n.Column}
		first := n.Content[i]
		if step == 2 {
			e.key, e.column = first, first.Column
		}
		e.blank = first.Line > 0 && strings.Trim(string([]rune(t.lines[first.Line-1])[:first.Column-1]), "- ") == "" && t.scan.blank(first.Line-1)
		t.marks = append(t.marks, mark{placeOf(first), e, false})
		value := n.Content[i+step-1]
		t.marks = append(t.marks, mark{placeOf(value), e, true})
		e.value = t.branch(value, e)
		b.entries = append(b.entries, e)
	}
	return b
}

// group is comments in lines that follow each other, or one behind something.
type group struct {
	remark
	comment
	last int // line
}

func (t *tree) groups() []group {
	var all []group
	for _, r := range t.remarks {
		if n := len(all) - 1; r.own && !r.dash && n >= 0 && all[n].own && all[n].last == r.at.line-1 && all[n].at.column == r.at.column {
			all[n].lines, all[n].last = append(all[n].lines, r.text), r.at.line
			continue
		}
		all = append(all, group{r, comment{lines: []string{r.text}, blank: t.blank(r.at.line - 1)}, r.at.line})
	}
	for i := range all {
		all[i].end = all[i].last
	}
	return all
}

// attach gives a comment to what it is about.
func (t *tree) attach(g group) {
	i := sort.Search(len(t.marks), func(i int) bool { return !t.marks[i].at.before(g.at) })
	if i == 0 {
		t.attachFirst(g)
		return
	}
	last := t.marks[i-1]
	var next *leaf
	if n := slices.IndexFunc(t.marks[i:], func(m mark) bool { return !m.isValue }); n >= 0 {
		next = t.marks[i+n].of
	}
	opened := g.flow != nil && last.isValue && last.of.value.Node == g.flow
	switch {
	case !g.own && !opened:
		t.attachBehind(g, last.of)
	case g.dash && next != nil:
		next.addAbove(g.comment)
	case g.flow != nil:
		t.attachInFlow(g, last.of, next)
	case !last.isValue && last.of.key != nil && (last.of.value.Kind == yaml.ScalarNode || last.of.value.isFlow()):
		last.of.addAbove(g.comment) // between a key and its value
	default:
		t.attachBetween(g, last.of, next)
	}
}

// attachFirst is for what stands before everything.
func (t *tree) attachFirst(g group) {
	rest := comment{blank: g.blank}
	if len(t.marks) > 0 && g.own && g.last == t.marks[0].at.line-1 {
		header := 0
		for i, line := range g.lines {
			if strings.HasPrefix(strings.TrimLeft(line, "# "), "yaml-language-server:") {
				header = i + 1
			}
		}
		g.lines, rest.lines = g.lines[:header:header], g.lines[header:]
	}
	if len(g.lines) > 0 {
		t.header, rest.blank = append(t.header, g.comment), false
	}
	if len(rest.lines) > 0 {
		t.marks[0].of.addAbove(rest)
	}
}

// attachBehind is for a comment behind something in a line.
func (t *tree) attachBehind(g group, e *leaf) {
	for e.in.isFlow() && t.ends[e.in.Node].line > 0 && t.ends[e.in.Node].before(g.at) {
		if e = e.in.owner; e == nil {
			t.tail = append(t.tail, g.comment)
			return
		}
	}
	e.behind = append(e.behind, g.text)
	e.comments()
}

// attachInFlow is for a comment that has a line to itself within brackets.
func (t *tree) attachInFlow(g group, last, next *leaf) {
	end, closed := t.ends[g.flow]
	if next != nil && closed && placeOf(next.first()).before(end) {
		next.addAbove(g.comment)
		return
	}
	for e := last; e != nil; e = e.in.owner {
		if e.in.Node == g.flow {
			e.addBelow(g.comment)
			return
		}
	}
	last.addAbove(g.comment) // the brackets are empty
}

// attachBetween is for a comment that has a line to itself.
func (t *tree) attachBetween(g group, last, next *leaf) {
	if next == nil && g.at.column == 1 && g.blank {
		t.tail = append(t.tail, g.comment)
		return
	}
	e := last
	for e != nil && (e.inFlow() || e.column > g.at.column) {
		e = e.in.owner
	}
	switch {
	case next == nil && e == nil:
		t.tail = append(t.tail, g.comment)
	case next == nil:
		e.addBelow(g.comment)
	case e == nil || next.within(e):
		next.addAbove(g.comment)
	case g.at.column > next.column || g.at.column == e.column && !g.blank && t.blank(g.last+1):
		e.addBelow(g.comment)
	default:
		next.addAbove(g.comment)
	}
}

func (e *leaf) addAbove(c comment) {
	e.above = append(e.above, c)
	e.comments()
}

func (e *leaf) addBelow(c comment) {
	e.below = append(e.below, c)
	e.comments()
}

// comments notes that there is a comment in all that the leaf is in.
func (e *leaf) comments() {
	for ; e != nil && !e.in.commented; e = e.in.owner {
		e.in.commented = true
	}
}

// first is the node that it begins with.
func (e *leaf) first() *yaml.Node {
	if e.key != nil {
		return e.key
	}
	return e.value.Node
}

func (e *leaf) within(o *leaf) bool {
	for ; e != nil; e = e.in.owner {
		if e == o {
			return true
		}
	}
	return false
}

// inFlow says whether there are brackets around it.
func (e *leaf) inFlow() bool {
	for ; e != nil; e = e.in.owner {
		if e.in.isFlow() {
			return true
		}
	}
	return false
}
