package diff

import (
	"strings"

	"github.com/entitlectl/entitlectl/pkg/spec"
)

// guard tells which grants protections are for. Looking one up takes no longer for many protections than for few.
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
	byName    naming = iota // kind and name, as they are
	byAddress               // address, in any letter case, whatever its vendor takes it for: a user, a mailbox or a stranger
	byLocal                 // local part of an address, in any letter case
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
		on := guarded{by: byName, subject: p.Subject.Kind, name: p.Subject.Name, domain: strings.ToLower(p.Subject.Domain)}
		if p.Resource != nil {
			on.resource = spec.Ref{Kind: p.Resource.Kind, Name: p.Resource.Name}
		}
		all[on] = true
		if !addressable(p.Subject.Kind) {
			continue
		}
		on.by, on.subject, on.name = byAddress, "", strings.ToLower(p.Subject.Name)
		all[on] = true
		if on.by = byLocal; p.Literal {
			all[on] = true
		}
	}
	return all
}

// has says whether the grant's subject is protected on its resource, or everywhere.
func (all guard) has(g spec.Grant) bool {
	names := []guarded{{by: byName, subject: g.Subject.Kind, name: g.Subject.Name}}
	if local, _, addressed := strings.Cut(g.Subject.Name, "@"); addressed && addressable(g.Subject.Kind) {
		names = []guarded{{by: byAddress, name: strings.ToLower(g.Subject.Name)}, {by: byLocal, name: strings.ToLower(local)}}
	}
	for _, on := range names {
		for _, on.domain = range []string{"", strings.ToLower(g.Subject.Domain)} {
			for _, on.resource = range []spec.Ref{{}, {Kind: g.Resource.Kind, Name: g.Resource.Name}} {
				if all[on] {
					return true
				}
			}
		}
	}
	return false
}

func addressable(k spec.SubjectKind) bool {
	return k == spec.SubjectUser || k == spec.SubjectMailbox || k == spec.SubjectAddress
}
