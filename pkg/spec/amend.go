package spec

import (
	"fmt"
	"maps"
	"slices"
	"time"
)

// Amendment is what is to become of a grant that somebody decided about.
type Amendment struct {
	Grant
	Op     AmendOp
	Until  string // of AmendUntil: a date, or a moment as in RFC 3339
	Reason string // why it ends; "": what the files say stays
}

// AmendOp is what an Amendment does.
type AmendOp string

// The ops.
const (
	AmendAdd    AmendOp = "add"    // the files are to have it
	AmendRemove AmendOp = "remove" // they are to have it no longer
	AmendUntil  AmendOp = "until"  // they are to end it
)

// Edit is a change of one place in a file: an item of a list goes, and others come in its place, or the grant that it alone is in gets an
// end; or a resource gets a grant or a setting.
type Edit struct {
	At       Position // of the item, or of the resource's name
	With     []string // what comes in the place of the item, unless it gets an end
	Key      string   // of the resource: the list that the grant is added to, or the setting; "": it is about the item
	Value    string   // of the setting
	To       []string
	Expires  string
	Reason   string
	AsGrants bool // the list takes no bare words
}

// Amend finds how the files have to change for grants to become what was decided. Whom a team gives more than what is taken stays in
// the team, and the team's line on the resource becomes a list of the others. An error says what can't be done by editing files.
func (s *Spec) Amend(all []Amendment, now time.Time) ([]Edit, error) {
	a := &amending{spec: s, now: now, gone: map[Grant]bool{}, taken: map[Grant]bool{}, teams: membershipsOf(s.teams), listed: map[Ref]*resource{},
		people: newDirectory(s.users), left: map[*item]bool{}, ends: map[Grant]addition{}, texts: map[addition][]named{}}
	for _, r := range s.resources {
		a.listed[r.ref()] = r
	}
	for _, m := range all {
		if err := a.note(m); err != nil {
			return nil, err
		}
	}
	a.leaveTeams()
	for _, ref := range slices.SortedFunc(maps.Keys(a.touched()), Ref.Compare) {
		a.rewrite(a.listed[ref])
	}
	a.addAll()
	return a.edits, nil
}

// amending collects edits.
type amending struct {
	spec   *Spec
	now    time.Time
	listed map[Ref]*resource
	people *directory
	teams  memberships
	gone   map[Grant]bool // that no line is to give any longer
	taken  map[Grant]bool // of these, those that are not to be there in any way
	left   map[*item]bool // items of teams that go
	order  []addition
	texts  map[addition][]named // whom each adds
	ends   map[Grant]addition   // those that end, until a line of theirs does
	edits  []Edit
}

// named is a grant with the name of its subject in files.
type named struct {
	Grant
	text string
}

// addition is a grant that a resource gets.
type addition struct {
	ref             Ref
	role            Role
	expires, reason string
}

// note takes an amendment in.
func (a *amending) note(m Amendment) error {
	r := a.listed[m.Resource]
	if r == nil {
		return fmt.Errorf("%s: %s: no file lists it", m.Resource.Connection, m.Resource)
	}
	add := addition{m.Resource, m.Role, m.Until, m.Reason}
	if m.Op == AmendRemove && r.Ownership == AddOnly { // what is not listed stays there; what ended is taken
		add.expires = a.now.UTC().Format(time.RFC3339)
	}
	if m.Op != AmendAdd {
		a.gone[m.Grant] = true
	}
	if m.Op == AmendRemove && add.expires == "" {
		a.taken[m.Grant] = true
		return nil
	}
	text, err := a.text(m.Grant)
	if err != nil {
		return err
	}
	if a.texts[add] == nil {
		a.order = append(a.order, add)
	}
	a.texts[add] = append(a.texts[add], named{m.Grant, text})
	if m.Op != AmendAdd {
		a.ends[m.Grant] = add
	}
	return nil
}

// text is how files name the subject of a grant.
func (a *amending) text(g Grant) (string, error) {
	c := a.spec.sites[g.Resource.Connection]
	if u := a.people.anyName(c, g.Subject); u != nil {
		return u.name, nil
	}
	if g.Subject.Kind == SubjectUser {
		return "", fmt.Errorf("%s: %s: no file knows %s; write them under users first, with this name as their account", g.Resource.Connection, g.Resource, g.Subject)
	}
	it := item{saying: &saying{word: word{kind: g.Subject.Kind, name: g.Subject.Name}}}
	if g.Subject.Domain != c.domain() {
		it.domain = g.Subject.Domain
	}
	return it.text(), nil
}

// touched are the resources of which lines go.
func (a *amending) touched() map[Ref]bool {
	refs := map[Ref]bool{}
	for g := range a.gone {
		refs[g.Resource] = true
	}
	return refs
}

