package render

import (
	"cmp"
	"fmt"
	"math"
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
	case c.Notice.Recipient != "":
		return c.Notice.Recipient + " (through " + c.Subject.String() + ")"
	case c.Role == "" || c.Role == spec.RoleAccess || c.Role == spec.RoleMember:
		return c.Subject.String()
	default:
		return c.Subject.String() + " (" + string(c.Role) + ")"
	}
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

// duration is an estimate rounded up to a unit that suits it.
func duration(seconds float64) string {
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
	grants, resources int
	failed            int // connections that could not be read
	incomplete        int // resources of others that could not be read whole
}

func (v *view) add(grants, resources, incomplete int, errs diff.Errors) {
	v.grants, v.resources, v.incomplete = v.grants+grants, v.resources+resources, v.incomplete+incomplete
	if len(errs) > 0 {
		v.failed++
	}
}

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
	return fmt.Sprintf("Live state matches %s on %s.", Count(v.grants, "grant"), Count(v.resources, "resource"))
}
