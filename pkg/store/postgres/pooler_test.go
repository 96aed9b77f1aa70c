package postgres

import (
	"context"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/entitlectl/entitlectl/pkg/store"
	"github.com/entitlectl/entitlectl/pkg/store/postgres/pgtest"
)

// pooler is between clients and a server, as pgbouncer is.
type pooler struct {
	url       string // of the server
	bySession bool   // each client keeps its connection; else it has one for a transaction

	mu   sync.Mutex
	free []*pgconn.HijackedConn // the one that was given back last is given out first
}

func (p *pooler) take() (*pgconn.HijackedConn, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if n := len(p.free); n > 0 {
		c := p.free[n-1]
		p.free = p.free[:n-1]
		return c, nil
	}
	c, err := pgconn.Connect(context.Background(), p.url)
	if err != nil {
		return nil, err
	}
	return c.Hijack()
}

func (p *pooler) give(c *pgconn.HijackedConn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.free = append(p.free, c)
}

// listen starts the pooler, and returns the URL of the store behind it.
func (p *pooler) listen(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go p.serve(c)
		}
	}()
	return "postgres://tester@" + l.Addr().String() + "/postgres?sslmode=disable"
}

// serve is one client. It ends with the client, or at the first thing that it does not know.
func (p *pooler) serve(conn net.Conn) {
	defer conn.Close()
	client := pgproto3.NewBackend(conn, conn)
	first, err := client.ReceiveStartupMessage()
	if err != nil {
		return
	}
	if first, is := first.(*pgproto3.StartupMessage); is {
		for name := range first.Parameters { // pgbouncer takes no others, unless it is told to
			if !slices.Contains([]string{"user", "database", "client_encoding", "standard_conforming_strings", "application_name"}, name) {
				client.Send(&pgproto3.ErrorResponse{Severity: "FATAL", Code: "08P01", Message: "unsupported startup parameter: " + name})
				_ = client.Flush() // the client sees what came
				return
			}
		}
	}
	client.Send(&pgproto3.AuthenticationOk{})
	client.Send(&pgproto3.ParameterStatus{Name: "client_encoding", Value: "UTF8"})
	client.Send(&pgproto3.ParameterStatus{Name: "standard_conforming_strings", Value: "on"})
	client.Send(&pgproto3.BackendKeyData{ProcessID: 1, SecretKey: []byte{1, 2, 3, 4}})
	client.Send(&pgproto3.ReadyForQuery{TxStatus: 'I'})
	if client.Flush() != nil {
		return
	}
	var server *pgconn.HijackedConn
	for {
		msg, err := client.Receive()
		if err != nil {
			return
		}
		if server == nil {
			if server, err = p.take(); err != nil {
				return
			}
		}
		server.Frontend.Send(msg)
		switch msg.(type) {
		case *pgproto3.Terminate:
			return
		case *pgproto3.Query, *pgproto3.Sync:
			status, err := p.answer(server, client)
			if err != nil {
				return
			}
			if status == 'I' && !p.bySession {
				p.give(server)
				server = nil
			}
		}
	}
}

// answer hands on what the server says until it is ready.
func (p *pooler) answer(server *pgconn.HijackedConn, client *pgproto3.Backend) (status byte, err error) {
	if err := server.Frontend.Flush(); err != nil {
		return 0, err
	}
	for {
		msg, err := server.Frontend.Receive()
		if err != nil {
			return 0, err
		}
		client.Send(msg)
		if ready, is := msg.(*pgproto3.ReadyForQuery); is {
			return ready.TxStatus, client.Flush()
		}
	}
}

// A pooler that gives each transaction another connection is refused with the reason, whatever is asked first; one that leaves
// a client its connection is not.
func TestPoolers(t *testing.T) {
	server := pgtest.Shared(t)
	for range 3 {
		s := open(t, (&pooler{url: server.URL("")}).listen(t))
		for _, err := range []error{s.Put("k", "v"), s.Record(t.Context(), store.Record{}, nil)} {
			if err == nil || !strings.Contains(err.Error(), "a pooler in transaction mode") {
				t.Errorf("error %v", err)
			}
		}
		if _, err := s.Acquire(t.Context(), "x", store.Owner{}); err == nil || !strings.Contains(err.Error(), "session mode") {
			t.Errorf("error %v", err)
		}
	}
	schema := server.Schema(t)
	url := server.As(t, schema, "superuser")
	server.Exec(t, "alter role "+schema+" set search_path = "+schema)
	s := open(t, (&pooler{url: url, bySession: true}).listen(t))
	must(t, s.Put("k", "v"))
	l, err := s.Acquire(t.Context(), "x", store.Owner{})
	must(t, err)
	must(t, l.Append(t.Context(), store.Entry{Run: "r", Call: 1, State: store.Begun}))
	if other := open(t, server.URL(schema)); s.Place() == other.Place() {
		t.Error("it is not behind the pooler")
	} else if v, ok := other.Get("k"); v != "v" || !ok { // and the role's search_path is honoured
		t.Errorf("reads %q, %v", v, ok)
	}
	must(t, l.Release())
	other := server.Schema(t)
	s = open(t, (&pooler{url: url, bySession: true}).listen(t)+"&search_path="+other)
	if d, err := s.Describe(t.Context()); err != nil || d.Schema != other {
		t.Errorf("the schema of the URL is %s, want %s, %v", d.Schema, other, err)
	}
}
