package pack

import "slices"

// days are changes of a day.
var days = map[string]struct {
	seed   uint64
	change func(o *org) (teams []cell)
}{
	"team1":  {15, func(o *org) []cell { return o.team(12, 8) }},
	"teams":  {14, func(o *org) []cell { return o.teams(60) }},
	"moves":  {13, func(o *org) []cell { o.moves(10, 200); return nil }},
	"churn1": {16, func(o *org) []cell { o.churn(.01); return nil }},
	"leavers": {12, func(o *org) []cell {
		for _, person := range o.random.sample(o.shape.people, o.shape.people/50) {
			o.leave(person)
		}
		return nil
	}},
	"day2": {11, func(o *org) []cell {
		o.moves(4, 80)
		o.churn(.01)
		return o.teams(40)
	}},
}

// loose are revokes beside which every absent pair is free: of a day, or of an organisation of a thousand, or random ones
// among which some pairs are kept.
var loose = map[string]func() (wanted, free []cell){
	"churn1":           func() ([]cell, []cell) { return revokesOf("org-10k", "churn1") },
	"day2":             func() ([]cell, []cell) { return revokesOf("org-10k", "day2") },
	"moves":            func() ([]cell, []cell) { return revokesOf("org-10k", "moves") },
	"leavers":          func() ([]cell, []cell) { return revokesOf("org-10k", "leavers") },
	"1k-churn1":        func() ([]cell, []cell) { return revokesOf("org-1k", "churn1") },
	"1k-day2":          func() ([]cell, []cell) { return revokesOf("org-1k", "day2") },
	"1k-leavers":       func() ([]cell, []cell) { return revokesOf("org-1k", "leavers") },
	"100x60-kept-0.5%": func() ([]cell, []cell) { return looseRandom(100, 60, 600, 30) },
	"100x60-kept-10%":  func() ([]cell, []cell) { return looseRandom(100, 60, 600, 600) },
	"300x200-kept-2%":  func() ([]cell, []cell) { return looseRandom(300, 200, 1500, 1200) },
	"300x200-kept-10%": func() ([]cell, []cell) { return looseRandom(300, 200, 1500, 6000) },
	"300x200-kept-50%": func() ([]cell, []cell) { return looseRandom(300, 200, 1500, 30_000) },
}

func revokesOf(shape, day string) (wanted, free []cell) {
	before, after := turned(orgShapes[shape], days[day].seed, days[day].change)
	wanted = minus(before, after)
	return wanted, absentBeside(wanted, after)
}

func looseRandom(rows, columns, count, kept int) (wanted, free []cell) {
	wanted = uniform(rows, columns, count, 100)
	return wanted, absentBeside(wanted, uniform(rows, columns, kept, 200))
}

// delta is what a day of the ten-thousand organisation grants and revokes.
func delta(day string) (grants, revokes []cell) {
	before, after := turned(orgShapes["org-10k"], days[day].seed, days[day].change)
	return minus(after, before), minus(before, after)
}

// turned is an organisation before and after a change.
func turned(shape orgShape, seed uint64, change func(o *org) (teams []cell)) (before, after []cell) {
	o := newOrg(shape)
	before = o.cells()
	o.random = rng{seed}
	teams := change(o)
	return before, sortedCells(append(o.cells(), teams...))
}

// absentBeside lists the pairs of the wanted cells' rows and columns that are neither wanted nor kept.
func absentBeside(wanted, kept []cell) []cell {
	rows, columns := map[int]bool{}, map[int]bool{}
	for _, c := range wanted {
		rows[c.Row], columns[c.Column] = true, true
	}
	taken := setOf(slices.Concat(wanted, kept))
	var free []cell
	for row := range rows {
		for column := range columns {
			if c := (cell{row, column}); !taken[c] {
				free = append(free, c)
			}
		}
	}
	return sortedCells(free)
}
