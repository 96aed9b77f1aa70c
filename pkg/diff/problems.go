package diff

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/entitlectl/entitlectl/pkg/spec"
)

// Why changes are blocked stands in a plan as text, which its id is over, and the same text must come of a plan and of its
// judgement later. So it is worded in this package, and but for what a Live says, in this file.

// blocked is why a missing grant can't be made; "" where it can.
func (c *Comparison) blocked(g spec.Grant) string {
	return cmp.Or(c.live.Unsupported[g.Resource], c.live.UnknownSubjects[g.Subject])
}

// problem is why a missing grant can't be made, and what is there instead.
func (c *Comparison) problem(g spec.Grant) string {
	why := c.blocked(g)
	if why == "" || len(c.shownAs[g]) == 0 {
		return why
	}
	names := spec.Each(c.shownAs[g], spec.Subject.String)
	return fmt.Sprintf("%s; %s is there as %s and is kept: write it so", why, g.Subject, strings.Join(names, " or "))
}

// narrowing says whether an update takes a role from some, and why it must not be sent then, if so.
func (e ends) narrowing(want, have spec.Resource, field, to string) (takes spec.Role, problem string) {
	takes = narrows(want, have, field, to)
	if takes == "" {
		return "", ""
	}
	from := have.Settings.Get(field)
	if want.Ownership != spec.AddOnly || e.hasLeft(spec.Subject{Kind: spec.SubjectUser, Name: from}) {
		return takes, ""
	}
	return takes, fmt.Sprintf("it would take %s from some who have it, and the resource is add-only; say `ownership: owned` to have it so, or `%s: %s` to leave it",
		takes.Words(), field, from)
}

// unsaid is the problem of a setting that nobody wrote, and that would take access.
func unsaid(want, have spec.Resource, field, meant string) string {
	also := ""
	if want.Ownership == spec.AddOnly {
		also = ", and `ownership: owned`"
	}
	return fmt.Sprintf("it is `%s: %s` live, and the file does not say that this is to end; say `%s: %s` to close it%s, or `%s: %s` and list nobody to leave it",
		field, have.Settings.Get(field), field, meant, also, field, have.Settings.Get(field))
}

// uncounted is the problem of deleting what nobody can tell the holders of; "" where they can.
func uncounted(have spec.Resource) string {
	if have.Uncounted == "" {
		return ""
	}
	return "who would lose by it can't be counted: " + have.Uncounted + "; make that readable, or delete it by hand"
}
