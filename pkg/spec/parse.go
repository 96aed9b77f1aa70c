package spec

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// Bounds of what is read: how deep lists and mappings may nest, and how many lines and items all files may have. A node
// takes far more memory than the two bytes that it needs in a file.
const (
	maxDepth = 32
	maxItems = 8_000_000
)

// What two places report.
var (
	tooDeep = fault{fmt.Sprintf("nesting is deeper than %d", maxDepth), "flatten it"}
	noAlias = fault{"aliases are not supported", "write the value out, or quote the text if it begins with *"}
)

// parse turns a file's contents into its root node, nil when there is none worth reading on. The node API checks
// nothing by itself, so what we do not want in a file is refused here, once, for the whole tree.
func (d *decoder) parse(data []byte) *yaml.Node {
	data, ok := d.readable(data)
	if !ok || d.conflicts(data) {
		return nil
	}
	d.data, d.height = plainVersion(data), 1+bytes.Count(data, []byte("\n"))
	root, err := d.root()
	if err != nil {
		m, doubt, halves := findMistake(d.data)
		if m != nil || len(halves) == 0 {
			d.syntaxError(err, cmp.Or(m, doubt))
			return nil
		}
		d.join(halves)
		if root, err = d.root(); err != nil {
			d.syntaxError(err, nil)
			return nil
		}
	}
	if root == nil {
		d.reject(d.start(), "begin with `version: 1`, or remove the file", "file is empty")
		return nil
	}
	d.check(root, 1)
	return root
}

// root is what the first document holds, nil where it holds nothing.
func (d *decoder) root() (*yaml.Node, error) {
	if short, lists := cutLists(d.data); len(lists) > 0 {
		if root, second, err := document(short); err == nil && second == nil && root != nil {
			if cut, all := cutIn(root, lists); all {
				d.cut = cut
				return root, nil
			}
		}
	}
	root, second, err := document(d.data)
	if second != nil {
		d.reject(d.at(second), "put it into a file of its own", "second document in one file")
	}
	return root, err
}

// document is what the first document holds, nil where it holds nothing, and a second one unless that is empty.
func document(data []byte) (root, second *yaml.Node, err error) {
	reader := yaml.NewDecoder(bytes.NewReader(data))
	first, err := next(reader)
	if errors.Is(err, io.EOF) {
		return nil, nil, nil
	}
	if err != nil || len(first.Content) != 1 || isNull(first.Content[0]) {
		return nil, nil, err
	}
	for {
		more, err := next(reader)
		if errors.Is(err, io.EOF) {
			return first.Content[0], nil, nil
		}
		if err != nil {
			return nil, nil, err
		}
		if !empty(&more) {
			return first.Content[0], &more, nil
		}
	}
}

func empty(document *yaml.Node) bool {
	return document.Kind != yaml.DocumentNode || len(document.Content) != 1 || isNull(document.Content[0]) && document.Content[0].Value == ""
}

// next reads a document. It is the one place that calls yaml.v3, which can panic on some inputs.
func next(reader *yaml.Decoder) (document yaml.Node, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = errPanic
		}
	}()
	err = reader.Decode(&document)
	return document, err
}

var errPanic = errors.New("the YAML reader can't cope with this file")

// yamlVersion matches the line that says which YAML a file is written in. All of 1 are the same in files of ours.
var yamlVersion = regexp.MustCompile(`^(?:[ \t]*(?:#[^\n]*)?\r?\n)*%YAML 1\.[0-9]+[ \t]*(?:#[^\n]*)?\r?(?:\n|$)`)

// plainVersion makes that line a comment of the same length.
func plainVersion(data []byte) []byte {
	line := yamlVersion.Find(data)
	if line == nil {
		return data
	}
	data = bytes.Clone(data)
	data[bytes.LastIndex(line, []byte("%YAML"))] = '#'
	return data
}

// FindMistake says why a text is not YAML, and where: nil where it can't tell. It quotes nothing of it but single characters.
func FindMistake(name string, text []byte) *Error {
	d := decoder{loader: &loader{}, file: name}
	if !d.conflicts(text) {
		m, doubt, _ := findMistake(text)
		if m = cmp.Or(m, doubt); m == nil {
			return nil
		}
		d.reject(d.offset(text, m.at), m.hint, "%s", m.what)
	}
	return d.found[0]
}

// join writes each surrogate pair as one character, and notes where, for positions.
func (d *decoder) join(halves []int) {
	d.joined = map[int][]int{}
	at, line, column := 0, 1, 1
	for _, i := range halves {
		if lines := bytes.Count(d.data[at:i], []byte("\n")); lines > 0 {
			at, line, column = at+bytes.LastIndexByte(d.data[at:i], '\n')+1, line+lines, 1
		}
		column += utf8.RuneCount(d.data[at:i])
		d.joined[line] = append(d.joined[line], column-len(d.joined[line])*narrower)
		at = i
	}
	d.data = joinHalves(d.data, halves)
}

var (
	yamlError = regexp.MustCompile(`^yaml: (?:line (\d+): )?(.*)`)
	// yaml.v3 counts lines from 0 in what its parser, and not its scanner, finds.
	countsFrom0 = regexp.MustCompile(`^did not find expected (<document start>|node content|key|'-' indicator|',' or '[\]}]')`)
	anchorError = regexp.MustCompile(`^unknown anchor '(.*)' referenced`)
)

