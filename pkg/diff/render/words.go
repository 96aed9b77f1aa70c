package render

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// The marks of ops and causes, the words of outcomes, and those of the side that changed.
var (
	opMarks = map[diff.Op]Mark{
		diff.OpCreate: {"+", Adds}, diff.OpGrant: {"+", Adds}, diff.OpRevoke: {"-", Removes}, diff.OpDelete: {"-", Removes},
		diff.OpUpdate: {"~", Alters}, diff.OpResend: {">", Repeats},
	}
	causeMarks = map[diff.Cause]Mark{
		diff.Missing: {"missing", Adds}, diff.Extra: {"extra", Removes}, diff.Changed: {"changed", Alters}, diff.Pending: {"pending", Repeats},
	}
	outcomeWords = map[diff.Outcome]string{
		diff.Done: "done", diff.Already: "already there", diff.Refused: "refused", diff.Unknown: "unknown",
		diff.NotTried: "not tried", diff.Blocked: "blocked",
	}
	changedByWords = map[diff.ChangedBy]string{
		diff.ChangedLive: "changed live", diff.ChangedFiles: "the files moved on", diff.ChangedBoth: "changed live, and the files moved on",
	}
)

// opMark is the glyph of an op. An op without one shows its own name.
func opMark(op diff.Op) Mark { return cmp.Or(opMarks[op], Mark{string(op), Alarms}) }

// causeMark is how drift names a cause.
func causeMark(c diff.Cause) Mark { return cmp.Or(causeMarks[c], Mark{"(" + string(c) + ")", Alarms}) }

// outcomeWord is how results name an outcome.
func outcomeWord(o diff.Outcome) string { return cmp.Or(outcomeWords[o], "("+string(o)+")") }

// subjectOf says in a few words what a change is about, its resource left out.
func subjectOf(c diff.Change) string {
	if c.Settings != (spec.Settings{}) {
		settings := " (" + c.Settings.String() + ")"
		c.Settings = spec.Settings{}
		return subjectOf(c) + settings
	}
	switch {
	case c.Op == diff.OpUpdate:
		return fmt.Sprintf("%s: %s -> %s", c.Field, orNone(c.From), orNone(c.To))
	case c.Subject == (spec.Subject{}):
		return string(c.Op)
	case c.Mailing().Recipient != "":
		return c.Mailing().Recipient + " (through " + c.Subject.String() + ")"
	case c.Role == "" || c.Role == spec.RoleAccess || c.Role == spec.RoleMember:
		return nameOf(c)
	default:
		return nameOf(c) + " (" + string(c.Role) + ")"
	}
}

// nameOf is the subject as the vendor names it and, where the files name the person otherwise, by both names.
func nameOf(c diff.Change) string {
	if c.Person == "" || c.Person == c.Subject.Name {
		return c.Subject.String()
	}
	return c.Person + " (" + c.Subject.String() + ")"
}

func orNone(setting string) string {
	if setting == "" {
		return "(none)"
	}
	return setting
}

// riskOf says whether a change takes something away, or can't be made.
func riskOf(c diff.Change) Risk {
	switch {
	case c.Problem != "":
		return Stuck
	case c.Op == diff.OpRevoke, c.Op == diff.OpDelete, c.Takes != "":
		return Takes
	}
	return Harmless
}

// count is a number with what it counts.
type count struct {
	n    int
	word string
}

// listed joins the counts that aren't zero: "1 to create, 12 to grant".
func listed(counts ...count) string {
	var parts []string
	for _, c := range counts {
		if c.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", c.n, c.word))
		}
	}
	return strings.Join(parts, ", ")
}

// Count is a number with its noun: "1 call", "2 calls".
func Count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// Duration is an estimate, in seconds, rounded up to a unit that suits it.
func Duration(seconds float64) string {
	switch {
	case seconds >= 2*60*60:
		return fmt.Sprintf("%.0f h", math.Ceil(seconds/3600))
	case seconds >= 120:
		return fmt.Sprintf("%.0f min", math.Ceil(seconds/60))
	default:
		return fmt.Sprintf("%.0f s", max(1, math.Ceil(seconds)))
	}
}

// view is what a report could look at.
type view struct {
	diff.Tally
	grants, resources int
	read              int // connections that could be read
	failed            int // connections that could not be read
	incomplete        int // resources of others that could not be read whole
}

func (v *view) add(grants, resources, incomplete int, errs diff.Errors) {
	v.grants, v.resources, v.incomplete = v.grants+grants, v.resources+resources, v.incomplete+incomplete
	if len(errs) > 0 {
		v.failed++
	} else {
		v.read++
	}
}

// blind says whether nothing could be read.
func (v view) blind() bool { return v.failed > 0 && v.read == 0 }

// gaps says what is missing from the report, if anything.
func (v view) gaps() []string {
	var gaps []string
	if v.failed > 0 {
		gaps = append(gaps, Count(v.failed, "connection")+" could not be read")
	}
	if v.incomplete > 0 {
		gaps = append(gaps, Count(v.incomplete, "resource")+" could not be read whole")
	}
	return gaps
}

// matches is the second sentence where nothing differs.
func (v view) matches() string {
	on := Count(v.resources, "resource")
	if v.Unseen > 0 {
		return fmt.Sprintf("Of %s on %s %s.", Count(v.Match+v.Unseen, "grant"), on, strings.Join(apart(v.Tally), "; "))
	}
	return strings.Join(append([]string{fmt.Sprintf("Live state matches %s on %s", Count(v.grants, "grant"), on)}, apart(v.Tally)...), "; ") + "."
}

// apart says what matches and what nobody can tell, where there is such a thing.
func apart(t diff.Tally) (parts []string) {
	if t.Unseen > 0 {
		parts = append(parts, fmt.Sprintf("%d match, %d can't be seen", t.Match, t.Unseen))
	}
	if t.UnseenSettings > 0 {
		parts = append(parts, Count(t.UnseenSettings, "setting")+" can't be seen")
	}
	return parts
}

// unseenTexts say what of a connection no read shows, and why, but for the resources that were not read whole, of which notes
// tell. What is alike of several resources is said once.
func unseenTexts(all []diff.Unseen, incomplete []string) (lines []string) {
	type alike struct {
		what, why string
	}
	var order []alike
	on, grants := map[alike][]string{}, map[alike]int{}
	for _, u := range all {
		if slices.Contains(incomplete, u.Resource) {
			continue
		}
		a := alike{cmp.Or(u.Setting, string(u.Role)), u.Why}
		switch u.Role {
		case "":
		case spec.RoleAccess:
			a.what = "who has access"
		default:
			a.what += "s"
		}
		if on[a] == nil {
			order = append(order, a)
		}
		on[a], grants[a] = append(on[a], u.Resource), grants[a]+u.Grants
	}
	for _, a := range order {
		line := on[a][0]
		if more := len(on[a]) - 1; more > 0 {
			line += fmt.Sprintf(" and %d more", more)
		}
		line += ": " + a.what + " can't be seen"
		if grants[a] > 0 {
			line += ", so " + Count(grants[a], "grant") + " of the files can't be confirmed"
		}
		lines = append(lines, line+": "+a.why+"; nothing is changed there")
	}
	return lines
}
