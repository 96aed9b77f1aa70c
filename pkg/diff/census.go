package diff

import (
	"slices"
	"strings"

	"github.com/entitlectl/entitlectl/pkg/spec"
)

// losses counts takings.
type losses struct {
	lost      int  // takings of somebody, but for those that ended
	grants    int  // of lost, those that are live grants
	ended     int  // grants whose end has come, which was announced
	everybody bool // there are takings of nobody knows how many beside
	held      int  // live grants on the resource, where it is about one
}

func (l *losses) add(t Taking, live Live) {
	switch {
	case t.everybody():
		l.everybody = true
	case t.Cause == Ended:
		l.ended++
	default:
		l.lost++
		if live.Grants.Has(t.grant()) {
			l.grants++
		}
	}
}

// count is how many lose, for limits.
func (l losses) count() int {
	if l.everybody {
		return Everybody
	}
	return l.lost
}

// share is the percentage of held grants that is lost; where nobody can tell how many lose, that is all.
func (l losses) share(held int) int {
	if l.everybody || held == 0 {
		return 100
	}
	return percent(l.grants, held)
}

// census counts what changes give and take.
type census struct {
	connection    string
	desired       spec.State
	live          Live
	changes       []Change
	takings       []Taking
	all           losses
	on            map[spec.Ref]*losses
	losers        []spec.Ref            // resources on which somebody loses something, sorted
	holders       map[spec.Ref]*holders // of losers; nil until after is asked
	deleted       map[spec.Ref]bool
	held          int // live grants
	gained, mails int
}

func newCensus(connection string, desired spec.State, changes []Change, live Live) census {
	c := census{connection: connection, desired: desired, live: live, changes: changes, takings: Takings(connection, desired, changes, live),
		on: map[spec.Ref]*losses{}, deleted: map[spec.Ref]bool{}, held: live.Grants.Len()}
	for _, t := range c.takings {
		if c.on[t.Resource] == nil {
			c.on[t.Resource] = &losses{}
			c.losers = append(c.losers, t.Resource)
		}
		c.all.add(t, live)
		c.on[t.Resource].add(t, live)
	}
	for ref, on := range c.on {
		on.held = live.Grants.CountOn(ref)
	}
	for i := range changes {
		switch change := &changes[i]; {
		case change.Problem != "":
		case change.Op == OpGrant:
			c.gained++
		case change.Op == OpDelete:
			c.deleted[change.Ref(connection)] = true
		}
		c.mails += changes[i].Mails
	}
	return c
}

// empties says whether nobody holds anything any more, of those who do.
func (c *census) empties() bool {
	shut := slices.ContainsFunc(c.takings, func(t Taking) bool {
		return t.everybody() && t.Role == mainRole(c.desired.Resources[t.Resource])
	})
	return (c.held > 0 || shut) && c.gained == 0 && c.all.grants+c.all.ended == c.held
}

// protected lists what protected subjects would lose.
func (c *census) protected(protections []spec.Protection) []string {
	if len(protections) == 0 {
		return nil
	}
	guard := newGuard(protections)
	var on []string
	for _, t := range c.takings {
		if t.everybody() {
			on = append(on, c.shutOut(t, protections)...)
		} else if guard.guards(t.grant(), c.live.Names) {
			on = append(on, t.Resource.String()+" "+t.Subject.String())
		}
	}
	return on
}

// shutOut lists the protected subjects that a taking of everybody may take from: all that the resource can hold but those who
// are surely granted it, under the name that the rules write. Names that the files map that to may be somebody else's.
func (c *census) shutOut(t Taking, protections []spec.Protection) []string {
	want := c.desired.Resources[t.Resource]
	keeps := index{}
	for _, g := range c.keepers(t, want) {
		keeps.add(g, c.live.Names)
	}
	var on []string
	for i, p := range protections {
		mapped := i > 0 && !p.Literal && p.Source == protections[i-1].Source && p.Source != spec.Position{}
		elsewhere := p.Resource != nil && foldRef(*p.Resource) != foldRef(t.Resource)
		if mapped || elsewhere || want.Schema != nil && !want.Schema.Takes(p.Subject.Kind) || c.within(t, p.Subject.Kind) || keeps.has(p) {
			continue
		}
		on = append(on, t.Resource.String()+" "+p.Subject.String())
	}
	return on
}

