package spec

import (
	"bytes"
	"fmt"
	"unicode/utf8"
)

// flow is what is open in brackets: where each began, and what came last in the innermost.
type flow struct {
	*proofreader
	open   []int
	margin int // of the line in which all began
	last   part
	plain  bool // last is text without quotes, which goes on after a blank
	colon  bool // the entry has a key already
	end    int  // of what came last
	hides  int  // the # of a comment that ends with a bracket; 0: none does
}

// part is what stands between commas.
type part int

const (
	nothing part = iota
	value
	key
)

// flow reads from an opening bracket to the one that closes it.
func (p *proofreader) flow() *mistake {
	f := flow{proofreader: p, margin: p.margin(p.i)}
	for p.i < len(p.data) {
		m, closed := f.next()
		if m != nil || closed {
			return m
		}
	}
	return f.unclosed()
}

func (f *flow) unclosed() *mistake {
	at := f.open[len(f.open)-1]
	if f.hides > at {
		return &mistake{f.hides, "a comment that hides the bracket at its end", "put the text in quotes if the # belongs to it, else end the line before the comment"}
	}
	return &mistake{at, fmt.Sprintf("the bracket %c is not closed", f.data[at]), fmt.Sprintf("write %c at its end", closing(f.data[at]))}
}

func closing(open byte) byte {
	if open == '[' {
		return ']'
	}
	return '}'
}

// next reads a sign or a text.
func (f *flow) next() (m *mistake, closed bool) {
	switch c := f.data[f.i]; c {
	case ' ', '\t', '\r':
		f.i++
	case '\n':
		if f.last != nothing && f.lineOfOurs(f.margin) {
			return f.unclosed(), false
		}
		f.i++
	case '#':
		if f.i > 0 && bytes.IndexByte([]byte(" \t\n"), f.data[f.i-1]) < 0 {
			return f.value(), false
		}
		f.skipComment()
	case '[', '{':
		if m := f.template(); m != nil {
			return m, false
		}
		if m := f.comma(); m != nil {
			return m, false
		}
		if len(f.open) == maxDepth {
			return &mistake{f.i, tooDeep.what, tooDeep.hint}, false
		}
		f.open, f.last, f.colon = append(f.open, f.i), nothing, false
		f.i++
	case ']', '}':
		return f.close(c)
	case ',':
		if f.last == nothing {
			return &mistake{f.i, "a comma without a value before it", "remove it, or put the text in quotes"}, false
		}
		f.last, f.colon = nothing, false
		f.i++
	default:
		return f.value(), false
	}
	return nil, false
}

// template refuses {{ NAME }}, {% NAME %} and ${NAME}.
func (f *flow) template() *mistake {
	if f.i > 0 && f.data[f.i-1] == '$' && f.data[f.i] == '{' {
		return &mistake{f.i - 1, template.what, template.hint}
	}
	if text := f.data[f.i:]; bytes.HasPrefix(text, []byte("{{")) || bytes.HasPrefix(text, []byte("{%")) {
		return &mistake{f.i, template.what, template.hint}
	}
	return nil
}

func (f *flow) skipComment() {
	if comment := f.rest(); f.hides == 0 && bytes.IndexByte([]byte("]}"), comment[len(comment)-1]) >= 0 {
		f.hides = f.i
	}
	for f.i < len(f.data) && f.data[f.i] != '\n' {
		f.i++
	}
}

func (f *flow) close(c byte) (m *mistake, closed bool) {
	last := len(f.open) - 1
	if at := f.open[last]; closing(f.data[at]) != c {
		return &mistake{f.i, fmt.Sprintf("%c does not close the bracket %c", c, f.data[at]), fmt.Sprintf("write %c before it", closing(f.data[at]))}, false
	}
	f.open, f.last, f.plain = f.open[:last], value, false
	f.colon = true // what it closes may itself have a key, which is not looked at again
	f.i++
	f.end = f.i
	return nil, last == 0
}

// comma refuses a value right after another.
func (f *flow) comma() *mistake {
	if f.last == value {
		return &mistake{f.end, "no comma after this value", "write a comma between values"}
	}
	return nil
}

