package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/entitlectl/entitlectl/pkg/providers/emu"
	"github.com/entitlectl/entitlectl/pkg/store/postgres/pgtest"
)

// A rule counts the mails to a person over all runs that share a store, from whichever machine, and refuses those beyond it
// before anything is written.
func TestMailsPerPersonOverRuns(t *testing.T) {
	for name, store := range map[string]func(t *testing.T) string{
		"file":     func(t *testing.T) string { return "file:" + filepath.Join(t.TempDir(), "state") },
		"postgres": func(t *testing.T) string { return pgtest.Shared(t).URL(pgtest.Shared(t).Schema(t)) },
	} {
		t.Run(name, func(t *testing.T) {
			m := newMailWorld(t, store(t))
			on := m.on
			writes := func() (n int) {
				for _, call := range m.server.Calls() {
					if mayWrite(call.Method, call.Path) {
						n++
					}
				}
				return n
			}
			on(exitDone, "[{name: A, in: h, grants: [{to: [ann]}]}]", "apply", "--yes")
			plan := filepath.Join(t.TempDir(), "plan.json")
			const saved = "[{name: A, in: h, grants: [{to: [ann]}]}, {name: C, in: h, grants: [{to: [ann]}]}]"
			const second = "[{name: A, in: h, grants: [{to: [ann, ben]}]}, {name: B, in: h, grants: [{to: [ann]}]}]"
			on(exitDone, saved, "plan", "--out", plan)
			on(exitDone, second, "apply", "--yes")
			const third = "[{name: A, in: h, grants: [{to: [ann, ben]}]}, {name: B, in: h, grants: [{to: [ann]}]}, {name: C, in: h, grants: [{to: [ann, ben]}]}]"
			before := writes()
			for _, command := range [][]string{{"plan"}, {"apply", "--yes"}} {
				if out := on(exitRefused, third, command...); !strings.Contains(out, "rule max-mails-per-person on ann@local.com: 3, the limit is 2") || strings.Contains(out, "on ben") {
					t.Errorf("%v says\n%s", command, out)
				}
			}
			if out := on(exitRefused, strings.Replace(saved, "[ann]", "[ann, ben]", 1), "apply", "--yes", plan); !strings.Contains(out, "on ann@local.com: 3, the limit is 2") {
				t.Errorf("a plan that was saved before says\n%s", out)
			}
			if writes() != before {
				t.Error("something was written")
			}
			on(exitDone, third, "apply", "--yes", "--allow", "max-mails-per-person")
		})
	}
}

// mailWorld is a tenant with a rule about mails to one person, and a store that its runs share.
type mailWorld struct {
	*world
	t   *testing.T
	url string
}

func newMailWorld(t *testing.T, url string) mailWorld {
	t.Helper()
	w := newWorld(t)
	check(t, w.server.LoadSeed([]byte("huaweicloud:\n  users: [{name: ann, email: ann@corp.example}, {name: ben, email: ben@corp.example}]\n  appGroups: [{name: A}, {name: B}, {name: C}]\n")))
	return mailWorld{w, t, url}
}

// on runs a command on files with these groups, which is to end with a code.
func (w mailWorld) on(want int, groups string, args ...string) string {
	w.t.Helper()
	text := "version: 1\nconnections:\n  h: {provider: huaweicloud, region: ap-southeast-3, auth: {accessKey: env:HUAWEICLOUD_SDK_AK, secretKey: env:HUAWEICLOUD_SDK_SK}, endpoint: \"http://127.0.0.1:1\", rate: {read: 100000/min, write: 100000/min}}\n" +
		"users: [{name: ann}, {name: ben}]\nrules: {max-mails-per-person: 2/day}\nappGroups: " + groups + "\n"
	check(w.t, os.WriteFile(w.file, []byte(text), 0o600))
	w.stdout.Reset()
	w.stderr.Reset()
	if code := (&cli{env: w.env(&w.stdout)}).run(w.t.Context(), append(args, "--store", w.url, "-f", w.file)); code != want {
		w.t.Fatalf("%v ended with %d, want %d\n%s%s", args, code, want, &w.stdout, &w.stderr)
	}
	return w.stdout.String() + w.stderr.String()
}

// A mail of a call that was not answered counts, and one of a call that was refused does not.
func TestMailsPerPersonInDoubt(t *testing.T) {
	w := newMailWorld(t, "file:"+filepath.Join(t.TempDir(), "state"))
	const one, two = "{name: A, in: h, grants: [{to: [ann]}]}", "{name: B, in: h, grants: [{to: [ann]}]}"
	fault := emu.Fault{Match: "POST /v1/*/app-groups/authorizations", Nth: 1, Kind: emu.FaultRefuse, Status: 403}
	check(t, w.server.SetFaults([]emu.Fault{fault}))
	w.on(exitUnfinished, "["+one+"]", "apply", "--yes")
	fault.Kind, fault.Status = emu.FaultDropReply, 0
	check(t, w.server.SetFaults([]emu.Fault{fault}))
	w.on(exitDone, "["+one+"]", "apply", "--yes")
	w.on(exitDone, "["+one+", "+two+"]", "apply", "--yes")
	w.on(exitRefused, "["+one+", "+two+", {name: C, in: h, grants: [{to: [ann]}]}]", "apply", "--yes")
}
