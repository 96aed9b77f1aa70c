package providers_test

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"gopkg.in/yaml.v3"

	"github.com/entitlectl/entitlectl/pkg/apply"
	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/provider/providertest"
	"github.com/entitlectl/entitlectl/pkg/providers/emu"
	"github.com/entitlectl/entitlectl/pkg/spec"
	"github.com/entitlectl/entitlectl/pkg/store"
)

// course runs the program in foul weather, and then in fine weather until all is done.
func (f *foul) course(t *testing.T) {
	t.Helper()
	f.lag(t, []time.Duration{0, 0, 8 * time.Second, 100 * time.Second}[f.draw.IntN(4)])
	for range foulRuns {
		f.run(t, 0.12, 0.06)
		time.Sleep(time.Duration(f.draw.IntN(100)) * []time.Duration{time.Second, 30 * time.Minute}[f.draw.IntN(2)])
	}
	f.lag(t, 0)
	f.run(t, 0, 0)
	f.run(t, 0, 0)
	sent := f.writes()
	f.run(t, 0, 0)
	if again := f.writes() - sent; again > 0 {
		t.Errorf("when all was done another run sent %d writes", again)
	}
	for range spec.DefaultNotices.MaxAttempts {
		time.Sleep(spec.DefaultNotices.ResendAfter + 10*time.Minute)
		f.run(t, 0, 0)
	}
	f.judgeMails(t)
	after := emu.New(emu.Options{}, f.p.Emulator())
	if err := after.LoadSeed(twoWorlds(t, f.p, "after.yaml")); err != nil {
		t.Fatal(err)
	}
	if d := gocmp.Diff(worldOf(t, after), worldOf(t, f.server)); d != "" {
		t.Errorf("the vendor's world in the end (-want +got):\n%s", d)
	}
}

// lag makes writes show so late.
func (f *foul) lag(t *testing.T, d time.Duration) {
	t.Helper()
	var faults []emu.Fault
	if d > 0 {
		faults = append(faults, emu.Fault{Match: "* /**", Kind: emu.FaultLag, For: d})
	}
	if err := f.server.SetFaults(faults); err != nil {
		t.Fatal(err)
	}
}

// worldOf is what an emulator has, but for when mails that nobody answers expire.
func worldOf(t *testing.T, server *emu.Server) any {
	t.Helper()
	world := (&providertest.Tenant{Server: server}).World(t)
	return providertest.Bare(t, strings.ReplaceAll(world, "PromoteExpired", "PromoteVerifying"))
}

func (f *foul) writes() (n int) {
	for _, c := range f.tenants {
		n += c.weather.sent
	}
	return n
}

