package render

import (
	"slices"
	"strings"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// Result reports what an apply did: the changes that went wrong, one by one, and the count of all. Changes that were not tried
// are only counted, by their reasons: after an interrupt there may be very many.
func Result(r *diff.Result, l Layout) Report {
	report := resultReport(r, l.Rows, func(c *diff.ChangeResult) bool { return !c.Outcome.Clean() && c.Outcome != diff.NotTried })
	for _, part := range r.Connections {
		notes := untried(part.Changes)
		if len(notes) == 0 {
			continue
		}
		s := sectionOf(part.Name, part.Provider, nil, nil)
		at := slices.IndexFunc(report.Sections, func(have Section) bool { return have.Title == s.Title })
		if at < 0 {
			at, report.Sections = len(report.Sections), append(report.Sections, s)
		}
		report.Sections[at].Notes = append(report.Sections[at].Notes, notes...)
	}
	return report
}

// untried counts changes that were not tried, by their reasons.
func untried(changes []diff.ChangeResult) (notes []Note) {
	var reasons []string
	counts := map[string]int{}
	for _, c := range changes {
		if c.Outcome != diff.NotTried {
			continue
		}
		if counts[c.Detail]++; counts[c.Detail] == 1 {
			reasons = append(reasons, c.Detail)
		}
	}
	for _, reason := range reasons {
		text := Count(counts[reason], "change") + " not tried"
		if reason != "" {
			text += ": " + reason
		}
		notes = append(notes, Note{Text: text})
	}
	return notes
}

// Outcomes reports what became of every change of an apply, in so many rows at most, 0 for all; the rest it counts.
func Outcomes(r *diff.Result, rows int) Report {
	return resultReport(r, rows, func(*diff.ChangeResult) bool { return true })
}

func resultReport(r *diff.Result, rows int, show func(*diff.ChangeResult) bool) Report {
	report := Report{Title: "Result"}
	all := spec.Each(r.Connections, func(part diff.PartResult) []*diff.ChangeResult { return wanted(part.Changes, show) })
	shown, hidden := within(rows, all, func(c **diff.ChangeResult) Risk { return outcomeRisk((*c).Outcome) })
	for i, part := range r.Connections {
		s := resultSection(part, shown[i])
		if hidden > 0 && len(all[i]) > 0 {
			counted := tallied(all[i], func(c **diff.ChangeResult) *diff.Change { return (*c).Change }, func(c **diff.ChangeResult) string { return outcomeWord((*c).Outcome) })
			s.Notes = append(s.Notes, counted.notes(spec.Each(diff.Outcomes, outcomeWord))...)
		}
		if !s.empty() {
			report.Sections = append(report.Sections, s)
		}
	}
	report.Totals = resultTotals(r.Summary) + hiddenText(hidden)
	return report
}

// wanted are the changes that are to be shown or counted.
func wanted(changes []diff.ChangeResult, show func(*diff.ChangeResult) bool) (all []*diff.ChangeResult) {
	for i := range changes {
		if show(&changes[i]) {
			all = append(all, &changes[i])
		}
	}
	return all
}

func resultSection(part diff.PartResult, shown []*diff.ChangeResult) Section {
	s := sectionOf(part.Name, part.Provider, part.Errors, part.Notes)
	s.Groups = groupRows(len(shown), func(i int) *diff.Change { return shown[i].Change }, func(i int) Row { return outcomeRow(*shown[i]) })
	return s
}

// outcomeRisk says what to look at first.
func outcomeRisk(o diff.Outcome) Risk {
	if o.Clean() {
		return Harmless
	}
	return Stuck
}

// outcomeRow names the op, since the row's mark is the outcome.
func outcomeRow(c diff.ChangeResult) Row {
	row := Row{Mark: Mark{outcomeWord(c.Outcome), Alarms}, Subject: opMark(c.Op).Text + " " + subjectOf(*c.Change),
		Source: c.Source, Why: c.Detail, Risk: outcomeRisk(c.Outcome)}
	if c.Outcome.Clean() {
		row.Mark.Tone = Plain
	}
	if row.Why == "" {
		row.Why = c.Problem
	}
	return row
}

func resultTotals(s diff.ResultSummary) string {
	outcomes := listed(count{s.Done, "done"}, count{s.Already, "already there"}, count{s.Refused, "refused"},
		count{s.Unknown, "unknown"}, count{s.NotTried, "not tried"}, count{s.Blocked, "blocked"})
	if outcomes == "" {
		return "No changes. Nothing was written."
	}
	sent := " in " + Count(s.Calls, "call")
	if s.Calls == 0 {
		sent = "; nothing was sent"
	}
	return strings.Join(append([]string{"Applied: " + outcomes + sent}, apart(s.Tally)...), "; ") + "."
}
