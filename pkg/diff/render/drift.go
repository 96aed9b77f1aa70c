package render

import (
	"slices"
	"strings"

	"github.com/entitlectl/entitlectl/pkg/diff"
)

// Drift reports how live state differs from the files, and if that is asked what is outside of them, by name.
func Drift(d *diff.Drift, outside bool) Report {
	report := Report{Title: "Drift"}
	seen := view{Tally: d.Summary.Tally}
	for _, part := range d.Connections {
		s := driftSection(part)
		if outside {
			s.outside(part.Outside)
		}
		if !s.empty() {
			report.Sections = append(report.Sections, s)
		}
		seen.add(part.LiveGrants, part.Resources, len(part.Incomplete), part.Errors)
	}
	report.Totals = driftTotals(d.Summary, seen)
	return report
}

func driftSection(part diff.DriftPart) Section {
	s := sectionOf(part.Name, part.Provider, part.Errors, slices.Concat(part.Notes, unseenTexts(part.Unseen, part.Incomplete)))
	if part.Unmanaged > 0 {
		s.note(Info, unmanagedText(part.Unmanaged))
	}
	all := part.Differences
	s.Groups = groupRows(len(all), func(i int) *diff.Change { return &all[i].Change }, func(i int) Row { return differenceRow(all[i]) })
	return s
}

// outside names what no file rules.
func (s *Section) outside(o diff.Outside) {
	for _, resource := range o.UnmanagedResources {
		s.note(Info, "unmanaged: "+resource)
	}
	for _, resource := range o.IgnoredResources {
		s.note(Info, "ignored: "+resource)
	}
	if o.UnmanagedUnknown != "" {
		s.note(Warning, "more may be unmanaged: "+o.UnmanagedUnknown)
	}
}

func differenceRow(d diff.Difference) Row {
	row := changeRow(d.Change)
	row.Mark, row.Why = causeMark(d.Cause), whyChanged(row.Why, d.ChangedBy)
	if d.Op == diff.OpCreate || d.Op == diff.OpDelete {
		row.Subject = "the resource itself"
	}
	return row
}

// whyChanged adds which side changed to the reason of a difference.
func whyChanged(why string, by diff.ChangedBy) string {
	words := changedByWords[by]
	if by != "" && words == "" {
		words = "(" + string(by) + ")"
	}
	if why == "" || words == "" {
		return why + words
	}
	return why + "; " + words
}

func driftTotals(s diff.DriftSummary, seen view) string {
	var parts []string
	switch {
	case s.Any():
		parts = append(parts, "Drift: "+listed(count{s.Missing, "missing"}, count{s.Extra, "extra"},
			count{s.Changed, "changed"}, count{s.Pending, "pending"}))
		if moved := listed(count{s.Live, "changed live"}, count{s.Files, "because the files moved on"}); moved != "" {
			parts = append(parts, moved)
		}
	case seen.gaps() != nil:
		parts = append(parts, "No drift elsewhere")
	default:
		return "No drift. " + seen.matches()
	}
	return strings.Join(slices.Concat(parts, seen.gaps(), apart(seen.Tally)), "; ") + "."
}
