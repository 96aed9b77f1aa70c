package providertest

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/entitlectl/entitlectl/pkg/apply"
	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/providers/emu"
)

// FaultOnEveryWrite says that, whatever goes wrong with whichever write call, applying again ends in the same world.
func FaultOnEveryWrite(t *testing.T, p Provider) {
	kinds := []emu.Fault{
		{Kind: emu.FaultDropReply}, {Kind: emu.FaultRefuse, Status: 500}, {Kind: emu.FaultRefuse, Status: 503, Done: true},
		{Kind: emu.FaultRefuse, Status: 502, Body: "<html>Bad Gateway</html>", Done: true}, {Kind: emu.FaultRefuse, Status: 504, Body: "<html>Gateway Time-out</html>"},
		{Kind: emu.FaultRefuse, Status: 400}, {Kind: emu.FaultThrottle}, {Kind: emu.FaultThrottle, RetryAfter: 20 * time.Second},
		{Kind: emu.FaultDelay, For: 10 * time.Second}, {Kind: emu.FaultTruncate}, {Kind: emu.FaultGarbage}, {Kind: emu.FaultHang},
		{Kind: emu.FaultLag, For: 6 * time.Second}, {Kind: emu.FaultLag, For: time.Minute},
	}
	seed, want := p.Read(t, "seed.yaml"), p.WorldAfter(t)
	c := Start(t, p, seed)
	job := c.FileJob(t, p.Fixture("desired.yaml"))
	Apply(t, Plan(t, job), job)
	for _, kind := range kinds {
		for i, fault := range Spoil(kind, c.Writes(t)) {
			t.Run(fmt.Sprintf("%s %d at %d", fault.Kind, fault.Status, i+1), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { Survive(t, Start(t, p, seed), fault, want) })
			})
		}
	}
}

// Spoil returns a copy of the fault for each of the calls, made so that it hits just that call in a run like theirs.
func Spoil(fault emu.Fault, calls []emu.Call) []emu.Fault {
	var faults []emu.Fault
	times := map[string]int{}
	for _, c := range calls {
		fault.Match = c.Method + " " + c.Path
		times[fault.Match]++
		fault.Nth = times[fault.Match]
		faults = append(faults, fault)
	}
	return faults
}

// Survive applies the fixture desired.yaml under a fault, again until there is nothing left to do, and compares the world.
func Survive(t *testing.T, c *Tenant, fault emu.Fault, want any) {
	c.Fault(t, fault)
	for range 3 {
		job := c.FileJob(t, c.Provider.Fixture("desired.yaml"))
		p := Plan(t, job)
		if p.Empty() {
			break
		}
		result := Apply(t, p, job)
		if fault.Status > 500 && result.Summary.Refused > 0 { // what stands before the vendor refuses nothing in its name
			t.Errorf("refused: %+v", result.Connections[0].Changes)
		}
		honest(t, c, result)
		time.Sleep(5 * time.Minute) // virtual: lags are over
	}
	if d := cmp.Diff(want, Bare(t, c.World(t))); d != "" {
		t.Errorf("the vendor's world after applying again (-want +got):\n%s", d)
	}
}

// honest checks a report against what a client sees that comes later: what is called done is done.
func honest(t *testing.T, c *Tenant, result *diff.Result) {
	t.Helper()
	c.Fault(t)
	time.Sleep(5 * time.Minute)
	later := Plan(t, c.FileJob(t, c.Provider.Fixture("desired.yaml"))).Connections[0].Changes
	for _, r := range result.Connections[0].Changes {
		again := slices.ContainsFunc(later, func(l diff.Change) bool {
			return l.Op == r.Op && l.Kind == r.Kind && l.Resource == r.Resource && l.Role == r.Role && l.Subject == r.Subject && l.Field == r.Field
		})
		if again && (r.Outcome == diff.Done || r.Outcome == diff.Already) {
			t.Errorf("%s %s %s is reported %s, but a later plan has it again", r.Op, r.Resource, r.Subject, r.Outcome)
		}
	}
}

// HostileEndpoint says that an endpoint that is not the vendor, or is in no state to answer, makes an error in bounded time, or
// lists that are not whole, and nothing is planned or written.
func HostileEndpoint(t *testing.T, p Provider) {
	faults := []emu.Fault{{Kind: emu.FaultGarbage}, {Kind: emu.FaultTruncate}, {Kind: emu.FaultHang}, {Kind: emu.FaultDropReply},
		{Kind: emu.FaultRefuse, Status: 500}, {Kind: emu.FaultRefuse, Status: 200, Body: "{}"}, {Kind: emu.FaultRefuse, Status: 200, Body: "[]"},
		{Kind: emu.FaultRefuse, Status: 200, Body: `{"count":-1,"total_count":-1,"items":[]}`}, {Kind: emu.FaultRefuse, Status: 200, Body: `{"error_code":"X","error_msg":"no"}`},
		{Kind: emu.FaultRefuse, Status: 403, Body: "<html>go away</html>"}, {Kind: emu.FaultRefuse, Status: 301}}
	c := Start(t, p, p.Read(t, "seed.yaml"))
	Plan(t, c.FileJob(t, p.Fixture("desired.yaml")))
	for _, fault := range faults {
		for nth := 1; nth <= min(3, len(c.Calls())); nth++ { // a tenant may be looked up first, and lists follow one another
			fault.Match, fault.Nth, fault.Count = "* /**", nth, 1000
			t.Run(fmt.Sprintf("%s %d%s from %d", fault.Kind, fault.Status, fault.Body, nth), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { gaveUp(t, Start(t, p, p.Read(t, "seed.yaml")), fault) })
			})
		}
	}
}

func gaveUp(t *testing.T, c *Tenant, fault emu.Fault) {
	c.Fault(t, fault)
	job := c.FileJob(t, c.Provider.Fixture("desired.yaml"))
	start := time.Now()
	p, err := apply.Plan(t.Context(), apply.PlanOptions{Jobs: []apply.Job{job}})
	said := err != nil && len(p.Connections[0].Errors) > 0 || len(p.Connections[0].Incomplete()) > 0
	if !said || len(p.Connections[0].Changes) > 0 {
		t.Errorf("error %v, plan %+v", err, p.Connections[0])
	}
	if took := time.Since(start); took > 5*time.Minute {
		t.Errorf("it took %v", took)
	}
	if len(c.Writes(t)) > 0 {
		t.Errorf("it wrote: %v", c.Writes(t))
	}
}

// FaultOnEveryRead says that one fault on any read changes nothing: it is tried again.
func FaultOnEveryRead(t *testing.T, p Provider) {
	seed := p.Read(t, "seed.yaml")
	c := Start(t, p, seed)
	want := Plan(t, c.FileJob(t, p.Fixture("desired.yaml")))
	for _, kind := range []emu.FaultKind{emu.FaultDropReply, emu.FaultTruncate, emu.FaultGarbage, emu.FaultThrottle, emu.FaultHang} {
		for i, fault := range Spoil(emu.Fault{Kind: kind}, c.Calls()) {
			synctest.Test(t, func(t *testing.T) {
				c := Start(t, p, seed)
				c.Fault(t, fault)
				if got := Plan(t, c.FileJob(t, p.Fixture("desired.yaml"))); got.ID != want.ID {
					t.Errorf("%s at read %d: another plan: %+v", kind, i+1, got.Connections[0])
				}
			})
		}
	}
}
