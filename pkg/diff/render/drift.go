package render

import (
	"slices"
	"strings"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// Drift reports how live state differs from the files. Where the files were held against others, what they ask for comes first.
func Drift(d *diff.Drift, l Layout) Report {
	report := Report{Title: "Drift", Sections: slices.Concat(baseSections(d.Base), reviewSections(d.Reviews))}
	seen := view{Tally: d.Summary.Tally}
	all := spec.Each(d.Connections, func(part diff.DriftPart) []diff.Difference { return part.Differences })
	shown, hidden := within(l.Rows, all, func(d *diff.Difference) Risk { return riskOf(d.Change) })
	var own, apart []entry
	for i, part := range d.Connections {
		s := driftSection(part)
		if hidden > 0 && len(all[i]) > 0 {
			counted := tallied(all[i], func(d *diff.Difference) *diff.Change { return &d.Change }, func(d *diff.Difference) string { return string(d.Cause) })
			s.Notes = append(s.Notes, counted.notes(spec.Each(diff.Causes, func(c diff.Cause) string { return string(c) }))...)
		}
		rows, before := driftEntries(part, shown[i])
		own, apart = append(own, rows...), append(apart, before...)
		if l.By != ByPerson {
			s.Groups = byResource(rows)
		}
		if l.Outside {
			s.outside(part.Outside)
		}
		if !s.empty() {
			report.Sections = append(report.Sections, s)
		}
		seen.add(part.LiveGrants, part.Resources, len(part.Incomplete), part.Errors)
	}
	if l.By == ByPerson {
		report.Sections = append(report.Sections, byPerson(own)...)
	}
	report.Apart = apartOf(d.Base, apart, l.By)
	report.Totals = driftTotals(d.Summary, seen) + hiddenText(hidden)
	report.page = func() *page { return driftPage(d, own, apart) }
	return report
}

// driftSection is what there is to say of a connection beside what differs.
func driftSection(part diff.DriftPart) Section {
	s := sectionOf(part.Name, part.Provider, part.Errors, slices.Concat(part.Notes, unseenTexts(part.Unseen, part.Incomplete)))
	if part.Unmanaged > 0 {
		s.note(Info, unmanagedText(part.Unmanaged))
	}
	return s
}

// driftEntries are the rows of a part: those of the change that is looked at, and those of what was so before.
func driftEntries(part diff.DriftPart, shown []diff.Difference) (own, before []entry) {
	for i := range shown {
		d := &shown[i]
		e := entry{part.Name, Heading(part.Name, part.Provider, nil), &d.Change, differenceRow(*d), true}
		if d.Because == diff.BecauseLive {
			before = append(before, e)
		} else {
			own = append(own, e)
		}
	}
	return own, before
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
	case seen.blind():
		parts = append(parts, "Nothing could be compared")
	case seen.gaps() != nil:
		parts = append(parts, "No drift elsewhere")
	default:
		return "No drift. " + seen.matches()
	}
	return strings.Join(slices.Concat(parts, seen.gaps(), apart(seen.Tally)), "; ") + "."
}
