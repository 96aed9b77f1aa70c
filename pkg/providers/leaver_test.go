package providers_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/entitlectl/entitlectl/pkg/apply"
	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/provider/providertest"
	"github.com/entitlectl/entitlectl/pkg/providers"
	"github.com/entitlectl/entitlectl/pkg/providers/emu"
	"github.com/entitlectl/entitlectl/pkg/store/file"
)

// ofGroups is a tenant of app groups with the same holders, and the files that list them without the last few.
func ofGroups(t testing.TB, groups, holders int) (tenant *providertest.Tenant, write func(gone int) (path string)) {
	var seed strings.Builder
	seed.WriteString("huaweicloud:\n  users:\n")
	for i := range holders {
		fmt.Fprintf(&seed, "    - {name: u%04d, email: u%04d@corp.example}\n", i, i)
	}
	seed.WriteString("  appGroups:\n")
	for g := range groups {
		fmt.Fprintf(&seed, "    - {name: G%04d, grants: [%s]}\n", g, numbered(holders))
	}
	p, _ := providers.Find("huaweicloud")
	tenant, path := providertest.Start(t, kit(p), seed.String()), filepath.Join(t.TempDir(), "entitlements.yaml")
	return tenant, func(gone int) string {
		var file strings.Builder
		file.WriteString("version: 1\nconnections:\n  main: {provider: huaweicloud, notices: off, region: ap-southeast-3, project: 0123456789abcdef0123456789abcdef, auth: {accessKey: env:HUAWEICLOUD_KEY, secretKey: env:HUAWEICLOUD_SECRET}}\nusers:\n")
		for i := range holders {
			fmt.Fprintf(&file, "  - {name: u%04d}\n", i)
		}
		file.WriteString("appGroups:\n")
		for g := range groups {
			fmt.Fprintf(&file, "  - {name: G%04d, in: main, grants: [{to: [%s]}]}\n", g, numbered(holders-gone))
		}
		if err := os.WriteFile(path, []byte(file.String()), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
}

func numbered(n int) string {
	names := make([]string, n)
	for i := range n {
		names[i] = fmt.Sprintf("u%04d", i)
	}
	return strings.Join(names, ", ")
}

// Who leaves every group costs the writes, and no more reads than the plan took and a few: what is read back is theirs alone.
func TestLeaverOfEveryGroup(t *testing.T) {
	for _, size := range []struct{ groups, holders, writes, plan, readBack int }{
		{100, 100, 10, 2 + 101, 2 + 2}, // with one page for each group a sweep is no longer than they are
		{100, 103, 10, 2 + 104, 2 + 3}, // with two it is half as long; a group of 102 is two pages
		{30, 4, 3, 1 + 2, 1 + 1},       // a sweep is shorter than to ask for the leaver and to look at a group
	} {
		synctest.Test(t, func(t *testing.T) {
			tenant, write := ofGroups(t, size.groups, size.holders)
			time.Sleep(2 * time.Hour)
			kept, calls := file.Open(t.TempDir()), 0
			since := func() (n int) {
				n, calls = len(tenant.Calls())-calls, len(tenant.Calls())
				return n
			}
			plan := func(gone int) (*diff.Plan, []apply.Job) {
				jobs := []apply.Job{tenant.FileJob(t, write(gone))}
				plan, err := apply.Plan(t.Context(), apply.PlanOptions{Jobs: jobs, Now: time.Now(), Store: kept, NoBound: true})
				if err != nil {
					t.Fatal(err)
				}
				return plan, jobs
			}
			plan(0)
			first := since()
			made, jobs := plan(1)
			planned := since()
			result, err := apply.Apply(t.Context(), apply.ApplyOptions{Plan: made, Jobs: jobs})
			if err != nil || result.Summary.Calls != size.writes || result.Summary.Done != size.groups {
				t.Fatalf("error %v, result %+v", err, result)
			}
			back := since() - size.writes
			t.Logf("%d groups of %d: first plan %d reads, plan %d, writes %d, read-back %d", size.groups, size.holders, first, planned, size.writes, back)
			if planned > size.plan || back > size.readBack || planned+size.writes+back > 130 {
				t.Errorf("at most %d and %d reads, and 130 calls", size.plan, size.readBack)
			}
		})
	}
}

// That the vendor finds nothing by a name does not show that nothing is there: what it took no notice of is not called done.
func TestNamesThatFindNothingProveNothing(t *testing.T) {
	const authorizations = "/v1/0123456789abcdef0123456789abcdef/app-groups/actions/list-authorizations"
	for name, tc := range map[string]struct {
		ignored bool // the vendor accepts revokes and does nothing
		rewrite func(r *http.Request, answer map[string]any)
	}{
		"finds nothing by names": {true, func(r *http.Request, answer map[string]any) {
			if r.URL.Query().Get("account") != "" {
				answer["count"], answer["authorizations"] = 0, []any{}
			}
		}},
		"does not filter": {true, func(*http.Request, map[string]any) {}},
		"finds nothing by names, and does what it says": {false, func(r *http.Request, answer map[string]any) {
			if r.URL.Query().Get("account") != "" {
				answer["count"], answer["authorizations"] = 0, []any{}
			}
		}},
		"rows without their group": {true, func(r *http.Request, answer map[string]any) {
			for _, row := range answer["authorizations"].([]any) {
				if r.URL.Query().Get("account") != "" {
					delete(row.(map[string]any), "app_group_id")
				}
			}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				tenant, write := ofGroups(t, 20, 13)
				job := tenant.FileJob(t, write(1))
				plan, asked := providertest.Plan(t, job), 0
				tenant.Rewrite(func(r *http.Request, answer map[string]any) {
					if r.URL.Path == authorizations {
						tc.rewrite(r, answer)
					}
					if r.URL.Query().Get("account") != "" {
						asked++
					}
				})
				if tc.ignored {
					tenant.Fault(t, emu.Fault{Match: "POST /v1/*/app-groups/actions/batch-delete-authorization", Kind: emu.FaultRefuse, Status: 200, Body: "{}"})
				}
				result, err := apply.Apply(t.Context(), apply.ApplyOptions{Plan: plan, Jobs: []apply.Job{job}})
				if err != nil || tc.ignored != (result.Summary.Done == 0) || !tc.ignored && result.Summary.Done != 20 {
					t.Errorf("error %v, result %+v", err, result.Summary)
				}
				if asked == 0 {
					t.Error("nothing was asked by name")
				}
			})
		})
	}
}
