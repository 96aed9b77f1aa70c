package storetest

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
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
			{Kind: store.RunStarted, At: owner(1).Since, Who: owner(1), Plan: "p", Spec: "sha256:1", Commit: "c", Scopes: []string{"<x>", "ü"},
				Claims: store.Claims{CI: "github", PullRequest: "https://forge.example/pull/7?a=1&b", Job: "j", Authors: []string{"Ann <ann@corp.example>"}, ApprovedBy: []string{"bob", "ü"}}},
			{Kind: store.RunEnded, At: owner(2).Since, Who: owner(1), Outcome: "done", Calls: 3, Result: json.RawMessage(`{"a":1}`)},
			{Kind: store.RunStarted, At: owner(3).Since, Who: owner(3), Reason: "a\nb",
				Overrides: []store.Override{{Scope: "ü", Rule: "protected", On: "app-group/CAD", Have: 1, By: store.ByPlan, Reason: "<why>"}, {Scope: "ü", Rule: "min-members", Limit: 2, By: store.ByApply}}},
		}
		heads := []string{""}
		for i, r := range want {
			must(t, []store.Store{a, b}[i%2].Record(t.Context(), r, nil))
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
	"GivesBackDetails": func(t *testing.T, back Backend) {
		a, b := back.open(t), back.open(t)
		for i, want := range [][]string{{`{"a":1}`, `"<ü>"`, `{"b": 2}`}, {`1`}, {`1`}, {}} {
			must(t, []store.Store{a, b}[i%2].Record(t.Context(), store.Record{Kind: store.RunEnded, Calls: i}, rows(nil, want...)))
			all := records(t, b)
			d, sum := all[i].Details, store.NewSummer()
			for _, row := range want {
				must(t, sum.Add(json.RawMessage(row)))
			}
			if d == nil || *d != sum.Details() {
				t.Fatalf("details %+v, want %+v", d, sum.Details())
			}
			got := []string{}
			for row, err := range b.Details(t.Context(), *d) {
				must(t, err)
				got = append(got, string(row))
			}
			same(t, "rows", want, got)
		}
		must(t, a.Record(t.Context(), store.Record{Kind: store.RunStarted, Details: &store.Details{Rows: 7}}, nil))
		if all := records(t, b); all[4].Details != nil {
			t.Error("a record without rows has details")
		}
		must(t, store.CheckDetails(t.Context(), b))
		for range a.Details(t.Context(), *records(t, b)[0].Details) {
			break // is allowed to leave early
		}
	},
	"RecordsNothingWhereItsDetailsFail": func(t *testing.T, back Backend) {
		s := back.open(t)
		failed := errors.New("the rows ran out")
		if err := s.Record(t.Context(), store.Record{}, rows(failed, "1")); !errors.Is(err, failed) {
			t.Errorf("error %v", err)
		}
		for _, bad := range []string{"", "1\n2"} {
			if err := s.Record(t.Context(), store.Record{}, rows(nil, bad)); err == nil {
				t.Errorf("%q was taken for a row", bad)
			}
		}
		if got := records(t, s); len(got) > 0 {
			t.Errorf("records %+v", got)
		}
	},
	"SaysThatDetailsAreNotThere": func(t *testing.T, back Backend) {
		s := back.open(t)
		must(t, s.Record(t.Context(), store.Record{Kind: store.RunEnded}, rows(nil, "1", "2")))
		d := *records(t, s)[0].Details
		other := d
		other.Digest = "sha256:" + strings.Repeat("0", 64)
		more, longer := d, d
		more.Rows++
		longer.Bytes++
		for _, bad := range []store.Details{{}, other, more, longer} {
			var last error
			for _, err := range s.Details(t.Context(), bad) {
				last = err
			}
			if last == nil {
				t.Errorf("%+v are there", bad)
			}
		}
	},
	"ShowsThatItsEndIsMissing": func(t *testing.T, back Backend) {
		s := back.open(t)
		must(t, s.Record(t.Context(), store.Record{Kind: store.RunStarted}, nil))
		must(t, s.Record(t.Context(), store.Record{Kind: store.RunEnded}, nil))
		verify(t, s)
		back.Behead(t)
		for range 3 {
			if _, err := back.open(t).Verify(t.Context()); err == nil {
				t.Error("a record is missing, and the history is whole")
			}
			must(t, s.Record(t.Context(), store.Record{Kind: store.RunStarted}, nil))
		}
	},
	"StaysWholeWithWritersSideBySide": func(t *testing.T, back Backend) {
		const writers, each = 4, 15
		back.sideBySide(t, writers, func(i int, s store.Store) {
			for k := range each {
				if err := s.Record(t.Context(), store.Record{Kind: store.RunEnded, Who: owner(i), Calls: k}, nil); err != nil {
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

// rows yields texts, then the error if there is one.
func rows(err error, texts ...string) store.Rows {
	return func(yield func(json.RawMessage, error) bool) {
		for _, text := range texts {
			if !yield(json.RawMessage(text), nil) {
				return
			}
		}
		if err != nil {
			yield(nil, err)
		}
	}
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
