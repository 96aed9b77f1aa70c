package storetest

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/entitlectl/entitlectl/pkg/store"
)

func day(n int) time.Time { return time.Date(2026, 1, n, 0, 0, 0, 0, time.UTC) }

// aged records one run for each of so many days. Those of even days have the same details, and so have those of odd days; the
// fifth has its own.
func aged(t *testing.T, s store.Store, days int) {
	t.Helper()
	for n := range days {
		row := []string{"1", "2"}[n%2]
		if n == 4 {
			row = "3"
		}
		must(t, s.Record(t.Context(), store.Record{Kind: store.RunEnded, At: day(n + 1), Calls: n}, rows(nil, row)))
	}
}

func prune(t *testing.T, s store.Store, before time.Time) (removed int) {
	t.Helper()
	removed, err := s.(store.Pruner).Prune(t.Context(), before, owner(1), "old")
	must(t, err)
	return removed
}

var pruning = map[string]func(t *testing.T, back Backend){
	"LeavesAWholeChain": func(t *testing.T, back Backend) {
		s, other := back.open(t), back.open(t)
		if removed := prune(t, s, day(9)); removed != 0 || len(records(t, s)) != 0 {
			t.Errorf("%d records of none were removed, %+v are left", removed, records(t, s))
		}
		aged(t, s, 6)
		all, before := records(t, s), verify(t, s)
		for _, reason := range []string{"", " "} {
			if _, err := s.(store.Pruner).Prune(t.Context(), day(3), owner(1), reason); err == nil {
				t.Error("it is pruned without a reason")
			}
		}
		for _, step := range []struct{ day, removed, left int }{{1, 0, 6}, {3, 2, 5}, {3, 0, 5}, {6, 3, 3}} { // a record of it is added each time
			if removed := prune(t, s, day(step.day)); removed != step.removed {
				t.Fatalf("before day %d: removed %d, want %d", step.day, removed, step.removed)
			}
			if c := verify(t, other); c.Records != step.left || !c.Contains(before.Head) {
				t.Fatalf("before day %d: %d records are left, want %d", step.day, c.Records, step.left)
			}
			must(t, store.CheckDetails(t.Context(), other))
		}
		left := records(t, other)
		same(t, "what is left", all[5], left[0])
		for i, want := range []store.Record{{Calls: 2, Outcome: before.Digests[1]}, {Calls: 3, Outcome: before.Digests[4]}} {
			r := left[1+i]
			if age := time.Since(r.At); age < -time.Minute || age > time.Minute {
				t.Errorf("it was pruned at %v", r.At)
			}
			want.Kind, want.Who, want.Reason, want.At = store.Pruned, owner(1), "old", r.At
			same(t, "the record of it", want, r)
		}
		if c := verify(t, s); c.Begin != before.Digests[4] || c.Contains(before.Digests[4]) {
			t.Errorf("chain %+v", c)
		}
		aged(t, s, 1)
		if c := verify(t, other); c.Records != 4 {
			t.Errorf("%d records", c.Records)
		}
	},
	"RemovesDetailsThatNoRecordNames": func(t *testing.T, back Backend) {
		s := back.open(t)
		aged(t, s, 6)
		details := func(n int) (err error) {
			for _, err = range s.Details(t.Context(), detailsOf(t, fmt.Sprint(n))) {
			}
			return err
		}
		prune(t, s, day(6))
		if one, two, three := details(1), details(2), details(3); one == nil || two != nil || three == nil {
			t.Errorf("details: %v, %v, %v", one, two, three)
		}
	},
	"MayLeaveNothingElse": func(t *testing.T, back Backend) {
		s := back.open(t)
		aged(t, s, 3)
		before := verify(t, s)
		if removed := prune(t, s, time.Now().Add(time.Hour)); removed != 3 {
			t.Errorf("removed %d", removed)
		}
		if c := verify(t, s); c.Records != 1 || c.Begin != before.Head {
			t.Errorf("chain %+v", c)
		}
		if removed := prune(t, s, time.Now().Add(time.Hour)); removed != 1 {
			t.Errorf("removed %d", removed)
		}
		must(t, s.Record(t.Context(), store.Record{Kind: store.RunStarted}, nil))
		if c := verify(t, back.open(t)); c.Records != 2 {
			t.Errorf("chain %+v", c)
		}
	},
	"CoversNothingElseThatIsMissing": func(t *testing.T, back Backend) {
		s := back.open(t)
		aged(t, s, 3)
		prune(t, s, day(2))
		back.Curtail(t)
		for range 2 {
			if _, err := back.open(t).Verify(t.Context()); !errors.Is(err, store.ErrBeginning) {
				t.Errorf("error %v", err)
			}
			if _, err := s.(store.Pruner).Prune(t.Context(), day(9), owner(1), "to hide it"); err == nil {
				t.Error("a history that is not whole was pruned")
			}
			must(t, s.Record(t.Context(), store.Record{Kind: store.RunStarted}, nil))
		}
	},
	"MayComeWithWritersAndReaders": func(t *testing.T, back Backend) {
		const each = 8
		s := back.open(t)
		aged(t, s, 6)
		back.sideBySide(t, 4, func(i int, s store.Store) {
			for n := range each {
				var err error
				switch i {
				case 0, 1:
					err = s.Record(t.Context(), store.Record{Kind: store.RunEnded, At: day(20)}, rows(nil, "1"))
				case 2:
					_, err = s.(store.Pruner).Prune(t.Context(), day(n+1), owner(i), "old")
				case 3:
					_, err = s.Verify(t.Context())
				}
				if err != nil {
					t.Errorf("%d: %v", i, err)
				}
			}
		})
		if c := verify(t, s); c.Records != 2*each+6 { // each of the six days was pruned by itself
			t.Errorf("%d records", c.Records)
		}
		must(t, store.CheckDetails(t.Context(), s))
	},
	"GoesOnElsewhere": func(t *testing.T, back Backend) {
		s := back.open(t)
		aged(t, s, 1)
		r := records(t, s)[0]
		if err := s.(store.Continuer).Continue(t.Context(), "sha256:1", r, nil); err == nil {
			t.Error("a history that is not empty was begun")
		}
		same(t, "records", []store.Record{r}, records(t, s))
	},
}

func detailsOf(t *testing.T, row string) store.Details {
	t.Helper()
	sum := store.NewSummer()
	must(t, sum.Add(json.RawMessage(row)))
	return sum.Details()
}
