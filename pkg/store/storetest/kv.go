package storetest

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/entitlectl/entitlectl/pkg/store"
)

var kv = map[string]func(t *testing.T, back Backend){
	"IsReadByEveryHandle": func(t *testing.T, back Backend) {
		a, b := back.open(t), back.open(t)
		gets(t, b, "k", "", false)
		must(t, a.Put("k", "1"))
		gets(t, b, "k", "1", true)
		must(t, b.Put("k", "2"))
		gets(t, a, "k", "2", true)
		must(t, a.Put("k", ""))
		gets(t, b, "k", "", true)
		gets(t, back.open(t), "k", "", true)
		gets(t, a, "other", "", false)
	},
	"HoldsOddText": func(t *testing.T, back Backend) {
		s := back.open(t)
		want := map[string]string{"long": strings.Repeat("<ü>\n", 50_000)}
		for i, name := range oddNames {
			want[name] = fmt.Sprint(i, name)
		}
		must(t, s.PutAll(nil))
		must(t, s.PutAll(want))
		for key, value := range want {
			gets(t, back.open(t), key, value, true)
		}
	},
	"IsText": func(t *testing.T, back Backend) {
		s := back.open(t)
		must(t, s.Put("k", "1"))
		for key, value := range map[string]string{"k": "\xff", "\xff": "2"} {
			if s.Put(key, value) == nil {
				t.Errorf("%q is kept as %q", key, value)
			}
		}
		gets(t, s, "k", "1", true)
	},
	"SurvivesWritersSideBySide": func(t *testing.T, back Backend) {
		const writers, each = 4, 25
		back.sideBySide(t, writers, func(i int, s store.Store) {
			for k := range each {
				if err := s.Put(fmt.Sprint(i, " ", k), fmt.Sprint(i*k)); err != nil {
					t.Error(err)
				}
			}
		})
		s := back.open(t)
		for i := range writers {
			for k := range each {
				gets(t, s, fmt.Sprint(i, " ", k), fmt.Sprint(i*k), true)
			}
		}
	},
	"IsAMap": func(t *testing.T, back Backend) {
		handles := []store.Store{back.open(t), back.open(t)}
		model := map[string]string{}
		keys := rapid.SampledFrom([]string{"a", "b", "c", "d"})
		rapid.Check(t, func(rt *rapid.T) {
			s := rapid.SampledFrom(handles).Draw(rt, "handle")
			kept := rapid.MapOf(keys, rapid.StringMatching(`[a-z<"\\\n]{0,5}`)).Draw(rt, "values")
			if err := s.PutAll(kept); err != nil {
				rt.Fatal(err)
			}
			maps.Copy(model, kept)
			for _, key := range slices.Sorted(maps.Keys(model)) {
				for i, s := range handles {
					if got, ok := s.Get(key); !ok || got != model[key] {
						rt.Fatalf("handle %d gets %q as %q, %v; want %q", i, key, got, ok, model[key])
					}
				}
			}
		})
	},
}

func gets(t *testing.T, s store.KV, key, want string, kept bool) {
	t.Helper()
	if got, ok := s.Get(key); got != want || ok != kept {
		t.Errorf("%q is read as %.40q, %v; want %.40q, %v", key, got, ok, want, kept)
	}
}
