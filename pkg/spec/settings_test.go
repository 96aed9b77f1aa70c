package spec

import (
	"maps"
	"testing"

	"pgregory.net/rapid"
)

// Settings are a value: their text tells them apart, whatever is in them and in whatever order they were set, and gives them
// back.
func TestSettingsAreAValue(t *testing.T) {
	word := rapid.OneOf(rapid.String(), rapid.StringMatching(`[a:," \n\\]{0,5}`))
	values := rapid.MapOfN(rapid.OneOf(rapid.SampledFrom([]string{"name", "owner"}), word), word, 0, 4)
	made := func(values map[string]string) (s Settings) {
		for name, value := range values { // in any order
			s = s.With(name, value)
		}
		return s
	}
	rapid.Check(t, func(t *rapid.T) {
		a, b := values.Draw(t, "a"), values.Draw(t, "b")
		s := made(a)
		if back, err := parseSettings(s.String()); err != nil || back != s || s != made(a) {
			t.Fatalf("%q comes back as %q, error %v", s, back, err)
		}
		maps.DeleteFunc(a, func(_, value string) bool { return value == "" })
		maps.DeleteFunc(b, func(_, value string) bool { return value == "" })
		if got := maps.Collect(s.All()); !maps.Equal(got, a) {
			t.Fatalf("%q holds %q, want %q", s, got, a)
		}
		if same := s.String() == made(b).String(); same != maps.Equal(a, b) {
			t.Fatalf("%q and %q have the same text: %v", a, b, same)
		}
		both := s.And(made(b))
		for name := range a {
			if want := firstOf(b[name], a[name]); both.Get(name) != want {
				t.Fatalf("%q and %q: %q is %q, want %q", a, b, name, both.Get(name), want)
			}
		}
	})
}

func firstOf(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}

// Only text that a value gives is read, and what looks like another setting is told from one.
func TestParseSettings(t *testing.T) {
	for text, ok := range map[string]bool{
		"": true, "name: CAD": true, "name: CAD, owner: bob@corp.example": true, `name: "A, owner: bob@corp.example"`: true, "name: A:, owner: b,": true,
		"owner: b, name: a": false, "name": false, "name:": false, "name: ": false, "name: a, name: b": false, `name: "CAD"`: false, "name: a, ": false,
		", name: a": false, `name: "a" b`: false, "name:  a": false, `name: "`: false,
	} {
		if _, err := parseSettings(text); (err == nil) != ok {
			t.Errorf("%q: error %v", text, err)
		}
	}
	trick := Settings{}.With("name", "A, owner: bob@corp.example")
	if trick == (Settings{}.With("name", "A").With("owner", "bob@corp.example")) || trick.Get("owner") != "" {
		t.Errorf("%q is taken for two settings", trick)
	}
}
