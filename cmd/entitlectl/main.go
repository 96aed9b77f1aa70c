package main

import (
	"context"
	"io"
	"net/http"
	"os"
	"os/signal"
	"slices"
	"syscall"
	"time"

	"golang.org/x/term"

	"github.com/entitlectl/entitlectl/pkg/git"
	"github.com/entitlectl/entitlectl/pkg/store"
)

func main() {
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE) // so that a write to a pipe that nobody reads is an error, not the end
	ctx, stop := signal.NotifyContext(context.Background(), endings()...)
	context.AfterFunc(ctx, stop) // so a second signal ends the process at once
	os.Exit(run(ctx, processEnv(), os.Args[1:]))
}

// endings are the signals that end a run in good order. One that is ignored, as SIGHUP under nohup, stays so.
func endings() []os.Signal {
	return slices.DeleteFunc([]os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP}, signal.Ignored)
}

// env is what a run takes from the process around it.
type env struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	lookup         func(name string) (string, bool) // environment variables
	now            func() time.Time
	terminal       terminals
	transport      http.RoundTripper               // to vendors; nil: the network
	openStore      func(folder string) store.Store // nil: the one that flags and others say
	through        func(store.Store) store.Store   // what a test puts before the store; nil: nothing
	// tracked says whether git tracks a file, or anything in a folder; nil: nobody is asked.
	tracked func(ctx context.Context, path string) (bool, error)
	// openTerminal opens the terminal itself, whatever the streams are.
	openTerminal func() (io.ReadWriteCloser, error)
	user, host   string
}

// terminals says which streams are terminals, and how wide they are.
type terminals struct {
	stdin, stdout, stderr bool
	columns               int // 0: unknown
}

func processEnv() env {
	isTerminal := func(f *os.File) bool { return term.IsTerminal(int(f.Fd())) }
	host, _ := os.Hostname() // "" where there is none
	return env{
		user: userName(), host: host,
		stdin: os.Stdin, stdout: &piped{to: os.Stdout}, stderr: &piped{to: os.Stderr}, lookup: os.LookupEnv, now: time.Now,
		tracked: git.Tracked, openTerminal: openTerminal,
		terminal: terminals{isTerminal(os.Stdin), isTerminal(os.Stdout), isTerminal(os.Stderr), columns()},
	}
}

// columns is the width of the terminal that is written to; 0 where there is none.
func columns() int {
	for _, f := range []*os.File{os.Stdout, os.Stderr} {
		if width, _, err := term.GetSize(int(f.Fd())); err == nil {
			return width
		}
	}
	return 0
}

// run is one run of the program. Its result is the exit code.
func run(ctx context.Context, e env, args []string) int {
	return (&cli{env: e}).run(ctx, args)
}

func (c *cli) run(ctx context.Context, args []string) int {
	root := newRoot(c)
	if command := meant(root, args); command != root {
		onlyUseful(command)
	}
	root.SetArgs(args)
	root.SetIn(c.stdin)
	root.SetOut(c.stdout)
	root.SetErr(c.stderr)
	command, err := root.ExecuteContextC(ctx)
	if err != nil && !c.started {
		err = &wrongUsage{command.CommandPath(), err}
	}
	code := c.finish(ctx, err)
	if c.store != nil {
		_ = c.store.Close() // what is durable is so without it
	}
	return code
}
