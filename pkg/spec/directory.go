package spec

// directory finds people of the files by the names that connections know them by.
type directory struct {
	users []*user
	views map[*connection]view
	known map[view]*byName
}

// byName are people by what one view knows them by.
type byName struct {
	identities map[Subject]*user
	names      map[Subject]*user // by any name, nil where several have it; nil until it is asked for
}

func newDirectory(users []*user) *directory {
	return &directory{users, map[*connection]view{}, map[view]*byName{}}
}

func (d *directory) at(c *connection) *byName {
	v, known := d.views[c]
	if !known {
		v = c.view(d.users)
		d.views[c] = v
	}
	names := d.known[v]
	if names == nil {
		names = &byName{identities: make(map[Subject]*user, len(d.users))}
		for _, u := range d.users {
			names.identities[c.identity(u)] = u
		}
		d.known[v] = names
	}
	return names
}

// identified is whom a connection knows as a subject; nil: nobody of the files, or there is no such connection.
func (d *directory) identified(c *connection, s Subject) *user {
	if c == nil || !s.Kind.Personal() {
		return nil
	}
	return d.at(c).identities[s]
}

// anyName also finds who has a subject among other names, where one alone does.
func (d *directory) anyName(c *connection, s Subject) *user {
	u := d.identified(c, s)
	if u != nil || c == nil || !s.Kind.Personal() {
		return u
	}
	by := d.at(c)
	if by.names == nil {
		by.names = map[Subject]*user{}
		for _, u := range d.users {
			for _, name := range c.names(u) {
				other, taken := by.names[name]
				by.names[name] = u
				if taken && other != u {
					by.names[name] = nil
				}
			}
		}
	}
	return by.names[s]
}

// Names are all names by which a connection may know a user of the files: nil where the files have no such user, or connection.
func (s *Spec) Names(connection, user string) map[Subject]bool {
	c, names := s.sites[connection], map[Subject]bool{}
	for _, u := range s.users {
		if c == nil || u.name != user {
			continue
		}
		for _, name := range c.names(u) {
			names[name] = true
		}
		return names
	}
	return nil
}

// Users are the names of the people of the files, in reading order.
func (s *Spec) Users() []string {
	return Each(s.users, func(u *user) string { return u.name })
}
