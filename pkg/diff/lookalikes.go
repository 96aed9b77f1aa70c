package diff

import (
	"strings"
	"unicode"
)

// scripts are those whose letters can be taken for one another. Chinese beside Latin is nothing unusual.
var scripts = []struct {
	name    string
	letters *unicode.RangeTable
}{{"Latin", unicode.Latin}, {"Cyrillic", unicode.Cyrillic}, {"Greek", unicode.Greek}, {"Armenian", unicode.Armenian}, {"Cherokee", unicode.Cherokee}}

// Lookalike is a name that mixes letters of two scripts in one word: a reviewer may take it for another.
type Lookalike struct{ Name, First, Second string }

// Lookalikes lists the names in the changes that are such, each once.
func Lookalikes(changes []Change) []Lookalike {
	var found []Lookalike
	seen := map[Lookalike]bool{}
	for _, c := range changes {
		for _, name := range []string{c.Resource, c.Subject.Name, c.To, c.Mailing().Recipient} {
			first, second := mixed(name)
			if l := (Lookalike{name, first, second}); second != "" && !seen[l] {
				seen[l] = true
				found = append(found, l)
			}
		}
	}
	return found
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
		for _, script := range scripts {
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
