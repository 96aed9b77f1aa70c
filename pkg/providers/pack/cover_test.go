package pack

import (
	"runtime"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// drawCells draws a matrix from roles and single cells, so that there is something to find.
func drawCells(t *rapid.T, label string) []cell {
	rows, columns := rapid.IntRange(1, 30).Draw(t, label+" rows"), rapid.IntRange(1, 40).Draw(t, label+" columns")
	r := rng{rapid.Uint64().Draw(t, label+" seed")}
	var cells []cell
	for range rapid.IntRange(0, 6).Draw(t, label+" blocks") {
		some := r.sample(rows, r.between(1, min(rows, 8)))
		for _, column := range r.sample(columns, r.between(1, min(columns, 20))) {
			for _, row := range some {
				cells = append(cells, cell{row, column})
			}
		}
	}
	for range rapid.IntRange(0, 30).Draw(t, label+" singles") {
		cells = append(cells, cell{r.below(rows), r.below(columns)})
	}
	return cells
}

func drawCaps(t *rapid.T) Caps {
	return Caps{rapid.IntRange(1, 12).Draw(t, "resources"), rapid.IntRange(1, 80).Draw(t, "subjects")}
}

func shuffled(cells []cell, seed uint64) []cell {
	r, out := rng{seed}, slices.Clone(cells)
	for i := len(out) - 1; i > 0; i-- {
		j := r.below(i + 1)
		out[i], out[j] = out[j], out[i]
	}
	return out
}

func TestCoverIsExactAndNeverWorseThanTheCheapGroupings(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cells, caps := drawCells(t, "cells"), drawCaps(t)
		rects := cover(cells, caps)
		if f := fault(cells, rects, caps); f != "" {
			t.Fatal(f)
		}
		if _, least := cheapest(cells, caps); len(rects) > least {
			t.Fatalf("%d calls, a cheap grouping needs %d", len(rects), least)
		}
		if low := lowerBound(caps, cells); low > len(rects) {
			t.Fatalf("%d calls, the bound says at least %d", len(rects), low)
		}
	})
}

func TestCoverDependsOnTheSetOfCellsAlone(t *testing.T) {
	cells := newOrg(orgShapes["org-300"]).cells()
	grants, revokes := uniform(40, 200, 1500, 1), uniform(40, 200, 1500, 2)
	revokes = minus(revokes, grants)
	caps := Caps{10, 50}
	want, wantLanes := cover(cells, caps), coverLanes(grants, revokes, caps)
	before := runtime.GOMAXPROCS(0)
	defer runtime.GOMAXPROCS(before)
	for seed := range uint64(4) {
		runtime.GOMAXPROCS(1 + int(seed)%3)
		if d := cmp.Diff(want, cover(shuffled(cells, seed), caps)); d != "" {
			t.Fatalf("another order, another cover:\n%s", d)
		}
		if d := cmp.Diff(wantLanes, coverLanes(shuffled(grants, seed), shuffled(revokes, seed), caps)); d != "" {
			t.Fatalf("another order, another cover in lanes:\n%s", d)
		}
	}
}

