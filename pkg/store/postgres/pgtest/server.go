//go:build unix

package pgtest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// Server is a PostgreSQL.
type Server struct {
	url    string // "": it is our own, in folder
	folder string
	keep   io.WriteCloser // its programs end when this is closed, as the system does when we die
	cmd    *exec.Cmd
}

var errNone = errors.New("no PostgreSQL is installed (Debian: apt-get install postgresql), and " + Variable + " names none")

// shared is the server that all tests of a process use.
var shared = sync.OnceValues(func() (*Server, error) {
	given := os.Getenv(Variable)
	if given == "" {
		return start()
	}
	// That it can be reached shows here. And what looks names up is made here: were it made in a bubble of synctest, nobody
	// else could use it.
	c, err := pgx.Connect(context.Background(), given)
	if err != nil {
		return nil, err
	}
	return &Server{url: given}, c.Close(context.Background())
})

// Shared is the server of all tests of this process. It syncs nothing to disk.
func Shared(t testing.TB) *Server {
	t.Helper()
	s, err := shared()
	orSkip(t, err)
	return s
}

// Own is a server for one test, which may stop it.
func Own(t testing.TB) *Server {
	t.Helper()
	s, err := start()
	orSkip(t, err)
	t.Cleanup(func() { s.end("") })
	return s
}

