package pack

import (
	"bufio"
	"cmp"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// BenchmarkCover packs every instance at the sizes of the authorization API and reports the calls beside the bound and
// beside simpler ways.
func BenchmarkCover(b *testing.B) {
	for _, file := range sharedFiles {
		b.Run(strings.TrimSuffix(filepath.Base(file.name), ".tsv"), func(b *testing.B) { benchmark(b, sharedCells(b, file.name)) })
	}
	for _, name := range slices.Sorted(maps.Keys(orgShapes)) {
		b.Run(name, func(b *testing.B) { benchmark(b, newOrg(orgShapes[name]).cells()) })
	}
	for _, name := range slices.Sorted(maps.Keys(days)) {
		b.Run(name+"-grant", func(b *testing.B) { grants, _ := delta(name); benchmark(b, grants) })
		b.Run(name+"-revoke", func(b *testing.B) { _, revokes := delta(name); benchmark(b, revokes) })
	}
	for _, f := range []struct {
		name  string
		cells func() []cell
	}{
		{"100-pairs", func() []cell { return uniform(20, 40, 100, 1) }},
		{"rand-300x1k-3k", func() []cell { return uniform(300, 1000, 3000, 7) }},
		{"rand-1kx1k-3k", func() []cell { return uniform(1000, 1000, 3000, 8) }},
		{"rand-60x200-6k", func() []cell { return uniform(60, 200, 6000, 9) }},
		{"rand-20kx100k-1M", func() []cell { return uniform(20_000, 100_000, 1_000_000, 10) }},
		{"power-2kx20k", func() []cell { return powerLaw(2000, 20_000, 11) }},
		{"crown-60", func() []cell { return crown(60) }},
		{"stairs-40x400", func() []cell { return stairs(40, 400) }},
	} {
		b.Run(f.name, func(b *testing.B) { benchmark(b, f.cells()) })
	}
}

func benchmark(b *testing.B, cells []cell) {
	if len(cells) == 0 {
		b.Skip("nothing to do")
	}
	calls := 0
	b.ReportAllocs()
	for b.Loop() {
		calls = len(cover(cells, groupCaps))
	}
	chunked, least := cheapest(cells, groupCaps)
	report(b, len(cells), calls, lowerBound(groupCaps, cells), chunked, least)
}

func report(b *testing.B, pairs, calls, bound, chunked, least int) {
	b.ReportMetric(float64(pairs), "pairs")
	b.ReportMetric(float64(calls), "calls")
	b.ReportMetric(float64(bound), "bound")
	b.ReportMetric(float64(calls)/float64(bound), "calls/bound")
	b.ReportMetric(float64(chunked), "chunks")
	b.ReportMetric(float64(least), "cheapest")
}

// BenchmarkLanes packs a day's changes at the sizes of the app API, adds and removes together.
func BenchmarkLanes(b *testing.B) {
	for _, name := range slices.Sorted(maps.Keys(days)) {
		b.Run(name, func(b *testing.B) {
			adds, removes := delta(name)
			calls := 0
			b.ReportAllocs()
			for b.Loop() {
				calls = len(coverLanes(adds, removes, appCaps))
			}
			b.ReportMetric(float64(len(adds)+len(removes)), "pairs")
			b.ReportMetric(float64(calls), "calls")
			b.ReportMetric(float64(lowerBound(appCaps, adds, removes)), "bound")
			b.ReportMetric(float64(len(cover(adds, appCaps))+len(cover(removes, appCaps))), "apart")
		})
	}
}

// BenchmarkFree packs revokes beside which every absent pair is free, and reports the calls beside those of merging calls
// that are made without free pairs, which is where the search starts.
func BenchmarkFree(b *testing.B) {
	for _, name := range slices.Sorted(maps.Keys(loose)) {
		wanted, free := loose[name]()
		for _, again := range []bool{false, true} {
			b.Run(name+map[bool]string{false: "/once", true: "/again"}[again], func(b *testing.B) {
				var calls []freeRect
				for b.Loop() {
					calls = coverWith(wanted, free, again, 1<<30, groupCaps)
				}
				used := 0
				for _, c := range calls {
					used += len(c.Free)
				}
				g := newGrid(wanted)
				m := newMerger(g, free, 1<<30, groupCaps)
				m.start(solve(g, m.limits))
				m.run()
				b.ReportMetric(float64(len(calls)), "calls")
				b.ReportMetric(float64(used), "free")
				b.ReportMetric(float64(len(m.products())), "merged")
				b.ReportMetric(float64(len(cover(wanted, groupCaps))), "exact")
			})
		}
	}
}

// BenchmarkHistory packs each change set of the organisation history, additions and removals by themselves, and reports
// the sums.
func BenchmarkHistory(b *testing.B) {
	sets := history(b)
	calls := 0
	for b.Loop() {
		calls = 0
		for _, cells := range sets {
			calls += len(cover(cells, groupCaps))
		}
	}
	pairs, bound, chunked, least := 0, 0, 0, 0
	for _, cells := range sets {
		c, l := cheapest(cells, groupCaps)
		pairs, chunked, least = pairs+len(cells), chunked+c, least+l
		bound += lowerBound(groupCaps, cells)
	}
	report(b, pairs, calls, bound, chunked, least)
}

// history reads the change sets, each cut in what it adds and what it removes.
func history(t testing.TB) [][]cell {
	type part struct {
		set  int
		sign string
	}
	teams, users, parts := numbers{}, numbers{}, map[part][]cell{}
	for lines := bufio.NewScanner(sharedFile(t, "data/k8s-org-history.tsv")); lines.Scan(); {
		f := strings.Split(lines.Text(), "\t")
		set, err := strconv.Atoi(f[0])
		if err != nil || len(f) != 5 {
			t.Fatal("not a change: ", lines.Text())
		}
		p := part{set, f[2]}
		parts[p] = append(parts[p], cell{teams.of(f[3]), users.of(f[4])})
	}
	order := slices.SortedFunc(maps.Keys(parts), func(a, b part) int {
		return cmp.Or(cmp.Compare(a.set, b.set), cmp.Compare(a.sign, b.sign))
	})
	sets := make([][]cell, len(order))
	for i, p := range order {
		sets[i] = parts[p]
	}
	return sets
}
