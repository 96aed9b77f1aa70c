package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"gopkg.in/yaml.v3"

	"github.com/entitlectl/entitlectl/pkg/providers/emu"
	"github.com/entitlectl/entitlectl/pkg/store/postgres/pgtest"
	"github.com/entitlectl/entitlectl/pkg/store/storetest"
)

// killWorld is where runs are killed.
type killWorld struct {
	file  string
	seed  []byte
	store func(t *testing.T) string // where each world has its store; nil: in a folder
}

// onBoth runs a test with each kind of store.
func onBoth(t *testing.T, test func(t *testing.T, k killWorld)) {
	t.Run("file", func(t *testing.T) { test(t, newKillWorld(t)) })
	t.Run("postgres", func(t *testing.T) {
		k, server := newKillWorld(t), pgtest.Shared(t)
		k.store = func(t *testing.T) string { return server.URL(server.Schema(t)) }
		test(t, k)
	})
}

func newKillWorld(t *testing.T) killWorld {
	t.Helper()
	yesterday := time.Now().Add(-21 * time.Hour).UTC().Truncate(time.Second).Format(time.RFC3339)
	files := map[string][]byte{}
	for _, name := range []string{"entitlements.yaml", "seed.yaml"} {
		data, err := os.ReadFile(filepath.Join("testdata", "kill", name))
		check(t, err)
		files[name] = bytes.ReplaceAll(data, []byte("YESTERDAY"), []byte(yesterday))
	}
	k := killWorld{file: filepath.Join(t.TempDir(), "entitlements.yaml"), seed: files["seed.yaml"]}
	check(t, os.WriteFile(k.file, files["entitlements.yaml"], 0o600))
	return k
}

// build makes the program as users have it, once.
var build = sync.OnceValues(func() (string, error) {
	folder, err := os.MkdirTemp("", "entitlectl-test-")
	if err != nil {
		return "", err
	}
	program := filepath.Join(folder, "entitlectl")
	out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput()
	if err != nil {
		return string(out), err
	}
	return program, nil
})

// victim is one world with one state folder, in which runs follow each other.
type victim struct {
	server  *emu.Server
	url     string
	file    string
	state   string                           // folder
	store   string                           // URL; "": in that folder
	plan    []string                         // a saved one, which is applied and applied again; none: each apply plans
	program string                           // "": this test binary
	gate    atomic.Pointer[http.HandlerFunc] // nil; else requests go here instead of to the emulator
}

func (k killWorld) fresh(t *testing.T) *victim {
	t.Helper()
	v := &victim{server: newEmulator(emu.Options{}, true), file: k.file, state: filepath.Join(storetest.Folder(t), "state")}
	if k.store != nil {
		v.store = k.store(t)
	}
	check(t, v.server.LoadSeed(k.seed))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if gate := v.gate.Load(); gate != nil {
			gate.ServeHTTP(w, r)
			return
		}
		v.server.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	v.url = server.URL
	return v
}

// killedBySignal stands for an exit code where there is none.
const killedBySignal = -1

// Where a run of this test binary is killed: at a boundary from 1 on, or nowhere.
const (
	alive   = 0  // it runs in this process: cheaper than a process by far, and a run leaves nothing behind but its state folder
	counted = -1 // it runs in a process of its own, which says how many boundaries there are
)

// apply runs the program.
func (v *victim) apply(t *testing.T, at int, args ...string) (code int, stderr string) {
	t.Helper()
	return v.run(t, at, append([]string{"apply", "--yes", "--settle", "150ms"}, args...)...)
}

func (v *victim) run(t *testing.T, at int, args ...string) (code int, output string) {
	t.Helper()
	if v.program == "" && at == alive {
		return v.here(t, args...)
	}
	p := v.start(t, at, args...)
	return p.wait(t), p.output.String()
}

// flags say what a run is about.
func (v *victim) flags() []string {
	if v.store != "" {
		return []string{"-f", v.file, "--store", v.store}
	}
	return []string{"-f", v.file, "--state-dir", v.state}
}

// here runs the program in this process.
func (v *victim) here(t *testing.T, args ...string) (code int, output string) {
	t.Helper()
	var out bytes.Buffer
	credentials := map[string]string{}
	for _, line := range credentialsOfAll {
		name, value, _ := strings.Cut(line, "=")
		credentials[name] = value
	}
	e := env{
		stdin: strings.NewReader(""), stdout: &out, stderr: &out, now: time.Now, transport: redirect{v.url},
		lookup: func(name string) (string, bool) { value, ok := credentials[name]; return value, ok },
	}
	code = run(t.Context(), e, append(args, v.flags()...))
	return code, out.String()
}

