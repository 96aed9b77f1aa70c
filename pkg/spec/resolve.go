package spec

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// resolve looks up the names that files mention, now that all definitions are known, and checks what is between them.
func (l *loader) resolve() {
	l.noteMailsOfLeft()
	l.distinct()
	l.givenNames()
	for _, t := range l.teamList {
		l.lookUp(t.members)
	}
	order := l.nest()
	l.resolveResources(l.namelessTeams(order))
	l.resolveTests()
	l.resolveReviewers()
	l.rejectShared()
	l.boundGrants(order)
	l.warnOfVainLimits()
	if len(l.found) == 0 { // what is incomplete may look alike
		l.tenants()
	}
	if len(l.found) == 0 { // teams may hold themselves, or give too much
		l.warnOfOutlivedEnds()
	}
	if len(l.found) == 0 {
		l.warnOfStrayRules()
		l.warnOfTwins()
	}
	l.rules = strictest(l.floors, l.reviewed)
	l.rules.Protected, l.rules.RequireSelf = l.withOtherNames(l.rules.Protected), l.withOtherNames(l.rules.RequireSelf)
	l.underNewNames(&l.rules)
}

func (l *loader) noteMailsOfLeft() {
	l.leftMail = map[string]*user{}
	for _, u := range l.userList {
		if u.left && u.email != "" {
			l.leftMail[u.email] = u
		}
		for _, g := range u.given {
			if address := strings.ToLower(g.name); u.left && isAddress(address) {
				l.leftMail[address] = u
			}
		}
	}
}

// resolveResources looks up what resources mention; nameless finds who can't be known at a connection.
func (l *loader) resolveResources(nameless func(*connection) map[*team]*user) {
	refs := make(map[Ref]*resource, len(l.resources))
	for _, r := range l.resources {
		c := l.place(r)
		if first := refs[r.ref()]; first != nil {
			l.twice(r.Source, r.schema.Kind.Words(), r.name, first.Source)
			continue
		}
		refs[r.ref()] = r
		l.resolveUsers(r, c)
		for _, e := range r.entries {
			l.lookUp(e.to)
		}
		if c == nil {
			continue
		}
		for _, e := range r.entries {
			l.identified(e.to, r, c, nameless(c))
		}
	}
	l.checkPrevious(refs)
}

// namelessTeams answers for a connection who of each team has no name there, one of them. Connections of one view share that.
func (l *loader) namelessTeams(order []*team) func(*connection) map[*team]*user {
	views, found := map[*connection]view{}, map[view]map[*team]*user{}
	return func(c *connection) map[*team]*user {
		by, known := views[c]
		if !known {
			by = c.view(l.userList)
			views[c] = by
		}
		if found[by] == nil {
			found[by] = lacking(order, c.nameless)
		}
		return found[by]
	}
}

// tenants refuses connections that surely reach one tenant: limits hold for each connection. Others that do are found when they
// are read.
func (l *loader) tenants() {
	first := map[string]*connection{}
	for _, name := range slices.Sorted(maps.Keys(l.connections)) {
		c := l.connections[name]
		if len(c.Auth) == 0 {
			continue
		}
		settings := maps.Clone(c.Settings)
		maps.DeleteFunc(settings, func(key, _ string) bool { return key == KeyDomain || key == KeyPlatform || key == KeyCaseFold })
		auth := map[string]string{}
		for key, ref := range c.Auth {
			auth[key] = ref.Scheme + ":" + ref.Name
		}
		same := fmt.Sprint(c.Provider, auth, settings, c.Endpoints) // maps are printed sorted
		if o := first[same]; o != nil {
			l.reject(c.Source, "keep one of them for a tenant", "connection %s has the credentials and settings of connection %s at %s",
				quoted(name), quoted(o.Name), o.Source)
			continue
		}
		first[same] = c
	}
}

// lookUp finds the users and teams that items name.
func (l *loader) lookUp(items []item) {
	for i := range items {
		switch it := &items[i]; it.kind {
		case SubjectUser:
			it.user = l.userNamed(mention{it.name, it.at})
		case kindTeam:
			if it.team = l.teams[it.name]; it.team == nil && !l.lostTeams {
				l.unknownTeam(it)
			}
		case SubjectAddress, SubjectMailbox:
			if u := l.leftMail[it.name]; u != nil {
				l.rejectLeft(u, it.at)
			}
		}
	}
}

func (l *loader) unknownTeam(it *item) {
	if l.namesSeveral(it.name) {
		l.reject(it.at, separateThem, "unknown team %s, which looks like several", quoted(it.name))
		return
	}
	hint := "define it under teams"
	if t := l.teams["team:"+it.name]; t != nil {
		hint = fmt.Sprintf("call it %s at %s, without team:", quoted(it.name), t.source)
	}
	l.reject(it.at, l.meant(it.name, l.teamNames, hint), "unknown team %s", quoted(it.name))
}

const separateThem = "separate them by plain commas: [alice, bob]"

