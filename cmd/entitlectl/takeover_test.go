//go:build unix

package main

import (
	"net/http"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/entitlectl/entitlectl/pkg/store/postgres/pgtest"
)

// TestTakeover measures how long after kill -9 of an apply another one that waits has its lock: under a second at the median.
func TestTakeover(t *testing.T) {
	onBoth(t, func(t *testing.T, k killWorld) {
		times := 3
		if os.Getenv("ENTITLECTL_TEST_LONG") != "" {
			times = 40
		}
		var took []time.Duration
		for range times {
			v := k.real(t)
			first, release := v.held(t, "--connection", "workspace")
			second := v.start(t, 0, "apply", "--yes", "--settle", "150ms", "--lock-timeout", "1m")
			second.output.says("waiting up to")
			killed := time.Now()
			check(t, first.Process.Kill())
			second.output.says("took over the lock of workspace")
			took = append(took, time.Since(killed))
			first.wait(t)
			release()
			if code := second.wait(t); code != exitDone {
				t.Errorf("the apply that took over ended with %d\n%s", code, &second.output)
			}
		}
		slices.Sort(took)
		t.Logf("taken over after %v", took)
		if median := took[len(took)/2]; median >= time.Second {
			t.Errorf("the median is %v", median)
		}
	})
}

// TestDatabaseKilledTwice kills the server of the store twice within what an apply is to do: each run ends with a clear report and
// sends nothing more, and the next one goes on.
func TestDatabaseKilledTwice(t *testing.T) {
	server := pgtest.Own(t)
	k := newKillWorld(t)
	undisturbed := k.fresh(t)
	if code, out := undisturbed.apply(t, 0); code != exitDone {
		t.Fatalf("the undisturbed run ended with %d\n%s", code, out)
	}
	want := undisturbed.world(t)
	k.store = func(*testing.T) string { return server.URL("") }
	v := k.fresh(t)
	for _, at := range []int64{2, 1} {
		var writes atomic.Int64
		gate := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if mayWrite(r.Method, r.URL.Path) && writes.Add(1) == at {
				server.Crash(t)
				server.Start(t)
			}
			v.server.ServeHTTP(w, r)
		})
		v.gate.Store(&gate)
		code, out := v.apply(t, 0, "--connection", "workspace")
		if code != exitUnfinished || !strings.Contains(out, "the connection to the database that held the lock of workspace ended") {
			t.Errorf("the apply whose store was killed ended with %d\n%s", code, out)
		}
		if writes.Load() != at {
			t.Errorf("%d writes were sent, the store was gone after %d", writes.Load(), at)
		}
		v.gate.Store(nil)
	}
	var unknown atomic.Int64
	v.recover(t, want, &unknown)
	if d := gocmp.Diff(want, v.world(t)); d != "" && unknown.Load() == 0 {
		t.Errorf("the world is another (-want +got):\n%s", d)
	}
}
