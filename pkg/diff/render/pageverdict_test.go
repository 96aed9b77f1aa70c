package render

import (
	"errors"
	"strings"
	"testing"

	"github.com/entitlectl/entitlectl/pkg/access"
	"github.com/entitlectl/entitlectl/pkg/diff"
)

// What a page says first is whether a plan can be applied as it is.
func TestPageVerdict(t *testing.T) {
	grant := diff.Change{Op: diff.OpGrant, Kind: kindAppGroup, Resource: "CAD", Subject: user("alice")}
	blocked := grant
	blocked.Problem = "nobody of this name"
	broken := diff.Violation{Rule: "max-revokes", Have: 40, Limit: 25}
	for name, c := range map[string]struct {
		part diff.ConnectionPlan
		want string
	}{
		"clean":   {diff.ConnectionPlan{Changes: []diff.Change{grant}}, "gain Can be applied"},
		"nothing": {diff.ConnectionPlan{}, "held Nothing to do"},
		"blocked": {diff.ConnectionPlan{Changes: []diff.Change{grant, blocked}}, "stuck 1 change blocked"},
		"refused": {diff.ConnectionPlan{Changes: []diff.Change{grant, blocked}, Violations: []diff.Violation{broken}}, "loss Refused: 1 broken rule"},
		"allowed": {diff.ConnectionPlan{Changes: []diff.Change{grant}, Violations: []diff.Violation{broken}, Overrides: []diff.Override{{Rule: "max-revokes", Have: 40, Limit: 25}}}, "gain Can be applied"},
		"unread":  {diff.ConnectionPlan{Changes: []diff.Change{grant}, Violations: []diff.Violation{broken}, Errors: diff.Errors{errors.New("no answer")}}, "loss 1 connection could not be read"},
	} {
		plan := &diff.Plan{Connections: []diff.ConnectionPlan{c.part}}
		plan.Summarize(nil)
		if v := planVerdict(plan); v.Tone+" "+v.Label != c.want {
			t.Errorf("%s: %s %s, want %s", name, v.Tone, v.Label, c.want)
		}
	}
	for want, d := range map[string]*diff.Drift{
		"No drift": {}, "Live and files differ": {Summary: diff.DriftSummary{Extra: 1}},
		"1 resource not read whole":      {Summary: diff.DriftSummary{Extra: 1}, Connections: []diff.DriftPart{{Incomplete: []string{"app/A"}}}},
		"1 connection could not be read": {Connections: []diff.DriftPart{{Incomplete: []string{"app/A"}}, {Errors: diff.Errors{errors.New("no answer")}}}},
	} {
		compare(t, want, driftPage(d, nil, nil).Verdict.Label)
	}
	for want, a := range map[string]*access.Answer{
		"By the files": {From: access.FromFiles}, "Read whole": {From: access.FromLive}, "Not all can be seen": {From: access.FromLive, Notes: []string{"members"}},
		"1 difference": {From: access.FromBoth, Rows: []access.Row{{In: access.InLive}, {In: access.InBoth}}},
	} {
		compare(t, want, accessPage(a).Verdict.Label)
	}
}

// A page names what it was made of, so that it can be told from another and what it shows can be applied.
func TestPageSaysWhatItStandsOn(t *testing.T) {
	plan, answer := small.plan(20), small.answer(20)
	for page, facts := range map[string][]string{
		asHTML(t, Plan(plan, Layout{}), plan):                    {plan.ID, "apply plan.json --require-plan " + plan.ID, plan.Base.Commit, plan.Spec, "2026-11-05 12:00:00 UTC", "project 0123456789abcdef", "entitlements/teams.yaml", "40000 live grants on 70 resources, 12 unmanaged"},
		asHTML(t, Access(answer), answer):                        {answer.Spec, answer.By, answer.Version, "Read live", "project 0123456789abcdef"},
		asHTML(t, Drift(diff.DriftOf(plan, nil), Layout{}), nil): {plan.Spec, plan.Base.Commit},
	} {
		for _, fact := range facts {
			if !strings.Contains(page, ">"+fact) && !strings.Contains(page, fact+"<") {
				t.Errorf("a page lacks %s", fact)
			}
		}
	}
}
