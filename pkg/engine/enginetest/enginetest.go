// Package enginetest is what every engine must pass. It knows an engine by its interface only.
package enginetest

import (
	"context"
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/entitlectl/entitlectl/pkg/engine"
)

// Store is one place where engines keep things.
type Store struct {
	// Open opens the store once more, as another process would.
	Open func(t *testing.T) engine.Engine
	// Crash ends what holds the lease as kill -9 would end its process, and returns when the system has noticed. The engine that
	// the lease is of is not used any more.
	Crash func(t *testing.T, l engine.Lease)
}

// Run runs the suite. Each test makes a store of its own, in which nothing is kept yet.
func Run(t *testing.T, empty func(t *testing.T) Store) {
	for _, part := range []struct {
		name  string
		tests map[string]func(t *testing.T, s Store)
	}{{"Facts", facts}, {"Locks", locks}, {"Journal", journal}, {"Budget", budget}, {"History", history}} {
		t.Run(part.name, func(t *testing.T) {
			for name, test := range part.tests {
				t.Run(name, func(t *testing.T) { test(t, empty(t)) })
			}
		})
	}
}

// open opens the store, closes it after the test, and fails if anything was damaged then.
func (s Store) open(t *testing.T) engine.Engine {
	t.Helper()
	e := s.Open(t)
	t.Cleanup(func() {
		if d := e.Damaged(); len(d) > 0 {
			t.Errorf("damaged: %q", d)
		}
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return e
}

// owner is somebody, told apart by the number.
func owner(n int) engine.Owner {
	since := time.Date(2026, 11, 5, 12, 0, n, 0, time.UTC)
	return engine.Owner{Run: fmt.Sprint("run-", n), User: "ana", Actor: "ci", Host: "runner", PID: n, Since: since}
}

// reporter is a test, or a draw of rapid's.
type reporter interface {
	Cleanup(func())
	Context() context.Context
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

// acquire takes a lock and keeps the lease from being collected, which may end it, before the test is over.
func acquire(t reporter, e engine.Engine, scope string, by engine.Owner) engine.Lease {
	t.Helper()
	l, err := e.Acquire(t.Context(), scope, by)
	must(t, err)
	t.Cleanup(func() { runtime.KeepAlive(l) })
	return l
}

func release(t reporter, l engine.Lease) {
	t.Helper()
	must(t, l.Release())
}

func must(t reporter, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// oddNames are keys and scopes that are easily taken for each other or for something else.
var oddNames = []string{"", ".", "..", "/", "a", "A", "a/b", "a%2Fb", "a%252Fb", "../a", "a b", "a\nb", "ü", "a.json", "'; --", "%", "a*"}
