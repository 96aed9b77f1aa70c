package providers_test

import (
	"os"
	"path/filepath"
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
