//go:build unix

package main

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/entitlectl/entitlectl/pkg/providers/emu"
	"github.com/entitlectl/entitlectl/pkg/store"
	"github.com/entitlectl/entitlectl/pkg/store/postgres"
	"github.com/entitlectl/entitlectl/pkg/store/postgres/pgtest"
	"github.com/entitlectl/entitlectl/pkg/store/storetest"
)

const (
	farmRunners  = 3
	farmTenants  = 60
	farmMost     = 40                     // people, who get access one after the other
	farmWrites   = 60                     // a minute and tenant
	farmWindow   = 12 * time.Second       // holds whole numbers of turns
	farmVariable = "ENTITLECTL_TEST_FARM" // how long it runs
)

// farm is several runners of many tenants, which share nothing but a server.
type farm struct {
	folder, store string
	reads         int // a minute and tenant
	emulator      *emu.Server
	generation    atomic.Int64 // so many people should have access now

	mu    sync.Mutex
	calls []farmCall
	ended map[int]int // by process: the exit code
}

// farmCall is one call. They are in the order in which they arrived.
type farmCall struct {
	process int
	tenant  string
	sent    time.Time // on its way from the process
	writes  bool
	limit   string // of the vendor's that it draws from: each service has its own
}

// TestFarm: several runners bring 60 tenants to what files say, which ask for more and more, and are killed at any moment. Every
// change is made once, no two of them write to a tenant at a time, none goes over a rate that they share, and nobody is mailed
// twice.
func TestFarm(t *testing.T) {
	lasts := 6 * time.Second
	switch {
	case os.Getenv("ENTITLECTL_TEST_LONG") != "":
		lasts = 10 * time.Minute
	case testing.Short():
		lasts = 5 * time.Second
	}
	if text := os.Getenv(farmVariable); text != "" {
		var err error
		lasts, err = time.ParseDuration(text)
		check(t, err)
	}
	reads := 300
	if lasts >= time.Minute {
		reads = 100 // so that runs use it in full
	}
	f := newFarm(t, reads)
	until := time.Now().Add(lasts)
	var runners sync.WaitGroup
	var killed, ran atomic.Int64
	for i := range farmRunners {
		runners.Go(func() { f.runner(t, rand.New(rand.NewPCG(uint64(i), 1)), until, &ran, &killed) })
	}
	for time.Now().Before(until) && f.generation.Load() < farmMost {
		time.Sleep(lasts / farmMost)
		f.more(t)
	}
	runners.Wait()
	f.finish(t)
	t.Logf("%d applies, %d of them killed, %d calls, %d people", ran.Load(), killed.Load(), len(f.calls), f.generation.Load())
	f.checkWorld(t)
	f.checkTurns(t)
	f.checkRates(t)
	f.checkHistory(t)
}

func newFarm(t *testing.T, reads int) *farm {
	server := pgtest.Shared(t)
	f := &farm{folder: t.TempDir(), reads: reads, store: server.URL(server.Schema(t)), emulator: newEmulator(emu.Options{}, true), ended: map[int]int{}}
	var seed strings.Builder
	seed.WriteString("huaweicloud:\n")
	for i := range farmTenants {
		fmt.Fprintf(&seed, "  - project: p%02d\n    users: [", i)
		for n := range farmMost {
			fmt.Fprintf(&seed, "{name: u%02d, email: u%02d@corp.example}, ", n, n)
		}
		seed.WriteString("]\n    appGroups: [{name: CAD}]\n")
	}
	check(t, f.emulator.LoadSeed([]byte(seed.String())))
	f.more(t)
	return f
}

func (f *farm) file(generation int64) string {
	return filepath.Join(f.folder, fmt.Sprintf("%02d.yaml", generation))
}

