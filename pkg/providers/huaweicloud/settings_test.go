package huaweicloud_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/entitlectl/entitlectl/pkg/apply"
	"github.com/entitlectl/entitlectl/pkg/provider/providertest"
)

// groupsOf is a file with app groups, as one of the connection conn.
func groupsOf(t testing.TB, groups string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "entitlements.yaml")
	text := "version: 1\nconnections:\n  " + conn + ": {provider: huaweicloud, region: ap-southeast-3, auth: {accessKey: env:HUAWEICLOUD_AK, secretKey: env:HUAWEICLOUD_SK}}\n" +
		"users: [{name: alice}, {name: bob}]\nappGroups: [" + groups + "]\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

const typed = `huaweicloud:
  users: [{name: alice}, {name: bob}]
  appGroups:
    - {name: Desk, type: SESSION_DESKTOP_APP, serverGroup: sg-1, grants: [bob]}
    - {name: Plain, description: old, grants: [bob]}
`

// App groups are made with the settings that the file gives, and nothing else is sent.
func TestAppGroupsAreMadeWithTheirSettings(t *testing.T) {
	c := newCloud(t, free, typed)
	job := c.FileJob(t, groupsOf(t, `{name: New, in: main, type: SESSION_DESKTOP_APP, serverGroup: sg-2, description: for CAD, grants: [{to: [alice]}]}, {name: Bare, in: main}`))
	if result := applied(t, job); !result.Summary.Clean() {
		t.Errorf("%+v", result.Summary)
	}
	var made []string
	for _, body := range c.Bodies("/app-groups") {
		if strings.Contains(body, `"name"`) {
			made = append(made, strings.TrimSpace(body))
		}
	}
	want := []string{`{"name":"Bare"}`, `{"app_server_group_id":"sg-2","app_type":"SESSION_DESKTOP_APP","description":"for CAD","name":"New"}`}
	if d := cmp.Diff(want, made); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if plan := providertest.Plan(t, job); !plan.Empty() {
		t.Errorf("the second plan has %q", said(plan))
	}
}

// What the vendor settles once is blocked where it differs, and never made by deleting; who holds the group is not touched by that. What
// can be changed is.
func TestSettledSettingsAreBlocked(t *testing.T) {
	c := newCloud(t, free, typed)
	job := c.FileJob(t, groupsOf(t, `{name: Desk, in: main, type: COMMON_APP, serverGroup: sg-9, grants: [{to: [bob, alice]}]},
  {name: Plain, in: main, type: COMMON_APP, serverGroup: sg-3, description: new, grants: [{to: [bob]}]}`))
	plan := providertest.Plan(t, job)
	const settled = ", or make another one with the new "
	want := []string{
		"update Desk: the vendor can't change it; say `serverGroup: sg-1`" + settled + "serverGroup and move people over",
		"update Desk: the vendor can't change it; say `type: SESSION_DESKTOP_APP`" + settled + "type and move people over",
		"update Plain", "update Plain", "grant Desk alice@local.com",
	}
	if d := cmp.Diff(want, said(plan)); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	result, err := apply.Apply(t.Context(), apply.ApplyOptions{Plan: plan, Jobs: []apply.Job{job}})
	if err != nil || result.Summary.Done != 3 {
		t.Errorf("%+v, error %v", result, err)
	}
	for _, call := range c.Calls() {
		if call.Method == "DELETE" || strings.Contains(call.Path, "delete") {
			t.Errorf("%s %s", call.Method, call.Path)
		}
	}
	if again := providertest.Plan(t, job); len(said(again)) != 2 {
		t.Errorf("the second plan has %q", said(again))
	}
	state, err := c.State()
	if err != nil || !strings.Contains(string(state), "serverGroup: sg-3") || !strings.Contains(string(state), "description: new") {
		t.Errorf("%s", state)
	}
}

// An answer that leaves out the type is no difference, and said.
func TestTypesThatAreNotShownAreSaid(t *testing.T) {
	c := newCloud(t, free, typed)
	c.Rewrite(func(_ *http.Request, answer map[string]any) {
		providertest.EachList(answer, func(rows []map[string]any) []map[string]any {
			for _, row := range rows {
				delete(row, "app_type")
			}
			return rows
		})
	})
	plan := providertest.Plan(t, c.FileJob(t, groupsOf(t, `{name: Plain, in: main, type: SESSION_DESKTOP_APP, grants: [{to: [bob]}]}`)))
	if notes := strings.Join(plan.Connections[0].Notes, "\n"); !plan.Empty() || !strings.Contains(notes, "app-group/Plain: the vendor does not show its type") {
		t.Errorf("%q, notes %q", said(plan), notes)
	}
}

// Law 5: while the vendor does not say who may use an app, nobody knows who is assigned, so that no revoke is seen to be done.
func TestRevokesOnAppsOfUnknownModeAreInDoubt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCloud(t, free, `huaweicloud: {users: [{name: a}, {name: b}], apps: [{name: X, grants: [a, b]}]}`)
		job := c.Job(c.Open(t), desired(ref(kindApp, "X"), user("a")))
		plan := providertest.Plan(t, job)
		c.Rewrite(func(_ *http.Request, answer map[string]any) {
			providertest.EachList(answer, func(rows []map[string]any) []map[string]any {
				for _, row := range rows {
					delete(row, "authorization_type")
				}
				return rows
			})
		})
		if result := providertest.Apply(t, plan, job); result.Summary.Unknown != 1 || result.Summary.Done > 0 {
			t.Errorf("%+v", result.Summary)
		}
	})
}
