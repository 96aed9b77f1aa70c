package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// outage is how long a server may be away, as while it restarts, before what needs it fails. While it stays away each further
// call is tried once only.
const outage = 5 * time.Second

// ask runs statements that read, or that do no more when they are sent again. It goes on after a server that restarted.
func (s *Store) ask(ctx context.Context, do func(ctx context.Context, q querier) error) error {
	return s.attempt(ctx, do, unreached)
}

// tell runs statements that write. They are sent again only where the server certainly did not see them.
func (s *Store) tell(ctx context.Context, do func(ctx context.Context, q querier) error) error {
	return s.attempt(ctx, do, unsent)
}

// querier is a connection or several.
type querier interface {
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
	Begin(ctx context.Context) (pgx.Tx, error)
}

func (s *Store) attempt(ctx context.Context, do func(ctx context.Context, q querier) error, mayAgain func(error) bool) error {
	until := time.Now().Add(outage)
	for pause := 20 * time.Millisecond; ; pause = min(2*pause, 500*time.Millisecond) {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		err := s.once(ctx, do)
		if ctx.Err() != nil && err != nil {
			return context.Cause(ctx)
		}
		if err == nil || !mayAgain(err) {
			s.away.Store(false)
			return err
		}
		if s.away.Load() || time.Now().After(until) {
			s.away.Store(true)
			return err
		}
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
	}
}

func (s *Store) once(ctx context.Context, do func(ctx context.Context, q querier) error) error {
	ctx, cancel := context.WithTimeoutCause(ctx, patience, fmt.Errorf("%s did not answer within %s", s.Place(), patience))
	defer cancel()
	pool, err := s.ready(ctx)
	if err != nil {
		return err
	}
	s.keepAwake(ctx)
	return s.located(do(ctx, pool))
}

// located is an error with where it is from and, of some that a provider or an administrator causes, what to do about them.
func (s *Store) located(err error) error {
	failure := (*pgconn.PgError)(nil)
	switch {
	case err == nil:
		return nil
	case errors.As(err, &failure) && advice[failure.Code] != "":
		return fmt.Errorf("%s: %w: %s", s.Place(), err, advice[failure.Code])
	}
	return fmt.Errorf("%s: %w", s.Place(), err)
}

// advice says what to do about errors that a provider or an administrator causes, by their codes.
var advice = map[string]string{
	"25006": "the server takes no changes: it is a standby by now, or was made read-only, as some providers do when its disk is full",
	"53300": "see what else has connections, or let each run have fewer with pool_max_conns=2 in the URL",
}

// unreached says whether an error is that of a connection, or of a server that stops or starts.
func unreached(err error) bool {
	failure, refused := (*pgconn.PgError)(nil), (*RefusedError)(nil)
	if !errors.As(err, &failure) {
		return !errors.Is(err, pgx.ErrNoRows) && !errors.As(err, &refused) && !errors.Is(err, context.Canceled)
	}
	return failure.Code[:2] == "08" || failure.Code[:3] == "57P" // a connection's, and a server's that shuts down
}

// unsent says whether an error shows that the server did not see a statement.
func unsent(err error) bool {
	connect := (*pgconn.ConnectError)(nil)
	return pgconn.SafeToRetry(err) || errors.As(err, &connect)
}
