package spec

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// Whatever is done to a set of grants, it holds what a map would, and its parts are sets of their own.
func TestGrantsAreASet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		some := rapid.Custom(func(t *rapid.T) Grant {
			return Grant{Resource: Ref{Name: rapid.StringMatching("[AB]").Draw(t, "resource")}, Subject: Subject{Name: rapid.StringMatching("[a-p]").Draw(t, "subject")}}
		})
		var set, other Grants
		model := map[Grant]Origin{}
		for _, g := range rapid.SliceOfN(some, 0, 60).Draw(t, "added") {
			origin := Origin{Reason: rapid.StringMatching("[xy]").Draw(t, "reason")}
			set.Add(g, origin)
			model[g] = origin
		}
		for i := range rapid.SampledFrom([]int{0, 0, fewHolders - 8, 2 * fewHolders}).Draw(t, "more") {
			g := Grant{Resource: Ref{Name: "A"}, Subject: Subject{Name: fmt.Sprint(i)}}
			set.Add(g, Origin{})
			model[g] = Origin{}
		}
		for _, g := range rapid.SliceOfN(some, 0, 30).Draw(t, "removed") {
			set.Remove(g)
			delete(model, g)
		}
		for _, g := range rapid.SliceOfN(some, 0, 30).Draw(t, "other") {
			other.Add(g, Origin{})
		}
		for _, on := range []string{"A", "B"} {
			ref := Ref{Name: on}
			want := maps.Clone(model)
			maps.DeleteFunc(want, func(g Grant, _ Origin) bool { return g.Resource != ref })
			if got := maps.Collect(set.On(ref)); !maps.Equal(got, want) || set.CountOn(ref) != len(want) {
				t.Fatalf("on %s there are %v, want %v", on, got, want)
			}
			maps.DeleteFunc(want, func(g Grant, _ Origin) bool { return g.Subject.Name != "a" })
			within := set.Within(map[Ref]bool{ref: true}, map[Subject]bool{{Name: "a"}: true, {Name: "b"}: false})
			all := maps.Collect(set.Within(nil, map[Subject]bool{{Name: "a"}: true}))
			for g := range model {
				if _, is := all[g]; is != (g.Subject.Name == "a") || len(all) > len(model) {
					t.Fatalf("of a there are %v", all)
				}
			}
			if got := maps.Collect(within); !maps.Equal(got, want) {
				t.Fatalf("of a on %s there are %v, want %v", on, got, want)
			}
		}
		inA := func(g Grant) bool { return g.Resource.Name == "A" }
		part := set.Where(inA)
		part.Add(Grant{Subject: Subject{Name: "new"}}, Origin{})
		if !maps.Equal(maps.Collect(set.All()), model) || set.Len() != len(model) {
			t.Fatalf("the set is %v, want %v", set, model)
		}
		if want := slices.SortedFunc(maps.Keys(model), Grant.Compare); !slices.Equal(set.Sorted(), want) {
			t.Fatalf("sorted %v, want %v", set.Sorted(), want)
		}
		left := maps.Collect(set.Minus(other))
		for g, origin := range model {
			got, ok := set.Origin(g)
			lost, stays := left[g]
			if got != origin || !ok || stays == other.Has(g) || stays && lost != origin || part.Has(g) != inA(g) {
				t.Fatalf("%v: origin %v, left over %v, in A %v", g, got, stays, part.Has(g))
			}
		}
	})
}
