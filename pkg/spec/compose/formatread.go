package compose

import (
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// place is where something begins, counted from 1, in characters.
type place struct{ line, column int }

func placeOf(n *yaml.Node) place { return place{n.Line, n.Column} }

func (p place) before(o place) bool {
	return p.line < o.line || p.line == o.line && p.column < o.column
}

// remark is a comment of a file.
type remark struct {
	at   place
	text string
	own  bool       // it has a line, or what follows a dash, to itself
	dash bool       // it follows a dash
	flow *yaml.Node // the innermost list or mapping in brackets that it is in; nil: none
}

// scan is what the tree of a file doesn't say of it, or not reliably.
type scan struct {
	lines   []string
	remarks []remark
	ends    map[*yaml.Node]place  // where brackets close
	raw     map[*yaml.Node]string // texts in double quotes as they stand there, where that is one line
}

// scanner reads a file by its characters. Where quotes and brackets open it knows from the tree.
type scanner struct {
	scan
	opens map[place]*yaml.Node
	flow  []*yaml.Node // that are open
	text  *yaml.Node   // a text of several lines that is open: in quotes, or below | or >
	quote rune         // that closes it; 0: fewer blanks do
	least int          // how many blanks its lines begin with; 0: not known yet
	begin int          // where in the line it began; -1: in another one
}

func scanned(text string, root *yaml.Node) scan {
	s := scanner{opens: map[place]*yaml.Node{}, scan: scan{ends: map[*yaml.Node]place{}, raw: map[*yaml.Node]string{}}}
	s.note(root)
	s.lines = strings.Split(text, "\n")
	for i, line := range s.lines {
		s.line(i+1, []rune(line))
	}
	return s.scan
}

// note remembers where quotes, brackets and texts of several lines open.
func (s *scanner) note(n *yaml.Node) {
	isFlow := n.Kind != yaml.ScalarNode && n.Style&yaml.FlowStyle != 0
	if isFlow || n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
		s.opens[placeOf(n)] = n
	}
	for _, child := range n.Content {
		s.note(child)
	}
}

func (s *scanner) line(number int, line []rune) {
	if s.text != nil && s.quote == 0 && s.continues(line) {
		return
	}
	separate := true // a comment may begin
	for i := 0; i < len(line); i++ {
		r := line[i]
		switch {
		case s.quote != 0:
			i = s.within(line, i)
			separate = s.quote == 0
			continue
		case r == '#' && separate:
			s.remark(number, line, i)
			return
		}
		n := s.opens[place{number, i + 1}]
		switch {
		case n != nil && n.Kind != yaml.ScalarNode:
			s.flow = append(s.flow, n)
			separate = true
		case n != nil && (r == '"' || r == '\''):
			s.text, s.quote, s.begin = n, r, i
		case n != nil:
			s.text, s.least = n, 0
		case len(s.flow) > 0 && (r == ']' || r == '}'):
			last := len(s.flow) - 1
			s.ends[s.flow[last]], s.flow = place{number, i + 1}, s.flow[:last]
			separate = true
		default:
			separate = r == ' ' || r == '\t' || r == ',' && len(s.flow) > 0
		}
	}
	s.begin = -1
}

// continues says whether a line belongs to a text below | or >.
func (s *scanner) continues(line []rune) bool {
	blanks := len(line) - len([]rune(strings.TrimLeft(string(line), " ")))
	if blanks == len(line) {
		return true
	}
	if s.least == 0 && strings.Trim(s.text.Value, "\n") != "" {
		s.least = blanks
	}
	if s.least == 0 || blanks < s.least {
		s.text = nil
		return false
	}
	return true
}

// within goes on in a text in quotes, and answers how far it came.
func (s *scanner) within(line []rune, i int) int {
	switch {
	case s.quote == '"' && line[i] == '\\':
		return i + 1
	case line[i] != s.quote:
		return i
	case s.quote == '\'' && i+1 < len(line) && line[i+1] == '\'':
		return i + 1
	}
	if s.quote == '"' && s.begin >= 0 {
		s.raw[s.text] = string(line[s.begin : i+1])
	}
	s.text, s.quote = nil, 0
	return i
}

func (s *scanner) remark(number int, line []rune, i int) {
	r := remark{at: place{number, i + 1}, text: strings.TrimRight(string(line[i:]), " \t")}
	before := strings.Trim(string(line[:i]), " \t")
	r.own = strings.Trim(before, "- \t") == ""
	r.dash = r.own && before != ""
	if len(s.flow) > 0 {
		r.flow = s.flow[len(s.flow)-1]
	}
	s.remarks = append(s.remarks, r)
	s.begin = -1
}

// blank says whether there is nothing in a line, counted from 1.
func (s scan) blank(number int) bool {
	return number >= 1 && number <= len(s.lines) && strings.TrimSpace(s.lines[number-1]) == ""
}

// texts are the comments, sorted.
func (s scan) texts() []string {
	var all []string
	for _, r := range s.remarks {
		all = append(all, r.text)
	}
	slices.Sort(all)
	return all
}
