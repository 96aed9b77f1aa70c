package spec

import (
	"maps"
	"strings"

	"gopkg.in/yaml.v3"
)

// keyPreviously names what a resource or a user was called before.
const keyPreviously = "previously"

// previous reads the name that a resource had. Its present name becomes a setting, so that the other one can differ from it.
func (d *decoder) previous(o object, r *resource, read func(*yaml.Node, string) (string, bool)) {
	n := o.get(keyPreviously)
	if n == nil {
		return
	}
	name, ok := read(n, keyPreviously)
	switch {
	case !ok:
	case r.Absent:
		d.reject(d.at(n), "remove it, and list what is to be deleted by the name that it has", "absent resource has a previous name")
	case name == r.name:
		d.reject(d.at(n), "write the name that it had before, or remove the line", "%s %s has the same name as previously", r.schema.Kind.Words(), quoted(name))
	default:
		r.Previously, r.previously = name, d.at(n)
		r.Settings = r.Settings.With(r.schema.NameKey(), r.name)
	}
}

// NameKey is the key by which files name resources of the kind; as a setting it is their name at the vendor.
func (k *KindSchema) NameKey() string { return string(k.ID) }

// FormerRef is the resource by the name that it had before.
func (r Resource) FormerRef(now Ref) (former Ref, renamed bool) {
	now.Name = r.Previously
	return now, r.Previously != ""
}

// checkPrevious refuses previous names that are somebody else's.
func (l *loader) checkPrevious(refs map[Ref]*resource) {
	first := map[Ref]*resource{}
	for _, r := range l.resources {
		former, renamed := r.FormerRef(r.ref())
		if !renamed {
			continue
		}
		what := r.schema.Kind.Words()
		if o := refs[former]; o != nil {
			l.reject(r.previously, "remove that entry, or this line", "%s %s is listed too, at %s", what, quoted(former.Name), o.Source)
		}
		if o := first[former]; o != nil {
			l.reject(r.previously, "keep one of them", "%s %s is the previous name of %s too, at %s", what, quoted(former.Name), quoted(o.name), o.previously)
		}
		first[former] = r
	}
	l.checkFormerUsers()
}

// previousUser reads the name, or the address, that a user had.
func (d *decoder) previousUser(o object, u *user) {
	n := o.get(keyPreviously)
	if n == nil {
		return
	}
	name, ok := d.name(n, keyPreviously)
	if ok && strings.Contains(name, "@") {
		name, ok = d.address(n, keyPreviously)
	}
	switch {
	case !ok:
	case strings.Contains(name, ":"):
		d.reject(d.at(n), "write the name alone, or the address", "%s %s holds :", keyPreviously, quoted(name))
	case u.left:
		d.reject(d.at(n), "remove it, and list who has the old name as a user who left too", "user who left has a previous name")
	default:
		u.previously = mention{name, d.at(n)}
	}
}

// checkFormerUsers refuses previous names by which somebody else is known.
func (l *loader) checkFormerUsers() {
	called, first := map[string]*user{}, map[string]*user{}
	for _, u := range l.userList {
		for _, name := range append(Each(u.given, func(g given) string { return g.name }), u.email, u.account, u.name) {
			called[name] = u
		}
	}
	for _, u := range l.userList {
		was := u.previously
		if was.name == "" {
			continue
		}
		switch o, other := called[was.name], first[was.name]; {
		case o == u:
			l.reject(was.at, "write what they were called before, or remove the line", "user %s is still called %s", quoted(u.name), quoted(was.name))
		case o != nil:
			l.reject(was.at, "remove it: they are two people", "user %s is called %s too, at %s", quoted(o.name), quoted(was.name), o.source)
		case other != nil:
			l.reject(was.at, "keep one of them", "%s is the previous name of user %s too, at %s", quoted(was.name), quoted(other.name), other.previously.at)
		}
		first[was.name] = u
	}
}

// before is the user by what they were called before.
func (u *user) before() *user {
	was := &user{name: u.previously.name, account: u.previously.name, domain: u.domain, source: u.previously.at}
	if isAddress(was.name) {
		was.email = was.name
	}
	return was
}

// former are, by their names at the connection, those by which it may have known people before.
func (s *Spec) former(c *connection) map[Subject][]Subject {
	former := map[Subject][]Subject{}
	for _, u := range s.users {
		if who := c.identity(u); u.previously.name != "" && who.Name != "" {
			former[who] = c.names(u.before())
		}
	}
	return former
}

// renamedUsers are the people who had another name, by that.
func (l *loader) renamedUsers() map[string]*user {
	by := map[string]*user{}
	for _, u := range l.userList {
		if u.previously.name != "" {
			by[u.previously.name] = u
		}
	}
	return by
}

// underNewNames adds to what rules say of a resource by the name that it had before what they then say of it by its present one.
func (l *loader) underNewNames(rules *Rules) {
	for _, r := range l.resources {
		former, renamed := r.FormerRef(Ref{Kind: r.schema.Kind, Name: r.name})
		if !renamed {
			continue
		}
		now := Ref{Kind: former.Kind, Name: r.name}
		for _, list := range []*[]Protection{&rules.Protected, &rules.RequireSelf} {
			for _, p := range *list {
				if p.Resource != nil && *p.Resource == former {
					p.Resource = &now
					*list = append(*list, p)
				}
			}
		}
		for _, m := range rules.MinMembers {
			if m.Kind == former.Kind && m.Name == former.Name {
				m.Name = r.name
				rules.MinMembers = append(rules.MinMembers, m)
			}
		}
	}
	rules.MinMembers = highest(rules.MinMembers)
}

// Renamed is the state with some resources under other names. One that the state has under its new name already stays as it is.
func (s State) Renamed(names map[Ref]Ref) State {
	if len(names) == 0 {
		return s
	}
	moves := maps.Clone(names)
	maps.DeleteFunc(moves, func(from, to Ref) bool {
		_, there := s.Resources[from]
		_, taken := s.Resources[to]
		return !there || taken
	})
	out := s.Where(func(ref Ref) bool { return moves[ref] == Ref{} })
	for from, to := range moves {
		out.Resources[to] = s.Resources[from]
	}
	out.Grants.addRenamed(s.Grants, moves)
	out.Inactive.addRenamed(s.Inactive, moves)
	return out
}

// Renamed is the set with the grants on some resources on others instead.
func (s Grants) Renamed(names map[Ref]Ref) Grants {
	if len(names) == 0 {
		return s
	}
	out := s.on(func(ref Ref) bool { return names[ref] == Ref{} })
	out.addRenamed(s, names)
	return out
}

// addRenamed adds the grants of another set on resources that are called otherwise.
func (s *Grants) addRenamed(other Grants, names map[Ref]Ref) {
	for from, to := range names {
		for g, origin := range other.On(from) {
			g.Resource = to
			s.Add(g, origin)
		}
	}
}

// Before is the grant on the resource by the name that it had before; the grant itself where the files say of none.
func (c *Chains) Before(g Grant) Grant {
	if r := c.listed[g.Resource]; r != nil && r.Previously != "" {
		g.Resource, _ = r.FormerRef(g.Resource)
	}
	return g
}
