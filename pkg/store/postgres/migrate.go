package postgres

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Version is that of the schema which this program makes and knows.
const Version = 1

// UsualSchema is where the tables are, unless search_path names a place for them.
const UsualSchema = "entitlectl"

// look finds out whether the server is one that this store can be kept on, and in which schema: the first one of search_path,
// if the URL, the database or the role sets one that is not everybody's.
func (s *Store) look(ctx context.Context, c *pgx.Conn) (schema string, err error) {
	var path, source, user, encoding string
	var standby bool
	var pid int32
	// In one message: behind a pooler what is prepared may be gone at the next.
	err = c.QueryRow(ctx, `select setting, source, current_user::text, current_setting('server_encoding'), pg_is_in_recovery(), pg_backend_pid()
from pg_settings where name = 'search_path'`, pgx.QueryExecModeSimpleProtocol).Scan(&path, &source, &user, &encoding, &standby, &pid)
	switch {
	case err != nil:
		return "", err
	case standby:
		return "", refuse("this server is a standby, which only reads; name the primary, or all servers with target_session_attrs=read-write")
	case encoding != "UTF8":
		return "", refuse("the database holds text as %s; make one in UTF8 (createdb -E UTF8 -T template0)", encoding)
	}
	if s.path != "" {
		path, source = s.path, "client"
	}
	return schemaIn(path, source, user), s.checkPooler(ctx, c, uint32(pid))
}

func schemaIn(path, source, user string) string {
	first, _, _ := strings.Cut(path, ",")
	if first = strings.TrimSpace(first); strings.HasPrefix(first, `"`) {
		first = strings.ReplaceAll(strings.Trim(first, `"`), `""`, `"`)
	}
	if first == "$user" {
		first = user
	}
	if source == "default" || source == "configuration file" || first == "" || first == "public" {
		return UsualSchema
	}
	return first
}

// SQL is what makes the schema from a version on, 0 for nothing.
func SQL(schema string, from int) (string, error) {
	var text strings.Builder
	name := pgx.Identifier{schema}.Sanitize()
	fmt.Fprintf(&text, "create schema if not exists %s;\nset local search_path = %s;\n", name, name)
	if from == 0 {
		text.WriteString("create table migration (version int primary key, at timestamptz not null default clock_timestamp(), role text not null default current_user);\n")
	}
	for v := from + 1; v <= Version; v++ {
		sql, err := migrations.ReadFile(fmt.Sprintf("migrations/%d.sql", v))
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&text, "\n%s\ninsert into migration (version) values (%d);\n", sql, v)
	}
	return text.String(), nil
}

// migrate brings the schema to our version. One process does it at a time.
func migrate(ctx context.Context, c *pgx.Conn, schema string) (err error) {
	has, err := version(ctx, c, schema)
	if err != nil || has == Version {
		return err
	}
	// Before the transaction, which sees the catalogue as it was when it began.
	if _, err := c.Exec(ctx, "select pg_advisory_lock($1)", pgx.QueryExecModeExec, lockID("migrate", schema)); err != nil {
		return err
	}
	defer func() {
		_, unlock := c.Exec(ctx, "select pg_advisory_unlock($1)", pgx.QueryExecModeExec, lockID("migrate", schema))
		err = errors.Join(err, unlock)
	}()
	if has, err = version(ctx, c, schema); err != nil || has == Version {
		return err
	}
	return upgrade(ctx, c, schema, has)
}

func upgrade(ctx context.Context, c *pgx.Conn, schema string, has int) error {
	tx, err := c.Begin(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }() // does nothing after a commit
	sql, err := SQL(schema, has)
	if err != nil {
		return err
	}
	if exists(ctx, c, schema) { // to make one takes a right in the database, even if it is there
		_, sql, _ = strings.Cut(sql, "\n")
	}
	if _, err := tx.Exec(ctx, sql, pgx.QueryExecModeSimpleProtocol); err != nil {
		return unmade(err, schema, c.Config().User)
	}
	return tx.Commit(ctx)
}

// exists says whether there is the schema.
func exists(ctx context.Context, c *pgx.Conn, schema string) (there bool) {
	err := c.QueryRow(ctx, "select exists (select from pg_namespace where nspname = $1)", pgx.QueryExecModeExec, schema).Scan(&there)
	return err == nil && there
}

// unmade says who can make a schema that its user can't, and what to do about one that is half made.
func unmade(err error, schema, user string) error {
	failure := (*pgconn.PgError)(nil)
	if !errors.As(err, &failure) {
		return fmt.Errorf("make version %d of the schema %s: %w", Version, schema, err)
	}
	switch failure.Code {
	case "42P07", "42710": // duplicate_table, duplicate_object
		return refuse("the schema %s holds tables that this program did not make, or not to their end (%s): drop them, or name another schema with search_path", schema, failure.Message)
	case "42501", "3F000": // insufficient_privilege, invalid_schema_name: a schema that may not be used is not found
		return refuse("the role %s may not make version %d of the schema %s (%s): let the owner of the database run what `entitlectl store migrate --print` prints, and grant what docs/many-machines.md lists",
			user, Version, schema, failure.Message)
	}
	return fmt.Errorf("make version %d of the schema %s: %w", Version, schema, err)
}

// version is that of the schema, 0 where there is none. One that a later program made is an error.
func version(ctx context.Context, c *pgx.Conn, schema string) (has int, err error) {
	err = c.QueryRow(ctx, "select coalesce(max(version), 0) from migration", pgx.QueryExecModeExec).Scan(&has)
	if failure := (*pgconn.PgError)(nil); errors.As(err, &failure) {
		switch failure.Code {
		case "42P01": // undefined_table
			return 0, nil
		case "42501": // insufficient_privilege
			return 0, unmade(err, schema, c.Config().User)
		}
	}
	if has > Version {
		return 0, refuse("the schema is of version %d, which a later entitlectl made; this one knows version %d: run a later one", has, Version)
	}
	return has, err
}

// Grants is what the role of a runner needs, and no more: it adds to the history and to details, and changes neither.
func Grants(schema, role string) string {
	in, to := pgx.Identifier{schema}.Sanitize(), pgx.Identifier{role}.Sanitize()
	var text strings.Builder
	fmt.Fprintf(&text, "grant usage on schema %s to %s;\n", in, to)
	for _, g := range []struct{ rights, tables string }{
		{"select", "migration"}, {"select, insert", "history details detail"}, {"select, update", "head"},
		{"select, insert, update", "kv scope turn"}, {"select, insert, delete", "journal"},
	} {
		for _, table := range strings.Fields(g.tables) {
			fmt.Fprintf(&text, "grant %s on %s.%s to %s;\n", g.rights, in, table, to)
		}
	}
	return text.String()
}
