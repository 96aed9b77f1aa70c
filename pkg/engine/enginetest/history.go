package enginetest

import (
	"encoding/json"
	"fmt"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/entitlectl/entitlectl/pkg/engine"
)

var history = map[string]func(t *testing.T, s Store){
	"IsEmptyAtFirst": func(t *testing.T, s Store) {
		e := s.open(t)
		if got := records(t, e); len(got) > 0 {
			t.Errorf("records %+v", got)
		}
		if c := verify(t, e); c.Records != 0 || c.Head != "" {
			t.Errorf("chain %+v", c)
		}
	},
	"GivesBackWhatWasRecorded": func(t *testing.T, s Store) {
		a, b := s.open(t), s.open(t)
		want := []engine.Record{
			{Kind: engine.RunStarted, At: owner(1).Since, Who: owner(1), Plan: "p", Spec: "sha256:1", Commit: "c", Scopes: []string{"<x>", "ü"}},
			{Kind: engine.RunEnded, At: owner(2).Since, Who: owner(1), Outcome: "done", Calls: 3, Result: json.RawMessage(`{"a":1}`)},
			{Kind: engine.RunStarted, At: owner(3).Since, Who: owner(3), Reason: "a\nb",
				Overrides: []engine.Override{{Scope: "ü", Rule: "protected", On: "app-group/CAD", Have: 1, By: engine.ByPlan, Reason: "<why>"}, {Scope: "ü", Rule: "min-members", Limit: 2, By: engine.ByApply}}},
		}
		heads := []string{""}
		for i, r := range want {
			must(t, []engine.Engine{a, b}[i%2].Record(t.Context(), r))
			c := verify(t, b)
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
		if diff := cmp.Diff(want, records(t, s.open(t))); diff != "" {
			t.Errorf("records (-want +got):\n%s", diff)
		}
		for range a.Records(t.Context()) {
			break // is allowed
		}
	},
	"StaysWholeWithWritersSideBySide": func(t *testing.T, s Store) {
		const writers, each = 4, 15
		var wg sync.WaitGroup
		for i := range writers {
			e := s.open(t)
			wg.Go(func() {
				for k := range each {
					if err := e.Record(t.Context(), engine.Record{Kind: engine.RunEnded, Who: owner(i), Calls: k}); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		e := s.open(t)
		if c := verify(t, e); c.Records != writers*each {
			t.Errorf("%d records, want %d", c.Records, writers*each)
		}
		seen, calls := map[string]bool{}, map[string]int{}
		for _, r := range records(t, e) {
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

func records(t *testing.T, e engine.Engine) (all []engine.Record) {
	t.Helper()
	for r, err := range e.Records(t.Context()) {
		must(t, err)
		all = append(all, r)
	}
	return all
}

func verify(t *testing.T, e engine.Engine) engine.Chain {
	t.Helper()
	c, err := e.Verify(t.Context())
	must(t, err)
	return c
}
