package provider

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
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
	page := func(next, total int, rows ...string) Page[string, int] {
		return Page[string, int]{Rows: rows, Total: total, Next: next}
	}
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
		{"no total", Rules{}, []Page[string, int]{page(0, NoTotal, "a")}, []string{"a"}, 1, "", "", 1},
		{"fails", Rules{}, []Page[string, int]{page(1, 3, "a"), {}}, nil, 0, "", "down", 2},
		{"rows without an id", Rules{}, []Page[string, int]{page(0, 3, "", "a", "")}, []string{"", "a"}, 3, "a row of its page 1 has no id", "", 3},
		{"short", Rules{}, []Page[string, int]{page(0, 3, "a")}, []string{"a"}, 3, "it has 3 rows by the vendor's count, but its pages hold 1", "", 3},
		{"changes each time, and all that was seen counts", Rules{}, changing, []string{"a", "b", "c", "d", "e"}, 4, "its length changed from 3 to 4 while it was read", "", 7},
		{"changes each time, the last too", Rules{NeverOn: true}, changing, []string{"a", "b", "c", "d"}, 4, "its length changed from 3 to 4 while it was read", "", 6},
		{"too long", Rules{Most: 2}, []Page[string, int]{page(1, 3, "a")}, nil, 3, "", "more rows than asked for", 1},
		{"far too long by its count", Rules{}, []Page[string, int]{page(0, 1<<62, "a")}, []string{"a"}, 1 << 62, "it has 4611686018427387904 rows by the vendor's count, but its pages hold 1", "", 3},
		{"too long whatever it counts", Rules{Most: 2}, []Page[string, int]{page(1, 1, "a", "b"), page(2, 1, "c")}, nil, 3, "", "more rows than asked for", 2},
		{"one page again", Rules{}, []Page[string, int]{page(1, 3, "a")}, []string{"a"}, 3, "its page 2 names a page that was read already as the next one", "", 6},
		{"without end", Rules{Name: "L"}, endless(page), nil, 0, "", "L: the list does not end: after 101 pages and 1 rows", 101},
		{"full pages beyond the count", Rules{}, thrice(page(1, 1, "a"), page(2, 1, "b"), none(1)), []string{"a", "b"}, 2, "it has 1 rows by the vendor's count, but its pages hold 2", "", 9},
		{"a short page ends it", Rules{}, []Page[string, int]{page(1, 2, "a"), short(page(2, 2, "b"))}, []string{"a", "b"}, 2, "", "", 2},
		{"a short page before the count is reached", Rules{}, []Page[string, int]{short(page(1, 2, "a")), short(page(2, 2, "b"))}, []string{"a", "b"}, 2, "", "", 2},
		{"an empty page in the middle", Rules{}, thrice(page(1, 2, "a"), none(2)), []string{"a"}, 2, "it has 2 rows by the vendor's count, but its pages hold 1", "", 6},
		{"one row twice on a page, and counted so", Rules{}, []Page[string, int]{page(0, 2, "a", "a")}, []string{"a"}, 2, "", "", 1},
		{"one row on two pages, and counted so", Rules{}, thrice(page(1, 3, "a", "b"), page(0, 3, "b")), []string{"a", "b"}, 3, "it has 3 rows by the vendor's count, but its pages hold 2", "", 6},
		{"one row on two pages that nobody counts", Rules{}, thrice(page(1, NoTotal, "a", "b"), page(0, NoTotal, "b")), []string{"a", "b"}, 2, "a row of its page 1 is on page 2 too", "", 6},
		{"an odd page", Rules{}, []Page[string, int]{{Rows: []string{"a"}, Total: NoTotal, Odd: "its count is missing"}}, []string{"a"}, 1, "its count is missing", "", 3},
		{"one page again, which ends it", Rules{RepeatEnds: true}, []Page[string, int]{page(1, 3, "a")}, []string{"a"}, 3, "it has 3 rows by the vendor's count, but its pages hold 1", "", 6},
	} {
		a := &answers{pages: tc.pages}
		got, err := ReadList(t.Context(), tc.rules, func(s string) string { return s }, a.page)
		if d := cmp.Diff(Listed[string]{Rows: tc.want, Total: tc.total, Broken: tc.broken}, got); d != "" || (err == nil) != (tc.err == "") || !strings.Contains(fmt.Sprint(err), tc.err) || len(a.asked) != tc.asked {
			t.Errorf("%s: %d pages, error %v (-want +got):\n%s", tc.name, len(a.asked), err, d)
		}
	}
}

// thrice are the pages of a list that is read three times.
func thrice(pages ...Page[string, int]) []Page[string, int] {
	return slices.Concat(pages, pages, pages)
}

func none(total int) Page[string, int] { return Page[string, int]{Rows: []string{}, Total: total} }

func short(p Page[string, int]) Page[string, int] {
	p.Short = true
	return p
}

// endless are pages that name ever new ones and hold nothing new.
func endless(page func(next, total int, rows ...string) Page[string, int]) (pages []Page[string, int]) {
	for n := range 2 * maxIdle {
		pages = append(pages, page(n+1, 3, "a"))
	}
	return pages
}

// A count is taken as it stands, and said to be odd where it is none.
func TestCount(t *testing.T) {
	for text, want := range map[string]struct {
		total int
		odd   string
	}{
		`{}`: {NoTotal, "its count is missing"}, `{"count":null}`: {NoTotal, "its count is missing"}, `{"count":0}`: {0, ""}, `{"count":150}`: {150, ""},
		`{"count":"150"}`: {150, ""}, `{"count":-1}`: {NoTotal, "its count is -1"}, `{"count":"many"}`: {NoTotal, `its count is "many"`},
		`{"count":1.5}`: {NoTotal, "its count is 1.5"}, `{"count":[1]}`: {NoTotal, "its count is [1]"}, `{"count":99999999999999999999}`: {NoTotal, "its count is 99999999999999999999"},
	} {
		var answer struct{ Count Count }
		if err := json.Unmarshal([]byte(text), &answer); err != nil {
			t.Errorf("%s: %v", text, err)
		}
		if total, odd := answer.Count.Total(true); total != want.total || odd != want.odd {
			t.Errorf("%s: %d, %q", text, total, odd)
		}
	}
}