// syntaxError reports an error of yaml.v3 by the mistake that we see. Where we see none, yaml.v3 gives a line at best. What it
// quotes from the file is left out, since that may be a secret.
func (d *decoder) syntaxError(err error, m *mistake) {
	if anchor := anchorError.FindStringSubmatch(yamlError.ReplaceAllString(err.Error(), "$2")); anchor != nil {
		at := d.offset(d.data, max(0, bytes.Index(d.data, []byte("*"+anchor[1]))))
		d.reject(at, noAlias.hint, "%s", noAlias.what)
		return
	}
	if m != nil {
		d.reject(d.offset(d.data, m.at), m.hint, "%s", m.what)
		return
	}
	at, what, hint := d.start(), err.Error(), "check indentation (blanks, no tabs), quotes and brackets here and above"
	if found := yamlError.FindStringSubmatch(what); found != nil {
		what = found[2]
		if line, err := strconv.Atoi(found[1]); err == nil {
			if countsFrom0.MatchString(what) {
				line++
			}
			at = d.firstOf(line)
		}
	}
	if strings.HasPrefix(what, "exceeded max depth") {
		d.reject(at, tooDeep.hint, "%s", tooDeep.what)
		return
	}
	d.reject(at, hint, "not valid YAML: %s", what)
}

// firstOf is where the text of a line begins; lines beyond the file stand for its last.
func (d *decoder) firstOf(line int) Position {
	at := 0
	for range line - 1 {
		i := bytes.IndexByte(d.data[at:], '\n')
		if i < 0 {
			break
		}
		at += i + 1
	}
	text := d.data[at:]
	return d.offset(d.data, at+len(text)-len(bytes.TrimLeft(text, " \t")))
}

// readable cuts a byte order mark off and refuses bytes that people and YAML readers see differently: what is not
// UTF-8, control characters, and line ends that most editors do not show as such.
func (d *decoder) readable(data []byte) ([]byte, bool) {
	if bytes.HasPrefix(data, []byte("\xff\xfe")) || bytes.HasPrefix(data, []byte("\xfe\xff")) {
		d.reject(d.start(), "save it as UTF-8", "file is UTF-16 or UTF-32")
		return nil, false
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	items := 0
	for i, width := 0, 1; i < len(data); i += width {
		width = 1
		switch c := data[i]; {
		case c == '\n' || c == ',' || c == '[' || c == '{' || c == ' ' && i > 0 && (data[i-1] == '-' || data[i-1] == '?'):
			items++
		case c >= ' ' && c < 0x7f || c == '\t':
		default:
			var what, hint string
			if what, hint, width = unreadableAt(data, i); what != "" {
				d.reject(d.offset(data, i), hint, "%s", what)
				return nil, false
			}
		}
	}
	if d.lines += items; d.lines > maxItems {
		d.reject(d.start(), "split them over several runs", "files have more than %d lines and items together", maxItems)
		return nil, false
	}
	return data, true
}

// unreadableAt says what is wrong with the character at a place, and how many bytes it has.
func unreadableAt(all []byte, at int) (what, hint string, width int) {
	data := all[at:]
	r, width := utf8.DecodeRune(data)
	switch {
	case r == utf8.RuneError && width == 1:
		return fmt.Sprintf("byte 0x%02x is not UTF-8", data[0]), "save the file as UTF-8", width
	case r == '\r' && len(data) > 1 && data[1] == '\n':
		return "", "", width
	case r == '\r':
		return "carriage return without a line feed", "save the file with LF or CRLF line ends", width
	case r == '\u2028' || r == '\u2029' || r == '\u0085' || r == '\ufeff':
		return fmt.Sprintf("invisible character %U", r), "remove it", width
	case unicode.IsControl(r) || r == '\ufffe' || r == '\uffff':
		return fmt.Sprintf("control character %U", r), "remove it", width
	case isHidden(r) && beginsLine(all, at):
		return fmt.Sprintf("the invisible character %U in the indentation", r), "remove it", width
	case unicode.IsSpace(r) && beginsLine(all, at):
		return fmt.Sprintf("the blank %U in the indentation", r), "indent with plain blanks", width
	}
	return "", "", width
}

// beginsLine says whether nothing but blanks is before a byte in its line.
func beginsLine(data []byte, at int) bool {
	for at > 0 && (data[at-1] == ' ' || data[at-1] == '\t') {
		at--
	}
	return at == 0 || data[at-1] == '\n'
}

func (d *decoder) start() Position { return Position{File: d.file, Line: 1, Column: 1} }

// offset is the position of a byte.
func (d *decoder) offset(data []byte, i int) Position {
	before := data[:i]
	start := bytes.LastIndexByte(before, '\n') + 1
	return Position{File: d.file, Line: 1 + bytes.Count(before, []byte("\n")), Column: 1 + utf8.RuneCount(before[start:])}
}

// check refuses what makes a file mean other things than it seems to: anchors, aliases, merge keys, tags, deep nesting. The value of a
// last key that is written as "? key" begins below the file by yaml.v3's account, and from now on at its end.
func (d *decoder) check(n *yaml.Node, depth int) {
	if n.Line > d.height {
		end := d.offset(d.data, len(d.data))
		n.Line, n.Column = end.Line, end.Column
	}
	switch {
	case depth > maxDepth:
		d.reject(d.at(n), tooDeep.hint, "%s", tooDeep.what)
		return
	case n.Kind == yaml.AliasNode:
		d.reject(d.at(n), noAlias.hint, "%s", noAlias.what)
		return
	case n.Anchor != "":
		d.reject(d.at(n), "write the value out where it is used, or quote the text if it begins with &", "anchors are not supported")
	case n.Style&yaml.TaggedStyle != 0:
		d.reject(d.at(n), "remove it, or quote the text if it begins with !", "tags are not supported")
	case n.Tag == "!!merge":
		d.reject(d.at(n), "write the keys out", "merge keys (<<) are not supported")
	case templated(n):
		d.reject(d.at(n), template.hint, "%s", template.what)
	}
	for _, child := range n.Content {
		d.check(child, depth+1)
	}
}
