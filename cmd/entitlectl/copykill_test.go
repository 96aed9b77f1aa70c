package main

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/entitlectl/entitlectl/pkg/store"
	"github.com/entitlectl/entitlectl/pkg/store/file"
	"github.com/entitlectl/entitlectl/pkg/store/postgres"
	"github.com/entitlectl/entitlectl/pkg/store/postgres/pgtest"
)

// A copy that ends at any boundary, by a kill or by a signal, is finished by another one: then both stores say the same.
func TestStoreCopyCutOff(t *testing.T) {
	for name, target := range map[string]func(t *testing.T) string{
		"file":     func(t *testing.T) string { return folderScheme + filepath.Join(t.TempDir(), "to") },
		"postgres": func(t *testing.T) string { return pgtest.Shared(t).URL(pgtest.Shared(t).Schema(t)) },
	} {
		t.Run(name, func(t *testing.T) {
			from := func(t *testing.T) string {
				folder := filepath.Join(t.TempDir(), "from")
				fillForCopy(t, folder)
				return folder
			}
			code, out := copyUntil(t, 0, from(t), target(t))
			if code != exitDone {
				t.Fatalf("an undisturbed copy ended with %d\n%s", code, out)
			}
			boundaries, step := boundariesOf(t, out), 4 // where a file has a line that is torn is among them
			switch {
			case os.Getenv("ENTITLECTL_TEST_LONG") != "":
				step = 1
			case name == "postgres":
				step = 9
			}
			for at := 1; at <= boundaries; at += step {
				t.Run(strconv.Itoa(at), func(t *testing.T) {
					t.Parallel()
					from, to := from(t), target(t)
					if code, out := copyUntil(t, at, from, to); code != killedBySignal {
						t.Fatalf("it ended with %d, and was to be killed\n%s", code, out)
					}
					finishCopy(t, from, to)
				})
			}
			for at := 2; at <= boundaries/3; at += step { // each write has one, and three of those of kills
				from, to := from(t), target(t)
				code, out := interruptedCopy(t, at, from, to)
				if code != exitInterrupted || !strings.Contains(out, "copy again before an apply uses it") {
					t.Errorf("interrupted at %d it ended with %d\n%s", at, code, out)
				}
				finishCopy(t, from, to)
			}
		})
	}
}

// fillForCopy makes a history whose beginning was pruned, and calls in doubt at two connections.
func fillForCopy(t *testing.T, folder string) {
	t.Helper()
	s := file.Open(folder)
	for i := range 3 {
		rows := func(yield func(json.RawMessage, error) bool) { yield(json.RawMessage(strconv.Itoa(i)), nil) }
		check(t, s.Record(t.Context(), store.Record{Kind: store.RunEnded, At: time.Date(2026, 1, i+1, 0, 0, 0, 0, time.UTC)}, rows))
	}
	_, err := s.Prune(t.Context(), time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC), store.Owner{}, "old")
	check(t, err)
	check(t, s.PutAll(map[string]string{"k": "v", "l": "w"}))
	for _, scope := range []string{"x", "y"} {
		lease, err := s.Acquire(t.Context(), scope, store.Owner{Run: "r"})
		check(t, err)
		check(t, lease.Append(t.Context(), store.Entry{Run: "r", Call: 1, State: store.Begun}, store.Entry{Run: "r", Call: 2, State: store.Begun}))
		check(t, lease.Release())
	}
}

// copyUntil copies in a process of its own, which is killed at a boundary; 0: which says how many there are.
func copyUntil(t *testing.T, at int, from, to string) (code int, output string) {
	t.Helper()
	self, err := os.Executable()
	check(t, err)
	p := exec.CommandContext(t.Context(), self, "store", "copy", folderScheme+from, to)
	p.Env = append(os.Environ(), killAt+"="+strconv.Itoa(at))
	out, err := p.CombinedOutput()
	if e := (*exec.ExitError)(nil); errors.As(err, &e) {
		return e.ExitCode(), string(out)
	}
	check(t, err)
	return exitDone, string(out)
}

// interruptedCopy copies in this process. A signal comes at a boundary of what is written.
func interruptedCopy(t *testing.T, at int, from, to string) (code int, output string) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var out strings.Builder
	e := env{stdin: strings.NewReader(""), stdout: &out, stderr: &out, now: time.Now, lookup: func(string) (string, bool) { return "", false }}
	left := at
	e.through = func(s store.Store) store.Store {
		return signalled{s.(wholeStore), func() {
			if left--; left == 0 {
				stop()
			}
		}}
	}
	return run(ctx, e, []string{"store", "copy", folderScheme + from, to}), out.String()
}

// signalled calls a function before each write.
type signalled struct {
	wholeStore
	before func()
}

func (s signalled) Acquire(ctx context.Context, scope string, by store.Owner) (store.Lease, error) {
	s.before()
	lease, err := s.wholeStore.Acquire(ctx, scope, by)
	return signalledLease{lease, s.before}, err
}

func (s signalled) PutAll(values map[string]string) error {
	s.before()
	return s.wholeStore.PutAll(values)
}

func (s signalled) Record(ctx context.Context, r store.Record, rows store.Rows) error {
	s.before()
	return s.wholeStore.Record(ctx, r, rows)
}

type signalledLease struct {
	store.Lease
	before func()
}

func (l signalledLease) Append(ctx context.Context, entries ...store.Entry) error {
	l.before()
	return l.Lease.Append(ctx, entries...)
}

// finishCopy copies what is missing, and compares.
func finishCopy(t *testing.T, from, to string) {
	t.Helper()
	one, two := file.Open(from), openTarget(t, to)
	if code, out := stored(t, nil, "store", "copy", folderScheme+from, to); code != exitDone || !strings.Contains(out, "4 calls in doubt") {
		t.Errorf("the copy was not finished, but ended with %d\n%s", code, out)
		return
	}
	want, err := one.Verify(t.Context())
	check(t, err)
	has, err := two.Verify(t.Context())
	check(t, err)
	check(t, store.CheckDetails(t.Context(), two))
	for _, scope := range []string{"x", "y"} {
		doubts, err := one.Doubts(t.Context(), scope)
		check(t, err)
		left, err := two.Doubts(t.Context(), scope)
		check(t, err)
		if d := cmp.Diff(want, has) + cmp.Diff(doubts, left); d != "" {
			t.Error(d)
		}
	}
	if v, _ := two.Get("l"); v != "w" {
		t.Errorf("value %q", v)
	}
}

func openTarget(t *testing.T, at string) store.Store {
	t.Helper()
	if postgres.IsURL(at) {
		return mustOpen(t, at)
	}
	return file.Open(strings.TrimPrefix(at, folderScheme))
}
