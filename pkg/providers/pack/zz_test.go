package pack

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestZZ(t *testing.T) {
	only := os.Getenv("ZZ")
	show := func(name string, cells func() []Cell) {
		if only != "" && !strings.Contains(name, only) {
			return
		}
		cs := cells()
		if len(cs) == 0 {
			return
		}
		t0 := time.Now()
		calls := len(Cover(cs, groupCaps))
		tc := time.Since(t0)
		g := newGrid(cs)
		l := groupCaps.limits(g)
		var b [5]int
		var tm [5]time.Duration
		tot := 0
		for _, part := range g.parts() {
			best := 0
			for i, f := range []func() int{func() int { return byCounting(part, l) }, func() int { return rank(part) }, func() int { return byCharging(part, l) }, func() int { return byBlocks(part, l) }, func() int { return byBlocks(part.transposed(), limits{p:l.q,q:l.p}) }} {
				t0 = time.Now()
				x := f()
				tm[i] += time.Since(t0)
				b[i] += x
				best = max(best, x)
			}
			tot += best
		}
		fmt.Printf("%-18s calls %6d %5d ms  bound %6d  count %5d rank %5d charge %5d blocks %5d  T %5d ms %d %d %d %d\n", name, calls, tc.Milliseconds(), tot, b[0], b[1], b[2], b[3], b[4], tm[1].Milliseconds(), tm[2].Milliseconds(), tm[3].Milliseconds(), tm[4].Milliseconds())
	}
	for _, f := range sharedFiles {
		show(strings.TrimSuffix(filepath.Base(f.name), ".tsv"), func() []Cell { return sharedCells(t, f.name) })
	}
	for _, n := range []string{"org-1k", "org-10k", "org-10k-clean", "org-10k-big", "org-100k"} {
		show(n, func() []Cell { return newOrg(orgShapes[n]).cells() })
	}
	for _, n := range []string{"teams", "moves", "churn1", "day2", "leavers"} {
		show(n+"-g", func() []Cell { g, _ := deltas[n](); return g })
		show(n+"-r", func() []Cell { _, r := deltas[n](); return r })
	}
	show("rand-1k", func() []Cell { return uniform(1000, 1000, 3000, 8) })
	show("rand-60", func() []Cell { return uniform(60, 200, 6000, 9) })
	show("power", func() []Cell { return powerLaw(2000, 20_000, 11) })
	show("crown", func() []Cell { return crown(60) })
	show("stairs", func() []Cell { return stairs(40, 400) })
	show("million", func() []Cell { return uniform(20_000, 100_000, 1_000_000, 10) })
}
