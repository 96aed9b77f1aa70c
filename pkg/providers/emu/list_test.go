package emu

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// change is what happened to a row, and when reads see it.
type change struct {
	at  time.Time
	add bool
	row string
}

// TestListShowsTheOlderView compares a list with the plain story of its changes.
func TestListShowsTheOlderView(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var list List[*word]
		var story []change
		now := time.Unix(1000, 0)
		live := map[string]*word{}
		names := rapid.SliceOfNDistinct(rapid.StringMatching(`[a-z]{1,4}`), 1, 20, rapid.ID).Draw(t, "names")
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			var at time.Time // of the change, where it lags
			seen := now
			if lag := rapid.IntRange(0, 3).Draw(t, "lag"); lag > 0 {
				at = now.Add(time.Duration(lag) * time.Second)
				seen = at
			}
			name := rapid.SampledFrom(names).Draw(t, "name")
			switch row := live[name]; {
			case row == nil:
				live[name] = &word{text: name}
				list.Add(live[name], at)
				story = append(story, change{seen, true, name})
			default:
				list.Remove(row, at)
				delete(live, name)
				story = append(story, change{seen, false, name})
			}
			now = now.Add(time.Duration(rapid.IntRange(0, 2).Draw(t, "wait")) * time.Second)

			if rapid.Bool().Draw(t, "blind") {
				continue
			}
			got, total := list.Page(now, 0, -1, nil)
			if want := visible(story, now); total != want {
				t.Fatalf("reads show %d rows, want %d", total, want)
			}
			var current []string
			for row := range list.Current() {
				current = append(current, row.text)
			}
			if len(current) != len(live) {
				t.Fatalf("%d current rows, want %d", len(current), len(live))
			}
			offset, limit := rapid.IntRange(0, 25).Draw(t, "offset"), rapid.IntRange(0, 5).Draw(t, "limit")
			part, _ := list.Page(now, offset, limit, nil)
			if lo := min(offset, len(got)); !slices.Equal(part, got[lo:min(lo+limit, len(got))]) {
				t.Fatalf("page %d+%d is not a part of the whole", offset, limit)
			}
		}
	})
}

// visible counts the rows that the changes due by now leave: each add is a row of its own, ended by the next removal of its name.
func visible(story []change, now time.Time) (n int) {
	for i, c := range story {
		if !c.add || c.at.After(now) {
			continue
		}
		ended := false
		for _, later := range story[i+1:] {
			if later.row == c.row {
				ended = !later.at.After(now)
				break
			}
		}
		if !ended {
			n++
		}
	}
	return n
}

func TestReplaceKeepsThePlace(t *testing.T) {
	now := time.Unix(1000, 0)
	for _, lag := range []time.Duration{0, time.Minute} {
		var list List[*word]
		a, b, c := &word{text: "a"}, &word{text: "b"}, &word{text: "c"}
		for _, w := range []*word{a, b, c} {
			list.Add(w, time.Time{})
		}
		var at time.Time
		if lag > 0 {
			at = now.Add(lag)
		}
		list.Replace(b, &word{text: "B"}, at)
		if got := texts(&list, now, true); !slices.Equal(got, []string{"a", "B", "c"}) {
			t.Errorf("lag %v: truth is %v", lag, got)
		}
		if got := texts(&list, now, false); lag > 0 && !slices.Equal(got, []string{"a", "b", "c"}) {
			t.Errorf("lag %v: reads show %v at once", lag, got)
		}
		if got := texts(&list, now.Add(lag), false); !slices.Equal(got, []string{"a", "B", "c"}) {
			t.Errorf("lag %v: reads show %v in the end", lag, got)
		}
		if !b.gone {
			t.Errorf("lag %v: the old version is not gone", lag)
		}
	}
}

func TestSweepKeepsWhatReadsStillSee(t *testing.T) {
	now := time.Unix(1000, 0)
	var list List[*word]
	late := &word{text: "late"}
	list.Add(late, time.Time{})
	list.Remove(late, now.Add(time.Minute))
	for range 10 { // most rows are dead when the next is added
		dead := &word{text: "dead"}
		list.Add(dead, time.Time{})
		list.Remove(dead, time.Time{})
	}
	list.Add(&word{text: "new"}, time.Time{})
	if got := texts(&list, now, false); !slices.Equal(got, []string{"late", "new"}) {
		t.Errorf("reads show %v before the removal shows", got)
	}
	if got := texts(&list, now.Add(time.Minute), false); !slices.Equal(got, []string{"new"}) {
		t.Errorf("reads show %v after it", got)
	}
}
