package main

import (
	"regexp"
	"strings"

	"github.com/mattn/go-runewidth"
)

// narrowest is the least width that text is fitted to; in less it can't be read anyway.
const narrowest = 20

// fit breaks the lines that are wider than a terminal at blanks, and indents what goes on below them. A word that is too wide
// stays whole, so that it can be copied, unless it is of wide characters, which are written without blanks.
func fit(text string, width int) string { return fitted(text, width, 2) }

// fitProse is fit for paragraphs, which have no indentation of their own.
func fitProse(text string, width int) string { return fitted(text, width, 0) }

func fitted(text string, width, flat int) string {
	if width < narrowest {
		return text
	}
	f := fitter{width: width, flat: flat, cells: &runewidth.Condition{StrictEmojiNeutral: true}}
	for line := range strings.Lines(text) {
		if body, ended := strings.CutSuffix(line, "\n"); f.wide(body) > width {
			f.line(body)
			line = strings.Repeat("\n", map[bool]int{true: 1}[ended])
		}
		f.WriteString(line)
	}
	return f.String()
}

// fitter is text on its way to a terminal.
type fitter struct {
	strings.Builder
	width int
	flat  int // indentation of what goes on below a line that has none
	cells *runewidth.Condition
	hang  int // indentation of what goes on below a line
	used  int // cells of the line so far
}

// colour is what tints text and takes no room.
var colour = regexp.MustCompile("\x1b\\[[0-9;]*m")

func (f *fitter) wide(s string) int { return f.cells.StringWidth(colour.ReplaceAllString(s, "")) }

func (f *fitter) line(body string) {
	text := strings.TrimLeft(body, " ")
	indent := len(body) - len(text)
	f.hang, f.used = min(indent+2, f.width/2), 0
	if indent == 0 {
		f.hang = f.flat
	}
	f.put(body[:indent], indent)
	for text != "" {
		rest := strings.TrimLeft(text, " ")
		gap := len(text) - len(rest)
		word, _, _ := strings.Cut(rest, " ")
		if wide := f.wide(word); f.used+gap+wide > f.width && f.used > indent {
			f.below()
		} else {
			f.put(text[:gap], gap)
		}
		f.word(word)
		text = rest[len(word):]
	}
}

// word cuts a word that is too wide between its wide characters.
func (f *fitter) word(word string) {
	wide := f.wide(word)
	if f.used+wide <= f.width || wide == len(word) {
		f.put(word, wide)
		return
	}
	for _, r := range word {
		cells := f.cells.RuneWidth(r)
		if cells > 1 && f.used+cells > f.width {
			f.below()
		}
		f.put(string(r), cells)
	}
}

func (f *fitter) put(s string, cells int) {
	f.WriteString(s)
	f.used += cells
}

// below goes on in a new line.
func (f *fitter) below() {
	f.WriteString("\n" + strings.Repeat(" ", f.hang))
	f.used = f.hang
}
