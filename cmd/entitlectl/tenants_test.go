package main

import (
	"maps"
	"os"
	"strings"
	"testing"
)

// twoOfEach is a world of two tenants at each vendor, alike but for their ids.
const twoOfEach = `huaweicloud:
  - users: [{name: ann}, {name: ben}]
    appGroups: [{name: CAD, grants: [ann]}]
  - project: second
    users: [{name: ann}, {name: ben}]
    appGroups: [{name: CAD, grants: [ann]}]
wps365:
  - users: [{name: Ann, email: ann@corp.example}, {name: Ben, email: ben@corp.example}]
    mailGroups: [{address: cad@corp.example, name: CAD, owner: ann@corp.example, members: [ann@corp.example]}]
  - company: second
    users: [{name: Ann, email: ann@corp.example}, {name: Ben, email: ben@corp.example}]
    mailGroups: [{address: cad@corp.example, name: CAD, owner: ann@corp.example, members: [ann@corp.example]}]
alibabacloud:
  - accounts: [{name: billing, owner: ignores}]
  - directory: rd-second
    accounts: [{name: billing, owner: ignores}]
`

const twoOfEachFile = `version: 1
connections:
  h1: {provider: huaweicloud, region: ap-southeast-3, auth: {accessKey: env:HUAWEICLOUD_SDK_AK, secretKey: env:HUAWEICLOUD_SDK_SK}, endpoint: "http://127.0.0.1:1"}
  h2: {provider: huaweicloud, region: ap-southeast-3, project: SECOND, auth: {accessKey: env:HUAWEICLOUD_SDK_AK, secretKey: env:HUAWEICLOUD_SDK_SK}, endpoint: "http://127.0.0.1:1"}
  w1: {provider: wps365, auth: {appId: env:WPS_APP_ID, appKey: env:WPS_APP_KEY}, experimental: [members], endpoint: "http://127.0.0.1:1"}
  w2: {provider: wps365, auth: {appId: env:WPS_APP_ID_2, appKey: env:WPS_APP_KEY}, experimental: [members], endpoint: "http://127.0.0.1:1"}
  a1: {provider: alibabacloud, auth: {accessKeyId: env:ALIBABA_CLOUD_ACCESS_KEY_ID, accessKeySecret: env:ALIBABA_CLOUD_ACCESS_KEY_SECRET}, endpoint: "http://127.0.0.1:1"}
  a2: {provider: alibabacloud, auth: {accessKeyId: env:ALIBABA_CLOUD_ACCESS_KEY_ID_2, accessKeySecret: env:ALIBABA_CLOUD_ACCESS_KEY_SECRET}, endpoint: "http://127.0.0.1:1"}
users: [{name: ann, email: ann@corp.example}, {name: ben, email: ben@corp.example}]
appGroups: [{name: CAD, in: h1, grants: [{to: [ann]}]}, {name: CAD, in: h2, grants: [{to: [ann, ben]}]}]
mailGroups: [{address: cad@corp.example, in: w1, members: [ann]}, {address: cad@corp.example, in: w2, members: [ann, ben]}]
accounts: [{name: billing, in: a1}, {name: billing, in: a2, type: cloud, email: b@corp.example}]
`

func tenants(t *testing.T, second string, ids map[string]string) *world {
	w := newWorld(t)
	check(t, w.server.LoadSeed([]byte(twoOfEach)))
	check(t, os.WriteFile(w.file, []byte(strings.ReplaceAll(twoOfEachFile, "SECOND", second)), 0o600))
	w.secrets = map[string]string{"WPS_APP_ID_2": "emulator-app-second", "ALIBABA_CLOUD_ACCESS_KEY_ID_2": "emulator-key-rd-second"}
	maps.Copy(w.secrets, ids)
	return w
}

// Tenants of one vendor stand beside each other in one emulator; what is changed in one leaves the other as it was.
func TestTwoTenantsOfEachVendor(t *testing.T) {
	w := tenants(t, "second", nil)
	if code := w.run(t.Context(), "apply", "--yes"); code != exitDone {
		t.Fatalf("exit %d\n%s%s", code, &w.stdout, &w.stderr)
	}
	state, err := w.server.State()
	check(t, err)
	for _, want := range []string{"grants: [ann]", "grants: [ann, ben]", "project: second", "members: [ann@corp.example]",
		"members: [ann@corp.example, ben@corp.example]", "company: second", "status: CreateSuccess", "status: PromoteVerifying", "directory: rd-second"} {
		if strings.Count(string(state), want+"\n") != 1 {
			t.Errorf("%q is not there once:\n%s", want, state)
		}
	}
	check(t, w.server.LoadSeed(state))
	again, err := w.server.State()
	check(t, err)
	if string(again) != string(state) {
		t.Errorf("the state\n%s\nbecame\n%s", state, again)
	}
	if code := w.run(t.Context(), "plan", "--detailed-exitcode"); code != exitDone {
		t.Errorf("plan: exit %d\n%s%s", code, &w.stdout, &w.stderr)
	}
}

// Two connections that reach one tenant by different ways are refused before anything is written.
func TestTwoWaysToOneTenant(t *testing.T) {
	for name, tc := range map[string]struct {
		*world
		connections []string
	}{
		"a project and its region": {tenants(t, "0123456789abcdef0123456789abcdef", nil), []string{"--connection", "h1", "--connection", "h2"}},
		"two keys of one directory": {tenants(t, "second", map[string]string{"ALIBABA_CLOUD_ACCESS_KEY_ID": "emulator-key-rd-second"}),
			[]string{"--connection", "a1", "--connection", "a2"}},
	} {
		w := tc.world
		for _, command := range [][]string{{"plan"}, {"apply", "--yes"}, {"drift"}} {
			before, err := w.server.State()
			check(t, err)
			code := w.run(t.Context(), append(command, tc.connections...)...)
			after, err := w.server.State()
			check(t, err)
			if code != exitError || !strings.Contains(w.stderr.String(), "keep one of them for a tenant") || string(before) != string(after) {
				t.Errorf("%s: %v: exit %d\n%s%s", name, command, code, &w.stdout, &w.stderr)
			}
		}
	}
}

// Where two of the connections reach one tenant, nothing is written to any: at others neither.
func TestOneTenantTwiceStopsTheWholeApply(t *testing.T) {
	w := tenants(t, "second", map[string]string{"ALIBABA_CLOUD_ACCESS_KEY_ID": "emulator-key-rd-second"})
	before, err := w.server.State()
	check(t, err)
	code := w.run(t.Context(), "apply", "--yes")
	after, err := w.server.State()
	check(t, err)
	if code != exitError || !strings.Contains(w.stderr.String(), "keep one of them for a tenant") || string(before) != string(after) {
		t.Errorf("exit %d\n%s%s", code, &w.stdout, &w.stderr)
	}
}
