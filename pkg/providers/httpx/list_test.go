package httpx

import (
	"errors"
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
		rows, broken, err := Steady(func(r row) string { return r.Key }, func(last bool) ([]row, string, error) {
			r := tc.readings[len(toEnd)]
			toEnd = append(toEnd, last)
			return r.rows, r.broken, r.err
		})
		if d := cmp.Diff(tc.want, rows) + cmp.Diff(tc.toEnd, toEnd); d != "" || broken != tc.broken || !errors.Is(err, tc.err) {
			t.Errorf("%s: broken %q, error %v (-want +got):\n%s", tc.name, broken, err, d)
		}
	}
}
