package providers_test

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/entitlectl/entitlectl/pkg/providers"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// guardedFiles hold every key that guards access.
const guardedFiles = `version: 1
connections:
  w:
    provider: huaweicloud
    region: ap-southeast-3
    project: 0123456789abcdef0123456789abcdef
    platform: LOCAL
    domain: corp.local
    caseFold: true
    auth: {accessKey: env:HUAWEICLOUD_SDK_AK, secretKey: env:HUAWEICLOUD_SDK_SK}
    endpoint: http://127.0.0.1:1
    packing: {regrant: 1}
  m: {provider: wps365, endpoint: http://127.0.0.1:1, sign: false, auth: {appId: env:WPS_APP_ID, appKey: env:WPS_APP_KEY}}
  d: {provider: alibabacloud, endpoint: http://127.0.0.1:1, region: cn-shanghai, auth: {accessKeyId: env:ALIBABA_CLOUD_ACCESS_KEY_ID, accessKeySecret: env:ALIBABA_CLOUD_ACCESS_KEY_SECRET}}
users:
  - {name: ann, email: ann@corp.example}
  - {name: gone, state: left, account: gone.one, domain: old.local, email: gone@corp.example, names: {m: gone@other.example}}
  - {name: ben, previously: ben.before}
usersFrom:
  csv: people.csv
  columns: {name: login, left: last day, teams: groups, account: cloud, domain: of, platform: kind, email: mail, previously: former, names: {m: other}}
teams: {t: [ann]}
appGroups:
  - {name: G, in: w, grants: [{to: [team:t]}]}
  - {name: Late, in: w, grants: [{to: [ann], expires: 2030-01-01}, {to: [dot], starts: 2031-01-01}]}
  - {name: Doomed, in: w, state: absent}
apps: [{name: X, in: w, audience: assigned, grants: [{to: [ann]}]}]
mailGroups: [{address: g@corp.example, in: m, name: g, owner: ann, senders: company, members: [ann]}]
tests:
  - {who: ben, cannot: [app-group/G], at: 2026-12-01}
  - {who: ann, can: [app-group/G]}
  - {resource: app-group/G, max: 3}
  - {resource: app-group/G, only: [team:t]}
reviewers: {app-group/G: [erin], "*": [security]}
rules:
  max-revokes: 5
  max-revoke-share: 10%
  max-revoke-share-resource: 10%
  max-expiries: 5
  max-mails: 7
  max-mails-per-person: 3/day
  people-shrink: 5%
  protected: [user:ann]
  require-self: user:ann
  min-members: {"app-group:*": 1}
`

// weakens is an edit of those files that weakens a guard by a key.
type weakens struct {
	old, new string
	guard    spec.Guard
}

