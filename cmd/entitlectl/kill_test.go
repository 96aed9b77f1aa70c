package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/entitlectl/entitlectl/pkg/providers/emu"
	"github.com/entitlectl/entitlectl/pkg/store"
	"github.com/entitlectl/entitlectl/pkg/store/postgres"
)

// killAt is the variable that makes this test binary the program, killed at the boundary of that number.
const killAt = "ENTITLECTL_TEST_KILL_AT"

// executioner counts the boundaries of a run and kills the process at one of them, as kill -9 does.
type executioner struct {
	at     int64
	passed atomic.Int64
}

// pass is one boundary. spoil, if not nil, spoils something in the moment of death.
func (x *executioner) pass(spoil func()) {
	if x.passed.Add(1) != x.at {
		return
	}
	if spoil != nil {
		spoil()
	}
	if self, err := os.FindProcess(os.Getpid()); err == nil {
		_ = self.Kill()
	}
	select {}
}

// killedMain is the program with boundaries in it: around each request that may write, and before, in and after each record
// that the store keeps.
func killedMain(at int64) {
	x := &executioner{at: at}
	e := scriptEnv()
	e.now, e.tracked = time.Now, nil // no git is started: nothing of this is in a repository
	vendors := e.transport
	e.transport = roundTrip(func(r *http.Request) (*http.Response, error) {
		if !mayWrite(r.Method, r.URL.Path) {
			return vendors.RoundTrip(r)
		}
		x.pass(nil)
		defer x.pass(nil)
		return vendors.RoundTrip(r)
	})
	e.through = func(s store.Store) store.Store {
		return mortal{s.(wholeStore), x, strings.TrimPrefix(os.Args[len(os.Args)-1], folderScheme)}
	}
	code := run(context.Background(), e, os.Args[1:])
	fmt.Fprintf(os.Stderr, "boundaries %d\n", x.passed.Load())
	os.Exit(code)
}

// mayWrite tells requests that write from those that only read: WPS 365 reads with POST too.
func mayWrite(method, path string) bool {
	return method != http.MethodGet && !strings.HasPrefix(path, "/oauth2/") && !strings.HasPrefix(path, "/v7/users/")
}

// wholeStore is all that stores can do.
type wholeStore interface {
	store.Store
	store.Contents
	store.Continuer
}

// mortal is a store in whose writes the process may die.
type mortal struct {
	wholeStore
	x      *executioner
	folder string // or the URL of a server
}

func (m mortal) Put(key, value string) error {
	m.x.pass(m.tear("memory.jsonl"))
	defer m.x.pass(nil)
	return m.wholeStore.Put(key, value)
}

func (m mortal) PutAll(values map[string]string) error {
	m.x.pass(m.tear("memory.jsonl"))
	defer m.x.pass(nil)
	return m.wholeStore.PutAll(values)
}

func (m mortal) Record(ctx context.Context, r store.Record, rows store.Rows) error {
	m.x.pass(nil)
	m.x.pass(m.tear("history.jsonl"))
	defer m.x.pass(nil)
	return m.wholeStore.Record(ctx, r, rows)
}

func (m mortal) Continue(ctx context.Context, prev string, r store.Record, rows store.Rows) error {
	m.x.pass(nil)
	m.x.pass(m.tear("history.jsonl"))
	defer m.x.pass(nil)
	return m.wholeStore.Continue(ctx, prev, r, rows)
}

func (m mortal) Acquire(ctx context.Context, scope string, by store.Owner) (store.Lease, error) {
	lease, err := m.wholeStore.Acquire(ctx, scope, by)
	return mortalLease{lease, m, scope}, err
}

