package enginetest

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/entitlectl/entitlectl/pkg/engine"
)

var facts = map[string]func(t *testing.T, s Store){
	"AreRecalledByEveryHandle": func(t *testing.T, s Store) {
		a, b := s.open(t), s.open(t)
		recalls(t, b, "k", "", false)
		must(t, a.Keep("k", "1"))
		recalls(t, b, "k", "1", true)
		must(t, b.Keep("k", "2"))
		recalls(t, a, "k", "2", true)
		must(t, a.Keep("k", ""))
		recalls(t, b, "k", "", true)
		recalls(t, s.open(t), "k", "", true)
		recalls(t, a, "other", "", false)
	},
	"HoldOddText": func(t *testing.T, s Store) {
		e := s.open(t)
		want := map[string]string{"long": strings.Repeat("<ü>\n", 50_000)}
		for i, name := range oddNames {
			want[name] = fmt.Sprint(i, name)
		}
		must(t, e.KeepAll(nil))
		must(t, e.KeepAll(want))
		for key, value := range want {
			recalls(t, s.open(t), key, value, true)
		}
	},
	"AreText": func(t *testing.T, s Store) {
		e := s.open(t)
		must(t, e.Keep("k", "1"))
		for key, value := range map[string]string{"k": "\xff", "\xff": "2"} {
			if e.Keep(key, value) == nil {
				t.Errorf("%q is kept as %q", key, value)
			}
		}
		recalls(t, e, "k", "1", true)
	},
	"SurviveWritersSideBySide": func(t *testing.T, s Store) {
		const writers, each = 4, 25
		var wg sync.WaitGroup
		for i := range writers {
			e := s.open(t)
			wg.Go(func() {
				for k := range each {
					if err := e.Keep(fmt.Sprint(i, " ", k), fmt.Sprint(i*k)); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		e := s.open(t)
		for i := range writers {
			for k := range each {
				recalls(t, e, fmt.Sprint(i, " ", k), fmt.Sprint(i*k), true)
			}
		}
	},
	"AreAMap": func(t *testing.T, s Store) {
		handles := []engine.Engine{s.open(t), s.open(t)}
		model := map[string]string{}
		keys := rapid.SampledFrom([]string{"a", "b", "c", "d"})
		rapid.Check(t, func(rt *rapid.T) {
			e := rapid.SampledFrom(handles).Draw(rt, "handle")
			kept := rapid.MapOf(keys, rapid.StringMatching(`[a-z<"\\\n]{0,5}`)).Draw(rt, "facts")
			if err := e.KeepAll(kept); err != nil {
				rt.Fatal(err)
			}
			maps.Copy(model, kept)
			for _, key := range slices.Sorted(maps.Keys(model)) {
				for i, e := range handles {
					if got, ok := e.Recall(key); !ok || got != model[key] {
						rt.Fatalf("handle %d recalls %q as %q, %v; want %q", i, key, got, ok, model[key])
					}
				}
			}
		})
	},
}

func recalls(t *testing.T, e engine.Facts, key, want string, kept bool) {
	t.Helper()
	if got, ok := e.Recall(key); got != want || ok != kept {
		t.Errorf("%q is recalled as %.40q, %v; want %.40q, %v", key, got, ok, want, kept)
	}
}
