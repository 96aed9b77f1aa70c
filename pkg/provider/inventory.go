package provider

import (
	"context"
	"slices"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// Lister is a Source that can also say what is there that nobody asked about: all resources of a connection, whether files list
// them or not. It sends no requests that change something.
type Lister interface {
	Source
	// Refs lists all resources of some kinds, or of all where none is named, in any order. Beside an error, such as a list that is not
	// whole, it has those that could be listed. It asks for no list that the listing has.
	Refs(ctx context.Context, listing *Listing, kinds ...spec.Kind) ([]spec.Ref, error)
	// Inventory reads the named resources, or all where none is named, and who holds them, as Read does, and asks for no list that the
	// listing has. What is named and not there is left out. It is never called while a Read or a Do runs.
	Inventory(ctx context.Context, listing *Listing, of ...spec.Ref) (Inventory, error)
}

// Grouper is a Source that can also say who is in user groups. It sends no requests that change something.
type Grouper interface {
	Source
	// Members lists who is in each of some user groups, sorted. Groups that are not there are left out. A list that is not whole is
	// an error. It is never called while a Read, an Inventory or a Do runs.
	Members(ctx context.Context, groups []spec.Subject) (map[spec.Subject][]spec.Subject, error)
}

// Inventory is all that a connection holds. In its state are the resources that files can list, with those settings that
// files can hold without asking for a change.
type Inventory struct {
	diff.Live
	// Standings say of holders what keeps them from using what they hold, where something does.
	Standings map[spec.Subject]string
	// Emails are the addresses of holders, as far as the vendor shows them.
	Emails map[spec.Subject]string
	// Remarks say of resources what whoever reads about them would ask, such as what of them can't be read.
	Remarks map[spec.Ref][]string
	// Beyond are resources that files can't list, by their names, and why.
	Beyond map[spec.Ref]string
}

// Asks says whether an Inventory of some resources, or of all where none is named, is to have this one.
func Asks(of []spec.Ref, ref spec.Ref) bool { return len(of) == 0 || slices.Contains(of, ref) }

// AsksFor says whether it is to have resources of a kind.
func AsksFor(of []spec.Ref, kind spec.Kind) bool {
	return len(of) == 0 || slices.ContainsFunc(of, func(ref spec.Ref) bool { return ref.Kind == kind })
}

// NewInventory returns an Inventory without anything in it.
func NewInventory() Inventory {
	return Inventory{Live: diff.NewLive(), Standings: map[spec.Subject]string{}, Emails: map[spec.Subject]string{},
		Remarks: map[spec.Ref][]string{}, Beyond: map[spec.Ref]string{}}
}

// Remark adds a remark about a resource.
func (i *Inventory) Remark(ref spec.Ref, text string) {
	i.Remarks[ref] = append(i.Remarks[ref], text)
}

// Show takes over what a read of everything showed. What several resources share the name of, or what no file can be right about,
// goes beyond; what can't be read is remarked.
func (i *Inventory) Show(live diff.Live) {
	i.Live = live
	for ref := range live.Resources {
		if why := live.Unsupported[ref]; why != "" {
			i.Leave(ref, why)
		}
	}
	for a, why := range live.Unseen {
		if a.Setting == "" {
			i.Remark(a.Resource, "who has the role "+string(a.Role)+" can't be seen: "+why)
		}
	}
	for ref := range i.Remarks {
		slices.Sort(i.Remarks[ref])
	}
}

// Leave says why files can't list a resource.
func (i *Inventory) Leave(ref spec.Ref, why string) {
	i.Beyond[ref] = why
	delete(i.Resources, ref)
	i.Grants = i.Grants.Where(func(g spec.Grant) bool { return g.Resource != ref })
}

// Incomplete lists, sorted, the resources of which a list is not whole, and says why.
func (i *Inventory) Incomplete() []string {
	var found []string
	for ref, r := range i.Resources {
		if r.Incomplete != "" {
			found = append(found, ref.String()+": "+r.Incomplete)
		}
	}
	slices.Sort(found)
	return found
}
