package emu

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestSectionsOfSeeds(t *testing.T) {
	bad := errors.New("comes twice")
	err := LoadEach("words", []string{"a", "b"}, itself, func(s string) error {
		if s == "b" {
			return bad
		}
		return nil
	})
	if !errors.Is(err, bad) || err.Error() != `words: "b": comes twice` {
		t.Errorf("error %v", err)
	}
	first := func(s string) string { return s[:1] }
	second := func(s string) string { return s[1:] }
	if got := DumpEach(slices.Values([]string{"Bz", "bx", "Ay", "Ax"}), strings.ToLower, first, second); !slices.Equal(got, []string{"ax", "ay", "bx", "bz"}) {
		t.Errorf("sorted: %v", got)
	}
}

func TestWorldsKnowTheTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := newToy()
		s := New(Options{}, v)
		s.Advance(time.Hour)
		if err := s.LoadSeed([]byte("toy: {words: [a]}")); err != nil {
			t.Fatal(err)
		}
		if want := time.Now().Add(time.Hour); !v.worlds[0].Now.Equal(want) || !v.Now().Equal(want) {
			t.Errorf("a loaded world is at %v, the vendor at %v, want %v", v.worlds[0].Now, v.Now(), want)
		}
		time.Sleep(time.Second)
		send(s, "GET", "/toy/words", "")
		if want := time.Now().Add(time.Hour); !v.worlds[0].Now.Equal(want) {
			t.Errorf("a request is at %v, want %v", v.worlds[0].Now, want)
		}
	})
}

// A seed may have several worlds, each with an id; the state is a seed of the same form.
func TestSeveralWorlds(t *testing.T) {
	v := newToy()
	s := New(Options{}, v)
	for _, seed := range []string{
		"toy:\n    - words: [a]\n    - id: second\n      words: [b]\n", "toy:\n    - id: only\n      words: []\n", "toy:\n    id: only\n    words: []\n",
	} {
		if err := s.LoadSeed([]byte(seed)); err != nil {
			t.Fatal(err)
		}
		if state, err := s.State(); err != nil || string(state) != seed {
			t.Errorf("state %s, error %v, want %s", state, err, seed)
		}
	}
	for seed, says := range map[string]string{
		"toy: []":                              "toy: line 1: the list has no world",
		"toy: [{words: [a]}, {words: [b]}]":    `toy: world 2: two worlds have the id ""`,
		"toy: [{id: x}, {id: y}, {id: x}]":     `toy: world 3: two worlds have the id "x"`,
		"toy: [{id: a/b}]":                     `toy: world 1: the id "a/b" holds more than`,
		"toy: {id: " + strings.Repeat("x", 65): "longer than 64",
		"toy: [{word: a}]":                     `toy: world 1: line 1: unknown key "word"`,
		"toy: [null]":                          "toy: line 1: an item is missing",
	} {
		if strings.Contains(seed, "{id: xx") {
			seed += "}"
		}
		if err := s.LoadSeed([]byte(seed)); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: error %v, want %q", seed, err, says)
		}
	}
	if err := s.LoadSeed([]byte("toy: [{id: x, words: [a]}, {id: y, words: [b]}]")); err != nil {
		t.Fatal(err)
	}
	for id, want := range map[string]string{"x": "a", "y": "b", "z": "a"} {
		w := v.BeginIn(t.Context(), func(w *toyWorld) bool { return w.ID == id })
		if got := texts(&w.words, w.Now, true); !slices.Equal(got, []string{want}) || w.First != (want == "a") {
			t.Errorf("world %s has %v, first: %v", id, got, w.First)
		}
		v.End()
	}
}
