package spec

import (
	"strings"
	"testing"
)

func TestSuggest(t *testing.T) {
	known := []string{"alice", "bob", "CAD", "Designers", "ab", "x", "王伟"}
	for name, want := range map[string]string{
		"alcie": "alice", "alic": "alice", "alices": "alice", "ALICE": "alice", "cad": "CAD", "designres": "Designers",
		"desiners": "Designers", "dsgnrs": "", "bbo": "bob", "eve": "", "": "", "X": "x", "y": "", "ba": "ab", "王为": "王伟",
		strings.Repeat("a", 65): "", "alice": "alice",
	} {
		if got := suggest(name, known); got != want {
			t.Errorf("suggest(%q) = %q, want %q", name, got, want)
		}
	}
	if got := suggest("aa", []string{"ac", "ab"}); got != "ab" {
		t.Errorf("among equals %q, want the first by name", got)
	}
	if got := suggest(strings.Repeat("a", 64), []string{strings.Repeat("a", 64) + "b", strings.Repeat("b", 1<<20)}); got != "" {
		t.Errorf("too long a name is suggested: %q", got)
	}
}

func TestDistance(t *testing.T) {
	for _, test := range []struct {
		a, b string
		want int
	}{
		{"", "", 0}, {"a", "", 1}, {"", "ab", 2}, {"ab", "ba", 1}, {"abc", "ca", 3}, {"kitten", "sitting", 3}, {"abcd", "acbd", 1},
	} {
		if got := distance([]rune(test.a), []rune(test.b)); got != test.want {
			t.Errorf("distance(%q, %q) = %d, want %d", test.a, test.b, got, test.want)
		}
	}
}
