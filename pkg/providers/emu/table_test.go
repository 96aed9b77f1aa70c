package emu

import (
	"slices"
	"testing"
	"time"
)

func TestTableKeepsTruthApartFromWhatReadsSee(t *testing.T) {
	now := time.Unix(1000, 0)
	later := now.Add(time.Minute)
	var table Table[*word]
	see := func(at time.Time, id, want string) {
		t.Helper()
		got := ""
		if row := table.Seen(id, at); row != nil {
			got = row.text
		}
		if got != want {
			t.Errorf("reads at %v see %q under %s, want %q", at.Sub(now), got, id, want)
		}
	}
	table.Put("1", &word{text: "one"}, time.Time{})
	table.Put("2", &word{text: "two"}, later)
	see(now, "1", "one")
	see(now, "2", "")
	see(later, "2", "two")

	changed := *table.Get("1")
	changed.text = "ONE"
	table.Put("1", &changed, later)
	if got := table.Get("1"); got != &changed {
		t.Errorf("the truth is %v", got)
	}
	see(now, "1", "one")
	see(later, "1", "ONE")
	if got := texts(&table.List, later, true); !slices.Equal(got, []string{"ONE", "two"}) {
		t.Errorf("the rows are %v", got)
	}

	table.Drop("1", later.Add(time.Minute))
	table.Drop("nothing", later)
	if got := table.Get("1"); got != nil {
		t.Errorf("a dropped row is there: %v", got)
	}
	see(later, "1", "ONE")
	see(later.Add(time.Minute), "1", "")

	table.Rename("2", "3")
	if table.Get("2") != nil || table.Get("3").text != "two" {
		t.Errorf("renamed: %v, %v", table.Get("2"), table.Get("3"))
	}
	table.Put("3", &word{text: "TWO"}, later.Add(time.Minute))
	see(later, "3", "two")
	see(later.Add(time.Minute), "3", "TWO")
}

func TestCut(t *testing.T) {
	rows := []int{1, 2, 3}
	for _, test := range []struct {
		offset, limit int
		want          []int
	}{{0, 2, []int{1, 2}}, {2, 2, []int{3}}, {3, 1, []int{}}, {9, 1, []int{}}, {-1, 1, []int{1}}, {1, -1, []int{2, 3}}, {0, 0, []int{}}} {
		if got := Cut(rows, test.offset, test.limit); !slices.Equal(got, test.want) {
			t.Errorf("Cut(%d, %d) = %v, want %v", test.offset, test.limit, got, test.want)
		}
	}
}
