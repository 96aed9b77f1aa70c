package main

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/entitlectl/entitlectl/pkg/diff"
)

// small is a world of one app group, and files that give it to alice alone.
func small(t *testing.T, rules string) *world {
	t.Helper()
	w := newWorld(t)
	check(t, w.server.LoadSeed([]byte("huaweicloud:\n  users: [{name: alice, email: alice@corp.example}, {name: bob}, {name: cy}]\n  appGroups: [{name: CAD, grants: [bob, cy]}]\n")))
	w.lists(t, "alice", rules)
	return w
}

// lists writes files that give the app group to somebody.
func (w *world) lists(t *testing.T, to, rules string) {
	t.Helper()
	text := head() + "users: [{name: alice}, {name: bob}, {name: cy}]\nappGroups: [{name: CAD, in: workspace, grants: [{to: [" + to + "]}]}]\n" +
		"rules: {max-revoke-share: off, max-revoke-share-resource: off" + rules + "}\n"
	check(t, os.WriteFile(w.file, []byte(text), 0o600))
}

// head is the head of a file with one connection to the emulator.
func head() string {
	return `version: 1
connections:
  workspace:
    provider: huaweicloud
    region: ap-southeast-3
    project: 0123456789abcdef0123456789abcdef
    auth: {accessKey: env:HUAWEICLOUD_SDK_AK, secretKey: env:HUAWEICLOUD_SDK_SK}
    endpoint: http://127.0.0.1:1
    rate: {read: 60000/min, write: 60000/min}
`
}

// Whoever seals a plan anew gets nothing past rules and files: not by leaving out what it breaks, nor by what a call touches
// beside its changes.
func TestSealedAnewIsJudgedAllTheSame(t *testing.T) {
	for _, tc := range []struct {
		name, to, rules string
		alter           func(part *diff.ConnectionPlan)
		code            int
		why             string
	}{
		{"as it was", "alice, cy", "", func(*diff.ConnectionPlan) {}, exitDone, ""},
		{"what it breaks is left out", "alice", ", max-revokes: 1", func(part *diff.ConnectionPlan) { part.Violations = []diff.Violation{} }, exitRefused, "breaks max-revokes"},
		{"whom it protects", "alice", ", protected: [user:bob]", func(part *diff.ConnectionPlan) { part.Violations = []diff.Violation{} }, exitRefused, "breaks protected"},
		{"a wanted grant beside a revoke", "alice, cy", "", func(part *diff.ConnectionPlan) {
			for i, call := range part.Calls {
				if c := part.Changes[call.Changes[0]]; c.Op == diff.OpRevoke {
					c.Subject.Name, c.Reason = "cy", "absent already"
					part.Calls[i].Extra = []diff.Change{c}
				}
			}
		}, exitStale, "revoke app-group/CAD cy@local.com: a call would do this beside the changes"},
		{"fewer mails than it sends", "alice, cy", ", max-mails: 0", func(part *diff.ConnectionPlan) {
			part.Violations = []diff.Violation{}
			for i := range part.Changes {
				part.Changes[i].Mails = 0
			}
		}, exitRefused, "breaks max-mails"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := small(t, tc.rules)
			w.lists(t, tc.to, tc.rules)
			file := filepath.Join(t.TempDir(), "plan.json")
			w.run(t.Context(), "plan", "--out", file)
			plan, err := readPlan(t.Context(), file)
			check(t, err)
			tc.alter(&plan.Connections[0])
			text, err := plan.Encode()
			check(t, err)
			check(t, os.WriteFile(file, text, 0o600))
			if tc.code != exitDone {
				w.refused(t, tc.code, tc.why, "apply", file, "--yes")
			} else if code := w.run(t.Context(), "apply", file, "--yes"); code != exitDone {
				t.Errorf("exit %d, %s", code, &w.stderr)
			}
		})
	}
}

// hesitant answers yes each time, after something else was done.
type hesitant struct {
	asked  int
	before func(asked int)
}

func (h *hesitant) Read(p []byte) (int, error) {
	h.asked++
	h.before(h.asked)
	return copy(p, "yes\n"), nil
}

