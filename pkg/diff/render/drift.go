package render

import (
	"strings"

	"github.com/entitlectl/entitlectl/pkg/diff"
)

// Drift reports how live state differs from the files.
func Drift(d *diff.Drift) Report {
	report := Report{Title: "Drift"}
	var grants, resources, failed int
	for _, part := range d.Connections {
		if s := driftSection(part); !s.empty() {
			report.Sections = append(report.Sections, s)
		}
		grants, resources = grants+part.LiveGrants, resources+part.Resources
		if part.Error != "" {
			failed++
		}
	}
	report.Totals = driftTotals(d.Summary, grants, resources, failed)
	return report
}

func driftSection(part diff.DriftPart) Section {
	s := sectionOf(part.Name, part.Provider, part.Error, part.Notes)
	if part.Unmanaged > 0 {
		s.note(Info, unmanagedText(part.Unmanaged))
	}
	changes := make([]diff.Change, 0, len(part.Differences))
	for _, d := range part.Differences {
		changes = append(changes, d.Change)
	}
	s.Groups = groupRows(changes, func(i int) Row {
		row := changeRow(changes[i])
		row.Mark = causeMark(part.Differences[i].Cause)
		if c := changes[i].Op; c == diff.OpCreate || c == diff.OpDelete {
			row.Subject = "the resource itself"
		}
		return row
	})
	return s
}

func driftTotals(s diff.DriftSummary, grants, resources, failed int) string {
	var parts []string
	switch {
	case s.Any():
		parts = append(parts, "Drift: "+listed(count{s.Missing, "missing"}, count{s.Extra, "extra"},
			count{s.Changed, "changed"}, count{s.Pending, "pending"}))
	case failed > 0:
		parts = append(parts, "No drift elsewhere")
	default:
		return "No drift. " + matches(grants, resources)
	}
	if failed > 0 {
		parts = append(parts, unread(failed))
	}
	return strings.Join(parts, "; ") + "."
}
