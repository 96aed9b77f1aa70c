package provider

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

// What is told of several failures does not depend on which came first, and what came before the first of them is not given up.
func TestGather(t *testing.T) {
	for _, side := range []int{0, 1, 3, 8, 100} {
		for _, failing := range [][]int{nil, {7}, {3, 9}, {9, 3}, {0, 19}} {
			synctest.Test(t, func(t *testing.T) {
				var mu sync.Mutex
				now, most, done := 0, 0, map[int]bool{}
				got, err := Gather(t.Context(), side, 20, func(ctx context.Context, i int) (int, error) {
					mu.Lock()
					now++
					most = max(most, now)
					mu.Unlock()
					defer func() { mu.Lock(); now--; mu.Unlock() }()
					for place, f := range failing {
						if i == f {
							time.Sleep(time.Duration(place) * time.Second)
							return 0, fmt.Errorf("failed %d", i)
						}
					}
					select {
					case <-time.After(time.Duration(30-i) * time.Second):
					case <-ctx.Done():
						return 0, ctx.Err()
					}
					mu.Lock()
					done[i] = true
					mu.Unlock()
					return i, nil
				})
				first := 20
				for _, f := range failing {
					first = min(first, f)
				}
				for i := range 20 {
					if i < first && !done[i] || first == 20 && (err != nil || got[i] != i) {
						t.Errorf("%d side by side, %v fail: %d is not there, error %v", side, failing, i, err)
					}
				}
				if first < 20 && (err == nil || err.Error() != fmt.Sprint("failed ", first) || got != nil) {
					t.Errorf("%d side by side, %v fail: %v, error %v", side, failing, got, err)
				}
				if most > max(side, 1) {
					t.Errorf("%d at a time, of at most %d", most, side)
				}
			})
		}
	}
}

// vendorList is a list by offsets, as a vendor may show it, with all that may be wrong about it.
type vendorList struct {
	rows         []string
	size         int
	total        map[int]int // what a page counts, by its offset, where that is not the truth
	fails        map[int]bool
	short        map[int]bool // pages with a row fewer
	ignores, odd bool         // it shows its first page whatever is asked; it does not count

	mu    sync.Mutex
	asked int
}

func (v *vendorList) honest() bool {
	return len(v.total)+len(v.fails)+len(v.short) == 0 && !v.ignores && !v.odd
}

func (v *vendorList) page(_ context.Context, from int) (Page[string, int], error) {
	v.mu.Lock()
	v.asked++
	v.mu.Unlock()
	if v.fails[from] {
		return Page[string, int]{}, fmt.Errorf("page at %d failed", from)
	}
	at := from
	if v.ignores {
		at = 0
	}
	rows := v.rows[min(at, len(v.rows)):min(at+v.size, len(v.rows))]
	if v.short[from] && len(rows) > 0 {
		rows = rows[1:]
	}
	p := Page[string, int]{Rows: rows, Total: len(v.rows), Short: len(rows) < v.size}
	if total, lies := v.total[from]; lies {
		p.Total = total
	}
	if v.odd {
		p.Total, p.Odd = NoTotal, "its count is missing"
	}
	if n := len(rows); n > 0 {
		p.Next, p.Nth = from+n, func(i int) int { return i * n }
	}
	return p, nil
}

func drawList(t *rapid.T) *vendorList {
	v := &vendorList{size: rapid.IntRange(1, 4).Draw(t, "size"), total: map[int]int{}, fails: map[int]bool{}, short: map[int]bool{}}
	for i := range rapid.IntRange(0, 30).Draw(t, "rows") {
		v.rows = append(v.rows, fmt.Sprint("row ", i-rapid.SampledFrom([]int{0, 0, 0, 0, 1}).Draw(t, "twice")))
	}
	offset := rapid.IntRange(0, 30)
	if rapid.Bool().Draw(t, "wrong") {
		v.total = rapid.MapOfN(offset, rapid.SampledFrom([]int{0, 1, 5, 29, 30, 31, 500, 1 << 40}), 0, 2).Draw(t, "total")
		v.fails = rapid.MapOfN(offset, rapid.Just(true), 0, 2).Draw(t, "fails")
		v.short = rapid.MapOfN(offset, rapid.Just(true), 0, 2).Draw(t, "short")
		v.ignores, v.odd = rapid.IntRange(0, 9).Draw(t, "ignores") == 0, rapid.IntRange(0, 9).Draw(t, "odd") == 0
	}
	return v
}