// called is whom a name that no user has was probably meant for: a team, or who has it as address or account. It is "" where nobody is.
func (l *loader) called(name string) string {
	bare := strings.TrimPrefix(name, "@")
	team := bare
	if rest, cut := strings.CutPrefix(bare, "team"); cut {
		team = strings.TrimLeft(rest, " /.-_：")
	}
	switch {
	case l.teams[team] != nil:
		return "team:" + team
	case l.users[bare] != nil:
		return bare
	}
	if l.comparisons += len(l.userList); l.comparisons > maxComparisons {
		return ""
	}
	i := slices.IndexFunc(l.userList, func(u *user) bool { return u.account == bare || u.email != "" && u.email == strings.ToLower(bare) })
	if i < 0 {
		return ""
	}
	return l.userList[i].name
}

// userNamed finds a user who has not left.
func (l *loader) userNamed(m mention) *user {
	u := l.users[m.name]
	switch {
	case u == nil && l.called(m.name) != "":
		meant := l.called(m.name)
		l.reject(m.at, fmt.Sprintf("did you mean %q?", meant)+otherLetter(m.name, meant), "unknown user %s", quoted(m.name))
	case u == nil && l.lostUsers:
	case u == nil && l.namesSeveral(m.name):
		l.reject(m.at, separateThem, "unknown user %s, which looks like several", quoted(m.name))
	case u == nil:
		l.reject(m.at, l.meant(m.name, l.userNames, "define it under users"), "unknown user %s", quoted(m.name))
	case u.left:
		l.rejectLeft(u, m.at)
	}
	return u
}

// namesSeveral says whether a name is probably those of several users, with something other than a comma between them.
func (l *loader) namesSeveral(name string) bool {
	const marks = "，、；;,"
	parts, known := strings.FieldsFunc(name, func(r rune) bool { return strings.ContainsRune(" /+&|"+marks, r) }), 0
	for _, part := range parts {
		if l.users[part] != nil || l.teams[strings.TrimPrefix(part, "team:")] != nil {
			known++
		}
	}
	return len(parts) > 1 && strings.ContainsAny(name, marks) || known > 1
}

func (l *loader) rejectLeft(u *user, at Position) {
	l.reject(at, "remove the name here, or the state there", "user %s has left (%s)", quoted(u.name), u.source)
}

// place finds a resource's connection, nil where there is none.
func (l *loader) place(r *resource) *connection {
	c := l.connections[r.in.name]
	switch {
	case c == nil:
		l.unknownConnection(r.in)
	case !c.holds(r.schema.Kind):
		l.reject(r.in.at, "name a connection of another provider", "connection %s (%s) has no %ss", quoted(c.Name), c.Provider, r.schema.Kind.Words())
	}
	return c
}

func (l *loader) unknownConnection(m mention) {
	known := slices.Sorted(maps.Keys(l.connections))
	l.reject(m.at, l.meant(m.name, known, l.defineConnection()), "unknown connection %s", quoted(m.name))
}

// resolveUsers fills in the settings that name users.
func (l *loader) resolveUsers(r *resource, c *connection) {
	for _, s := range r.users {
		if s.name == "" {
			continue
		}
		if u := l.userNamed(s.mention); u != nil && c != nil {
			l.named(u, s.at, "", r, c)
			r.set(s.Setting, c.identity(u).Name)
		}
	}
}

// identified refuses users whom a resource's connection can't know. Of each team it reports one.
func (l *loader) identified(items []item, r *resource, c *connection, nameless map[*team]*user) {
	for _, it := range items {
		if it.user != nil {
			l.named(it.user, it.at, "", r, c)
		}
		if u := nameless[it.team]; u != nil {
			l.named(u, it.at, " of team "+quoted(it.name), r, c)
		}
	}
}

func (l *loader) named(u *user, at Position, of string, r *resource, c *connection) {
	if c.nameless(u) {
		l.reject(at, "add an email at "+u.source.String(), "user %s%s has no email, which %ss need", quoted(u.name), of, r.schema.Kind.Words())
	}
}

// withOtherNames adds to protections of users the other names that the files map them to.
func (l *loader) withOtherNames(protections []Protection) []Protection {
	all, renamed := make([]Protection, 0, len(protections)), l.renamedUsers()
	for _, p := range protections {
		all = append(all, p)
		u := cmp.Or(l.users[p.Subject.Name], renamed[p.Subject.Name])
		if !p.Literal || u == nil {
			continue
		}
		for _, name := range []string{u.name, u.previously.name} { // rules may write either
			if other := p; u.previously.name != "" && name != p.Subject.Name {
				other.Subject = Subject{Kind: SubjectUser, Name: name}
				all = append(all, other)
			}
		}
		p.Literal = false
		if u.account != u.name {
			p.Subject = u.subject("")
			all = append(all, p)
		}
		if local, _, _ := strings.Cut(u.email, "@"); u.email != "" && !strings.EqualFold(local, u.name) {
			p.Subject = Subject{Kind: SubjectUser, Name: u.email}
			all = append(all, p)
		}
		for _, g := range u.given {
			p.Subject = Subject{Kind: SubjectUser, Name: g.name}
			all = append(all, p)
		}
	}
	return all
}
