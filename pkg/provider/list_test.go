package provider

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

type row struct{ Key, Value string }

func TestSteady(t *testing.T) {
	down := errors.New("down")
	type reading struct {
		rows   []row
		broken string
		err    error
	}
	for _, tc := range []struct {
		name     string
		readings []reading
		want     []row
		broken   string
		err      error
		toEnd    []bool
	}{
		{"steady", []reading{{rows: []row{{"a", "1"}}}}, []row{{"a", "1"}}, "", nil, []bool{false}},
		{"steady in the end", []reading{{[]row{{"gone", "1"}}, "moved", nil}, {rows: []row{{"a", "2"}}}}, []row{{"a", "2"}}, "", nil, []bool{false, false}},
		{"never", []reading{{[]row{{"a", "1"}, {"b", "1"}}, "moved", nil}, {[]row{{"c", "2"}}, "again", nil}, {[]row{{"b", "3"}}, "still", nil}},
			[]row{{"a", "1"}, {"b", "3"}, {"c", "2"}}, "still", nil, []bool{false, false, true}},
		{"failed", []reading{{[]row{{"a", "1"}}, "moved", nil}, {err: down}}, nil, "", down, []bool{false, false}},
	} {
		var toEnd []bool
		got, err := steady(func(r row) string { return r.Key }, func(last bool) (Listed[row], error) {
			r := tc.readings[len(toEnd)]
			toEnd = append(toEnd, last)
			return Listed[row]{Rows: r.rows, Broken: r.broken}, r.err
		})
		if d := cmp.Diff(tc.want, got.Rows) + cmp.Diff(tc.toEnd, toEnd); d != "" || got.Broken != tc.broken || !errors.Is(err, tc.err) {
			t.Errorf("%s: broken %q, error %v (-want +got):\n%s", tc.name, got.Broken, err, d)
		}
	}
}

// answers are what a list answers in turn; one without rows fails.
type answers struct {
	pages []Page[string, int]
	asked []int
}

func (a *answers) page(_ context.Context, from int) (Page[string, int], error) {
	p := a.pages[min(len(a.asked), len(a.pages)-1)]
	a.asked = append(a.asked, from)
	if p.Rows == nil {
		return p, errors.New("down")
	}
	return p, nil
}

func TestReadList(t *testing.T) {
	page := func(next, total int, rows ...string) Page[string, int] { return Page[string, int]{rows, total, next} }
	changing := []Page[string, int]{page(1, 3, "a"), page(2, 4, "b"), page(1, 3, "a"), page(2, 4, "c"), page(1, 3, "a"), page(2, 4, "d"), page(0, 4, "e")}
	for _, tc := range []struct {
		name   string
		rules  Rules
		pages  []Page[string, int]
		want   []string
		total  int
		broken string
		err    string
		asked  int
	}{
		{"whole", Rules{}, []Page[string, int]{page(1, 3, "a", "b"), page(0, 3, "b", "c")}, []string{"a", "b", "c"}, 3, "", "", 2},
		{"no total", Rules{}, []Page[string, int]{page(0, NoTotal, "a")}, []string{"a"}, NoTotal, "", "", 1},
		{"fails", Rules{}, []Page[string, int]{page(1, 3, "a"), {}}, nil, 0, "", "down", 2},
		{"short", Rules{}, []Page[string, int]{page(0, 3, "a")}, []string{"a"}, 3, "it has 3 rows by the vendor's count, but its pages hold 1", "", 3},
		{"changes each time, and all that was seen counts", Rules{}, changing, []string{"a", "b", "c", "d", "e"}, 4, "its length changed from 3 to 4 while it was read", "", 7},
		{"changes each time, the last too", Rules{NeverOn: true}, changing, []string{"a", "b", "c", "d"}, 4, "its length changed from 3 to 4 while it was read", "", 6},
		{"too long", Rules{Most: 2}, []Page[string, int]{page(1, 3, "a")}, nil, 3, "", "more rows than asked for", 1},
		{"far too long", Rules{Name: "L"}, []Page[string, int]{page(1, maxRows+1, "a")}, nil, 0, "", "L: the list does not end: it has 2000001 rows", 1},
		{"one page again", Rules{Name: "L"}, []Page[string, int]{page(1, 3, "a")}, nil, 0, "", "L: the list does not end: page 2 names", 2},
		{"one page again, which ends it", Rules{RepeatEnds: true}, []Page[string, int]{page(1, 3, "a")}, []string{"a"}, 3, "it has 3 rows by the vendor's count, but its pages hold 1", "", 6},
	} {
		a := &answers{pages: tc.pages}
		got, err := ReadList(t.Context(), tc.rules, func(s string) string { return s }, a.page)
		if d := cmp.Diff(Listed[string]{tc.want, tc.total, tc.broken}, got); d != "" || (err == nil) != (tc.err == "") || !strings.Contains(fmt.Sprint(err), tc.err) || len(a.asked) != tc.asked {
			t.Errorf("%s: %d pages, error %v (-want +got):\n%s", tc.name, len(a.asked), err, d)
		}
	}
}
