package file

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/entitlectl/entitlectl/pkg/engine"
)

// What is kept lasts when the call returns: each write is synced, and so is the folder that a name is new in. Who holds a lock
// need not last, since no process outlives its machine.
func TestWhatIsKeptIsSynced(t *testing.T) {
	parent := t.TempDir()
	var did []string
	e := Open(filepath.Join(parent, "state"))
	e.write = func(f *os.File, data []byte) (int, error) {
		did = append(did, "write "+filepath.Base(f.Name()))
		return f.Write(data)
	}
	e.sync = func(f *os.File) error {
		did = append(did, "sync "+strings.Replace(filepath.Base(f.Name()), filepath.Base(parent), "parent", 1))
		return f.Sync()
	}
	do := everything(t.Context(), e)
	var l engine.Lease
	for i, step := range []struct {
		do   func() error
		want string
	}{
		{do["keep"], "sync parent, write memory.jsonl, sync memory.jsonl, sync state"},
		{do["keep"], "write memory.jsonl, sync memory.jsonl"},
		{do["record"], "write history.jsonl, sync history.jsonl, sync state"},
		{do["record"], "write history.jsonl, sync history.jsonl"},
		{func() (err error) { l, err = e.Acquire(t.Context(), "x", ana); return err },
			"write journal-x.jsonl.new, sync journal-x.jsonl.new, sync state, write lock-x.json"},
		{func() error { return l.Append(t.Context(), engine.Entry{Run: "r", State: engine.Begun}) },
			"write journal-x.jsonl, sync journal-x.jsonl, sync state"}, // an empty log may be new
		{do["break"], "write history.jsonl, sync history.jsonl"},
		{do["take"], "write budget.json"},
	} {
		did = nil
		must(t, step.do())
		if got := strings.Join(did, ", "); got != step.want {
			t.Errorf("step %d: %s\nwant %s", i, got, step.want)
		}
	}
}

// failing lets the n-th write or sync of an engine fail, or end the process; a write leaves half of what it should have written.
type failing struct {
	n, calls int
	kill     bool
}

func (f *failing) in(e *Engine) *Engine {
	e.write = func(file *os.File, data []byte) (int, error) {
		if f.calls++; f.calls != f.n {
			return file.Write(data)
		}
		n, _ := file.Write(data[:len(data)/2])
		return n, f.fail("write", file, syscall.ENOSPC)
	}
	e.sync = func(file *os.File) error {
		if f.calls++; f.calls != f.n {
			return file.Sync()
		}
		return f.fail("sync", file, syscall.EIO)
	}
	return e
}

func (f *failing) fail(op string, file *os.File, err error) error {
	if f.kill {
		os.Exit(killed)
	}
	return &os.PathError{Op: op, Path: file.Name(), Err: err}
}

// actions are those that write.
var actions = []string{"keep", "record", "acquire", "break"}

// wounded returns a folder in which each log has something whole, something damaged or cut off, and the lock a dead owner.
func wounded(t *testing.T) string {
	t.Helper()
	e := with(t, factsName, []byte("garbage\n"))
	keep(t, e, "b", "0")
	keep(t, e, "a", "0")
	must(t, e.Record(t.Context(), engine.Record{Kind: engine.RunStarted, Calls: 1}))
	for _, name := range []string{factsName, historyName} {
		must(t, os.WriteFile(e.path(name), append(read(t, e.path(name)), "torn"...), 0o600))
	}
	l := acquire(t, e)
	must(t, l.Append(t.Context(), engine.Entry{Run: "r", Call: 1, State: engine.Begun}))
	_, err := l.journal.WriteString("garbage\n")
	must(t, err)
	crash(t, l)
	return e.folder
}

// survives fails if anything that was kept in a wounded folder is lost, or the next process can't go on.
func survives(t *testing.T, folder string, n int) {
	t.Helper()
	next := unsynced(folder)
	for key, may := range map[string]string{"a": "01", "b": "0"} {
		if got, ok := next.Recall(key); !ok || !strings.Contains(may, got) {
			t.Errorf("failing at %d: %s is %q, want one of %q", n, key, got, may)
		}
	}
	if d := doubts(t, next); len(d) != 2 || d[0].Run != "r" || d[1].State != engine.Lost {
		t.Errorf("failing at %d: in doubt %+v", n, d)
	}
	if all, _ := history(t, next); len(all) == 0 || all[0].Calls != 1 {
		t.Errorf("failing at %d: history %+v", n, all)
	}
	for _, action := range []string{"keep", "record", "acquire"} {
		must(t, everything(t.Context(), next)[action]())
	}
	if _, err := next.Verify(t.Context()); err != nil {
		t.Errorf("failing at %d: %v", n, err)
	}
}

