package diff_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// genViolations draws what a plan breaks, often more than one thing of a rule.
func genViolations(t *rapid.T) []diff.Violation {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) diff.Violation {
		return diff.Violation{
			Rule:  rapid.SampledFrom(diff.RuleNames).Draw(t, "rule"),
			Have:  rapid.IntRange(0, 100).Draw(t, "have"),
			Limit: rapid.IntRange(0, 100).Draw(t, "limit"),
			On:    rapid.SampledFrom([]string{"", "app-group/CAD", "app-group/CAD alice@local.com"}).Draw(t, "on"),
		}
	}), 0, 6).Draw(t, "violations")
}

// genBlocked draws changes of which some are blocked.
func genBlocked(t *rapid.T) []diff.Change {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) diff.Change {
		return diff.Change{Op: diff.OpGrant, Kind: kindAppGroup, Resource: "CAD", Role: spec.RoleAccess,
			Subject: person(rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "subject")),
			Problem: rapid.SampledFrom([]string{"no such user", "disabled"}).Draw(t, "problem")}
	}), 0, 3).Draw(t, "blocked")
}

// worse is a violation further from what its rule asks.
func worse(v diff.Violation, by int) diff.Violation {
	if v.Rule == diff.RuleMinMembers {
		by = -by
	}
	v.Have += by
	return v
}

// An override covers what it was given for and what is less, and nothing that is worse, of another rule, or on another thing.
func TestOverridesCoverNothingWorse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		part := diff.ConnectionPlan{Name: conn, Violations: genViolations(t), Changes: genBlocked(t)}
		rules := rapid.SliceOf(rapid.SampledFrom(diff.Allowable)).Draw(t, "allowed")
		overrides := part.Override(rules, "")
		for _, v := range part.Breaks() {
			open := len(diff.Uncovered([]diff.Violation{v}, overrides)) > 0
			if allowed := slices.Contains(rules, v.Rule); open == allowed {
				t.Fatalf("%+v: allowed %t, and refused %t", v, allowed, open)
			}
		}
		for _, o := range overrides {
			v := diff.Violation{Rule: o.Rule, On: o.On, Have: o.Have, Limit: rapid.IntRange(0, 100).Draw(t, "another limit")}
			by := rapid.IntRange(1, 50).Draw(t, "by")
			elsewhere, otherwise := v, v
			elsewhere.On += "x"
			otherwise.Rule = rapid.SampledFrom(diff.Allowable).Filter(func(rule string) bool { return rule != v.Rule }).Draw(t, "another rule")
			if !o.Covers(v) || !o.Covers(worse(v, -by)) || o.Covers(worse(v, by)) || o.Covers(elsewhere) || o.Covers(otherwise) {
				t.Fatalf("%+v covers the wrong things, by %d", o, by)
			}
		}
	})
}

// What is blocked is told apart by what it is and why, not by the line that asks for it nor by the order.
func TestBlockage(t *testing.T) {
	ghost := diff.Change{Op: diff.OpGrant, Kind: kindAppGroup, Resource: "CAD", Role: spec.RoleAccess, Subject: person("ghost"),
		Source: "a.yaml:3", Reason: "contract", Problem: "no such user"}
	other, moved, disabled := ghost, ghost, ghost
	other.Subject = person("other")
	moved.Source, moved.Reason = "b.yaml:4", ""
	disabled.Problem = "the user is disabled"
	override := diff.ConnectionPlan{Changes: []diff.Change{ghost, other}}.Override([]string{diff.RuleBlocked}, "why")
	if len(override) != 1 || override[0].Have != 2 || override[0].Reason != "why" {
		t.Fatalf("%+v", override)
	}
	for _, tc := range []struct {
		name    string
		blocked []diff.Change
		covered bool
	}{
		{"the same", []diff.Change{ghost, other}, true},
		{"in another order, from another line", []diff.Change{other, moved}, true},
		{"none", nil, true},
		{"for another cause", []diff.Change{disabled, other}, false},
		{"one more", []diff.Change{ghost, other, disabled}, false},
		{"another one", []diff.Change{ghost, ghost}, false},
	} {
		if open := diff.Uncovered(diff.Blockage(tc.blocked), override); (len(open) == 0) != tc.covered {
			t.Errorf("%s: %+v is not covered", tc.name, open)
		}
	}
}

