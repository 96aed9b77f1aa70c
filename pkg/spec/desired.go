package spec

import "time"

// Desired returns for each connection, by name, what should be at a moment. Connections without resources are there too.
// The caller owns the result, but for Left, Known and Addresses, which connections share.
func (s *Spec) Desired(now time.Time) map[string]State {
	states := make(map[string]State, len(s.Connections))
	sizes := map[string]int{}
	for _, r := range s.resources {
		for _, e := range r.entries {
			sizes[r.in.name] += len(e.to)
		}
	}
	left, known := map[view]map[Subject]Origin{}, map[view]map[Subject]bool{} // not by connection: there may be many
	addresses := map[view]map[Subject]string{}
	for _, c := range s.Connections {
		site := s.sites[c.Name]
		by := site.view(s.users)
		if left[by] == nil {
			left[by], known[by], addresses[by] = s.left(site), s.known(site), s.addresses(site)
		}
		states[c.Name] = State{
			Resources: map[Ref]Resource{}, Grants: NewGrants(sizes[c.Name]), Inactive: NewGrants(0),
			Departed: left[by], Known: known[by], Addresses: addresses[by], Listed: map[Ref]bool{},
		}
	}
	teams := map[*team][]*user{}
	for _, r := range s.resources {
		state := states[r.in.name]
		state.Resources[r.ref()], state.Listed[r.ref()] = r.Resource, true
		for i := range r.entries {
			s.grant(state, r, &r.entries[i], now, teams)
		}
	}
	return states
}

// left lists the people who left, under every name that they may have at a connection.
func (s *Spec) left(c *connection) map[Subject]Origin {
	left := map[Subject]Origin{}
	for _, u := range s.users {
		if !u.left {
			continue
		}
		claim := Origin{Source: u.source, Reason: u.name + " has left"}
		for _, name := range c.names(u) {
			left[name] = claim
		}
	}
	return left
}

// known lists the people of the file, by account and as the connection knows them.
func (s *Spec) known(c *connection) map[Subject]bool {
	known := make(map[Subject]bool, len(s.users))
	for _, u := range s.users {
		known[ByAccount(c.person(u))] = true
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

// grant adds what an entry gives. A pair that several entries give counts once: one that holds goes before one that has
// lapsed, and an earlier entry before a
// later one, and of those that have lapsed one that ended before one that is yet to begin.
func (s *Spec) grant(state State, r *resource, e *entry, now time.Time, teams map[*team][]*user) {
	lapse := e.lapse(now)
	g := Grant{Resource: r.ref(), Role: e.role}
	claim := Origin{Reason: e.reason}
	if lapse != "" {
		claim.Reason, claim.Ended, claim.Overdue = lapse, e.ended(now), e.overdue(now)
	}
	add := func() {
		switch {
		case state.Grants.Has(g):
		case lapse == "":
			state.Grants.Add(g, claim)
			state.Inactive.Remove(g)
		default:
			if former, lapsed := state.Inactive.Claim(g); !lapsed || claim.ends(former) {
				state.Inactive.Add(g, claim)
			}
		}
	}
	c := s.sites[r.in.name]
	for i := range e.to {
		it := &e.to[i]
		claim.Source = it.at
		if it.team == nil {
			g.Subject = it.subject(c)
			add()
			continue
		}
		people, ok := teams[it.team]
		if !ok {
			people = it.team.people()
			teams[it.team] = people
		}
		for _, u := range people {
			g.Subject = c.identity(u)
			add()
		}
	}
}

// ends says whether of two lapses this one is why access is lost now: it ended and the other is yet to begin, or it ended lately
// and the other long ago.
func (o Origin) ends(other Origin) bool {
	return o.Ended && (!other.Ended || other.Overdue && !o.Overdue)
}

// subject is what an item other than a team names at a connection.
func (it *item) subject(c *connection) Subject {
	if it.user != nil {
		return c.identity(it.user)
	}
	s := Subject{Kind: it.kind, Name: it.name, Domain: it.domain}
	if s.Kind == SubjectUserGroup && s.Domain == "" {
		s.Domain = c.domain()
	}
	return s
}
