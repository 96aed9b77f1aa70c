package render

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// Plan reports what an apply would do. Where the plan's files were held against others, what was so before stands apart.
func Plan(p *diff.Plan, l Layout) Report {
	report := Report{Title: "Plan", Sections: slices.Concat(baseSections(p.Base), reviewSections(p.Reviews))}
	seen := view{Tally: p.Summary.Tally}
	shown, extra, hidden := planRows(p, l.Rows)
	var own, apart []entry
	for i, part := range p.Connections {
		s := planSection(part)
		rows, before := partEntries(part, shown[i], extra[i])
		own, apart = append(own, rows...), append(apart, before...)
		if l.By != ByPerson {
			s.Groups = byResource(rows)
		}
		if hidden > 0 && len(part.Changes) > 0 {
			s.Notes = append(s.Notes, tallied(part.Changes, func(c *diff.Change) *diff.Change { return c }, changeWord).notes(changeWords)...)
		}
		if len(part.Endpoints) > 0 && s.empty() && len(rows)+len(before) == 0 {
			s.note(Info, "no changes") // so that the endpoints are named all the same
		}
		if !s.empty() {
			report.Sections = append(report.Sections, s)
		}
		seen.add(part.LiveGrants, part.Resources, len(part.Incomplete()), part.Errors)
	}
	if l.By == ByPerson {
		report.Sections = append(report.Sections, byPerson(own)...)
	} else {
		report.Comment = &Comment{own: own, before: apart, several: len(p.Connections) > 1, id: p.ID}
	}
	report.Apart = apartOf(p.Base, apart, l.By)
	report.Totals = planTotals(p.Summary, seen) + baseTotals(p) + hiddenText(hidden)
	report.page = func() *page { return planPage(p, own, apart) }
	return report
}

// planRows are the changes of each connection that are shown row by row, and the pairs that calls touch beside them. Those have
// the room that changes leave.
func planRows(p *diff.Plan, rows int) (shown, extra [][]diff.Change, hidden int) {
	changes := spec.Each(p.Connections, func(part diff.ConnectionPlan) []diff.Change { return part.Changes })
	shown, hidden = within(rows, changes, func(c *diff.Change) Risk { return riskOf(*c) })
	extra = spec.Each(p.Connections, extras)
	room := rows
	for _, list := range shown {
		room -= len(list)
	}
	for i, list := range extra {
		if more := len(list) - room; rows > 0 && more > 0 {
			hidden += more
			extra[i] = list[:room]
		}
		room -= len(extra[i])
	}
	return shown, extra, hidden
}

// changeWords are what totals call the ops, takings first; changeWord is that of a change.
var changeWords = []string{"to delete", "to revoke", "to update", "blocked", "to create", "to grant", "to resend"}

func changeWord(c *diff.Change) string {
	if c.Problem != "" {
		return "blocked"
	}
	return "to " + string(c.Op)
}

// planSection is what there is to say of a connection beside its changes.
func planSection(part diff.ConnectionPlan) Section {
	s := sectionOf(part.Name, part.Provider, part.Errors, slices.Concat(part.Notes, unseenTexts(part.Unseen, part.Incomplete())))
	s.Title = Heading(part.Name, part.Provider, part.Endpoints)
	covering := diff.Covering(part.Overrides)
	for _, v := range part.Breaks() {
		if o, covered := covering(v); covered {
			s.note(Allowance, ViolationText(v)+"; "+reasonText(o.Reason))
		} else if v.Rule != diff.RuleBlocked { // a blocked change says so itself
			s.note(Refusal, ViolationText(v)+"; apply --allow "+v.Rule+" overrides it")
		}
	}
	if part.Unmanaged > 0 {
		s.note(Info, unmanagedText(part.Unmanaged))
	}
	if part.FromHoles > 0 {
		s.note(Info, fromHolesText(part.FromHoles))
	}
	return s
}

// partEntries are the rows of a part: those of the change that is looked at, and those of what was so before.
func partEntries(part diff.ConnectionPlan, shown, extra []diff.Change) (own, before []entry) {
	title := Heading(part.Name, part.Provider, part.Endpoints)
	for i := range shown { // a million at times: no copies
		c := &shown[i]
		e := entry{part.Name, title, c, changeRow(*c), false}
		if c.Because == diff.BecauseLive {
			before = append(before, e)
		} else {
			own = append(own, e)
		}
	}
	for i := range extra {
		own = append(own, entry{part.Name, title, &extra[i], extraRow(extra[i]), false})
	}
	return own, before
}