func orSkip(t testing.TB, err error) {
	t.Helper()
	if errors.Is(err, errNone) {
		t.Skipf("SKIPPED, NOTHING WAS TESTED: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// programs is the folder of the newest PostgreSQL.
func programs() (string, error) {
	if path, err := exec.LookPath("initdb"); err == nil {
		if real, err := filepath.EvalSymlinks(path); err == nil {
			return filepath.Dir(real), nil
		}
	}
	var best string
	newest := -1
	for _, pattern := range []string{"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql@*/bin", "/usr/local/opt/postgresql@*/bin"} {
		found, _ := filepath.Glob(pattern) // the patterns are fine
		for _, folder := range found {
			version, _ := strconv.Atoi(strings.Trim(filepath.Base(filepath.Dir(folder)), "abcdefghijklmnopqrstuvwxyz@-"))
			if _, err := os.Stat(filepath.Join(folder, "initdb")); err == nil && version > newest {
				best, newest = folder, version
			}
		}
	}
	if best == "" {
		return "", errNone
	}
	return best, nil
}

// other is who runs the server: initdb refuses root.
func other() (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err := strconv.ParseUint(u.Uid, 10, 32)
		gid, gidErr := strconv.ParseUint(u.Gid, 10, 32)
		if err == nil && gidErr == nil {
			return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
		}
	}
	return nil, errors.New("this runs as root, and there is no user postgres or nobody to run the server as")
}

func start() (*Server, error) {
	bin, err := programs()
	if err != nil {
		return nil, err
	}
	who, err := other()
	if err != nil {
		return nil, err
	}
	folder, err := makeFolder(who)
	if err != nil {
		return nil, err
	}
	initdb := exec.Command(filepath.Join(bin, "initdb"), "-D", filepath.Join(folder, "data"), "-U", "tester", "-A", "trust", "-E", "UTF8",
		"--locale=C", "--no-sync", "--no-instructions")
	initdb.Dir, initdb.SysProcAttr = folder, &syscall.SysProcAttr{Credential: who}
	if out, err := initdb.CombinedOutput(); err != nil {
		return nil, errors.Join(fmt.Errorf("initdb: %w: %s", err, out), os.RemoveAll(folder))
	}
	s := &Server{folder: folder}
	return s, s.run(bin, who)
}

func makeFolder(who *syscall.Credential) (string, error) {
	folder, err := os.MkdirTemp("/dev/shm", "entitlectl-pg-")
	if err != nil {
		folder, err = os.MkdirTemp("", "entitlectl-pg-")
	}
	if err != nil || who == nil {
		return folder, err
	}
	return folder, os.Chown(folder, int(who.Uid), int(who.Gid))
}

// watch runs a server until a line comes, or the end: then it stops it at once, as a crash does, and after the end removes the
// folder too.
const watch = `"$1/postgres" -D "$2/data" -k "$2" -c listen_addresses= -c fsync=off -c full_page_writes=off -c max_connections=200 ` +
	`-c shared_buffers=32MB -c max_wal_size=128MB -c autovacuum=off -c log_min_messages=fatal </dev/null & server=$!
read -r line
kill -QUIT $server; wait $server
[ -n "$line" ] || rm -rf "$2"`

func (s *Server) run(bin string, who *syscall.Credential) error {
	s.cmd = exec.Command("/bin/sh", "-c", watch, "sh", bin, s.folder)
	s.cmd.Dir, s.cmd.SysProcAttr = s.folder, &syscall.SysProcAttr{Credential: who, Setpgid: true} // a signal to the tests is none to it
	var err error
	if s.keep, err = s.cmd.StdinPipe(); err != nil {
		return err
	}
	if err := s.cmd.Start(); err != nil {
		return err
	}
	for until := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		c, err := pgx.Connect(context.Background(), s.URL(""))
		if err == nil {
			return c.Close(context.Background())
		}
		if time.Now().After(until) {
			s.end("")
			return fmt.Errorf("the server does not come up: %w", err)
		}
	}
}

// end stops the programs at once. Unless a word says to keep it, the folder is removed.
func (s *Server) end(word string) {
	if word != "" {
		_, _ = io.WriteString(s.keep, word+"\n")
	}
	_ = s.keep.Close()
	_ = s.cmd.Wait() // says how the server ended
}

// Crash stops the server at once, as the loss of its machine does. What was committed is kept.
func (s *Server) Crash(t testing.TB) {
	t.Helper()
	if s.url != "" {
		t.Skip("SKIPPED: the server that " + Variable + " names is not ours to stop")
	}
	s.end("keep")
}

// Start starts a server that crashed.
func (s *Server) Start(t testing.TB) {
	t.Helper()
	bin, err := programs()
	if err != nil {
		t.Fatal(err)
	}
	who, err := other()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.run(bin, who); err != nil {
		t.Fatal(err)
	}
}

// URL is the server's, with a schema of that name for the tables; "" for none in particular.
func (s *Server) URL(schema string) string {
	text := s.url
	if text == "" {
		text = "postgres://tester@/postgres?host=" + url.QueryEscape(s.folder)
	}
	if schema == "" {
		return text
	}
	u, err := url.Parse(text)
	if err != nil {
		return text
	}
	settings := u.Query()
	settings.Set("search_path", schema)
	u.RawQuery = settings.Encode()
	return u.String()
}

// As makes a role of that name, with rights as create role takes them, and returns the URL of the server for it.
func (s *Server) As(t testing.TB, role, rights string) string {
	t.Helper()
	s.Exec(t, fmt.Sprintf("create role %s login password 'tester' %s", role, rights))
	t.Cleanup(func() {
		if s.url != "" {
			s.Exec(t, fmt.Sprintf("drop owned by %[1]s cascade; drop role %[1]s", role))
		}
	})
	u, err := url.Parse(s.URL(""))
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.UserPassword(role, "tester")
	return u.String()
}

var schemas atomic.Int64

// Schema names a schema for one test, which is dropped after it.
func (s *Server) Schema(t testing.TB) string {
	t.Helper()
	name := fmt.Sprintf("test_%d_%d", os.Getpid(), schemas.Add(1))
	t.Cleanup(func() {
		if s.url != "" { // one of our own ends soon
			s.Exec(t, "drop schema if exists "+name+" cascade")
		}
	})
	return name
}

// Exec runs statements that have no arguments and no result.
func (s *Server) Exec(t testing.TB, sql string) {
	t.Helper()
	ctx := context.Background() // that of a test has ended when its cleanups run
	c, err := pgx.Connect(ctx, s.URL(""))
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Exec(ctx, sql, pgx.QueryExecModeSimpleProtocol)
	if err = errors.Join(err, c.Close(ctx)); err != nil {
		t.Fatal(err)
	}
}
