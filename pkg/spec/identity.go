package spec

import (
	"cmp"
	"slices"
	"strings"
)

// Person is a user of the files, as far as a connection may know one by it.
type Person struct {
	Name    string // in the files
	Account string
	Domain  string // lower case; the provider's default where the files give none
	Email   string // lower case
	Given   string // the name that the files give for this very connection; blank where they give none
}

// byAccount names a person by account and domain.
func byAccount(p Person) Subject {
	return Subject{Kind: SubjectUser, Name: cmp.Or(p.Given, p.Account), Domain: p.Domain}
}

// ByEmail names a person by mail address; the name is blank where there is none.
func ByEmail(p Person) Subject {
	address := p.Email
	if p.Given != "" {
		if address = strings.ToLower(p.Given); !isAddress(address) {
			address = ""
		}
	}
	return Subject{Kind: SubjectUser, Name: address}
}

// at is the name that the files give a user at a connection, nil where they give none.
func (u *user) at(connection string) *given {
	i := slices.IndexFunc(u.given, func(g given) bool { return g.connection == connection })
	if i < 0 {
		return nil
	}
	return &u.given[i]
}

// person is what a connection may know a user by.
func (c *connection) person(u *user) Person {
	s := u.subject(c.domain())
	p := Person{Name: u.name, Account: s.Name, Domain: s.Domain, Email: u.email}
	if g := u.at(c.Name); g != nil {
		p.Given = g.name
	}
	return p
}

// identity is a user as the connection knows it.
func (c *connection) identity(u *user) Subject {
	if c.schema.Identity == nil {
		return byAccount(c.person(u))
	}
	return c.schema.Identity(c.person(u))
}

// nameless says whether the connection can't know a user by any name. Who left needs none, and a misspelt one has an error already.
func (c *connection) nameless(u *user) bool {
	return !u.left && !u.misspelt && c.identity(u).Name == ""
}

// names are all that a user may have at the connection: the identity, the account, and addresses as user, mailbox and plain
// address; and the same of what they were called before.
func (c *connection) names(u *user) []Subject {
	names := []Subject{byAccount(c.person(u))}
	if identity := c.identity(u); identity.Name != "" {
		names = append(names, identity)
	}
	addresses := []string{u.email}
	if g := u.at(c.Name); g != nil {
		addresses = append(addresses, strings.ToLower(g.name))
	}
	for _, address := range addresses {
		if !isAddress(address) {
			continue
		}
		for _, kind := range []SubjectKind{SubjectUser, SubjectMailbox, SubjectAddress} {
			names = append(names, Subject{Kind: kind, Name: address})
		}
	}
	if u.previously.name != "" {
		names = append(names, c.names(u.before())...)
	}
	return names
}

// view is what connections share that know all people by the same names, and as of the same directories: those of one provider, but
// for connections at which somebody has a name of their own.
type view struct {
	schema           *ProviderSchema
	connection       string
	domain, platform string
}

func (c *connection) view(users []*user) view {
	if slices.ContainsFunc(users, func(u *user) bool { return u.at(c.Name) != nil }) {
		return view{c.schema, c.Name, c.Settings[KeyDomain], c.Settings[KeyPlatform]}
	}
	return view{schema: c.schema, domain: c.Settings[KeyDomain], platform: c.Settings[KeyPlatform]}
}
