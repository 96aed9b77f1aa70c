package main

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/entitlectl/entitlectl/pkg/store"
	"github.com/entitlectl/entitlectl/pkg/store/file"
	"github.com/entitlectl/entitlectl/pkg/store/postgres"
	"github.com/entitlectl/entitlectl/pkg/store/postgres/pgtest"
)

// A store is copied to a server and back to a folder with its digests, details, values and doubts; not while an apply runs, and
// not over another history.
func TestStoreCopy(t *testing.T) {
	server := pgtest.Shared(t)
	url, folder := server.URL(server.Schema(t)), filepath.Join(t.TempDir(), "one")
	one := file.Open(folder)
	for i := range 3 {
		rows := func(yield func(json.RawMessage, error) bool) { yield(json.RawMessage(`{"row":"<ü>"}`), nil) }
		check(t, one.Record(t.Context(), store.Record{Kind: store.RunEnded, At: time.Now().UTC(), Calls: i, Scopes: []string{"<x>"}}, rows))
	}
	check(t, one.PutAll(map[string]string{"k": "v\x00", "": "<ü>"}))
	lease, err := one.Acquire(t.Context(), "x/y", store.Owner{Run: "r"})
	check(t, err)
	check(t, lease.Append(t.Context(), store.Entry{Run: "r", Call: 1, State: store.Begun, At: time.Date(2026, 11, 5, 12, 0, 0, 0, time.UTC), Changes: json.RawMessage(`["<a>"]`)},
		store.Entry{Run: "r", Call: 2, State: store.Settled}))
	if code, out := stored(t, nil, "store", "copy", "file:"+folder, url); code != exitLocked || !strings.Contains(out, "another apply holds x/y") {
		t.Errorf("copy while an apply runs: %d\n%s", code, out)
	}
	check(t, lease.Release())
	back := filepath.Join(t.TempDir(), "two")
	for _, args := range [][]string{{"file:" + folder, url}, {"file:" + folder, url}, {url, "file:" + back}} { // again does no harm
		if code, out := stored(t, nil, append([]string{"store", "copy"}, args...)...); code != exitDone || !strings.Contains(out, "Copied and checked: 3 records") || !strings.Contains(out, "1 call in doubt") {
			t.Fatalf("copy %v: %d\n%s", args, code, out)
		}
	}
	two, shared := file.Open(back), mustOpen(t, url)
	want, err := one.Verify(t.Context())
	check(t, err)
	doubts, err := one.Doubts(t.Context(), "x/y")
	check(t, err)
	for _, s := range []store.Store{two, shared} {
		has, err := s.Verify(t.Context())
		check(t, err)
		inDoubt, err := s.Doubts(t.Context(), "x/y")
		check(t, err)
		if d := cmp.Diff(want, has) + cmp.Diff(doubts, inDoubt); d != "" {
			t.Error(d)
		}
		if v, ok := s.Get("k"); v != "v\x00" || !ok {
			t.Errorf("value %q, %v", v, ok)
		}
		check(t, store.CheckDetails(t.Context(), s))
	}
	check(t, two.Record(t.Context(), store.Record{Kind: store.RunStarted}, nil))
	check(t, shared.Record(t.Context(), store.Record{Kind: store.RunEnded}, nil))
	if code, out := stored(t, nil, "store", "copy", "file:"+back, url); code != exitError || !strings.Contains(out, "the target has another history already") {
		t.Errorf("copy over another history: %d\n%s", code, out)
	}
	code, out := stored(t, map[string]string{storeVariable: url}, "store", "status")
	for _, want := range []string{"schema test_", "version 1", "history: 4 rows", "fsync is off", "in doubt at x/y: 1 call, the oldest since 2026-11-05T12:00:00Z"} {
		if code != exitDone || !strings.Contains(out, want) {
			t.Errorf("status ended with %d and lacks %q\n%s", code, want, out)
		}
	}
	if code, out := stored(t, nil, "store", "status", "--state-dir", back, "-o", "json"); code != exitDone || !strings.Contains(out, `"connection": "x/y"`) {
		t.Errorf("status ended with %d\n%s", code, out)
	}
}

