package providers_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/entitlectl/entitlectl/pkg/apply"
	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/provider/providertest"
	"github.com/entitlectl/entitlectl/pkg/providers"
)

// ofNames is a tenant of app groups, and what writes the files that list some, each as "NAME" or "NAME previously: OLD".
func ofNames(t testing.TB, live map[string][]string) (*providertest.Tenant, func(listed map[string][]string) apply.Job) {
	t.Helper()
	seed := "huaweicloud:\n  users: [{name: u0}, {name: u1}, {name: u2}]\n  appGroups:\n    - {name: Unlisted}\n"
	for name, holders := range live {
		seed += fmt.Sprintf("    - {name: %s, grants: [%s]}\n", name, strings.Join(holders, ", "))
	}
	p, _ := providers.Find("huaweicloud")
	tenant, path := providertest.Start(t, kit(p), seed), filepath.Join(t.TempDir(), "entitlements.yaml")
	return tenant, func(listed map[string][]string) apply.Job {
		file := "version: 1\nconnections:\n  main: {provider: huaweicloud, notices: off, region: ap-southeast-3, project: 0123456789abcdef0123456789abcdef, auth: {accessKey: env:HUAWEICLOUD_KEY, secretKey: env:HUAWEICLOUD_SECRET}}\n" +
			"users: [{name: u0}, {name: u1}, {name: u2}]\nappGroups:\n"
		for name, holders := range listed {
			name, was, renamed := strings.Cut(name, " previously: ")
			if renamed {
				was = ", previously: " + was
			}
			file += fmt.Sprintf("  - {name: %s%s, in: main, grants: [{to: [%s]}]}\n", name, was, strings.Join(holders, ", "))
		}
		if err := os.WriteFile(path, []byte(file), 0o600); err != nil {
			t.Fatal(err)
		}
		return tenant.FileJob(t, path)
	}
}

// doing is what changes do, without where they come from.
func doing(changes []diff.Change) []string {
	var all []string
	for _, c := range changes {
		all = append(all, fmt.Sprintf("%s %s %s %s>%s %s", c.Op, c.Resource, c.Subject.Name, c.From, c.To, c.Problem))
	}
	slices.Sort(all)
	return all
}

// To give a resource another name does what the files would do by the name before, and one update: nothing is made, deleted or
// taken for it. What is there under its new name already is as if nothing were said of the old one. Afterwards nothing is left to do.
func TestRenamesDoNothingElse(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		people := rapid.SliceOfDistinct(rapid.SampledFrom([]string{"u0", "u1", "u2"}), rapid.ID[string])
		live, before, after, want := map[string][]string{}, map[string][]string{}, map[string][]string{}, map[string]string{}
		for i := range rapid.IntRange(1, 3).Draw(rt, "groups") {
			old, now := fmt.Sprintf("Old%d", i), fmt.Sprintf("New%d", i)
			holders := people.Draw(rt, "wanted")
			there := rapid.SampledFrom([]string{"old", "new", "neither"}).Draw(rt, "there")
			name := map[string]string{"old": old, "new": now, "neither": now}[there]
			if there != "neither" {
				live[name] = people.Draw(rt, "held")
			}
			before[name], after[now+" previously: "+old] = holders, holders
			if want[name] = now; there == "old" {
				want["update"] += fmt.Sprintf("update %s  %s>%s \n", now, old, now)
			}
		}
		tenant, listing := ofNames(t, live)
		expected := strings.Split(strings.TrimSuffix(want["update"], "\n"), "\n")
		if want["update"] == "" {
			expected = nil
		}
		for _, c := range providertest.Plan(t, listing(before)).Connections[0].Changes {
			c.Resource = want[c.Resource]
			expected = append(expected, doing([]diff.Change{c})...)
		}
		slices.Sort(expected)
		job := listing(after)
		plan := providertest.Plan(t, job)
		if d := cmp.Diff(expected, doing(plan.Connections[0].Changes)); d != "" {
			rt.Fatalf("live %v, files %v (-before +after):\n%s", live, after, d)
		}
		if result := providertest.Apply(t, plan, job); result.Summary.Done != len(expected) {
			rt.Fatalf("%+v", result.Connections)
		}
		if left := providertest.Plan(t, job).Connections[0].Changes; len(left) > 0 {
			rt.Fatalf("left: %v", doing(left))
		}
		if strings.Contains(tenant.World(t), "name: Old") {
			rt.Fatalf("an old name is there still:\n%s", tenant.World(t))
		}
	})
}

