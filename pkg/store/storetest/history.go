package storetest

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/entitlectl/entitlectl/pkg/store"
)

var history = map[string]func(t *testing.T, back Backend){
	"IsEmptyAtFirst": func(t *testing.T, back Backend) {
		s := back.open(t)
		if got := records(t, s); len(got) > 0 {
			t.Errorf("records %+v", got)
		}
		if c := verify(t, s); c.Records != 0 || c.Head != "" {
			t.Errorf("chain %+v", c)
		}
	},
	"GivesBackWhatWasRecorded": func(t *testing.T, back Backend) {
		a, b := back.open(t), back.open(t)
		want := []store.Record{
			{Kind: store.RunStarted, At: owner(1).Since, Who: owner(1), Plan: "p", Spec: "sha256:1", Commit: "c", Scopes: []string{"<x>", "ü"}},
			{Kind: store.RunEnded, At: owner(2).Since, Who: owner(1), Outcome: "done", Calls: 3, Result: json.RawMessage(`{"a":1}`)},
			{Kind: store.RunStarted, At: owner(3).Since, Who: owner(3), Reason: "a\nb",
				Overrides: []store.Override{{Scope: "ü", Rule: "protected", On: "app-group/CAD", Have: 1, By: store.ByPlan, Reason: "<why>"}, {Scope: "ü", Rule: "min-members", Limit: 2, By: store.ByApply}}},
		}
		heads := []string{""}
		for i, r := range want {
			must(t, []store.Store{a, b}[i%2].Record(t.Context(), r))
			c := verify(t, b)
			text, err := json.Marshal(r)
			must(t, err)
			if want := store.Digest(heads[i], text); c.Head != want {
				t.Errorf("the head is %s, want %s", c.Head, want)
			}
			if c.Records != i+1 || len(c.Digests) != i+1 || c.Head != c.Digests[i] {
				t.Fatalf("chain %+v after %d records", c, i+1)
			}
			for k, head := range heads[1:] {
				if c.Digests[k] != head || !c.Contains(head) || !c.Contains(head[:20]) {
					t.Errorf("digest %d was %s and is %s", k, head, c.Digests[k])
				}
			}
			if c.Contains(c.Head + "0") {
				t.Error("the chain has a digest that is none")
			}
			heads = append(heads, c.Head)
		}
		same(t, "records", want, records(t, back.open(t)))
		for range a.Records(t.Context()) {
			break // is allowed to leave early
		}
	},
	"ShowsThatItsEndIsMissing": func(t *testing.T, back Backend) {
		s := back.open(t)
		must(t, s.Record(t.Context(), store.Record{Kind: store.RunStarted}))
		must(t, s.Record(t.Context(), store.Record{Kind: store.RunEnded}))
		verify(t, s)
		back.Behead(t)
		for range 3 {
			if _, err := back.open(t).Verify(t.Context()); err == nil {
				t.Error("a record is missing, and the history is whole")
			}
			must(t, s.Record(t.Context(), store.Record{Kind: store.RunStarted}))
		}
	},
	"StaysWholeWithWritersSideBySide": func(t *testing.T, back Backend) {
		const writers, each = 4, 15
		back.sideBySide(t, writers, func(i int, s store.Store) {
			for k := range each {
				if err := s.Record(t.Context(), store.Record{Kind: store.RunEnded, Who: owner(i), Calls: k}); err != nil {
					t.Error(err)
				}
			}
		})
		s := back.open(t)
		if c := verify(t, s); c.Records != writers*each {
			t.Errorf("%d records, want %d", c.Records, writers*each)
		}
		seen, calls := map[string]bool{}, map[string]int{}
		for _, r := range records(t, s) {
			seen[fmt.Sprint(r.Who.Run, r.Calls)] = true
			if r.Calls != calls[r.Who.Run] {
				t.Errorf("%s has call %d where %d was recorded", r.Who.Run, r.Calls, calls[r.Who.Run])
			}
			calls[r.Who.Run]++
		}
		if len(seen) != writers*each {
			t.Errorf("%d different records, want %d", len(seen), writers*each)
		}
	},
}

func records(t *testing.T, s store.Store) (all []store.Record) {
	t.Helper()
	for r, err := range s.Records(t.Context()) {
		must(t, err)
		all = append(all, r)
	}
	return all
}

func verify(t *testing.T, s store.Store) store.Chain {
	t.Helper()
	c, err := s.Verify(t.Context())
	must(t, err)
	return c
}
