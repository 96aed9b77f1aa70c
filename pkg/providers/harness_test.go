package providers_test

import (
	"net"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/entitlectl/entitlectl/pkg/apply"
	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/providers"
	"github.com/entitlectl/entitlectl/pkg/providers/emu"
	"github.com/entitlectl/entitlectl/pkg/providers/httpx"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// bench is a provider with its emulator behind it.
type bench struct {
	provider  providers.Provider
	emulator  *emu.Server
	transport http.RoundTripper
	base      string
	now       time.Time
	rates     spec.Rates // of its jobs
}

// newBench starts a provider's emulator in this process, without a socket and without rate limits.
func newBench(t testing.TB, p providers.Provider, seed []byte) *bench {
	t.Helper()
	e := emu.New(emu.Options{}, p.Emulator(providers.EmulatorOptions{Unthrottled: true}))
	if err := e.LoadSeed(seed); err != nil {
		t.Fatal(err)
	}
	return &bench{provider: p, emulator: e, transport: e.Transport(), base: "http://127.0.0.1:1", now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
}

// overLoopback puts a real socket between the client and the emulator.
func (b *bench) overLoopback(t testing.TB) *bench {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: b.emulator}
	transport := &http.Transport{}
	go func() { _ = server.Serve(l) }()
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		_ = server.Close()
	})
	b.base, b.transport = "http://"+l.Addr().String(), transport
	return b
}

// job opens the first connection of a desired-state file.
func (b *bench) job(t testing.TB, file string) apply.Job {
	t.Helper()
	loaded, err := spec.Load(spec.Input{Paths: []string{file}, Formats: providers.Formats()})
	if err != nil {
		t.Fatal(err)
	}
	conn := loaded.Connections[0]
	conn.Endpoints, conn.Rate = map[string]string{"": b.base}, b.rates
	target, err := b.provider.Writer(conn, secretsOf(conn), httpx.Env{Transport: b.transport, UserAgent: "entitlectl/test"})
	if err != nil {
		t.Fatal(err)
	}
	return apply.Job{Connection: conn, Desired: loaded.Desired(b.now)[conn.Name], Source: target}
}

// credentials are what the emulators take, by the names that the file has for them.
var credentials = map[string]string{
	"accessKey": "emulator-key", "secretKey": "emulator-secret", "token": "emulator-token",
	"accessKeyId": "emulator-key", "accessKeySecret": "emulator-secret",
	"appId": "emulator-app", "appKey": "emulator-secret",
}

// secretsOf are the credentials that a connection names.
func secretsOf(conn spec.Connection) map[string]spec.Secret {
	secrets := map[string]spec.Secret{}
	for name := range conn.Auth {
		secrets[name] = spec.NewSecret(credentials[name])
	}
	return secrets
}

func plan(t testing.TB, job apply.Job) *diff.Plan {
	t.Helper()
	p, err := apply.Plan(t.Context(), []apply.Job{job}, apply.Head{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func run(t testing.TB, p *diff.Plan, job apply.Job) *diff.Result {
	t.Helper()
	r, err := apply.Run(t.Context(), p, []apply.Job{job}, apply.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// writes are the calls so far that were not reads.
func (b *bench) writes(t testing.TB) []emu.Call {
	reads := readPatterns(t, b.provider)
	return slices.DeleteFunc(b.emulator.Calls(), func(c emu.Call) bool { return isRead(reads, c) })
}

// readPatterns are the calls of a provider that read although they are no GET: lines "METHOD PATH" in the file reads.txt,
// where * stands for a part of the path.
func readPatterns(t testing.TB, p providers.Provider) []string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", p.Format.Provider, "reads.txt"))
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return strings.Fields(strings.ReplaceAll(string(data), "POST ", "POST"))
}

func isRead(patterns []string, c emu.Call) bool {
	return c.Method == http.MethodGet || slices.ContainsFunc(patterns, func(p string) bool {
		ok, _ := path.Match(p, c.Method+c.Path)
		return ok
	})
}

// spoil returns a copy of the fault for each of the calls, made so that it hits just that call in a run like theirs.
func spoil(fault emu.Fault, calls []emu.Call) []emu.Fault {
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

func (b *bench) state(t testing.TB) string {
	t.Helper()
	data, err := b.emulator.State()
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func fixture(t testing.TB, p providers.Provider, name string) string {
	t.Helper()
	path := filepath.Join("testdata", p.Format.Provider, name)
	if _, err := os.Stat(path); err != nil {
		t.Fatalf("every provider that can be reached needs %s for the conformance suite: %v", path, err)
	}
	return path
}

func read(t testing.TB, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