// planWith is a plan that breaks the rules and has the blocked changes.
func planWith(violations []diff.Violation, blocked []diff.Change) *diff.Plan {
	plan := examplePlan()
	part := &plan.Connections[0]
	part.Violations = append(part.Violations, violations...)
	part.Changes = append(part.Changes, blocked...)
	return plan
}

// A saved plan overrides what it breaks, all of a rule or some of it, and nothing else.
func TestDecodeChecksOverrides(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		plan := planWith(genViolations(t), genBlocked(t))
		part := &plan.Connections[0]
		part.Overrides = part.Override(rapid.SliceOf(rapid.SampledFrom(diff.Allowable)).Draw(t, "allowed"),
			rapid.SampledFrom([]string{"", "ticket 4711", "合同"}).Draw(t, "reason"))
		data, err := plan.Encode()
		if err != nil {
			t.Fatal(err)
		}
		again, err := diff.Decode(data)
		if err != nil {
			t.Fatalf("a plan as it was made is refused: %v", err)
		}
		if d := cmp.Diff(part.Overrides, again.Connections[0].Overrides); d != "" {
			t.Fatalf("(-want +got):\n%s", d)
		}

		stray := diff.Override{Rule: diff.RuleMaxMails, Have: 5, Limit: 1}
		if len(part.Overrides) > 0 {
			stray = rapid.SampledFrom(part.Overrides).Draw(t, "override")
		}
		switch rapid.SampledFrom([]string{"have", "limit", "on", "rule", "twice", "reason"}).Draw(t, "wrong") {
		case "have":
			stray.Have += 1000
		case "limit":
			stray.Limit -= 1000
		case "on":
			stray.On += "x"
		case "rule":
			stray.Rule = "max-everything"
		case "twice": // as it is
		case "reason":
			stray.Reason = rapid.SampledFrom([]string{"two\nlines", "\u202egnp", " blank", strings.Repeat("x", 501)}).Draw(t, "bad reason")
			part.Overrides = nil
		}
		if slices.Contains(part.Breaks(), diff.Violation{Rule: stray.Rule, On: stray.On, Have: stray.Have, Limit: stray.Limit}) &&
			stray.Reason == "" && !slices.Contains(part.Overrides, stray) {
			t.Skip("it is no stray after all")
		}
		part.Overrides = append(part.Overrides, stray)
		if data, err = plan.Encode(); err != nil {
			t.Fatal(err)
		}
		if _, err := diff.Decode(data); err == nil {
			t.Fatalf("%+v is accepted in a plan that breaks %+v", stray, part.Breaks())
		}
	})
}

func TestPlanIDCoversOverrides(t *testing.T) {
	violations := []diff.Violation{{Rule: diff.RuleMaxRevokes, Have: 40, Limit: 25}}
	ids := map[string]bool{}
	for _, reason := range []string{"", "one", "another"} {
		plan := planWith(violations, nil)
		plan.Connections[0].Overrides = plan.Connections[0].Override([]string{diff.RuleMaxRevokes}, reason)
		plan.Seal()
		ids[plan.ID] = true
	}
	bare := planWith(violations, nil)
	bare.Seal()
	ids[bare.ID] = true
	if len(ids) != 4 {
		t.Errorf("4 plans have %d ids", len(ids))
	}
}

func TestCheckReason(t *testing.T) {
	for reason, want := range map[string]string{
		"ticket 4711": "", strings.Repeat("合", 500): "",
		"": "is empty", " x": "begins or ends with a blank", "a\nb": "U+000A", "a\u202eb": "U+202E", "a\x1bb": "U+001B",
		strings.Repeat("合", 501): "longer than 500",
	} {
		err := diff.CheckReason(reason)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%.20q: error %v, want one with %q", reason, err, want)
		}
	}
}
