package spec

import (
	"cmp"
	"slices"
	"time"
)

// Chain is one way in which the files give a grant: a line of the resource and, where that names a team, the teams down to the
// person.
type Chain struct {
	Source Position // the line of the resource
	Steps  []Step   // none: that line names the subject itself
	Reason string   // the file's reason:, or the cause of a lapse
	Lapsed bool     // it gives the grant no longer, or not yet
	items  []*item  // what stands in these lines: one more than there are steps
}

// Chains finds the ways in which files give what they give at a moment. It looks at nothing but what it is asked about, and remembers
// that. It serves one goroutine.
type Chains struct {
	now     time.Time
	listed  map[Ref]*resource
	sites   map[string]*connection
	people  *directory
	teams   memberships
	ways    map[*user]map[*team]*way
	kept    int // choices in ways
	entries map[Ref]*lines
	lines   int // in entries
}

// Chains looks into the files as of a moment.
func (s *Spec) Chains(now time.Time) *Chains {
	c := &Chains{now: now, listed: make(map[Ref]*resource, len(s.resources)), sites: s.sites, people: newDirectory(s.users),
		teams: membershipsOf(s.teams), ways: map[*user]map[*team]*way{}, entries: map[Ref]*lines{}}
	for _, r := range s.resources {
		c.listed[r.ref()] = r
	}
	return c
}

// Of lists the chains that give a grant, but no more than so many: teams that nest in many ways give very many. Those that hold
// come before those that have lapsed, then the order is that of the resource's lines, and of one line the shortest comes first. A
// grant without a role stands for one of any role.
func (c *Chains) Of(g Grant, most int) []Chain {
	on := c.on(g.Resource)
	if on == nil {
		return nil
	}
	who := c.people.identified(c.sites[g.Resource.Connection], g.Subject)
	ways := c.waysTo(who)
	var found []Chain
	for _, l := range on.giving(g, ways) {
		for _, path := range paths(l.it, ways, most-len(found)) {
			chain := l.chain(path)
			if who != nil && who.gone(c.now) {
				chain.Lapsed, chain.Reason = true, who.leaving()
			}
			found = append(found, chain)
		}
	}
	return found
}

// Person is the name in the files of whoever a connection knows as a subject; "" where the files know nobody by it.
func (c *Chains) Person(connection string, s Subject) string {
	if u := c.people.anyName(c.sites[connection], s); u != nil {
		return u.name
	}
	return ""
}

// Gone is the first line of a chain of other files that these files lack, or do not count any longer.
func (c *Chains) Gone(g Grant, other Chain) Position {
	on := c.on(g.Resource)
	if on == nil || !on.holding(wordOn{g.Role, other.items[0].word}) {
		return other.Source
	}
	for i, step := range other.Steps {
		if it := other.items[i+1]; !c.teams.lists(step.Team, it) {
			return it.at
		}
	}
	return other.Source
}

type wordOn struct {
	role Role
	word
}

// lines are those of one resource that give something. Most of what they are asked is about few of those who are named in them, so
// what they hold of each is small.
type lines struct {
	*resource
	now   time.Time
	all   []itemAt
	first map[Subject]int32 // place in all of the first that names the subject itself, counted from 1
	teams []int32           // places of those that name teams
	holds map[wordOn]bool   // what stands in lines that hold; nil until it is asked
}

// itemAt is an item of an entry of a resource, by their places.
type itemAt struct{ entry, item, next int32 } // next is the place of the next that names the same subject, counted from 1; 0: none

// giver is an item of a resource that gives something.
type giver struct {
	*entry
	it     *item
	at     int // place among the resource's
	origin Origin
	lapsed bool
}

// maxLines bounds the lines that are remembered at once.
const maxLines = 1 << 17

// on reads the lines of a resource; nil where the files do not list it.
func (c *Chains) on(ref Ref) *lines {
	on, known := c.entries[ref]
	if known {
		return on
	}
	if r := c.listed[ref]; r != nil {
		on = r.lines(c.sites[ref.Connection], c.now)
		if c.lines += len(on.all); c.lines > maxLines {
			clear(c.entries)
			c.lines = len(on.all)
		}
	}
	c.entries[ref] = on
	return on
}

func (r *resource) lines(c *connection, now time.Time) *lines {
	on, n := &lines{resource: r, now: now}, 0
	for i := range r.entries {
		n += len(r.entries[i].to)
	}
	on.all, on.first = make([]itemAt, 0, n), make(map[Subject]int32, n)
	for i := range r.entries {
		for k := range r.entries[i].to {
			it, at := &r.entries[i].to[k], int32(len(on.all))
			on.all = append(on.all, itemAt{entry: int32(i), item: int32(k)})
			if it.team != nil {
				on.teams = append(on.teams, at)
				continue
			}
			s := it.subject(c)
			on.all[at].next, on.first[s] = on.first[s], at+1
		}
	}
	return on
}

func (on *lines) giver(at int32) giver {
	e := &on.entries[on.all[at].entry]
	origin, lapsed := e.origin(on.now)
	return giver{e, &e.to[on.all[at].item], int(at), origin, lapsed}
}

// holding says whether a line that holds says the same.
func (on *lines) holding(w wordOn) bool {
	if on.holds == nil {
		on.holds = map[wordOn]bool{}
		for at := range on.all {
			if g := on.giver(int32(at)); !g.lapsed {
				on.holds[wordOn{g.role, g.it.word}] = true
			}
		}
	}
	return on.holds[w]
}

// giving lists the lines that give a grant, those that count most first; ways are those to the grant's person.
func (on *lines) giving(g Grant, ways map[*team]*way) []giver {
	var found []giver
	add := func(l giver) {
		if (g.Role == "" || l.role == g.Role) && (l.it.team == nil || ways[l.it.team] != nil) {
			found = append(found, l)
		}
	}
	for at := on.first[g.Subject]; at > 0; at = on.all[at-1].next {
		add(on.giver(at - 1))
	}
	if len(ways) > 0 {
		for _, at := range on.teams {
			add(on.giver(at))
		}
	}
	slices.SortFunc(found, giver.compare)
	return found
}

// compare puts lines into the order in which Desired takes them: what holds, what ended lately, what ended long ago, what is yet
// to begin.
func (l giver) compare(o giver) int {
	rank := func(l giver) int {
		return slices.Index([]bool{!l.lapsed, l.origin.Ended && !l.origin.Overdue, l.origin.Ended, true}, true)
	}
	return cmp.Or(cmp.Compare(rank(l), rank(o)), cmp.Compare(l.at, o.at))
}

func (l giver) chain(path []choice) Chain {
	chain := Chain{Source: l.it.at, Reason: l.origin.Reason, Lapsed: l.lapsed, items: []*item{l.it}}
	for _, p := range path {
		chain.Steps = append(chain.Steps, Step{p.in.name, p.it.at.Source()})
		chain.items = append(chain.items, p.it)
	}
	return chain
}
