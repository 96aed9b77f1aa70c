package compose

import (
	"cmp"
	"container/heap"
	"slices"

	"github.com/entitlectl/entitlectl/pkg/spec"
)

// Finding teams is finding sets of people that many lists share, such that lists with teams in their places are shorter, the teams
// counted. To find the best is hard, so this takes what saves most, again and again. Length is counted in characters.
const (
	mentionLength = 24 // about how long "team:NAME, " is
	lineLength    = 16 // and about what the line of a team has beside its people
	neighbours    = 8  // with how many lists each is compared for what they share
	leastShared   = 3
	rounds        = 3
)

// miner looks for teams.
type miner struct {
	length     []int // of each person's mention
	lists      []cover
	candidates []candidate
	known      map[string]bool // candidates, by their sets
	queue      queue
}

// cover is a list of people, and the teams that stand for some of them. Those of the teams themselves come last.
type cover struct {
	people, open set // all, and those for whom no team stands yet
	teams        []int
}

// candidate is a set of people that may become a team.
type candidate struct {
	people set
	in     []int // lists that have all of them
	team   bool
}

// queued is a candidate by what it was found to save. That may be less by now.
type queued struct{ candidate, saves int }

type queue []queued

func (q queue) Len() int      { return len(q) }
func (q queue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *queue) Push(x any)   { *q = append(*q, x.(queued)) }
func (q *queue) Pop() any {
	last := len(*q) - 1
	x := (*q)[last]
	*q = (*q)[:last]
	return x
}
func (q queue) Less(i, j int) bool {
	return cmp.Or(cmp.Compare(q[j].saves, q[i].saves), cmp.Compare(q[i].candidate, q[j].candidate)) < 0
}

// mine finds teams for lists of people, and answers the lists with them, and the teams with those in them, in one: first the lists as
// they were given, then the teams, by their index from 0.
func mine(lists []set, length []int) []cover {
	m := &miner{length: length, known: map[string]bool{}}
	for _, people := range lists {
		m.lists = append(m.lists, cover{people: people, open: slices.Clone(people)})
	}
	for round := 0; round < rounds; round++ { // what is left after the first may share more than whole lists do
		before := len(m.lists)
		m.nominate(spec.Each(m.lists, func(l cover) set { return slices.Clone(l.open) }))
		m.choose(len(lists))
		if len(m.lists) == before {
			break
		}
	}
	return m.lists
}

// choose makes teams of the candidates until none saves anything. Lists that are no team's own come first, so many.
func (m *miner) choose(given int) {
	for m.queue.Len() > 0 {
		best := heap.Pop(&m.queue).(queued)
		c := &m.candidates[best.candidate]
		if c.team {
			continue
		}
		saves := m.saves(c)
		if next := m.queue; saves > 0 && next.Len() > 0 && saves < next[0].saves {
			heap.Push(&m.queue, queued{best.candidate, saves})
			continue
		}
		if saves > 0 {
			m.found(best.candidate, len(m.lists)-given)
		}
	}
}

// nominate makes candidates of what lists are, and of what each shares with those that are most like it.
func (m *miner) nominate(lists []set) {
	first := len(m.candidates)
	add := func(people set) {
		if key := people.key(); people.len() >= leastShared && !m.known[key] {
			m.known[key] = true
			m.candidates = append(m.candidates, candidate{people: people})
		}
	}
	for _, people := range lists {
		add(people)
	}
	distinct := slices.Clone(m.candidates[first:])
	type like struct{ with, shared int }
	for i := range distinct {
		var all []like
		for k := range distinct {
			if n := distinct[i].people.shared(distinct[k].people); k != i && n >= leastShared {
				all = append(all, like{k, n})
			}
		}
		slices.SortFunc(all, func(a, b like) int { return cmp.Or(cmp.Compare(b.shared, a.shared), cmp.Compare(a.with, b.with)) })
		for _, l := range all[:min(len(all), neighbours)] {
			add(distinct[i].people.and(distinct[l.with].people))
		}
	}
	m.place(first)
}

// place finds the lists that have each candidate from one on, and queues those that save something.
func (m *miner) place(first int) {
	of := make([]set, len(m.length)) // the lists of each person
	for i := range of {
		of[i] = newSet(len(m.lists))
	}
	for i := range m.lists {
		for p := range m.lists[i].people.all {
			of[p].add(i)
		}
	}
	for i := first; i < len(m.candidates); i++ {
		c := &m.candidates[i]
		var in set
		for p := range c.people.all {
			if in == nil {
				in = of[p]
			}
			in = in.and(of[p])
		}
		c.in = slices.Collect(in.all)
		if saves := m.saves(c); saves > 0 {
			m.queue = append(m.queue, queued{i, saves})
		}
	}
	heap.Init(&m.queue)
}

// long is how long the mentions of people are.
func (m *miner) long(people set) (n int) {
	for p := range people.all {
		n += m.length[p]
	}
	return n
}

// shortens says how much shorter a list gets by a team; not by one that stands for few of those who are left.
func (m *miner) shortens(l *cover, team set) int {
	return max(0, m.long(l.open.and(team))-mentionLength)
}

// saves is how much shorter all gets by a team, nothing where only one list has a use for it.
func (m *miner) saves(c *candidate) int {
	total, uses := 0, 0
	for _, i := range c.in {
		if n := m.shortens(&m.lists[i], c.people); n > 0 {
			total, uses = total+n, uses+1
		}
	}
	if uses < 2 {
		return 0
	}
	return total - m.long(c.people) - lineLength
}

// found makes a candidate a team, which stands in lists and in other teams, and has others in it.
func (m *miner) found(candidate, team int) {
	c := &m.candidates[candidate]
	c.team = true
	own := cover{people: c.people, open: slices.Clone(c.people)}
	given := len(m.lists) - team
	for t := range team {
		if inner := m.lists[given+t].people; inner.within(c.people) && m.shortens(&own, inner) > 0 {
			own.open.remove(inner)
			own.teams = append(own.teams, t)
		}
	}
	for _, i := range c.in {
		if l := &m.lists[i]; m.shortens(l, c.people) > 0 {
			l.open.remove(c.people)
			l.teams = append(l.teams, team)
		}
	}
	m.lists = append(m.lists, own)
	for i := range m.candidates {
		if o := &m.candidates[i]; !o.team && o.people.within(own.people) {
			o.in = append(o.in, len(m.lists)-1)
			if saves := m.saves(o); saves > 0 {
				heap.Push(&m.queue, queued{i, saves})
			}
		}
	}
}
