package render

import (
	"fmt"
	"strings"

	"github.com/entitlectl/entitlectl/pkg/diff"
)

// Plan reports what an apply would do.
func Plan(p *diff.Plan) Report {
	report := Report{Title: "Plan"}
	var grants, resources, failed int
	for _, part := range p.Connections {
		if s := planSection(part); !s.empty() {
			report.Sections = append(report.Sections, s)
		}
		grants, resources = grants+part.LiveGrants, resources+part.Resources
		if part.Error != "" {
			failed++
		}
	}
	report.Totals = planTotals(p.Summary, grants, resources, failed)
	return report
}

func planSection(part diff.Part) Section {
	s := sectionOf(part.Name, part.Provider, part.Error, part.Notes)
	for _, v := range part.Violations {
		s.note(Refusal, violationText(v))
	}
	if part.Unmanaged > 0 {
		s.note(Info, unmanagedText(part.Unmanaged))
	}
	s.Groups = groupRows(part.Changes, func(i int) Row { return changeRow(part.Changes[i]) })
	return s
}

func changeRow(c diff.Change) Row {
	row := Row{Mark: opMark(c.Op), Subject: subjectOf(c), Source: c.Source, Why: c.Reason, Risky: risky(c)}
	if c.Problem != "" {
		row.Mark, row.Why = Mark{"!", Alarms}, "blocked: "+c.Problem
	}
	return row
}

func violationText(v diff.Violation) string {
	on := ""
	if v.On != "" {
		on = " on " + v.On
	}
	return fmt.Sprintf("rule %s%s: %d, the limit is %d; apply --allow %s overrides it", v.Rule, on, v.Have, v.Limit, v.Rule)
}

func unmanagedText(n int) string {
	if n == 1 {
		return "1 live resource is not in the files and is left alone"
	}
	return fmt.Sprintf("%d live resources are not in the files and are left alone", n)
}

func planTotals(s diff.Summary, grants, resources, failed int) string {
	todo := listed(count{s.Create, "to create"}, count{s.Update, "to update"}, count{s.Grant, "to grant"},
		count{s.Revoke, "to revoke"}, count{s.Resend, "to resend"}, count{s.Delete, "to delete"})
	var parts []string
	switch {
	case todo != "":
		parts = append(parts, fmt.Sprintf("Plan: %s in %s", todo, Count(s.Calls, "call")),
			"about "+duration(s.EstimateSeconds)+" at the set rate")
	case s.Blocked > 0:
		parts = append(parts, "Plan: nothing to send")
	case failed > 0:
		parts = append(parts, "No changes elsewhere")
	default:
		return "No changes. " + matches(grants, resources)
	}
	if s.Mails > 0 {
		parts = append(parts, Count(s.Mails, "mail")+" will be sent")
	}
	if s.Blocked > 0 {
		parts = append(parts, fmt.Sprintf("%d blocked", s.Blocked))
	}
	if failed > 0 {
		parts = append(parts, unread(failed))
	}
	return strings.Join(parts, "; ") + "."
}
