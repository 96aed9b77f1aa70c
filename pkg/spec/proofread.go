package spec

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// mistake is why a file is not YAML, and where.
type mistake struct {
	at         int // byte
	what, hint string
}

// proofreader goes over a file that yaml.v3 refused, to say in our words what is wrong with it: yaml.v3 tells a line at best, often
// that where something began. It knows as much of YAML as files of ours use, and may take for wrong what is only unusual, so it is
// asked about no file that yaml.v3 reads. It takes time in proportion to the file.
type proofreader struct {
	data           []byte
	i              int     // the next byte
	ended          bool    // by ... at the beginning of a line
	levels         []level // the open lists and mappings, outermost first
	awaits         bool    // the value of a key or item stands further down
	plain          bool    // the last value is text that the next lines may go on with
	lone           int     // where that text is, if no key is before it in its line; else -1
	tab            int     // the first tab in a line of nothing else; -1
	lines, counted int     // the ends of lines before a byte

	doubt  *mistake
	halves []int // where surrogate pairs are that stand for one character, as in JSON
}

// level is a list or mapping.
type level struct {
	indent, line int // of its entries, and that of the first
	list         bool
}

// findMistake returns the first mistake, nil where it sees none, what it could not read and may be one, and where surrogate pairs are.
func findMistake(data []byte) (found, doubt *mistake, halves []int) {
	p := &proofreader{data: data, lone: -1, tab: -1}
	for p.i < len(data) && found == nil {
		found = p.line()
	}
	if found == nil && p.tab >= 0 {
		found = &mistake{p.tab, "a tab in a line of its own", "remove it"}
	}
	return found, p.doubt, p.halves
}

// rest is the text from here to the end of the line, without blanks at its end.
func (p *proofreader) rest() []byte { return firstLine(p.data[p.i:]) }

func firstLine(text []byte) []byte {
	line, _, _ := bytes.Cut(text, []byte("\n"))
	return bytes.TrimRight(line, " \t\r")
}

func (p *proofreader) nextLine() {
	if i := bytes.IndexByte(p.data[p.i:], '\n'); i >= 0 {
		p.i += i + 1
		return
	}
	p.i = len(p.data)
}

func (p *proofreader) blanks() {
	for p.i < len(p.data) && (p.data[p.i] == ' ' || p.data[p.i] == '\t') {
		p.i++
	}
}

// lineEnds says whether nothing but a comment is left in the line.
func (p *proofreader) lineEnds() bool {
	rest := p.rest()
	return len(rest) == 0 || rest[0] == '#'
}

// lineNumber is that of the next byte. It counts on from where it was asked last.
func (p *proofreader) lineNumber() int {
	p.lines += bytes.Count(p.data[p.counted:p.i], []byte("\n"))
	p.counted = p.i
	return 1 + p.lines
}

// line reads what begins in this line.
func (p *proofreader) line() *mistake {
	start := p.i
	for p.i < len(p.data) && p.data[p.i] == ' ' {
		p.i++
	}
	indent, rest := p.i-start, p.rest()
	switch {
	case len(rest) == 0 || rest[0] == '#':
		if p.tab < 0 && p.i < len(p.data) && p.data[p.i] == '\t' {
			p.tab = p.i
		}
		p.nextLine()
		return nil
	case rest[0] == '\t':
		return &mistake{p.i, "a tab in the indentation", "indent with blanks"}
	case indent == 0 && isMarker(rest, "---", "...") && len(rest) == 3:
		p.levels, p.awaits, p.plain, p.ended = nil, true, false, rest[0] == '.'
		p.nextLine()
		return nil
	case p.ended:
		return &mistake{p.i, "text after ..., which ends the file", "remove the line with ..."}
	case indent == 0 && rest[0] == '%' && len(p.levels) == 0:
		return &mistake{p.i, "a directive that is not supported", "remove the line"}
	case isMarker(rest, "?", ":"): // keys of several lines, which we don't know
		p.giveUp()
		return nil
	}
	return p.entry(indent)
}

func isMarker(line []byte, markers ...string) bool {
	return slices.ContainsFunc(markers, func(m string) bool {
		return bytes.HasPrefix(line, []byte(m)) && (len(line) == len(m) || line[len(m)] == ' ' || line[len(m)] == '\t')
	})
}

// entry reads an item or a key with what follows in the same line.
func (p *proofreader) entry(column int) *mistake {
	for p.i < len(p.data) {
		rest := p.rest()
		key := keyEnd(rest)
		switch {
		case p.plain && key < 0 && column > p.parent():
			p.nextLine() // the text goes on
			return nil
		case isMarker(rest, "-"):
			width, m := p.mark(column)
			if m != nil || width == 0 {
				return m
			}
			column += width
			continue
		}
		if m := p.notAnEntry(column, rest, key); m != nil {
			return m
		}
		if key < 0 {
			if p.awaits && column < p.parent() {
				return p.misplaced(column, "this line is indented too little for a value")
			}
			at := p.i
			p.awaits = false
			m := p.value()
			p.lone = at
			return m
		}
		if m := unquotable(rest, p.i); m != nil {
			return m
		}
		if m := p.level(column, false); m != nil {
			return m
		}
		p.i += key
		if p.blanks(); p.lineEnds() {
			p.nextLine()
			return nil
		}
		p.awaits = false
		return p.value()
	}
	return nil
}

