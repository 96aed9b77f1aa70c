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
		if want := time.Now().Add(time.Hour); !v.world.Now.Equal(want) || !v.Now().Equal(want) {
			t.Errorf("a loaded world is at %v, the vendor at %v, want %v", v.world.Now, v.Now(), want)
		}
		time.Sleep(time.Second)
		send(s, "GET", "/toy/words", "")
		if want := time.Now().Add(time.Hour); !v.world.Now.Equal(want) {
			t.Errorf("a request is at %v, want %v", v.world.Now, want)
		}
	})
}
