package huaweicloud_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/entitlectl/entitlectl/pkg/apply"
	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/provider/providertest"
	"github.com/entitlectl/entitlectl/pkg/providers/emu"
	"github.com/entitlectl/entitlectl/pkg/providers/huaweicloud/huaweicloudemu"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

const mixedCase = `huaweicloud:
  users: [{name: Alice, email: alice@corp.example}, {name: Bob, email: bob@corp.example}, {name: Carol}, {name: carol}]
  userGroups: [{name: Designers, members: [Bob]}]
  appGroups: [{name: CAD, grants: [Alice, Carol]}]
  apps: [{name: AutoCAD, audience: assigned, grants: [Alice, Carol]}]
`

func foldedCloud(t testing.TB, mode string, folds bool, seed string) *cloud {
	c := newCloud(t, huaweicloudemu.Options{Unthrottled: true, FoldNames: folds}, seed)
	c.Connection.Settings[spec.KeyCaseFold] = mode
	return c
}

// Where letter case counts for nothing, who holds something in another letter case needs nothing, others get it under the directory's
// spelling, and the plan says so. Whom the directory has in both spellings are two.
func TestLetterCaseIsFolded(t *testing.T) {
	for _, mode := range []string{"true", "auto"} {
		for _, on := range []spec.Ref{ref(kindAppGroup, "CAD"), ref(kindApp, "AutoCAD")} {
			c := foldedCloud(t, mode, mode == "auto", mixedCase)
			job := c.Job(c.Open(t), desired(on, user("alice"), user("bob"), user("carol"), group("designers")))
			plan := providertest.Plan(t, job)
			want := []string{"grant X bob@local.com", "grant X carol@local.com", "grant X group:designers@local.com", "revoke X Carol@local.com"}
			if d := cmp.Diff(strings.ReplaceAll(strings.Join(want, "\n"), "X", on.Name), strings.Join(said(plan), "\n")); d != "" {
				t.Errorf("caseFold: %s, %s (-want +got):\n%s", mode, on, d)
			}
			notes := strings.Join(plan.Connections[0].Notes, "\n")
			for _, name := range []string{"alice@local.com is Alice in", "bob@local.com is Bob in", "group:designers@local.com is Designers in", "(caseFold: " + mode + ")"} {
				if !strings.Contains(notes, name) {
					t.Errorf("caseFold: %s, %s: no %q in %s", mode, on, name, notes)
				}
			}
			result, err := apply.Apply(t.Context(), apply.ApplyOptions{Plan: plan, Jobs: []apply.Job{job}, Allow: diff.RuleNames})
			if err != nil || result.Summary.Done != 4 {
				t.Errorf("caseFold: %s, %s: %+v, error %v", mode, on, result, err)
			}
			if again := providertest.Plan(t, c.Job(c.Open(t), job.Desired)); !again.Empty() {
				t.Errorf("caseFold: %s, %s: the second plan has %q", mode, on, said(again))
			}
			gone := providertest.Plan(t, c.Job(c.Open(t), left(desired(on, user("carol")), []spec.Subject{user("alice")})))
			if lines := strings.Join(said(gone), "\n"); !strings.Contains(lines, "revoke "+on.Name+" Alice@local.com") {
				t.Errorf("caseFold: %s, %s: who left stays: %s", mode, on, lines)
			}
		}
	}
}

// Nothing is folded unless the file says so, nor by auto where the directory tells spellings apart, or does not go by the names that it
// is asked for. Then nobody loses anything either.
func TestLetterCaseIsNotFoldedUnshown(t *testing.T) {
	everybody := emu.Fault{Match: "GET /v2/*/users", Kind: emu.FaultRefuse, Status: 200,
		Body: `{"total_count":2,"users":[{"id":"1","user_name":"Alice","domain":"local.com"},{"id":"2","user_name":"Bob","domain":"local.com"}]}`}
	for _, tc := range []struct {
		name, mode string
		folds      bool
		faults     []emu.Fault
	}{
		{"by default", "", true, nil},
		{"false", "false", true, nil},
		{"auto, and it tells spellings apart", "auto", false, nil},
		{"auto, and it answers with everybody", "auto", true, []emu.Fault{everybody}},
	} {
		c := foldedCloud(t, tc.mode, tc.folds, strings.ReplaceAll(strings.ReplaceAll(mixedCase, ", {name: Carol}, {name: carol}", ""), ", Carol", ""))
		c.Fault(t, tc.faults...)
		plan := providertest.Plan(t, c.Job(c.Open(t), desired(ref(kindAppGroup, "CAD"), user("alice"))))
		if lines := said(plan); len(lines) != 1 || !strings.HasPrefix(lines[0], "grant CAD alice@local.com: ") || !strings.Contains(lines[0], "is there as Alice@local.com and is kept") {
			t.Errorf("%s: %q", tc.name, lines)
		}
	}
}

// Two spellings in the files are two people, whatever the directory folds; neither becomes the other.
func TestSpellingsOfTheFilesAreNotFolded(t *testing.T) {
	for _, mode := range []string{"true", "auto"} {
		c := foldedCloud(t, mode, true, mixedCase)
		want := desired(ref(kindAppGroup, "CAD"), user("Alice"), user("alice"), user("BOB"), user("bob"), user("Carol"))
		for _, line := range said(providertest.Plan(t, c.Job(c.Open(t), want))) {
			if !strings.Contains(line, "the directory has no user") {
				t.Errorf("caseFold: %s: %s", mode, line)
			}
		}
	}
}
