package postgres

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/entitlectl/entitlectl/pkg/store"
	"github.com/entitlectl/entitlectl/pkg/store/postgres/pgtest"
)

// What is old can be removed, and the chain is whole afterwards; where the same was taken out by hand, it is not.
func TestPrune(t *testing.T) {
	server := pgtest.Shared(t)
	schema := server.Schema(t)
	s := open(t, server.URL(schema))
	day := func(n int) time.Time { return time.Date(2026, 1, n, 0, 0, 0, 0, time.UTC) }
	for n := range 6 {
		rows := func(yield func(json.RawMessage, error) bool) { yield(json.RawMessage([]string{"1", "2"}[n%2]), nil) }
		if n == 4 {
			rows = func(yield func(json.RawMessage, error) bool) { yield(json.RawMessage("3"), nil) }
		}
		must(t, s.Record(t.Context(), store.Record{Kind: store.RunEnded, At: day(n + 1), Calls: n}, rows))
	}
	for _, reason := range []string{"", " "} {
		if _, err := s.Prune(t.Context(), day(3), store.Owner{}, reason); err == nil {
			t.Error("it is pruned without a reason")
		}
	}
	before, err := s.Verify(t.Context())
	must(t, err)
	for _, step := range []struct{ day, removed, left int }{{1, 0, 6}, {3, 2, 5}, {3, 0, 5}, {6, 3, 3}} { // a record of it is added each time
		removed, err := s.Prune(t.Context(), day(step.day), store.Owner{User: "ana"}, "old")
		if err != nil || removed != step.removed {
			t.Fatalf("before day %d: removed %d, %v", step.day, removed, err)
		}
		c, err := s.Verify(t.Context())
		if err != nil || c.Records != step.left || !c.Contains(before.Head) {
			t.Fatalf("before day %d: %d records are left, %v", step.day, c.Records, err)
		}
		must(t, store.CheckDetails(t.Context(), s))
	}
	d, err := s.Describe(t.Context())
	must(t, err)
	if d.Rows["detail"] != 1 || d.Rows["details"] != 1 {
		t.Errorf("left of details: %v", d.Rows)
	}
	server.Exec(t, "delete from "+schema+".history where number = (select min(number) from "+schema+".history)")
	if _, err := s.Verify(t.Context()); err == nil || !strings.Contains(err.Error(), "its beginning is missing") {
		t.Errorf("error %v", err)
	}
}
