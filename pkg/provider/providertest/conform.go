package providertest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"gopkg.in/yaml.v3"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/provider"
	"github.com/entitlectl/entitlectl/pkg/providers/httpx"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// Conform holds a provider to all that every provider must do, against its own emulator.
func Conform(t *testing.T, p Provider) {
	for _, law := range []struct {
		name string
		test func(*testing.T, Provider)
	}{
		{"converge", Converge}, {"each call is told before it is sent", EachCallIsTold}, {"fault on every write", FaultOnEveryWrite},
		{"fault on every read", FaultOnEveryRead}, {"hostile endpoint", HostileEndpoint}, {"a reader only reads", ReaderOnlyReads},
		{"pack is exact and pure", PackIsExactAndPure}, {"wrong credentials are not repeated", WrongCredentialsAreNotRepeated},
		{"live has ids", LiveHasIDs}, {"two of one name", TwoOfOneName},
		{"rows leave out keys", RowsLeaveOutKeys}, {"probes only read", ProbesOnlyRead},
		{"one resource is as among all", OneResourceIsAsAmongAll}, {"mails are of the types asked for", MailsAreOfTheTypesAskedFor}, {"lists lie", ListsLie},
	} {
		t.Run(law.name, func(t *testing.T) { law.test(t, p) })
	}
}

// Converge is law 1: after an apply the vendor's world is as desired, and there is nothing left to do.
func Converge(t *testing.T, p Provider) {
	t.Run("in process", func(t *testing.T) { converge(t, Start(t, p, p.Read(t, "seed.yaml"))) })
	t.Run("over loopback", func(t *testing.T) { converge(t, Start(t, p, p.Read(t, "seed.yaml")).OverLoopback(t)) })
}

func converge(t *testing.T, c *Tenant) {
	p := c.Provider
	job := c.FileJob(t, p.Fixture("desired.yaml"))
	first := Plan(t, job)
	result := Apply(t, first, job)
	if !result.Summary.Clean() || result.Summary.Done == 0 || result.Summary.Calls != first.Summary.Calls {
		t.Fatalf("planned %+v, result %+v", first.Summary, result.Summary)
	}
	if d := cmp.Diff(p.WorldAfter(t), Bare(t, c.World(t))); d != "" {
		t.Errorf("the vendor's world after the apply (-want +got):\n%s", d)
	}
	sent := len(c.Writes(t))
	if sent != first.Summary.Calls {
		t.Errorf("%d write calls were planned, the vendor saw %d", first.Summary.Calls, sent)
	}
	job = c.FileJob(t, p.Fixture("desired.yaml")) // as a new process would
	second := Plan(t, job)
	if !second.Empty() {
		t.Errorf("the second plan is not empty: %+v", second.Connections[0].Changes)
	}
	Apply(t, second, job)
	if n := len(c.Writes(t)) - sent; n > 0 {
		t.Errorf("the second apply sent %d write calls", n)
	}
}

// WorldAfter is the world of the fixture after.yaml as an emulator gives it back.
func (p Provider) WorldAfter(t testing.TB) any {
	return Bare(t, Start(t, p, p.Read(t, "after.yaml")).World(t))
}

// Bare is a world without the mails that were sent in it, and when.
func Bare(t testing.TB, world string) any {
	t.Helper()
	var v any
	if err := yaml.Unmarshal([]byte(world), &v); err != nil {
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
	provider.Target
	t     *testing.T
	c     *Tenant
	calls int
}

func (a *announced) Do(ctx context.Context, name string, changes []diff.Change, begin func() error) error {
	a.calls++
	arrived, told := len(a.c.Writes(a.t)), 0
	err := a.Target.Do(ctx, name, changes, func() error { return errors.New("the disk is full") })
	if n := len(a.c.Writes(a.t)); n != arrived || provider.FailureOf(err).Fate != provider.NotDone {
		a.t.Errorf("%s was sent although it could not be told: error %v", name, err)
	}
	err = a.Target.Do(ctx, name, changes, func() error {
		if told++; len(a.c.Writes(a.t)) != arrived {
			a.t.Errorf("%s was told when it had arrived", name)
		}
		return begin()
	})
	if told != 1 {
		a.t.Errorf("%s was told %d times", name, told)
	}
	return err
}

// EachCallIsTold holds Do to what it says of begin.
func EachCallIsTold(t *testing.T, p Provider) {
	c := Start(t, p, p.Read(t, "seed.yaml"))
	job := c.FileJob(t, p.Fixture("desired.yaml"))
	a := &announced{Target: job.Source.(provider.Target), t: t, c: c}
	job.Source = a
	if result := Apply(t, Plan(t, job), job); a.calls == 0 || result.Summary.Done == 0 || result.Summary.Refused+result.Summary.Unknown > 0 {
		t.Errorf("%d calls: %+v", a.calls, result.Summary)
	}
}

// ReaderOnlyReads says that what Reader opens has no way to write.
func ReaderOnlyReads(t *testing.T, p Provider) {
	c := Start(t, p, p.Read(t, "seed.yaml"))
	job := c.FileJob(t, p.Fixture("desired.yaml"))
	source, err := p.Reader(job.Connection, SecretsOf(job.Connection), httpx.Env{Transport: c})
	if err != nil {
		t.Fatal(err)
	}
	if _, writes := source.(provider.Target); writes {
		t.Error("what Reader opens can write")
	}
	job.Source = source
	if Plan(t, job).Empty() || len(c.Writes(t)) > 0 {
		t.Errorf("writes: %v", c.Writes(t))
	}
}

// PackIsExactAndPure says that each change that can be sent is in one call, and that the same changes give the same calls.
func PackIsExactAndPure(t *testing.T, p Provider) {
	job := Start(t, p, p.Read(t, "seed.yaml")).FileJob(t, p.Fixture("desired.yaml"))
	changes := Plan(t, job).Connections[0].Changes
	changes[len(changes)-1].Problem = "blocked"
	before := slices.Clone(changes)
	calls := job.Source.Pack(changes, diff.Allowance{}, false).Calls
	if d := cmp.Diff(before, changes, cmpopts.EquateComparable(spec.Settings{})); d != "" {
		t.Errorf("Pack altered the changes:\n%s", d)
	}
	if d := cmp.Diff(calls, job.Source.Pack(changes, diff.Allowance{}, false).Calls, cmpopts.EquateComparable(spec.Settings{})); d != "" {
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
}

// WrongCredentialsAreNotRepeated says that a wrong key is refused at once: a vendor may lock it after a few more.
func WrongCredentialsAreNotRepeated(t *testing.T, p Provider) {
	c := Start(t, p, p.Read(t, "seed.yaml"))
	job := c.FileJob(t, p.Fixture("desired.yaml"))
	secrets := SecretsOf(job.Connection)
	for name := range secrets {
		if secrets[name].Reveal() == "emulator-secret" {
			secrets[name] = spec.NewSecret("a canary")
		}
	}
	source, err := p.Reader(job.Connection, secrets, httpx.Env{Transport: c})
	if err != nil {
		t.Fatal(err)
	}
	_, err = source.Read(t.Context(), All(job.Desired))
	if !provider.FailureOf(err).Unauthorized || len(c.Calls()) != 1 || strings.Contains(fmt.Sprint(err), "canary") {
		t.Errorf("error %v after %d calls", err, len(c.Calls()))
	}
}
