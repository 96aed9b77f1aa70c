package diff

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"github.com/entitlectl/entitlectl/pkg/spec"
)

// Taking is access that somebody loses by a change. Whatever takes access is one: rules, ownership and reports go by takings
// and by nothing else.
type Taking struct {
	Resource spec.Ref
	Subject  spec.Subject // zero: everybody who is not granted the role afterwards; how many they are nobody can tell
	Role     spec.Role
	Cause    Loss
}

// Loss is why somebody loses access.
type Loss string

// The losses.
const (
	Revoked    Loss = "revoke"   // the files do not have the grant
	Ended      Loss = "ended"    // the end that the files announced has come
	Overdue    Loss = "overdue"  // the end that the files state came so long ago that it announces nothing
	HolderLeft Loss = "left"     // the holder left
	Deleted    Loss = "delete"   // the resource goes
	Narrowed   Loss = "narrowed" // a setting lets in fewer
)

// Everybody is how many lose where nobody can count them: more than any limit allows.
const Everybody = math.MaxInt32

// everybody says whether nobody can tell who they are.
func (t Taking) everybody() bool { return t.Subject == spec.Subject{} }

// grant is the grant that is taken, if live shows it.
func (t Taking) grant() spec.Grant {
	return spec.Grant{Resource: t.Resource, Subject: t.Subject, Role: t.Role}
}

func (t Taking) compare(o Taking) int {
	return cmp.Or(t.grant().Compare(o.grant()), strings.Compare(string(t.Cause), string(o.Cause)))
}

// Takings lists what changes take as live is, sorted; what is blocked takes nothing. It believes nothing that changes say of
// themselves but what they are about.
func Takings(connection string, desired spec.State, changes []Change, live Live) []Taking {
	var refs []spec.Ref
	for i := range changes {
		if c := &changes[i]; c.Problem == "" && (c.Op == OpDelete || c.Op == OpUpdate) {
			refs = append(refs, c.Ref(connection))
		}
	}
	t := taker{ends: endsOf(desired, live), on: holdersOf(connection, refs, changes, live)}
	for i := range changes {
		switch c := &changes[i]; {
		case c.Problem != "":
		case c.Op == OpRevoke:
			g := c.Grant(connection)
			_, cause := t.whyRevoke(g)
			t.take(g, cause)
		case c.Op == OpDelete:
			t.delete(c.Ref(connection))
		case c.Op == OpUpdate:
			t.narrow(c.Ref(connection), c.Field)
		}
	}
	slices.SortFunc(t.takings, Taking.compare)
	return slices.Compact(t.takings)
}

// taker collects takings.
type taker struct {
	ends
	on      map[spec.Ref]*holders // of resources that are deleted or updated
	takings []Taking
}

func (t *taker) take(g spec.Grant, cause Loss) {
	t.takings = append(t.takings, Taking{g.Resource, g.Subject, g.Role, cause})
}

// delete takes what everybody holds whom live shows, and where it can't show all, what anybody holds.
func (t *taker) delete(ref spec.Ref) {
	for _, g := range t.on[ref].before {
		t.take(g, Deleted)
	}
	have := t.live.Resources[ref]
	if have.Open || have.Uncounted != "" || have.Incomplete != "" {
		t.take(spec.Grant{Resource: ref, Role: mainRole(t.desired.Resources[ref])}, Deleted)
	}
}

// narrow takes what an update takes: from those whom the live word of the setting lets in, as far as a read shows them.
func (t *taker) narrow(ref spec.Ref, field string) {
	want, have := t.desired.Resources[ref], t.live.Resources[ref]
	from, to := have.Settings.Get(field), want.Settings.Get(field)
	role := narrows(want, have, field, to)
	if role == "" {
		return
	}
	g := spec.Grant{Resource: ref, Role: role}
	reach := reachOf(want, field)
	switch {
	case reach != nil && reach.Words == nil:
		g.Subject = spec.Subject{Kind: spec.SubjectUser, Name: from}
		t.take(g, Narrowed)
	case reach == nil || !listed(want, have, reach.Lists[from], field):
		t.take(g, Narrowed)
	default:
		for _, held := range t.on[ref].before {
			g.Subject = held.Subject
			if held.Role == reach.Lists[from] && !reach.Surely(to, held.Subject.Kind) && !t.on[ref].keeps(RoleOn{ref, reach.Lists[to]}.grant(held.Subject), t.live.Grants) {
				t.take(g, Narrowed)
			}
		}
	}
}

// listed says whether live shows all who hold a role. The list of those who hold one by another word of the setting is not
// asked for when the setting changes.
func listed(want, have spec.Resource, role spec.Role, field string) bool {
	i := slices.IndexFunc(want.Schema.Lists, func(l spec.List) bool { return l.Role == role })
	if i < 0 || have.Incomplete != "" || have.Uncounted != "" {
		return false
	}
	when := want.Schema.Lists[i].When
	return !have.Open && (when == nil || when.Setting != field)
}

// reachOf is whom a setting lets in, nil where it is no such setting.
func reachOf(want spec.Resource, field string) *spec.Reach {
	if s := want.Schema.Setting(field); s != nil {
		return s.Reach
	}
	return nil
}

// narrows is the role that a setting of another value takes from some; "" where it takes nothing.
func narrows(want, have spec.Resource, field, to string) spec.Role {
	from, reach := have.Settings.Get(field), reachOf(want, field)
	switch {
	case want.Schema == nil && have.Open && !want.Open:
		return spec.RoleAccess
	case reach == nil, reach.Words == nil && from == "", reach.Words != nil && !reach.Narrows(from, to):
		return ""
	}
	return reach.Role
}

// mainRole is the role that a resource is for: its kind's first.
func mainRole(want spec.Resource) spec.Role {
	if want.Schema == nil || len(want.Schema.Lists) == 0 {
		return spec.RoleAccess
	}
	return want.Schema.Lists[0].Role
}
