package render

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

const (
	kindAppGroup  spec.Kind = "app-group"
	kindApp       spec.Kind = "app"
	kindMailGroup spec.Kind = "mail-group"
	kindAccount   spec.Kind = "account"
	roleSender    spec.Role = "sender"
)

func user(name string) spec.Subject {
	return spec.Subject{Kind: spec.SubjectUser, Name: name, Domain: "local.com"}
}

// everyOp is a plan with each op, a Chinese name, a blocked change and every kind of note.
func everyOp() *diff.Plan {
	changes := []diff.Change{
		{Op: diff.OpCreate, Kind: kindAppGroup, Resource: "设计", Source: "a.yaml:9"},
		{Op: diff.OpUpdate, Kind: kindApp, Resource: "AutoCAD", Field: "audience", From: "everyone", To: "assigned", Source: "a.yaml:40"},
		{Op: diff.OpUpdate, Kind: kindMailGroup, Resource: "cad@corp.example", Field: "owner", To: "alice@corp.example", Source: "a.yaml:50"},
		{Op: diff.OpGrant, Kind: kindAppGroup, Resource: "CAD", Role: spec.RoleAccess, Subject: user("张伟"), Source: "a.yaml:12", Reason: "contract 4711", Mails: 1},
		{Op: diff.OpGrant, Kind: kindAppGroup, Resource: "CAD", Role: spec.RoleAccess, Subject: user("nobody"), Source: "a.yaml:12", Problem: "the vendor knows no such user"},
		{Op: diff.OpGrant, Kind: kindAppGroup, Resource: "设计", Role: spec.RoleAccess, Subject: user("alice"), Source: "a.yaml:100", Mails: 1},
		{Op: diff.OpGrant, Kind: kindMailGroup, Resource: "cad@corp.example", Role: roleSender, Subject: spec.Subject{Kind: spec.SubjectMailbox, Name: "desk@corp.example"}, Source: "a.yaml:51"},
		{Op: diff.OpResend, Kind: kindAccount, Resource: "billing", Reason: "the mail failed"},
		{Op: diff.OpRevoke, Kind: kindAppGroup, Resource: "CAD", Role: spec.RoleAccess, Subject: user("bob"), Reason: "not in the files"},
		{Op: diff.OpDelete, Kind: kindMailGroup, Resource: "old@corp.example", Source: "a.yaml:60", Reason: "state: absent"},
	}
	part := diff.ConnectionPlan{Name: "workspace", Provider: "huaweicloud", LiveGrants: 30, Resources: 4, Unmanaged: 2, Changes: changes,
		Notes:      []string{"app-group/Big could not be read whole: nothing is revoked there"},
		Violations: []diff.Violation{{Rule: "max-revokes", Have: 40, Limit: 25}, {Rule: "protected", Have: 1, On: "app-group/CAD"}, {Rule: "max-mails", Have: 2, Limit: 1}},
		Overrides:  []diff.Override{{Rule: "max-mails", Have: 2, Limit: 1, Reason: "ticket 4711"}}}
	plan := &diff.Plan{Format: diff.FormatVersion, Connections: []diff.ConnectionPlan{
		{Name: "directory", Provider: "alibabacloud", Errors: diff.Errors{errors.New("variable X is not set"), errors.New("variable Y is not set")}}, part}}
	plan.Connections[1].Calls = []diff.Call{{Name: "all", Changes: []int{0, 1, 2, 3, 5, 6, 7, 8, 9}}}
	plan.Summarize(map[string]float64{"workspace": 0.6})
	return plan
}