// guards are the keys whose value guards access, each with an edit that must be told. A key stands for all keys within it.
var guards = map[string]weakens{
	"connection-huaweicloud.region":    {"region: ap-southeast-3", "region: ap-southeast-2", spec.GuardConnection},
	"connection-huaweicloud.project":   {"project: 0", "project: 1", spec.GuardConnection},
	"connection-huaweicloud.platform":  {"platform: LOCAL", "platform: AD", spec.GuardConnection},
	"connection-huaweicloud.domain":    {"domain: corp.local", "domain: other.local", spec.GuardConnection},
	"connection-huaweicloud.caseFold":  {"caseFold: true", "caseFold: false", spec.GuardConnection},
	"connection-huaweicloud.auth":      {"HUAWEICLOUD_SDK_AK", "HUAWEICLOUD_SDK_OTHER", spec.GuardConnection},
	"connection-huaweicloud.endpoint":  {"127.0.0.1:1\n", "127.0.0.1:2\n", spec.GuardConnection},
	"connection-huaweicloud.packing":   {"regrant: 1", "regrant: 2", spec.GuardConnection},
	"connection-wps365.auth":           {"WPS_APP_ID", "WPS_OTHER", spec.GuardConnection},
	"connection-wps365.endpoint":       {"wps365, endpoint: http://127.0.0.1:1", "wps365, endpoint: http://127.0.0.1:2", spec.GuardConnection},
	"connection-wps365.sign":           {"sign: false", "sign: true", spec.GuardConnection},
	"connection-wps365.experimental":   {"sign: false,", "sign: false, experimental: [members],", spec.GuardConnection},
	"connection-alibabacloud.auth":     {"ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_OTHER", spec.GuardConnection},
	"connection-alibabacloud.endpoint": {"alibabacloud, endpoint: http://127.0.0.1:1", "alibabacloud, endpoint: http://127.0.0.1:2", spec.GuardConnection},
	"connection-alibabacloud.region":   {"cn-shanghai", "ap-southeast-1", spec.GuardConnection},
	"user.state":                       {"state: left, ", "", spec.GuardLeft},
	"user.account":                     {"gone.one", "gone.two", spec.GuardLeft},
	"user.domain":                      {"domain: old.local", "domain: new.local", spec.GuardLeft},
	"user.email":                       {"gone@corp.example", "still@corp.example", spec.GuardLeft},
	"user.names":                       {", names: {m: gone@other.example}", "", spec.GuardLeft},
	"user.previously":                  {", previously: ben.before", "", spec.GuardTest},
	"user.name":                        {"{name: gone,", "{name: gone2,", spec.GuardLeft},
	"usersFrom.csv":                    {"csv: people.csv", "csv: frozen.csv", spec.GuardPeople},
	"usersFrom.columns.left":           {"left: last day, ", "", spec.GuardPeople},
	"usersFrom.columns.name":           {"name: login", "name: twin", spec.GuardPeople},
	"usersFrom.columns.teams":          {"teams: groups, ", "", spec.GuardPeople},
	"usersFrom.columns.account":        {"account: cloud, ", "", spec.GuardPeople},
	"usersFrom.columns.domain":         {"domain: of, ", "", spec.GuardPeople},
	"usersFrom.columns.platform":       {"platform: kind, ", "", spec.GuardPeople},
	"usersFrom.columns.email":          {"email: mail, ", "", spec.GuardPeople},
	"usersFrom.columns.previously":     {"previously: former, ", "", spec.GuardPeople},
	"usersFrom.columns.names":          {", names: {m: other}", "", spec.GuardPeople},
	"app-group.name":                   {"name: Late", "name: Later", spec.GuardResource},
	"app-group.ownership":              {"{name: Late,", "{name: Late, ownership: add-only,", spec.GuardOwnership},
	"app-group.state":                  {"  - {name: Doomed, in: w, state: absent}\n", "", spec.GuardResource},
	"app.name":                         {"apps: [{name: X, in: w, audience: assigned, grants: [{to: [ann]}]}]", "apps: [{name: Y, in: w, audience: assigned, grants: [{to: [ann]}]}]", spec.GuardResource},
	"app.ownership":                    {"{name: X,", "{name: X, ownership: add-only,", spec.GuardOwnership},
	"app.audience":                     {"audience: assigned, grants: [{to: [ann]}]", "audience: everyone", spec.GuardSetting},
	"mail-group.address":               {"address: g@", "address: h@", spec.GuardResource},
	"mail-group.ownership":             {"in: m, name", "in: m, ownership: ignored, name", spec.GuardOwnership},
	"mail-group.senders":               {"senders: company", "senders: all", spec.GuardSetting},
	"mail-group.owner":                 {"owner: ann, ", "", spec.GuardSetting},
	"grant.expires":                    {", expires: 2030-01-01", "", spec.GuardEnd},
	"grant.starts":                     {"starts: 2031", "starts: 2030", spec.GuardBegin},
	"reviewers":                        {"app-group/G: [erin]", "app-group/G: [erin, mallory]", spec.GuardReviewers},
	"rules.max-revokes":                {"max-revokes: 5", "max-revokes: 6", spec.GuardRule},
	"rules.max-revoke-share":           {"share: 10%", "share: 11%", spec.GuardRule},
	"rules.max-revoke-share-resource":  {"resource: 10%", "resource: off", spec.GuardRule},
	"rules.max-expiries":               {"max-expiries: 5", "max-expiries: 6", spec.GuardRule},
	"rules.max-mails":                  {"max-mails: 7", "max-mails: 8", spec.GuardRule},
	"rules.max-mails-per-person":       {"3/day", "off", spec.GuardRule},
	"rules.people-shrink":              {"shrink: 5%", "shrink: 50%", spec.GuardRule},
	"rules.protected":                  {"protected: [user:ann]", "protected: []", spec.GuardProtected},
	"rules.require-self":               {"  require-self: user:ann\n", "", spec.GuardSelf},
	"rules.min-members":                {`{"app-group:*": 1}`, "{}", spec.GuardMinMembers},
	"test.who":                         {"{who: ben,", "{who: dot,", spec.GuardTest},
	"test.cannot":                      {"cannot: [app-group/G]", "cannot: [app-group/Late]", spec.GuardTest},
	"test.can":                         {"can: [app-group/G]}", "can: [app-group/Late]}", spec.GuardTest},
	"test.at":                          {", at: 2026-12-01", "", spec.GuardTest},
	"test.resource":                    {"resource: app-group/G", "resource: app-group/Late", spec.GuardTest},
	"test.max":                         {"max: 3", "max: 4", spec.GuardTest},
	"test.only":                        {"only: [team:t]", "only: [team:t, dot]", spec.GuardTest},
}

