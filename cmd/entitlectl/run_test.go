package main

import (
	"bufio"
	"bytes"
	"context"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/entitlectl/entitlectl/examples"
	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/providers/emu"
	"github.com/entitlectl/entitlectl/pkg/spec"
	"github.com/entitlectl/entitlectl/pkg/store/file"
)

// world is an emulator in process with the demo's seed, and the demo's file.
type world struct {
	server         *emu.Server
	file           string
	stdout, stderr bytes.Buffer
	transport      http.RoundTripper
	secrets        map[string]string // instead of the emulator's, by variable
	mayLift        func(rule string) bool
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{server: newEmulator(emu.Options{}, true), file: filepath.Join(t.TempDir(), "entitlements.yaml")}
	w.transport = w.server.Transport()
	seed, err := examples.Demo.ReadFile("demo/seed.yaml")
	check(t, err)
	check(t, w.server.LoadSeed(seed))
	text, err := examples.Demo.ReadFile("demo/entitlements.yaml")
	check(t, err)
	check(t, os.WriteFile(w.file, text, 0o600))
	return w
}

// run runs a command line and returns its exit code.
func (w *world) run(ctx context.Context, args ...string) int {
	w.stdout.Reset()
	w.stderr.Reset()
	c := &cli{env: w.env(&w.stdout), mayLift: w.mayLift}
	return c.run(ctx, append(args, "-f", w.file, "--state-dir", filepath.Join(filepath.Dir(w.file), "state")))
}

func (w *world) env(stdout io.Writer) env {
	d := demo{cli: &cli{env: env{lookup: func(string) (string, bool) { return "", false }}}}
	lookup := func(name string) (string, bool) {
		if value, ok := w.secrets[name]; ok {
			return value, true
		}
		return d.credentials(name)
	}
	return env{stdin: strings.NewReader(""), stdout: stdout, stderr: &w.stderr, lookup: lookup, now: time.Now, transport: w.transport}
}

const finishing = "entitlectl: stopping: finishing the call in flight; interrupt again to end at once\n"

// tee is a stream that tells what is written to it.
type tee struct {
	to   io.Writer
	said chan<- string
}

func (w tee) Write(text []byte) (int, error) {
	n, err := w.to.Write(text)
	w.said <- string(text)
	return n, err
}

// A signal ends an apply after the call in flight; the report says what was not tried, and another apply goes on.
func TestInterrupted(t *testing.T) {
	w := newWorld(t)
	ctx, interrupt := context.WithCancel(t.Context())
	writes := 0
	e := w.env(&w.stdout)
	said := make(chan string, 10)
	e.stderr = tee{&w.stderr, said}
	w.transport = roundTrip(func(req *http.Request) (*http.Response, error) {
		if req.Method != http.MethodGet {
			if writes++; writes == 2 {
				interrupt()
				if text := <-said; text != finishing { // before the call is done
					t.Errorf("stderr is %q", text)
				}
				req = req.WithContext(context.WithoutCancel(req.Context()))
			}
		}
		return w.server.Transport().RoundTrip(req)
	})
	e.transport = w.transport
	args := []string{"apply", "--yes", "--connection", "workspace", "-f", w.file, "--state-dir", filepath.Join(filepath.Dir(w.file), "state")}
	if code := run(ctx, e, args); code != exitInterrupted {
		t.Errorf("exit %d, want %d\n%s%s", code, exitInterrupted, &w.stdout, &w.stderr)
	}
	if text := w.stdout.String(); !strings.Contains(text, " not tried in 2 calls.") || !strings.Contains(text, "interrupted") {
		t.Errorf("the report does not say what was not tried:\n%s", text)
	}
	if text := w.stderr.String(); text != finishing+"entitlectl: interrupted\n" {
		t.Errorf("stderr is %q", text)
	}
	if writes != 2 {
		t.Errorf("%d writes were sent, want 2", writes)
	}
	for _, command := range []string{"apply", "plan"} {
		args := map[string][]string{"apply": {"apply", "--yes", "--connection", "workspace"}, "plan": {"plan", "--detailed-exitcode", "--connection", "workspace"}}[command]
		if code := w.run(t.Context(), args...); code != exitDone {
			t.Errorf("%s afterwards: exit %d\n%s%s", command, code, &w.stdout, &w.stderr)
		}
	}
}

func TestInterruptedWhileReading(t *testing.T) {
	w := newWorld(t)
	ctx, interrupt := context.WithCancel(t.Context())
	w.transport = roundTrip(func(req *http.Request) (*http.Response, error) {
		interrupt()
		return w.server.Transport().RoundTrip(req)
	})
	for command, want := range map[string]string{
		"plan": "", "apply --yes": "",
		"drift -o json": "{\n  \"errors\": [\n    {\n      \"what\": \"interrupted\"\n    }\n  ],\n  \"exitCode\": 130\n}\n",
	} {
		if code := w.run(ctx, strings.Fields(command)...); code != exitInterrupted || w.stdout.String() != want {
			t.Errorf("%s: exit %d, stdout %q", command, code, &w.stdout)
		}
		if text := w.stderr.String(); text != "entitlectl: interrupted\n" {
			t.Errorf("%s: stderr is %q", command, text)
		}
	}
}

func TestTimeout(t *testing.T) {
	w := newWorld(t)
	for _, command := range [][]string{{"plan"}, {"drift"}, {"apply", "--yes"}} {
		code := w.run(t.Context(), append(command, "--timeout", "1ns")...)
		if text := w.stderr.String(); code != exitError || text != "entitlectl: stopped after 1ns, the limit that --timeout sets\n" {
			t.Errorf("%s: exit %d, stderr %q", command, code, text)
		}
	}
}

