package spec

import (
	"io/fs"
	"regexp"
	"strings"
	"unicode"
)

// rulesLike matches what plainly makes of the names that people may take for RulesFile: with another ending, or that of a
// copy, and with letters that only look like ours.
var rulesLike = regexp.MustCompile("^" + likely("entitlectlrule") + "[s[:^ascii:]]?(.*" + likely("y") + "[a[:^ascii:]]?" + likely("ml") + ")?" +
	"(json|bak|back|backup|old|orig|original|save|saved|copy|new|tmp|temp|txt|text|disabled|off|rej|[0-9])*$")

// likely matches a word in which any letter may be replaced by one of another script.
func likely(word string) string {
	var b strings.Builder
	for _, r := range word {
		b.WriteString("[" + string(r) + "[:^ascii:]]")
	}
	return b.String()
}

// looksLikeRules tells what people may take for a rules file, though it is none. Files that editors make for themselves
// are not meant: those have other endings, or begin with #.
func looksLikeRules(e fs.DirEntry) bool {
	name := e.Name()
	return name != RulesFile && (isYAML(name) || !e.IsDir()) && rulesLike.MatchString(plainly(name))
}

// plainly keeps of a name what tells it from others: letters and digits, in lower case and of usual width.
func plainly(name string) string {
	return strings.Map(func(r rune) rune {
		const wide = '！' - '!' // from a character of usual width to the full-width one
		if r > '！' && r <= '～' {
			r -= wide
		}
		if unicode.IsLetter(r) || unicode.IsDigit(r) || r == '#' {
			return unicode.ToLower(r)
		}
		return -1
	}, name)
}
