package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// errPooler says why a pooler that gives each transaction another connection is refused.
var errPooler = refuse("a pooler in transaction mode is in between (pgbouncer or the like): it gives one server connection to several clients " +
	"in turn, so that a lock outlives its owner or belongs to two; connect to the server itself, or to a pool in session mode")

// probes is how often it is tried to get the connection of another client.
const probes = 8

// checkPooler finds out whether two clients can get one connection of the server, whose process is the one of that number.
// Where nothing is in between, the server named that process when the connection was made.
func (s *Store) checkPooler(ctx context.Context, first *pgx.Conn, pid uint32) error {
	if pid == first.PgConn().PID() {
		return nil
	}
	var others []*pgx.Conn
	defer func() {
		for _, c := range others {
			_ = c.Close(context.WithoutCancel(ctx)) // it was only asked
		}
	}()
	for range probes {
		c, err := pgx.ConnectConfig(ctx, s.config.ConnConfig)
		if err != nil {
			if len(others) > 0 {
				return nil // no more are to be had: each client has its own
			}
			return err
		}
		others = append(others, c)
		if _, err := c.Exec(ctx, "begin", pgx.QueryExecModeSimpleProtocol); err != nil {
			return fmt.Errorf("%w (%w)", errPooler, err) // one that gives each statement another connection
		}
		other, err := backend(ctx, c)
		if err != nil {
			return err
		}
		now, err := backend(ctx, first)
		if err != nil {
			return fmt.Errorf("%w (%w)", errPooler, err)
		}
		if other == pid || now != pid {
			return errPooler
		}
	}
	return nil
}

// backend asks for the server's process, in one message: what is prepared may be gone at the next.
func backend(ctx context.Context, c *pgx.Conn) (pid uint32, err error) {
	var n int32
	err = c.QueryRow(ctx, "select pg_backend_pid()", pgx.QueryExecModeSimpleProtocol).Scan(&n)
	return uint32(n), err
}
