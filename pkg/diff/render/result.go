package render

import (
	"slices"
	"strings"

	"github.com/entitlectl/entitlectl/pkg/diff"
)

// Result reports what an apply did: the changes that went wrong, one by one, and the count of all. Changes that were not tried
// are only counted, by their reasons: after an interrupt there may be very many.
func Result(r *diff.Result) Report {
	report := resultReport(r, func(c diff.ChangeResult) bool { return !c.Outcome.Clean() && c.Outcome != diff.NotTried })
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

// Outcomes reports what became of every change of an apply.
func Outcomes(r *diff.Result) Report {
	return resultReport(r, func(diff.ChangeResult) bool { return true })
}

func resultReport(r *diff.Result, show func(diff.ChangeResult) bool) Report {
	report := Report{Title: "Result"}
	for _, part := range r.Connections {
		if s := resultSection(part, show); !s.empty() {
			report.Sections = append(report.Sections, s)
		}
	}
	report.Totals = resultTotals(r.Summary)
	return report
}

func resultSection(part diff.PartResult, show func(diff.ChangeResult) bool) Section {
	s := sectionOf(part.Name, part.Provider, part.Errors, part.Notes)
	shown := slices.DeleteFunc(slices.Clone(part.Changes), func(c diff.ChangeResult) bool { return !show(c) })
	s.Groups = groupRows(len(shown), func(i int) *diff.Change { return &shown[i].Change }, func(i int) Row { return outcomeRow(shown[i]) })
	return s
}

// outcomeRow names the op, since the row's mark is the outcome.
func outcomeRow(c diff.ChangeResult) Row {
	row := Row{Mark: Mark{outcomeWord(c.Outcome), Alarms}, Subject: opMark(c.Op).Text + " " + subjectOf(c.Change),
		Source: c.Source, Why: c.Detail, Risk: Stuck}
	if c.Outcome.Clean() {
		row.Mark.Tone, row.Risk = Plain, Harmless
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
