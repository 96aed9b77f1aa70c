package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/entitlectl/entitlectl/pkg/store"
)

// lease is an epoch of a scope, for as long as the session lives.
type lease struct {
	store   *Store
	scope   string
	session *session
	epoch   int64
	former  *store.Owner

	mu   sync.Mutex
	over bool  // it was given back
	dead error // why it takes no more entries
}

// begin reads who had the scope, and tidies the journal. After a failure the scope is given back.
func (l *lease) begin(ctx context.Context, former []byte, rewound bool) error {
	if former != nil {
		owner := l.store.owner(former)
		l.former = &owner
	}
	var err error
	if rewound {
		err = l.doubtAll(ctx)
	}
	if err == nil {
		err = l.tidy(ctx)
	}
	if err != nil {
		return errors.Join(err, l.Release())
	}
	return nil
}

// Former is who had the scope when its session ended.
func (l *lease) Former() *store.Owner { return l.former }

// mine is a condition of a statement about a scope: it is ours, and its row stays as it is until the statement is done.
// Whoever takes the scope next waits for that, and so sees what was added.
var mine = fmt.Sprintf(`with mine as (select 1 from scope where id = $1 and epoch = $2 and session = $3 and %s for share) `, fmt.Sprintf(alive, "session"))

func (l *lease) is() []any { return []any{id(l.scope), l.epoch, l.session.number} }

// Append is one statement. It is sent once: what became of one that was not answered nobody knows.
func (l *lease) Append(ctx context.Context, entries ...store.Entry) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.dead == nil {
		l.dead = l.append(context.WithoutCancel(ctx), entries)
	}
	return l.dead
}

func (l *lease) append(ctx context.Context, entries []store.Entry) error {
	texts := make([]string, 0, len(entries))
	for _, entry := range entries {
		text, err := json.Marshal(entry)
		if err != nil {
			return fmt.Errorf("journal of %s: %w; nothing more is taken", l.scope, err)
		}
		texts = append(texts, string(text))
	}
	found := int64(0)
	err := l.store.tell(ctx, func(ctx context.Context, q querier) error {
		if len(texts) == 0 {
			return q.QueryRow(ctx, mine+"select count(*) from mine", l.is()...).Scan(&found)
		}
		tag, err := q.Exec(ctx, mine+`insert into journal (scope, epoch, entry) select $1, $2, e.entry::json
from mine, unnest($4::text[]) with ordinality as e(entry, n) order by e.n`, append(l.is(), texts)...)
		found = tag.RowsAffected()
		return err
	})
	if err != nil {
		return fmt.Errorf("journal of %s: %w; nothing more is taken: see that the database can be reached, and run again", l.scope, err)
	}
	if found == 0 {
		return l.lost(ctx)
	}
	return nil
}

// lost says how the lease was lost.
func (l *lease) lost(ctx context.Context) error {
	h, err := l.store.holder(ctx, l.scope)
	if err == nil && h != nil && h.epoch == l.epoch {
		return &endedError{l.scope}
	}
	return fmt.Errorf("the lock of %s: %w; see the history for who and why", l.scope, store.ErrLost)
}

// endedError is store.ErrLost in words of its own: nobody broke the lock.
type endedError struct{ scope string }

func (e *endedError) Error() string {
	return fmt.Sprintf("the connection to the database that held the lock of %s ended, as by a restart of the server; run again", e.scope)
}

func (e *endedError) Is(target error) bool { return target == store.ErrLost }

// Release makes the scope free, if it is still ours.
func (l *lease) Release() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.over {
		return nil
	}
	l.over = true
	lost := l.dead != nil && errors.Is(l.dead, store.ErrLost)
	if l.dead == nil {
		l.dead = fmt.Errorf("the lock of %s was given back already", l.scope)
	}
	if lost {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	err := l.store.ask(ctx, func(ctx context.Context, q querier) error {
		_, err := q.Exec(ctx, `update scope set session = null, owner = null, former = null, at = clock_timestamp()
where id = $1 and epoch = $2 and session = $3`, l.is()...)
		return err
	})
	if err != nil {
		return fmt.Errorf("give the lock of %s back: %w", l.scope, err)
	}
	return nil
}
