package compose

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"gopkg.in/yaml.v3"

	"github.com/entitlectl/entitlectl/pkg/spec"
)

// Scalar writes a text so that every YAML reader takes it for that text, in block and in flow style alike: plain where that is
// safe, else in double quotes, with an escape for each character that people can't see. A text that is no UTF-8 can't be written.
func Scalar(text string) string {
	if isPlain(text) {
		return text
	}
	return `"` + escaped(text) + `"`
}

// Item writes a word of a list of subjects: a prefix such as "group:", a name, and what follows it, such as "@DOMAIN". Blanks at
// either end of the name are written out, as in a text of its own.
func Item(prefix, name, suffix string) string {
	if text := prefix + name + suffix; isPlain(text) && strings.TrimSpace(name) == name {
		return text
	}
	return `"` + escaped(prefix) + escaped(name) + escaped(suffix) + `"`
}

// words are those that some YAML reader takes for something else than text.
var words = []string{"", "~", "null", "true", "false", "yes", "no", "on", "off", "y", "n"}

// isPlain says whether a text needs no quotes. It is stricter than YAML: what is unusual is quoted.
func isPlain(text string) bool {
	if slices.Contains(words, strings.ToLower(text)) {
		return false
	}
	first, _ := utf8.DecodeRuneInString(text)
	last, _ := utf8.DecodeLastRuneInString(text)
	if !isWord(first) || !isWord(last) && !strings.ContainsRune("_-.+", last) {
		return false
	}
	before := first
	for _, r := range text {
		colon := before == ':' && !isWord(r) && r != '/' // a blank after it would make it a key
		if colon || !isWord(r) && !strings.ContainsRune("_-./@+: ", r) {
			return false
		}
		before = r
	}
	if unicode.IsDigit(first) {
		return !strings.Contains(text, ":") && isText(text)
	}
	return true
}

func isWord(r rune) bool {
	return (unicode.IsLetter(r) || unicode.IsDigit(r)) && !mustEscape(r)
}

// isText says whether YAML takes a plain word for text, and not for a number or a date.
func isText(word string) bool {
	var document yaml.Node
	err := yaml.Unmarshal([]byte(word), &document)
	return err == nil && len(document.Content) == 1 && document.Content[0].Tag == "!!str" && !strings.ContainsAny(word[1:2], "_xob")
}

// mustEscape says whether a character can't be seen, or is not taken as it is by YAML readers.
func mustEscape(r rune) bool {
	if r < utf8.RuneSelf {
		return r < ' ' || r == 0x7f
	}
	flaw, _ := spec.Flaw("x"+string(r)+"x", len("xxx"))
	return flaw != "" || !unicode.IsGraphic(r) || unicode.IsSpace(r)
}

// escaped is a text as it stands within double quotes.
func escaped(text string) string {
	var b strings.Builder
	begin, end := len(text)-len(strings.TrimLeft(text, " ")), len(strings.TrimRight(text, " "))
	for i, r := range text {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == ' ' && i >= begin && i < end:
			b.WriteRune(r)
		case r > 0xffff && mustEscape(r):
			fmt.Fprintf(&b, `\U%08X`, r)
		case r == ' ' || mustEscape(r):
			fmt.Fprintf(&b, `\u%04X`, r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}
