package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/entitlectl/entitlectl/pkg/store"
)

var _ store.Pruner = (*Store)(nil)

// Prune is the only thing that takes rows out of the history. The role of runners may not.
func (s *Store) Prune(ctx context.Context, before time.Time, by store.Owner, reason string) (removed int, err error) {
	if strings.TrimSpace(reason) == "" {
		return 0, errors.New("prune the history: no reason is given; say why, for the history")
	}
	if _, err := s.Verify(ctx); err != nil {
		return 0, fmt.Errorf("prune the history: it is not whole, and stays as it is: %w", err)
	}
	last, err := s.lastBefore(ctx, before)
	if err != nil || last.number == 0 {
		return 0, err
	}
	err = s.tell(ctx, func(ctx context.Context, q querier) error {
		tx, err := q.Begin(ctx)
		if err != nil {
			return err
		}
		defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }() // does nothing after a commit
		if removed, err = prune(ctx, tx, last, by, reason); err != nil {
			return err
		}
		return tx.Commit(ctx)
	})
	if failure := (*pgconn.PgError)(nil); errors.As(err, &failure) && failure.Code == "42501" { // insufficient_privilege
		return 0, fmt.Errorf("prune the history: the role %s may not (%s): take the role that owns the tables", s.config.ConnConfig.User, failure.Message)
	}
	if err != nil {
		return 0, fmt.Errorf("prune the history: %w", err)
	}
	return removed, nil
}

// lastBefore is the last of the records that begin the history and are from before a moment.
func (s *Store) lastBefore(ctx context.Context, before time.Time) (last link, err error) {
	for l, err := range s.links(ctx) {
		if err != nil {
			return link{}, err
		}
		r, err := l.read()
		if err != nil {
			return link{}, err
		}
		if !r.At.Before(before) {
			break
		}
		last = l
	}
	return last, ctx.Err()
}

func prune(ctx context.Context, tx pgx.Tx, last link, by store.Owner, reason string) (removed int, err error) {
	// A run that is about to name details which are there already keeps them out of this, or waits and keeps them anew.
	if _, err := tx.Exec(ctx, "lock table details in share row exclusive mode"); err != nil {
		return 0, err
	}
	var now time.Time
	if err := tx.QueryRow(ctx, "select clock_timestamp(), (select count(*) from history where number <= $1)", last.number).Scan(&now, &removed); err != nil {
		return 0, err
	}
	record, err := json.Marshal(store.Record{Kind: store.Pruned, At: now.UTC(), Who: by, Reason: reason, Outcome: last.digest, Calls: removed})
	if err != nil {
		return 0, err
	}
	if err := added(tx.Exec(ctx, recording, string(record))); err != nil {
		return 0, err
	}
	for _, step := range []struct {
		sql string
		arg any
	}{
		{"delete from history where number <= $1", last.number},
		{"delete from detail using details d where detail.upload = d.upload and d.at < $1 and not exists (select from history where record->'details'->>'digest' = d.digest)", now},
		{"delete from details d where d.at < $1 and not exists (select from detail where upload = d.upload) and not exists (select from history where record->'details'->>'digest' = d.digest)", now},
	} {
		if _, err := tx.Exec(ctx, step.sql, step.arg); err != nil {
			return 0, err
		}
	}
	return removed, nil
}
