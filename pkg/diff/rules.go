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
	RuleMaxExpiries            = "max-expiries"
	RuleMaxMails               = "max-mails"
	RuleMaxMailsPerPerson      = "max-mails-per-person"
	RuleEmptySpec              = "empty-spec"
	RuleIncompleteRead         = "incomplete-read"
	RuleProtected              = "protected"
	RuleRequireSelf            = "require-self"
	RuleMinMembers             = "min-members"
	RulePeopleShrink           = "people-shrink"
	RuleTests                  = "tests"
)

// RuleNames lists every rule.
var RuleNames = []string{RuleMaxRevokes, RuleMaxRevokeShare, RuleMaxRevokeShareResource, RuleMaxExpiries, RuleMaxMails,
	RuleEmptySpec, RuleIncompleteRead, RuleProtected, RuleRequireSelf, RuleMinMembers, RuleMaxMailsPerPerson, RulePeopleShrink, RuleTests}

// From how many live grants on a share is looked at: one of three is no mass removal.
const (
	shareFrom         = 10 // of a connection, and of people
	shareFromResource = 4
)

// Check returns every rule that the changes of a connection break, in the order of RuleNames, with what their calls touch
// beside them. It goes by what is taken of live, not by what desired lists: what guards a thing holds when the files no longer
// grant it, or want it gone.
func Check(connection string, rules spec.Rules, desired spec.State, changes []Change, calls []Call, live Live) []Violation {
	c := newCensus(connection, desired, changes, live)
	found := violations{}
	found.limits(&c, rules, extraMails(calls))
	if !rules.Filtered && c.empties() {
		found.add(RuleEmptySpec, 0, 1, "")
	}
	for _, ref := range unread(desired, live) {
		found.add(RuleIncompleteRead, 1, 0, ref.String())
	}
	for _, on := range c.protected(rules.Protected) {
		found.add(RuleProtected, 1, 0, on)
	}
	for _, on := range c.protected(rules.RequireSelf) {
		found.add(RuleRequireSelf, 1, 0, on)
	}
	for _, m := range rules.MinMembers {
		for _, ref := range c.asked(m) {
			if left := c.left(ref); left < m.Count {
				found.add(RuleMinMembers, left, m.Count, ref.String())
			}
		}
	}
	found.over(RulePeopleShrink, rules.PeopleShrink, lostPeople(desired.People), "")
	for _, t := range desired.FailedTests {
		found.add(RuleTests, t.Have, t.Limit, t.What)
	}
	return found
}

// violations are the rules that were found to be broken.
type violations []Violation

func (all *violations) add(rule string, have, limit int, on string) {
	*all = append(*all, Violation{Rule: rule, Have: have, Limit: limit, On: on})
}

// over adds a rule if more than its limit is there.
func (all *violations) over(rule string, limit spec.Limit, have int, on string) {
	if !limit.Off && have > limit.Value {
		all.add(rule, have, limit.Value, on)
	}
}

// limits adds the limits that what changes take passes, and the mails that they and the calls beside them cause.
func (all *violations) limits(c *census, rules spec.Rules, extraMails int) {
	all.over(RuleMaxRevokes, rules.MaxRevokes, c.all.count(), "")
	if c.held >= shareFrom || c.all.everybody {
		all.over(RuleMaxRevokeShare, rules.MaxRevokeShare, c.all.share(c.held), "")
	}
	for _, ref := range c.losers {
		if on := c.on[ref]; on.held >= shareFromResource || on.everybody {
			all.over(RuleMaxRevokeShareResource, rules.MaxRevokeShareResource, on.share(on.held), ref.String())
		}
	}
	all.over(RuleMaxExpiries, rules.MaxExpiries, c.all.ended, "")
	all.over(RuleMaxMails, rules.MaxMails, c.mails+extraMails, "")
}

// lostPeople is how many people fewer than before are listed, in percent, and Everybody where nothing tells of before.
func lostPeople(n *spec.Headcount) int {
	switch {
	case n == nil || n.Before > 0 && n.Before < shareFrom:
		return 0
	case n.Before == 0:
		return Everybody
	}
	return percent(max(n.Before-n.Now, 0), n.Before)
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
