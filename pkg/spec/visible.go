package spec

import (
	"bytes"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// The most characters in a name and in a line of free text.
const (
	maxName = 128
	maxLine = 500
)

// name reads a name: one line, all of it visible.
func (d *decoder) name(n *yaml.Node, what string) (string, bool) {
	text, ok := d.line(n, what, maxName)
	if ok {
		d.warnOfStrangeLetters(n, what)
	}
	return text, ok
}

// line reads one line of text, all of it visible.
func (d *decoder) line(n *yaml.Node, what string, limit int) (string, bool) {
	text, ok := d.text(n, what)
	return text, ok && d.visible(n, what, limit)
}

// visible refuses text that people can't read as it is.
func (d *decoder) visible(n *yaml.Node, what string, limit int) bool {
	if first, _ := utf8.DecodeRuneInString(n.Value); n.Style == 0 && curlyQuote(first) {
		d.reject(d.at(n), fmt.Sprintf(`write plain quotes, or put them around all of it if %c belongs to it`, first), "%s begins with %q (%U), which is no quote to YAML", what, first, first)
		return false
	}
	if n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 && strings.HasSuffix(n.Value, "\n") {
		d.reject(d.at(n), "write it on the line of its key, or begin it with |- or >-", "%s ends with a line end", what)
		return false
	}
	flaw, hint := d.flaw(n, 0, n.Value, limit)
	if flaw != "" {
		d.reject(d.at(n), hint, "%s %s %s", what, quoted(n.Value), flaw)
	}
	return flaw == ""
}

// Flaw says what is wrong with a text that people read as one line, and what to do about it; both are "" where nothing is.
// limit counts characters.
func Flaw(text string, limit int) (flaw, hint string) {
	flaw, hint, _ = findFlaw(text, limit)
	return flaw, hint
}

// findFlaw is Flaw, and the character that is to be removed, 0 where it is none.
func findFlaw(text string, limit int) (flaw, hint string, cause rune) {
	first, _ := utf8.DecodeRuneInString(text)
	last, _ := utf8.DecodeLastRuneInString(text)
	hidden := strings.IndexFunc(text, isHidden)
	switch {
	case text == "":
		return "is empty", "fill it in", 0
	case unicode.IsSpace(first):
		return blankAtEnd, "remove the blank", first
	case unicode.IsSpace(last):
		return blankAtEnd, "remove the blank", last
	case hidden >= 0 && text[hidden] == '\t':
		return "holds a tab", "write a blank or a comma in its place", 0
	case hidden >= 0:
		r, _ := utf8.DecodeRuneInString(text[hidden:])
		return fmt.Sprintf("holds the invisible character %U", r), "remove the character", r
	case utf8.RuneCountInString(text) > limit:
		return fmt.Sprintf("is longer than %d characters", limit), "shorten it", 0
	}
	return "", "", 0
}

const blankAtEnd = "begins or ends with a blank"

// isHidden says whether a character can't be seen or turns the direction of the text around them: control and format
// characters, line separators, those that choose how others look, and letters that fonts show as nothing.
func isHidden(r rune) bool {
	const emptyBraille = '\u2800'
	if r < unicode.MaxASCII {
		return r < ' '
	}
	return r == emptyBraille || r == utf8.RuneError || unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Co, unicode.Cs,
		unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point)
}

// turnsAround says whether a character shows the text after it, or what is around it, in another order than it has, or
// breaks a line or controls a terminal. No name has them, however they are written.
func turnsAround(r rune) bool {
	return r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069' || r == utf8.RuneError || unicode.In(r, unicode.Cc, unicode.Zl, unicode.Zp, unicode.Cs)
}

// flaw is that of text, which stands in a node's value from a byte on. There what can't be seen is none as long as the file writes
// it out: as \u200C within double quotes. So people can name what exists at a vendor, and those who read the file see what is there.
func (d *decoder) flaw(n *yaml.Node, from int, text string, limit int) (flaw, hint string) {
	if limit == maxName && n.Style == 0 {
		if flaw, hint := misread(text, from > 0); flaw != "" {
			return flaw, hint
		}
	}
	flaw, hint, cause := findFlaw(text, limit)
	if flaw == "" {
		return "", ""
	}
	if seen, written := d.asWritten(n); written {
		start := utf8.RuneCountInString(n.Value[:from])
		flaw, hint, cause = findFlaw(string(seen[start:start+utf8.RuneCountInString(text)]), limit)
	}
	switch {
	case cause == 0 || turnsAround(cause):
		return flaw, hint
	case cause > 0xffff:
		return flaw, fmt.Sprintf(`%s, or write it as \U%08X in double quotes if it belongs to the name`, hint, cause)
	}
	return flaw, fmt.Sprintf(`%s, or write it as \u%04X in double quotes if it belongs to the name`, hint, cause)
}

// asWritten is the text of a node in double quotes as people see it in the file: with an x for each character that can't be seen
// and is written out. It is false where nothing is written out, or nothing else is there.
func (d *decoder) asWritten(n *yaml.Node) (seen []rune, written bool) {
	if n.Style&yaml.DoubleQuotedStyle == 0 {
		return nil, false
	}
	source, visible := d.source(n), false
	for _, r := range n.Value {
		char, width := utf8.DecodeRune(source)
		switch {
		case len(source) == 0 || char == '\n' || char == '\r':
			return nil, false // text over several lines, which no name is
		case char != '\\':
			visible = visible || !isHidden(r) && !unicode.IsSpace(r)
			seen = append(seen, r)
		default:
			width = escapeWidth(source)
			hidden := isHidden(r) || unicode.IsSpace(r)
			visible = visible || !hidden
			if hidden && !turnsAround(r) {
				r, written = 'x', true
			}
			seen = append(seen, r)
		}
		source = source[min(width, len(source)):]
	}
	return seen, written && visible
}

// escapeWidth is how many bytes an escape has, which yaml.v3 found to be one.
func escapeWidth(source []byte) int {
	if len(source) < 2 {
		return len(source)
	}
	return len(`\n`) + escapeDigits(source[1])
}

// source is what stands after the opening quote of a node. It goes on from where it was asked last, since lines may be long.
func (d *decoder) source(n *yaml.Node) []byte {
	at := d.sought
	if at.line > n.Line || at.line == n.Line && at.column > n.Column || at.line == 0 {
		at = place{line: 1, column: 1}
	}
	for ; at.line < n.Line; at.line, at.column = at.line+1, 1 {
		i := bytes.IndexByte(d.data[at.offset:], '\n')
		if i < 0 {
			return nil
		}
		at.offset += i + 1
	}
	for ; at.column < n.Column && at.offset < len(d.data); at.column++ {
		_, width := utf8.DecodeRune(d.data[at.offset:])
		at.offset += width
	}
	d.sought = at
	return bytes.TrimPrefix(d.data[at.offset:], []byte(`"`))
}

// place is where a byte is.
type place struct{ line, column, offset int }
