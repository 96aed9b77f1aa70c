package providers_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"gopkg.in/yaml.v3"

	"github.com/entitlectl/entitlectl/pkg/apply"
	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/providers"
	"github.com/entitlectl/entitlectl/pkg/providers/emu"
	"github.com/entitlectl/entitlectl/pkg/providers/httpx"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// The conformance suite: what every provider that can be reached must do, against its own emulator. A provider brings
// three files in testdata: the world before (seed.yaml), what is desired (desired.yaml), and the world after (after.yaml).

func eachProvider(t *testing.T, test func(t *testing.T, p providers.Provider)) {
	for _, p := range providers.Catalog() {
		if p.Reader != nil {
			t.Run(p.Format.Provider, func(t *testing.T) { test(t, p) })
		}
	}
}

func TestConverge(t *testing.T) {
	eachProvider(t, func(t *testing.T, p providers.Provider) {
		t.Run("in process", func(t *testing.T) { converge(t, newBench(t, p, read(t, fixture(t, p, "seed.yaml")))) })
		t.Run("over loopback", func(t *testing.T) {
			converge(t, newBench(t, p, read(t, fixture(t, p, "seed.yaml"))).overLoopback(t))
		})
	})
}

func converge(t *testing.T, b *bench) {
	job := b.job(t, fixture(t, b.provider, "desired.yaml"))
	first := plan(t, job)
	result := run(t, first, job)
	if !result.Summary.Clean() || result.Summary.Done == 0 || result.Summary.Calls != first.Summary.Calls {
		t.Fatalf("planned %+v, result %+v", first.Summary, result.Summary)
	}
	if d := cmp.Diff(world(t, b.provider, read(t, fixture(t, b.provider, "after.yaml"))), bare(t, b.state(t))); d != "" {
		t.Errorf("the vendor's world after the apply (-want +got):\n%s", d)
	}
	sent := len(b.writes(t))
	if sent != first.Summary.Calls {
		t.Errorf("%d write calls were planned, the vendor saw %d", first.Summary.Calls, sent)
	}
	job = b.job(t, fixture(t, b.provider, "desired.yaml")) // as a new process would
	second := plan(t, job)
	if !second.Empty() {
		t.Errorf("the second plan is not empty: %+v", second.Connections[0].Changes)
	}
	run(t, second, job)
	if n := len(b.writes(t)) - sent; n > 0 {
		t.Errorf("the second apply sent %d write calls", n)
	}
}

// world is a seed as an emulator gives it back.
func world(t testing.TB, p providers.Provider, seed []byte) any {
	return bare(t, newBench(t, p, seed).state(t))
}

// bare is a world without the mails that were sent in it, and when.
func bare(t testing.TB, state string) any {
	t.Helper()
	var v any
	if err := yaml.Unmarshal([]byte(state), &v); err != nil {
		t.Fatal(err)
	}
	return without(without(v, "mails"), "sent")
}

func without(v any, key string) any {
	switch v := v.(type) {
	case map[string]any:
		delete(v, key)
		for k := range v {
			v[k] = without(v[k], key)
		}
	case []any:
		for i := range v {
			v[i] = without(v[i], key)
		}
	}
	return v
}

// announced is a target that checks that each of its calls is told before any of it arrives at the vendor, and that one
// which can't be told is not sent.
type announced struct {
	apply.Target
	t     *testing.T
	b     *bench
	calls int
}

func (a *announced) Do(ctx context.Context, name string, changes []diff.Change, begin func() error) error {
	a.calls++
	arrived, told := len(a.b.writes(a.t)), 0
	err := a.Target.Do(ctx, name, changes, func() error { return errors.New("the disk is full") })
	var e interface{ NotDone() bool }
	if n := len(a.b.writes(a.t)); n != arrived || !errors.As(err, &e) || !e.NotDone() {
		a.t.Errorf("%s was sent although it could not be told: error %v", name, err)
	}
	err = a.Target.Do(ctx, name, changes, func() error {
		if told++; len(a.b.writes(a.t)) != arrived {
			a.t.Errorf("%s was told when it had arrived", name)
		}
		return begin()
	})
	if told != 1 {
		a.t.Errorf("%s was told %d times", name, told)
	}
	return err
}

func TestEachCallIsToldBeforeItIsSent(t *testing.T) {
	eachProvider(t, func(t *testing.T, p providers.Provider) {
		b := newBench(t, p, read(t, fixture(t, p, "seed.yaml")))
		job := b.job(t, fixture(t, p, "desired.yaml"))
		a := &announced{Target: job.Source.(apply.Target), t: t, b: b}
		job.Source = a
		if result := run(t, plan(t, job), job); a.calls == 0 || result.Summary.Done == 0 || result.Summary.Refused+result.Summary.Unknown > 0 {
			t.Errorf("%d calls: %+v", a.calls, result.Summary)
		}
	})
}