// more asks for access of one more person everywhere. Groups are add-only: a runner that waited for a lock with the file of before
// would rightly take what that file does not ask for, and the next one give it again.
func (f *farm) more(t *testing.T) {
	next := f.generation.Load() + 1
	var text, names strings.Builder
	text.WriteString("version: 1\nconnections:\n")
	for i := range farmTenants {
		fmt.Fprintf(&text, "  c%02d: {provider: huaweicloud, region: ap-southeast-3, project: p%02d, auth: {accessKey: env:HUAWEICLOUD_SDK_AK, secretKey: env:HUAWEICLOUD_SDK_SK}, endpoint: \"http://127.0.0.1:1\", rate: {read: %d/min, write: %d/min}}\n",
			i, i, f.reads, farmWrites)
	}
	text.WriteString("users:\n")
	for n := range next {
		fmt.Fprintf(&text, "  - {name: u%02d, email: u%02d@corp.example}\n", n, n)
		fmt.Fprintf(&names, "u%02d, ", n)
	}
	text.WriteString("appGroups:\n")
	for i := range farmTenants {
		fmt.Fprintf(&text, "  - {name: CAD, in: c%02d, ownership: add-only, grants: [{to: [%s]}]}\n", i, names.String())
	}
	check(t, os.WriteFile(f.file(next), []byte(text.String()), 0o600))
	f.generation.Store(next)
}

// runner applies to some tenants after others, as it happens, and is killed in half of the cases.
func (f *farm) runner(t *testing.T, random *rand.Rand, until time.Time, ran, killed *atomic.Int64) {
	for time.Now().Before(until) {
		args := []string{"--lock-timeout", "10s"}
		first, count := random.IntN(farmTenants), 5+random.IntN(20)
		for i := range count {
			args = append(args, "--connection", fmt.Sprintf("c%02d", (first+i)%farmTenants))
		}
		dies := time.Duration(0)
		if random.IntN(2) == 0 {
			dies = time.Duration(100+random.IntN(4000)) * time.Millisecond
		}
		code, out := f.apply(t, dies, args...)
		ran.Add(1)
		switch code {
		case killedBySignal:
			killed.Add(1)
		case exitDone, exitLocked:
		default:
			t.Errorf("an apply ended with %d\n%s", code, out)
		}
	}
}

// apply runs one process, whose calls arrive at an address of its own.
func (f *farm) apply(t *testing.T, dies time.Duration, args ...string) (code int, output string) {
	var process atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		parts := strings.Split(r.URL.Path, "/")
		for process.Load() == 0 {
			time.Sleep(time.Millisecond) // the process is just being started
		}
		if len(parts) > 2 && strings.HasPrefix(parts[2], "p") {
			f.mu.Lock()
			sent, err := time.Parse(time.RFC3339Nano, r.Header.Get(sentAt))
			if err != nil {
				panic(err)
			}
			f.calls = append(f.calls, farmCall{int(process.Load()), parts[2], sent, mayWrite(r.Method, r.URL.Path), parts[1]})
			f.mu.Unlock()
		}
		f.emulator.ServeHTTP(w, r)
	}))
	defer server.Close()
	v := &victim{url: server.URL, file: f.file(f.generation.Load()), store: f.store}
	p := v.start(t, alive, append([]string{"apply", "--yes", "--settle", "500ms"}, args...)...)
	process.Store(int64(p.Process.Pid))
	if dies > 0 {
		defer time.AfterFunc(dies, func() { _ = p.Process.Kill() }).Stop() // it may have ended before
	}
	code = p.wait(t)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.ended[p.Process.Pid] = code
	return code, p.output.String()
}

// finish applies to all tenants until nothing is left to do.
func (f *farm) finish(t *testing.T) {
	for range 3 {
		code, out := f.apply(t, 0)
		if code == exitDone {
			return
		}
		t.Logf("the last apply ended with %d\n%s", code, out)
	}
	t.Error("it does not come to an end")
}

