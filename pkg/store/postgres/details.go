package postgres

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"

	"github.com/jackc/pgx/v5"

	"github.com/entitlectl/entitlectl/pkg/store"
)

// recordWith sends the rows, then the record that names them, in one transaction. Nobody waits for it but at its end, when all
// that is left is one message. Rows come once, so it is not tried again.
func (s *Store) recordWith(ctx context.Context, r store.Record, rows store.Rows) (err error) {
	pool, err := s.ready(ctx)
	if err != nil {
		return err
	}
	c, err := pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer c.Release()
	tx, err := c.Begin(ctx)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil { // else it has ended, which tx does not know: the commit was a message like others
			_ = tx.Rollback(context.WithoutCancel(ctx))
		}
	}()
	d, err := upload(ctx, tx, rows)
	if err != nil {
		return err
	}
	r.Details = &d
	record, err := json.Marshal(r)
	if err != nil {
		return err
	}
	last := &pgx.Batch{}
	last.Queue(recording, string(record))
	last.Queue("commit")
	results := tx.SendBatch(ctx, last)
	return cmp.Or(added(results.Exec()), results.Close())
}

// upload keeps rows under the digest of all of them. What is there already is not kept twice.
func upload(ctx context.Context, tx pgx.Tx, rows store.Rows) (d store.Details, err error) {
	part, err := tx.Begin(ctx)
	if err != nil {
		return d, err
	}
	var name [16]byte
	if err := part.QueryRow(ctx, "select gen_random_uuid()").Scan(&name); err != nil {
		return d, err
	}
	next, stop := iter.Pull2(iter.Seq2[json.RawMessage, error](rows))
	defer stop()
	source := &summed{next: next, sum: store.NewSummer(), name: name}
	if _, err := part.CopyFrom(ctx, pgx.Identifier{"detail"}, []string{"upload", "n", "text"}, source); err != nil {
		return d, errors.Join(source.err, err)
	}
	d = source.sum.Details()
	tag, err := part.Exec(ctx, "insert into details (digest, upload, rows, bytes) values ($1, $2, $3, $4) on conflict (digest) do nothing", d.Digest, name, d.Rows, d.Bytes)
	if err != nil {
		return d, err
	}
	if tag.RowsAffected() == 0 {
		return d, part.Rollback(ctx)
	}
	return d, part.Commit(ctx)
}

// summed are rows on their way.
type summed struct {
	next func() (json.RawMessage, error, bool)
	sum  *store.Summer
	name [16]byte
	row  json.RawMessage
	n    int64
	err  error
}

func (r *summed) Next() bool {
	row, err, more := r.next()
	if !more {
		return false
	}
	if err == nil {
		err = r.sum.Add(row)
	}
	r.row, r.err = row, err
	r.n++
	return err == nil
}

func (r *summed) Values() ([]any, error) { return []any{r.name, r.n, string(r.row)}, nil }
func (r *summed) Err() error             { return r.err }

// rowsAtATime is how many rows of details are in memory at a time.
const rowsAtATime = 2000

// Details reads pages of rows.
func (s *Store) Details(ctx context.Context, d store.Details) store.Rows {
	return func(yield func(json.RawMessage, error) bool) {
		if err := s.readDetails(ctx, d, yield); err != nil {
			yield(nil, fmt.Errorf("details %s: %w", d.Digest, err))
		}
	}
}

var errAltered = errors.New("the rows were altered, damaged or replaced: they are not what the record of the run was made with")

func (s *Store) readDetails(ctx context.Context, d store.Details, yield func(json.RawMessage, error) bool) error {
	var name [16]byte
	err := s.ask(ctx, func(ctx context.Context, q querier) error {
		return q.QueryRow(ctx, "select upload from details where digest = $1", d.Digest).Scan(&name)
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return errors.New("they are missing: they were removed, or not copied with the history")
	}
	if err != nil {
		return err
	}
	sum := store.NewSummer()
	for n := int64(0); ; n += rowsAtATime {
		page, err := s.detailPage(ctx, name, n)
		if err != nil {
			return err
		}
		for _, text := range page {
			row := json.RawMessage(text)
			if sum.Add(row) != nil || sum.Details().Rows > d.Rows {
				return errAltered
			}
			if !yield(row, nil) {
				return nil
			}
		}
		if len(page) == 0 {
			break
		}
	}
	if sum.Details() != d {
		return errAltered
	}
	return nil
}

func (s *Store) detailPage(ctx context.Context, name [16]byte, after int64) (page []string, err error) {
	err = s.ask(ctx, func(ctx context.Context, q querier) error {
		rows, err := q.Query(ctx, "select text from detail where upload = $1 and n > $2 and n <= $3 order by n", name, after, after+rowsAtATime)
		if err != nil {
			return err
		}
		page, err = pgx.CollectRows(rows, pgx.RowTo[string])
		return err
	})
	return page, err
}
