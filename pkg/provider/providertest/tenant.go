package providertest

import (
	"bytes"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/entitlectl/entitlectl/pkg/apply"
	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/provider"
	"github.com/entitlectl/entitlectl/pkg/providers/emu"
	"github.com/entitlectl/entitlectl/pkg/providers/httpx"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// Name is the name of every tenant's connection.
const Name = "main"

// Tenant is an emulated tenant, reached in this process, without a socket.
type Tenant struct {
	*emu.Server
	Provider   Provider
	Connection spec.Connection        // as Open opens it
	Secrets    map[string]spec.Secret // the first form of credentials that the provider takes
	Via        http.RoundTripper      // the way to the vendor
	Answered   func(*http.Request)    // nil, or called when an answer has come
	KV         *KV                    // nil: nothing outlives a run

	Parallelism int // reads in flight, as Open takes it; up to 1: one after the other

	mu     sync.Mutex
	Sent   []Sent        // the requests so far
	Events []httpx.Event // what the client said of them
}

// Sent is a request that was sent.
type Sent struct {
	*http.Request
	Body string
}

// Start makes a tenant with a world.
func Start(t testing.TB, p Provider, seed string) *Tenant {
	t.Helper()
	server := emu.New(emu.Options{}, p.Emulator())
	if err := server.LoadSeed([]byte(seed)); err != nil {
		t.Fatal(err)
	}
	return &Tenant{Server: server, Parallelism: 8, Provider: p, Via: server.Transport(), Secrets: Secrets(p.Format.Auth[0].Keys...),
		Connection: spec.Connection{Name: Name, Provider: p.Format.Provider, Settings: map[string]string{}, Endpoints: map[string]string{"": "http://127.0.0.1:1"}}}
}

// OverLoopback puts a real socket between the client and the emulator.
func (c *Tenant) OverLoopback(t testing.TB) *Tenant {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server, transport := &http.Server{Handler: c.Server}, &http.Transport{}
	go func() { _ = server.Serve(l) }()
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		_ = server.Close()
	})
	c.Connection.Endpoints[""], c.Via = "http://"+l.Addr().String(), transport
	return c
}

// RoundTrip notes the request and passes it on.
func (c *Tenant) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	c.Sent = append(c.Sent, Sent{r.Clone(r.Context()), string(body)})
	c.mu.Unlock()
	r.Body = io.NopCloser(bytes.NewReader(body))
	resp, err := c.Via.RoundTrip(r)
	if c.Answered != nil {
		c.Answered(r)
	}
	return resp, err
}

// Env is what the tenant's clients take from the process around them.
func (c *Tenant) Env() httpx.Env {
	env := httpx.Env{Transport: c, UserAgent: "entitlectl/test", Parallelism: c.Parallelism, Observe: func(e httpx.Event) {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.Events = append(c.Events, e)
	}}
	if c.KV != nil {
		env.KV = c.KV
	}
	return env
}

// Open opens the connection, changed by set, as a new process would.
func (c *Tenant) Open(t testing.TB, set ...func(*spec.Connection)) provider.Target {
	t.Helper()
	return c.OpenAs(t, c.Secrets, set...)
}

// OpenAs opens the connection with other credentials.
func (c *Tenant) OpenAs(t testing.TB, secrets map[string]spec.Secret, set ...func(*spec.Connection)) provider.Target {
	t.Helper()
	w, err := c.Provider.Writer(c.connection(set...), secrets, c.Env())
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func (c *Tenant) connection(set ...func(*spec.Connection)) spec.Connection {
	conn := c.Connection
	conn.Settings, conn.Endpoints = maps.Clone(conn.Settings), maps.Clone(conn.Endpoints)
	for _, s := range set {
		if s != nil {
			s(&conn)
		}
	}
	return conn
}

// Job is what is desired of the tenant through a connection that Open opened.
func (c *Tenant) Job(source provider.Source, desired spec.State, set ...func(*spec.Connection)) apply.Job {
	return apply.Job{Connection: c.connection(set...), Desired: desired, Source: source}
}

// FileJob opens the first connection of a file, which must be for this provider.
func (c *Tenant) FileJob(t testing.TB, file string) apply.Job {
	t.Helper()
	loaded := load(t, file, c.Provider.Format)
	conn := loaded.Connections[0]
	conn.Endpoints, conn.Rate, conn.Settings = c.Connection.Endpoints, c.Connection.Rate, maps.Clone(conn.Settings)
	maps.Copy(conn.Settings, c.Connection.Settings)
	target, err := c.Provider.Writer(conn, SecretsOf(conn), c.Env())
	if err != nil {
		t.Fatal(err)
	}
	desired := loaded.Desired(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC))
	return apply.Job{Connection: conn, Desired: desired[conn.Name], Source: target}
}

// specs are the files that were loaded, by their names and contents: suites load the same few ones thousands of times.
var specs sync.Map

func load(t testing.TB, file string, format spec.ProviderSchema) *spec.Spec {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	key := [2]string{file, string(text)}
	if known, ok := specs.Load(key); ok {
		return known.(*spec.Spec)
	}
	loaded, err := spec.Load(spec.Input{Paths: []string{file}, Formats: []spec.ProviderSchema{format}})
	if err != nil {
		t.Fatal(err)
	}
	specs.Store(key, loaded)
	return loaded
}

// Plan makes the plan of a job. Without a moment no mail is due.
func Plan(t testing.TB, job apply.Job, now ...time.Time) *diff.Plan {
	t.Helper()
	opts := apply.PlanOptions{Jobs: []apply.Job{job}}
	if len(now) > 0 {
		opts.Now = now[0]
	}
	p, err := apply.Plan(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// Apply carries a plan out.
func Apply(t testing.TB, p *diff.Plan, job apply.Job) *diff.Result {
	t.Helper()
	result, err := apply.Apply(t.Context(), apply.ApplyOptions{Plan: p, Jobs: []apply.Job{job}})
	if err != nil {
		t.Fatal(err)
	}
	return result
}

// Fault replaces the emulator's faults.
func (c *Tenant) Fault(t testing.TB, faults ...emu.Fault) {
	t.Helper()
	if err := c.SetFaults(faults); err != nil {
		t.Fatal(err)
	}
}

// World is the emulator's state, in the form of a seed.
func (c *Tenant) World(t testing.TB) string {
	t.Helper()
	data, err := c.State()
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// Writes are the calls so far that were not reads.
func (c *Tenant) Writes(t testing.TB) []emu.Call {
	writes := c.Provider.writes(t)
	return slices.DeleteFunc(c.Calls(), func(call emu.Call) bool { return !writes(call) })
}

// Bodies are those of the requests other than GET whose path ends so.
func (c *Tenant) Bodies(path string) (bodies []string) {
	for _, s := range c.Sent {
		if s.Method != http.MethodGet && strings.HasSuffix(s.URL.Path, path) {
			bodies = append(bodies, s.Body)
		}
	}
	return bodies
}

// Count is how many calls there were of a method to a path.
func (c *Tenant) Count(method, path string) (n int) {
	for _, call := range c.Calls() {
		if call.Method == method && call.Path == path {
			n++
		}
	}
	return n
}
