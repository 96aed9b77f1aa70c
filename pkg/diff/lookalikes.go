package diff

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// lookalike are scripts whose letters can be taken for one another. Chinese beside Latin is nothing unusual.
var lookalike = []struct {
	name    string
	letters *unicode.RangeTable
}{{"Latin", unicode.Latin}, {"Cyrillic", unicode.Cyrillic}, {"Greek", unicode.Greek}, {"Armenian", unicode.Armenian}, {"Cherokee", unicode.Cherokee}}

// Lookalikes says, in a line each, which names in the changes mix scripts whose letters look alike in one word: a reviewer may take them
// for others.
func Lookalikes(changes []Change) []string {
	var lines []string
	for _, c := range changes {
		for _, name := range []string{c.Resource, c.Subject.Name, c.To, c.Notice.Recipient} {
			if first, second := mixed(name); second != "" {
				lines = append(lines, fmt.Sprintf("%q mixes %s and %s letters; make sure that it is who or what you mean", name, first, second))
			}
		}
	}
	slices.Sort(lines)
	return slices.Compact(lines)
}

// mixed returns two scripts that a word of the name mixes; second is "" where none does.
func mixed(name string) (first, second string) {
	if !strings.ContainsFunc(name, func(r rune) bool { return r > unicode.MaxASCII }) { // nearly all of a million
		return "", ""
	}
	for _, r := range name {
		if !unicode.IsLetter(r) {
			first = ""
		}
		for _, script := range lookalike {
			switch {
			case !unicode.Is(script.letters, r):
			case first == "":
				first = script.name
			case first != script.name:
				return first, script.name
			}
		}
	}
	return first, ""
}