// extras are the pairs that calls touch beside their changes.
func extras(part diff.ConnectionPlan) []diff.Change {
	var all []diff.Change
	for _, call := range part.Calls {
		all = append(all, call.Extra...)
	}
	return all
}

func extraRow(c diff.Change) Row {
	return Row{Mark: Mark{"=", Repeats}, Subject: subjectOf(c), Why: c.Reason + "; " + string(c.Op) + " sent all the same, to need fewer calls"}
}

func fromHolesText(n int) string {
	return Count(n, "call") + " fewer would do if pairs that are live already were granted again; packing: {regrant: N} allows N of them"
}

func changeRow(c diff.Change) Row {
	row := Row{Mark: opMark(c.Op), Subject: subjectOf(c), Source: c.Source, Why: because(c), Risk: riskOf(c)}
	if c.Problem != "" {
		row.Mark, row.Why = Mark{"!", Alarms}, "blocked: "+c.Problem
	}
	return row
}

// because says in a few words how the files come to ask for a change.
func because(c diff.Change) string {
	var parts []string
	was := ""
	if c.Was != "" {
		was = "was " + c.Was
	}
	if via := c.Via.String(); via != "" {
		was = strings.TrimPrefix(was+" via "+via, " ")
	}
	for _, part := range []string{cmp.Or(c.Reason, takesText(c)), was} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, "; ")
}

// ViolationText says what breaks a rule, and by how much.
func ViolationText(v diff.Violation) string {
	on := ""
	if v.On != "" {
		on = " on " + v.On
	}
	unit := ""
	if strings.Contains(v.Rule, "share") || v.Rule == diff.RulePeopleShrink {
		unit = "%"
	}
	have := fmt.Sprint(v.Have)
	if v.Have == diff.Everybody {
		have = "everybody"
	}
	what := fmt.Sprintf("%s%s, the limit is %d%s", have, unit, v.Limit, unit)
	switch v.Rule {
	case diff.RuleIncompleteRead:
		what = "it could not be read whole"
	case diff.RuleTests: // what it is on says all, but for how many hold what so many may
		text := "rule " + v.Rule + ": " + v.On
		if !strings.Contains(v.On, ": ") {
			text += fmt.Sprintf(": %d hold it", v.Have)
		}
		return text
	case diff.RulePeopleShrink:
		what = fmt.Sprintf("%d%% fewer people are listed than before, the limit is %d%%", v.Have, v.Limit)
		if v.Have == diff.Everybody {
			what = "nothing tells how many people usersFrom listed before: no apply is known. plan --base REF tells by the files of an earlier commit, in CI by the one before the push; the first list of all has to be allowed"
		}
	case diff.RuleBlocked: // what it is on is a digest
		return Count(v.Have, "blocked change")
	}
	return fmt.Sprintf("rule %s%s: %s", v.Rule, on, what)
}

// takesText says what an update takes; "" where its own text says it: of whom something else becomes the value.
func takesText(c diff.Change) string {
	if c.Takes == "" || string(c.Takes) == c.Field {
		return ""
	}
	return "takes " + c.Takes.Words() + " from everybody who is not granted it"
}

func reasonText(reason string) string {
	if reason == "" {
		return "no reason is given"
	}
	return "reason: " + reason
}

func unmanagedText(n int) string {
	if n == 1 {
		return "1 live resource is not in the files and is left alone"
	}
	return fmt.Sprintf("%d live resources are not in the files and are left alone", n)
}

func planTotals(s diff.Summary, seen view) string {
	todo := listed(count{s.Create, "to create"}, count{s.Update, "to update"}, count{s.Grant, "to grant"},
		count{s.Revoke, "to revoke"}, count{s.Resend, "to resend"}, count{s.Delete, "to delete"})
	var parts []string
	switch {
	case todo != "":
		parts = append(parts, fmt.Sprintf("Plan: %s in %s", todo, Count(s.Calls, "call")),
			"about "+Duration(s.EstimateSeconds)+" at the set rate")
	case s.Blocked > 0:
		parts = append(parts, "Plan: nothing to send")
	case seen.blind():
		parts = append(parts, "Nothing could be planned")
	case seen.gaps() != nil:
		parts = append(parts, "No changes elsewhere")
	default:
		return "No changes. " + seen.matches()
	}
	if s.Mails > 0 {
		parts = append(parts, Count(s.Mails, "mail")+" will be sent")
	}
	if s.Blocked > 0 {
		parts = append(parts, fmt.Sprintf("%d blocked", s.Blocked))
	}
	return strings.Join(slices.Concat(parts, seen.gaps(), apart(seen.Tally)), "; ") + "."
}
