package provider

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// Query says what is to be read.
type Query struct {
	// Desired lists the resources to read, with all that the files want of them, and who left.
	Desired spec.State
	// Partial says that the files may list more: it is not asked how many other resources there are.
	Partial bool
	// Notices says that a plan is made: it asks how people stand who are granted something, and about mails: how many a grant
	// would send, and, unless the connection leaves them alone, what became of those before.
	Notices bool
	// ReadBack says that it is asked whether live shows what was sent. Then nothing is asked about wanted grants but those in
	// Only. Else a plan is made or checked, and all of them count.
	ReadBack bool
	Only     spec.Grants
	// Pairs are the grants that a read-back asks about, where it asks about nothing else. Of their resources live may then leave out
	// all other grants.
	Pairs spec.Grants
	// Looks are what earlier reads saw of mails, and what this one sees is added to them. nil: all mails are asked.
	Looks *Looks
	// All says that all resources are asked for as well (see Lister.Refs), so that lists of them are read whole into the listing.
	All bool
	// Listing has lists that were read already, and is given those that this read reads. nil: all are read anew.
	Listing *Listing
}

// Touched asks about the resources that changes touch, so as to see what somebody else did there.
func Touched(connection string, desired spec.State, changes []diff.Change) Query {
	refs, q := map[spec.Ref]bool{}, Query{Partial: true}
	for _, c := range changes {
		refs[c.Ref(connection)] = true
		q.Notices = q.Notices || c.Op == diff.OpResend
	}
	if q.Desired = desired; !touchesAll(desired, refs) { // of a million grants no copy is made
		q.Desired = desired.Where(func(ref spec.Ref) bool { return refs[ref] })
	}
	return q
}

func touchesAll(desired spec.State, refs map[spec.Ref]bool) bool {
	for ref := range desired.Resources {
		if !refs[ref] {
			return false
		}
	}
	return true
}

// ReadBack asks whether live shows changes that were sent.
func ReadBack(connection string, desired spec.State, changes []diff.Change) Query {
	q := Touched(connection, desired, changes)
	q.ReadBack = true
	for _, c := range changes {
		g := c.Grant(connection)
		if c.Op == diff.OpResend {
			g.Role = spec.RoleAccess
		}
		if origin, wanted := desired.Grants.Origin(g); wanted && (c.Op == diff.OpGrant || c.Op == diff.OpResend) {
			q.Only.Add(g, origin)
		}
	}
	if !slices.ContainsFunc(changes, func(c diff.Change) bool { return c.Op != diff.OpGrant && c.Op != diff.OpRevoke }) {
		for _, c := range changes {
			q.Pairs.Add(c.Grant(connection), spec.Origin{})
		}
	}
	return q
}

// Grants are the wanted grants that are asked about. The caller must not change them.
func (q Query) Grants() spec.Grants {
	if q.ReadBack {
		return q.Only
	}
	return q.Desired.Grants
}

// Missing lists, sorted, the subjects of grants that are asked about and that live lacks: whether the vendor can take them is
// to be found out. Resources that are only watched get no grants.
func (q Query) Missing(live diff.Live) []spec.Subject {
	return spec.Holders(q.Grants().Minus(live.Grants), func(g spec.Grant) bool {
		return q.Desired.Resources[g.Resource].Ownership != spec.Ignored
	})
}

// Alone returns the rows of wanted resources that share their name with no other, and the names that several share, which live is
// told of too. See diff.Live.Alike.
func Alone[T any](rows []T, ref func(T) spec.Ref, id func(T) string, live *diff.Live) (alone []T, shared []string) {
	ids := map[spec.Ref][]string{}
	for _, row := range rows {
		ids[ref(row)] = append(ids[ref(row)], id(row))
	}
	maps.DeleteFunc(ids, func(_ spec.Ref, same []string) bool { slices.Sort(same); return len(slices.Compact(same)) == 1 })
	for ref, same := range ids {
		live.Alike(ref, same)
		shared = append(shared, ref.Name)
	}
	return slices.DeleteFunc(rows, func(row T) bool { return ids[ref(row)] != nil }), shared
}

// Spare takes a refusal to give the list of one resource, which may be about this resource alone, for a list that is refused, so that
// the others go on.
func Spare[T any](list Listed[T], err error) (Listed[T], error) {
	if !FailureOf(err).OneRow {
		return list, err
	}
	return Listed[T]{Refused: err}, nil
}

// Judge distrusts what is known of the resource that the list is of, where it is refused or not whole. what names the list.
func (l Listed[T]) Judge(live *diff.Live, ref spec.Ref, what string) {
	switch {
	case l.Refused != nil:
		live.Distrust(ref, "%s could not be read: %v", what, l.Refused)
	case l.Broken != "":
		live.Distrust(ref, "%s is not whole: %s", what, l.Broken)
	}
}

// NoSuch is an error for each resource that the vendor does not have, such as "the App Center has no app", at the place where
// the files list it: it asks about the known name that is nearest, or else says what to do. Without resources it is nil.
func (q Query) NoSuch(what string, refs []spec.Ref, known []string, otherwise string) error {
	var errs []error
	for _, ref := range refs {
		errs = append(errs, &spec.Error{Position: q.Desired.Resources[ref].Source, What: fmt.Sprintf("%s %q", what, ref.Name),
			Hint: spec.DidYouMean(ref.Name, known, otherwise)})
	}
	return errors.Join(errs...)
}

// Overlooked is a *NotWhole where the vendor has one of the resources that a list which was asked for them lacks; what names the
// list.
func Overlooked(what string, lacked []spec.Ref, names []string) error {
	for _, ref := range lacked {
		if slices.Contains(names, ref.Name) {
			return &NotWhole{what, fmt.Sprintf("it lacks %q, which the whole list has", ref.Name)}
		}
	}
	return nil
}

// Denied says whether the vendor does not let us do a call, though it knows who we are. What stands before it says so without a
// code of the vendor's, and tells nothing of permissions.
func Denied(err error) bool {
	f := FailureOf(err)
	return f.Status == http.StatusForbidden && f.Code != ""
}

// NoteDenied says that mails can't be read for want of a permission, so that none is sent again. Notices of mails that an update
// sends stay: they hold that update to its pace.
func NoteDenied(live *diff.Live, connection, permission string, err error) {
	live.Notices = slices.DeleteFunc(live.Notices, func(n diff.Notice) bool { return n.Field == "" })
	live.Notes = append(live.Notes, fmt.Sprintf("connection %s: what became of mails can't be read, so none is sent again: %v; "+
		"give the connection's key the permission %s, or say `notices: off`", connection, err, permission))
}
