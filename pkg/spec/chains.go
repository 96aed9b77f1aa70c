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

// Chains finds how files give what they give at a moment. It looks at nothing but what it is asked about, and remembers that. It
// serves one goroutine.
type Chains struct {
	now     time.Time
	listed  map[Ref]*resource
	sites   map[string]*connection
	people  *directory
	teams   memberships
	ways    map[*user]map[*team]*way
	kept    int // choices in ways
	entries map[Ref]*lines
}

// Chains finds how the files give what they give at a moment.
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
	if on == nil || !on.holds[wordOn{g.Role, wordOf(other.items[0])}] {
		return other.Source
	}
	for i, step := range other.Steps {
		if it := other.items[i+1]; !c.teams.lists(step.Team, it) {
			return it.at
		}
	}
	return other.Source
}

// word is what an item says, wherever it stands.
type word struct {
	kind         SubjectKind
	name, domain string
}

func wordOf(it *item) word { return word{it.kind, it.name, it.domain} }

type wordOn struct {
	role Role
	word
}

// lines are those of one resource that give something.
type lines struct {
	named map[Subject][]giver // that name the subject itself
	teams []giver
	holds map[wordOn]bool // what stands in lines that hold
}

// giver is an item of a resource that gives something.
type giver struct {
	*entry
	it     *item
	at     int // place among the resource's
	origin Origin
	lapsed bool
}

// on reads the lines of a resource; nil where the files do not list it.
func (c *Chains) on(ref Ref) *lines {
	on, known := c.entries[ref]
	if r := c.listed[ref]; !known && r != nil {
		on = r.lines(c.sites[ref.Connection], c.now)
	}
	c.entries[ref] = on
	return on
}

func (r *resource) lines(c *connection, now time.Time) *lines {
	on := &lines{named: map[Subject][]giver{}, holds: map[wordOn]bool{}}
	at := 0
	for i := range r.entries {
		e := &r.entries[i]
		origin, lapsed := e.origin(now)
		for k := range e.to {
			it := &e.to[k]
			l := giver{e, it, at, origin, lapsed}
			at++
			if !lapsed {
				on.holds[wordOn{e.role, wordOf(it)}] = true
			}
			if it.team != nil {
				on.teams = append(on.teams, l)
				continue
			}
			s := it.subject(c)
			on.named[s] = append(on.named[s], l)
		}
	}
	return on
}

// giving lists the lines that give a grant, those that count most first; ways are those to the grant's person.
func (on *lines) giving(g Grant, ways map[*team]*way) []giver {
	var found []giver
	add := func(all []giver) {
		for _, l := range all {
			if (g.Role == "" || l.role == g.Role) && (l.it.team == nil || ways[l.it.team] != nil) {
				found = append(found, l)
			}
		}
	}
	add(on.named[g.Subject])
	if len(ways) > 0 {
		add(on.teams)
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
