package postgres

import (
	"context"
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
			Open:   func(t *testing.T) store.Store { return open(t, url) },
			Crash:  func(t *testing.T, l store.Lease) { crash(t, l, other()) },
			Behead: func(t *testing.T) {
				server.Exec(t, "delete from "+schema+".history where number = (select max(number) from "+schema+".history)")
			},
		}
	})
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
