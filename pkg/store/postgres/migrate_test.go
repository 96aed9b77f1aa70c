package postgres

import (
	"fmt"
	"strings"
	"sync"
	"testing"

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

// A role that may not make tables is told what to run. After somebody did, with the grants that the manual lists, all goes but
// to change the history.
func TestARoleWithoutRights(t *testing.T) {
	server := pgtest.Shared(t)
	schema := server.Schema(t)
	role := schema + "_runner"
	server.Exec(t, "create role "+role+" login; alter role "+role+" set search_path = "+schema)
	url := strings.Replace(server.URL(""), "tester@", role+"@", 1)
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