func TestCoverTakesOddInput(t *testing.T) {
	for name, c := range map[string]struct {
		cells []cell
		caps  Caps
		want  []rect
	}{
		"nothing":          {nil, Caps{10, 50}, []rect{}},
		"twice":            {[]cell{{1, 2}, {1, 2}}, Caps{10, 50}, []rect{{[]int{1}, []int{2}}}},
		"far apart":        {[]cell{{-1 << 62, 1 << 62}, {1 << 62, 1 << 62}}, Caps{10, 50}, []rect{{[]int{-1 << 62, 1 << 62}, []int{1 << 62}}}},
		"caps of one":      {[]cell{{0, 0}, {0, 1}}, Caps{1, 1}, []rect{{[]int{0}, []int{0}}, {[]int{0}, []int{1}}}},
		"enormous caps":    {[]cell{{0, 0}, {0, 1}}, Caps{1 << 40, 1 << 40}, []rect{{[]int{0}, []int{0, 1}}}},
		"caps below one":   {[]cell{{0, 0}, {1, 0}}, Caps{}, []rect{{[]int{0}, []int{0}}, {[]int{1}, []int{0}}}},
		"a full rectangle": {[]cell{{0, 0}, {0, 1}, {1, 0}, {1, 1}}, Caps{2, 2}, []rect{{[]int{0, 1}, []int{0, 1}}}},
	} {
		if d := cmp.Diff(c.want, cover(c.cells, c.caps)); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}

// TestWideCaps has more rows and columns in a call than a repair can tell apart.
func TestWideCaps(t *testing.T) {
	cells := uniform(90, 110, 3_000, 3)
	for _, caps := range []Caps{{70, 80}, {80, 20}, {20, 80}, {64, 64}, {65, 64}} {
		rects := cover(cells, caps)
		mustCover(t, cells, rects, caps)
		if _, least := cheapest(cells, caps); len(rects) > least {
			t.Errorf("caps %v: %d calls, a cheap grouping needs %d", caps, len(rects), least)
		}
	}
}

func TestTinyCasesAgainstEveryCover(t *testing.T) {
	r := rng{1}
	cases, best := 400, 0
	sumFound, sumBest, sumBound := 0, 0, 0
	for range cases {
		caps := Caps{r.between(1, 3), r.between(1, 4)}
		cells := sortedCells(uniform(r.between(3, 5), r.between(3, 5), r.between(4, 9), r.next()))
		found, bound := len(cover(cells, caps)), lowerBound(caps, cells)
		least := optimum(cells, caps, found+1)
		if bound > least || least > found {
			t.Fatalf("bound %d, optimum %d, found %d: %v %v", bound, least, found, caps, cells)
		}
		if found == least {
			best++
		}
		sumFound, sumBest, sumBound = sumFound+found, sumBest+least, sumBound+bound
	}
	t.Logf("optimal in %d of %d; found %d calls, optimum %d, bound %d", best, cases, sumFound, sumBest, sumBound)
	if best < cases*98/100 {
		t.Errorf("optimal in %d of %d only", best, cases)
	}
}

func TestLanesAreExactAndApart(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		adds, removes, caps := drawCells(t, "adds"), drawCells(t, "removes"), drawCaps(t)
		removes = minus(removes, adds)
		calls := coverLanes(adds, removes, caps)
		var giving, taking []rect
		for _, c := range calls {
			if len(c.Adds) > 0 {
				giving = append(giving, rect{c.Rows, c.Adds})
			}
			if len(c.Removes) > 0 {
				taking = append(taking, rect{c.Rows, c.Removes})
			}
		}
		if f := fault(adds, giving, caps); f != "" {
			t.Fatal("adds: ", f)
		}
		if f := fault(removes, taking, caps); f != "" {
			t.Fatal("removes: ", f)
		}
		if low := lowerBound(caps, adds, removes); low > len(calls) {
			t.Fatalf("%d calls, the bound says at least %d", len(calls), low)
		}
	})
}

func TestFreeCellsStayWithinTheBudget(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		wanted, caps := sortedCells(drawCells(t, "wanted")), drawCaps(t)
		free := minus(drawCells(t, "free"), wanted)
		if rapid.Bool().Draw(t, "most are free") {
			free = absentBeside(wanted, free)
		}
		again := rapid.Bool().Draw(t, "again")
		budget := rapid.SampledFrom([]int{0, 1, 10, 100, 1 << 40}).Draw(t, "budget")
		calls := coverWith(wanted, free, again, budget, caps)
		if f := looseFault(wanted, free, again, budget, caps, calls); f != "" {
			t.Fatal(f)
		}
		chunked, _ := cheapest(wanted, caps)
		if exact := len(cover(wanted, caps)); len(calls) > min(exact, chunked) {
			t.Fatalf("%d calls, %d without free cells, %d chunks", len(calls), exact, chunked)
		}
	})
}

// TestFreeCellsNeedNoMoreCallsThanMerging compares with calls that are made without free cells and then merged.
func TestFreeCellsNeedNoMoreCallsThanMerging(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		wanted, caps := sortedCells(drawCells(t, "wanted")), drawCaps(t)
		free, budget := absentBeside(wanted, drawCells(t, "kept")), rapid.IntRange(0, 300).Draw(t, "budget")
		g := newGrid(wanted)
		m := newMerger(g, free, budget, caps)
		m.start(solve(g, m.limits))
		m.run()
		if merged, calls := len(m.products()), len(coverWith(wanted, free, false, budget, caps)); calls > merged {
			t.Fatalf("%d calls, %d merged ones", calls, merged)
		}
	})
}

func TestCoverWithFreeCellsDependsOnTheSetOfCellsAlone(t *testing.T) {
	wanted, kept := uniform(40, 60, 300, 1), uniform(40, 60, 200, 2)
	free, caps := absentBeside(wanted, kept), Caps{10, 50}
	before := runtime.GOMAXPROCS(0)
	defer runtime.GOMAXPROCS(before)
	for _, again := range []bool{false, true} {
		want := coverWith(wanted, free, again, 1000, caps)
		for seed := range uint64(3) {
			runtime.GOMAXPROCS(1 + int(seed)%3)
			if d := cmp.Diff(want, coverWith(shuffled(wanted, seed), shuffled(free, seed), again, 1000, caps), cmp.AllowUnexported(freeRect{})); d != "" {
				t.Fatalf("another order, another cover:\n%s", d)
			}
		}
	}
}
