package main

import (
	"context"
	"errors"
	"flag"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"os/signal"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/entitlectl/entitlectl/pkg/providers/emu"
	"github.com/entitlectl/entitlectl/pkg/store/storetest"
)

var update = flag.Bool("update", false, "rewrite the golden texts in testdata/golden")

func TestMain(m *testing.M) {
	if at, err := strconv.ParseInt(os.Getenv(killAt), 10, 64); err == nil {
		killedMain(at)
	}
	waitTogether()
	testscript.Main(m, map[string]func(){"entitlectl": func() {
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		context.AfterFunc(ctx, stop)
		os.Exit(run(ctx, scriptEnv(), os.Args[1:]))
	}})
}

// waitTogether lets more tests run side by side than there are processors: most of them wait, for pauses that the program makes
// in a process of its own. A flag of the command line still counts.
func waitTogether() {
	testing.Init()
	if err := flag.Set("test.parallel", strconv.Itoa(4*runtime.GOMAXPROCS(0))); err != nil {
		panic(err)
	}
}

// scriptEnv is the process's environment with a clock that stands still, with terminals where the script wants them, and
// with the emulator in place of every vendor.
func scriptEnv() env {
	e := processEnv()
	e.now = func() time.Time { return time.Date(2026, 11, 5, 12, 0, 0, 0, time.UTC) }
	e.terminal = terminals{}
	e.terminal.columns, _ = strconv.Atoi(os.Getenv("COLUMNS"))
	e.openTerminal = func() (io.ReadWriteCloser, error) { return os.OpenFile(os.Getenv("TTY"), os.O_RDWR|os.O_APPEND, 0) }
	e.user, e.host = "ci", "runner"
	for _, stream := range strings.Fields(os.Getenv("TERMINALS")) {
		switch stream {
		case "stdin":
			e.terminal.stdin = true
		case "stdout":
			e.terminal.stdout = true
		case "stderr":
			e.terminal.stderr = true
		}
	}
	e.transport = redirect{os.Getenv("EMULATOR")}
	return e
}

// sentAt is a header with when a request was sent.
const sentAt = "X-Sent-At"

// redirect sends every request to one server, whatever host it is for, so that files need not name a port.
type redirect struct{ to string }

func (r redirect) RoundTrip(req *http.Request) (*http.Response, error) {
	server, err := url.Parse(r.to)
	if err != nil || server.Host == "" {
		return nil, errors.New("the script has no emulator")
	}
	req = req.Clone(req.Context())
	if req.Host == "" {
		req.Host = req.URL.Host
	}
	req.URL.Scheme, req.URL.Host = server.Scheme, server.Host
	req.Header.Set(sentAt, time.Now().Format(time.RFC3339Nano)) // tells how late it arrives
	return http.DefaultTransport.RoundTrip(req)
}

func TestGolden(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "../../testdata/golden", WorkdirRoot: storetest.Folder(t), UpdateScripts: *update, RequireUniqueNames: true, RequireExplicitExec: true,
		Setup: func(e *testscript.Env) error {
			e.Values[emulatorKey] = new(script)
			e.Setenv("HUAWEICLOUD_SDK_AK", "emulator-key")
			e.Setenv("HUAWEICLOUD_SDK_SK", "emulator-secret")
			e.Setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", "emulator-key")
			e.Setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "emulator-secret")
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"status": status, "emulator": startEmulator, "faults": setFaults, "writes": countWrites, "state": showState, "edit": edit, "advance": advance,
		},
	})
}

// status N COMMAND… runs a command that has to end with exit code N.
func status(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: status N command…")
	}
	code := 0
	err := ts.Exec(args[1], args[2:]...)
	if e := (*exec.ExitError)(nil); errors.As(err, &e) {
		code, err = e.ExitCode(), nil
	}
	ts.Check(err)
	if strconv.Itoa(code) != args[0] {
		ts.Fatalf("%s ended with %d, not %s", strings.Join(args[1:], " "), code, args[0])
	}
}

// emulatorKey is where a script keeps its emulator.
const emulatorKey = "emulator"

// startEmulator SEED serves an emulator on the loopback until the script ends, and tells entitlectl where it is.
func startEmulator(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: emulator seed.yaml")
	}
	server := newEmulator(emu.Options{}, true)
	ts.Check(server.LoadSeed([]byte(ts.ReadFile(args[0]))))
	listener, err := emu.Listen("127.0.0.1:0")
	ts.Check(err)
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- server.Serve(ctx, listener) }()
	ts.Defer(func() {
		stop()
		ts.Check(<-served)
	})
	ts.Setenv("EMULATOR", "http://"+listener.Addr().String())
	ts.Value(emulatorKey).(*script).server = server
}

// script is what the commands of a script share.
type script struct{ server *emu.Server }

// setFaults FILE replaces the emulator's faults.
func setFaults(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: faults faults.json")
	}
	faults, err := emu.ParseFaults([]byte(ts.ReadFile(args[0])))
	ts.Check(err)
	ts.Check(ts.Value(emulatorKey).(*script).server.SetFaults(faults))
}

// advance D moves the emulator's clock.
func advance(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: advance 1h")
	}
	d, err := time.ParseDuration(args[0])
	ts.Check(err)
	ts.Value(emulatorKey).(*script).server.Advance(d)
}

// countWrites N checks how many write calls the emulator has seen.
func countWrites(ts *testscript.TestScript, neg bool, args []string) {
	writes := 0
	for _, call := range ts.Value(emulatorKey).(*script).server.Calls() {
		if call.Method != http.MethodGet {
			writes++
		}
	}
	if neg || len(args) != 1 || strconv.Itoa(writes) != args[0] {
		ts.Fatalf("the emulator has seen %d writes, want %v", writes, args)
	}
}

// sent is when the emulator sent a mail.
var sent = regexp.MustCompile(`sent: \S+`)

// showState prints the emulator's world.
func showState(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 0 {
		ts.Fatalf("usage: state")
	}
	state, err := ts.Value(emulatorKey).(*script).server.State()
	ts.Check(err)
	_, err = ts.Stdout().Write(sent.ReplaceAll(state, []byte("sent: TIME")))
	ts.Check(err)
}

// edit FILE OLD NEW replaces a text in a file; the file stdout is what the last command printed.
func edit(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: edit file old new")
	}
	text := ts.ReadFile(args[0])
	if !strings.Contains(text, args[1]) {
		ts.Fatalf("%s has no %q", args[0], args[1])
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(strings.ReplaceAll(text, args[1], args[2])), 0o600))
}
