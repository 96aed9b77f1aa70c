package diff_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

func examplePlan() *diff.Plan {
	plan := &diff.Plan{
		Format: diff.FormatVersion, Created: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Now: time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC),
		Spec: "sha256:00", Files: []string{"e.yaml"},
		Connections: []diff.ConnectionPlan{{
			Name: conn, Provider: "huaweicloud", LiveGrants: 3, Resources: 1,
			Changes: []diff.Change{
				{Op: diff.OpGrant, Kind: kindAppGroup, Resource: "CAD", Role: spec.RoleAccess, Subject: person("张三"), Source: "e.yaml:3", Mails: 1},
				{Op: diff.OpGrant, Kind: kindAppGroup, Resource: "CAD", Role: spec.RoleAccess, Subject: person("ghost"), Problem: "no <such> user"},
				{Op: diff.OpRevoke, Kind: kindAppGroup, Resource: "CAD", Role: spec.RoleAccess, Subject: person("b"), Reason: "not in the files"},
			},
			Calls:      []diff.Call{{Name: "add", Changes: []int{0}}, {Name: "remove", Changes: []int{2}}},
			Violations: []diff.Violation{},
		}},
	}
	plan.Connections[0].Overrides = plan.Connections[0].Override([]string{diff.RuleBlocked}, "ticket 4711")
	plan.Summarize(map[string]float64{conn: 0.6})
	return plan
}

func encoded(t testing.TB) []byte {
	t.Helper()
	data, err := examplePlan().Encode()
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestPlanRoundTrip(t *testing.T) {
	data := encoded(t)
	plan, err := diff.Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	again, err := plan.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(data), string(again)); d != "" {
		t.Errorf("(-first +again):\n%s", d)
	}
	if want := (diff.Summary{Grant: 1, Revoke: 1, Blocked: 1, Tally: diff.Tally{Differ: 3}, Calls: 2, Mails: 1, EstimateSeconds: 1.2}); plan.Summary != want {
		t.Errorf("summary %+v, want %+v", plan.Summary, want)
	}
}

func TestPlanIDIgnoresTheClock(t *testing.T) {
	a, b := examplePlan(), examplePlan()
	b.Created, b.Now = b.Created.Add(time.Hour), b.Now.Add(time.Hour)
	a.Seal()
	b.Seal()
	if a.ID != b.ID {
		t.Error("the id depends on the clock")
	}
	b.Connections[0].Changes[0].Resource = "CAE"
	b.Seal()
	if a.ID == b.ID {
		t.Error("the id does not depend on the changes")
	}
}

func TestDecodeRefuses(t *testing.T) {
	data := string(encoded(t))
	for name, tc := range map[string]struct{ text, want string }{
		"empty":          {"", "the plan is empty"},
		"not JSON":       {"hello", "not a whole plan"},
		"no plan":        {`{"a":1}`, `no "format"`},
		"cut short":      {data[:len(data)/2], "not a whole plan"},
		"newer":          {strings.Replace(data, `"format": 1`, `"format": 3`, 1), "format 3"},
		"grouped":        {strings.Replace(data, `"format": 1`, `"format": 2`, 1), "no connection has more than 2000"},
		"format later":   {strings.Replace(data, `"format": 1,`, `"spec": "x", "format": 1,`, 1), `"spec" stands before its format`},
		"other content":  {strings.Replace(data, "CAD", "CAE", 1), "altered"},
		"unknown key":    {strings.Replace(data, `"spec"`, `"extra": 1, "spec"`, 1), "extra"},
		"repeated key":   {strings.Replace(data, `"spec": `, `"spec": "x", "spec": `, 1), "altered"},
		"key in capital": {strings.Replace(data, `"spec": `, `"Spec": `, 1), "altered"},
		"moved now":      {strings.Replace(data, `"now": "2026-01-02T00`, `"now": "2026-01-02T0A`, 1), "parsing time"},
		"text behind":    {data + "{}", "more text follows"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := diff.Decode([]byte(tc.text))
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error %v, want one with %q", err, tc.want)
			}
		})
	}
}

// Whichever byte of a saved plan is flipped, and wherever it is cut, it is refused. The id leaves out when the plan was made
// and the moment that it is for: another such time is read, and what a plan does is the same then, or what the files no longer
// want at that time.
func TestFault19TamperedPlan(t *testing.T) {
	data := encoded(t)
	times := regexp.MustCompile(`"(created|now)": "[^"]*"`).FindAllIndex(data, -1)
	inTime := func(i int) bool {
		return slices.ContainsFunc(times, func(at []int) bool { return at[0] <= i && i < at[1] })
	}
	original, err := diff.Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	for i := range data {
		for _, flip := range []byte{1, 2, 4, 8, 0x10, 0x20, 0x40, 0x80, 0xff} {
			mutant := bytes.Clone(data)
			mutant[i] ^= flip
			plan, err := diff.Decode(mutant)
			switch {
			case err != nil || bytes.Equal(bytes.TrimSpace(mutant), bytes.TrimSpace(data)):
			case !inTime(i):
				t.Fatalf("byte %d flipped from %q to %q is accepted", i, data[i], mutant[i])
			case plan.ID != original.ID || cmp.Diff(original.Connections, plan.Connections, cmpopts.EquateComparable(spec.Settings{})) != "":
				t.Fatalf("another time gives another plan")
			}
		}
	}
	for i := range len(data) - 1 { // the last byte ends the line
		if _, err := diff.Decode(data[:i]); err == nil {
			t.Fatalf("a plan cut after %d of %d bytes is accepted", i, len(data))
		}
	}
}

