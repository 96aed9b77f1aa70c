package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/entitlectl/entitlectl/pkg/store"
)

var _ store.Clock = (*Store)(nil)

// Now asks the server.
func (s *Store) Now(ctx context.Context) (now time.Time, err error) {
	err = s.ask(ctx, func(ctx context.Context, q querier) error {
		return q.QueryRow(ctx, "select clock_timestamp()").Scan(&now)
	})
	return now, err
}

// day is how far ahead a turn may be.
const day = 24 * time.Hour

// base is the next turn of a row, by the server's clock, from now to a day ahead. A row that was written after now shows that the
// clock was put back: its turn is moved back as far. A turn that is further off than any is damage.
const base = `(case when t.at > clock_timestamp() then clock_timestamp() + greatest(t.next - t.at, interval '0')
  when t.next > clock_timestamp() + interval '49 hours' then clock_timestamp()
  else least(greatest(t.next, clock_timestamp()), clock_timestamp() + interval '1 day') end)`

// unsynced lets a statement return before it is on disk: what a crash forgets costs a vendor one early call.
const unsynced = `set_config('synchronous_commit', 'off', true)`

// Reserve is one statement. All times in it are the server's, taken while it has the row.
func (s *Store) Reserve(ctx context.Context, key string, every time.Duration) (time.Duration, error) {
	if every <= 0 {
		return 0, fmt.Errorf("reserve a turn of %s every %v: must be positive", key, every)
	}
	step := min(day, every)
	return s.turn(ctx, "reserve a turn of "+key, `insert into turn as t (id, key, next, at) values ($1, $2, clock_timestamp() + $3 * interval '1 microsecond', clock_timestamp())
on conflict (id) do update set next = `+base+` + $3 * interval '1 microsecond', at = clock_timestamp()
returning greatest(extract(epoch from next - $3 * interval '1 microsecond' - clock_timestamp()) * 1000000, 0)::bigint, `+unsynced, key, step)
}

// Delay is shared as turns are.
func (s *Store) Delay(ctx context.Context, key string, d time.Duration) error {
	_, err := s.turn(ctx, "delay turns of "+key, `insert into turn as t (id, key, next, at) values ($1, $2, clock_timestamp() + $3 * interval '1 microsecond', clock_timestamp())
on conflict (id) do update set next = greatest(`+base+`, clock_timestamp() + $3 * interval '1 microsecond'), at = clock_timestamp()
returning 0::bigint, `+unsynced, key, max(0, min(day, d)))
	return err
}

func (s *Store) turn(ctx context.Context, what, statement, key string, d time.Duration) (time.Duration, error) {
	name, err := stored(key)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", what, err)
	}
	var wait int64
	err = s.tell(ctx, func(ctx context.Context, q querier) error {
		up := (d + time.Microsecond - 1) / time.Microsecond // no turn is early
		return q.QueryRow(ctx, statement, id(key), name, int64(up)).Scan(&wait, nil)
	})
	if ctx.Err() != nil {
		return 0, context.Cause(ctx)
	}
	if err != nil {
		return 0, fmt.Errorf("%s: %w", what, err)
	}
	return time.Duration(wait) * time.Microsecond, nil
}
