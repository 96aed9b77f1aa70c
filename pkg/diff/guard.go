package diff

import (
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"

	"github.com/entitlectl/entitlectl/pkg/spec"
)

// guard knows which grants are protected. Looking one up takes no longer for many protections than for few.
type guard map[guarded]bool

// guarded is a subject under one of the names that are compared, on one resource or, where that is zero, on all of them.
type guarded struct {
	resource spec.Ref // its Connection is blank
	by       naming
	subject  spec.SubjectKind // where that is compared
	name     string
	domain   string // "": any
}

// naming is how the name of a subject is compared.
type naming int

const (
	byName    naming = iota // kind and name, in any spelling
	byAddress               // address, in any spelling, whatever its vendor takes it for: a user, a mailbox or a stranger
	byLocal                 // local part of an address, in any spelling
)

// guards says whether the grant's subject is protected on its resource, or everywhere, under any name that the vendor shows
// for it.
func (all guard) guards(g spec.Grant, names map[spec.Subject][]string) bool {
	if all.has(g) {
		return true
	}
	for _, name := range names[g.Subject] {
		other := g
		other.Subject.Name = name
		if all.has(other) {
			return true
		}
	}
	return false
}

func newGuard(protections []spec.Protection) guard {
	all := guard{}
	for _, p := range protections {
		for _, on := range protectedAs(p) {
			all[on] = true
		}
	}
	return all
}

// protectedAs are the names under which a protection looks for its subject.
func protectedAs(p spec.Protection) []guarded {
	on := guarded{by: byName, subject: p.Subject.Kind, name: fold(p.Subject.Name), domain: foldDomain(p.Subject.Domain)}
	if p.Resource != nil {
		on.resource = foldRef(*p.Resource)
	}
	all := []guarded{on}
	if !p.Subject.Kind.Personal() {
		return all
	}
	on.by, on.subject = byAddress, ""
	all = append(all, on)
	if on.by = byLocal; p.Literal {
		all = append(all, on)
	}
	return all
}

// heldAs are the names under which the holder of a grant is found, on the grant's resource and everywhere.
func heldAs(g spec.Grant) []guarded {
	names := []guarded{{by: byName, subject: g.Subject.Kind, name: fold(g.Subject.Name)}}
	if local, _, addressed := strings.Cut(fold(g.Subject.Name), "@"); addressed && g.Subject.Kind.Personal() {
		names = []guarded{{by: byAddress, name: fold(g.Subject.Name)}, {by: byLocal, name: local}}
	}
	var all []guarded
	for _, on := range names {
		for _, on.domain = range []string{"", foldDomain(g.Subject.Domain)} {
			for _, on.resource = range []spec.Ref{{}, foldRef(g.Resource)} {
				all = append(all, on)
			}
		}
	}
	return all
}

// has says whether the grant's subject is protected on its resource, or everywhere.
func (all guard) has(g spec.Grant) bool {
	return slices.ContainsFunc(heldAs(g), func(on guarded) bool { return all[on] })
}

// index finds holders by the names that protections write.
type index map[guarded]bool

func (all index) add(g spec.Grant, names map[spec.Subject][]string) {
	for _, name := range append([]string{g.Subject.Name}, names[g.Subject]...) {
		g.Subject.Name = name
		for _, on := range heldAs(g) {
			all[on] = true
		}
	}
}

// has says whether one of the holders is the protected subject.
func (all index) has(p spec.Protection) bool {
	return slices.ContainsFunc(protectedAs(p), func(on guarded) bool { return all[on] })
}

// fold brings a name into the form in which names are compared where the question is who is protected: to guard one too many
// does less harm than to miss one.
func fold(name string) string { return spec.Fold(norm.NFKC.String(name)) }

// foldRef is fold for a resource, at any connection.
func foldRef(ref spec.Ref) spec.Ref { return spec.Ref{Kind: ref.Kind, Name: fold(ref.Name)} }

// foldDomain is fold for a domain.
func foldDomain(domain string) string { return spec.FoldDomain(norm.NFKC.String(domain)) }
