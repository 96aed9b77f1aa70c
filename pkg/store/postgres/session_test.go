package postgres

import (
	"testing"
	"time"

	"github.com/entitlectl/entitlectl/pkg/store"
	"github.com/entitlectl/entitlectl/pkg/store/postgres/pgtest"
)

// While a store is used, the connection that keeps its locks says something now and then: what is between may end a quiet one.
func TestTheSessionIsNotQuiet(t *testing.T) {
	server := pgtest.Shared(t)
	url := server.URL(server.Schema(t))
	s, other := open(t, url), open(t, url)
	l, err := s.Acquire(t.Context(), "x", store.Owner{})
	must(t, err)
	pool, err := other.ready(t.Context())
	must(t, err)
	said := func() (at time.Time) {
		must(t, pool.QueryRow(t.Context(), "select state_change from pg_stat_activity where pid = $1", int64(s.session.conn.PgConn().PID())).Scan(&at))
		return at
	}
	before := said()
	must(t, s.Put("k", "v"))
	if !said().Equal(before) {
		t.Error("it speaks each time")
	}
	s.quiet = 0
	must(t, s.Put("k", "v"))
	if !said().After(before) {
		t.Error("it was quiet")
	}
	must(t, l.Append(t.Context(), store.Entry{Run: "r", Call: 1, State: store.Begun}))
}
