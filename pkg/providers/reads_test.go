package providers_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/entitlectl/entitlectl/pkg/apply"
	"github.com/entitlectl/entitlectl/pkg/provider/providertest"
	"github.com/entitlectl/entitlectl/pkg/providers"
	"github.com/entitlectl/entitlectl/pkg/store/file"
	"github.com/entitlectl/entitlectl/pkg/store/storetest"
)

// On the tenant of a real organisation a second look costs no more than the lists themselves.
func TestReadsOfASecondPlan(t *testing.T) {
	const real = "../../../shared/data/k8s-org-history.tsv"
	if _, err := os.Stat(real); err != nil {
		t.Skipf("the history of the real organisation is not here: %v", err)
	}
	synctest.Test(t, func(t *testing.T) {
		h := readHistory(t, real)
		p, _ := providers.Find("huaweicloud")
		b := replayed{providertest.Start(t, kit(p), seedOf(h))}
		now, teams := map[membership]bool{}, map[string]bool{}
		for _, set := range h {
			for _, m := range set.added {
				now[m], teams[m.team] = true, true
			}
			for _, m := range set.removed {
				delete(now, m)
			}
		}
		spec := filepath.Join(t.TempDir(), "entitlements.yaml")
		write := func() {
			writeDesired(t, spec, now, teams)
			text, _ := os.ReadFile(spec)
			if err := os.WriteFile(spec, []byte(strings.Replace(string(text), "notices: off, ", "", 1)), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		write()
		b.step(t, spec, now)
		time.Sleep(2 * time.Hour)
		kept := file.Open(storetest.Folder(t))
		run := func(name string, most int, full bool) {
			before, writes := len(b.Calls()), len(b.Writes(t))
			jobs := []apply.Job{b.FileJob(t, spec)}
			plan, err := apply.Plan(t.Context(), apply.PlanOptions{Jobs: jobs, Now: time.Now(), Store: kept, NoBound: true, Full: full})
			if err == nil && !plan.Empty() {
				_, err = apply.Apply(t.Context(), apply.ApplyOptions{Plan: plan, Jobs: jobs})
			}
			if err != nil {
				t.Fatal(err)
			}
			sent := len(b.Writes(t)) - writes
			reads := len(b.Calls()) - before - sent
			t.Logf("%s: %d groups, %d grants, %d reads, %d writes", name, len(teams), len(now), reads, sent)
			if reads > most {
				t.Errorf("%s: %d reads, at most %d", name, reads, most)
			}
		}
		run("first", 804, false)
		run("second", 99, false)
		run("--full", 804, true)
		var gone membership
		for m := range now {
			if gone.team == "" || m.team+m.person < gone.team+gone.person {
				gone = m
			}
		}
		delete(now, gone)
		write()
		run("apply of one change", 102, false)
	})
}

// Where nothing is to be done nobody is looked up: all that a plan asks for are lists of resources and of who holds them. Two things
// it does ask about people: whether who left is in a user group that is granted something, and whose address an owner of the files has.
func TestAPlanOfNothingReadsNothingAboutAPerson(t *testing.T) {
	for provider, tenant := range map[string]struct{ seed, file, asked string }{
		"huaweicloud": {`huaweicloud:
  users: [{name: alice, email: alice@corp.example}, {name: bob, email: bob@corp.example}, {name: mallory, email: mallory@corp.example}]
  appGroups: [{name: CAD, grants: [alice, bob]}, {name: Office, grants: [bob]}]
  apps: [{name: AutoCAD, audience: assigned, grants: [alice]}]
`, `version: 1
connections: {main: {provider: huaweicloud, region: ap-southeast-3, project: 0123456789abcdef0123456789abcdef, auth: {accessKey: env:HUAWEICLOUD_KEY, secretKey: env:HUAWEICLOUD_SECRET}}}
users: [{name: alice, email: alice@corp.example}, {name: bob, email: bob@corp.example}, {name: mallory, email: mallory@corp.example, state: left}]
appGroups: [{name: CAD, in: main, grants: [{to: [alice, bob]}]}, {name: Office, in: main, grants: [{to: [bob]}]}]
apps: [{name: AutoCAD, in: main, audience: assigned, grants: [{to: [alice]}]}]
`, `/app-groups /app-groups/actions/list-authorizations /app-center/apps /app-center/apps/*/authorizations /mails`},
		"wps365": {`wps365:
  users: [{name: Alice, email: alice@corp.example}, {name: Bob, email: bob@corp.example}, {name: Mallory, email: mallory@corp.example}]
  mailGroups: [{address: cad@corp.example, name: CAD, owner: alice@corp.example, senders: member, members: [alice@corp.example, bob@corp.example]}]
`, `version: 1
connections: {main: {provider: wps365, auth: {appId: env:WPS_APP_ID, appKey: env:WPS_APP_KEY}, experimental: [members, senders]}}
users: [{name: alice, email: alice@corp.example}, {name: bob, email: bob@corp.example}, {name: mallory, email: mallory@corp.example, state: left}]
mailGroups: [{address: cad@corp.example, in: main, name: CAD, senders: member, members: [alice, bob]}]
`, `/oauth2/token /v7/mail_groups /v7/mail_groups/*/members`},
	} {
		t.Run(provider, func(t *testing.T) {
			p, _ := providers.Find(provider)
			vendor, path := providertest.Start(t, kit(p), tenant.seed), filepath.Join(t.TempDir(), "entitlements.yaml")
			if err := os.WriteFile(path, []byte(tenant.file), 0o600); err != nil {
				t.Fatal(err)
			}
			if plan := providertest.Plan(t, vendor.FileJob(t, path)); !plan.Empty() {
				t.Fatalf("there is something to do: %+v", plan.Connections[0].Changes)
			}
			for _, call := range vendor.Calls() {
				_, of, _ := strings.Cut(call.Path, "/v1/0123456789abcdef0123456789abcdef")
				if of == "" {
					of = call.Path
				}
				like := func(pattern string) bool { is, _ := filepath.Match(pattern, of); return is }
				about := slices.ContainsFunc([]string{"account", "user", "name=", "keyword", "email"}, func(word string) bool { return strings.Contains(call.Query, word) })
				if !slices.ContainsFunc(strings.Fields(tenant.asked), like) || about {
					t.Errorf("%s %s?%s is about a person", call.Method, call.Path, call.Query)
				}
			}
		})
	}
}
