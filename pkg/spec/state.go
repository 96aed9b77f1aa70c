package spec

import "slices"

// State is what one connection holds, or should hold. Desired, live and last are all States, so a diff is subtraction.
type State struct {
	Resources map[Ref]Resource
	Grants    Grants
	// Inactive are grants that the file names but that hold no longer or not yet, and why. Only desired states have them.
	Inactive Grants
	// Departed are subjects that lose every grant on every listed resource, ignored ones excepted: people under each of
	// their names, which are the account and, as user, mailbox and plain address, the email. Only desired states have them.
	Departed map[Subject]Origin
	// Known are the people that the file lists, who left or not. Only desired states have them.
	Known map[Subject]bool
	// Addresses are those that the file gives people, by their names at the connection. Only desired states have them.
	Addresses map[Subject]string
	// Former are the names by which the connection may have known people before, as previously: says, by those that they have now.
	// Only desired states have them.
	Former map[Subject][]Subject
	// Platforms are the kinds of directories that people are of, in the vendor's words, by their names at the connection. Only desired
	// states have them, of those of whom the file says it.
	Platforms map[Subject]string
	// Listed are the resources that the file lists, by previous names too, also where Resources are cut to some. Only desired
	// states have them.
	Listed map[Ref]bool
	// People says how many people the files list elsewhere, where they do. Only desired states have it, where it was asked for.
	People *Headcount
	// FailedTests are the access tests of the files that do not hold here. Only desired states have them, where they were run.
	FailedTests []FailedTest
}

// Headcount is how many people files list that others name, and how many they listed before; 0: nothing tells.
type Headcount struct{ Now, Before int }

// Origin is where a grant comes from and why. A live grant's Origin is empty.
type Origin struct {
	Source Position
	Reason string // the file's reason:, or the cause of a lapse ("expired 2026-12-31")
	Ended  bool   // of a lapse: its end has come, so that it is not one that is yet to begin
	// Overdue says of one that ended that it did so longer ago than Announced: nobody can have waited for it.
	Overdue bool
}

// Resource is a resource without its grants. In a desired state a setting that is not there is not managed.
type Resource struct {
	Settings Settings
	Fixed    Settings // never compared nor changed, but sent along with changes: an account's e-mail
	Open     bool     // everybody may use it, whoever is listed: grants are kept but mean nothing

	Ownership Ownership // desired: what may be done here
	Absent    bool      // desired: the resource is to be deleted
	// Previously is the name that it had before, in a desired state: if it is live under that, it is this one. Its present name is
	// among its Settings then, by KindSchema.NameKey.
	Previously string
	Implied    Settings    // desired: settings that are meant although nobody wrote them; they never change live
	Source     Position    // desired
	Schema     *KindSchema // desired: what its kind holds; nil where nobody said

	Incomplete string // live: why a list that tells of it can't be trusted to be whole; "" when all are
	Uncounted  string // live: why nobody can tell who holds it, so that grants are taken to be there; "" when they can
}

// Ownership says how far the file rules a resource.
type Ownership string

// The ownership modes.
const (
	Owned   Ownership = "owned"    // live grants that the file does not have are revoked
	AddOnly Ownership = "add-only" // nothing is taken, but for grants that the file ended and people who left
	Ignored Ownership = "ignored"  // read, never changed
)

// NewState returns a State without resources and grants.
func NewState() State {
	return State{Resources: map[Ref]Resource{}, Grants: NewGrants()}
}

// Open are the resources that everybody may use.
func (s State) Open() map[Ref]bool {
	open := map[Ref]bool{}
	for ref, r := range s.Resources {
		if r.Open {
			open[ref] = true
		}
	}
	return open
}

// Names lists the resources of a kind, sorted.
func (s State) Names(kind Kind) []string {
	var names []string
	for ref := range s.Resources {
		if ref.Kind == kind {
			names = append(names, ref.Name)
		}
	}
	slices.Sort(names)
	return names
}

// Where returns the part of the state on resources that keep holds for. The other fields are shared, since they are about
// the file.
func (s State) Where(keep func(Ref) bool) State {
	part := s
	part.Resources, part.Grants, part.Inactive = map[Ref]Resource{}, s.Grants.on(keep), s.Inactive.on(keep)
	for ref, r := range s.Resources {
		if keep(ref) {
			part.Resources[ref] = r
		}
	}
	return part
}
