package spec

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// holding is a role that somebody has on a resource, however many lines give it.
type holding struct {
	role Role
	who  Subject // the address, where there is one: it is one person whatever the line takes it for
}

func holdingOf(role Role, s Subject) holding {
	if strings.Contains(s.Name, "@") && s.Kind != SubjectUserGroup {
		s = Subject{Kind: SubjectAddress, Name: strings.ToLower(s.Name)}
	}
	return holding{role, s}
}

// span is a line that gives a holding, always or for a time.
type span struct {
	*entry
	it      *item
	subject Subject
}

// covers says whether the line gives the holding at a moment.
func (s span) covers(at time.Time) bool {
	return (s.starts == nil || !at.Before(s.starts.at)) && (s.expires == nil || at.Before(s.expires.at))
}

// spans are all lines of a resource for those holdings that some line gives that is asked for; order is that of the files.
func (r *resource) spans(c *connection, teams map[*team][]*user, asked func(*entry) bool) (order []holding, all map[holding][]span) {
	if !slices.ContainsFunc(r.entries, func(e entry) bool { return asked(&e) }) {
		return nil, nil
	}
	all = map[holding][]span{}
	nobody := func(*user) bool { return false }
	r.each(c, teams, nobody, func(e *entry, _ *item, s Subject) {
		h := holdingOf(e.role, s)
		if _, known := all[h]; !known && asked(e) {
			order, all[h] = append(order, h), nil
		}
	})
	r.each(c, teams, nobody, func(e *entry, it *item, s Subject) {
		h := holdingOf(e.role, s)
		if lines, known := all[h]; known {
			all[h] = append(lines, span{e, it, s})
		}
	})
	return order, all
}

// warnOfOutlivedEnds warns of ends that change nothing, since another line gives the same for longer.
func (l *loader) warnOfOutlivedEnds() {
	teams := map[*team][]*user{}
	for _, r := range l.resources {
		order, all := r.spans(l.connections[r.in.name], teams, func(e *entry) bool { return e.expires != nil })
		type lines struct{ ends, goesOn Position }
		warned := map[lines]bool{}
		for _, h := range order {
			for _, s := range all[h] {
				if s.expires == nil {
					continue
				}
				other, found := longer(all[h], s.expires.at)
				if !found {
					continue
				}
				if at := (lines{s.it.at, other.it.at}); !warned[at] {
					warned[at] = true
					l.warn(s.it.at, "remove one of the two, or give both the same end", "%s does not lose %s at the end %s, since %s grants it for longer",
						quoted(s.subject.String()), h.role.Words(), s.expires.text, other.it.at)
				}
			}
		}
	}
}

// longer finds a line that covers a moment at which another one ends, of those the one that ends last.
func longer(lines []span, end time.Time) (span, bool) {
	latest := span{}
	for _, s := range lines[:min(len(lines), 1000)] { // beyond that nobody reads warnings
		if s.covers(end) && (latest.it == nil || s.outlasts(latest)) {
			latest = s
		}
	}
	return latest, latest.it != nil
}

// outlasts says whether the line ends later than another.
func (s span) outlasts(o span) bool {
	return o.expires != nil && (s.expires == nil || s.expires.at.After(o.expires.at))
}

// Turn is a grant that begins or ends at a moment.
type Turn struct {
	Grant
	Ends   bool // else it begins
	At     time.Time
	Text   string // of the moment, as the file writes it
	Source Position
}

// Upcoming lists what begins or ends after a moment and no later than some time after it, in order of time. An end that another
// line outlives is none, and neither is the beginning of what is given already. Resources that are only watched are left out.
func (s *Spec) Upcoming(now time.Time, within time.Duration) []Turn {
	var turns []Turn
	until := now.Add(within)
	soon := func(m *moment) bool { return m != nil && m.at.After(now) && !m.at.After(until) }
	teams := map[*team][]*user{}
	for _, r := range s.resources {
		if r.Ownership == Ignored {
			continue
		}
		order, all := r.spans(s.sites[r.in.name], teams, func(e *entry) bool { return soon(e.starts) || soon(e.expires) })
		for _, h := range order {
			for _, t := range turnsOf(all[h]) {
				if soon(&moment{at: t.At}) {
					t.Resource, t.Role = r.ref(), h.role
					turns = append(turns, t)
				}
			}
		}
	}
	slices.SortStableFunc(turns, func(a, b Turn) int {
		return cmp.Or(a.At.Compare(b.At), a.Grant.Compare(b.Grant))
	})
	return turns
}

// turnsOf are the moments at which lines for one holding begin or end to give it, whichever of them does.
func turnsOf(lines []span) []Turn {
	type bound struct {
		Turn
		step int // how many lines more hold from then on
	}
	var bounds []bound
	holding := 0
	for _, s := range lines {
		turn := Turn{Grant: Grant{Subject: s.subject}, Source: s.it.at}
		if s.starts == nil {
			holding++
		} else {
			turn.At, turn.Text = s.starts.at, s.starts.text
			bounds = append(bounds, bound{turn, 1})
		}
		if s.expires != nil {
			turn.At, turn.Text, turn.Ends = s.expires.at, s.expires.text, true
			bounds = append(bounds, bound{turn, -1})
		}
	}
	slices.SortStableFunc(bounds, func(a, b bound) int { return a.At.Compare(b.At) })
	var turns []Turn
	for i, from := 0, 0; i < len(bounds); from = i {
		before := holding
		for ; i < len(bounds) && bounds[i].At.Equal(bounds[from].At); i++ {
			holding += bounds[i].step
		}
		if (before > 0) == (holding > 0) {
			continue
		}
		at := slices.IndexFunc(bounds[from:i], func(b bound) bool { return b.Ends == (before > 0) })
		turns = append(turns, bounds[from+at].Turn)
	}
	return turns
}

// NextTurn is the first moment after the given one at which a line begins or ends, or somebody leaves, so that Desired may be
// another; zero: none does.
func (s *Spec) NextTurn(after time.Time) time.Time {
	var next time.Time
	for _, r := range s.resources {
		for _, e := range r.entries {
			for _, m := range []*moment{e.starts, e.expires} {
				next = m.sooner(after, next)
			}
		}
	}
	for _, u := range s.users {
		next = u.leaves.sooner(after, next)
	}
	return next
}

// sooner is the moment where it is after one and before the next that is known, which is zero where none is; else it is that.
func (m *moment) sooner(after, next time.Time) time.Time {
	if m != nil && m.at.After(after) && (next.IsZero() || m.at.Before(next)) {
		return m.at
	}
	return next
}