func TestDecodeChecksCalls(t *testing.T) {
	for name, calls := range map[string][]diff.Call{
		"out of range": {{Name: "add", Changes: []int{0, 9}}, {Name: "remove", Changes: []int{2}}},
		"negative":     {{Name: "add", Changes: []int{-1}}},
		"twice":        {{Name: "add", Changes: []int{0, 0}}, {Name: "remove", Changes: []int{2}}},
		"blocked":      {{Name: "add", Changes: []int{0, 1}}, {Name: "remove", Changes: []int{2}}},
		"left out":     {{Name: "add", Changes: []int{0}}},
		"no changes":   {{Name: "add", Changes: []int{0}}, {Name: "remove", Changes: []int{2}}, {Name: "add"}},
		"more pairs":   {{Name: "add", Changes: []int{0}, Extra: []diff.Change{access(diff.OpGrant, "Other", "b")}}, {Name: "remove", Changes: []int{2}}},
		"other op":     {{Name: "add", Changes: []int{0}, Extra: []diff.Change{access(diff.OpRevoke, "CAD", "b")}}, {Name: "remove", Changes: []int{2}}},
	} {
		t.Run(name, func(t *testing.T) {
			plan := examplePlan()
			plan.Connections[0].Calls = calls
			data, err := plan.Encode()
			if err != nil {
				t.Fatal(err)
			}
			if _, err := diff.Decode(data); err == nil {
				t.Error("accepted")
			}
		})
	}
}

// TestKindsOfSavedPlans proves that a kind is a word in any plan, and one that there is where that is known.
func TestKindsOfSavedPlans(t *testing.T) {
	for kind, want := range map[spec.Kind]struct{ read, known bool }{
		kindAppGroup: {true, true}, "team": {true, false}, "": {}, "app/group": {}, "App": {}, "app-": {}, "app group": {},
	} {
		plan := examplePlan()
		plan.Connections[0].Changes[1].Kind, plan.Connections[0].Overrides = kind, nil
		data, err := plan.Encode()
		if err != nil {
			t.Fatal(err)
		}
		_, unread := diff.Decode(data)
		unknown := plan.CheckKinds([]spec.Kind{kindApp, kindAppGroup})
		if (unread == nil) != want.read || (unknown == nil) != want.known {
			t.Errorf("%q: read: %v; known: %v", kind, unread, unknown)
		}
		for _, err := range []error{unread, unknown} {
			if text := fmt.Sprintf("change 1: unknown op \"grant\" or kind %q", kind); err != nil && !strings.Contains(err.Error(), text) {
				t.Errorf("%v, want %s", err, text)
			}
		}
	}
}

func access(op diff.Op, resource, name string) diff.Change {
	return diff.Change{Op: op, Kind: kindAppGroup, Resource: resource, Role: spec.RoleAccess, Subject: person(name)}
}

// Whatever is read as a plan comes back when it was sealed, or is refused for what it is about, and nothing breaks.
func FuzzDecode(f *testing.F) {
	f.Add(encoded(f))
	f.Add([]byte(`{"format":1,"connections":[{"calls":[{"changes":[1]}]}]}`))
	large, err := largePlan(3).Encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(large)
	f.Fuzz(func(t *testing.T, data []byte) {
		_, refused := diff.Decode(data)
		plan, err := diff.ReadUnsealed(bytes.NewReader(data))
		if err != nil {
			if refused == nil {
				t.Fatalf("a plan that can't be read is accepted: %v", err)
			}
			return
		}
		first, err := plan.Encode()
		if err != nil {
			t.Fatalf("a plan that was read can't be written: %v", err)
		}
		again, err := diff.ReadUnsealed(bytes.NewReader(first))
		if err != nil {
			t.Fatalf("a plan that was written can't be read: %v", err)
		}
		if second, err := again.Encode(); err != nil || !bytes.Equal(first, second) {
			t.Fatalf("a plan does not come back, error %v:\n%s\n%s", err, first, second)
		}
	})
}

// A plan that another version sealed, with fewer keys than ours, was not altered.
func TestPlansOfOtherVersions(t *testing.T) {
	var text bytes.Buffer
	if err := json.Compact(&text, regexp.MustCompile(`(?m)^    "unseen": \d+,\n`).ReplaceAll(encoded(t), nil)); err != nil {
		t.Fatal(err)
	}
	id := regexp.MustCompile(`"id":"[^"]*",`)
	sealed := regexp.MustCompile(`"(created|now)":"[^"]*",`).ReplaceAllString(id.ReplaceAllString(text.String(), ""), "")
	older := id.ReplaceAllString(text.String(), fmt.Sprintf(`"id":"sha256:%x",`, sha256.Sum256([]byte(sealed))))
	if _, err := diff.Decode([]byte(older)); err == nil || !strings.Contains(err.Error(), "another version") {
		t.Errorf("error %v", err)
	}
	overdue := strings.Replace(older, `"connections":`, `"reviews":[{"file":"reviews/2026-q4.yaml","undecided":1}],"connections":`, 1)
	if _, err := diff.Decode([]byte(overdue)); err == nil || !strings.Contains(err.Error(), "another version") {
		t.Errorf("with an overdue review: error %v", err)
	}
	if _, err := diff.Decode([]byte(strings.Replace(older, "CAD", "CAM", 1))); err == nil || !strings.Contains(err.Error(), "altered") {
		t.Errorf("altered: error %v", err)
	}
}
