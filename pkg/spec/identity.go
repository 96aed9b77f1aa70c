package spec

// Person is a user of the files, as far as a connection may know one by it.
type Person struct {
	Name    string // in the files
	Account string
	Domain  string // lower case; the provider's default where the files give none
	Email   string // lower case
}

// ByAccount names a person by account and domain.
func ByAccount(p Person) Subject {
	return Subject{Kind: SubjectUser, Name: p.Account, Domain: p.Domain}
}

// ByEmail names a person by mail address; the name is blank where there is none.
func ByEmail(p Person) Subject { return Subject{Kind: SubjectUser, Name: p.Email} }

// person is what a connection may know a user by.
func (c *connection) person(u *user) Person {
	s := u.subject(c.domain())
	return Person{Name: u.name, Account: s.Name, Domain: s.Domain, Email: u.email}
}

// identity is a user as the connection knows it.
func (c *connection) identity(u *user) Subject {
	if c.format == nil || c.format.Identity == nil {
		return ByAccount(c.person(u))
	}
	return c.format.Identity(c.person(u))
}

// nameless tells users whom the connection can't know by any name.
func (c *connection) nameless(u *user) bool { return !u.left && c.identity(u).Name == "" }

// names are all that a user may have at the connection: the identity, the account, and the email as user, mailbox and plain
// address.
func (c *connection) names(u *user) []Subject {
	names := []Subject{ByAccount(c.person(u))}
	if identity := c.identity(u); identity.Name != "" {
		names = append(names, identity)
	}
	if u.email != "" {
		for _, kind := range []SubjectKind{SubjectUser, SubjectMailbox, SubjectAddress} {
			names = append(names, Subject{Kind: kind, Name: u.email})
		}
	}
	return names
}
