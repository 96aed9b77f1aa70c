package postgres

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/jackc/pgx/v5"
)

// Get finds nothing where the server can't be asked.
func (s *Store) Get(key string) (value string, ok bool) {
	err := s.ask(context.Background(), func(ctx context.Context, q querier) error {
		return q.QueryRow(ctx, "select value from kv where id = $1", id(key)).Scan(&value)
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return "", false
	}
	if err != nil {
		s.note(fmt.Sprintf("values could not be read: %v", err))
		return "", false
	}
	return unescape.Replace(value), true
}

// Put is PutAll of one.
func (s *Store) Put(key, value string) error { return s.PutAll(map[string]string{key: value}) }

// PutAll is one statement. Keys are in one order, so that no two wait for each other.
func (s *Store) PutAll(values map[string]string) error {
	if len(values) == 0 {
		return nil
	}
	var ids [][]byte
	var keys, texts []string
	for _, key := range slices.Sorted(maps.Keys(values)) {
		name, err := stored(key)
		if err != nil {
			return fmt.Errorf("keep values: %w", err)
		}
		text, err := stored(values[key])
		if err != nil {
			return fmt.Errorf("keep values: the value of %q is not text in UTF-8", key)
		}
		ids, keys, texts = append(ids, id(key)), append(keys, name), append(texts, text)
	}
	err := s.tell(context.Background(), func(ctx context.Context, q querier) error {
		_, err := q.Exec(ctx, `insert into kv (id, key, value) select * from unnest($1::bytea[], $2::text[], $3::text[]) as v(id, key, value) order by v.id
on conflict (id) do update set value = excluded.value, at = clock_timestamp()`, ids, keys, texts)
		return err
	})
	if err != nil {
		return fmt.Errorf("keep values: %w", err)
	}
	return nil
}
