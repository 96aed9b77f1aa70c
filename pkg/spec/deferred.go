package spec

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// What files ask for at a later moment, of which no plan of now shows anything.
const (
	GuardBegin Guard = "begin" // somebody is to get access later
	GuardEnd   Guard = "end"   // access ends later than it did, or no longer
)

// GuardKept is of what somebody holds live that the earlier files would take: the later ones give it, or let it be.
const GuardKept Guard = "kept"

// GuardReview is of an access review that was open: it is gone, frozen anew, or said to be closed without being carried out.
const GuardReview Guard = "review"

// Kept words grants as what files keep, with the line that gives each, where one does.
func (c *Chains) Kept(grants []Grant) []Weakening {
	d := deferred{who: map[Weakening][]string{}, people: c}
	for _, g := range grants {
		to := Turn{}
		for _, chain := range c.Of(g, 1) {
			to.Source = chain.Source
		}
		d.add(GuardKept, g, Turn{}, to)
	}
	return d.told()
}

// Deferred lists what the later files give after a moment that the earlier ones do not: what begins then, and what goes on. What one
// line gives in one way is told in one, with the first few who get it. Resources and people are followed to the names that the later files
// give them by previously.
func Deferred(earlier, later *Spec, now time.Time) []Weakening {
	names := later.newNames(earlier)
	d := deferred{who: map[Weakening][]string{}, had: names.turns(earlier.turns(now)), have: later.turns(now)}
	if len(d.had)+len(d.have) == 0 {
		return nil
	}
	d.was, d.is, d.people = names.states(earlier.Desired(now)), later.Desired(now.Add(ever)), later.Chains(now)
	for g, turns := range d.have {
		d.begin(g, turns[0])
	}
	for g, turns := range d.had {
		d.end(g, turns[len(turns)-1])
	}
	return d.told()
}

const ever = 250 * 365 * 24 * time.Hour

// turns are the moments at which somebody gets or loses a role, by the grant, in order of time.
func (s *Spec) turns(now time.Time) map[Grant][]Turn {
	all := map[Grant][]Turn{}
	for _, t := range s.Upcoming(now, ever) {
		all[t.Grant] = append(all[t.Grant], t)
	}
	return all
}

// deferred compares what two sides give later.
type deferred struct {
	had, have map[Grant][]Turn
	was       map[string]State // what the earlier files give at the moment
	is        map[string]State // what the later ones give for ever
	people    *Chains
	who       map[Weakening][]string // without those, by what they have in common
}

// held says where a side gives a grant.
func held(states map[string]State, g Grant) (Position, bool) {
	origin, is := states[g.Resource.Connection].Grants.Origin(g)
	return origin.Source, is
}

// begin looks at the first turn of a grant by the later files.
func (d *deferred) begin(g Grant, first Turn) {
	if _, already := held(d.was, g); first.Ends || already {
		return
	}
	before := Turn{}
	if turns := d.had[g]; len(turns) > 0 {
		if before = turns[0]; !before.At.After(first.At) {
			return
		}
	}
	d.add(GuardBegin, g, before, first)
}

// end looks at the last turn of a grant by the earlier files.
func (d *deferred) end(g Grant, last Turn) {
	if !last.Ends {
		return
	}
	goesOn := Turn{}
	switch turns := d.have[g]; {
	case len(turns) > 0:
		end := turns[len(turns)-1]
		if end.Ends && !end.At.After(last.At) {
			return
		}
		if goesOn = end; !end.Ends {
			goesOn.Text = ""
		}
	default:
		source, still := held(d.is, g)
		if !still {
			return // it is taken
		}
		goesOn.Source = source
	}
	d.add(GuardEnd, g, last, goesOn)
}

func (d *deferred) add(what Guard, g Grant, from, to Turn) {
	on := g.Resource.Connection + " " + g.Resource.String()
	w := Weakening{what, on, from.Text, to.Text, to.Source.Source(), from.Source.Source()}
	d.who[w] = append(d.who[w], cmp.Or(d.people.Person(g.Resource.Connection, g.Subject), g.Subject.String()))
}

func (d *deferred) told() []Weakening {
	const names = 3
	all := make([]Weakening, 0, len(d.who))
	for w, who := range d.who {
		slices.Sort(who)
		if who = slices.Compact(who); len(who) > names {
			who = append(who[:names:names], fmt.Sprintf("%d more", len(who)-names))
		}
		w.On += ": " + strings.Join(who, ", ")
		all = append(all, w)
	}
	slices.SortFunc(all, func(a, b Weakening) int {
		return cmp.Or(strings.Compare(string(a.What), string(b.What)), strings.Compare(a.On, b.On), strings.Compare(a.Source+a.Was, b.Source+b.Was),
			strings.Compare(a.From+a.To, b.From+b.To))
	})
	return all
}
