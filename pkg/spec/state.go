package spec

import "slices"

// State is what one connection holds, or should hold. Desired, live and last are all States, so a diff is subtraction.
type State struct {
	Resources map[Ref]Resource
	Grants    Grants
	// Lapsed are grants that the file names but that hold no longer or not yet, and why. Only desired states have them.
	Lapsed Grants
	// Left are subjects that lose every grant on every listed resource, ignored ones excepted: people under each of
	// their names, which are the account and, as user, mailbox and plain address, the email. Only desired states have them.
	Left map[Subject]Claim
	// Known are the people that the file lists, who left or not. Only desired states have them.
	Known map[Subject]bool
}

// Claim is where a grant comes from and why. A live grant's Claim is empty.
type Claim struct {
	Source Position
	Reason string // the file's reason:, or the cause of a lapse ("expired 2026-12-31")
}

// Resource holds the settings of a resource. In a desired state a blank setting is not managed.
type Resource struct {
	Audience    Audience // apps
	Title       string   // mail groups: the display name
	Owner       string   // mail groups: the owner's address
	Senders     Senders  // mail groups
	AccountType string   // accounts: resource or cloud
	Email       string   // accounts

	Ownership Ownership // desired: what may be done here
	Absent    bool      // desired: the resource is to be deleted
	Source    Position  // desired

	Incomplete string // live: why the list of grants can't be trusted to be whole; "" when it is whole
}

// Ownership says how far the file rules a resource.
type Ownership string

// The ownership modes.
const (
	Owned   Ownership = "owned"    // live grants that the file does not have are revoked
	AddOnly Ownership = "add-only" // nothing is revoked, but for people who left
	Ignored Ownership = "ignored"  // read, never changed
)

// Audience says who may use an app.
type Audience string

// The audiences.
const (
	Assigned Audience = "assigned" // the accounts that are assigned to it
	Everyone Audience = "everyone" // every user of the tenant; assignments are kept but mean nothing
)

// Senders says who may write to a mail group.
type Senders string

// The senders modes.
const (
	SendersAll     Senders = "all"
	SendersCompany Senders = "company"
	SendersMember  Senders = "member"
	SendersCustom  Senders = "custom" // those with RoleSender
)

// NewState returns a State without resources and grants.
func NewState() State {
	return State{Resources: map[Ref]Resource{}, Grants: NewGrants(0)}
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

// Where returns the part of the state on resources that keep holds for. Left and Known are shared, since
// they are about no resource.
func (s State) Where(keep func(Ref) bool) State {
	on := func(g Grant) bool { return keep(g.Resource) }
	part := State{Resources: map[Ref]Resource{}, Grants: s.Grants.Where(on), Lapsed: s.Lapsed.Where(on), Left: s.Left, Known: s.Known}
	for ref, r := range s.Resources {
		if keep(ref) {
			part.Resources[ref] = r
		}
	}
	return part
}
