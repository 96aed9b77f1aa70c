package file

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/entitlectl/entitlectl/pkg/store"
	"github.com/entitlectl/entitlectl/pkg/store/storetest"
)

// A copy of the test is another process. These variables tell it in which folder to work, what to do there, which is to hold
// the lock by default, and at which write to die, or to stop until it is sent a line.
const (
	inFolder = "ENTITLECTL_TEST_FOLDER"
	doing    = "ENTITLECTL_TEST_ACTION"
	killedAt = "ENTITLECTL_TEST_KILLED_AT"
	stopsAt  = "ENTITLECTL_TEST_STOPS_AT"
)

// killed is the exit code of a process that died where it was told to.
const killed = 9

func TestMain(m *testing.M) {
	switch folder, action := os.Getenv(inFolder), os.Getenv(doing); {
	case folder == "":
		os.Exit(m.Run())
	case action == "":
		holdLock(folder)
	case os.Getenv(stopsAt) != "":
		fmt.Println(everything(context.Background(), stopping(Open(folder)))[action]())
	default:
		n, err := strconv.Atoi(os.Getenv(killedAt))
		fault := &failing{n: n, kill: true}
		if err = errors.Join(err, everything(context.Background(), fault.in(Open(folder)))[action]()); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
	}
}

// holdLock takes the lock and appends an entry for each line that it is sent, and prints the outcome each time.
func holdLock(folder string) {
	me := ana
	me.PID = os.Getpid()
	l, err := Open(folder).Acquire(context.Background(), "x", me)
	fmt.Println(err)
	for lines := bufio.NewScanner(os.Stdin); err == nil && lines.Scan(); {
		err := l.Append(context.Background(), store.Entry{Run: lines.Text(), Call: 1, State: store.Begun})
		fmt.Println(err == nil, errors.Is(err, store.ErrLost))
	}
}

// stopping lets the n-th write or sync of a store wait for a line.
func stopping(s *Store) *Store {
	n, _ := strconv.Atoi(os.Getenv(stopsAt)) // 0 is never
	calls := 0
	stop := func() {
		if calls++; calls == n {
			fmt.Println("stopped")
			bufio.NewScanner(os.Stdin).Scan()
		}
	}
	write, sync := s.write, s.sync
	s.write = func(f *os.File, data []byte) (int, error) { stop(); return write(f, data) }
	s.sync = func(f *os.File) error { stop(); return sync(f) }
	return s
}

// process is another process that holds the lock.
type process struct {
	*exec.Cmd
	in  io.Writer
	out *bufio.Scanner
}

func start(t *testing.T, folder string, env ...string) *process {
	t.Helper()
	p := &process{Cmd: exec.Command(os.Args[0])}
	p.Env = append(append(os.Environ(), inFolder+"="+folder), env...)
	in, err := p.StdinPipe()
	must(t, err)
	out, err := p.StdoutPipe()
	must(t, err)
	p.in, p.out = in, bufio.NewScanner(out)
	must(t, p.Start())
	t.Cleanup(func() { p.end(t) })
	return p
}

func (p *process) says(t *testing.T, want string) {
	t.Helper()
	if !p.out.Scan() || p.out.Text() != want {
		t.Fatalf("the process says %q, want %q (error %v)", p.out.Text(), want, p.out.Err())
	}
}

func (p *process) append(t *testing.T, run, want string) {
	t.Helper()
	_, err := fmt.Fprintln(p.in, run)
	must(t, err)
	p.says(t, want)
}

func (p *process) end(t *testing.T) {
	t.Helper()
	if p.ProcessState == nil {
		must(t, p.Process.Kill())
		_ = p.Wait() // says that it was killed
	}
}

func TestAProcessThatIsKilled(t *testing.T) {
	s := Open(storetest.Folder(t))
	p := start(t, s.folder)
	p.says(t, "<nil>")
	p.append(t, "first", "true false")
	them := ana
	them.PID = p.Process.Pid
	held := (*store.HeldError)(nil)
	if _, err := s.Acquire(t.Context(), "x", ana); !errors.As(err, &held) || held.Owner != them {
		t.Fatalf("error %v", err)
	}
	start(t, s.folder).says(t, held.Error())

	p.end(t)
	holders, err := s.Holders(t.Context())
	if diff := cmp.Diff([]store.Holder{{Scope: "x", Owner: them, Dead: true}}, holders); diff != "" || err != nil {
		t.Errorf("holders (-want +got):\n%s\nerror %v", diff, err)
	}
	if diff := cmp.Diff(&them, acquire(t, s).Former()); diff != "" {
		t.Errorf("former (-want +got):\n%s", diff)
	}
	if d := doubts(t, s); len(d) != 1 || d[0].Run != "first" {
		t.Errorf("in doubt %+v", d)
	}
	start(t, s.folder).says(t, "another apply holds x: "+ana.String())
}
