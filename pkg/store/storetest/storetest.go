// Package storetest is the suite that every store passes. It knows a store by its interface only.
package storetest

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/entitlectl/entitlectl/pkg/store"
)

// Backend is where a store keeps things.
type Backend struct {
	// Open opens the store once more, as another process does.
	Open func(t *testing.T) store.Store
	// Crash ends the lease as kill -9 of its process does, and returns when the store has noticed. What Open returned to the
	// holder of the lease is not used any more.
	Crash func(t *testing.T, l store.Lease)
	// Behead takes the newest record out of the history, as somebody does who can write to where it is kept.
	Behead func(t *testing.T)
	// Curtail takes out the oldest record.
	Curtail func(t *testing.T)
	// Cut ends the lease as the loss of its connection does; its process lives, and may use what Open returned.
	Cut func(t *testing.T, l store.Lease)
	// Restart ends the store's server at once, if it has one, and starts it again.
	Restart func(t *testing.T)
	// Mark remembers what is kept. The function that it returns brings that back, as a failover does to a server that had not
	// been told of what came since. Notices says that the store can tell that this happened.
	Mark    func(t *testing.T) func(t *testing.T)
	Notices bool
	// Slow makes writes to journals by a store take about Slowly to be durable.
	Slow   func(t *testing.T, s store.Store)
	Slowly time.Duration
	// Costly says that to open and to crash it takes much longer than to use it: properties do both less often.
	Costly bool
}

// Run runs the suite. empty makes a backend with nothing in it, of which each test gets one.
func Run(t *testing.T, empty func(t *testing.T) Backend) {
	for _, part := range []struct {
		name  string
		tests map[string]func(t *testing.T, back Backend)
	}{{"KV", kv}, {"Locks", locks}, {"Journal", journal}, {"Limiter", limiter}, {"History", history}, {"Pruning", pruning}, {"Network", network}} {
		t.Run(part.name, func(t *testing.T) {
			for name, test := range part.tests {
				t.Run(name, func(t *testing.T) { test(t, empty(t)) })
			}
		})
	}
}

// Folder makes a folder for what one test keeps, in memory where the system has such a place: stores sync each write, which
// takes a disk most of a test's time. Nothing in it can be run there.
func Folder(t testing.TB) string {
	t.Helper()
	folder, err := os.MkdirTemp("/dev/shm", "entitlectl-test-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(folder); err != nil {
			t.Error(err)
		}
	})
	return folder
}

// open opens the store and closes it after the test, which fails if anything was damaged.
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

// sideBySide calls a function for n openings of the store at once, with their numbers, and waits for all.
func (back Backend) sideBySide(t *testing.T, n int, do func(i int, s store.Store)) {
	t.Helper()
	var wg sync.WaitGroup
	for i := range n {
		s := back.open(t)
		wg.Go(func() { do(i, s) })
	}
	wg.Wait()
}

// same wants two values to be equal.
func same(t *testing.T, what string, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// owner makes owners that differ by a number.
func owner(n int) store.Owner {
	since := time.Date(2026, 11, 5, 12, 0, n, 123456789, time.UTC)
	return store.Owner{Run: fmt.Sprint("run-", n), User: "ana", Actor: "ci", Host: "runner", PID: n, Since: since}
}

// reporter is a test, or one run of a property by rapid.
type reporter interface {
	Cleanup(func())
	Context() context.Context
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

// acquire takes a lock. It keeps the lease, which may end when it is collected, until the end of the test.
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

// oddNames are keys and scopes that are easily confused with each other or with something else.
var oddNames = []string{"", ".", "..", "/", "a", "A", "a/b", "a%2Fb", "a%252Fb", "../a", "a b", "a\nb", "ü", "a.json", "'; --",
	"%", "a*", "a\x00", "\u65e5\U00020000"}
