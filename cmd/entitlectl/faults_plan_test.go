package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/entitlectl/entitlectl/examples"
	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/providers/emu"
)

// The tests of this file are named after the rows of the fault matrix that they prove for the whole program.

// saved saves the demo's plan of one connection.
func (w *world) saved(t *testing.T) (file string, plan *diff.Plan) {
	t.Helper()
	file = filepath.Join(t.TempDir(), "plan.json")
	if code := w.run(t.Context(), "plan", "--connection", "workspace", "--out", file); code != exitDone {
		t.Fatal(&w.stderr)
	}
	plan, err := readPlan(t.Context(), file)
	check(t, err)
	return file, plan
}

// refused runs a command line that must end with the code, say why, and leave the vendors as they are.
func (w *world) refused(t *testing.T, code int, why string, args ...string) {
	t.Helper()
	before, err := w.server.State()
	check(t, err)
	if have := w.run(t.Context(), args...); have != code || !strings.Contains(w.stderr.String(), why) {
		t.Errorf("%q: exit %d, want %d and %q\n%s%s", args, have, code, why, &w.stdout, &w.stderr)
	}
	after, err := w.server.State()
	check(t, err)
	if string(before) != string(after) {
		t.Errorf("%q: something was written:\n%s", args, after)
	}
}

// A plan that was altered, cut, made by another version or for something else writes nothing. That every byte counts is
// proved where plans are read.
func TestFault19TamperedPlan(t *testing.T) {
	w := newWorld(t)
	file, plan := w.saved(t)
	text, err := os.ReadFile(file)
	check(t, err)
	sealed := func(alter func(*diff.Plan)) string { // by somebody who knows how a plan is sealed
		again, err := diff.Decode(text)
		check(t, err)
		alter(again)
		data, err := again.Encode()
		check(t, err)
		return string(data)
	}
	for _, tc := range []struct {
		name, text string
		code       int
		why        string
	}{
		{"altered", strings.Replace(string(text), `"alice"`, `"peggy"`, 1), exitError, "altered after it was saved"},
		{"cut", string(text[:len(text)/2]), exitError, "not a whole plan"},
		{"newer", strings.Replace(string(text), `"format": 1`, `"format": 2`, 1), exitError, "format 2"},
		{"another connection", sealed(func(p *diff.Plan) { p.Connections[0].Name = "elsewhere" }), exitError, "no connection elsewhere"},
		{"another provider", sealed(func(p *diff.Plan) { p.Connections[0].Provider = "wps365" }), exitError, "of provider wps365"},
		{"another account", sealed(func(p *diff.Plan) { p.Connections[0].Account = "project f" }), exitStale, "the plan is for project f, and the credentials reach project 0"},
		{"a kind that nobody has", sealed(func(p *diff.Plan) {
			for i := range p.Connections[0].Changes {
				p.Connections[0].Changes[i].Kind = "robot"
			}
		}), exitError, `or kind "robot"`},
		{"what the files do not want", sealed(func(p *diff.Plan) {
			p.Connections[0].Changes[0].Resource = "Backdoor"
		}), exitStale, "the files do not list this resource now"},
	} {
		check(t, os.WriteFile(file, []byte(tc.text), 0o600))
		t.Run(tc.name, func(t *testing.T) { w.refused(t, tc.code, tc.why, "apply", file, "--yes") })
	}
	check(t, os.WriteFile(file, text, 0o600))
	if code := w.run(t.Context(), "apply", file, "--yes"); code != exitDone {
		t.Errorf("as it was saved (%s): exit %d, %s", plan.ID, code, &w.stderr)
	}
}

