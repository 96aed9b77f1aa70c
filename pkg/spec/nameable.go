package spec

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// CanName says whether a file can name what a vendor calls by this name, be it with escapes for what can't be seen in it.
func CanName(name string) bool {
	visible := false
	for _, r := range name {
		if turnsAround(r) {
			return false
		}
		visible = visible || !isHidden(r) && !unicode.IsSpace(r)
	}
	return visible && utf8.RuneCountInString(name) <= maxName
}

// IsAddress says whether files take a text for a mail address.
func IsAddress(text string) bool { return isAddress(text) && CanName(text) }

// IsDomain says whether files take a text for a directory domain.
func IsDomain(text string) bool { return CanName(text) && !strings.ContainsAny(text, "@/: ") }

// IsUserName says whether files take a text for the name of a user.
func IsUserName(name string) bool { return CanName(name) && !strings.ContainsAny(name, ":@") }

// TeamNames are those of all teams of the files, in reading order.
func (s *Spec) TeamNames() []string { return Each(s.teams, func(t *team) string { return t.name }) }

// Called says by which of their users the files know somebody at a connection, those who left excepted.
func (s *Spec) Called(connection string) map[Subject]string {
	called := map[Subject]string{}
	for _, u := range s.users {
		if who := s.sites[connection].identity(u); who.Name != "" && !u.left {
			called[who] = u.name
		}
	}
	return called
}

// Emails are the addresses that the files give people, and whose they are.
func (s *Spec) Emails() map[string]string {
	emails := map[string]string{}
	for _, u := range s.users {
		if u.email != "" {
			emails[u.email] = u.name
		}
	}
	return emails
}

// DomainAt is what a blank domain means at a connection of this provider.
func (f *ProviderSchema) DomainAt(c Connection) string {
	site := connection{c, f}
	return site.domain()
}

// Identify is the name by which a connection of this provider knows a person.
func (f *ProviderSchema) Identify(p Person) Subject {
	if f.Identity == nil {
		return byAccount(p)
	}
	return f.Identity(p)
}