func TestPlanText(t *testing.T) {
	want := `directory (alibabacloud)
  ERROR: variable X is not set
  ERROR: variable Y is not set

workspace (huaweicloud)
  mail-group cad@corp.example
    ~ owner: (none) -> alice@corp.example  a.yaml:50
    + mailbox:desk@corp.example (sender)   a.yaml:51
  mail-group old@corp.example
    - delete                               a.yaml:60   state: absent
  app-group CAD
    + 张伟@local.com                       a.yaml:12   contract 4711
    ! nobody@local.com                     a.yaml:12   blocked: the vendor knows no such user
    - bob@local.com                                    not in the files
  app-group 设计
    + create                               a.yaml:9
    + alice@local.com                      a.yaml:100
  app AutoCAD
    ~ audience: everyone -> assigned       a.yaml:40
  account billing
    > resend                                           the mail failed
  WARNING: app-group/Big could not be read whole: nothing is revoked there
  REFUSED: rule max-revokes: 40, the limit is 25; apply --allow max-revokes overrides it
  REFUSED: rule protected on app-group/CAD: 1, the limit is 0; apply --allow protected overrides it
  ALLOWED: rule max-mails: 2, the limit is 1; reason: ticket 4711
  2 live resources are not in the files and are left alone

Plan: 1 to create, 2 to update, 3 to grant, 1 to revoke, 1 to resend, 1 to delete in 1 call; about 1 s at the set rate; 2 mails will be sent; 1 blocked; 1 connection could not be read.
`
	compare(t, want, asText(t, Plan(everyOp(), Layout{})))
}

func TestPlanMarkdown(t *testing.T) {
	want := "### Plan\n" + `
**Plan: 1 to create, 2 to update, 3 to grant, 1 to revoke, 1 to resend, 1 to delete in 1 call; about 1 s at the set rate; 2 mails will be sent; 1 blocked; 1 connection could not be read.**

#### 'directory (alibabacloud)'

- **ERROR** 'variable X is not set'
- **ERROR** 'variable Y is not set'

#### 'workspace (huaweicloud)'

- **WARNING** 'app-group/Big could not be read whole: nothing is revoked there'
- **REFUSED** 'rule max-revokes: 40, the limit is 25; apply --allow max-revokes overrides it'
- **REFUSED** 'rule protected on app-group/CAD: 1, the limit is 0; apply --allow protected overrides it'
- **ALLOWED** 'rule max-mails: 2, the limit is 1; reason: ticket 4711'
- '2 live resources are not in the files and are left alone'

#### Blocked (1)

| | Resource | Subject | Source | Why |
|---|---|---|---|---|
| '!' | 'workspace app-group CAD' | 'nobody@local.com' | 'a.yaml:12' | 'blocked: the vendor knows no such user' |

#### Taken away (2)

| | Resource | Subject | Source | Why |
|---|---|---|---|---|
| '-' | 'workspace app-group CAD' | 'bob@local.com' |  | 'not in the files' |
| '-' | 'workspace mail-group old@corp.example' | 'delete' | 'a.yaml:60' | 'state: absent' |

#### By person

| Person | Gains | Loses |
|---|---|---|
| 'alice@local.com' | 'workspace app-group 设计' 'a.yaml:100' |  |
| 'bob@local.com (not in the files)' |  | 'workspace app-group CAD' |
| 'mailbox:desk@corp.example' | 'workspace mail-group cad@corp.example (sender)' 'a.yaml:51' |  |
| '张伟@local.com' | 'workspace app-group CAD' 'a.yaml:12 contract 4711' |  |

<details><summary>The rest (4)</summary>

| | Resource | Subject | Source | Why |
|---|---|---|---|---|
| '+' | 'workspace app-group 设计' | 'create' | 'a.yaml:9' |  |
| '~' | 'workspace app AutoCAD' | 'audience: everyone -> assigned' | 'a.yaml:40' |  |
| '~' | 'workspace mail-group cad@corp.example' | 'owner: (none) -> alice@corp.example' | 'a.yaml:50' |  |
| '>' | 'workspace account billing' | 'resend' |  | 'the mail failed' |

</details>
`
	compare(t, strings.ReplaceAll(want, "'", "`"), asMarkdown(t, Plan(everyOp(), Layout{})))
}

