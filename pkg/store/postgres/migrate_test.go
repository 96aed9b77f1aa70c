package postgres

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/entitlectl/entitlectl/pkg/store"
	"github.com/entitlectl/entitlectl/pkg/store/postgres/pgtest"
)

// Many that use a new database first make its schema once.
func TestManyFirstUsers(t *testing.T) {
	server := pgtest.Shared(t)
	url := server.URL(server.Schema(t))
	var wg sync.WaitGroup
	for i := range 6 {
		s := open(t, url)
		wg.Go(func() {
			if err := s.Put(fmt.Sprint(i), "v"); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for i := range 6 {
		if v, _ := open(t, url).Get(fmt.Sprint(i)); v != "v" {
			t.Errorf("%d is %q", i, v)
		}
	}
}

// A schema of a later version is refused, and so is a standby's or another encoding.
func TestALaterSchema(t *testing.T) {
	server := pgtest.Shared(t)
	schema := server.Schema(t)
	must(t, open(t, server.URL(schema)).Put("k", "v"))
	server.Exec(t, "insert into "+schema+".migration (version) values (99)")
	s := open(t, server.URL(schema))
	if err := s.Put("k", "w"); err == nil || !strings.Contains(err.Error(), "version 99, which a later entitlectl made") {
		t.Errorf("error %v", err)
	}
	if _, ok := s.Get("k"); ok || len(s.Damaged()) != 1 {
		t.Errorf("read nevertheless, %q", s.Damaged())
	}
}

// Whatever a database sets for its clients, all goes.
func TestADatabaseWithSettingsOfItsOwn(t *testing.T) {
	server := pgtest.Shared(t)
	schema := server.Schema(t)
	url := server.As(t, schema, "superuser")
	for _, setting := range strings.Split("standard_conforming_strings=off client_encoding=LATIN1 bytea_output=escape intervalstyle=sql_standard extra_float_digits=-15 timezone=Pacific/Kiritimati "+
		"datestyle=SQL,DMY default_transaction_isolation=serializable idle_session_timeout=100 idle_in_transaction_session_timeout=1 lock_timeout=1 statement_timeout=500 synchronous_commit=off", " ") {
		name, value, _ := strings.Cut(setting, "=")
		server.Exec(t, fmt.Sprintf("alter role %s set %s = '%s'", schema, name, strings.ReplaceAll(value, ",", ", ")))
	}
	secrets, url, err := Secrets(url + "&search_path=%22Team+A+of+" + schema + "%22")
	must(t, err)
	s, err := Open(url, secrets[Password])
	must(t, err)
	t.Cleanup(func() { must(t, s.Close()) })
	must(t, s.Put("ü", "\x00\\'日"))
	l, err := s.Acquire(t.Context(), "x", store.Owner{})
	must(t, err)
	time.Sleep(300 * time.Millisecond) // for longer than a session may be idle
	must(t, l.Append(t.Context(), store.Entry{Run: "r", Call: 1, State: store.Begun, Detail: "\\'日"}))
	must(t, s.Record(t.Context(), store.Record{Kind: store.RunStarted, Reason: "\\'日"}, nil))
	if wait, err := s.Reserve(t.Context(), "k", time.Hour); err != nil || wait != 0 {
		t.Errorf("the first turn is in %v, %v", wait, err)
	}
	if wait, err := s.Reserve(t.Context(), "k", time.Hour); err != nil || wait < 59*time.Minute || wait > time.Hour {
		t.Errorf("the second turn is in %v, %v", wait, err)
	}
	if v, ok := s.Get("ü"); v != "\x00\\'日" || !ok {
		t.Errorf("reads %q, %v", v, ok)
	}
	if _, err := s.Verify(t.Context()); err != nil {
		t.Error(err)
	}
	waiting, commit := holdHead(t, server.URL(""), fmt.Sprintf("%q", "Team A of "+schema)) // two that meet in one row
	added := make(chan error)
	go func() { added <- s.Record(t.Context(), store.Record{Kind: store.RunEnded}, nil) }()
	waiting(1)
	commit()
	must(t, <-added)
	must(t, l.Release())
	if d, err := s.Describe(t.Context()); err != nil || d.Schema != "Team A of "+schema {
		t.Errorf("the schema is %q, %v", d.Schema, err)
	}
	server.Exec(t, fmt.Sprintf("drop schema %q cascade", "Team A of "+schema))
}

// Where a provider lets a database only be read, as when its disk is full, that is said.
func TestADatabaseThatTakesNoChanges(t *testing.T) {
	server := pgtest.Shared(t)
	schema := server.Schema(t)
	url := server.As(t, schema, "superuser") + "&search_path=" + schema
	must(t, open(t, url).Put("k", "v"))
	server.Exec(t, "alter role "+schema+" set default_transaction_read_only = on")
	if err := open(t, url).Put("k", "w"); err == nil || !strings.Contains(err.Error(), "takes no changes") {
		t.Errorf("error %v", err)
	}
}

// What is in the way of the schema is named, with what to do about it.
func TestASchemaThatCantBeMade(t *testing.T) {
	server := pgtest.Shared(t)
	schema := server.Schema(t)
	server.Exec(t, "create schema "+schema+"; create table "+schema+".kv (x int)")
	if err := open(t, server.URL(schema)).Put("k", "v"); err == nil || !strings.Contains(err.Error(), "name another schema") {
		t.Errorf("error %v", err)
	}
	other := server.Schema(t)
	must(t, open(t, server.URL(other)).Put("k", "v"))
	role := schema + "_stranger"
	url := server.As(t, role, "")
	server.Exec(t, "alter role "+role+" set search_path = "+other)
	if err := open(t, url).Put("k", "v"); err == nil || !strings.Contains(err.Error(), "docs/many-machines.md") {
		t.Errorf("without a right to the schema: error %v", err)
	}
	server.Exec(t, "grant usage on schema "+other+" to "+role)
	if err := open(t, url).Put("k", "v"); err == nil || !strings.Contains(err.Error(), "docs/many-machines.md") {
		t.Errorf("without a right to the tables: error %v", err)
	}
	server.Exec(t, Grants(other, role))
	s := open(t, url)
	must(t, s.Put("k", "v"))
	must(t, s.Record(t.Context(), store.Record{}, nil))
	if _, err := s.Prune(t.Context(), time.Now(), store.Owner{}, "old"); err == nil || !strings.Contains(err.Error(), "take the role that owns the tables") {
		t.Errorf("error %v", err)
	}
}

// A role that may not make tables is told what to run. After somebody did, with the grants that the manual lists, all goes but
// to change the history.
func TestARoleWithoutRights(t *testing.T) {
	server := pgtest.Shared(t)
	schema := server.Schema(t)
	role := schema + "_runner"
	url := server.As(t, role, "")
	server.Exec(t, "alter role "+role+" set search_path = "+schema)
	if err := open(t, url).Put("k", "v"); err == nil || !strings.Contains(err.Error(), "store migrate --print") {
		t.Fatalf("error %v", err)
	}
	sql, err := SQL(schema, 0)
	must(t, err)
	server.Exec(t, "begin;"+sql+Grants(schema, role)+"commit")
	s := open(t, url)
	must(t, s.Put("k", "v"))
	must(t, s.Record(t.Context(), store.Record{Kind: store.RunStarted}, nil))
	l, err := s.Acquire(t.Context(), "x", store.Owner{})
	must(t, err)
	for i := range 2 * tidyFrom {
		must(t, l.Append(t.Context(), store.Entry{Run: "r", Call: i, State: store.Settled}))
	}
	must(t, l.Release())
	_, err = s.Acquire(t.Context(), "x", store.Owner{}) // and it may tidy the journal
	must(t, err)
	must(t, s.Break(t.Context(), "x", store.Owner{}, "it hangs"))
	if _, err := s.Reserve(t.Context(), "k", 1); err != nil {
		t.Error(err)
	}
	entries, _, err := s.entries(t.Context(), "x")
	if err != nil || len(entries) != 0 {
		t.Errorf("%d entries are left, %v", len(entries), err)
	}
	pool, err := s.ready(t.Context())
	must(t, err)
	for _, sql := range []string{"delete from history", "update history set digest = ''", "truncate history", "delete from detail", "update details set rows = 0"} {
		if _, err := pool.Exec(t.Context(), sql); err == nil || !strings.Contains(err.Error(), "permission denied") {
			t.Errorf("%s: error %v", sql, err)
		}
	}
}