// tear leaves a line half written, as a crash in the middle of a write may.
func (m mortal) tear(name string) func() {
	if postgres.IsURL(m.folder) {
		return nil // a server tears nothing
	}
	return func() {
		f, err := os.OpenFile(filepath.Join(m.folder, name), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err == nil {
			_, err = f.WriteString(`{"run":"torn","ca`)
		}
		if err != nil {
			panic(err)
		}
	}
}

type mortalLease struct {
	store.Lease
	mortal
	scope string
}

func (l mortalLease) Append(ctx context.Context, entries ...store.Entry) error {
	l.x.pass(nil)
	l.x.pass(l.tear("journal-" + l.scope + ".jsonl"))
	defer l.x.pass(nil)
	return l.Lease.Append(ctx, entries...)
}

func (l mortalLease) Release() error {
	l.x.pass(nil)
	return l.Lease.Release()
}

// TestFault01KilledAnywhere (law 7, fault 01) kills an apply that creates, updates, grants, revokes, resends and promotes on all
// providers at its boundaries, applies again, and compares the vendors' worlds with that of an undisturbed run. It takes every
// 21st, and with a server for a store every 61st, each in a long run: by odd steps, so that saved plans and late reads come with
// boundaries of every kind.
func TestFault01KilledAnywhere(t *testing.T) { onBoth(t, killedAnywhere) }

func killedAnywhere(t *testing.T, k killWorld) {
	undisturbed := k.fresh(t)
	code, stderr := undisturbed.apply(t, counted)
	if code != exitDone {
		t.Fatalf("the undisturbed run ended with %d\n%s", code, stderr)
	}
	boundaries := boundariesOf(t, stderr)
	if boundaries < 200 {
		t.Errorf("only %d boundaries", boundaries)
	}
	want := undisturbed.world(t)
	step := 21
	switch {
	case os.Getenv("ENTITLECTL_TEST_LONG") == "" && k.store != nil:
		step = 61
	case testing.Short():
		step = 33
	case os.Getenv("ENTITLECTL_TEST_LONG") != "":
		step = 1
	}
	var unknown, killed atomic.Int64
	t.Run("points", func(t *testing.T) {
		for at := 1; at <= boundaries; at += step {
			t.Run(strconv.Itoa(at), func(t *testing.T) {
				t.Parallel()
				k.fresh(t).dieAndRecover(t, at, want, &unknown)
				killed.Add(1)
			})
		}
	})
	t.Logf("%d of %d boundaries; %d left a mail of which no read can tell", killed.Load(), boundaries, unknown.Load())
}

func boundariesOf(t *testing.T, stderr string) int {
	t.Helper()
	_, count, _ := strings.Cut(stderr, "boundaries ")
	n, err := strconv.Atoi(strings.TrimSpace(count))
	check(t, err)
	return n
}

// lag is how late reads show writes, where they do. Programs in processes of their own wait for real.
const lag = 100 * time.Millisecond

// dieAndRecover kills a run at a boundary, and goes on. At every second one a saved plan is applied, and applied again;
// at others reads show writes late.
func (v *victim) dieAndRecover(t *testing.T, at int, want any, unknown *atomic.Int64) {
	if at%4 > 1 {
		check(t, v.server.SetFaults([]emu.Fault{{Match: "* /**", Kind: emu.FaultLag, For: lag}}))
	}
	if at%2 == 0 {
		v.plan = []string{filepath.Join(t.TempDir(), "plan.json")}
		if code, out := v.run(t, 0, "plan", "--out", v.plan[0]); code != exitDone {
			t.Fatalf("plan ended with %d\n%s", code, out)
		}
	}
	if code, out := v.apply(t, at, v.plan...); code == exitDone && boundariesOf(t, out) < at {
		return // a run with a saved plan has some less
	} else if code != killedBySignal {
		t.Fatalf("not killed, but ended with %d\n%s", code, out)
	}
	v.recover(t, want, unknown)
}

// recover applies again and looks at what came of it.
func (v *victim) recover(t *testing.T, want any, unknown *atomic.Int64) {
	t.Helper()
	before := v.writes()
	code, out := v.apply(t, 0, v.plan...)
	if code == exitStale && v.writes() == before {
		// What was late came to be seen in the midst of its reads. By now all of it is seen.
		time.Sleep(lag)
		code, out = v.apply(t, 0, v.plan...)
	}
	if code == exitUnfinished && strings.Contains(out, "--retry-unknown") {
		unknown.Add(1)
		if has := v.world(t); !mailsAtMost(has, want) {
			t.Errorf("mails were sent twice\n%s", gocmp.Diff(want, has))
		}
		v.sameButMails(t, want)
		if code, out = v.apply(t, 0, "--retry-unknown"); code != exitDone {
			t.Errorf("retrying what is unknown ended with %d\n%s", code, out)
		}
	} else {
		if code != exitDone {
			t.Errorf("the run after it ended with %d\n%s", code, out)
		}
		if d := gocmp.Diff(want, v.world(t)); d != "" {
			t.Errorf("the world is another (-want +got):\n%s", d)
		}
	}
	writes := v.writes()
	if code, out := v.here(t, "plan", "--detailed-exitcode"); code != exitDone {
		t.Errorf("afterwards plan ended with %d\n%s", code, out)
	}
	if code, out := v.here(t, "apply", "--yes"); code != exitDone || v.writes() != writes {
		t.Errorf("another apply ended with %d after %d writes\n%s", code, v.writes()-writes, out)
	}
	if code, out := v.here(t, "history", "verify"); code != exitDone && !strings.Contains(out, "cut off, as by a crash") {
		t.Errorf("the history is broken: %d\n%s", code, out)
	}
}
