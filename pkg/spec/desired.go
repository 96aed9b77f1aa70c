package spec

import (
	"cmp"
	"time"
)

// Desired returns for each connection, by name, what should be at a moment. Connections without resources are there too.
// The caller owns the result, but for Departed, Known, Addresses, Platforms and Former, which connections share.
func (s *Spec) Desired(now time.Time) map[string]State {
	states := make(map[string]State, len(s.Connections))
	sites := make(map[string]remembering, len(s.Connections))
	people := map[view]State{} // not by connection: there may be many
	for _, c := range s.Connections {
		site := s.sites[c.Name]
		by := site.view(s.users)
		state, known := people[by]
		if !known {
			state = State{Departed: s.departed(site, now), Known: s.known(site), Addresses: s.addresses(site), Platforms: s.platforms(site), Former: s.former(site)}
			people[by] = state
		}
		state.Resources, state.Listed = map[Ref]Resource{}, map[Ref]bool{}
		state.Grants, state.Inactive = NewGrants(), NewGrants()
		states[c.Name], sites[c.Name] = state, site.remembering()
	}
	teams := map[*team][]*user{}
	for _, r := range s.resources {
		state := states[r.in.name]
		state.Resources[r.ref()], state.Listed[r.ref()] = r.Resource, true
		if former, renamed := r.FormerRef(r.ref()); renamed {
			state.Listed[former] = true
		}
		r.grant(state, sites[r.in.name], now, teams)
	}
	return states
}

// departed lists the people who left, under every name that they may have at a connection.
func (s *Spec) departed(c *connection, now time.Time) map[Subject]Origin {
	departed := map[Subject]Origin{}
	for _, u := range s.users {
		if !u.gone(now) {
			continue
		}
		for _, name := range c.names(u) {
			departed[name] = Origin{Source: u.source, Reason: u.leaving()}
		}
	}
	return departed
}

// known lists the people of the file, by account and as the connection knows them.
func (s *Spec) known(c *connection) map[Subject]bool {
	known := make(map[Subject]bool, len(s.users))
	for _, u := range s.users {
		known[byAccount(c.person(u))] = true
		if identity := c.identity(u); identity.Name != "" {
			known[identity] = true
		}
	}
	return known
}

// addresses are those of people, as far as the connection knows them by another name.
func (s *Spec) addresses(c *connection) map[Subject]string {
	addresses := map[Subject]string{}
	for _, u := range s.users {
		if who := c.identity(u); u.email != "" && who.Name != u.email {
			addresses[who] = u.email
		}
	}
	return addresses
}

// platforms are the kinds of directories that people are of.
func (s *Spec) platforms(c *connection) map[Subject]string {
	platforms := map[Subject]string{}
	for _, u := range s.users {
		if platform := c.platform(u); platform != "" {
			platforms[c.identity(u)] = platform
		}
	}
	return platforms
}

// grant adds what a resource's entries give. A pair that several of them give counts once: one that holds goes before one that
// has lapsed, an earlier entry before a later one, and of those that have lapsed one that ended before one that is yet to begin.
func (r *resource) grant(state State, c namer, now time.Time, teams map[*team][]*user) {
	ref := r.ref()
	var current *entry
	var origin Origin
	var lapsed bool
	r.each(c, teams, func(u *user) bool { return u.gone(now) }, func(e *entry, it *item, s Subject) {
		if e != current { // its texts are made once, not for each grant
			current = e
			origin, lapsed = e.origin(now)
		}
		origin.Source = it.at
		g := Grant{Resource: ref, Subject: s, Role: e.role}
		switch {
		case !lapsed:
			if state.Grants.Insert(g, origin) {
				state.Inactive.Remove(g)
			}
		case state.Grants.Has(g):
		default:
			if former, known := state.Inactive.Origin(g); !known || origin.ends(former) {
				state.Inactive.Add(g, origin)
			}
		}
	})
}

// namer is a connection, as far as it names subjects.
type namer interface {
	identity(*user) Subject
	domain() string
}

// remembering is a connection that finds the identity of each user once.
type remembering struct {
	*connection
	identities map[*user]Subject
}

func (c *connection) remembering() remembering { return remembering{c, map[*user]Subject{}} }

func (c remembering) identity(u *user) Subject {
	s, known := c.identities[u]
	if !known {
		s = c.connection.identity(u)
		c.identities[u] = s
	}
	return s
}

// each goes through all that a resource's entries give, with teams expanded, but for what they give people who are without it; teams
// keeps the users of those that were.
func (r *resource) each(c namer, teams map[*team][]*user, without func(*user) bool, yield func(*entry, *item, Subject)) {
	for i := range r.entries {
		e := &r.entries[i]
		for k := range e.to {
			it := &e.to[k]
			if it.user != nil && without(it.user) {
				continue
			}
			if it.team == nil {
				yield(e, it, it.subject(c))
				continue
			}
			people, known := teams[it.team]
			if !known {
				people = peopleIn(it.team.members)
				teams[it.team] = people
			}
			for _, u := range people {
				if !without(u) {
					yield(e, it, c.identity(u))
				}
			}
		}
	}
}

// ends says whether of two lapses this one is why access is lost now: it ended and the other is yet to begin, or it ended lately
// and the other long ago.
func (o Origin) ends(other Origin) bool {
	return o.Ended && (!other.Ended || other.Overdue && !o.Overdue)
}

// subject is what an item other than a team names at a connection.
func (it *item) subject(c namer) Subject {
	if it.user != nil {
		return c.identity(it.user)
	}
	s := Subject{Kind: it.kind, Name: it.name, Domain: it.domain}
	if s.Kind == SubjectUserGroup {
		s.Domain = cmp.Or(s.Domain, c.domain())
	}
	return s
}
