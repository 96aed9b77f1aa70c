package providers_test

import (
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/entitlectl/entitlectl/pkg/apply"
	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/provider/providertest"
)

// An emulator that begins with what another one saved goes on as that one: it knows what it made by the same ids, what is saved again is
// the same, and what it makes next has ids of its own.
func TestSavedWorldsGoOn(t *testing.T) {
	eachProvider(t, func(t *testing.T, p providertest.Provider) {
		first := providertest.Start(t, p, p.Read(t, "seed.yaml"))
		job := first.FileJob(t, p.Fixture("desired.yaml"))
		before := idsOf(t, first, job)
		if _, err := apply.Apply(t.Context(), apply.ApplyOptions{Plan: providertest.Plan(t, job), Jobs: []apply.Job{job}, Allow: diff.RuleNames}); err != nil {
			t.Fatal(err)
		}
		after := idsOf(t, first, job)
		saved, err := first.Save()
		if err != nil {
			t.Fatal(err)
		}
		second := providertest.Start(t, p, string(saved))
		if again, err := second.Save(); err != nil || string(again) != string(saved) {
			t.Errorf("saved again (-want +got):\n%s (%v)", cmp.Diff(string(saved), string(again)), err)
		}
		resumed := second.FileJob(t, p.Fixture("desired.yaml"))
		if d := cmp.Diff(after, idsOf(t, second, resumed)); d != "" {
			t.Errorf("ids (-want +got):\n%s", d)
		}
		if plan := providertest.Plan(t, resumed); len(plan.Connections[0].Changes) != len(providertest.Plan(t, job).Connections[0].Changes) {
			t.Errorf("the plan is another one: %+v", plan.Connections[0].Changes)
		}
		for ref, id := range before {
			if now, there := after[ref]; there && now != id {
				t.Errorf("%s was %s and is %s", ref, id, now)
			}
		}
	})
}

// idsOf are the vendor's ids of what a job lists.
func idsOf(t testing.TB, c *providertest.Tenant, job apply.Job) map[string]string {
	t.Helper()
	live, err := job.Source.Read(t.Context(), providertest.All(job.Desired))
	if err != nil {
		t.Fatal(err)
	}
	ids := map[string]string{}
	for ref, id := range live.IDs {
		ids[ref.String()] = id
	}
	if len(ids) == 0 {
		t.Errorf("%s shows no ids after %d calls", http.MethodGet, len(c.Calls()))
	}
	return ids
}
