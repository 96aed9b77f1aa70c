package spec

import (
	"maps"
	"slices"
)

// oneName finds people who share what a vendor may know them by. Where a connection knows both by one name, and the files give
// both something there, that is an error: to the vendor they are one person. Two people with one email are odd anywhere.
func (l *loader) oneName() {
	on, reported := map[string][]*resource{}, map[*user]bool{} // by connection
	for _, r := range l.resources {
		on[r.in.name] = append(on[r.in.name], r)
	}
	for _, name := range slices.Sorted(maps.Keys(on)) {
		c := l.connections[name]
		if c == nil || c.format == nil || c.format.Identity == nil { // accounts are distinct already
			continue
		}
		first := map[Subject]*user{}
		for _, u := range l.among(l.mentioned(on[name])) {
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

// mentioned are the people to whom resources give something. It looks into each team once, however teams nest.
func (l *loader) mentioned(resources []*resource) map[*user]bool {
	people, teams := map[*user]bool{}, map[*team]bool{nil: true}
	var open []*team
	add := func(items []item) {
		for _, it := range items {
			people[it.user] = true
			if !teams[it.team] {
				teams[it.team] = true
				open = append(open, it.team)
			}
		}
	}
	for _, r := range resources {
		for _, s := range r.users {
			people[l.users[s.name]] = true
		}
		for _, e := range r.entries {
			add(e.to)
		}
	}
	for len(open) > 0 {
		next := open[len(open)-1]
		open = open[:len(open)-1]
		add(next.members)
	}
	delete(people, nil)
	return people
}

// among lists people in the order of the files.
func (l *loader) among(people map[*user]bool) []*user {
	return slices.DeleteFunc(slices.Clone(l.userList), func(u *user) bool { return !people[u] })
}