// Where somebody else changed what a plan touches, all of it is refused with the difference, and nothing is written;
// what it does not touch is no matter.
func TestFault20StalePlan(t *testing.T) {
	for _, tc := range []struct {
		name, old, new string
		why            string // blank: the plan goes on
	}{
		{"somebody came", "grants: [alice, peggy]", "grants: [alice, peggy, stranger]", "app-group/CAD: stranger@local.com came"},
		{"somebody went", "grants: [alice, peggy]", "grants: [peggy]", "app-group/CAD: alice@local.com went"},
		{"what it does not touch", "{name: Office, grants: [erin]}", "{name: Office, grants: [stranger]}", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld(t)
			file, _ := w.saved(t)
			seed, err := examples.Demo.ReadFile("demo/seed.yaml")
			check(t, err)
			changed := strings.Replace(string(seed), tc.old, tc.new, 1)
			if changed == string(seed) {
				t.Fatalf("the world has no %q", tc.old)
			}
			check(t, w.server.LoadSeed([]byte(changed)))
			if tc.why != "" {
				w.refused(t, exitStale, tc.why, "apply", file, "--yes")
			} else if code := w.run(t.Context(), "apply", file, "--yes"); code != exitDone {
				t.Errorf("exit %d, %s", code, &w.stderr)
			}
		})
	}
}

// What looks like the end of all access is an accident: none of these takes anything away.
func TestFault24MassRemoval(t *testing.T) {
	empty := func(path, body string) []emu.Fault {
		return []emu.Fault{{Match: "GET " + path, Kind: emu.FaultRefuse, Status: 200, Body: body}}
	}
	groups := func(grants string) string {
		return "appGroups:\n  - {name: CAD, in: workspace" + grants + "}\n  - {name: Legacy, in: workspace" + grants + "}\n"
	}
	for _, tc := range []struct {
		name    string
		alter   func(file string) string
		faults  []emu.Fault
		secrets map[string]string
		seed    string // instead of the demo's world
		code    int
		why     string
	}{
		{"an emptied file", func(string) string { return "" }, nil, nil, "", exitError, "file is empty"},
		{"a file cut in the middle", func(f string) string { return f[:strings.Index(f, "appGroups:")+30] }, nil, nil, "", exitError, "entitlements.yaml:"},
		{"every list removed", func(f string) string { return f[:strings.Index(f, "teams:")] }, nil, nil, "", exitDone, ""},
		{"every holder removed", func(f string) string { return f[:strings.Index(f, "users:")] + groups("") }, nil, nil, "", exitRefused, "the plan breaks empty-spec"},
		{"every resource to go", func(f string) string { return f[:strings.Index(f, "users:")] + groups(", state: absent") }, nil, nil, "", exitRefused, "empty-spec"},
		{"a typo in a key", func(f string) string { return strings.Replace(f, "grants:", "grant:", 1) }, nil, nil, "", exitError, `unknown key "grant"`},
		{"a typo in a section", func(f string) string { return strings.Replace(f, "appGroups:", "appGroup:", 1) }, nil, nil, "", exitError, `unknown key "appGroup"`},
		{"a list without its count", nil, empty("/v1/*/app-groups/actions/list-authorizations", `{"authorizations":[]}`), nil, "", exitRefused, "incomplete-read"},
		{"a list that lacks its rows", nil, empty("/v1/*/app-groups/actions/list-authorizations", `{"count":9,"authorizations":[]}`), nil, "", exitRefused, "incomplete-read"},
		{"credentials of nobody", nil, nil, map[string]string{"HUAWEICLOUD_SDK_SK": "another"}, "", exitError, "http 401"},
		{"credentials of an empty tenant", nil, nil, nil, "huaweicloud: {users: [{name: alice}]}", exitError, `no app "AutoCAD"`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld(t)
			if tc.alter != nil {
				text, err := os.ReadFile(w.file)
				check(t, err)
				check(t, os.WriteFile(w.file, []byte(tc.alter(string(text))), 0o600))
			}
			check(t, w.server.SetFaults(tc.faults))
			w.secrets = tc.secrets
			if tc.seed != "" {
				check(t, w.server.LoadSeed([]byte(tc.seed)))
			}
			w.refused(t, tc.code, tc.why, "apply", "--yes", "--connection", "workspace")
		})
	}
}
