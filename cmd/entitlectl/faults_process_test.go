//go:build unix

package main

import (
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/entitlectl/entitlectl/pkg/providers/emu"
)

// real is a victim that runs the program as it is built, against the emulator's own address.
func (k killWorld) real(t *testing.T) *victim {
	t.Helper()
	program, err := build()
	if err != nil {
		t.Fatal(program, err)
	}
	v := k.fresh(t)
	text, err := os.ReadFile(k.file)
	check(t, err)
	v.program, v.file = program, filepath.Join(t.TempDir(), "entitlements.yaml")
	text = []byte(strings.ReplaceAll(string(text), "http://127.0.0.1:1", v.url))
	check(t, os.WriteFile(v.file, text, 0o600))
	return v
}

// TestFault01RealBinary kills the program as it is built from outside, at every twelfth of its calls, each in a long run: when
// the call has arrived and is not carried out, and when it was and is not answered.
func TestFault01RealBinary(t *testing.T) { onBoth(t, killedFromOutside) }

func killedFromOutside(t *testing.T, k killWorld) {
	undisturbed := k.real(t)
	if code, out := undisturbed.apply(t, 0); code != exitDone {
		t.Fatalf("the undisturbed run ended with %d\n%s", code, out)
	}
	want, calls := undisturbed.world(t), undisturbed.writes()
	step := 12
	switch {
	case os.Getenv("ENTITLECTL_TEST_LONG") == "" && k.store != nil:
		step = 17
	case testing.Short():
		step = 16
	case os.Getenv("ENTITLECTL_TEST_LONG") != "":
		step = 1
	}
	var unknown atomic.Int64
	for at := 1; at <= calls; at += step {
		for _, done := range []bool{false, true} {
			v := k.real(t)
			v.dieAtCall(t, at, done)
			v.recover(t, want, &unknown)
			if t.Failed() {
				t.Fatalf("call %d of %d, carried out: %v", at, calls, done)
			}
		}
	}
	t.Logf("%d calls; %d left a mail of which no read can tell", calls, unknown.Load())
}

// dieAtCall starts an apply and kills it when its write call of that number has arrived.
func (v *victim) dieAtCall(t *testing.T, at int, done bool) {
	t.Helper()
	var writes atomic.Int64
	arrived, dead := make(chan bool), make(chan bool)
	gate := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !mayWrite(r.Method, r.URL.Path) || writes.Add(1) != int64(at) {
			v.server.ServeHTTP(w, r)
			return
		}
		if done {
			v.server.ServeHTTP(httptest.NewRecorder(), r)
		}
		arrived <- true
		<-dead
	})
	v.gate.Store(&gate)
	p := v.start(t, 0, "apply", "--yes", "--settle", "150ms")
	<-arrived
	check(t, p.Process.Kill())
	if code := p.wait(t); code != killedBySignal {
		t.Errorf("not killed, but ended with %d\n%s", code, &p.output)
	}
	close(dead)
	v.gate.Store(nil)
}

// held starts an apply whose first write call is carried out and answered when release is called, which returns after that: a write
// that another run would meet half-way is none that a vendor has settled.
func (v *victim) held(t *testing.T, args ...string) (p *process, release func()) {
	t.Helper()
	arrived, goOn, done := make(chan bool), make(chan bool), make(chan bool)
	var first atomic.Bool
	gate := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if mayWrite(r.Method, r.URL.Path) && !first.Swap(true) {
			arrived <- true
			<-goOn
			defer close(done)
		}
		v.server.ServeHTTP(w, r)
	})
	v.gate.Store(&gate)
	p = v.start(t, 0, append([]string{"apply", "--yes", "--settle", "150ms"}, args...)...)
	<-arrived
	return p, sync.OnceFunc(func() { close(goOn); <-done })
}

// TestFault21TwoApplies: the second one is told who holds the lock; a lock that was broken keeps its former owner from
// sending anything more when that wakes up.
func TestFault21TwoApplies(t *testing.T) { onBoth(t, twoApplies) }

func twoApplies(t *testing.T, k killWorld) {
	v := k.real(t)
	first, release := v.held(t, "--connection", "workspace")
	defer release()
	code, out := v.apply(t, 0)
	if code != exitLocked || !strings.Contains(out, "another apply holds workspace: ") || !strings.Contains(out, "s ago; wait for its end, or see entitlectl lock") {
		t.Errorf("the second apply ended with %d\n%s", code, out)
	}
	if code, out = v.run(t, 0, "lock"); code != exitDone || !strings.Contains(out, "workspace\n  held by ") {
		t.Errorf("lock ended with %d\n%s", code, out)
	}

	check(t, first.Process.Signal(syscall.SIGSTOP))
	if code, out = v.run(t, 0, "lock", "break", "workspace", "--reason", "the runner is suspended", "-o", "json"); code != exitDone || out != "{\n  \"broken\": \"workspace\"\n}\n" {
		t.Errorf("lock break ended with %d\n%s", code, out)
	}
	if code, out = v.apply(t, 0); code != exitDone {
		t.Errorf("the apply after it ended with %d\n%s", code, out)
	}
	writes := v.writes()
	check(t, first.Process.Signal(syscall.SIGCONT))
	release() // one call was in its hand
	if code := first.wait(t); code != exitUnfinished || !strings.Contains(first.output.String(), "the lock was broken by somebody else") {
		t.Errorf("the former owner ended with %d\n%s", code, &first.output)
	}
	if more := v.writes() - writes; more != 1 {
		t.Errorf("the former owner did %d calls, want the one in its hand", more)
	}
	if code, out = v.run(t, 0, "history"); code != exitDone || !strings.Contains(out, ": broke the lock of workspace, taken from ") || !strings.Contains(out, "\n  reason: the runner is suspended\n") {
		t.Errorf("history ended with %d\n%s", code, out)
	}
}

