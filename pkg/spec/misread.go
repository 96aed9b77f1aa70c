package spec

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/width"
	"gopkg.in/yaml.v3"
)

// template is what other tools fill in before they read a file.
var template = fault{"a template, which nothing fills in here", "write what it stands for"}

// templated says whether a node is {{ NAME }}, which is a mapping to YAML.
func templated(n *yaml.Node) bool {
	if n.Kind != yaml.MappingNode || n.Style&yaml.FlowStyle == 0 || len(n.Content) != 2 {
		return false
	}
	inner := n.Content[0]
	return inner.Kind == yaml.MappingNode && inner.Line == n.Line && inner.Column == n.Column+1
}

// variables match text that is nothing but a variable, or has one in braces.
var variables = regexp.MustCompile(`^\$[A-Za-z_][A-Za-z0-9_]*$|\$\{|\$\(|<%|^%[A-Za-z_]+%$`)

// misread says of a name without quotes that it was hardly meant as it stands. It stands after a prefix, or alone.
func misread(name string, prefixed bool) (flaw, hint string) {
	first, _ := utf8.DecodeRuneInString(name)
	last, _ := utf8.DecodeLastRuneInString(name)
	switch {
	case strings.ContainsAny(name, "$<%") && variables.MatchString(name):
		return "is a variable or template, which nothing fills in here", "write what it stands for, or put it in quotes if it is the name itself"
	case prefixed && (first == '"' || first == '\'' || curlyQuote(first)):
		return "begins with a quote that is part of it", "put the quotes around all of the text, or leave them out"
	case last == ',' || last == ';':
		return fmt.Sprintf("ends with %c", last), "remove it, or put the text in quotes if it belongs to the name"
	}
	return "", ""
}

// joined is what a mapping such as {team: cad} was meant as: team:cad. It is "" for other mappings.
func joined(n *yaml.Node) string {
	if n.Kind != yaml.MappingNode || len(n.Content) < 2 {
		return ""
	}
	key, value := n.Content[0], n.Content[1]
	if key.Kind != yaml.ScalarNode || value.Kind != yaml.ScalarNode || isNull(value) || refused(key) || refused(value) {
		return ""
	}
	word, text := strings.TrimSuffix(strings.ToLower(key.Value), "s"), strings.Trim(quoted(value.Value), `"`)
	switch f := formWith(word); {
	case f.bare || word == "name":
		return text
	case f.kind != "":
		return f.prefix + ":" + text
	}
	return ""
}

// isPrefix says whether a word stands before a colon without a blank after it.
func isPrefix(word string) bool {
	f := formWith(word)
	return f.kind != "" && f.kind != SubjectAddress || word == "env" || word == "file" // address is a key of ours
}

// lastWord is what stands last in a text, after blanks, brackets and commas.
func lastWord(text []byte) string {
	s := string(text)
	return s[strings.LastIndexAny(s, " \t[{,\"'")+1:]
}

// notPlain names the first character of a text that is none of those that dates, numbers and addresses are made of, though it
// looks like one. It is "" where there is none, else it goes on with a sentence.
func notPlain(text string) string {
	for _, r := range text {
		if plain := plainRune(r); plain != r {
			return fmt.Sprintf(": %q (%U) is not %q", r, r, plain)
		}
	}
	return ""
}

// plainRune is the ASCII character that another one looks like, or the character itself.
func plainRune(r rune) rune {
	if r < utf8.RuneSelf {
		return r
	}
	plain, _ := utf8.DecodeRuneInString(width.Fold.String(string(r)))
	switch {
	case unicode.Is(unicode.Pd, r) || r == '−':
		return '-'
	case unicode.IsSpace(r):
		return ' '
	case plain < utf8.RuneSelf:
		return plain
	}
	return r
}

// addressHint says what to write in place of a text that is no mail address: the one that is in it, if there is one.
func addressHint(text string) string {
	found := ""
	for _, word := range strings.FieldsFunc(strings.Map(plainRune, text), func(r rune) bool { return strings.ContainsRune(" \t<>()[],;:\"'", r) }) {
		word = strings.TrimRight(word, ".")
		switch {
		case !isAddress(word):
		case found != "" && found != word:
			return "write one address alone: NAME@DOMAIN"
		default:
			found = word
		}
	}
	if found == "" {
		return "write NAME@DOMAIN"
	}
	return "write " + strings.Trim(quoted(found), `"`) + " alone"
}

// strangeLetter finds in a word of Latin letters one of another alphabet in which letters look like Latin ones; 0 where there is none.
func strangeLetter(text string) rune {
	var strange rune
	latin := false
	for _, r := range text + " " {
		switch {
		case unicode.Is(unicode.Latin, r):
			latin = true
		case unicode.In(r, unicode.Cyrillic, unicode.Greek, unicode.Armenian, unicode.Cherokee):
			strange = r
		case !unicode.IsLetter(r):
			if latin && strange != 0 {
				return strange
			}
			latin, strange = false, 0
		}
	}
	return 0
}

// warnOfStrangeLetters warns of a name that may look like another one, and is not.
func (d *decoder) warnOfStrangeLetters(n *yaml.Node, what string) {
	if r := strangeLetter(n.Value); r != 0 {
		d.warn(d.at(n), "write it in letters of one alphabet, unless it is meant so", "%s %s has %q (%U) among Latin letters", what, quoted(n.Value), r, r)
	}
}
