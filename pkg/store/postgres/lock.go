package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/entitlectl/entitlectl/pkg/store"
)

// taking gives a scope to an owner, unless a living one has it. What the row said of a dead owner stays in former. rewound is
// set where the server is not the one that the row was last written on: records of that time may be lost.
var taking = fmt.Sprintf(`insert into scope as s (id, scope, epoch, session, owner, origin) values ($1, $2, 1, $3, $4, $5)
on conflict (id) do update set epoch = s.epoch + 1, session = excluded.session, owner = excluded.owner,
  former = case when s.session is null then null else s.owner end,
  rewound = s.rewound or s.origin <> excluded.origin, origin = excluded.origin, at = clock_timestamp()
where s.session is null or s.session <> excluded.session and not (%s)
returning epoch, former, rewound`, fmt.Sprintf(alive, "s.session"))

// heldBy reads who has a scope.
var heldBy = fmt.Sprintf(`select scope, owner, epoch, clock_timestamp(), session <> $1 and not (%s) from scope where session is not null`, fmt.Sprintf(alive, "session"))

// Acquire finds an owner dead whose session is gone.
func (s *Store) Acquire(ctx context.Context, scope string, by store.Owner) (store.Lease, error) {
	l, err := s.acquire(ctx, scope, by)
	if held := (*store.HeldError)(nil); errors.As(err, &held) {
		return nil, held
	}
	if err != nil {
		return nil, fmt.Errorf("lock %s: %w", scope, err)
	}
	return l, nil
}

func (s *Store) acquire(ctx context.Context, scope string, by store.Owner) (*lease, error) {
	name, err := stored(scope)
	if err != nil {
		return nil, err
	}
	owner, err := json.Marshal(by)
	if err != nil {
		return nil, err
	}
	for {
		if err := ctx.Err(); err != nil {
			return nil, context.Cause(ctx)
		}
		session, err := s.living(ctx)
		if err != nil {
			return nil, err
		}
		l := &lease{store: s, scope: scope, session: session}
		var former []byte
		var rewound bool
		err = s.tell(ctx, func(ctx context.Context, q querier) error {
			return q.QueryRow(ctx, taking, id(scope), name, session.number, string(owner), session.origin).Scan(&l.epoch, &former, &rewound)
		})
		switch {
		case errors.Is(err, pgx.ErrNoRows):
			if h, err := s.holder(ctx, scope); err != nil || h != nil && !h.Dead {
				return nil, errors.Join(err, heldError(h))
			}
			continue // it became free meanwhile
		case err != nil:
			return nil, err
		}
		return l, l.begin(ctx, former, rewound)
	}
}

func heldError(h *holder) error {
	if h == nil {
		return nil
	}
	return &store.HeldError{Holder: h.Holder}
}

// holder is a lock, and what its row says beside.
type holder struct {
	store.Holder
	epoch int64
	now   time.Time // of the server, when it was asked
}

// Holders lists the rows that name a session.
func (s *Store) Holders(ctx context.Context) ([]store.Holder, error) {
	held, err := s.holders(ctx, heldBy)
	if err != nil {
		return nil, fmt.Errorf("list locks: %w", err)
	}
	var all []store.Holder
	for _, h := range held {
		all = append(all, h.Holder)
	}
	slices.SortFunc(all, func(a, b store.Holder) int { return strings.Compare(a.Scope, b.Scope) })
	return all, nil
}

// holder is who has the lock of a scope, living or dead; nil where nobody has.
func (s *Store) holder(ctx context.Context, scope string) (*holder, error) {
	held, err := s.holders(ctx, heldBy+" and id = $2", id(scope))
	if err != nil || len(held) == 0 {
		return nil, err
	}
	return &held[0], nil
}

func (s *Store) holders(ctx context.Context, sql string, args ...any) (all []holder, err error) {
	me := int64(0) // its own lock is no obstacle to a session, and so would seem free
	s.sessionMu.Lock()
	if s.session != nil && !s.session.conn.IsClosed() {
		me = s.session.number
	}
	s.sessionMu.Unlock()
	err = s.ask(ctx, func(ctx context.Context, q querier) error {
		rows, err := q.Query(ctx, sql, append([]any{me}, args...)...)
		if err != nil {
			return err
		}
		all, err = pgx.CollectRows(rows, s.readHolder)
		return err
	})
	return all, err
}

func (s *Store) readHolder(row pgx.CollectableRow) (h holder, err error) {
	var owner []byte
	if err := row.Scan(&h.Scope, &owner, &h.epoch, &h.now, &h.Dead); err != nil {
		return h, err
	}
	h.Scope, h.Owner = unescape.Replace(h.Scope), s.owner(owner)
	return h, nil
}

// owner reads an owner; the zero one where it can't be read.
func (s *Store) owner(text []byte) (o store.Owner) {
	if err := json.Unmarshal(text, &o); err != nil {
		s.note(fmt.Sprintf("whom a lock names can't be read: %v", err))
		return store.Owner{}
	}
	return o
}

// Break takes the scope from its owner with a higher epoch. The record is made by the same statement.
func (s *Store) Break(ctx context.Context, scope string, by store.Owner, reason string) error {
	if err := s.breakLock(ctx, scope, by, reason); err != nil {
		return fmt.Errorf("break the lock of %s: %w", scope, err)
	}
	return nil
}

func (s *Store) breakLock(ctx context.Context, scope string, by store.Owner, reason string) error {
	if strings.TrimSpace(reason) == "" {
		return errors.New("no reason is given; say why, for the history")
	}
	for {
		h, err := s.holder(ctx, scope)
		if err != nil {
			return err
		}
		if h == nil {
			return errors.New("nobody holds it")
		}
		record, err := json.Marshal(store.Record{Kind: store.LockBroken, At: h.now.UTC(), Who: by, Scopes: []string{scope}, Reason: reason,
			Outcome: "taken from " + h.Owner.String()})
		if err != nil {
			return err
		}
		var recorded, heads int64
		err = s.tell(ctx, func(ctx context.Context, q querier) error {
			if err := q.QueryRow(ctx, "select count(*) from head").Scan(&heads); err != nil {
				return err
			}
			tag, err := q.Exec(ctx, freeing, string(record), id(scope), h.epoch)
			recorded = tag.RowsAffected()
			return err
		})
		if err != nil || recorded > 0 {
			return err
		}
		if heads == 0 {
			return errNoHead
		}
	}
}

// freeing is recording, where the scope is still as it was seen.
const freeing = `with freed as (update scope set session = null, owner = null, former = null, epoch = epoch + 1, at = clock_timestamp()
  where id = $2 and epoch = $3 and session is not null and exists (select from head) returning 1)` + chaining + ` where exists (select from freed)` + linking
