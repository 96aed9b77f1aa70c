package provider

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// renames are the resources of a query that had another name before.
type renames struct {
	all    []spec.Ref            // by their present names, sorted
	live   map[spec.Ref]bool     // those that are there under their present names
	former map[spec.Ref]spec.Ref // those that are there under the names before, by their present ones
}

// renames looks for the resources that had another name under both names. Where there are any, all resources of their kinds are listed
// for that.
func (q Query) renames(ctx context.Context, source Source) (renames, error) {
	found := renames{live: map[spec.Ref]bool{}, former: map[spec.Ref]spec.Ref{}}
	for ref, r := range q.Desired.Resources {
		if r.Previously != "" {
			found.all = append(found.all, ref)
		}
	}
	if len(found.all) == 0 {
		return found, nil
	}
	slices.SortFunc(found.all, spec.Ref.Compare)
	lister, lists := source.(Lister)
	if !lists {
		return found, Refuse("the provider can't list what it has, which previously: needs")
	}
	kinds := spec.Each(found.all, func(ref spec.Ref) spec.Kind { return ref.Kind }) // which may name one often
	refs, err := lister.Refs(ctx, q.Listing, kinds...)
	if err != nil {
		return found, err
	}
	there := make(map[spec.Ref]bool, len(refs))
	for _, ref := range refs {
		there[ref] = true
	}
	for _, ref := range found.all {
		want := q.Desired.Resources[ref]
		former, _ := want.FormerRef(ref)
		switch {
		case there[ref] && there[former]:
			return found, q.bothThere(ref, former, want)
		case there[former]:
			found.former[ref] = former
		}
		found.live[ref] = there[ref]
	}
	return found, nil
}

// bothThere is an error, but of a read-back, which may see what is just being renamed under both names.
func (q Query) bothThere(ref, former spec.Ref, want spec.Resource) error {
	if q.ReadBack {
		return &NotWhole{"the list of all resources", fmt.Sprintf("it has %s under both of its names", ref)}
	}
	return &spec.Error{Position: want.Source, What: fmt.Sprintf("%s is there, and so is %s, which it was called previously", ref, former),
		Hint: "remove previously: if they are two, or rename or delete one of them at the vendor"}
}

// readRenamed reads resources under the names that they have at the vendor, and shows them under their present ones.
func readRenamed(ctx context.Context, source Source, q Query) (diff.Live, error) {
	if q.Listing == nil {
		q.Listing = NewListing(false) // what is listed to find names is not read again
	}
	found, err := q.renames(ctx, source)
	if err != nil {
		return diff.Live{}, err
	}
	live, err := source.Read(ctx, found.asked(q))
	if err != nil || len(found.all) == 0 {
		return live, err
	}
	if err := found.gone(live); err != nil {
		return live, err
	}
	present := map[spec.Ref]spec.Ref{}
	for ref, former := range found.former {
		present[former] = ref
	}
	live = live.Renamed(present)
	live.LiveNames = found.former
	for _, ref := range found.all {
		found.show(ref, q.Desired, &live)
	}
	return live, nil
}

// asked is the query as the vendor knows its resources. What their names are is no setting to it.
func (n renames) asked(q Query) Query {
	q.Desired.Resources = maps.Clone(q.Desired.Resources)
	for _, ref := range n.all {
		r := q.Desired.Resources[ref]
		r.Settings = r.Settings.With(r.Schema.NameKey(), "")
		q.Desired.Resources[ref] = r
	}
	q.Desired = q.Desired.Renamed(n.former)
	q.Only, q.Pairs = q.Only.Renamed(n.former), q.Pairs.Renamed(n.former)
	return q
}

// gone is an error where what was there a moment ago is not: it was renamed in between, and must not be made again.
func (n renames) gone(live diff.Live) error {
	for _, ref := range n.all {
		former, renamed := n.former[ref]
		if !renamed {
			former = ref
		}
		if _, there := live.Resources[former]; !there && (renamed || n.live[ref]) {
			return &NotWhole{"the list of all resources", former.String() + " was in it, and is not found by its name"}
		}
	}
	return nil
}

// show makes the name of a resource a setting, and says why it can't be changed, where it is to be and can't.
func (n renames) show(ref spec.Ref, desired spec.State, live *diff.Live) {
	r, there := live.Resources[ref]
	if !there || live.Several[ref] {
		return
	}
	want, name := desired.Resources[ref], ref.Name
	if former, renamed := n.former[ref]; renamed {
		name = former.Name
	}
	r.Settings = r.Settings.With(want.Schema.NameKey(), name)
	live.Resources[ref] = r
	if why := cantRename(ref, want, live.Grants.CountOn(ref)); name != ref.Name && why != "" {
		live.CantSet(ref, want.Schema.NameKey(), why)
	}
}

// cantRename is why a resource can't be given its present name, and what it would cost to make another one; "": it can.
func cantRename(ref spec.Ref, want spec.Resource, holders int) string {
	kind, key := ref.Kind.Words(), want.Schema.NameKey()
	if want.Schema.Rename && want.Schema.Names != nil && want.Schema.Names(ref.Name) != "" {
		return fmt.Sprintf("the vendor takes no %s named %q: it wants %s; it stays %q", kind, ref.Name, want.Schema.Names(ref.Name), want.Previously)
	}
	if want.Schema.Rename {
		return ""
	}
	cost := ""
	if len(want.Schema.Lists) > 0 {
		cost = fmt.Sprintf("; a new one would have to be granted anew to all who hold it (%d), and be taken from them under the old name", holders)
	}
	return fmt.Sprintf("no call of ours changes the %s of %ss, so it stays %s%s; rename it at the vendor, or write `%s: %s` again and remove previously:",
		key, kind, want.Previously, cost, key, want.Previously)
}