func TestDriftText(t *testing.T) {
	want := `directory (alibabacloud)
  ERROR: variable X is not set
  ERROR: variable Y is not set

workspace (huaweicloud)
  mail-group cad@corp.example
    changed owner: (none) -> alice@corp.example  a.yaml:50
    missing mailbox:desk@corp.example (sender)   a.yaml:51
  mail-group old@corp.example
    extra   the resource itself                  a.yaml:60   state: absent
  app-group CAD
    missing 张伟@local.com                       a.yaml:12   contract 4711
    missing nobody@local.com                     a.yaml:12   blocked: the vendor knows no such user
    extra   bob@local.com                                    not in the files
  app-group 设计
    missing the resource itself                  a.yaml:9
    missing alice@local.com                      a.yaml:100
  app AutoCAD
    changed audience: everyone -> assigned       a.yaml:40
  account billing
    pending resend                                           the mail failed
  WARNING: app-group/Big could not be read whole: nothing is revoked there
  2 live resources are not in the files and are left alone

Drift: 5 missing, 2 extra, 2 changed, 1 pending; 1 connection could not be read.
`
	compare(t, want, asText(t, Drift(diff.DriftOf(everyOp(), nil), Layout{})))
}

// Which side changed stands behind the reason, and totals tell both.
func TestDriftTextSaysWhichSideChanged(t *testing.T) {
	confirmed := map[string]diff.Confirmed{
		"CAD":              {Holdings: []diff.Holding{{Role: spec.RoleAccess, Subject: user("张伟")}}},
		"AutoCAD":          {Settings: map[string]string{"audience": "everyone"}},
		"cad@corp.example": {Settings: map[string]string{"owner": "eve@corp.example"}},
	}
	drift := diff.DriftOf(everyOp(), func(ref spec.Ref) (diff.Confirmed, bool) { c, ok := confirmed[ref.Name]; return c, ok })
	text := asText(t, Drift(drift, Layout{}))
	for _, line := range []string{
		"missing 张伟@local.com                       a.yaml:12   contract 4711; changed live\n",
		"missing nobody@local.com                     a.yaml:12   blocked: the vendor knows no such user; the files moved on\n",
		"extra   bob@local.com                                    not in the files; changed live\n",
		"changed audience: everyone -> assigned       a.yaml:40   the files moved on\n",
		"changed owner: (none) -> alice@corp.example  a.yaml:50   changed live, and the files moved on\n",
		"missing alice@local.com                      a.yaml:100\n",
		"1 pending; 3 changed live, 4 because the files moved on; 1 connection could not be read.\n",
	} {
		if !strings.Contains(text, line) {
			t.Errorf("no line %q in\n%s", line, text)
		}
	}
	if md := asMarkdown(t, Drift(drift, Layout{})); !strings.Contains(md, "`contract 4711; changed live`") {
		t.Errorf("markdown does not say who moved:\n%s", md)
	}
}

func TestResultText(t *testing.T) {
	plan := everyOp()
	result := &diff.Result{Connections: []diff.PartResult{{Name: "workspace", Provider: "huaweicloud", Calls: 4,
		Errors: diff.Errors{errors.New("http 403 forbidden")}, Notes: []string{"2 mails are still being sent"}}}}
	for i, c := range plan.Connections[1].Changes[:6] {
		result.Connections[0].Changes = append(result.Connections[0].Changes,
			diff.ChangeResult{Change: &c, Outcome: diff.Outcomes[i], Detail: map[int]string{2: "http 400: no such owner"}[i]})
	}
	result.Connections[0].Changes[4].Outcome, result.Connections[0].Changes[5].Outcome = diff.Blocked, diff.NotTried
	result.Summarize()
	want := `workspace (huaweicloud)
  mail-group cad@corp.example
    refused ~ owner: (none) -> alice@corp.example  a.yaml:50  http 400: no such owner
  app-group CAD
    unknown + 张伟@local.com                       a.yaml:12
    blocked + nobody@local.com                     a.yaml:12  the vendor knows no such user
  ERROR: http 403 forbidden
  WARNING: 2 mails are still being sent
  1 change not tried

Applied: 1 done, 1 already there, 1 refused, 1 unknown, 1 not tried, 1 blocked in 4 calls.
`
	compare(t, want, asText(t, Result(result, Layout{})))
	compare(t, "No changes. Nothing was written.\n", asText(t, Result(&diff.Result{}, Layout{})))
}

