package postgres

import (
	"encoding/json"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/entitlectl/entitlectl/pkg/store"
	"github.com/entitlectl/entitlectl/pkg/store/postgres/pgtest"
)

// A run whose details are those of an older one keeps them, where they are pruned away in the same moment.
func TestPruneWhileARunIsRecorded(t *testing.T) {
	server := pgtest.Shared(t)
	schema := server.Schema(t)
	s := open(t, server.URL(schema))
	rows := func(yield func(json.RawMessage, error) bool) { yield(json.RawMessage("1"), nil) }
	must(t, s.Record(t.Context(), store.Record{Kind: store.RunEnded}, rows))
	// Both come to the head while somebody else has it, the prune first.
	waiting, commit := holdHead(t, server.URL(schema), schema)
	var both sync.WaitGroup
	both.Go(func() {
		if _, err := s.Prune(t.Context(), time.Now(), store.Owner{}, "old"); err != nil {
			t.Error(err)
		}
	})
	waiting(1)
	both.Go(func() {
		if err := s.Record(t.Context(), store.Record{Kind: store.RunEnded, At: time.Now()}, rows); err != nil {
			t.Error(err)
		}
	})
	waiting(2)
	commit()
	both.Wait()
	must(t, store.CheckDetails(t.Context(), s))
}

// holdHead has the row that all records go by, as another one that adds a record has. waiting waits until so many statements wait
// for somebody.
func holdHead(t *testing.T, url, schema string) (waiting func(n int), commit func()) {
	t.Helper()
	c, err := pgx.Connect(t.Context(), url)
	must(t, err)
	do := func(sql string) {
		_, err := c.Exec(t.Context(), sql, pgx.QueryExecModeSimpleProtocol)
		must(t, err)
	}
	do("begin; update " + schema + ".head set number = number")
	waiting = func(n int) {
		for has := 0; has < n; do("select pg_sleep(0.005)") {
			must(t, c.QueryRow(t.Context(), "select count(*) from pg_locks where not granted").Scan(&has))
		}
	}
	return waiting, func() {
		do("commit")
		must(t, c.Close(t.Context()))
	}
}

// Where somebody emptied the table that all records go by, nothing that has to be recorded is done.
func TestAHistoryWithoutItsHead(t *testing.T) {
	server := pgtest.Shared(t)
	schema := server.Schema(t)
	s := open(t, server.URL(schema))
	must(t, s.Record(t.Context(), store.Record{Kind: store.RunStarted}, nil))
	_, err := s.Acquire(t.Context(), "x", store.Owner{})
	must(t, err)
	server.Exec(t, "delete from "+schema+".head")
	none := func(func(json.RawMessage, error) bool) {}
	_, verified := s.Verify(t.Context())
	for what, err := range map[string]error{
		"verify":  verified,
		"record":  s.Record(t.Context(), store.Record{Kind: store.RunEnded}, nil),
		"details": s.Record(t.Context(), store.Record{Kind: store.RunEnded}, none),
		"break":   s.Break(t.Context(), "x", store.Owner{}, "it hangs"),
	} {
		if !errors.Is(err, errNoHead) {
			t.Errorf("%s: error %v", what, err)
		}
	}
	if h, err := s.Holders(t.Context()); err != nil || len(h) != 1 {
		t.Errorf("holders %v, %v", h, err)
	}
}