// TestFault22Unwritable: where the lock, the journal or the history can't be written, nothing is sent. What happens when a
// write fails in the middle of a run is tested in package apply, a full disk in TestFault22FullDisk.
func TestFault22Unwritable(t *testing.T) {
	for _, name := range []string{"", "history.jsonl", "lock-workspace.json", "journal-workspace.jsonl"} {
		v := newKillWorld(t).real(t)
		if name == "" { // a file in place of the folder
			check(t, os.WriteFile(v.state, nil, 0o600))
		} else {
			check(t, os.MkdirAll(filepath.Join(v.state, name), 0o700))
		}
		if code, out := v.apply(t, 0); code != exitError || !strings.Contains(out, filepath.Join(v.state, name)) || v.writes() != 0 {
			t.Errorf("%q: apply ended with %d after %d writes\n%s", name, code, v.writes(), out)
		}
	}
}

// TestFault23Signals: the first signal lets the call in flight end, the second one ends the process; either way the next
// apply goes on.
func TestFault23Signals(t *testing.T) {
	for _, ending := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
		if signal.Ignored(ending) {
			continue // under nohup it is ignored by the program too
		}
		v := newKillWorld(t).real(t)
		p, release := v.held(t)
		check(t, p.Process.Signal(ending))
		p.output.says(finishing)
		release()
		if code := p.wait(t); code != exitInterrupted || !strings.Contains(p.output.String(), "not tried") {
			t.Errorf("%v: ended with %d\n%s", ending, code, &p.output)
		}
		if code, out := v.run(t, 0, "history"); code != exitDone || !strings.Contains(out, ": interrupted\n") {
			t.Errorf("%v: history ended with %d\n%s", ending, code, out)
		}
		if code, out := v.apply(t, 0); code != exitDone {
			t.Errorf("%v: the next apply ended with %d\n%s", ending, code, out)
		}
	}
	v := newKillWorld(t).real(t)
	p, release := v.held(t)
	defer release()
	dead := make(chan bool)
	go func() { p.wait(t); close(dead) }()
	check(t, p.Process.Signal(syscall.SIGINT))
	p.output.says(finishing)
	for again := time.NewTicker(20 * time.Millisecond); p.Process.Signal(syscall.SIGINT) == nil; { // one may come before the first was seen to
		select {
		case <-dead:
		case <-again.C:
		}
	}
	release()
	if code, out := v.apply(t, 0); code != exitDone {
		t.Errorf("after two signals: the next apply ended with %d\n%s", code, out)
	}
}

// TestFault16Secrets searches everything that runs write for the credentials and the tokens that they used, in good days
// and in bad ones: the state folder, plans, output with the log at debug level, and the dump of a crash.
func TestFault16Secrets(t *testing.T) {
	v := newKillWorld(t).real(t)
	folder := t.TempDir()
	var mu sync.Mutex
	secrets := map[string]bool{"emulator-secret": true}
	gate := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
			mu.Lock()
			secrets[token] = true
			mu.Unlock()
		}
		v.server.ServeHTTP(w, r)
	})
	v.gate.Store(&gate)
	var written strings.Builder
	do := func(want int, args ...string) {
		t.Helper()
		code, out := v.run(t, 0, append(args, "--log-level", "debug")...)
		if code != want {
			t.Errorf("%v ended with %d\n%s", args, code, out)
		}
		written.WriteString(out)
	}
	plan := filepath.Join(folder, "plan.json")
	do(exitDone, "plan", "--out", plan)
	check(t, v.server.SetFaults([]emu.Fault{
		{Match: "POST /v1/*/app-groups/authorizations", Nth: 1, Kind: emu.FaultRefuse, Status: 401, Body: `{"error_msg":"you sent emulator-secret"}`},
		{Match: "POST /v7/**", Nth: 1, Kind: emu.FaultGarbage}}))
	do(exitUnfinished, "apply", plan, "--yes", "--settle", "150ms", "-o", "json")
	check(t, v.server.SetFaults(nil))
	do(exitDone, "apply", "--yes", "--settle", "150ms")
	do(exitDone, "history", "-o", "json")
	check(t, v.server.LoadSeed(newKillWorld(t).seed))
	p, release := v.held(t, "--log-level", "debug")
	check(t, p.Process.Signal(syscall.SIGQUIT)) // the Go runtime writes a dump of all goroutines
	p.wait(t)
	release()
	if dump := p.output.String(); !strings.Contains(dump, "goroutine ") {
		t.Errorf("there is no dump:\n%s", dump)
	}
	written.WriteString(p.output.String())
	for _, root := range []string{folder, v.state} {
		check(t, filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			text, err := os.ReadFile(path)
			written.WriteString(path + "\n" + string(text))
			return err
		}))
	}
	if len(secrets) < 2 || written.Len() < 10_000 {
		t.Fatalf("%d secrets, %d bytes: nothing was tested", len(secrets), written.Len())
	}
	for secret := range secrets {
		if i := strings.Index(written.String(), secret); i >= 0 {
			t.Errorf("a secret was written: …%s…", written.String()[max(0, i-200):i])
		}
	}
}
