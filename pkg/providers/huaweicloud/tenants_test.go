package huaweicloud_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/entitlectl/entitlectl/pkg/apply"
	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/provider/providertest"
	"github.com/entitlectl/entitlectl/pkg/providers/httpx"
	"github.com/entitlectl/entitlectl/pkg/providers/huaweicloud"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// fileOf is a file with one connection and these people, who use an app group and an app.
func fileOf(t testing.TB, connection, users, holders string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "entitlements.yaml")
	text := "version: 1\nconnections:\n  " + conn + ": {provider: huaweicloud, region: ap-southeast-3, auth: {accessKey: env:HUAWEICLOUD_AK, secretKey: env:HUAWEICLOUD_SK}" +
		connection + "}\nusers: [" + users + "]\nappGroups: [{name: CAD, in: " + conn + ", grants: [{to: [" + holders + "]}]}]\n" +
		"apps: [{name: AutoCAD, in: " + conn + ", audience: assigned, grants: [{to: [" + holders + "]}]}]\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// applied plans a job, and applies the plan.
func applied(t testing.TB, job apply.Job) *diff.Result {
	t.Helper()
	result, err := apply.Apply(t.Context(), apply.ApplyOptions{Plan: providertest.Plan(t, job), Jobs: []apply.Job{job}, Allow: diff.RuleNames})
	if err != nil {
		t.Fatal(err)
	}
	return result
}

const corporate = `huaweicloud:
  users: [{name: alice, domain: corp.local, email: a@corp.example}, {name: bob, domain: sub.corp.local}, {name: carol}, {name: dave}]
  userGroups: [{name: Designers, domain: corp.local}]
  appGroups: [{name: CAD}]
  apps: [{name: AutoCAD, audience: assigned}]
`

// Whoever is granted something is sent with the directory that the files say they are of: the connection's, unless their own or the
// built-in one. A user group's is the vendor's to tell.
func TestDirectoriesOfPeopleAreSent(t *testing.T) {
	const users = "{name: alice}, {name: bob, domain: sub.corp.local}, {name: carol, domain: local.com}, {name: dave, domain: local.com, platform: LOCAL}"
	for _, tc := range []struct {
		connection string
		users      string
		want       map[string]string
	}{
		{", domain: corp.local, platform: AD", users, map[string]string{"alice@corp.local": "AD", "bob@sub.corp.local": "AD", "carol@local.com": "", "dave@local.com": "LOCAL", "Designers@corp.local": "AD"}},
		{", domain: corp.local", users, map[string]string{"alice@corp.local": "", "bob@sub.corp.local": "", "carol@local.com": "", "dave@local.com": "LOCAL", "Designers@corp.local": "AD"}},
	} {
		c := newCloud(t, free, corporate)
		job := c.FileJob(t, fileOf(t, tc.connection, tc.users, "alice, bob, carol, dave, group:Designers"))
		if result := applied(t, job); result.Summary.Done != 10 {
			t.Errorf("%s: %+v", tc.connection, result.Summary)
		}
		for _, path := range []string{"/app-groups/authorizations", "/apps/actions/batch-assign-authorization"} {
			if d := cmp.Diff(tc.want, platformsSent(t, c, path)); d != "" {
				t.Errorf("%s: %s (-want +got):\n%s", tc.connection, path, d)
			}
		}
		if plan := providertest.Plan(t, job); !plan.Empty() {
			t.Errorf("%s: the second plan has %q", tc.connection, said(plan))
		}
	}
}

// platformsSent are the directories of accounts in the bodies of a call.
func platformsSent(t testing.TB, c *cloud, path string) map[string]string {
	t.Helper()
	sent := map[string]string{}
	for _, s := range c.Sent {
		var body struct {
			Accounts, Users []struct {
				Account  string `json:"account"`
				Domain   string `json:"domain"`
				Platform string `json:"platform_type"`
			}
		}
		if !strings.HasSuffix(s.URL.Path, path) {
			continue
		}
		if err := json.Unmarshal([]byte(s.Body), &body); err != nil {
			t.Fatal(err)
		}
		for _, a := range append(body.Accounts, body.Users...) {
			sent[a.Account+"@"+a.Domain] = a.Platform
		}
	}
	return sent
}

// A plan holds the directories that are sent: what the files say by the time it is applied is another plan.
func TestPlansHoldTheDirectoriesThatAreSent(t *testing.T) {
	c := newCloud(t, free, corporate)
	job := func(platform string) apply.Job {
		return c.FileJob(t, fileOf(t, ", platform: "+platform, "{name: carol}", "carol"))
	}
	plan := providertest.Plan(t, job("AD"))
	for _, change := range plan.Connections[0].Changes {
		if change.Settings.Get(spec.KeyPlatform) != "AD" {
			t.Errorf("%s on %s is sent with %q", change.Op, change.Resource, change.Settings)
		}
	}
	_, err := apply.Apply(t.Context(), apply.ApplyOptions{Plan: plan, Reread: true, Jobs: []apply.Job{job("LOCAL")}})
	var stale *apply.StaleError
	if !errors.As(err, &stale) || stale.Parts[0].Reasons[0].Why != diff.WhyFiles || len(c.Writes(t)) > 0 {
		t.Errorf("error %v, writes %v", err, c.Writes(t))
	}
}

