package compose

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/entitlectl/entitlectl/pkg/spec"
)

// holder is somebody as one connection knows them.
type holder struct {
	connection string
	subject    spec.Subject
}

func (h holder) compare(o holder) int {
	return cmp.Or(strings.Compare(h.connection, o.connection), h.subject.Compare(o.subject))
}

// person is somebody whom connections know, and the user that files are to have for them.
type person struct {
	at      []holder // sorted, one of each connection at most
	email   string
	remarks []string

	name, account, domain string
	given                 map[string]string // names at single connections
}

// directory finds the users that files need.
type directory struct {
	connections map[string]*Connection
	people      []*person
	names       map[holder]string // of users, by who they are
	taken       map[string]bool   // accounts that are somebody's
	others      []string          // names that users have already
}

// newDirectory finds out who is who among the people of all connections, and what to call them.
func newDirectory(connections []*Connection, taken []string) *directory {
	d := &directory{connections: map[string]*Connection{}, names: map[holder]string{}, taken: map[string]bool{}, others: taken}
	var unknown []holder
	for _, c := range connections {
		d.connections[c.Name] = c
		for _, s := range c.users() {
			switch h := (holder{c.Name, s}); {
			case c.Known[s] != "":
				d.names[h] = c.Known[s]
			case !c.Gone[s] && d.nameable(h):
				unknown = append(unknown, h)
			}
		}
		for s := range c.Known {
			d.taken[s.Name] = true
		}
	}
	d.join(unknown)
	d.describe()
	d.callThem()
	return d
}

// byAddress says whether a connection knows people by their addresses and nothing else.
func (c *Connection) byAddress() bool {
	const probe = "probe@entitlectl.example"
	return c.Schema.Identify(spec.Person{Name: "x", Account: "x", Email: probe}).Name == probe
}

// nameable says whether a file can say whom a connection means.
func (d *directory) nameable(h holder) bool {
	c := d.connections[h.connection]
	if c.byAddress() {
		return spec.IsAddress(h.subject.Name)
	}
	return spec.CanName(h.subject.Name) && (h.subject.Domain == "" || spec.IsDomain(h.subject.Domain))
}

// address is what tells that people of several connections are one.
func (d *directory) address(h holder) string {
	c := d.connections[h.connection]
	if c.byAddress() {
		return h.subject.Name
	}
	if email := strings.ToLower(c.People[h.subject].Email); spec.IsAddress(email) {
		return email
	}
	return ""
}

// join makes one person of all who have the same address, each at another connection. Several at one connection who share an
// address are not told apart by it, so it proves nothing of them.
func (d *directory) join(all []holder) {
	slices.SortFunc(all, holder.compare)
	shares := map[holder]int{} // by connection and address
	for _, h := range all {
		shares[holder{h.connection, spec.Subject{Name: d.address(h)}}]++
	}
	by := map[string]*person{}
	for _, h := range all {
		address := d.address(h)
		if p := by[address]; p != nil && d.agree(p, h) && shares[holder{h.connection, spec.Subject{Name: address}}] == 1 {
			p.at = append(p.at, h)
			continue
		}
		p := &person{at: []holder{h}, email: address, given: map[string]string{}}
		d.people = append(d.people, p)
		switch {
		case address == "":
		case shares[holder{h.connection, spec.Subject{Name: address}}] > 1:
			p.email = ""
			p.remarks = append(p.remarks, "shares the address "+address+" with somebody else")
		case by[address] == nil:
			by[address] = p
		default:
			p.email = ""
		}
	}
}

// agree says whether one user of the files can be both: they have one directory domain for all connections.
func (d *directory) agree(p *person, h holder) bool {
	_, ok := d.domainOf(append(slices.Clone(p.at), h))
	return ok
}

// domainOf is the domain of a user who is all of these: blank where each is of the connection's own.
func (d *directory) domainOf(at []holder) (domain string, ok bool) {
	blank, first := true, true
	for _, h := range at {
		c := d.connections[h.connection]
		if c.byAddress() {
			continue
		}
		blank = blank && h.subject.Domain == c.domain()
		if !first && h.subject.Domain != domain {
			return "", blank
		}
		domain, first = h.subject.Domain, false
	}
	if blank {
		domain = ""
	}
	return domain, true
}

// describe gives each person an account and a domain, by which connections that don't go by address know them.
func (d *directory) describe() {
	by := map[string][]*person{}
	for _, p := range d.people {
		p.domain, _ = d.domainOf(p.at)
		for _, h := range p.at {
			c := d.connections[h.connection]
			if remark := c.People[h.subject].Remark; remark != "" {
				p.remarks = append(p.remarks, remark+" at "+h.connection)
			}
			if c.byAddress() {
				continue
			}
			d.taken[h.subject.Name] = true
			if p.account = cmp.Or(p.account, h.subject.Name); !slices.Contains(by[h.subject.Name], p) {
				by[h.subject.Name] = append(by[h.subject.Name], p)
			}
			if h.subject.Name != p.account {
				p.given[h.connection] = h.subject.Name
			}
		}
	}
	for _, namesakes := range by {
		if len(namesakes) > 1 {
			for _, p := range namesakes {
				p.domain = d.ownDomain(p)
			}
		}
	}
	for d.tellApart() {
	}
}

// tellApart finds people whom some connection would take for one, and gives each of them names at their own connections alone. It
// says whether it found any.
func (d *directory) tellApart() (found bool) {
	alike := func(who func(*person) spec.Subject) {
		first := map[spec.Subject]*person{}
		for _, p := range d.people {
			s := who(p)
			o := first[s]
			if first[s] = p; o == nil || s.Name == "" {
				continue
			}
			for _, p := range []*person{o, p} {
				found = found || p.account != ""
				d.nameApart(p)
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(d.connections)) {
		domain := d.connections[name].domain()
		alike(func(p *person) spec.Subject { return spec.Subject{Name: p.account, Domain: cmp.Or(p.domain, domain)} })
		if !d.connections[name].byAddress() {
			alike(func(p *person) spec.Subject {
				return spec.Subject{Name: cmp.Or(p.given[name], p.account), Domain: cmp.Or(p.domain, domain)}
			})
		}
	}
	return found
}

// nameApart has nobody take a person for somebody else: without an account, and with a name at each connection.
func (d *directory) nameApart(p *person) {
	for _, h := range p.at {
		if !d.connections[h.connection].byAddress() {
			p.given[h.connection] = h.subject.Name
		}
	}
	p.account = ""
}

// ownDomain is the domain of a person where it is written, although it is that of a connection.
func (d *directory) ownDomain(p *person) string {
	domain := p.domain
	for _, h := range p.at {
		if c := d.connections[h.connection]; !c.byAddress() {
			if domain != "" && domain != h.subject.Domain {
				return p.domain // several domains, each its connection's own
			}
			domain = h.subject.Domain
		}
	}
	return domain
}