// within says whether a setting that let in a list now surely lets in all subjects of a kind: of those only strangers lose.
func (c *census) within(t Taking, kind spec.SubjectKind) bool {
	want, have := c.desired.Resources[t.Resource], c.live.Resources[t.Resource]
	return t.Cause == Narrowed && want.Schema != nil && slices.ContainsFunc(want.Schema.Settings, func(s spec.Setting) bool {
		return s.Reach != nil && s.Reach.Role == t.Role && s.Reach.Lists[have.Settings.Get(s.Key)] != "" &&
			s.Reach.Surely(want.Settings.Get(s.Key), kind)
	})
}

// keepers are those who surely have what is taken from everybody else: those whom the new word of a setting lets in by a list
// that can be seen.
func (c *census) keepers(t Taking, want spec.Resource) []spec.Grant {
	if t.Cause != Narrowed || c.live.Resources[t.Resource].Uncounted != "" {
		return nil
	}
	role := t.Role // without a schema
	if want.Schema != nil {
		role = ""
		for _, s := range want.Schema.Settings {
			if s.Reach != nil && s.Reach.Role == t.Role {
				role = s.Reach.Lists[want.Settings.Get(s.Key)]
			}
		}
	}
	return c.after(t.Resource, role)
}

// after lists, in no particular order, those who hold a role on a resource when all is done, if somebody loses something there.
// Most rules ask for none, so what that needs is found when it is first asked for.
func (c *census) after(ref spec.Ref, role spec.Role) []spec.Grant {
	if c.deleted[ref] || c.on[ref] == nil {
		return nil
	}
	if c.holders == nil {
		c.holders = holdersOf(c.connection, c.losers, c.changes, c.live)
	}
	return c.holders[ref].after(role)
}

// asked lists the resources that must have members and lose some. "*" asks that of those that are left; to name a resource is
// to want it, with members or without.
func (c *census) asked(m spec.MinMembers) []spec.Ref {
	touched := slices.Clone(c.losers)
	for ref := range c.deleted { // also those that nobody holds
		touched = append(touched, ref)
	}
	slices.SortFunc(touched, spec.Ref.Compare)
	named := m.Name != "*"
	var refs []spec.Ref
	for _, ref := range slices.Compact(touched) {
		is := ref.Kind == m.Kind && (!named || spec.Fold(ref.Name) == spec.Fold(m.Name))
		if is && (c.deleted[ref] && named || !c.deleted[ref] && c.losesMembers(ref)) {
			refs = append(refs, ref)
		}
	}
	return refs
}

// losesMembers says whether somebody loses the role that a resource is for.
func (c *census) losesMembers(ref spec.Ref) bool {
	if c.on[ref] == nil {
		return false
	}
	role := mainRole(c.desired.Resources[ref])
	return slices.ContainsFunc(c.takings, func(t Taking) bool { return t.Resource == ref && t.Role == role })
}

// left is how many hold the role that a resource is for when all is done. Whom the vendor shows under several names counts
// once.
func (c *census) left(ref spec.Ref) int {
	people := map[spec.Subject]bool{}
	for _, g := range c.after(ref, mainRole(c.desired.Resources[ref])) {
		people[c.person(g.Subject)] = true
	}
	return len(people)
}

// person stands for a subject under all of its names: one with an address is that address, whatever it is taken for.
func (c *census) person(s spec.Subject) spec.Subject {
	if !s.Kind.Personal() {
		return s
	}
	first := ""
	for _, name := range append([]string{s.Name}, c.live.Names[s]...) {
		if name = fold(name); strings.Contains(name, "@") && (first == "" || name < first) {
			first = name
		}
	}
	if first == "" {
		return s
	}
	return spec.Subject{Kind: spec.SubjectAddress, Name: first}
}
