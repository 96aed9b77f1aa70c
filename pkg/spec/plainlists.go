package spec

import (
	"bytes"
	"slices"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// Most of a large file is lists of plain words in brackets, with which yaml.v3 takes most of its time. So it is shown the file with only
// the first word of each of them, and blanks in place of the others, so that what follows is where it was. Where it finds a list of
// that one word in that place, the file has a list there, and the others are its words. Where it finds anything else, be it once,
// it reads the whole file: they may be in a text or a comment.

// fewWords are as many as are left to yaml.v3.
const fewWords = 8

// plainList is a list of which only the first word was left.
type plainList struct {
	line, column int    // of that word
	text         string // from it to the last word
}

// cutLists leaves of each plain list only the first word.
func cutLists(data []byte) (short []byte, lists []plainList) {
	short = make([]byte, 0, len(data))
	line, column := 1, 1 // of what comes next
	for {
		bracket := bytes.IndexByte(data, '[')
		if bracket < 0 {
			return append(short, data...), lists
		}
		head := data[:bracket+1]
		short, data = append(short, head...), data[bracket+1:]
		line, column = after(head, line, column)
		words, first, n := plainWords(data)
		if n <= fewWords {
			continue
		}
		begin := bytes.Index(words, first)
		l := plainList{text: string(words[begin:])}
		l.line, l.column = after(words[:begin], line, column)
		lists = append(lists, l)
		line, column = after(words, line, column)
		short = append(append(short, words[:begin]...), first...)
		for _, r := range l.text[len(first):] {
			if r != '\n' && r != '\r' {
				r = ' '
			}
			short = append(short, byte(r))
		}
		data = data[len(words):]
	}
}

// after is where a text ends that begins somewhere.
func after(text []byte, line, column int) (int, int) {
	if ends := bytes.Count(text, []byte("\n")); ends > 0 {
		line, column, text = line+ends, 1, text[bytes.LastIndexByte(text, '\n')+1:]
	}
	return line, column + utf8.RuneCount(text)
}

// plainWords are the words of a list, up to the last, if that is all that stands before its closing bracket; else n is 0. Lines may
// end after commas.
func plainWords(data []byte) (words, first []byte, n int) {
	at := 0
	for {
		at += leading(data[at:], " \r\n")
		end := at + plainWord(data[at:])
		if end == at || reads(data[at:end]) {
			return nil, nil, 0
		}
		if n++; n == 1 {
			first = data[at:end]
		}
		at = end + leading(data[end:], " ")
		if at == len(data) {
			return nil, nil, 0
		}
		if data[at] != ',' {
			at += leading(data[at:], " \r\n")
			if at == len(data) || data[at] != ']' {
				return nil, nil, 0
			}
			return data[:end], first, n
		}
		at++
	}
}

func leading(data []byte, blanks string) int {
	return len(data) - len(bytes.TrimLeft(data, blanks))
}

// plainWord is how many bytes a word has that is what it seems to be in any list: letters, digits and some marks. It begins with a
// letter, so that it is no number and no date.
func plainWord(data []byte) (n int) {
	letter := func(c byte) bool { return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c >= utf8.RuneSelf }
	for n < len(data) {
		switch c := data[n]; {
		case letter(c):
		case n > 0 && ('0' <= c && c <= '9' || c == '_' || c == '.' || c == '-' || c == '@'):
		case n > 0 && c == ':' && n+1 < len(data) && letter(data[n+1]):
		default:
			return n
		}
		n++
	}
	return n
}

// reads says whether YAML takes a word for something else than text.
func reads(word []byte) bool {
	return len(word) <= len("false") && slices.Contains([]string{"true", "false", "null"}, strings.ToLower(string(word)))
}

// cutIn finds the lists in a tree from which words were cut. ok is false where that does not have all of them, in order.
func cutIn(root *yaml.Node, lists []plainList) (found map[*yaml.Node]plainList, ok bool) {
	found = make(map[*yaml.Node]plainList, len(lists))
	findCut(root, lists, found)
	return found, len(found) == len(lists)
}

func findCut(n *yaml.Node, lists []plainList, found map[*yaml.Node]plainList) {
	if len(found) == len(lists) {
		return
	}
	if l := lists[len(found)]; n.Kind == yaml.SequenceNode && len(n.Content) == 1 && n.Content[0].Kind == yaml.ScalarNode &&
		n.Content[0].Line == l.line && n.Content[0].Column == l.column {
		found[n] = l
		return
	}
	for _, child := range n.Content {
		findCut(child, lists, found)
	}
}

// itemsOf are those of a list, also where they were cut out.
func (d *decoder) itemsOf(n *yaml.Node) []*yaml.Node {
	if l, cut := d.cut[n]; cut {
		return l.nodes()
	}
	return n.Content
}

// nodes are those that yaml.v3 makes of the words, but for comments.
func (l plainList) nodes() []*yaml.Node {
	nodes := make([]*yaml.Node, 0, l.words())
	l.each(func(n *yaml.Node) {
		one := *n
		nodes = append(nodes, &one)
	})
	return nodes
}

func (l plainList) words() int { return strings.Count(l.text, ",") + 1 }

// each hands on the nodes, one after the other in the same place.
func (l plainList) each(take func(*yaml.Node)) {
	n := yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str"}
	line, column := l.line, l.column
	for at := 0; at < len(l.text); {
		switch l.text[at] {
		case '\n':
			line, column, at = line+1, 1, at+1
			continue
		case ' ', ',', '\r':
			column, at = column+1, at+1
			continue
		}
		n.Value, n.Line, n.Column = l.text[at:], line, column
		if end := strings.IndexAny(n.Value, " ,\r\n"); end >= 0 {
			n.Value = n.Value[:end]
		}
		take(&n)
		column, at = column+utf8.RuneCountInString(n.Value), at+len(n.Value)
	}
}
