package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/entitlectl/entitlectl/pkg/store"
)

// Doubts reads the journal without the lock.
func (s *Store) Doubts(ctx context.Context, scope string) ([]store.Entry, error) {
	entries, _, err := s.entries(ctx, scope)
	if err != nil {
		return nil, fmt.Errorf("read what is in doubt at %s: %w", scope, err)
	}
	return store.InDoubt(entries), nil
}

// entries are those of a journal, and the number of the last one.
func (s *Store) entries(ctx context.Context, scope string) (entries []store.Entry, last int64, err error) {
	err = s.ask(ctx, func(ctx context.Context, q querier) error {
		entries, last = nil, 0
		rows, err := q.Query(ctx, "select seq, entry, at from journal where scope = $1 order by seq", id(scope))
		if err != nil {
			return err
		}
		defer rows.Close()
		lost := 0
		for rows.Next() {
			var text []byte
			var at time.Time
			if err := rows.Scan(&last, &text, &at); err != nil {
				return err
			}
			var entry store.Entry
			if json.Unmarshal(text, &entry) != nil { // somebody changed it
				lost++
				entry = store.Entry{Run: "lost", Call: lost, State: store.Lost, At: at.UTC(), Detail: fmt.Sprintf("journal: the row %d is damaged", last)}
				s.note(fmt.Sprintf("the row %d of the table journal is damaged; what it said is in doubt", last))
			}
			entries = append(entries, entry)
		}
		return rows.Err()
	})
	return entries, last, err
}

// tidyFrom is how many entries a journal has more than are in doubt, before those that say nothing any more are removed.
const tidyFrom = 100

// tidy replaces the journal by what is in doubt, in one statement, where it has become long.
func (l *lease) tidy(ctx context.Context) error {
	entries, last, err := l.store.entries(ctx, l.scope)
	if err != nil {
		return err
	}
	left := store.InDoubt(entries)
	if len(entries)-len(left) < tidyFrom {
		return nil
	}
	texts := make([]string, 0, len(left))
	for _, entry := range left {
		text, err := json.Marshal(entry)
		if err != nil {
			return err
		}
		texts = append(texts, string(text))
	}
	return l.store.tell(ctx, func(ctx context.Context, q querier) error {
		_, err := q.Exec(ctx, mine+`, gone as (delete from journal using mine where scope = $1 and seq <= $4)
insert into journal (scope, epoch, entry) select $1, $2, e.entry::json from mine, unnest($5::text[]) with ordinality as e(entry, n) order by e.n`,
			append(l.is(), last, texts)...)
		return err
	})
}

// doubtAll says in the journal that a part of it may be lost: the server is another one, or of another time, than when the scope
// was last written to.
func (l *lease) doubtAll(ctx context.Context) error {
	now := time.Now().UTC()
	entry, err := json.Marshal(store.Entry{Run: "lost", Call: int(l.epoch), State: store.Lost, At: now,
		Detail: "the database is another one than before, as after a failover or a restored backup: what the journal said last may be lost"})
	if err != nil {
		return err
	}
	return l.store.tell(ctx, func(ctx context.Context, q querier) error {
		_, err := q.Exec(ctx, `with mine as (update scope set rewound = false where id = $1 and epoch = $2 and session = $3 returning 1)
insert into journal (scope, epoch, entry) select $1, $2, $4::json from mine`, append(l.is(), string(entry))...)
		return err
	})
}
