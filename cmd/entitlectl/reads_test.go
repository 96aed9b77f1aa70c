package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/entitlectl/entitlectl/pkg/providers/emu"
)

const fiftyHead = `version: 1
connections:
  workspace:
    provider: huaweicloud
    region: ap-southeast-3
    project: 0123456789abcdef0123456789abcdef
    auth: {accessKey: env:HUAWEICLOUD_SDK_AK, secretKey: env:HUAWEICLOUD_SDK_SK}
  mail:
    provider: wps365
    auth: {appId: env:WPS_APP_ID, appKey: env:WPS_APP_KEY}
    experimental: [members, senders]
  directory:
    provider: alibabacloud
    auth: {accessKeyId: env:ALIBABA_CLOUD_ACCESS_KEY_ID, accessKeySecret: env:ALIBABA_CLOUD_ACCESS_KEY_SECRET}
`

// fifty is a world with fifty resources of each kind, and a file that says the same.
func fifty(t *testing.T) *world {
	t.Helper()
	w := &world{server: newEmulator(emu.Options{}, true), file: filepath.Join(t.TempDir(), "entitlements.yaml")}
	w.transport = w.server.Transport()
	each := func(format string) string {
		var b strings.Builder
		for i := range 50 {
			fmt.Fprintf(&b, format, i)
		}
		return b.String()
	}
	check(t, w.server.LoadSeed([]byte(`huaweicloud:
  users: [{name: ann, email: ann@corp.example}, {name: ben, email: ben@corp.example}, {name: cem, email: cem@corp.example}]
  userGroups: [{name: Designers, members: [ann, ben]}]
  appGroups:
`+each("    - {name: G%02d, grants: [ann, ben, cem]}\n")+"  apps:\n"+each("    - {name: P%02d, audience: assigned, grants: [ann]}\n")+`wps365:
  users: [{name: Ann, email: ann@corp.example}, {name: Ben, email: ben@corp.example}]
  mailGroups:
`+each("    - {address: m%02[1]d@corp.example, name: M%02[1]d, owner: ann@corp.example, senders: company, members: [ann@corp.example, ben@corp.example]}\n")+`alibabacloud:
  accounts:
`+each("    - {name: a%02[1]d, type: resource, email: a%02[1]d@corp.example}\n"))))
	check(t, os.WriteFile(w.file, []byte(fiftyHead+`users:
  - {name: ann, email: ann@corp.example}
  - {name: ben, email: ben@corp.example}
  - {name: cem, email: cem@corp.example}
appGroups:
`+each("  - {name: G%02d, in: workspace, grants: [{to: [ann, ben, cem]}]}\n")+"apps:\n"+each("  - {name: P%02d, in: workspace, audience: assigned, grants: [{to: [ann]}]}\n")+
		"mailGroups:\n"+each("  - {address: m%02[1]d@corp.example, in: mail, name: M%02[1]d, owner: ann, senders: company, members: [ann, ben]}\n")+
		"accounts:\n"+each("  - {name: a%02[1]d, in: directory, type: resource, email: a%02[1]d@corp.example}\n")), 0o600))
	return w
}

// onlyOfOneCall is what tells requests apart that ask for the same.
var onlyOfOneCall = regexp.MustCompile(`(SignatureNonce|Timestamp|Signature)=[^&]*&?`)

// No command asks for a list twice in one run, whatever it makes of it. But for mails: who was granted something is mailed after it.
func TestNoListIsReadTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := fifty(t)
		text := string(read(t, w.file))
		connections, _, _ := strings.Cut(text, "users:")
		plan := filepath.Join(t.TempDir(), "plan.json")
		granted := strings.Replace(text, "[ann, ben, cem]", "[ann, ben, group:Designers]", 1)
		renamed := strings.Replace(text, "{name: G01, ", "{name: H01, previously: G01, ", 1)
		for _, run := range []struct {
			args, file string
			calls      int
			code       int
			twice      string // what may be asked twice
		}{
			{"plan", text, 158, exitDone, ""},
			{"plan -o json", text, 158, exitDone, ""},
			{"plan --out " + plan, text, 158, exitDone, ""},
			{"drift -o html", text, 158, exitDone, ""},
			{"plan -o json", renamed, 158, exitDone, ""},
			{"plan --target app-group/H01", renamed, 3, exitDone, ""},
			{"doctor", text, 13, exitDone, ""},
			{"access --live", text, 109, exitDone, ""},
			{"who-can app-group/G01 --live", text, 3, exitDone, ""},
			{"who-can app/P01 --both", text, 3, exitDone, ""},
			{"who-can mail-group/M01@corp.example --live", text, 4, exitDone, ""},
			{"who-can account/a01 --live", text, 1, exitDone, ""},
			{"import", connections, 159, exitDone, ""},
			{"import --adopt", strings.Replace(text, "  - {name: G00, in: workspace, grants: [{to: [ann, ben, cem]}]}\n", "", 1), 111, exitDone, ""},
			{"plan -o json", connections, 5, exitDone, ""},
			{"apply --yes", granted, 165, exitDone, "/mails"},
		} {
			check(t, os.WriteFile(w.file, []byte(run.file), 0o600))
			before := len(w.server.Calls())
			if code := w.run(t.Context(), strings.Fields(run.args)...); code != run.code {
				t.Fatalf("%s: exit %d\n%s", run.args, code, &w.stderr)
			}
			calls, asked := w.server.Calls()[before:], map[string]int{}
			for _, call := range calls {
				what := call.Method + " " + call.Path + "?" + onlyOfOneCall.ReplaceAllString(call.Query, "")
				if asked[what]++; asked[what] > 1 && (run.twice == "" || !strings.HasSuffix(call.Path, run.twice)) {
					t.Errorf("%s: asked again: %s", run.args, what)
				}
			}
			if t.Logf("%s: %d calls", run.args, len(calls)); len(calls) > run.calls {
				t.Errorf("%s: at most %d", run.args, run.calls)
			}
		}
	})
}
