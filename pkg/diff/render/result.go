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
	all := NewApplied(rows)
	for i := range r.Connections {
		for k := range r.Connections[i].Changes {
			if c := &r.Connections[i].Changes[k]; show(c) {
				all.Add(i, c)
			}
		}
	}
	return all.Report(r)
}

// Applied collects what Outcomes shows, change by change: it keeps no more than it may show.
type Applied struct {
	rows  int
	seen  [Takes + 1]int
	parts []appliedPart
}

// appliedPart is what is known of a connection.
type appliedPart struct {
	kept []*diff.ChangeResult // the first ones of each risk
	tally
}

// NewApplied begins with no changes, of which so many rows are shown at most, 0 for all.
func NewApplied(rows int) *Applied { return &Applied{rows: rows} }

// Add adds a change of the connection of a number. Changes come in their order.
func (a *Applied) Add(connection int, c *diff.ChangeResult) {
	a.grow(connection + 1)
	part, risk := &a.parts[connection], outcomeRisk(c.Outcome)
	part.add(c.Change, outcomeWord(c.Outcome))
	if a.seen[risk]++; a.rows == 0 || a.seen[risk] <= a.rows {
		part.kept = append(part.kept, c)
	}
}

func (a *Applied) grow(connections int) {
	for len(a.parts) < connections {
		a.parts = append(a.parts, appliedPart{tally: newTally()})
	}
}

// Report is the report, of a result whose own changes don't matter.
func (a *Applied) Report(r *diff.Result) Report {
	a.grow(len(r.Connections))
	report, hidden := Report{Title: "Result"}, 0
	if all := a.seen[Harmless] + a.seen[Stuck] + a.seen[Takes]; a.rows > 0 {
		hidden = max(0, all-a.rows)
	}
	shown, _ := within(a.rows, spec.Each(a.parts, func(p appliedPart) []*diff.ChangeResult { return p.kept }),
		func(c **diff.ChangeResult) Risk { return outcomeRisk((*c).Outcome) })
	for i, part := range r.Connections {
		s := resultSection(part, shown[i])
		if hidden > 0 && len(a.parts[i].resources) > 0 {
			s.Notes = append(s.Notes, a.parts[i].notes(spec.Each(diff.Outcomes, outcomeWord))...)
		}
		if !s.empty() {
			report.Sections = append(report.Sections, s)
		}
	}
	report.Totals = resultTotals(r.Summary) + hiddenText(hidden)
	return report
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