func TestTotals(t *testing.T) {
	tests := []struct {
		name              string
		summary           diff.Summary
		grants, resources int
		read, failed      int
		incomplete        int
		want              string
	}{
		{name: "contract", summary: diff.Summary{Create: 1, Grant: 12, Revoke: 3, Resend: 1, Calls: 4, EstimateSeconds: 2.4, Mails: 12},
			want: "Plan: 1 to create, 12 to grant, 3 to revoke, 1 to resend in 4 calls; about 3 s at the set rate; 12 mails will be sent."},
		{name: "singular", summary: diff.Summary{Grant: 1, Calls: 1, EstimateSeconds: 0, Mails: 1},
			want: "Plan: 1 to grant in 1 call; about 1 s at the set rate; 1 mail will be sent."},
		{name: "no mail", summary: diff.Summary{Revoke: 2, Calls: 1, EstimateSeconds: 119.2},
			want: "Plan: 2 to revoke in 1 call; about 120 s at the set rate."},
		{name: "minutes", summary: diff.Summary{Grant: 2, Calls: 2, EstimateSeconds: 121},
			want: "Plan: 2 to grant in 2 calls; about 3 min at the set rate."},
		{name: "hours", summary: diff.Summary{Grant: 2, Calls: 2, EstimateSeconds: 7200},
			want: "Plan: 2 to grant in 2 calls; about 2 h at the set rate."},
		{name: "blocked", summary: diff.Summary{Grant: 1, Calls: 1, EstimateSeconds: 1, Blocked: 2},
			want: "Plan: 1 to grant in 1 call; about 1 s at the set rate; 2 blocked."},
		{name: "only blocked", summary: diff.Summary{Blocked: 2}, want: "Plan: nothing to send; 2 blocked."},
		{name: "nothing", grants: 340, resources: 12, want: "No changes. Live state matches 340 grants on 12 resources."},
		{name: "nothing, singular", grants: 1, resources: 1, want: "No changes. Live state matches 1 grant on 1 resource."},
		{name: "nothing, unread", failed: 1, want: "Nothing could be planned; 1 connection could not be read."},
		{name: "nothing elsewhere", failed: 1, read: 1, want: "No changes elsewhere; 1 connection could not be read."},
		{name: "nothing, not whole", incomplete: 2, grants: 3, want: "No changes elsewhere; 2 resources could not be read whole."},
		{name: "not whole", incomplete: 1, failed: 1, summary: diff.Summary{Grant: 1, Calls: 1},
			want: "Plan: 1 to grant in 1 call; about 1 s at the set rate; 1 connection could not be read; 1 resource could not be read whole."},
		{name: "nothing that can be seen", grants: 7, resources: 3, summary: diff.Summary{Tally: diff.Tally{Match: 7, Unseen: 2, UnseenSettings: 1}},
			want: "No changes. Of 9 grants on 3 resources 7 match, 2 can't be seen; 1 setting can't be seen."},
		{name: "nothing but a setting", grants: 7, resources: 3, summary: diff.Summary{Tally: diff.Tally{Match: 7, UnseenSettings: 1}},
			want: "No changes. Live state matches 7 grants on 3 resources; 1 setting can't be seen."},
		{name: "some of what can be seen", summary: diff.Summary{Grant: 1, Calls: 1, Tally: diff.Tally{Match: 7, Differ: 1, Unseen: 2}},
			want: "Plan: 1 to grant in 1 call; about 1 s at the set rate; 7 match, 2 can't be seen."},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			compare(t, test.want, planTotals(test.summary, view{test.summary.Tally, test.grants, test.resources, test.read, test.failed, test.incomplete}))
		})
	}
	compare(t, "No drift. Live state matches 3 grants on 2 resources.", driftTotals(diff.DriftSummary{}, view{grants: 3, resources: 2}))
	compare(t, "Drift: 2 changed; 2 changed live, 1 because the files moved on; 1 resource could not be read whole.",
		driftTotals(diff.DriftSummary{Changed: 2, Live: 2, Files: 1}, view{incomplete: 1}))
	blind := diff.Tally{Match: 7, Unseen: 2}
	compare(t, "No drift. Of 9 grants on 2 resources 7 match, 2 can't be seen.", driftTotals(diff.DriftSummary{Tally: blind}, view{Tally: blind, resources: 2}))
	compare(t, "Applied: 1 done in 1 call; 7 match, 2 can't be seen.", resultTotals(diff.ResultSummary{Done: 1, Calls: 1, Tally: blind}))
	compare(t, "No drift elsewhere; 2 connections could not be read.", driftTotals(diff.DriftSummary{}, view{grants: 3, resources: 2, read: 1, failed: 2}))
	compare(t, "Nothing could be compared; 2 connections could not be read.", driftTotals(diff.DriftSummary{}, view{failed: 2}))
}

