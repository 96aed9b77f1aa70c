package postgres

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"time"

	"github.com/jackc/pgx/v5"
)

// session is the connection that shows to others that we live: it has the advisory lock of its number, and does nothing else.
type session struct {
	conn   *pgx.Conn
	number int64  // chosen at random, so that no two sessions have the same, on whichever server
	origin string // which server, and of which time line: another one after a failover or a restored backup
	heard  time.Time
}

// alive is a condition about a session's number: somebody else has its lock. Nobody waits for it, nor is kept by it.
const alive = `not pg_try_advisory_xact_lock_shared(%s)`

// living returns the session, and makes one where there is none or the server no longer knows it.
func (s *Store) living(ctx context.Context) (*session, error) {
	s.sessionMu.Lock()
	defer s.sessionMu.Unlock()
	if s.session != nil {
		if s.session.conn.Ping(ctx) == nil {
			s.session.heard = time.Now()
			return s.session, nil
		}
		s.session.end()
		s.session = nil
	}
	pool, err := s.ready(ctx)
	if err != nil {
		return nil, err
	}
	made, err := begin(ctx, pool.Config().ConnConfig, pool.Config().AfterConnect)
	if err != nil {
		return nil, s.located(err)
	}
	s.session = made
	return made, nil
}

func begin(ctx context.Context, config *pgx.ConnConfig, prepare func(context.Context, *pgx.Conn) error) (*session, error) {
	c, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return nil, err
	}
	var random [8]byte
	_, _ = rand.Read(random[:]) // never fails
	s := &session{conn: c, number: int64(binary.BigEndian.Uint64(random[:])), heard: time.Now()}
	if err = prepare(ctx, c); err == nil {
		// The lock is free but for the moment in which somebody finds it free, so this waits for nobody.
		_, err = c.Exec(ctx, "select pg_advisory_lock($1), set_config('statement_timeout', '0', false)", s.number)
	}
	if err == nil {
		err = c.QueryRow(ctx, "select (select system_identifier from pg_control_system())::text || '/' || left(pg_walfile_name(pg_current_wal_lsn()), 8)").Scan(&s.origin)
	}
	if err != nil {
		s.end()
		return nil, err
	}
	return s, nil
}

// keepAwake lets the session say something, since what is between it and the server may end connections that are quiet, as proxies
// do. It never ends because of the caller, who only comes by. That it is gone is for others to find out.
func (s *Store) keepAwake(ctx context.Context) {
	if !s.sessionMu.TryLock() {
		return
	}
	defer s.sessionMu.Unlock()
	if s.session == nil || time.Since(s.session.heard) < s.quiet {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	_ = s.session.conn.Ping(ctx)
	s.session.heard = time.Now()
}

// end closes the connection. The server gives the lock back at once, or when it notices.
func (s *session) end() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = s.conn.Close(ctx) // it may be gone already
}