// An answer that comes when the plan is none of now is about another plan: the difference and the plan of now are shown, and it
// asks again, but not without end.
func TestLateAnswers(t *testing.T) {
	for _, tc := range []struct {
		changes     int // answers before which the files change
		asked, code int
	}{{0, 1, exitDone}, {1, 2, exitDone}, {3, 4, exitDone}, {9, 4, exitStale}} {
		t.Run(fmt.Sprint(tc.changes), func(t *testing.T) {
			w := small(t, "")
			lines := []string{"alice", "bob", "cy"}
			person := &hesitant{before: func(asked int) {
				if asked <= tc.changes {
					w.lists(t, lines[asked%3], "")
				}
			}}
			var out bytes.Buffer
			e := w.env(&out)
			e.stdin, e.terminal.stdin, e.terminal.stderr = person, true, true
			code := run(t.Context(), e, []string{"apply", "-f", w.file, "--state-dir", filepath.Join(t.TempDir(), "state")})
			said := w.stderr.String()
			if code != tc.code || person.asked != tc.asked || strings.Count(said, "Apply these changes?") != tc.asked {
				t.Errorf("exit %d, asked %d times\n%s%s", code, person.asked, &out, said)
			}
			if changed := strings.Count(said, "the files have changed since the plan was shown; this is the plan of now"); changed != tc.asked-1 || strings.Count(out.String(), "Plan: ") != tc.asked {
				t.Errorf("the difference is not shown\n%s%s", &out, said)
			}
		})
	}
}

// The same files give the same plan in whatever order and spelling they are named.
func TestThePlanIsOfTheWorld(t *testing.T) {
	w := newWorld(t)
	check(t, w.server.LoadSeed([]byte("huaweicloud:\n  users: [{name: alice}]\n  appGroups: [{name: CAD}]\n")))
	t.Chdir(t.TempDir())
	check(t, os.WriteFile("a.yaml", []byte(head()+"users: [{name: alice}]\n"), 0o600))
	check(t, os.WriteFile("b.yaml", []byte("version: 1\nappGroups: [{name: CAD, in: workspace, grants: [{to: [alice]}]}]\n"), 0o600))
	var ids []string
	for i, files := range [][]string{{"a.yaml", "b.yaml"}, {"b.yaml", "a.yaml"}, {"./a.yaml", "b.yaml", "a.yaml"}, {"."}} {
		plan := filepath.Join(t.TempDir(), fmt.Sprint(i))
		args := []string{"plan", "--out", plan, "--state-dir", t.TempDir()}
		for _, f := range files {
			args = append(args, "-f", f)
		}
		var out bytes.Buffer
		if code := run(t.Context(), w.env(&out), args); code != exitDone {
			t.Fatalf("%q: exit %d, %s", files, code, &w.stderr)
		}
		saved, err := readPlan(t.Context(), plan)
		check(t, err)
		ids = append(ids, saved.ID)
	}
	if len(slices.Compact(slices.Clone(ids))) != 1 {
		t.Errorf("ids %q", ids)
	}
}

// To judge a saved plan takes no more reads than to make it; where it takes nothing, only what it touches is read.
func TestJudgingReadsNoMoreThanPlanning(t *testing.T) {
	seed := "huaweicloud:\n  users: [{name: alice, email: alice@corp.example}, {name: bob}, {name: cy}]\n  appGroups:\n    - {name: CAD, grants: [bob, cy]}\n"
	lines := ""
	for i := range 30 {
		seed += fmt.Sprintf("    - {name: G%d, grants: [bob]}\n", i)
		lines += fmt.Sprintf("  - {name: G%d, in: workspace, grants: [{to: [bob]}]}\n", i)
	}
	for to, narrow := range map[string]bool{"alice": false, "alice, bob, cy": true} {
		w := newWorld(t)
		check(t, w.server.LoadSeed([]byte(seed)))
		check(t, os.WriteFile(w.file, []byte(head()+"users: [{name: alice, email: alice@corp.example}, {name: bob}, {name: cy}]\nappGroups:\n  - {name: CAD, in: workspace, grants: [{to: ["+to+"]}]}\n"+lines+
			"rules: {max-revoke-share-resource: off}\n"), 0o600))
		var mu sync.Mutex  // reads go side by side
		var asked []string // of reads before the first write
		wrote := false
		w.transport = roundTrip(func(r *http.Request) (*http.Response, error) {
			mu.Lock()
			wrote = wrote || r.Method != http.MethodGet
			if !wrote {
				asked = append(asked, r.URL.Path)
			}
			mu.Unlock()
			return w.server.Transport().RoundTrip(r)
		})
		file := filepath.Join(t.TempDir(), "plan.json")
		if code := w.run(t.Context(), "plan", "--out", file); code != exitDone {
			t.Fatalf("exit %d, %s", code, &w.stderr)
		}
		planned := len(asked)
		asked, wrote = nil, false
		if code := w.run(t.Context(), "apply", file, "--yes"); code != exitDone {
			t.Fatalf("exit %d, %s", code, &w.stderr)
		}
		t.Logf("%s: %d reads to plan, %d to judge: %q", to, planned, len(asked), asked)
		if len(asked) > planned || narrow && len(asked) > 5 {
			t.Errorf("%s: %d reads to plan, %d to judge", to, planned, len(asked))
		}
	}
}