// mark reads the - of an item, and how far what follows in the line is from it; 0 where nothing follows.
func (p *proofreader) mark(column int) (width int, m *mistake) {
	if m := p.level(column, true); m != nil {
		return 0, m
	}
	from := p.i
	p.i++
	if p.blanks(); p.lineEnds() {
		p.nextLine()
		return 0, nil
	}
	if i := bytes.IndexByte(p.data[from:p.i], '\t'); i >= 0 && keyEnd(p.rest()) >= 0 {
		return 0, &mistake{from + i, "a tab after -", "write a blank"}
	}
	return p.i - from, nil
}

// columnOf counts from 0, in bytes.
func (p *proofreader) columnOf(at int) int {
	return at - bytes.LastIndexByte(p.data[:at], '\n') - 1
}

// parent is how far the list or mapping that is read is indented.
func (p *proofreader) parent() int {
	if len(p.levels) == 0 {
		return -1
	}
	return p.levels[len(p.levels)-1].indent
}

// level finds the list or mapping that an entry at a column belongs to, or opens it.
func (p *proofreader) level(column int, list bool) *mistake {
	if !list && p.plain && p.lone >= 0 && column >= p.columnOf(p.lone) {
		return noKey(p.data[p.lone:], p.lone)
	}
	awaits, last := p.awaits, len(p.levels)-1
	p.awaits, p.plain, p.lone = true, false, -1
	if last < 0 || awaits && column > p.levels[last].indent || awaits && list && column == p.levels[last].indent && !p.levels[last].list {
		if len(p.levels) == maxDepth {
			return &mistake{p.i, tooDeep.what, tooDeep.hint}
		}
		p.levels = append(p.levels, level{column, p.lineNumber(), list})
		return nil
	}
	if column > p.levels[last].indent {
		return p.misplaced(column, "this line is indented too far, since the one above has its value already")
	}
	open := p.levels
	for last >= 0 && (open[last].indent > column || open[last].indent == column && open[last].list && !list && last > 0 && open[last-1].indent == column) {
		last--
	}
	switch {
	case last < 0 || open[last].indent != column:
		return p.misplaced(column, "this line is in line with none above")
	case open[last].list && !list:
		if p.data[p.i] == '-' {
			return &mistake{p.i, "no blank after -", "write - and a blank before the item"}
		}
		return &mistake{p.i, fmt.Sprintf("a key where the list of line %d goes on", open[last].line), "write - and a blank before it, or indent it as the keys of its item"}
	case !open[last].list && list:
		return &mistake{p.i, fmt.Sprintf("an item where the keys of line %d go on", open[last].line), "indent it as the other items of its list, or write its key on the line above"}
	}
	p.levels = open[:last+1]
	return nil
}

// misplaced says how far lines may be indented here.
func (p *proofreader) misplaced(column int, what string) *mistake {
	const most = 3
	var ways []string
	for _, l := range slices.Backward(p.levels) {
		if way := fmt.Sprintf("%d (as line %d)", l.indent, l.line); len(ways) < most && (len(ways) == 0 || l.indent != column) {
			ways = append(ways, way)
		}
	}
	return &mistake{p.i, fmt.Sprintf("%s: it has %s before it", what, blanksOf(column)), "indent it by " + either(ways)}
}

func blanksOf(n int) string {
	if n == 1 {
		return "1 blank"
	}
	return fmt.Sprintf("%d blanks", n)
}

// notAnEntry says what is wrong with a line that is neither key nor item though only these can stand here.
func (p *proofreader) notAnEntry(column int, rest []byte, key int) *mistake {
	if bytes.HasPrefix(rest, []byte("```")) {
		return &mistake{p.i, "a line that belongs to the document that this was copied from", "remove it"}
	}
	if slices.ContainsFunc([]string{"//", "/*", "<!--", ";"}, func(mark string) bool { return bytes.HasPrefix(rest, []byte(mark)) }) {
		return &mistake{p.i, "a comment as other languages have it", "begin comments with #"}
	}
	r, width := utf8.DecodeRune(rest)
	if bullet(r) && (len(rest) == width || rest[width] == ' ' || rest[width] == '\t') {
		return &mistake{p.i, fmt.Sprintf("%q (%U) begins no list item", r, r), "write - and a blank"}
	}
	last := len(p.levels) - 1
	inList := last >= 0 && p.levels[last].list && p.levels[last].indent == column
	if r == '-' && len(rest) > 1 && inList {
		return &mistake{p.i + 1, "no blank after -", "write - and a blank before the item"}
	}
	if key >= 0 || p.awaits || last < 0 || column > p.parent() && !p.plain {
		return nil
	}
	if m := slip(rest, p.i); m != nil {
		return m
	}
	if r == '＃' {
		return &mistake{p.i, "'＃' (U+FF03) begins no comment", "write a plain #"}
	}
	if !(rest[0] >= '0' && rest[0] <= '9' || unicode.IsLetter(r)) {
		return nil
	}
	if inList {
		return &mistake{p.i, "no - before this item", "write - and a blank before it"}
	}
	return noKey(rest, p.i)
}

// bullet says whether text programs begin the items of a list with a character.
func bullet(r rune) bool {
	return strings.ContainsRune("•‣●○▪■◦·–—−－*+➢✓\uf0b7", r)
}
