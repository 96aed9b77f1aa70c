package spec

import (
	"fmt"
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Settings are a resource's settings by name, as a value: equal settings are ==, in whatever order they were set. The zero
// value has none.
type Settings struct {
	text string // `name: CAD, owner: bob@corp.example`, sorted by name; what would be ambiguous is quoted as Go does
}

// Equal is ==, for comparisons that can't look inside.
func (s Settings) Equal(o Settings) bool { return s == o }

// Get returns a setting, or "" where it is not managed or not shown.
func (s Settings) Get(name string) string {
	for n, value := range s.All() {
		if n == name {
			return value
		}
	}
	return ""
}

// With returns the settings with one more, or another value of one. The value "" removes it.
func (s Settings) With(name, value string) Settings {
	values := maps.Collect(s.All())
	values[name] = value
	if value == "" {
		delete(values, name)
	}
	return settingsOf(values)
}

// And returns the settings with those of others, whose values go before.
func (s Settings) And(others Settings) Settings {
	values := maps.Collect(s.All())
	maps.Insert(values, others.All())
	return settingsOf(values)
}

// NewSettings returns settings of these values. One that is "" is left out.
func NewSettings(values map[string]string) Settings {
	values = maps.Clone(values)
	maps.DeleteFunc(values, func(_, value string) bool { return value == "" })
	return settingsOf(values)
}

func settingsOf(values map[string]string) Settings {
	parts := Each(slices.Sorted(maps.Keys(values)), func(name string) string { return bare(name) + ": " + bare(values[name]) })
	return Settings{strings.Join(parts, ", ")}
}

// bare returns a word as it stands in the text: quoted where it could be taken for more than itself.
func bare(word string) string {
	if word == "" || strings.Contains(word, ", ") || strings.Contains(word, ": ") || strings.Contains(word, `"`) ||
		strings.TrimSpace(word) != word || strings.ContainsFunc(word, unicode.IsControl) || !utf8.ValidString(word) {
		return strconv.Quote(word)
	}
	return word
}

// All goes through the settings, sorted by name.
func (s Settings) All() iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		for rest := s.text; rest != ""; {
			var name, value string
			name, rest = cutWord(rest, ": ")
			value, rest = cutWord(rest, ", ")
			if !yield(name, value) {
				return
			}
		}
	}
}

// cutWord takes a word, and what ends it, off the text. What is no word is taken as it stands.
func cutWord(text, end string) (word, rest string) {
	if quoted, err := strconv.QuotedPrefix(text); err == nil && text[0] == '"' {
		if word, err = strconv.Unquote(quoted); err == nil {
			return word, strings.TrimPrefix(text[len(quoted):], end)
		}
	}
	word, rest, _ = strings.Cut(text, end)
	return word, rest
}

// String is the text of the settings. Texts are equal where the settings are.
func (s Settings) String() string { return s.text }

// parseSettings reads what String gave, and nothing else.
func parseSettings(text string) (Settings, error) {
	if s := settingsOf(maps.Collect(Settings{text}.All())); s.text != text {
		return Settings{}, fmt.Errorf("%q is not the text of settings, such as `name: CAD, owner: bob@corp.example`", text)
	}
	return Settings{text}, nil
}

// MarshalText is String.
func (s Settings) MarshalText() ([]byte, error) { return []byte(s.text), nil }

// UnmarshalText is parseSettings.
func (s *Settings) UnmarshalText(text []byte) (err error) {
	*s, err = parseSettings(string(text))
	return err
}