// Whatever goes wrong with whichever write call, applying again ends in the same world.
func TestFaultOnEveryWrite(t *testing.T) {
	kinds := []emu.Fault{
		{Kind: emu.FaultDropReply}, {Kind: emu.FaultRefuse, Status: 500}, {Kind: emu.FaultRefuse, Status: 503, Done: true},
		{Kind: emu.FaultRefuse, Status: 400}, {Kind: emu.FaultThrottle}, {Kind: emu.FaultThrottle, RetryAfter: 20 * time.Second},
		{Kind: emu.FaultDelay, For: 10 * time.Second}, {Kind: emu.FaultTruncate}, {Kind: emu.FaultGarbage}, {Kind: emu.FaultHang},
		{Kind: emu.FaultLag, For: 6 * time.Second}, {Kind: emu.FaultLag, For: time.Minute},
	}
	eachProvider(t, func(t *testing.T, p providers.Provider) {
		seed, want := read(t, fixture(t, p, "seed.yaml")), world(t, p, read(t, fixture(t, p, "after.yaml")))
		b := newBench(t, p, seed)
		job := b.job(t, fixture(t, p, "desired.yaml"))
		run(t, plan(t, job), job)
		for _, kind := range kinds {
			for i, fault := range spoil(kind, b.writes(t)) {
				t.Run(fmt.Sprintf("%s %d at %d", fault.Kind, fault.Status, i+1), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) { survive(t, newBench(t, p, seed), fault, want) })
				})
			}
		}
	})
}

func survive(t *testing.T, b *bench, fault emu.Fault, want any) {
	if err := b.emulator.SetFaults([]emu.Fault{fault}); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		job := b.job(t, fixture(t, b.provider, "desired.yaml"))
		p := plan(t, job)
		if p.Empty() {
			break
		}
		result := run(t, p, job)
		honest(t, b, result)
		time.Sleep(5 * time.Minute) // virtual: lags are over
	}
	if d := cmp.Diff(want, bare(t, b.state(t))); d != "" {
		t.Errorf("the vendor's world after applying again (-want +got):\n%s", d)
	}
}

// honest checks a report against what a client sees that comes later: what is called done is done.
func honest(t *testing.T, b *bench, result *diff.Result) {
	t.Helper()
	if err := b.emulator.SetFaults(nil); err != nil {
		t.Fatal(err)
	}
	time.Sleep(5 * time.Minute)
	job := b.job(t, fixture(t, b.provider, "desired.yaml"))
	later := plan(t, job).Connections[0].Changes
	for _, c := range result.Connections[0].Changes {
		again := slices.ContainsFunc(later, func(l diff.Change) bool {
			return l.Op == c.Op && l.Kind == c.Kind && l.Resource == c.Resource && l.Role == c.Role && l.Subject == c.Subject && l.Field == c.Field
		})
		if again && (c.Outcome == diff.Done || c.Outcome == diff.Already) {
			t.Errorf("%s %s %s is reported %s, but a later plan has it again", c.Op, c.Resource, c.Subject, c.Outcome)
		}
	}
}

// An endpoint that is not the vendor, or is in no state to answer, makes an error in bounded time, and nothing is written.
func TestHostileEndpoint(t *testing.T) {
	faults := []emu.Fault{{Kind: emu.FaultGarbage}, {Kind: emu.FaultTruncate}, {Kind: emu.FaultHang}, {Kind: emu.FaultDropReply},
		{Kind: emu.FaultRefuse, Status: 500}, {Kind: emu.FaultRefuse, Status: 200, Body: "{}"}, {Kind: emu.FaultRefuse, Status: 200, Body: "[]"},
		{Kind: emu.FaultRefuse, Status: 200, Body: `{"count":-1,"total_count":-1,"items":[]}`}, {Kind: emu.FaultRefuse, Status: 200, Body: `{"error_code":"X","error_msg":"no"}`},
		{Kind: emu.FaultRefuse, Status: 403, Body: "<html>go away</html>"}, {Kind: emu.FaultRefuse, Status: 301}}
	eachProvider(t, func(t *testing.T, p providers.Provider) {
		for _, fault := range faults {
			for _, nth := range []int{1, 2, 3} { // the project, the first list, the second one
				fault.Match, fault.Nth, fault.Count = "* /**", nth, 1000
				t.Run(fmt.Sprintf("%s %d%s from %d", fault.Kind, fault.Status, fault.Body, nth), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) { gaveUp(t, newBench(t, p, read(t, fixture(t, p, "seed.yaml"))), fault) })
				})
			}
		}
	})
}

func gaveUp(t *testing.T, b *bench, fault emu.Fault) {
	if err := b.emulator.SetFaults([]emu.Fault{fault}); err != nil {
		t.Fatal(err)
	}
	job := b.job(t, fixture(t, b.provider, "desired.yaml"))
	start := time.Now()
	p, err := apply.Plan(t.Context(), []apply.Job{job}, apply.Head{}, nil)
	if err == nil || len(p.Connections[0].Changes) > 0 || p.Connections[0].Error == "" {
		t.Errorf("error %v, plan %+v", err, p.Connections[0])
	}
	if took := time.Since(start); took > 5*time.Minute {
		t.Errorf("it took %v", took)
	}
	if len(b.writes(t)) > 0 {
		t.Errorf("it wrote: %v", b.writes(t))
	}
}

