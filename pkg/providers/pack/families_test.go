package pack

import (
	"cmp"
	"math"
	"slices"
)

// The families of instances that the tests and benchmarks make from fixed seeds: organisations whose people hold the
// groups of their roles, what changes in them from one day to the next, and hard small cases.

// orgShape describes an organisation.
type orgShape struct {
	people, roles int
	low, high     int     // groups of a role
	shared        float64 // share of a role's groups that come from a pool which all roles use
	skew          float64 // popularity of role i is 1/(i+1)^skew
	noise         float64 // individual grants, as a share of the others
	everyone      bool    // one more group that everybody holds
	seed          uint64
}

var orgShapes = map[string]orgShape{
	"org-300":       {people: 300, roles: 12, low: 3, high: 12, shared: .2, skew: .7, noise: .03, seed: 4},
	"org-1k":        {people: 1000, roles: 20, low: 3, high: 12, shared: .2, skew: .7, noise: .02, seed: 1},
	"org-10k":       {people: 10000, roles: 120, low: 3, high: 12, shared: .2, skew: .7, noise: .03, seed: 2},
	"org-10k-clean": {people: 10000, roles: 120, low: 3, high: 12, skew: .7, seed: 5},
	"org-10k-big":   {people: 10000, roles: 60, low: 8, high: 30, shared: .3, skew: .7, noise: .01, everyone: true, seed: 6},
	"org-100k":      {people: 100000, roles: 500, low: 2, high: 10, shared: .2, skew: .7, noise: .01, seed: 3},
}

// org is a made-up organisation.
type org struct {
	random     rng
	shape      orgShape
	groups     int
	roles      [][]int // the groups of each role
	popularity []float64
	held       [][]int // the roles of each person
	extra      []cell  // individual grants
}

func (r *rng) float() float64            { return float64(r.next()>>11) / (1 << 53) }
func (r *rng) between(low, high int) int { return low + r.below(high-low+1) }

func newOrg(shape orgShape) *org {
	o := &org{random: rng{shape.seed}, shape: shape, groups: shape.roles}
	r := &o.random
	total := 0.0
	for i := range shape.roles {
		var groups []int
		for range r.between(shape.low, shape.high) {
			group := o.groups
			if r.float() < shape.shared {
				group = r.below(shape.roles)
			} else {
				o.groups++
			}
			groups = append(groups, group)
		}
		slices.Sort(groups)
		o.roles = append(o.roles, slices.Compact(groups))
		total += math.Pow(float64(i+1), -shape.skew)
		o.popularity = append(o.popularity, total)
	}
	for range shape.people {
		o.held = append(o.held, o.drawRoles())
	}
	o.addNoise()
	return o
}

// drawRoles gives a person one to four roles.
func (o *org) drawRoles() []int {
	count, x := 1, o.random.float()
	for _, p := range []float64{.45, .75, .92} {
		if x >= p {
			count++
		}
	}
	var roles []int
	for len(roles) < count {
		at, _ := slices.BinarySearch(o.popularity, o.random.float()*o.popularity[len(o.popularity)-1])
		if !slices.Contains(roles, at) {
			roles = append(roles, at)
		}
	}
	return roles
}

func (o *org) addNoise() {
	cells := o.cells()
	has := setOf(cells)
	for range int(float64(len(cells)) * o.shape.noise) {
		c := cell{o.random.below(o.groups), o.random.below(o.shape.people)}
		if !has[c] {
			has[c] = true
			o.extra = append(o.extra, c)
		}
	}
}

// cells are the grants as they are now, sorted.
func (o *org) cells() []cell {
	var cells []cell
	for person, roles := range o.held {
		for _, role := range roles {
			for _, group := range o.roles[role] {
				cells = append(cells, cell{group, person})
			}
		}
		if o.shape.everyone && len(roles) > 0 {
			cells = append(cells, cell{o.groups, person})
		}
	}
	return sortedCells(append(cells, o.extra...))
}