// checkWorld wants everybody to have access everywhere, and to have been told of it once.
func (f *farm) checkWorld(t *testing.T) {
	text, err := f.emulator.State()
	check(t, err)
	var world struct {
		Huaweicloud []struct {
			Project   string
			AppGroups []struct {
				Grants []string
				Mails  []struct{ To string }
			} `yaml:"appGroups"`
		}
	}
	check(t, yaml.Unmarshal(text, &world))
	if len(world.Huaweicloud) != farmTenants {
		t.Fatalf("%d tenants", len(world.Huaweicloud))
	}
	for _, tenant := range world.Huaweicloud {
		group, mailed := tenant.AppGroups[0], map[string]int{}
		for _, m := range group.Mails {
			mailed[m.To]++
		}
		for n := range f.generation.Load() {
			name := fmt.Sprintf("u%02d", n)
			if !slices.Contains(group.Grants, name) || mailed[name] != 1 {
				t.Errorf("%s: %s has access: %v, and was mailed %d times", tenant.Project, name, slices.Contains(group.Grants, name), mailed[name])
			}
		}
	}
}

// byTenant are the calls to each tenant in their order.
func (f *farm) byTenant() map[string][]farmCall {
	by := map[string][]farmCall{}
	for _, c := range f.calls {
		by[c.tenant] = append(by[c.tenant], c)
	}
	return by
}

// checkTurns wants the writes of two processes to a tenant to follow each other.
func (f *farm) checkTurns(t *testing.T) {
	for tenant, calls := range f.byTenant() {
		done, last := map[int]bool{}, 0
		for _, c := range calls {
			if !c.writes || c.process == last {
				continue
			}
			if done[c.process] {
				t.Errorf("%s: process %d wrote before and after others", tenant, c.process)
			}
			done[last], last = true, c.process
		}
	}
}

// checkRates wants no window to hold more calls than its rate allows, but for two: a call may be a whole turn late when it is looked
// at and leave some moments after that, so that a window that begins with it has the turns of one more than a whole turn longer.
// What counts is when processes sent them: what came after that on their way is not theirs.
func (f *farm) checkRates(t *testing.T) {
	sent := map[farmCall][]time.Time{}
	for _, c := range f.calls {
		limit := farmCall{tenant: c.tenant, writes: c.writes, limit: c.limit}
		sent[limit] = append(sent[limit], c.sent)
	}
	full := 0
	for limit, at := range sent {
		allowed := int(farmWindow * time.Duration(f.reads) / time.Minute)
		if limit.writes {
			allowed = int(farmWindow * farmWrites / time.Minute)
		}
		slices.SortFunc(at, time.Time.Compare)
		n := storetest.MostWithin(at, farmWindow)
		if n > allowed+2 {
			t.Errorf("%+v: %d calls in %s, %d are allowed", limit, n, farmWindow, allowed)
		}
		if n >= allowed-1 {
			full++
		}
	}
	t.Logf("%d of %d limits were used in full", full, len(sent))
}

// checkHistory wants a whole history that has each run as the vendor saw it, and no call in doubt.
func (f *farm) checkHistory(t *testing.T) {
	s, err := postgres.Open(f.store, "")
	check(t, err)
	defer s.Close()
	if _, err := s.Verify(t.Context()); err != nil {
		t.Error(err)
	}
	check(t, store.CheckDetails(t.Context(), s))
	writes := map[int]int{}
	for _, c := range f.calls {
		if c.writes {
			writes[c.process]++
		}
	}
	for r, err := range s.Records(t.Context()) {
		check(t, err)
		if r.Kind == store.RunEnded && r.Calls != writes[r.Who.PID] {
			t.Errorf("process %d: the history says %d calls, the vendor saw %d", r.Who.PID, r.Calls, writes[r.Who.PID])
		}
	}
	for i := range farmTenants {
		doubts, err := s.Doubts(t.Context(), fmt.Sprintf("c%02d", i))
		if err != nil || len(doubts) > 0 {
			t.Errorf("c%02d: in doubt %+v, %v", i, doubts, err)
		}
	}
	if holders, err := s.Holders(t.Context()); err != nil || len(holders) > 0 {
		t.Errorf("holders %+v, %v", holders, err)
	}
}
