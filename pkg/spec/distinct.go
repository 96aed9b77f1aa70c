package spec

import (
	"maps"
	"slices"
)

// distinct refuses users who are one and the same at some vendor, and people who left but whose mail another one gets.
func (l *loader) distinct() {
	defaults := map[string]bool{"": true}
	for _, c := range l.connections {
		defaults[c.domain()] = true
	}
	for _, domain := range slices.Sorted(maps.Keys(defaults)) {
		first := make(map[Subject]*user, len(l.userList))
		for _, u := range l.userList {
			if o := first[u.subject(domain)]; o != nil {
				l.reject(u.source, "give one of them another account or domain", "user %s has the same account as user %s at %s",
					quoted(u.name), quoted(o.name), o.source)
				continue
			}
			first[u.subject(domain)] = u
		}
	}
	for _, u := range l.userList {
		if o := l.leftMail[u.email]; o != nil && !u.left {
			l.reject(u.source, "remove the email from one of them", "user %s has the email of user %s, who has left (%s)",
				quoted(u.name), quoted(o.name), o.source)
		}
	}
}

// givenNames checks the names that people have at single connections: nobody has two people's there, be it one who left.
func (l *loader) givenNames() {
	named := map[string]bool{}
	for _, u := range l.userList {
		for _, g := range u.given {
			c := l.connections[g.connection]
			switch {
			case c == nil:
				l.unknownConnection(mention{g.connection, g.at})
			case c.identity(u).Name == "":
				l.reject(g.by, "write it as the vendor shows it", "connection %s (%s) can't know anybody as %s", quoted(c.Name), c.Provider, quoted(g.name))
			default:
				named[g.connection] = true
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(named)) {
		l.rejectClashes(l.connections[name])
	}
}

// rejectClashes refuses two people with one name at a connection, where the files give it to either of them there.
func (l *loader) rejectClashes(c *connection) {
	first := make(map[Subject]*user, len(l.userList))
	clash := func(u *user, name Subject) {
		o := first[name]
		if o == nil || o == u {
			return
		}
		if u.at(c.Name) == nil {
			u, o = o, u
		}
		if g := u.at(c.Name); g != nil {
			l.reject(g.by, "give one of them another name there", "user %s has the same name at connection %s as user %s at %s",
				quoted(u.name), quoted(c.Name), quoted(o.name), o.source)
		}
	}
	for _, u := range l.userList {
		if name := c.identity(u); name.Name != "" {
			clash(u, name)
			first[name] = u
		}
	}
	for _, u := range l.userList {
		for _, name := range c.names(u) {
			if o := first[name]; u.left && o != nil && !o.left {
				clash(u, name)
			}
		}
	}
}

// rejectShared finds people who share what a vendor may know them by. Where a connection knows both by one name, and the files give
// both something there, that is an error: to the vendor they are one person. Two people with one email are odd anywhere.
func (l *loader) rejectShared() {
	on, reported := map[string][]*resource{}, map[*user]bool{} // by connection
	for _, r := range l.resources {
		on[r.in.name] = append(on[r.in.name], r)
	}
	for _, name := range slices.Sorted(maps.Keys(on)) {
		c := l.connections[name]
		if c == nil || c.schema == nil || c.schema.Identity == nil { // accounts are distinct already
			continue
		}
		first := map[Subject]*user{}
		for _, u := range l.mentioned(on[name]) {
			identity := c.identity(u)
			o := first[identity]
			if first[identity] = u; o == nil || identity.Name == "" || u.at(name) != nil || o.at(name) != nil { // given names are checked for all
				continue
			}
			reported[u] = true
			l.reject(u.source, "give one of them another email", "user %s is %s at connection %s, as user %s is at %s; the vendor takes them for one person",
				quoted(u.name), quoted(identity.Name), quoted(name), quoted(o.name), o.source)
		}
	}
	first := make(map[string]*user, len(l.userList))
	for _, u := range l.userList {
		if u.email == "" || u.left {
			continue
		}
		if o := first[u.email]; o != nil && !reported[u] {
			l.warn(u.source, "give one of them another email, or none", "user %s has the email of user %s at %s", quoted(u.name), quoted(o.name), o.source)
		}
		first[u.email] = u
	}
}

// mentioned lists the people to whom resources give something, in the order of the files.
func (l *loader) mentioned(resources []*resource) []*user {
	people := map[*user]bool{}
	var lists [][]item
	for _, r := range resources {
		for _, s := range r.users {
			people[l.users[s.name]] = true
		}
		for _, e := range r.entries {
			lists = append(lists, e.to)
		}
	}
	for _, u := range peopleIn(lists...) {
		people[u] = true
	}
	return slices.DeleteFunc(slices.Clone(l.userList), func(u *user) bool { return !people[u] })
}