// A plan that breaks a rule is shown and refused, unless that very rule is allowed to be broken.
func TestRefusedByRule(t *testing.T) {
	w := newWorld(t)
	saved := filepath.Join(t.TempDir(), "plan.json")
	if code := w.run(t.Context(), "plan", "--out", saved); code != exitDone {
		t.Fatal(&w.stderr)
	}
	plan, err := readPlan(t.Context(), saved)
	check(t, err)
	plan.Connections[0].Violations = []diff.Violation{{Rule: "max-revokes", Have: 40, Limit: 25}, {Rule: "max-mails", Have: 2, Limit: 1}}
	data, err := plan.Encode()
	check(t, err)
	check(t, file.Replace(saved, data))

	for _, allow := range [][]string{nil, {"--allow", "max-mails"}} {
		code := w.run(t.Context(), append([]string{"apply", saved, "--yes"}, allow...)...)
		if code != exitRefused || !strings.Contains(w.stderr.String(), "--allow max-revokes") {
			t.Errorf("allowing %v: exit %d, %s", allow, code, &w.stderr)
		}
		if !strings.Contains(w.stdout.String(), "REFUSED: rule max-revokes: 40, the limit is 25; apply --allow max-revokes overrides it") {
			t.Errorf("the plan does not show the rule:\n%s", &w.stdout)
		}
	}
	if code := w.run(t.Context(), "apply", saved, "--yes", "--allow", "max-mails", "--allow", "max-revokes"); code != exitDone {
		t.Errorf("allowed: exit %d, %s", code, &w.stderr)
	}
}

// Drift tells by what was kept of an earlier apply who moved since.
func TestDriftSaysWhoMoved(t *testing.T) {
	w := newWorld(t)
	state := file.Open(filepath.Join(filepath.Dir(w.file), "state"))
	alice := spec.Subject{Kind: spec.SubjectUser, Name: "alice", Domain: "local.com"}
	confirmed := diff.Confirmed{Holdings: []diff.Holding{{Role: spec.RoleAccess, Subject: alice}}}
	check(t, state.Put("workspace/confirmed/app-group/CAD", confirmed.Encode()))
	if code := w.run(t.Context(), "drift", "--target", "app-group/CAD"); code != exitDiffers {
		t.Fatalf("exit %d, %s", code, &w.stderr)
	}
	for _, line := range []string{"missing bob@local.com", "the files moved on\n", "extra   peggy@local.com", "peggy has left; changed live\n",
		"; 1 changed live, 6 because the files moved on."} {
		if !strings.Contains(w.stdout.String(), line) {
			t.Errorf("no %q in\n%s", line, &w.stdout)
		}
	}
}

// The emulator announces itself, stops when asked to, and saves its world with all ids: one that begins with what was saved saves the same.
func TestEmulate(t *testing.T) {
	w := newWorld(t)
	saved, again := filepath.Join(t.TempDir(), "world.yaml"), filepath.Join(t.TempDir(), "again.yaml")
	state := w.emulate(t, "--seed", "../../examples/demo/seed.yaml", "--save", saved)
	if later := w.emulate(t, "--seed", saved, "--save", again); later != state || !strings.Contains(state, "Simulation") {
		t.Errorf("the state was\n%s\nand is\n%s", state, later)
	}
	first, err := os.ReadFile(saved)
	check(t, err)
	second, err := os.ReadFile(again)
	check(t, err)
	if d := cmp.Diff(string(first), string(second)); d != "" || !bytes.Contains(first, []byte("record: 06950264-")) {
		t.Errorf("saved again (-first +second):\n%s", d)
	}
}

// emulate runs the command until it has shown its state.
func (w *world) emulate(t *testing.T, args ...string) (state string) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	reader, writer := io.Pipe()
	done := make(chan int)
	go func() { done <- run(ctx, w.env(writer), append([]string{"emulate"}, args...)) }()
	first, err := bufio.NewReader(reader).ReadString('\n')
	check(t, err)
	url, ok := strings.CutPrefix(strings.TrimSpace(first), "listening on ")
	if !ok || !strings.HasPrefix(url, "http://127.0.0.1:") {
		t.Fatalf("the first line is %q", first)
	}
	answer, err := http.Get(url + "/_emulator/state")
	check(t, err)
	text, err := io.ReadAll(answer.Body)
	check(t, err)
	check(t, answer.Body.Close())
	stop()
	if code := <-done; code != exitDone {
		t.Errorf("exit %d, %s", code, &w.stderr)
	}
	return string(text)
}

// Only apply opens connections for writing: no other file of the command names Provider.Writer.
func TestOnlyApplyWrites(t *testing.T) {
	files, err := filepath.Glob("*.go")
	check(t, err)
	found := false
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		check(t, err)
		ast.Inspect(file, func(n ast.Node) bool {
			if s, ok := n.(*ast.SelectorExpr); ok && s.Sel.Name == "Writer" && !isPackage(s.X, "io") {
				found = true
				if name != "apply.go" {
					t.Errorf("%s opens a connection for writing", name)
				}
			}
			return true
		})
	}
	if !found {
		t.Error("nothing opens a connection for writing: this test looks for the wrong thing")
	}
}

func isPackage(x ast.Expr, name string) bool {
	id, ok := x.(*ast.Ident)
	return ok && id.Name == name
}

func TestExamplesAreValid(t *testing.T) {
	c := &cli{env: env{lookup: func(string) (string, bool) { return "", false }}}
	err := fs.WalkDir(os.DirFS("../../examples"), ".", func(path string, _ fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, ".yaml") && filepath.Base(path) != "seed.yaml" {
			_, err = c.load(t.Context(), []string{filepath.Join("../../examples", path)})
		}
		return err
	})
	check(t, err)
}

// roundTrip is a transport that is a function.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