// A history that was pruned is copied as it is left, to a server and to a folder, also where a copy was cut off before the record
// that says what is missing; not while an apply runs on either side.
func TestStoreCopyOfWhatWasPruned(t *testing.T) {
	server := pgtest.Shared(t)
	url, folder := server.URL(server.Schema(t)), filepath.Join(t.TempDir(), "one")
	one := file.Open(folder)
	for i := range 4 {
		rows := func(yield func(json.RawMessage, error) bool) { yield(json.RawMessage(strings.Repeat("1", i+1)), nil) }
		check(t, one.Record(t.Context(), store.Record{Kind: store.RunEnded, At: time.Date(2026, 1, i+1, 0, 0, 0, 0, time.UTC)}, rows))
	}
	if code, out := stored(t, nil, "store", "prune", "--state-dir", folder, "--before", "2999-01-01", "--reason", "a slip"); code != exitError || !strings.Contains(out, "yet to come") {
		t.Errorf("a prune of all that there will be ended with %d\n%s", code, out)
	}
	if code, out := stored(t, nil, "store", "prune", "--state-dir", folder, "--before", "2026-01-03", "--reason", "old"); code != exitDone || !strings.Contains(out, "Removed 2 records") {
		t.Fatalf("prune ended with %d\n%s", code, out)
	}
	want, err := one.Verify(t.Context())
	check(t, err)
	shared := mustOpen(t, url)
	for r, err := range one.Records(t.Context()) { // the first one, and no more
		check(t, err)
		check(t, shared.(store.Continuer).Continue(t.Context(), want.Begin, r, one.Details(t.Context(), *r.Details)))
		break
	}
	lease, err := shared.Acquire(t.Context(), "x", store.Owner{Run: "r"})
	check(t, err)
	if code, out := stored(t, nil, "store", "copy", "file:"+folder, url); code != exitLocked {
		t.Errorf("copy while an apply runs there: %d\n%s", code, out)
	}
	check(t, lease.Release())
	back := filepath.Join(t.TempDir(), "two")
	for _, args := range [][]string{{"file:" + folder, url}, {url, "file:" + back}, {url, "file:" + back}} {
		if code, out := stored(t, nil, append([]string{"store", "copy"}, args...)...); code != exitDone || !strings.Contains(out, "Copied and checked: 3 records") {
			t.Fatalf("copy %v: %d\n%s", args, code, out)
		}
	}
	for _, s := range []store.Store{shared, file.Open(back)} {
		has, err := s.Verify(t.Context())
		check(t, err)
		if d := cmp.Diff(want, has); d != "" {
			t.Error(d)
		}
	}
	if code, out := stored(t, nil, "store", "copy", url, url); code != exitError || !strings.Contains(out, "the same store") {
		t.Errorf("copy onto itself: %d\n%s", code, out)
	}
	if code, out := stored(t, nil, "store", "copy", "file:"+back, "file:"+filepath.Dir(back)+"/./two"); code != exitError || !strings.Contains(out, "the same store") {
		t.Errorf("copy onto itself by another name: %d\n%s", code, out)
	}
	nothing := "file:" + filepath.Join(t.TempDir(), "slip")
	if code, out := stored(t, nil, "store", "copy", nothing, "file:"+back); code != exitError || !strings.Contains(out, "holds nothing") {
		t.Errorf("copy of nothing: %d\n%s", code, out)
	}
	if code, out := stored(t, nil, "store", "status", "--store", nothing); code != exitDone || !strings.Contains(out, "no such folder yet") {
		t.Errorf("status of nothing: %d\n%s", code, out)
	}
	check(t, file.Open(back).Record(t.Context(), store.Record{}, nil))
	if code, out := stored(t, nil, "store", "copy", url, "file:"+back); code != exitError || !strings.Contains(out, "another history already") {
		t.Errorf("copy over another history: %d\n%s", code, out)
	}
}

func mustOpen(t *testing.T, url string) store.Store {
	t.Helper()
	s, err := postgres.Open(url, "")
	check(t, err)
	t.Cleanup(func() { check(t, s.Close()) })
	return s
}

// The SQL for a role that may not make tables needs no database, and names the schema that the URL does.
func TestStoreMigrate(t *testing.T) {
	code, out := stored(t, nil, "store", "migrate", "--print", "--role", "ci", "--store", "postgres://u@127.0.0.1:1/d?search_path=team")
	for _, want := range []string{`create schema if not exists "team";`, "create table history", `grant select, insert on "team".history to "ci";`, "commit;"} {
		if code != exitDone || !strings.Contains(out, want) {
			t.Errorf("migrate --print ended with %d and lacks %q\n%s", code, want, out)
		}
	}
	server := pgtest.Shared(t)
	if code, out := stored(t, nil, "store", "migrate", "--store", server.URL(server.Schema(t))); code != exitDone || !strings.Contains(out, "is of version 1") {
		t.Errorf("migrate ended with %d\n%s", code, out)
	}
	if code, out := stored(t, nil, "store", "migrate", "--print", "--store", "postgres://u@127.0.0.1:1/d?options=-csearch_path%3Dteam"); code != exitError || !strings.Contains(out, "write search_path=") {
		t.Errorf("migrate --print with options ended with %d\n%s", code, out)
	}
	if code, out := stored(t, nil, "store", "migrate", "--state-dir", t.TempDir()); code != exitError || !strings.Contains(out, "a folder has no tables") {
		t.Errorf("migrate ended with %d\n%s", code, out)
	}
}