// A new op, outcome or cause has to get words here.
func TestEverythingHasWords(t *testing.T) {
	for _, op := range diff.Ops {
		if opMark(op).Tone == Alarms {
			t.Errorf("op %q has no glyph", op)
		}
		s := diff.Plan{Connections: []diff.ConnectionPlan{{Changes: []diff.Change{{Op: op}}}}}
		s.Summarize(nil)
		if text := planTotals(s.Summary, view{}); !strings.Contains(text, " 1 to "+string(op)+" in") {
			t.Errorf("totals leave op %q out: %s", op, text)
		}
	}
	for _, o := range diff.Outcomes {
		if strings.Contains(outcomeWord(o), "(") {
			t.Errorf("outcome %q has no word", o)
		}
		r := diff.Result{Connections: []diff.PartResult{{Changes: []diff.ChangeResult{{Outcome: o}}}}}
		r.Summarize()
		if text := resultTotals(r.Summary); !strings.HasPrefix(text, "Applied: 1 ") {
			t.Errorf("totals leave outcome %q out: %s", o, text)
		}
	}
	for _, op := range diff.Ops {
		d := diff.DriftOf(&diff.Plan{Connections: []diff.ConnectionPlan{{Changes: []diff.Change{{Op: op}}}}}, nil)
		text := driftTotals(d.Summary, view{})
		if !strings.HasPrefix(text, "Drift: 1 ") {
			t.Errorf("totals leave op %q out: %s", op, text)
		}
	}
	for _, c := range diff.Causes {
		if causeMark(c).Tone == Alarms {
			t.Errorf("cause %q has no word", c)
		}
	}
	for _, by := range diff.AllChangedBy {
		if text := whyChanged("contract", by); strings.Contains(text, "(") || text == "contract" {
			t.Errorf("%q has no words", by)
		}
	}
}

func TestColorOnlyWhenAsked(t *testing.T) {
	report := Plan(everyOp(), Layout{})
	if text := asText(t, report); strings.Contains(text, "\x1b") {
		t.Error("there is an escape sequence in text without colour")
	}
	var b strings.Builder
	if err := Text(&b, report, TextOptions{Color: true}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(b.String(), "\x1b[32m+\x1b[0m 张伟") {
		t.Error("a grant is not green")
	}
}

func asText(t *testing.T, r Report) string {
	t.Helper()
	var b strings.Builder
	if err := Text(&b, r, TextOptions{}); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func asMarkdown(t *testing.T, r Report) string {
	t.Helper()
	var b strings.Builder
	if err := Markdown(&b, r); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func compare(t *testing.T, want, have string) {
	t.Helper()
	if d := cmp.Diff(strings.Split(want, "\n"), strings.Split(have, "\n")); d != "" {
		t.Errorf("(-want +have)\n%s", d)
	}
}
