package spec

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"gopkg.in/yaml.v3"
)

// user is a person or robot, as the file names it.
type user struct {
	name       string
	account    string // the vendor's user name
	domain     string // lower case; blank: the connection's default
	email      string // lower case
	platform   string // one of some provider's words; blank: the connection's
	given      []given
	left       bool
	leaves     *moment // when they leave; nil: nobody says
	misspelt   bool    // it has a key that nobody knows, so that it may lack another
	previously mention // the name or address before
	source     Position
}

// given is the name of a user at one connection.
type given struct {
	connection string
	name       string
	at, by     Position // of the connection and of the name
}

// subject is the user by account.
func (u *user) subject(defaultDomain string) Subject {
	return Subject{Kind: SubjectUser, Name: u.account, Domain: cmp.Or(u.domain, defaultDomain)}
}

// team is a set of users that exists in the files only.
type team struct {
	name      string
	members   []item
	source    Position
	elsewhere bool // it is a group of a file of people
}

// gone says whether the user has left by a moment.
func (u *user) gone(now time.Time) bool { return u.left || u.leaves != nil && !now.Before(u.leaves.at) }

// leaving says that the user has left, in words.
func (u *user) leaving() string {
	if u.leaves != nil {
		return u.name + " left " + u.leaves.text
	}
	return u.name + " has left"
}

var (
	userKeys = []string{"name", keyPreviously, "account", "domain", "platform", "email", "names", "state"}
	// The states of a user.
	userStates = []string{"active", "left"}
)

func (d *decoder) decodeUsers(n *yaml.Node) {
	items, ok := d.list(n, "users")
	d.lostUsers = d.lostUsers || !ok
	for _, item := range items {
		d.lostUsers = !d.user(item) || d.lostUsers
	}
}

// user decodes a user, and tells whether there is one of that name.
func (d *decoder) user(n *yaml.Node) bool {
	o, ok := d.object(n, "user", userKeys, "name")
	if !ok {
		return false
	}
	u := &user{account: o.read("account", d.name), domain: o.read("domain", d.domain), email: o.read("email", d.address)}
	u.misspelt = len(o.unknown) > 0
	u.platform = o.choice("platform", platformsOf(d.formats))
	u.left = o.choice("state", userStates) == "left"
	d.previousUser(o, u)
	if v := o.get("names"); v != nil {
		for key, value := range d.pairs(v, "names") {
			if name, ok := d.name(value, "name at "+quoted(key.Value)); ok {
				u.given = append(u.given, given{key.Value, name, d.at(key), d.at(value)})
			}
		}
	}
	v, ok := o.need("name")
	if !ok {
		return false
	}
	if u.name, ok = d.name(v, "name"); !ok {
		return false
	}
	if strings.ContainsAny(u.name, ":@") {
		d.reject(d.at(v), "choose a plain word, and give the vendor's user name as account", "name %s holds : or @", quoted(u.name))
		return false
	}
	u.account, u.source = cmp.Or(u.account, u.name), d.at(v)
	if first := d.users[u.name]; first != nil {
		d.twice(u.source, "user", u.name, first.source)
		return true
	}
	d.users[u.name] = u
	d.userList, d.userNames = append(d.userList, u), append(d.userNames, u.name)
	return true
}

// platformsOf are the kinds of directories that any provider knows.
func platformsOf(formats []ProviderSchema) []string {
	all := []string{}
	for _, f := range formats {
		all = append(all, f.Words[KeyPlatform]...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func (d *decoder) domain(n *yaml.Node, what string) (string, bool) {
	name, ok := d.name(n, what)
	if ok && strings.ContainsAny(name, "@/: ") {
		d.reject(d.at(n), "write the directory domain alone, like corp.local", "%s %s holds more than a domain", what, quoted(name))
		ok = false
	}
	return strings.ToLower(name), ok
}

// address reads a mail address and folds it to lower case.
func (d *decoder) address(n *yaml.Node, what string) (string, bool) {
	text, ok := d.name(n, what)
	if ok && !isAddress(text) {
		d.reject(d.at(n), addressHint(text), "%s %s is not a mail address%s", what, quoted(text), notPlain(text))
		ok = false
	}
	return strings.ToLower(text), ok
}

// isAddress says whether a text looks like an address: something, one @, and a domain of at least two parts.
func isAddress(text string) bool {
	local, domain, _ := strings.Cut(text, "@")
	if local == "" || strings.ContainsAny(text, " \t()<>[]\\,;:\"/") || strings.Contains(domain, "@") {
		return false
	}
	parts := strings.Split(domain, ".")
	for _, part := range parts {
		if part == "" || strings.HasPrefix(part, "-") || strings.HasSuffix(part, "-") {
			return false
		}
	}
	return len(parts) > 1
}

func (d *decoder) decodeTeams(n *yaml.Node) {
	d.lostTeams = d.lostTeams || n.Kind != yaml.MappingNode
	for key, value := range d.pairs(n, "teams") {
		if first := d.teams[key.Value]; first != nil {
			d.twice(d.at(key), "team", key.Value, first.source)
			continue
		}
		d.visible(key, "team name", maxName)
		t := &team{name: key.Value, source: d.at(key)}
		d.teams[t.name] = t
		d.teamList, d.teamNames = append(d.teamList, t), append(d.teamNames, t.name)
		t.members = d.itemsIn(value, "team "+quoted(t.name), inTeam)
	}
}

// twice reports a second definition.
func (l *loader) twice(at Position, what, name string, first Position) {
	l.reject(at, "keep one of them", "%s %s is defined twice, first at %s", what, quoted(name), first)
}
