package postgres

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/entitlectl/entitlectl/pkg/store"
)

var _ store.Store = (*Store)(nil)

// Store keeps everything in one schema of a database. Its zero value can't be used; Open makes one.
type Store struct {
	config *pgxpool.Config
	path   string        // search_path of the URL, "" for none
	quiet  time.Duration // for how long the session may say nothing

	readyMu sync.Mutex
	pool    *pgxpool.Pool // nil until the first use

	lookMu  sync.Mutex
	schema  string        // "" until a connection found out
	refused *RefusedError // nil: the server may be used

	away atomic.Bool // the server was waited for in vain; it is not waited for again until it answers

	sessionMu sync.Mutex
	session   *session // nil until the first lock

	notesMu sync.Mutex
	notes   map[string]bool // the lines of Damaged
}

// patience is how long one statement may take. A server that replicates before it answers takes its time.
const patience = time.Minute

// Open makes a store of a URL without a password in it, and a password, which may be "". Nothing is connected before the first
// use; an error is about the URL, of which it shows nothing.
func Open(url, password string) (*Store, error) {
	config, err := parse(url, password)
	if err != nil {
		return nil, err
	}
	// Poolers refuse a connection that begins with such a setting. It is made when the connection is there.
	set := config.ConnConfig.RuntimeParams
	path := set["search_path"]
	delete(set, "search_path")
	return &Store{config: config, path: path, quiet: 20 * time.Second, notes: map[string]bool{}}, nil
}

// Place is where the store is, for messages: a URL without user, password and settings.
func (s *Store) Place() string { return place(s.config.ConnConfig) }

// Schema is the one of the tables, as far as the URL says.
func (s *Store) Schema() (string, error) {
	if strings.Contains(s.config.ConnConfig.RuntimeParams["options"], "search_path") {
		return "", errors.New("options names a search_path, which only the server can read; write search_path=… in the URL")
	}
	return schemaIn(s.path, "client", s.config.ConnConfig.User), nil
}

// ready returns the connections. The first one sees to it that the schema is ours and of a version that is known.
func (s *Store) ready(ctx context.Context) (*pgxpool.Pool, error) {
	s.readyMu.Lock()
	defer s.readyMu.Unlock()
	if s.pool == nil {
		config := s.config.Copy()
		config.AfterConnect = s.welcome
		pool, err := pgxpool.NewWithConfig(context.WithoutCancel(ctx), config)
		if err != nil {
			return nil, err
		}
		s.pool = pool
	}
	return s.pool, nil
}

// welcome makes a new connection fit for use, or says why the server is not.
func (s *Store) welcome(ctx context.Context, c *pgx.Conn) error {
	s.lookMu.Lock()
	defer s.lookMu.Unlock()
	if s.refused != nil {
		return s.refused
	}
	known := s.schema != ""
	if !known {
		schema, err := s.look(ctx, c)
		if refused := (*RefusedError)(nil); errors.As(err, &refused) {
			s.refused = refused
		}
		if err != nil {
			return err
		}
		s.schema = schema
	}
	if err := prepare(ctx, c, s.schema); err != nil || known {
		return err
	}
	err := migrate(ctx, c, s.schema)
	if refused := (*RefusedError)(nil); errors.As(err, &refused) {
		s.refused = refused
	}
	if err != nil {
		s.schema = ""
	}
	return err
}

// RefusedError says why a server, or what is between it and us, can't keep a store. It does not go away by itself.
type RefusedError struct{ reason string }

func (e *RefusedError) Error() string { return e.reason }

func refuse(format string, args ...any) error { return &RefusedError{fmt.Sprintf(format, args...)} }

// prepare makes a connection ours: its tables are found, what it commits is durable, statements that meet wait for each other but
// not for ever, and the server notices when we are gone.
func prepare(ctx context.Context, c *pgx.Conn, schema string) error {
	_, err := c.Exec(ctx, `select set_config('search_path', $1, false),
  set_config('synchronous_commit', case current_setting('synchronous_commit') when 'off' then 'on' else current_setting('synchronous_commit') end, false),
  (select max(set_config(name, case name
     when 'tcp_keepalives_idle' then '10' when 'tcp_keepalives_interval' then '5' when 'tcp_keepalives_count' then '3'
     when 'lock_timeout' then '20s' when 'statement_timeout' then '60s'
     when 'default_transaction_isolation' then 'read committed' else '0' end, false))
   from pg_settings where name in ('tcp_keepalives_idle', 'tcp_keepalives_interval', 'tcp_keepalives_count',
     'lock_timeout', 'statement_timeout', 'transaction_timeout', 'idle_session_timeout', 'idle_in_transaction_session_timeout',
     'default_transaction_isolation'))`,
		pgx.QueryExecModeExec, pgx.Identifier{schema}.Sanitize())
	return err
}

// Damaged says what could not be read so far.
func (s *Store) Damaged() []string {
	s.notesMu.Lock()
	defer s.notesMu.Unlock()
	return slices.Sorted(maps.Keys(s.notes))
}

func (s *Store) note(text string) {
	s.notesMu.Lock()
	defer s.notesMu.Unlock()
	s.notes[text] = true
}

// Close ends all connections, and so gives back what locks there may be.
func (s *Store) Close() error {
	s.sessionMu.Lock()
	defer s.sessionMu.Unlock()
	s.readyMu.Lock()
	defer s.readyMu.Unlock()
	if s.session != nil {
		s.session.end()
		s.session = nil
	}
	if s.pool != nil {
		s.pool.Close()
		s.pool = nil
	}
	return nil
}
