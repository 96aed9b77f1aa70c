package render

import (
	"fmt"
	"strings"
	"testing"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// spreadChanges are, on two connections, so many grants, revokes and blocked grants, three on a resource.
func spreadChanges(grants, revokes, blocked int) *diff.Plan {
	plan := &diff.Plan{Connections: []diff.ConnectionPlan{{Name: "one", Provider: "p"}, {Name: "two", Provider: "p"}}}
	add := func(op diff.Op, n int, problem string) {
		for i := range n {
			part := &plan.Connections[i%2]
			part.Changes = append(part.Changes, diff.Change{Op: op, Kind: "app-group", Resource: fmt.Sprintf("G%04d", i/3), Role: spec.RoleAccess,
				Subject: spec.Subject{Kind: spec.SubjectUser, Name: fmt.Sprintf("u%d", i%7)}, Problem: problem})
		}
	}
	add(diff.OpGrant, grants, "")
	add(diff.OpGrant, blocked, "no such user")
	add(diff.OpRevoke, revokes, "")
	plan.Summarize(nil)
	return plan
}

// Where there are too many rows, those that take access are shown first, of all connections, then what is blocked; where one of a
// risk is left out nothing of a lesser one is shown. All is counted by resource, and who loses most.
func TestWhatTakesAccessIsShownFirst(t *testing.T) {
	for _, tc := range []struct {
		rows                                          int
		shownGrants, shownBlocked, shownRevokes, left int
	}{
		{0, 600, 20, 40, 0}, {660, 600, 20, 40, 0}, {659, 599, 20, 40, 1}, {61, 1, 20, 40, 599}, {50, 0, 10, 40, 610}, {30, 0, 0, 30, 630}, {1, 0, 0, 1, 659},
	} {
		report := Plan(spreadChanges(600, 40, 20), Layout{Rows: tc.rows})
		have := map[string]int{}
		for _, s := range report.Sections {
			for _, g := range s.Groups {
				for _, row := range g.Rows {
					have[row.Mark.Text]++
				}
			}
		}
		if have["+"] != tc.shownGrants || have["!"] != tc.shownBlocked || have["-"] != tc.shownRevokes {
			t.Errorf("%d rows: %v, want %+v", tc.rows, have, tc)
		}
		text := asText(t, report)
		says := fmt.Sprintf("%s not shown but only counted; --max-rows 0 shows all, -o json has all.", map[bool]string{true: "1 row is", false: fmt.Sprint(tc.left, " rows are")}[tc.left == 1])
		if strings.Contains(text, says) != (tc.left > 0) || strings.Contains(text, "by resource, shown or not:") != (tc.left > 0) {
			t.Errorf("%d rows: the text ends with\n%s", tc.rows, text[max(0, len(text)-600):])
		}
	}
}

// Counts name the resources that lose most first, those beyond the first 200 together, and the people who lose most.
func TestCountsOfWhatIsNotShown(t *testing.T) {
	text := asText(t, Plan(spreadChanges(3000, 100, 10), Layout{Rows: 20}))
	for _, want := range []string{
		"  all rows by resource, shown or not:\n  app-group G0000: 2 to revoke, 2 blocked, 2 to grant\n",
		"  and 800 resources more: 1116 to grant\n",
		"  who loses most: u0 8, u1 7, u2 7, u3 7, u4 7, u5 7, u6 7\n",
		" 3090 rows are not shown but only counted;",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if lines := strings.Count(text, "\n"); lines > 20+2*(countedResources+20) {
		t.Errorf("%d lines", lines)
	}
}

// Drift and results are counted as plans are.
func TestDriftAndResultsAreCounted(t *testing.T) {
	plan := spreadChanges(300, 10, 0)
	drift := asText(t, Drift(diff.DriftOf(plan, nil), Layout{Rows: 15}))
	result := &diff.Result{Connections: []diff.PartResult{{Name: "one"}, {Name: "two"}}}
	for i, part := range plan.Connections {
		for _, c := range part.Changes {
			outcome := diff.Done
			if c.Op == diff.OpRevoke {
				outcome = diff.Refused
			}
			result.Connections[i].Changes = append(result.Connections[i].Changes, diff.ChangeResult{Change: &c, Outcome: outcome})
		}
	}
	result.Summarize()
	for text, want := range map[string][]string{
		drift: {"app-group G0000: 2 missing, 2 extra\n", "who loses most: u0 1, u1 1, u2 1, u4 1, u6 1\n", " 295 rows are not shown"},
		asText(t, Result(result, Layout{Rows: 4})): {"app-group G0000: 2 refused\n", " 6 rows are not shown"},
	} {
		for _, w := range want {
			if !strings.Contains(text, w) {
				t.Errorf("no %q in\n%s", w, text)
			}
		}
	}
}