// leaveTeams takes people out of teams that give them nothing but what is taken.
func (a *amending) leaveTeams() {
	uses := a.uses()
	for _, t := range a.spec.teams {
		if t.elsewhere {
			continue // who writes that file decides who is in it
		}
		for i := range t.members {
			it := &t.members[i]
			if it.user == nil || len(uses[t]) == 0 {
				continue
			}
			if !slices.ContainsFunc(uses[t], func(on addition) bool { return !a.taken[a.grantOf(on, it.user)] }) {
				a.left[it] = true
				a.edits = append(a.edits, Edit{At: it.at})
			}
		}
	}
}

func (a *amending) grantOf(on addition, u *user) Grant {
	return Grant{Resource: on.ref, Role: on.role, Subject: a.spec.sites[on.ref.Connection].identity(u)}
}

// uses are the resources and roles that each team gives, directly or through others.
func (a *amending) uses() map[*team][]addition {
	all := map[*team][]addition{}
	for _, r := range a.spec.resources {
		for i := range r.entries {
			on := addition{ref: r.ref(), role: r.entries[i].role}
			for _, t := range teamsIn(r.entries[i].to) {
				if !slices.Contains(all[t], on) {
					all[t] = append(all[t], on)
				}
			}
		}
	}
	return all
}

// teamsIn lists the teams that items stand for, each once, with those inside.
func teamsIn(items []item) []*team {
	var found []*team
	for open := [][]item{items}; len(open) > 0; {
		next := open[len(open)-1]
		open = open[:len(open)-1]
		for _, it := range next {
			if it.team != nil && !slices.Contains(found, it.team) {
				found = append(found, it.team)
				open = append(open, it.team.members)
			}
		}
	}
	return found
}

// rewrite takes what goes out of the lines of a resource. Lines that ended already stay as they are.
func (a *amending) rewrite(r *resource) {
	c, stays := a.spec.sites[r.in.name], 0
	for i := range r.entries {
		e := &r.entries[i]
		for k := range e.to {
			it := &e.to[k]
			if it.team != nil && !e.ended(a.now) {
				others, split := a.without(r, e, it)
				if stays += len(others); split {
					a.edits = append(a.edits, Edit{At: it.at, With: others})
				}
				continue
			}
			g := Grant{Resource: r.ref(), Role: e.role, Subject: it.subject(c)}
			if e.ended(a.now) || !a.gone[g] || a.end(e, it, g) {
				stays++
			} else {
				a.edits = append(a.edits, Edit{At: it.at})
			}
		}
	}
	a.keepImplied(r, stays)
}

// end gives a line that is about one subject alone the end that the grant is to have, and answers whether it did.
func (a *amending) end(e *entry, it *item, g Grant) bool {
	add, ends := a.ends[g]
	_, lapsed := e.origin(a.now)
	if !ends || lapsed || e.bare || len(e.to) > 1 {
		return false
	}
	a.edits = append(a.edits, Edit{At: it.at, Expires: add.expires, Reason: add.reason})
	delete(a.ends, g)
	a.texts[add] = slices.DeleteFunc(a.texts[add], func(n named) bool { return n.Grant == g })
	return true
}

// without lists who is left of a team in a line, and whether the line has to list them.
func (a *amending) without(r *resource, e *entry, it *item) (others []string, split bool) {
	for _, u := range a.membersOf(it.team) {
		switch {
		case a.gone[a.grantOf(addition{ref: r.ref(), role: e.role}, u)]:
			split = true
		case !slices.ContainsFunc(e.to, func(o item) bool { return o.user == u }):
			others = append(others, u.name)
		}
	}
	if !split {
		return []string{it.name}, false
	}
	return others, true
}

// membersOf are the people of a team, without those who go.
func (a *amending) membersOf(t *team) []*user {
	var people []*user
	for _, inner := range append([]*team{t}, teamsIn(t.members)...) {
		for i := range inner.members {
			if it := &inner.members[i]; it.user != nil && !a.left[it] && !slices.Contains(people, it.user) {
				people = append(people, it.user)
			}
		}
	}
	return people
}

// keepImplied writes a setting out that is meant only where somebody is listed, where nobody is any more.
func (a *amending) keepImplied(r *resource, stays int) {
	adds := slices.ContainsFunc(a.order, func(add addition) bool { return add.ref == r.ref() })
	for _, s := range r.schema.Settings {
		if value := r.Implied.Get(s.Key); value != "" && stays == 0 && !adds {
			a.edits = append(a.edits, Edit{At: r.Source, Key: s.Key, Value: value})
		}
	}
}

// addAll adds the grants that come.
func (a *amending) addAll() {
	for _, add := range a.order {
		r := a.listed[add.ref]
		i := slices.IndexFunc(r.schema.Lists, func(l List) bool { return l.Role == add.role })
		if i < 0 || len(a.texts[add]) == 0 {
			continue // no resource of the kind has the role, or a line has the end already
		}
		l := r.schema.Lists[i]
		a.edits = append(a.edits, Edit{At: r.Source, Key: l.Key, To: Each(a.texts[add], func(n named) string { return n.text }), Expires: add.expires, Reason: add.reason, AsGrants: !l.Plain})
	}
}
