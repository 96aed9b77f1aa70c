package spec

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Kind is what a resource is: one of the words that providers declare, such as app-group.
type Kind string

var kindName = regexp.MustCompile(`^[a-z]+(-[a-z]+)*$`)

// IsName says whether the word has the form that kinds have, which files write before "/" and ":".
func (k Kind) IsName() bool { return kindName.MatchString(string(k)) }

// Compare orders kinds as plans do, backwards by name: groups of something come before the thing.
func (k Kind) Compare(o Kind) int { return strings.Compare(string(o), string(k)) }

// Words is the kind in prose: "app group".
func (k Kind) Words() string { return strings.ReplaceAll(string(k), "-", " ") }

// Ref identifies a resource. It never holds a vendor's id: those may change while the thing stays the same.
type Ref struct {
	Connection string
	Kind       Kind
	Name       string // as its vendor compares it: addresses are lower case
}

// String is KIND/NAME, the form that --target takes.
func (r Ref) String() string { return string(r.Kind) + "/" + r.Name }

// Compare orders refs by connection, kind (by name) and name.
func (r Ref) Compare(o Ref) int {
	return cmp.Or(strings.Compare(r.Connection, o.Connection), strings.Compare(string(r.Kind), string(o.Kind)),
		strings.Compare(r.Name, o.Name))
}

// SubjectKind is what a subject is.
type SubjectKind string

// The kinds of subjects.
const (
	SubjectUser       SubjectKind = "user"
	SubjectUserGroup  SubjectKind = "user-group"
	SubjectDepartment SubjectKind = "department"
	SubjectMailbox    SubjectKind = "mailbox"
	SubjectAddress    SubjectKind = "address"
)

// Personal says whether a subject of this kind may be one person, who may be known by an address.
func (k SubjectKind) Personal() bool {
	return k == SubjectUser || k == SubjectMailbox || k == SubjectAddress
}

// Subject is who gets something, named as its vendor names it: an account name, a group name or an address.
type Subject struct {
	Kind   SubjectKind `json:"kind"`
	Name   string      `json:"name"`
	Domain string      `json:"domain,omitempty"` // directory domain, lower case; never blank where the vendor has domains
}

// kindTeam marks an item that stands for the users of a team.
const kindTeam SubjectKind = "team"

// subjectForm is how people write subjects of a kind.
type subjectForm struct {
	kind   SubjectKind
	prefix string // with a colon after it, before the name
	bare   bool   // lists leave the prefix out; rules don't
	text   string // in messages
}

var subjectForms = []subjectForm{
	{SubjectUser, "user", true, "a user"}, {kindTeam, "team", false, "team:NAME"}, {SubjectUserGroup, "group", false, "group:NAME"},
	{SubjectDepartment, "dept", false, "dept:NAME"}, {SubjectMailbox, "mailbox", false, "mailbox:ADDRESS"},
	{SubjectAddress, "address", true, "an address"},
}

// form finds a form by its kind or its prefix; the zero form where there is none.
func form(is func(subjectForm) bool) subjectForm {
	if i := slices.IndexFunc(subjectForms, is); i >= 0 {
		return subjectForms[i]
	}
	return subjectForm{}
}

func formOf(kind SubjectKind) subjectForm {
	return form(func(f subjectForm) bool { return f.kind == kind })
}

func formWith(prefix string) subjectForm {
	return form(func(f subjectForm) bool { return f.prefix == prefix })
}

// prefixes are those that items in lists take.
func prefixes() []string {
	var words []string
	for _, f := range subjectForms {
		if !f.bare {
			words = append(words, f.prefix)
		}
	}
	return words
}

// String is the name alone for a user, else KIND:NAME; a domain follows after "@".
func (s Subject) String() string {
	text := s.prefix() + s.Name
	if s.Domain != "" {
		text += "@" + s.Domain
	}
	return text
}

// prefix is how the file writes the subject's kind.
func (s Subject) prefix() string {
	if f := formOf(s.Kind); f.prefix != "" && !f.bare {
		return f.prefix + ":"
	}
	return ""
}

// Compare orders subjects by kind, name and domain.
func (s Subject) Compare(o Subject) int {
	return cmp.Or(strings.Compare(string(s.Kind), string(o.Kind)), strings.Compare(s.Name, o.Name),
		strings.Compare(s.Domain, o.Domain))
}

// Role is what a grant gives.
type Role string

// The roles that go without saying. Kinds may have others.
const (
	RoleAccess Role = "access" // may use the resource
	RoleMember Role = "member" // belongs to it
)

// Words is what whoever has the role has, in prose.
func (r Role) Words() string {
	if r == RoleAccess {
		return "access"
	}
	return "the role " + string(r)
}

// Grant says that a subject holds a role on a resource. It is a value and a map key.
type Grant struct {
	Resource Ref
	Subject  Subject
	Role     Role
}

// Holder is the grant's subject.
func (g Grant) Holder() Subject { return g.Subject }

// Compare orders grants by resource, role and subject.
func (g Grant) Compare(o Grant) int {
	return cmp.Or(g.Resource.Compare(o.Resource), strings.Compare(string(g.Role), string(o.Role)),
		g.Subject.Compare(o.Subject))
}

// Position is a place in a desired-state file. Line and Column count from 1; the zero Position is nowhere.
type Position struct {
	File   string // as the user named it
	Line   int
	Column int // in characters
}

// String is file:line:column.
func (p Position) String() string { return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column) }

// Compare orders positions by file, line and column.
func (p Position) Compare(o Position) int {
	return cmp.Or(strings.Compare(p.File, o.File), cmp.Compare(p.Line, o.Line), cmp.Compare(p.Column, o.Column))
}

// Source is file:line, or "" for the zero Position.
func (p Position) Source() string {
	if p.Line == 0 {
		return ""
	}
	return p.File + ":" + strconv.Itoa(p.Line)
}
