package postgres

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/entitlectl/entitlectl/pkg/store"
	"github.com/entitlectl/entitlectl/pkg/store/postgres/pgtest"
	"github.com/entitlectl/entitlectl/pkg/store/storetest"
)

func TestConformance(t *testing.T) {
	server := pgtest.Shared(t)
	storetest.Run(t, func(t *testing.T) storetest.Backend {
		schema := server.Schema(t)
		url := server.URL(schema)
		other := sync.OnceValue(func() *Store { return open(t, url) })
		return storetest.Backend{
			Costly: true,
			Cut: func(t *testing.T, l store.Lease) {
				server.Exec(t, fmt.Sprintf("select pg_terminate_backend(%d, 10000)", l.(*lease).session.conn.PgConn().PID()))
			},
			Restart: func(t *testing.T) {
				server.Crash(t)
				server.Start(t)
			},
			Mark:    func(t *testing.T) func(t *testing.T) { return mark(t, server, schema) },
			Notices: true,
			Slow: func(t *testing.T, _ store.Store) {
				server.Exec(t, strings.ReplaceAll(slowly, "SCHEMA", schema))
			},
			Slowly: 600 * time.Millisecond,
			Open:   func(t *testing.T) store.Store { return open(t, url) },
			Crash:  func(t *testing.T, l store.Lease) { crash(t, l, other()) },
			Behead: func(t *testing.T) {
				server.Exec(t, "delete from "+schema+".history where number = (select max(number) from "+schema+".history)")
			},
			Curtail: func(t *testing.T) {
				server.Exec(t, "delete from "+schema+".history where number = (select min(number) from "+schema+".history)")
			},
		}
	})
}

// slowly makes each commit of entries wait, as for a replica.
const slowly = `create function SCHEMA.wait() returns trigger language plpgsql as 'begin perform pg_sleep(0.6); return null; end';
create constraint trigger wait after insert on SCHEMA.journal deferrable initially deferred for each row execute function SCHEMA.wait()`

// mark copies all tables. What brings them back makes the server another one, as a failover does.
func mark(t *testing.T, server *pgtest.Server, schema string) func(t *testing.T) {
	t.Helper()
	tables := []string{"kv", "scope", "journal", "turn", "history", "head", "details", "detail"}
	var save, bring strings.Builder
	for _, table := range tables {
		fmt.Fprintf(&save, "create table %[1]s.%[2]s_former as table %[1]s.%[2]s;", schema, table)
		overriding := ""
		if table == "journal" {
			overriding = "overriding system value"
		}
		fmt.Fprintf(&bring, "truncate %[1]s.%[2]s; insert into %[1]s.%[2]s %[3]s table %[1]s.%[2]s_former;", schema, table, overriding)
	}
	server.Exec(t, save.String())
	return func(t *testing.T) {
		server.Exec(t, bring.String()+fmt.Sprintf("update %s.scope set origin = 'the server before'", schema))
	}
}

func open(t testing.TB, url string) *Store {
	t.Helper()
	s, err := Open(url, "")
	must(t, err)
	t.Cleanup(func() { must(t, s.Close()) })
	return s
}

// crash cuts the session of a lease, as the system does when a process dies, and waits until another one has noticed.
func crash(t *testing.T, l store.Lease, other *Store) {
	t.Helper()
	held := l.(*lease)
	must(t, held.session.conn.PgConn().Conn().Close())
	held.store.pool.Close()
	for {
		h, err := other.holder(context.Background(), held.scope)
		must(t, err)
		if h == nil || h.Dead {
			return
		}
		time.Sleep(time.Millisecond)
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