// guardsNothing are the other keys, and why.
var guardsNothing = map[string]string{
	"version": "there is one", "connections": "see its keys", "users": "see its keys", "tests": "see its keys", "rules": "see its keys",
	"usersFrom": "see its keys", "usersFrom.columns": "see its keys", "appGroups": "see its keys", "apps": "see its keys", "mailGroups": "see its keys", "accounts": "see its keys",
	"teams":                           "who is in a team shows as grants and losses",
	"connection.provider":             "another provider has other keys, and none of the resources",
	"connection-huaweicloud.provider": "as above", "connection-wps365.provider": "as above", "connection-alibabacloud.provider": "as above",
	"connection-huaweicloud.rate": "a reviewed file slows its own run", "connection-wps365.rate": "as above", "connection-alibabacloud.rate": "as above",
	"connection-huaweicloud.notices": "mails give nobody anything; max-mails counts them", "connection-alibabacloud.notices": "as above",
	"connection-huaweicloud.language": "of mails",
	"user.platform":                   "where the vendor looks somebody up, under the same name",
	"app-group.in":                    "another connection is another resource", "app.in": "as above", "mail-group.in": "as above", "account.in": "as above",
	"app-group.previously": "told where the plan would make another resource", "app.previously": "nothing makes an app", "mail-group.previously": "as for app groups", "account.previously": "nothing makes an account",
	"app-group.grants": "what is granted shows in the plan", "app.grants": "as above", "mail-group.members": "as above", "mail-group.allowedSenders": "as above", "grant.to": "as above",
	"grant.reason":          "a text",
	"app-group.description": "a text", "app-group.type": "given when it is made", "app-group.serverGroup": "where it runs", "mail-group.name": "a text",
	"app.state": "no app can be absent", "mail-group.state": "as for app groups",
	"account.name": "accounts hold no grants, and are not made", "account.type": "as above", "account.email": "where its mails go: an update, which shows in the plan",
	"packing.regrant": "part of its connection", "packing.coverAbsent": "as above",
}

// Each key of the files is judged: an edit by which it guards less is told, or it is written down why it guards nothing. A new key has
// to be judged as well.
func TestEachKeyThatGuardsIsTold(t *testing.T) {
	var root map[string]any
	if err := json.Unmarshal(spec.Schema(providers.Formats()), &root); err != nil {
		t.Fatal(err)
	}
	keys := map[string]bool{}
	listKeys(root, "", keys)
	for name, def := range root["$defs"].(map[string]any) {
		listKeys(def, name, keys)
	}
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		_, guarded := guards[key]
		if _, judged := guardsNothing[key]; judged == guarded {
			t.Errorf("%s: say in guards or in guardsNothing, and not in both, whether files guard access by it", key)
		}
	}
	was := guardedBy(t, guardedFiles)
	for key, edit := range guards {
		t.Run(key, func(t *testing.T) {
			if !keys[key] || !strings.Contains(guardedFiles, edit.old) {
				t.Fatalf("there is no such key, or the files hold no %q", edit.old)
			}
			is := guardedBy(t, strings.Replace(guardedFiles, edit.old, edit.new, 1))
			told := append(spec.Weakened(was, is), spec.Deferred(was, is, time.Date(2026, 11, 5, 0, 0, 0, 0, time.UTC))...)
			if !slices.ContainsFunc(told, func(w spec.Weakening) bool { return w.What == edit.guard && w.Source+w.Was != "" }) {
				t.Errorf("%q in place of %q is not told as %s: %+v", edit.new, edit.old, edit.guard, told)
			}
		})
	}
	for key := range guardsNothing {
		if !keys[key] {
			t.Errorf("%s: no such key", key)
		}
	}
}

// listKeys lists the keys of a part of a schema, but for those within a key that is judged as a whole.
func listKeys(part any, at string, keys map[string]bool) {
	switch part := part.(type) {
	case []any:
		for _, p := range part {
			listKeys(p, at, keys)
		}
	case map[string]any:
		properties, _ := part["properties"].(map[string]any)
		for key, value := range properties {
			path := strings.TrimPrefix(at+"."+key, ".")
			keys[path] = true
			if _, whole := guards[path]; !whole && guardsNothing[path] == "" || strings.HasPrefix(guardsNothing[path], "see") {
				listKeys(value, path, keys)
			}
		}
		for word, p := range part {
			if word != "if" && word != "$defs" && word != "examples" && word != "properties" {
				listKeys(p, at, keys)
			}
		}
	}
}

func guardedBy(t *testing.T, text string) *spec.Spec {
	t.Helper()
	folder := t.TempDir()
	header := "login,other,last day,groups,cloud,of,kind,mail,former,twin\n"
	people := header + "dot,dot@corp.example,2030-01-01,,,,,,,dot\n"
	for name, content := range map[string]string{"entitlements.yaml": text, "people.csv": people, "frozen.csv": people} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(folder)
	s, err := spec.Load(spec.Input{Paths: []string{"entitlements.yaml"}, Formats: providers.Formats()})
	if err != nil {
		t.Fatalf("%v", err)
	}
	return s
}