// run is one run of the program for both tenants.
func (f *foul) run(t *testing.T, lies, gateways float64) {
	t.Helper()
	f.runs++
	session, err := apply.AcquireLocks(t.Context(), f.store, store.Owner{Run: fmt.Sprint("run ", f.runs)}, "", []string{"main", "second"}, 0, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := session.Release(); err != nil {
			t.Error(err)
		}
	}()
	now := time.Now()
	before := f.truth(t, now)
	for _, c := range f.tenants {
		c.weather.turn(lies, gateways)
	}
	jobs := f.jobs(t, false)
	opts := apply.PlanOptions{Jobs: jobs, Now: now, Store: f.store, NoBound: true}
	plan, _ := apply.Plan(t.Context(), opts) // its errors are in its parts
	later, readable := f.truth(t, now), false
	for i, part := range plan.Connections {
		f.tenants[i].judgePlan(t, part, append(before[i].part.Changes, later[i].part.Changes...))
		readable = readable || len(part.Errors) == 0
	}
	whole := len(plan.Connections[0].Incomplete())+len(plan.Connections[1].Incomplete()) == 0
	if !whole {
		f.refused++
	}
	if !readable || !whole && f.draw.IntN(2) == 0 {
		return // exit 1, and exit 3; else as with --allow incomplete-read
	}
	result, err := apply.Apply(t.Context(), apply.ApplyOptions{Plan: plan, Jobs: jobs, Session: session, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	time.Sleep(5 * time.Minute) // what is late shows by now
	after := f.truth(t, now)
	for i, part := range result.Connections {
		f.tenants[i].judgeResult(t, f.runs, plan.Connections[i], part, before[i], after[i])
		f.tenants[i].judgeTimes(t)
	}
}

// judgeMails holds the emulator's own record of mails about grants against how soon another may follow.
func (f *foul) judgeMails(t *testing.T) {
	t.Helper()
	type mail struct {
		To          any // a name, or a mapping
		About, Type string
		Sent        time.Time
	}
	var state struct {
		Huaweicloud []struct {
			AppGroups []struct {
				Name  string
				Mails []mail
			} `yaml:"appGroups"`
		}
	}
	if err := yaml.Unmarshal([]byte((&providertest.Tenant{Server: f.server}).World(t)), &state); err != nil && f.p.Format.Provider == "huaweicloud" {
		t.Fatal(err)
	}
	for i, world := range state.Huaweicloud {
		bounced := map[string]int{}
		for _, g := range world.AppGroups {
			last := map[string]time.Time{}
			for _, m := range g.Mails {
				if m.Sent.Year() < 2000 { // about an earlier grant
					continue
				}
				key := fmt.Sprint(m.To, m.About, m.Type)
				excused := f.tenants[i].doubted(g.Name, strings.TrimPrefix(cmp.Or(m.About, fmt.Sprint(m.To)), "group:"))
				if since := m.Sent.Sub(last[key]); since < spec.DefaultNotices.ResendAfter-5*time.Minute && !excused {
					t.Errorf("%s: %v got another mail about %s after %v", f.tenants[i].name, m.To, g.Name, since)
				}
				last[key] = m.Sent
				if m.To == "alice" && m.About == "" {
					bounced[g.Name]++
				}
			}
			if n := bounced[g.Name]; g.Name == "Legacy" && n != spec.DefaultNotices.MaxAttempts && !f.tenants[i].doubted(g.Name, "alice") {
				t.Errorf("%s: alice, whose mails bounce, got %d about %s", f.tenants[i].name, n, g.Name)
			}
		}
	}
}

// doubted says whether something about a person on a resource was reported as unknown.
func (c *foulTenant) doubted(resource, person string) bool {
	for name := range c.unknown {
		if strings.Contains(name, "/"+resource+" ") && strings.Contains(name, person) {
			return true
		}
	}
	return false
}

// truth is a tenant as reads show it on which nothing is spoiled: what is live, and what there is to do.
type truth struct {
	live diff.Live
	part diff.ConnectionPlan
}

func (f *foul) truth(t *testing.T, now time.Time) (both [2]truth) {
	t.Helper()
	jobs := f.jobs(t, true)
	plan, err := apply.Plan(t.Context(), apply.PlanOptions{Jobs: jobs, Now: now, Store: f.store, NoBound: true})
	if err != nil {
		t.Fatal(err)
	}
	for i, job := range jobs {
		live, err := job.Source.Read(t.Context(), providertest.All(job.Desired))
		if err != nil {
			t.Fatal(err)
		}
		both[i] = truth{live, plan.Connections[i]}
	}
	return both
}

// named is a change without what may differ from one plan to the next.
func named(c diff.Change) string {
	return strings.TrimSpace(essence(c) + " " + c.Mailing().Recipient + " " + c.Mailing().Type)
}

func has(changes []diff.Change, c diff.Change) bool {
	return slices.ContainsFunc(changes, func(o diff.Change) bool { return named(o) == named(c) })
}

// judgePlan holds a plan against what is to do in truth.
func (c *foulTenant) judgePlan(t *testing.T, part diff.ConnectionPlan, needed []diff.Change) {
	t.Helper()
	admitted := len(part.Errors) > 0 || len(part.Incomplete()) > 0 ||
		slices.ContainsFunc(part.Notes, func(note string) bool { return strings.Contains(note, "is not whole") })
	if len(c.weather.caught) > 0 && !admitted {
		t.Errorf("%s: the lies %v are not admitted, notes %q", c.name, c.weather.caught, part.Notes)
	}
	for _, change := range part.Changes {
		if change.Problem != "" {
			continue
		}
		if slices.Contains(part.Incomplete(), string(change.Kind)+"/"+change.Resource) {
			t.Errorf("%s: %s is planned on a list that is not whole", c.name, named(change))
		}
		if !has(needed, change) {
			t.Errorf("%s: %s is planned and not needed; lies %v", c.name, named(change), c.weather.habits)
		}
	}
}

// judgeResult holds the report of a run against what the vendor has and took.
func (c *foulTenant) judgeResult(t *testing.T, run int, plan diff.ConnectionPlan, part diff.PartResult, before, after truth) {
	t.Helper()
	for g := range before.live.Grants.All() {
		if c.desired.Grants.Has(g) && !after.live.Grants.Has(g) {
			t.Errorf("%s: run %d took %v, which the files give", c.name, run, g)
		}
	}
	taken := map[string]int{}
	for _, s := range c.sent {
		if s.run != run {
			continue
		}
		if taken[named(s.Change)]++; !has(plan.Changes, s.Change) {
			t.Errorf("%s: run %d sent %s, which is not planned", c.name, run, named(s.Change))
		}
	}
	if part.Matching > after.part.Matching {
		t.Errorf("%s: run %d says that %d grants match, and %d do", c.name, run, part.Matching, after.part.Matching)
	}
	for _, change := range part.Changes {
		left, what := has(after.part.Changes, *change.Change), fmt.Sprintf("%s: run %d reports %s as %s: %s", c.name, run, named(*change.Change), change.Outcome, change.Detail)
		switch change.Outcome {
		case diff.Done, diff.Already:
			if left {
				t.Errorf("%s, and it is still to do: %+v", what, after.part.Changes)
			}
		case diff.Refused:
			if !left && change.Op != diff.OpResend {
				t.Errorf("%s, and it was done", what)
			}
		case diff.NotTried, diff.Blocked:
			if taken[named(*change.Change)] > 0 {
				t.Errorf("%s, and it was sent", what)
			}
		case diff.Unknown:
			c.unknown[named(*change.Change)]++
		}
	}
}

func (c *foulTenant) resent() (n int) {
	for _, s := range c.sent {
		if s.Op == diff.OpResend {
			n++
		}
	}
	return n
}

// judgeTimes holds what was sent so far against how often and how soon it may be.
func (c *foulTenant) judgeTimes(t *testing.T) {
	t.Helper()
	times := map[string][]sending{}
	for _, s := range c.sent {
		name := named(s.Change)
		for _, earlier := range times[name] {
			mails := s.Op == diff.OpResend || s.Mails > 0 && s.Op == diff.OpUpdate
			if c.unknown[name] == 0 && (!mails || s.at.Sub(earlier.at) < spec.DefaultNotices.ResendAfter-5*time.Minute) {
				t.Errorf("%s: %s was sent in run %d and, %v later, in run %d", c.name, name, earlier.run, s.at.Sub(earlier.at), s.run)
			}
		}
		times[name] = append(times[name], s)
		for _, grant := range times[fmt.Sprintf("grant %s/%s access %s", s.Kind, s.Resource, s.Subject)] {
			if s.Op == diff.OpResend && s.at.Sub(grant.at) < spec.DefaultNotices.ResendAfter-5*time.Minute {
				t.Errorf("%s: the mail of %s was sent again %v after the grant", c.name, named(grant.Change), s.at.Sub(grant.at))
			}
		}
	}
}