// credentialsOfAll are the variables that reach every vendor's emulator.
var credentialsOfAll = []string{"HUAWEICLOUD_SDK_AK=emulator-key", "HUAWEICLOUD_SDK_SK=emulator-secret",
	"WPS_APP_ID=emulator-app", "WPS_APP_KEY=emulator-secret",
	"ALIBABA_CLOUD_ACCESS_KEY_ID=emulator-key", "ALIBABA_CLOUD_ACCESS_KEY_SECRET=emulator-secret"}

// process is a run of the program.
type process struct {
	*exec.Cmd
	output transcript // complete when wait has returned
}

// transcript is what a process has written so far.
type transcript struct {
	mu    sync.Mutex
	text  bytes.Buffer
	grown chan bool // closed, and made anew, by each write; nil: nobody waits
}

func (w *transcript) Write(text []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.grown != nil {
		close(w.grown)
		w.grown = nil
	}
	return w.text.Write(text)
}

func (w *transcript) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.String()
}

// says waits until a text was written; the test's own limit of time is the only one.
func (w *transcript) says(want string) {
	for {
		w.mu.Lock()
		if strings.Contains(w.text.String(), want) {
			w.mu.Unlock()
			return
		}
		if w.grown == nil {
			w.grown = make(chan bool)
		}
		grown := w.grown
		w.mu.Unlock()
		<-grown
	}
}

func (v *victim) start(t *testing.T, at int, args ...string) *process {
	t.Helper()
	program := v.program
	if program == "" {
		self, err := os.Executable()
		check(t, err)
		program = self
	}
	p := &process{Cmd: exec.CommandContext(t.Context(), program, append(args, v.flags()...)...)}
	p.Stdout, p.Stderr = &p.output, &p.output
	p.Env = append(os.Environ(), append(credentialsOfAll, killAt+"="+strconv.Itoa(at), "EMULATOR="+v.url)...)
	check(t, p.Start())
	return p
}

// wait returns the exit code, or killedBySignal.
func (p *process) wait(t *testing.T) int {
	t.Helper()
	err := p.Wait()
	if e := (*exec.ExitError)(nil); errors.As(err, &e) {
		if e.Sys().(syscall.WaitStatus).Signaled() {
			return killedBySignal
		}
		return e.ExitCode()
	}
	check(t, err)
	return exitDone
}

func (v *victim) writes() int {
	writes := 0
	for _, call := range v.server.Calls() {
		if mayWrite(call.Method, call.Path) {
			writes++
		}
	}
	return writes
}

// world is the vendors' state without times, with mails in an order of their own.
func (v *victim) world(t *testing.T) any {
	t.Helper()
	text, err := v.server.State()
	check(t, err)
	var world any
	check(t, yaml.Unmarshal(text, &world))
	return timeless(world)
}

// timeless drops times and sorts mails: a run that was cut off sends the rest in another order.
func timeless(node any) any {
	switch n := node.(type) {
	case map[string]any:
		for key, value := range n {
			if _, moment := value.(time.Time); moment {
				delete(n, key)
				continue
			}
			n[key] = timeless(value)
			if list, ok := n[key].([]any); ok && key == "mails" {
				slices.SortFunc(list, func(a, b any) int { return cmp.Compare(text(a), text(b)) })
			}
		}
	case []any:
		for i := range n {
			n[i] = timeless(n[i])
		}
	}
	return node
}

func text(node any) string {
	data, err := json.Marshal(node)
	if err != nil {
		panic(err)
	}
	return string(data)
}

// mails lists all mails of a world.
func mails(node any) []string {
	var all []string
	switch n := node.(type) {
	case map[string]any:
		for key, value := range n {
			list, ok := value.([]any)
			if key != "mails" || !ok {
				all = append(all, mails(value)...)
				continue
			}
			for _, m := range list {
				all = append(all, fmt.Sprint(n["name"], " ", text(m)))
			}
		}
	case []any:
		for _, value := range n {
			all = append(all, mails(value)...)
		}
	}
	slices.Sort(all)
	return all
}

// mailsAtMost says whether no mail of a world is missing in the other one.
func mailsAtMost(has, want any) bool {
	left := mails(want)
	for _, m := range mails(has) {
		i := slices.Index(left, m)
		if i < 0 {
			return false
		}
		left = slices.Delete(left, i, i+1)
	}
	return true
}

// sameButMails compares all but mails, and what they change of accounts.
func (v *victim) sameButMails(t *testing.T, want any) {
	t.Helper()
	ignore := gocmp.FilterPath(func(p gocmp.Path) bool {
		step, ok := p.Last().(gocmp.MapIndex)
		return ok && step.Key().String() == "mails"
	}, gocmp.Ignore())
	if d := gocmp.Diff(want, v.world(t), ignore); d != "" {
		t.Errorf("the world is another (-want +got):\n%s", d)
	}
}