// Whichever write or sync fails, whoever asked is told where, nothing that was kept before is lost, and the next process goes on.
func TestADiskThatFails(t *testing.T) {
	for _, action := range actions {
		t.Run(action, func(t *testing.T) {
			for n := 1; ; n++ {
				e, fault := Open(wounded(t)), &failing{n: n}
				err := everything(t.Context(), fault.in(e))[action]()
				if fault.calls < n {
					must(t, err)
					if n < 3 {
						t.Fatalf("only %d writes and syncs", fault.calls)
					}
					return
				}
				if err == nil || !strings.Contains(err.Error(), e.folder) {
					t.Errorf("failing at %d: error %v", n, err)
				}
				survives(t, e.folder, n)
			}
		})
	}
}

// The same holds for a process that is killed in the middle of any write.
func TestAProcessThatIsKilledAnywhere(t *testing.T) {
	for _, action := range actions {
		t.Run(action, func(t *testing.T) {
			for n := 1; ; n++ {
				folder := wounded(t)
				p := exec.Command(os.Args[0])
				p.Env = append(os.Environ(), inFolder+"="+folder, doing+"="+action, killedAt+"="+strconv.Itoa(n))
				out, err := p.CombinedOutput()
				if err == nil {
					if n < 3 {
						t.Fatalf("only %d writes and syncs", n-1)
					}
					return
				}
				if p.ProcessState.ExitCode() != killed {
					t.Fatalf("%v: %s", err, out)
				}
				survives(t, folder, n)
			}
		})
	}
}

// The engine fails before the vendor is asked: an entry that may not last is an error, and so is each after it.
func TestALeaseEndsWithItsDisk(t *testing.T) {
	for n := range 2 { // the write, the sync
		e := Open(t.TempDir())
		l := acquire(t, e)
		kept := engine.Entry{Run: "r", Call: 1, State: engine.Begun}
		must(t, l.Append(t.Context(), kept))
		fault := &failing{n: n + 1}
		fault.in(e)
		first := l.Append(t.Context(), engine.Entry{Run: "r", Call: 2, State: engine.Begun})
		if first == nil || errors.Is(first, engine.ErrLost) ||
			!strings.Contains(first.Error(), "journal-x.jsonl") || !strings.Contains(first.Error(), "nothing more is taken") {
			t.Errorf("failing at %d: error %v", n, first)
		}
		calls := fault.calls
		again := l.Append(t.Context(), engine.Entry{Run: "r", Call: 3, State: engine.Begun})
		if !errors.Is(again, first) || fault.calls != calls {
			t.Errorf("failing at %d: error %v after %v, %d calls", n, again, first, fault.calls-calls)
		}
		must(t, l.Release())
		acquire(t, e)
		if got := doubts(t, e); len(got) != 1 || got[0].Call != 1 {
			t.Errorf("failing at %d: in doubt %+v", n, got)
		}
	}
}

// A lock that is broken between the look before the write and the one after it fails the entry too.
func TestALockBrokenMeanwhile(t *testing.T) {
	e := Open(t.TempDir())
	l := acquire(t, e)
	sync := e.sync
	e.sync = func(f *os.File) error {
		e.sync = sync
		must(t, Open(e.folder).Break(t.Context(), "x", ana, "meanwhile"))
		return sync(f)
	}
	if err := l.Append(t.Context(), engine.Entry{Run: "r", Call: 1, State: engine.Begun}); !errors.Is(err, engine.ErrLost) {
		t.Errorf("error %v", err)
	}
}

// A history that can't be written keeps the lock.
func TestNoLockIsBrokenUnrecorded(t *testing.T) {
	e := Open(t.TempDir())
	l := acquire(t, e)
	(&failing{n: 1}).in(e)
	if err := e.Break(t.Context(), "x", ana, "why"); err == nil {
		t.Error("no error")
	}
	must(t, l.Append(t.Context()))
}
