package diff

import (
	"slices"

	"github.com/entitlectl/entitlectl/pkg/spec"
)

// The rules that a plan is checked against before anything is written. Each can be overridden for one plan, by its name.
const (
	RuleMaxRevokes             = "max-revokes"
	RuleMaxRevokeShare         = "max-revoke-share"
	RuleMaxRevokeShareResource = "max-revoke-share-resource"
	RuleMaxMails               = "max-mails"
	RuleEmptySpec              = "empty-spec"
	RuleIncompleteRead         = "incomplete-read"
	RuleProtected              = "protected"
	RuleRequireSelf            = "require-self"
	RuleMinMembers             = "min-members"
)

// RuleNames lists every rule.
var RuleNames = []string{RuleMaxRevokes, RuleMaxRevokeShare, RuleMaxRevokeShareResource, RuleMaxMails, RuleEmptySpec,
	RuleIncompleteRead, RuleProtected, RuleRequireSelf, RuleMinMembers}

// From how many live grants on a share is looked at: one of three is no mass removal.
const (
	shareFrom         = 10 // of a connection
	shareFromResource = 4
)

// Check returns every rule that the changes of a connection break, in the order of RuleNames, with what their calls touch
// beside them. It goes by what live loses, not by what desired lists: what guards a thing holds when the files no longer grant
// it, or want it gone.
func Check(connection string, rules spec.Rules, desired spec.State, changes []Change, calls []Call, live Live) []Violation {
	c := newCensus(connection, changes, live)
	violations := []Violation{}
	broken := func(rule string, have, limit int, on string) {
		violations = append(violations, Violation{Rule: rule, Have: have, Limit: limit, On: on})
	}
	over := func(rule string, limit spec.Limit, have int, on string) {
		if !limit.Off && have > limit.Value {
			broken(rule, have, limit.Value, on)
		}
	}
	lost, held, losers := len(c.lost), live.Grants.Len(), c.losers()
	over(RuleMaxRevokes, rules.MaxRevokes, lost, "")
	if held >= shareFrom {
		over(RuleMaxRevokeShare, rules.MaxRevokeShare, percent(lost, held), "")
	}
	for _, ref := range losers {
		if held := c.held[ref]; held >= shareFromResource {
			over(RuleMaxRevokeShareResource, rules.MaxRevokeShareResource, percent(c.lostOn[ref], held), ref.String())
		}
	}
	over(RuleMaxMails, rules.MaxMails, c.mails+extraMails(calls), "")
	if held > 0 && lost == held && c.gained == 0 {
		broken(RuleEmptySpec, 0, 1, "")
	}
	for _, ref := range unread(desired, live) {
		broken(RuleIncompleteRead, 1, 0, ref.String())
	}
	for _, on := range c.protected(rules.Protected, live.Names) {
		broken(RuleProtected, 1, 0, on)
	}
	for _, on := range c.protected(rules.RequireSelf, live.Names) {
		broken(RuleRequireSelf, 1, 0, on)
	}
	for _, m := range rules.MinMembers {
		for _, ref := range c.asked(connection, m, losers) {
			if left := c.held[ref] - c.lostOn[ref] + c.gainedOn[ref]; left < m.Count {
				broken(RuleMinMembers, left, m.Count, ref.String())
			}
		}
	}
	return violations
}

// unread lists the resources that the files rule and that could not be read whole, sorted. Nobody can say that nothing
// differs there, so they count without a change too.
func unread(desired spec.State, live Live) []spec.Ref {
	var refs []spec.Ref
	for ref, r := range live.Resources {
		if want, listed := desired.Resources[ref]; listed && want.Ownership != spec.Ignored && r.Incomplete != "" {
			refs = append(refs, ref)
		}
	}
	slices.SortFunc(refs, spec.Ref.Compare)
	return refs
}

// percent is rounded up, so that a share just above a limit is above it.
func percent(part, whole int) int { return (100*part + whole - 1) / whole }

// census counts what changes give and take.
type census struct {
	lost             []spec.Grant // sorted; by deletes too
	gained, mails    int
	held             map[spec.Ref]int // live
	lostOn, gainedOn map[spec.Ref]int
	deleted          map[spec.Ref]bool
}

func newCensus(connection string, changes []Change, live Live) census {
	c := census{held: map[spec.Ref]int{}, lostOn: map[spec.Ref]int{}, gainedOn: map[spec.Ref]int{}, deleted: map[spec.Ref]bool{}}
	lose := func(g spec.Grant) {
		c.lost = append(c.lost, g)
		c.lostOn[g.Resource]++
	}
	for _, change := range changes {
		ref := change.Ref(connection)
		switch {
		case change.Problem != "":
		case change.Op == OpRevoke:
			lose(change.Grant(connection))
		case change.Op == OpGrant:
			c.gained++
			c.gainedOn[ref]++
		case change.Op == OpDelete:
			c.deleted[ref] = true
		}
		c.mails += change.Mails
	}
	for g := range live.Grants.All() {
		c.held[g.Resource]++
		if c.deleted[g.Resource] {
			lose(g)
		}
	}
	slices.SortFunc(c.lost, spec.Grant.Compare)
	return c
}

// losers lists the resources on which somebody loses access, sorted.
func (c census) losers() []spec.Ref {
	var refs []spec.Ref
	for _, g := range c.lost {
		refs = append(refs, g.Resource)
	}
	slices.SortFunc(refs, spec.Ref.Compare)
	return slices.Compact(refs)
}

// protected lists the grants that protected subjects would lose.
func (c census) protected(protections []spec.Protection, names map[spec.Subject][]string) []string {
	guard := newGuard(protections)
	var on []string
	for _, g := range c.lost {
		if guard.guards(g, names) {
			on = append(on, g.Resource.String()+" "+g.Subject.String())
		}
	}
	return on
}

// asked lists which of the resources that lose somebody must have members. "*" asks that of those that are left; to name a
// resource is to want it.
func (c census) asked(connection string, m spec.MinMembers, losers []spec.Ref) []spec.Ref {
	if m.Name == "*" {
		return slices.DeleteFunc(slices.Clone(losers), func(ref spec.Ref) bool { return ref.Kind != m.Kind || c.deleted[ref] })
	}
	if ref := (spec.Ref{Connection: connection, Kind: m.Kind, Name: m.Name}); c.lostOn[ref] > 0 {
		return []spec.Ref{ref}
	}
	return nil
}

// extraMails are those about pairs that calls touch beside their changes.
func extraMails(calls []Call) int {
	mails := 0
	for _, call := range calls {
		for _, c := range call.Extra {
			mails += c.Mails
		}
	}
	return mails
}