// A rename that is under way is seen as what it is: a saved plan goes on where it stopped, and is stale where somebody took the name.
func TestRenamesThatAreHalfDone(t *testing.T) {
	for name, tc := range map[string]struct {
		also  string
		stale bool
	}{
		"done by hand in between":                  {"New", false},
		"somebody made another one of that name":   {"both", true},
		"somebody gave it a third name in between": {"Third", true},
		"nothing happened":                         {"Old", false},
	} {
		t.Run(name, func(t *testing.T) {
			tenant, listing := ofNames(t, map[string][]string{"Old": {"u0", "u2"}})
			job := listing(map[string][]string{"New previously: Old": {"u0", "u1"}})
			plan := providertest.Plan(t, job)
			switch tc.also {
			case "both":
				other := listing(map[string][]string{"New": {}})
				providertest.Apply(t, providertest.Plan(t, other), other)
			case "New", "Third":
				other := listing(map[string][]string{tc.also + " previously: Old": {"u0", "u2"}})
				providertest.Apply(t, providertest.Plan(t, other), other)
			}
			job = listing(map[string][]string{"New previously: Old": {"u0", "u1"}})
			writes := len(tenant.Writes(t))
			result, err := apply.Apply(t.Context(), apply.ApplyOptions{Plan: plan, Jobs: []apply.Job{job}, Reread: true, Allow: diff.RuleNames})
			if tc.stale {
				if sent := len(tenant.Writes(t)) - writes; sent > 0 || err == nil && result.Summary.Done > 0 {
					t.Errorf("sent %d calls: %v, %+v", sent, err, result)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if world := tenant.World(t); !strings.Contains(world, "{name: New") && !strings.Contains(world, "name: New") || strings.Contains(world, "name: Old") {
				t.Errorf("result %+v\n%s", result.Connections, world)
			}
			if left := providertest.Plan(t, job).Connections[0].Changes; len(left) > 0 {
				t.Errorf("left: %v", doing(left))
			}
		})
	}
}

// An account is renamed by a call of its own, which mails nobody and promotes nothing, whatever its name is.
func TestRenamedAccounts(t *testing.T) {
	p, _ := providers.Find("alibabacloud")
	tenant, path := providertest.Start(t, kit(p), "alibabacloud:\n  accounts: [{name: billing, email: owner@corp.example}, {name: other, email: other@corp.example}]\n"), filepath.Join(t.TempDir(), "entitlements.yaml")
	plan := func(account string) (apply.Job, *diff.Plan) {
		file := "version: 1\nconnections:\n  main: {provider: alibabacloud, auth: {accessKeyId: env:ALIBABA_CLOUD_KEY, accessKeySecret: env:ALIBABA_CLOUD_SECRET}}\n" +
			"accounts:\n  - {name: cloud, previously: billing, in: main" + account + "}\n"
		if err := os.WriteFile(path, []byte(file), 0o600); err != nil {
			t.Fatal(err)
		}
		job := tenant.FileJob(t, path)
		return job, providertest.Plan(t, job)
	}
	for _, tc := range []struct {
		account     string
		done, mails int
	}{{", type: resource", 1, 0}, {", type: cloud, email: owner@corp.example", 1, 1}} {
		job, p := plan(tc.account)
		if p.Summary.Mails != tc.mails || len(p.Connections[0].Changes) != tc.done {
			t.Errorf("%s: %d mails by %v", tc.account, p.Summary.Mails, doing(p.Connections[0].Changes))
		}
		if result := providertest.Apply(t, p, job); result.Summary.Done != tc.done {
			t.Errorf("%s: %+v", tc.account, result.Connections)
		}
	}
	if world := tenant.World(t); strings.Contains(world, "billing") || !strings.Contains(world, "name: cloud") {
		t.Errorf("left %s", world)
	}
}
