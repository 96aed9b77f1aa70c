package diff

import (
	"slices"
	"strings"

	"github.com/entitlectl/entitlectl/pkg/spec"
)

// The rules that a plan is checked against before anything is written. Each can be overridden for one plan, by its name.
const (
	RuleMaxRevokes             = "max-revokes"
	RuleMaxRevokeShare         = "max-revoke-share"
	RuleMaxRevokeShareResource = "max-revoke-share-resource"
	RuleMaxMails               = "max-mails"
	RuleEmptySpec              = "empty-spec"
	RuleProtected              = "protected"
	RuleRequireSelf            = "require-self"
	RuleMinMembers             = "min-members"
)

// RuleNames lists every rule.
var RuleNames = []string{RuleMaxRevokes, RuleMaxRevokeShare, RuleMaxRevokeShareResource, RuleMaxMails, RuleEmptySpec,
	RuleProtected, RuleRequireSelf, RuleMinMembers}

// From how many live grants on a share is looked at: one of three is no mass removal.
const (
	shareFrom         = 10 // of a connection
	shareFromResource = 4
)

// Check returns every rule that the changes of a connection break, in the order of RuleNames.
func Check(connection string, rules spec.Rules, changes []Change, live Live) []Violation {
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
	lost, held := len(c.lost), len(live.Grants)
	over(RuleMaxRevokes, rules.MaxRevokes, lost, "")
	if held >= shareFrom {
		over(RuleMaxRevokeShare, rules.MaxRevokeShare, percent(lost, held), "")
	}
	for _, ref := range c.losers() {
		if held := c.held[ref]; held >= shareFromResource {
			over(RuleMaxRevokeShareResource, rules.MaxRevokeShareResource, percent(c.lostOn[ref], held), ref.String())
		}
	}
	over(RuleMaxMails, rules.MaxMails, c.mails, "")
	if held > 0 && lost == held && c.gained == 0 {
		broken(RuleEmptySpec, 0, 1, "")
	}
	for _, p := range rules.Protected {
		c.guard(RuleProtected, p, broken)
	}
	if rules.RequireSelf != nil {
		c.guard(RuleRequireSelf, *rules.RequireSelf, broken)
	}
	for _, m := range rules.MinMembers {
		for _, ref := range c.losers() {
			left := c.held[ref] - c.lostOn[ref] + c.gainedOn[ref]
			if m.Kind == ref.Kind && (m.Name == "*" || m.Name == ref.Name) && left < m.Count && !c.deleted[ref] {
				broken(RuleMinMembers, left, m.Count, ref.String())
			}
		}
	}
	return violations
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
	for g := range live.Grants {
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

// guard reports each grant that a protected subject would lose. A protection that names no domain holds in all of them.
func (c census) guard(rule string, p spec.Protection, broken func(rule string, have, limit int, on string)) {
	for _, g := range c.lost {
		here := p.Resource == nil || p.Resource.Kind == g.Resource.Kind && p.Resource.Name == g.Resource.Name
		same := p.Subject.Kind == g.Subject.Kind && p.Subject.Name == g.Subject.Name &&
			(p.Subject.Domain == "" || strings.EqualFold(p.Subject.Domain, g.Subject.Domain))
		if here && same {
			broken(rule, 1, 0, g.Resource.String()+" "+g.Subject.String())
		}
	}
}