// value reads a text, and the colon after it where it is a key.
func (f *flow) value() *mistake {
	start := f.i
	quoted := f.data[start] == '"' || f.data[start] == '\''
	if !(f.plain && !quoted && f.last == value) {
		if m := f.comma(); m != nil {
			return m
		}
	}
	goesOn := f.last == value // over a line
	read := f.word
	if quoted {
		read = f.quotedWhole
	}
	if m := read(); m != nil {
		return m
	}
	end := f.end
	f.last, f.plain, f.end = value, !quoted, f.i
	if f.blanks(); !f.isColon(quoted) {
		return nil
	}
	switch {
	case goesOn:
		return &mistake{end, "no comma after this value", "write a comma between values"}
	case f.colon && bytes.ContainsAny(f.data[start:f.i], wideMarks):
		at := start + bytes.IndexAny(f.data[start:f.i], wideMarks)
		r, _ := utf8.DecodeRune(f.data[at:])
		return &mistake{at, fmt.Sprintf("YAML takes %q (%U) for a letter", r, r), "write a plain comma and a blank"}
	case f.colon && f.data[f.open[len(f.open)-1]] == '{':
		if m := cutOff(f.data[start:f.i], f.i); m != nil {
			return m
		}
		return &mistake{f.i, "a second colon in one value", "put the value in quotes if the colon belongs to it, or write a comma before the next key"}
	}
	f.last, f.colon = key, true
	f.i++
	return nil
}

// isColon says whether the colon after a key comes next. After quotes it needs no blank.
func (f *flow) isColon(quoted bool) bool {
	return f.i < len(f.data) && f.data[f.i] == ':' && (quoted || f.i+1 == len(f.data) || bytes.IndexByte([]byte(" \t\r\n,[]{}"), f.data[f.i+1]) >= 0)
}

// word reads text without quotes.
func (f *flow) word() *mistake {
	if f.isColon(false) {
		if f.data[f.open[len(f.open)-1]] == '[' {
			return &mistake{f.i, "a colon without a key before it", "remove it, or put the text in quotes"}
		}
		return nil // a key that is empty
	}
	if f.data[f.i] == ':' {
		return &mistake{f.i, "text within brackets can't begin with :", "put it in quotes"}
	}
	start := f.data[f.i:min(f.i+2, len(f.data))]
	if m := unquotable(start, f.i); m != nil {
		return m
	}
	if c := start[0]; c == '|' || c == '>' {
		return &mistake{f.i, fmt.Sprintf("text can't begin with %c", c), "put it in quotes"}
	}
	if isMarker(bytes.TrimRight(start, "\r\n"), "-") {
		return &mistake{f.i, "a list item within brackets", "separate the items with commas, without -"}
	}
	end := f.i + 1
	for f.i = end; f.i < len(f.data) && !f.wordEnds(); f.i++ {
		if f.data[f.i] == '?' {
			return &mistake{f.i, "a ? in text within brackets", "put the text in quotes"}
		}
		if c := f.data[f.i]; c != ' ' && c != '\t' && c != '\r' {
			end = f.i + 1
		}
	}
	f.i = end
	return nil
}

// wordEnds says whether the next byte is not of the text that is read.
func (f *flow) wordEnds() bool {
	c := f.data[f.i]
	return bytes.IndexByte([]byte(",[]{}\n"), c) >= 0 || c == '#' && f.data[f.i-1] == ' ' || f.isColon(false)
}

// afterBracket reads what follows brackets that began at start.
func (p *proofreader) afterBracket(start int) *mistake {
	if p.blanks(); p.lineEnds() {
		p.nextLine()
		return nil
	}
	switch c := p.data[p.i]; c {
	case ']', '}':
		return &mistake{p.i, fmt.Sprintf("%c closes nothing", c), "remove it"}
	case ':':
		return &mistake{p.i, "brackets can't be a key", "write a word before the colon"}
	case ',':
		return &mistake{p.i, "a comma after the closing bracket", "remove it"}
	}
	return &mistake{p.i, fmt.Sprintf("text after the closing bracket %c", closing(p.data[start])), "remove it, or put all of the value in quotes"}
}
