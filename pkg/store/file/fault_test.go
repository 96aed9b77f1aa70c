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

	"github.com/entitlectl/entitlectl/pkg/store"
	"github.com/entitlectl/entitlectl/pkg/store/storetest"
)

// All but locks and turns is on disk when a call returns: each write is synced, and so is the folder of a new file. A lock
// need not be, since no process outlives its machine.
func TestWritesAreSynced(t *testing.T) {
	parent := t.TempDir()
	var did []string
	name := func(f *os.File) string {
		name, _, isNew := strings.Cut(filepath.Base(f.Name()), newInfix)
		if isNew {
			name += ".new"
		}
		return strings.Replace(name, filepath.Base(parent), "parent", 1)
	}
	const head = ", write history.head.new, sync history.head.new, sync state"
	s := Open(filepath.Join(parent, "state"))
	s.write = func(f *os.File, data []byte) (int, error) {
		did = append(did, "write "+name(f))
		return f.Write(data)
	}
	s.sync = func(f *os.File) error {
		did = append(did, "sync "+name(f))
		return f.Sync()
	}
	do := everything(t.Context(), s)
	var l store.Lease
	for i, step := range []struct {
		do   func() error
		want string
	}{
		{do["put"], "sync parent, write memory.jsonl, sync memory.jsonl, sync state"},
		{do["put"], "write memory.jsonl, sync memory.jsonl"},
		{do["record"], "write history.jsonl, sync history.jsonl, sync state" + head},
		{do["record"], "write history.jsonl, sync history.jsonl" + head},
		{func() (err error) { l, err = s.Acquire(t.Context(), "x", ana); return err },
			"write journal-x.jsonl.new, sync journal-x.jsonl.new, sync state, write lock-x.json"},
		{func() error { return l.Append(t.Context(), store.Entry{Run: "r", State: store.Begun}) },
			"write journal-x.jsonl, sync journal-x.jsonl, sync state"}, // an empty log may be new
		{do["break"], "write history.jsonl, sync history.jsonl" + head},
		{do["detail"], "write details.new, sync details.new, sync state, sync details, write history.jsonl, sync history.jsonl" + head},
		{do["detail"], "write details.new, sync details.new, sync details, write history.jsonl, sync history.jsonl" + head},
		{do["reserve"], "write budget.json"},
	} {
		did = nil
		must(t, step.do())
		if got := strings.Join(did, ", "); got != step.want {
			t.Errorf("step %d: %s\nwant %s", i, got, step.want)
		}
	}
}

// failing lets the n-th write or sync of a store fail, or end the process. Such a write writes only half of its data.
type failing struct {
	n, calls int
	kill     bool
}

func (f *failing) in(s *Store) *Store {
	s.write = func(file *os.File, data []byte) (int, error) {
		if f.calls++; f.calls != f.n {
			return file.Write(data)
		}
		n, _ := file.Write(data[:len(data)/2])
		return n, f.fail("write", file, syscall.ENOSPC)
	}
	s.sync = func(file *os.File) error {
		if f.calls++; f.calls != f.n {
			return file.Sync()
		}
		return f.fail("sync", file, syscall.EIO)
	}
	return s
}

func (f *failing) fail(op string, file *os.File, err error) error {
	if f.kill {
		os.Exit(killed)
	}
	return &os.PathError{Op: op, Path: file.Name(), Err: err}
}

// actions are those that write.
var actions = []string{"put", "record", "detail", "acquire", "break", "prune"}

// wounded returns a folder in which each log has something whole and something damaged or cut off, and the lock a dead owner.
func wounded(t *testing.T) string {
	t.Helper()
	s := with(t, kvName, []byte("garbage\n"))
	put(t, s, "b", "0")
	put(t, s, "a", "0")
	must(t, s.Record(t.Context(), store.Record{Kind: store.RunStarted, Calls: 1}, nil))
	for _, name := range []string{kvName, historyName} {
		must(t, os.WriteFile(s.path(name), append(read(t, s.path(name)), "torn"...), 0o600))
	}
	l := acquire(t, s)
	must(t, l.Append(t.Context(), store.Entry{Run: "r", Call: 1, State: store.Begun}))
	_, err := l.journal.WriteString("garbage\n")
	must(t, err)
	crash(t, l)
	return s.folder
}

