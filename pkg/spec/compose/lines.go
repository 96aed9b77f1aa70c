package compose

import (
	"strings"
	"unicode/utf8"

	"github.com/entitlectl/entitlectl/pkg/spec"
)

// Width is how many characters a line has at most, where it can be broken.
const Width = 120

// lines are lines of a file. They are written with the indentation of where they stand.
type lines []string

// text is the lines as a file has them.
func (l lines) text() string { return strings.Join(l, "\n") + "\n" }

// indented shifts lines to the right. Blank ones stay blank.
func (l lines) indented(by int) lines {
	return spec.Each(l, func(line string) string {
		if line == "" {
			return ""
		}
		return strings.Repeat(" ", by) + line
	})
}

// asItem makes lines an item of a block list.
func (l lines) asItem() lines {
	all := l.indented(len("- "))
	all[0] = "- " + l[0]
	return all
}

// FlowList writes KEY: [ITEM, …], broken where a line would be longer than the width that is left; its further lines are indented
// to below the first item. Items are written as they are.
func FlowList(key string, items []string, width int) []string {
	var all lines
	line := key + ": ["
	indent := strings.Repeat(" ", min(len(line), len("grants: [")))
	for i, item := range items {
		end := ", "
		if i == len(items)-1 {
			end = "]"
		}
		if used := strings.TrimSpace(line); i > 0 && utf8.RuneCountInString(strings.TrimRight(line+item+end, " ")) > width && used != "" {
			all = append(all, strings.TrimRight(line, " "))
			line = indent
		}
		line += item + end
	}
	if len(items) == 0 {
		line += "]"
	}
	return append(all, line)
}

// Comment writes a text as comments of at most a width, broken between words. What can't be seen, or would end the comment, is
// written out.
func Comment(text string, width int) []string {
	var all lines
	line := "#"
	for _, word := range strings.Fields(text) {
		if word = visible(word); line != "#" && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > width {
			all, line = append(all, line), "#"
		}
		line += " " + word
	}
	return append(all, line)
}

// visible is a text in one line, with what can't be seen written out.
func visible(text string) string {
	if strings.IndexFunc(text, mustEscape) < 0 {
		return text
	}
	return strings.ReplaceAll(strings.ReplaceAll(escaped(text), `\"`, `"`), `\\`, `\`)
}

// pair is a key of a mapping with its value, as written.
type pair struct{ key, value string }

// flowMap writes {KEY: VALUE, …}, without keys that have no value.
func flowMap(pairs ...pair) string {
	var parts []string
	for _, p := range pairs {
		if p.value != "" {
			parts = append(parts, p.key+": "+p.value)
		}
	}
	return "{" + strings.Join(parts, ", ") + "}"
}