func sortedCells(cells []cell) []cell {
	slices.SortFunc(cells, func(a, b cell) int { return cmp.Or(cmp.Compare(a.Row, b.Row), cmp.Compare(a.Column, b.Column)) })
	return slices.Compact(cells)
}

func setOf(cells []cell) map[cell]bool {
	set := make(map[cell]bool, len(cells))
	for _, c := range cells {
		set[c] = true
	}
	return set
}

func minus(a, b []cell) []cell {
	gone := setOf(b)
	return slices.DeleteFunc(slices.Clone(a), func(c cell) bool { return gone[c] })
}

// team gives 5 to 20 people 4 to 12 groups each.
func (o *org) team(people, groups int) []cell {
	rows, cols := o.random.sample(o.groups, groups), o.random.sample(o.shape.people, people)
	var cells []cell
	for _, r := range rows {
		for _, c := range cols {
			cells = append(cells, cell{r, c})
		}
	}
	return cells
}

func (o *org) teams(count int) []cell {
	var cells []cell
	for range count {
		cells = append(cells, o.team(o.random.between(5, 20), o.random.between(4, 12))...)
	}
	return cells
}

func (r *rng) sample(n, count int) []int {
	var out []int
	for len(out) < count {
		if x := r.below(n); !slices.Contains(out, x) {
			out = append(out, x)
		}
	}
	return out
}

// moves swaps one role for another for up to size people of it, department by department.
func (o *org) moves(departments, size int) {
	for range departments {
		pair := o.random.sample(len(o.roles), 2)
		left := size
		for person, roles := range o.held {
			if at := slices.Index(roles, pair[0]); at >= 0 && left > 0 && !slices.Contains(roles, pair[1]) {
				o.held[person] = slices.Clone(roles)
				o.held[person][at] = pair[1]
				left--
			}
		}
	}
}

// churn lets a share of the people join, as many leave and as many swap one role. Who joins held nothing before.
func (o *org) churn(share float64) {
	count := int(float64(o.shape.people) * share)
	for range count {
		o.held = append(o.held, o.drawRoles())
	}
	for _, person := range o.random.sample(o.shape.people, 2*count) {
		if count--; count >= 0 {
			o.leave(person)
			continue
		}
		roles := slices.Clone(o.held[person])
		for {
			if role := o.drawRoles()[0]; !slices.Contains(roles, role) {
				roles[o.random.below(len(roles))] = role
				break
			}
		}
		o.held[person] = roles
	}
}

func (o *org) leave(person int) {
	o.held[person] = nil
	o.extra = slices.DeleteFunc(o.extra, func(c cell) bool { return c.Column == person })
}

// uniform draws distinct cells.
func uniform(rows, cols, count int, seed uint64) []cell {
	r := rng{seed}
	seen := map[cell]bool{}
	var cells []cell
	for len(cells) < count {
		c := cell{r.below(rows), r.below(cols)}
		if !seen[c] {
			seen[c] = true
			cells = append(cells, c)
		}
	}
	return cells
}

// powerLaw gives group i a random set of cols/(4(i+1)^0.9) members.
func powerLaw(rows, cols int, seed uint64) []cell {
	r := rng{seed}
	var cells []cell
	for i := range rows {
		for range max(1, int(float64(cols)/(4*math.Pow(float64(i+1), .9)))) {
			cells = append(cells, cell{i, r.below(cols)})
		}
	}
	return sortedCells(cells)
}

// crown is every cell but the diagonal.
func crown(n int) []cell {
	var cells []cell
	for r := range n {
		for c := range n {
			if r != c {
				cells = append(cells, cell{r, c})
			}
		}
	}
	return cells
}

// stairs gives column c the rows from 0 to c/step.
func stairs(rows, cols int) []cell {
	var cells []cell
	for c := range cols {
		for r := range min(rows, c*rows/cols+1) {
			cells = append(cells, cell{r, c})
		}
	}
	return cells
}