// The App Center knows no SYSTEM, so it is not told.
func TestTheAppCenterIsToldOfDirectoriesThatItKnows(t *testing.T) {
	c := newCloud(t, free, corporate)
	job := c.FileJob(t, fileOf(t, ", platform: SYSTEM", "{name: carol}", "carol"))
	providertest.Plan(t, job)
	target := job.Source.(interface {
		Do(ctx context.Context, name string, changes []diff.Change, begin func() error) error
	})
	for name, kind := range map[string]spec.Kind{"app-groups/authorizations": kindAppGroup, "app-center/apps/actions/batch-assign-authorization": kindApp} {
		change := diff.Change{Op: diff.OpGrant, Kind: kind, Resource: map[spec.Kind]string{kindAppGroup: "CAD", kindApp: "AutoCAD"}[kind], Role: spec.RoleAccess, Subject: user("carol"),
			Settings: spec.Settings{}.With(spec.KeyPlatform, "SYSTEM")}
		if err := target.Do(t.Context(), name, []diff.Change{change}, nil); kind == kindApp && err != nil {
			t.Error(err)
		}
	}
	if d := cmp.Diff(map[string]string{"carol@local.com": "SYSTEM"}, platformsSent(t, c, "/app-groups/authorizations")); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(map[string]string{"carol@local.com": ""}, platformsSent(t, c, "/batch-assign-authorization")); d != "" {
		t.Error(d)
	}
}

// hostsSeen notes where requests go, and answers none.
type hostsSeen map[string]bool

func (h hostsSeen) RoundTrip(r *http.Request) (*http.Response, error) {
	h[r.URL.Host] = true
	body := `{"count":0,"total_count":0,"projects":[{"id":"` + project + `"}]}`
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))}, nil
}

// Each region has its hosts, and each of these is the vendor's own.
func TestRegionsHaveHosts(t *testing.T) {
	for region, want := range map[string][]string{
		"eu-west-101":    {"iam.myhuaweicloud.com", "workspace.eu-west-101.myhuaweicloud.com"},
		"ap-southeast-3": {"iam.ap-southeast-3.myhuaweicloud.com", "workspace.ap-southeast-3.myhuaweicloud.com"},
		"af-north-1":     {"iam.myhuaweicloud.com", "workspace.af-north-1.myhuaweicloud.com"},
		"cn-north-4":     {"iam.cn-north-4.myhuaweicloud.com", "appstream.cn-north-4.myhuaweicloud.com", "workspace.cn-north-4.myhuaweicloud.com"},
	} {
		c, seen := newCloud(t, free, corporate), hostsSeen{}
		c.Via, c.Connection.Endpoints = seen, nil
		c.Connection.Settings = map[string]string{"region": region}
		_, err := c.Open(t).Read(t.Context(), providertest.All(merge(desired(ref(kindAppGroup, "CAD"), group("Designers")), desired(ref(kindApp, "AutoCAD")))))
		for _, host := range want {
			if !seen[host] || len(seen) != len(want) {
				t.Errorf("%s: %v, want %v (%v)", region, seen, want, err)
			}
		}
		for host := range seen {
			text := "version: 1\nconnections:\n  a: {provider: huaweicloud, region: " + region + ", endpoint: \"https://" + host + "\", auth: {token: env:HUAWEICLOUD_T}}\n"
			file := filepath.Join(t.TempDir(), "a.yaml")
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := spec.Load(spec.Input{Paths: []string{file}, Formats: []spec.ProviderSchema{c.Provider.Format}}); err != nil {
				t.Errorf("%s: %v", host, err)
			}
		}
	}
}

// A region whose hosts nobody names is refused when the file is read, and when it is opened without that.
func TestRegionsWithoutHosts(t *testing.T) {
	for lines, want := range map[string]string{
		"region: Singapore":       `no app host is known for region "Singapore"; write its id, as ap-southeast-3 is that of Singapore; known are af-north-1, `,
		"region: ap-southeast-33": `no app host is known for region "ap-southeast-33"; did you mean "ap-southeast-3"? endpoint: names the hosts of any other`,
		"region: xx-new-1":        `no app host is known for region "xx-new-1"; known are af-north-1, `,
		"region: xx-new-1, endpoint: {app: \"https://127.0.0.1\"}": `no workspace host is known for region "xx-new-1"`,
		"region: xx-new-1, endpoint: \"https://127.0.0.1\"":        "",
		"region: me-east-1":              "",
		"region: xx-new-1, project: [1]": "project must be text",
	} {
		file := filepath.Join(t.TempDir(), "a.yaml")
		if err := os.WriteFile(file, []byte("version: 1\nconnections:\n  a: {provider: huaweicloud, auth: {token: env:HUAWEICLOUD_T}, "+lines+"}\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := spec.Load(spec.Input{Paths: []string{file}, Formats: []spec.ProviderSchema{huaweicloud.Format()}})
		if got := fmt.Sprint(err); (want == "") != (err == nil) || !strings.Contains(got, want) || strings.Count(got, file) > 1 {
			t.Errorf("%s: %v, want %s", lines, err, want)
		}
	}
	c := newCloud(t, free, corporate)
	c.Connection.Endpoints, c.Connection.Settings = nil, map[string]string{"region": "Singapore"}
	if _, err := huaweicloud.NewReader(c.Connection, nil, httpx.Env{}); err == nil || !strings.Contains(err.Error(), "no app host is known") {
		t.Errorf("error %v", err)
	}
}