// One fault on any read changes nothing: it is tried again.
func TestFaultOnEveryRead(t *testing.T) {
	eachProvider(t, func(t *testing.T, p providers.Provider) {
		seed := read(t, fixture(t, p, "seed.yaml"))
		b := newBench(t, p, seed)
		want := plan(t, b.job(t, fixture(t, p, "desired.yaml")))
		for _, kind := range []emu.FaultKind{emu.FaultDropReply, emu.FaultTruncate, emu.FaultGarbage, emu.FaultThrottle, emu.FaultHang} {
			for i, fault := range spoil(emu.Fault{Kind: kind}, b.emulator.Calls()) {
				synctest.Test(t, func(t *testing.T) {
					b := newBench(t, p, seed)
					if err := b.emulator.SetFaults([]emu.Fault{fault}); err != nil {
						t.Fatal(err)
					}
					if got := plan(t, b.job(t, fixture(t, p, "desired.yaml"))); got.ID != want.ID {
						t.Errorf("%s at read %d: another plan: %+v", kind, i+1, got.Connections[0])
					}
				})
			}
		}
	})
}

func TestReaderOnlyReads(t *testing.T) {
	eachProvider(t, func(t *testing.T, p providers.Provider) {
		b := newBench(t, p, read(t, fixture(t, p, "seed.yaml")))
		job := b.job(t, fixture(t, p, "desired.yaml"))
		source, err := p.Reader(job.Connection, secretsOf(job.Connection), httpx.Env{Transport: b.transport})
		if err != nil {
			t.Fatal(err)
		}
		if _, writes := source.(providers.Target); writes {
			t.Error("what Reader opens can write")
		}
		job.Source = source
		if plan(t, job).Empty() || len(b.writes(t)) > 0 {
			t.Errorf("writes: %v", b.writes(t))
		}
	})
}

func TestPackIsExactAndPure(t *testing.T) {
	eachProvider(t, func(t *testing.T, p providers.Provider) {
		b := newBench(t, p, read(t, fixture(t, p, "seed.yaml")))
		job := b.job(t, fixture(t, p, "desired.yaml"))
		changes := plan(t, job).Connections[0].Changes
		changes[len(changes)-1].Problem = "blocked"
		before := slices.Clone(changes)
		calls := job.Source.Pack(changes, diff.Slack{}, false).Calls
		if d := cmp.Diff(before, changes); d != "" {
			t.Errorf("Pack altered the changes:\n%s", d)
		}
		if d := cmp.Diff(calls, job.Source.Pack(changes, diff.Slack{}, false).Calls); d != "" {
			t.Errorf("Pack gave other calls the second time:\n%s", d)
		}
		if err := diff.CheckCalls(changes, calls, job.Source.Shapes()); err != nil {
			t.Error(err)
		}
		times := make([]int, len(changes))
		for _, call := range calls {
			for _, i := range call.Changes {
				times[i]++
			}
		}
		for i, n := range times {
			if want := map[bool]int{true: 0, false: 1}[changes[i].Problem != ""]; n != want {
				t.Errorf("change %d is in %d calls, want %d", i, n, want)
			}
		}
	})
}

// A wrong key is refused at once: five wrong signatures lock it.
func TestWrongCredentialsAreNotRepeated(t *testing.T) {
	eachProvider(t, func(t *testing.T, p providers.Provider) {
		b := newBench(t, p, read(t, fixture(t, p, "seed.yaml")))
		job := b.job(t, fixture(t, p, "desired.yaml"))
		secrets := secretsOf(job.Connection)
		for _, key := range []string{"secretKey", "accessKeySecret", "appKey"} {
			if _, has := secrets[key]; has {
				secrets[key] = spec.NewSecret("a canary")
			}
		}
		source, err := p.Reader(job.Connection, secrets, httpx.Env{Transport: b.transport})
		if err != nil {
			t.Fatal(err)
		}
		_, err = source.Read(t.Context(), job.Desired)
		if status := httpx.Status(err); status/100 != 4 || len(b.emulator.Calls()) != 1 || strings.Contains(fmt.Sprint(err), "canary") {
			t.Errorf("error %v after %d calls", err, len(b.emulator.Calls()))
		}
	})
}

// Every provider folder is in the catalog and has the files by which one finds one's way.
func TestCatalogIsComplete(t *testing.T) {
	known := map[string]bool{"emu": true, "httpx": true, "pack": true, "testdata": true}
	for _, p := range providers.Catalog() {
		name := p.Format.Provider
		known[name] = true
		if p.Reader == nil {
			continue
		}
		for _, file := range []string{"read.go", "write.go", "wire.go", "sign.go", name + "emu/doc.go"} {
			if _, err := os.Stat(filepath.Join(name, filepath.FromSlash(file))); err != nil {
				t.Errorf("%s lacks %s", name, path.Join(name, file))
			}
		}
	}
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.IsDir() && !known[e.Name()] {
			t.Errorf("folder %s is not in the catalog", e.Name())
		}
	}
}
