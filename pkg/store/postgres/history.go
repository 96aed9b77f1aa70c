package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/entitlectl/entitlectl/pkg/store"
)

// chaining and linking make, around a condition, the one statement that adds a record: the first moves the head, whose row keeps
// others out until it is done, and the second adds what it moved to. The digest is that of store.Digest.
const (
	chaining = `, moved as (update head set number = number + 1, prev = digest,
  digest = 'sha256:' || encode(sha256(convert_to(digest || $1, 'UTF8')), 'hex')`
	linking = ` returning number, prev, digest)
insert into history (number, prev, record, digest) select number, prev, $1::json, digest from moved`
	recording = `with nothing as (select 1)` + chaining + linking
)

// errNoHead says that nothing can be added, and that it can't be told what is missing.
var errNoHead = errors.New("the table head has no row: bring it back from a backup, or insert number, prev and digest of the newest record into it")

// Record is one statement, after the details where there are any: then it is the last one of a transaction.
func (s *Store) Record(ctx context.Context, r store.Record, rows store.Rows) error {
	if err := s.record(ctx, r, rows); err != nil {
		return fmt.Errorf("record in the history: %w", err)
	}
	return nil
}

func (s *Store) record(ctx context.Context, r store.Record, rows store.Rows) error {
	r.Details = nil
	if rows != nil {
		return s.recordWith(ctx, r, rows)
	}
	record, err := json.Marshal(r)
	if err != nil {
		return err
	}
	return s.tell(ctx, func(ctx context.Context, q querier) error {
		return added(q.Exec(ctx, recording, string(record)))
	})
}

// added is whether recording added a record.
func added(tag pgconn.CommandTag, err error) error {
	if err == nil && tag.RowsAffected() == 0 {
		return errNoHead
	}
	return err
}

// link is a row of the history.
type link struct {
	number       int64
	prev, digest string
	text         []byte
}

// pageSize is how many records are in memory at a time.
const pageSize = 200

// links yields the rows that were there when it began.
func (s *Store) links(ctx context.Context) iter.Seq2[link, error] {
	return func(yield func(link, error) bool) {
		var last int64
		err := s.ask(ctx, func(ctx context.Context, q querier) error {
			return q.QueryRow(ctx, "select coalesce(max(number), 0) from history").Scan(&last)
		})
		after := int64(0)
		for err == nil && after < last {
			var page []link
			err = s.ask(ctx, func(ctx context.Context, q querier) error {
				rows, err := q.Query(ctx, "select number, prev, digest, record from history where number > $1 and number <= $2 order by number limit $3", after, last, pageSize)
				if err != nil {
					return err
				}
				page, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (l link, err error) {
					return l, row.Scan(&l.number, &l.prev, &l.digest, &l.text)
				})
				return err
			})
			if err == nil && len(page) == 0 {
				return
			}
			for _, l := range page {
				if after = l.number; !yield(l, nil) {
					return
				}
			}
		}
		if err != nil {
			yield(link{}, fmt.Errorf("read the history: %w", err))
		}
	}
}

// read returns the record of a row, if the row is as it was made.
func (l link) read() (r store.Record, err error) {
	if store.Digest(l.prev, l.text) != l.digest || json.Unmarshal(l.text, &r) != nil {
		return store.Record{}, fmt.Errorf("history, record %d: it was altered or damaged", l.number)
	}
	return r, nil
}

// Records reads pages of rows.
func (s *Store) Records(ctx context.Context) iter.Seq2[store.Record, error] {
	return func(yield func(store.Record, error) bool) {
		for l, err := range s.links(ctx) {
			var r store.Record
			if err == nil {
				r, err = l.read()
			}
			if !yield(r, err) {
				return
			}
		}
	}
}

// Continue lets the head name the digest first. Verify does not miss its record, since the head counts none.
func (s *Store) Continue(ctx context.Context, prev string, r store.Record, rows store.Rows) error {
	err := s.tell(ctx, func(ctx context.Context, q querier) error {
		tag, err := q.Exec(ctx, "update head set digest = $1 where number = 0", prev)
		if err == nil && tag.RowsAffected() == 0 {
			err = errors.New("there is one already")
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("begin the history after %s: %w", prev, err)
	}
	return s.Record(ctx, r, rows)
}

// Verify checks each record, that it follows the one before, and that the one which the head names is there. Where the history
// was pruned while it was read, it is read again.
func (s *Store) Verify(ctx context.Context) (store.Chain, error) {
	const tries = 10
	for try := 1; ; try++ {
		before, err := s.ends(ctx)
		if err != nil {
			return store.Chain{}, fmt.Errorf("read the history: %w", err)
		}
		chain, wrong := s.verify(ctx, before)
		if wrong == nil || try == tries {
			return chain, wrong
		}
		if now, err := s.ends(ctx); err != nil || now.first == before.first {
			return chain, wrong
		}
	}
}

// ends are where the history begins, and the head, of one moment.
type ends struct {
	first, number int64 // first: 0 where it has no record
	head          string
}

func (s *Store) ends(ctx context.Context) (e ends, err error) {
	err = s.ask(ctx, func(ctx context.Context, q querier) error {
		return q.QueryRow(ctx, "select (select coalesce(min(number), 0) from history), number, digest from head").Scan(&e.first, &e.number, &e.head)
	})
	if errors.Is(err, pgx.ErrNoRows) {
		err = errNoHead
	}
	return e, err
}

func (s *Store) verify(ctx context.Context, e ends) (store.Chain, error) {
	var c store.Checker
	for l, err := range s.links(ctx) {
		var r store.Record
		if err == nil {
			r, err = l.read()
		}
		if err == nil && !c.Add(l.prev, l.digest, r) {
			err = fmt.Errorf("history, record %d: it does not follow the one before it: what was between them was taken out or altered", l.number)
		}
		if err != nil {
			return c.Chain, err
		}
	}
	if err := c.End(); err != nil {
		return c.Chain, fmt.Errorf("history: %w", err)
	}
	if e.number > 0 && !c.Contains(e.head) {
		return c.Chain, fmt.Errorf("history: the table head notes a record %s that is not there: records were taken off the end, or the table was emptied or replaced", e.head)
	}
	return c.Chain, nil
}
