// Package storetest is what every engine must pass. It knows an engine by its interface only.
package storetest

import (
	"context"
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/entitlectl/entitlectl/pkg/store"
)

// Backend is one place where stores keep things.
type Backend struct {
	// Open opens the store once more, as another process would.
	Open func(t *testing.T) store.Store
	// Crash ends what holds the lease as kill -9 would end its process, and returns when the system has noticed. The store that
	// the lease is of is not used any more.
	Crash func(t *testing.T, l store.Lease)
}

// Run runs the suite. Each test makes a store of its own, in which nothing is kept yet.
func Run(t *testing.T, empty func(t *testing.T) Backend) {
	for _, part := range []struct {
		name  string
		tests map[string]func(t *testing.T, back Backend)
	}{{"KV", kv}, {"Locks", locks}, {"Journal", journal}, {"Limiter", limiter}, {"History", history}} {
		t.Run(part.name, func(t *testing.T) {
			for name, test := range part.tests {
				t.Run(name, func(t *testing.T) { test(t, empty(t)) })
			}
		})
	}
}

// open opens the store, closes it after the test, and fails if anything was damaged then.
func (back Backend) open(t *testing.T) store.Store {
	t.Helper()
	s := back.Open(t)
	t.Cleanup(func() {
		if d := s.Damaged(); len(d) > 0 {
			t.Errorf("damaged: %q", d)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// owner is somebody, told apart by the number.
func owner(n int) store.Owner {
	since := time.Date(2026, 11, 5, 12, 0, n, 0, time.UTC)
	return store.Owner{Run: fmt.Sprint("run-", n), User: "ana", Actor: "ci", Host: "runner", PID: n, Since: since}
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
func acquire(t reporter, s store.Store, scope string, by store.Owner) store.Lease {
	t.Helper()
	l, err := s.Acquire(t.Context(), scope, by)
	must(t, err)
	t.Cleanup(func() { runtime.KeepAlive(l) })
	return l
}

func release(t reporter, l store.Lease) {
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
