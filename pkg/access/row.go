package access

import (
	"cmp"
	"slices"
	"strings"

	"github.com/entitlectl/entitlectl/pkg/spec"
)

// Row says that somebody has a role on a resource.
type Row struct {
	Connection string         `json:"connection"`
	Kind       spec.Kind      `json:"kind"`
	Resource   string         `json:"resource"`
	Ownership  spec.Ownership `json:"ownership"`
	Role       spec.Role      `json:"role"`
	Person     string         `json:"person,omitempty"` // name in the files; "": they know nobody by it
	Subject    spec.Subject   `json:"subject"`          // as the vendor names them; see Everyone
	// Group is the user group that holds the grant, of which the subject is a member.
	Group spec.Subject `json:"group,omitzero"`
	In    In           `json:"in"`
	// Chains are how the files give it, the first that counts first. There are none where only live has it.
	Chains []Chain `json:"chains,omitempty"`
	// Has says of comparisons whose row it is: "" or both.
	Has string `json:"has,omitempty"`
}

// In is where a row holds.
type In string

// The places.
const (
	InFiles In = "files"
	InLive  In = "live"
	InBoth  In = "both"
	InNone  In = "none" // it has ended, or is yet to begin
)

// Chain is one way in which the files give a grant.
type Chain struct {
	Source string        `json:"source"` // file:line
	Via    spec.Via      `json:"via"`
	Reason string        `json:"reason,omitempty"`
	Lapsed bool          `json:"lapsed,omitempty"` // it gives the grant no longer, or not yet
	Commit *Commit       `json:"commit,omitempty"` // that the line is of; nil: not asked, or nobody can tell
	At     spec.Position `json:"-"`
}

// Commit is where a line comes from.
type Commit struct {
	ID      string `json:"id"`
	Author  string `json:"author"` // NAME <ADDRESS>
	Date    string `json:"date"`   // RFC 3339
	Summary string `json:"summary,omitempty"`
}

// Ref is the resource.
func (r Row) Ref() spec.Ref {
	return spec.Ref{Connection: r.Connection, Kind: r.Kind, Name: r.Resource}
}

// Who is the subject in words: by the name of the files and, where that differs, by that of the vendor.
func (r Row) Who() string {
	if r.Person == "" || r.Person == r.Subject.Name {
		return cmp.Or(r.Person, r.Subject.String())
	}
	return r.Person + " (" + r.Subject.String() + ")"
}

func (r Row) compare(o Row) int {
	return cmp.Or(strings.Compare(r.Connection, o.Connection), r.Kind.Compare(o.Kind), strings.Compare(r.Resource, o.Resource),
		strings.Compare(string(r.Role), string(o.Role)), strings.Compare(r.Who(), o.Who()), r.Subject.Compare(o.Subject),
		r.Group.Compare(o.Group))
}

// question is what rows are wanted.
type question struct {
	on     func(spec.Ref) bool // nil: all resources
	who    func(Row) bool      // nil: everybody
	chains int                 // the most of each row; 0: none
	lapsed bool                // also what has ended, or is yet to begin
}

// rows answers a question, sorted.
func (w World) rows(q question) []Row {
	var all []Row
	for _, site := range w.Sites {
		all = append(all, w.on(site, q)...)
	}
	slices.SortFunc(all, Row.compare)
	return all
}

func (w World) on(site Site, q question) []Row {
	t := &table{World: w, site: site, question: q, rows: map[rowKey]*Row{}}
	for ref, ownership := range w.refs(site) {
		if q.on == nil || q.on(ref) {
			t.resource(ref, ownership)
		}
	}
	all := make([]Row, 0, len(t.rows))
	for _, r := range t.rows {
		if q.who == nil || q.who(*r) {
			all = append(all, t.explained(*r))
		}
	}
	return all
}

// table collects the rows of a site.
type table struct {
	World
	question
	site Site
	rows map[rowKey]*Row
}

// rowKey tells rows apart. Whoever the files know is one person, whatever the vendor calls them.
type rowKey struct {
	ref         spec.Ref
	role        spec.Role
	person      string
	who, within spec.Subject
}

func (t *table) resource(ref spec.Ref, ownership spec.Ownership) {
	if t.files() {
		t.state(ref, ownership, t.site.Desired, InFiles)
	}
	if t.live() {
		t.state(ref, ownership, t.site.Live, InLive)
	}
	if !t.lapsed || !t.files() {
		return
	}
	for g := range t.site.Desired.Inactive.On(ref) {
		t.add(g, spec.Subject{}, ownership, InNone)
	}
}

// state adds what one side has on a resource. What an open one lists means nothing.
func (t *table) state(ref spec.Ref, ownership spec.Ownership, state spec.State, in In) {
	if state.Resources[ref].Open {
		t.add(spec.Grant{Resource: ref, Subject: Everyone, Role: spec.RoleAccess}, spec.Subject{}, ownership, in)
		return
	}
	for g := range state.Grants.On(ref) {
		t.add(g, spec.Subject{}, ownership, in)
		for _, member := range t.site.Members[g.Subject] {
			t.add(spec.Grant{Resource: ref, Subject: member, Role: g.Role}, g.Subject, ownership, in)
		}
	}
}

func (t *table) add(g spec.Grant, group spec.Subject, ownership spec.Ownership, in In) {
	key := rowKey{ref: g.Resource, role: g.Role, within: group, who: g.Subject}
	person := t.person(g)
	if person != "" {
		key.person, key.who = person, spec.Subject{}
	}
	if r := t.rows[key]; r != nil {
		if r.In != in && in != InNone {
			r.In = InBoth
		}
		return
	}
	t.rows[key] = &Row{Connection: g.Resource.Connection, Kind: g.Resource.Kind, Resource: g.Resource.Name, Ownership: ownership,
		Role: g.Role, Person: person, Subject: g.Subject, Group: group, In: in}
}

func (t *table) person(g spec.Grant) string {
	if t.Chains == nil {
		return ""
	}
	return t.Chains.Person(g.Resource.Connection, g.Subject)
}

// explained adds the chains of a row, which are those of the user group where that holds the grant.
func (t *table) explained(r Row) Row {
	if t.chains == 0 || t.Chains == nil || !t.files() || r.In == InLive && !t.lapsed {
		return r
	}
	g := spec.Grant{Resource: r.Ref(), Subject: r.Subject, Role: r.Role}
	if r.Group != (spec.Subject{}) {
		g.Subject = r.Group
	}
	for _, c := range t.Chains.Of(g, t.question.chains) {
		if !c.Lapsed || t.lapsed {
			r.Chains = append(r.Chains, Chain{Source: c.Source.Source(), Via: spec.ViaOf(c.Steps), Reason: c.Reason, Lapsed: c.Lapsed, At: c.Source})
		}
	}
	return r
}