// survives fails if anything in a wounded folder is lost, or the next process can't go on.
func survives(t *testing.T, folder string, n int) {
	t.Helper()
	next := unsynced(folder)
	for key, may := range map[string]string{"a": "01", "b": "0"} {
		if got, ok := next.Get(key); !ok || !strings.Contains(may, got) {
			t.Errorf("failing at %d: %s is %q, want one of %q", n, key, got, may)
		}
	}
	if d := doubts(t, next); len(d) != 2 || d[0].Run != "r" || d[1].State != store.Lost {
		t.Errorf("failing at %d: in doubt %+v", n, d)
	}
	if all, _ := history(t, next); len(all) == 0 || all[0].Calls != 1 {
		t.Errorf("failing at %d: history %+v", n, all)
	}
	for _, action := range []string{"put", "record", "detail", "acquire"} {
		must(t, everything(t.Context(), next)[action]())
	}
	if _, err := next.Verify(t.Context()); err != nil {
		t.Errorf("failing at %d: %v", n, err)
	}
	must(t, store.CheckDetails(t.Context(), next))
	if _, _, err := next.Rotate(t.Context()); err != nil {
		t.Errorf("failing at %d: %v", n, err)
	}
	must(t, store.CheckDetails(t.Context(), next))
	left, err := os.ReadDir(next.path(detailsName))
	must(t, err)
	if temps, err := filepath.Glob(next.path(detailsTemp + "*")); err != nil || len(temps) > 0 || len(left) != 1 {
		t.Errorf("failing at %d: left behind %v and %v (error %v)", n, left, temps, err)
	}
}

// Whichever write or sync fails, the error says where, nothing written before is lost, and the next process can go on.
func TestADiskThatFails(t *testing.T) {
	for _, action := range actions {
		t.Run(action, func(t *testing.T) {
			for n := 1; ; n++ {
				s, fault := Open(wounded(t)), &failing{n: n}
				err := everything(t.Context(), fault.in(s))[action]()
				if fault.calls < n {
					must(t, err)
					if n < 3 {
						t.Fatalf("only %d writes and syncs", fault.calls)
					}
					return
				}
				if err == nil || !strings.Contains(err.Error(), s.folder) {
					t.Errorf("failing at %d: error %v", n, err)
				}
				survives(t, s.folder, n)
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

// An entry that may not be on disk is an error, so that its call is not sent, and so is every entry after it.
func TestALeaseEndsWithItsDisk(t *testing.T) {
	for n := range 2 { // the write, the sync
		s := Open(storetest.Folder(t))
		l := acquire(t, s)
		kept := store.Entry{Run: "r", Call: 1, State: store.Begun}
		must(t, l.Append(t.Context(), kept))
		fault := &failing{n: n + 1}
		fault.in(s)
		first := l.Append(t.Context(), store.Entry{Run: "r", Call: 2, State: store.Begun})
		if first == nil || errors.Is(first, store.ErrLost) ||
			!strings.Contains(first.Error(), "journal-x.jsonl") || !strings.Contains(first.Error(), "nothing more is taken") {
			t.Errorf("failing at %d: error %v", n, first)
		}
		calls := fault.calls
		again := l.Append(t.Context(), store.Entry{Run: "r", Call: 3, State: store.Begun})
		if !errors.Is(again, first) || fault.calls != calls {
			t.Errorf("failing at %d: error %v after %v, %d calls", n, again, first, fault.calls-calls)
		}
		must(t, l.Release())
		acquire(t, s)
		if got := doubts(t, s); len(got) != 1 || got[0].Call != 1 {
			t.Errorf("failing at %d: in doubt %+v", n, got)
		}
	}
}

// An entry fails too if the lock is broken after the check before it was written.
func TestALockBrokenMeanwhile(t *testing.T) {
	s := Open(storetest.Folder(t))
	l := acquire(t, s)
	sync := s.sync
	s.sync = func(f *os.File) error {
		s.sync = sync
		must(t, Open(s.folder).Break(t.Context(), "x", ana, "meanwhile"))
		return sync(f)
	}
	if err := l.Append(t.Context(), store.Entry{Run: "r", Call: 1, State: store.Begun}); !errors.Is(err, store.ErrLost) {
		t.Errorf("error %v", err)
	}
}

// A lock is not broken if the history can't be written.
func TestNoLockIsBrokenUnrecorded(t *testing.T) {
	s := Open(storetest.Folder(t))
	l := acquire(t, s)
	(&failing{n: 1}).in(s)
	if err := s.Break(t.Context(), "x", ana, "why"); err == nil {
		t.Error("no error")
	}
	must(t, l.Append(t.Context()))
}