// However wrong a list is, what is said of it is the same with its pages asked side by side, and no more pages are asked in vain than
// are in flight.
func TestPagesAheadChangeNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := drawList(t)
		rules := Rules{Name: "L", RepeatEnds: rapid.Bool().Draw(t, "repeat"), NeverOn: rapid.Bool().Draw(t, "never on"), Most: rapid.SampledFrom([]int{0, 0, 10}).Draw(t, "most")}
		key := func(s string) string { return s }
		want, wantErr := ReadList(t.Context(), rules, key, v.page)
		alone := v.asked
		rules.Ahead, v.asked = rapid.IntRange(2, 9).Draw(t, "ahead"), 0
		got, err := ReadList(t.Context(), rules, key, v.page)
		if !reflect.DeepEqual(want, got) || fmt.Sprint(wantErr) != fmt.Sprint(err) {
			t.Fatalf("one after the other: %+v, %v\nside by side: %+v, %v", want, wantErr, got, err)
		}
		tries := 1
		if want.Broken != "" || wantErr != nil {
			tries = listTries
		}
		if v.asked > alone+tries*(rules.Ahead-1) || v.honest() && want.Broken == "" && wantErr == nil && v.asked != alone {
			t.Fatalf("%d pages instead of %d, %d in flight", v.asked, alone, rules.Ahead)
		}
	})
}

// Pages of one list are in flight together, and one that fails keeps those after it from being asked.
func TestPagesAhead(t *testing.T) {
	read := func(t *testing.T, fails int) (took time.Duration, asked int, err error) {
		v := &vendorList{size: 10, fails: map[int]bool{fails: true}}
		for i := range 1005 {
			v.rows = append(v.rows, fmt.Sprint(i))
		}
		start := time.Now()
		_, err = ReadList(t.Context(), Rules{Ahead: 10}, func(s string) string { return s }, func(ctx context.Context, from int) (Page[string, int], error) {
			time.Sleep(time.Second)
			if ctx.Err() != nil {
				return Page[string, int]{}, ctx.Err()
			}
			return v.page(ctx, from)
		})
		return time.Since(start), v.asked, err
	}
	synctest.Test(t, func(t *testing.T) {
		if took, asked, err := read(t, -1); took > 12*time.Second || asked != 101 || err != nil {
			t.Errorf("%d pages in %v, error %v", asked, took, err)
		}
		if _, asked, err := read(t, 50); asked > 20 || err == nil || !strings.HasSuffix(err.Error(), "page at 50 failed") || errors.Is(err, context.Canceled) {
			t.Errorf("%d pages, error %v", asked, err)
		}
	})
}

// The whole is read where it takes fewer pages, by what is known of its parts: a list of everything that says it has 110,000 rows is
// 1,101 pages, its last one empty.
func TestMostRows(t *testing.T) {
	parts := func(n, rows int) (all []int) {
		for range n {
			all = append(all, rows)
		}
		return all
	}
	for _, tc := range []struct {
		parts []int
		rows  int
		whole bool
	}{
		{parts(1000, 110), 110_000, true},                              // 1,101 pages, not 2,001
		{append(parts(9175, 90), parts(825, 212)...), 1_000_650, true}, // 10,007 pages, not 11,651
		{parts(3, 5), 1250, false},                                     // 3 pages, not 13
		{parts(3, 0), 400, false},
		{parts(3, 0), 399, true}, // three more after the first, either way
		{parts(2, 100), 499, true},
		{parts(2, 100), 500, false},
	} {
		if most := MostRows(100, tc.parts); (tc.rows <= most) != tc.whole {
			t.Errorf("%d parts, %d rows in all: at most %d, want whole=%v", len(tc.parts), tc.rows, most, tc.whole)
		}
	}
}
