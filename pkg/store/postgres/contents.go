package postgres

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/entitlectl/entitlectl/pkg/store"
)

var _ store.Contents = (*Store)(nil)

// All reads the table of key-values.
func (s *Store) All(ctx context.Context) (all map[string]string, err error) {
	err = s.ask(ctx, func(ctx context.Context, q querier) error {
		all = map[string]string{}
		rows, err := q.Query(ctx, "select key, value from kv")
		if err != nil {
			return err
		}
		var key, value string
		_, err = pgx.ForEachRow(rows, []any{&key, &value}, func() error {
			all[unescape.Replace(key)] = unescape.Replace(value)
			return nil
		})
		return err
	})
	return all, err
}

// Scopes are those of the table.
func (s *Store) Scopes(ctx context.Context) (scopes []string, err error) {
	err = s.ask(ctx, func(ctx context.Context, q querier) error {
		rows, err := q.Query(ctx, "select scope from scope")
		if err != nil {
			return err
		}
		scopes, err = pgx.CollectRows(rows, pgx.RowTo[string])
		return err
	})
	for i := range scopes {
		scopes[i] = unescape.Replace(scopes[i])
	}
	slices.Sort(scopes)
	return scopes, err
}

// Describe asks the server for the sizes of our tables, and says what makes it less durable than it should be.
func (s *Store) Describe(ctx context.Context) (d store.Description, err error) {
	d = store.Description{Place: s.Place(), Version: Version, Rows: map[string]int64{}}
	err = s.ask(ctx, func(ctx context.Context, q querier) error {
		var fsync, server string
		err := q.QueryRow(ctx, `select current_schema(), current_setting('fsync'),
  current_setting('server_version') || coalesce((select case when ssl then ', reached by ' || version when inet_client_addr() is not null then ', reached without TLS' end
    from pg_stat_ssl where pid = pg_backend_pid()), ''),
  (select system_identifier from pg_control_system()) || '/' || (select oid from pg_database where datname = current_database()) || '/' || current_schema(),
  (select coalesce(sum(pg_total_relation_size(oid)), 0) from pg_class where relnamespace = quote_ident(current_schema())::regnamespace and relkind = 'r')::bigint`).Scan(&d.Schema, &fsync, &server, &d.Identity, &d.Bytes)
		if err != nil {
			return err
		}
		d.Notes = []string{"PostgreSQL " + server}
		if fsync == "off" {
			d.Notes = append(d.Notes, "WARNING: the server does not sync to disk (fsync is off): a crash of its machine loses what runs relied on")
		}
		for _, table := range []string{"kv", "scope", "journal", "history", "details", "detail"} {
			n := int64(0)
			if err := q.QueryRow(ctx, fmt.Sprintf("select count(*) from %s", table)).Scan(&n); err != nil {
				return err
			}
			d.Rows[table] = n
		}
		return nil
	})
	return d, err
}
