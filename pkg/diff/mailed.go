package diff

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/entitlectl/entitlectl/pkg/spec"
)

// Mailed lists whom changes mail and how often. Who gets what a vendor sends about a group is not known, so only the mails of
// people are counted.
func Mailed(changes []Change) map[spec.Subject]int {
	mails := map[spec.Subject]int{}
	for i := range changes { // a million at times: no copies
		c := &changes[i]
		if c.Mails == 0 || c.Problem != "" {
			continue
		}
		if person := c.mailed(); person.Kind.Personal() {
			mails[person] += c.Mails
		}
	}
	return mails
}

// mailed is whom a change mails: its subject or, where it is about an account, the address that its owner is written to, however
// it is spelled.
func (c *Change) mailed() spec.Subject {
	if c.Subject != (spec.Subject{}) {
		return c.Subject
	}
	if address := cmp.Or(c.Notice.Recipient, c.Settings.Get("email")); address != "" {
		return spec.Subject{Kind: spec.SubjectAddress, Name: strings.ToLower(address)}
	}
	return spec.Subject{}
}

// CheckMailed returns whom changes, and what their calls touch beside them, mail more often than the rules allow within a day.
// before tells how many mails a person got in the day that ends now; nil: nobody knows of any.
func CheckMailed(rules spec.Rules, changes []Change, calls []Call, before func(spec.Subject) int) []Violation {
	if rules.MaxMailsPerPerson.Off {
		return nil
	}
	mails := Mailed(changes)
	for _, call := range calls {
		for person, more := range Mailed(call.Extra) {
			mails[person] += more
		}
	}
	var violations []Violation
	for _, person := range slices.SortedFunc(maps.Keys(mails), spec.Subject.Compare) {
		have := mails[person]
		if before != nil {
			have += before(person)
		}
		if have > rules.MaxMailsPerPerson.Value {
			violations = append(violations, Violation{Rule: RuleMaxMailsPerPerson, Have: have, Limit: rules.MaxMailsPerPerson.Value, On: person.String()})
		}
	}
	return violations
}
