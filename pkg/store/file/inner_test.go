package file

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/entitlectl/entitlectl/pkg/store"
	"github.com/entitlectl/entitlectl/pkg/store/storetest"
)

// keep holds an inner lock for the rest of the test, as a process does that was stopped while it had it.
func keep(t *testing.T, s *Store, name string) {
	t.Helper()
	must(t, s.makeFolder())
	in, err := Open(s.folder).locked(t.Context(), s.path(name), os.O_RDWR|os.O_CREATE, exclusive)
	must(t, err)
	t.Cleanup(func() { _ = in.Close() }) // only to give it back
}

// waiters are the actions that need an inner lock.
var waiters = map[string][]string{
	guardName:   {"acquire", "holders"},
	historyName: {"record", "verify"},
	kvName:      {"put"},
}

// Whoever waits in vain for one of the folder's own locks is told who has it and since when.
func TestWaitsAreBoundedAndNameTheHolder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		host, err := os.Hostname()
		must(t, err)
		for name, actions := range waiters {
			for _, action := range actions {
				s := Open(storetest.Folder(t))
				keep(t, s, name)
				err := everything(t.Context(), s)[action]()
				since := time.Now().UTC().Format("2006-01-02T")
				want := fmt.Sprintf("pid %d on %s since %s", os.Getpid(), host, since)
				if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), s.path(name)) {
					t.Errorf("%s: error %v, want %s and %s", action, err, s.path(name), want)
				}
				held := (*store.HeldError)(nil)
				if got := errors.As(err, &held); got != (action == "acquire") {
					t.Errorf("%s: error %#v: that it is held by another: %v", action, err, got)
				}
			}
		}
	})
}

// A context ends the wait.
func TestWaitsEndWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for name, action := range map[string]string{guardName: "acquire", historyName: "verify", limiterName: "reserve"} {
			s := Open(storetest.Folder(t))
			keep(t, s, name)
			s.patience = time.Hour
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
			if err := everything(ctx, s)[action](); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%s: error %v", action, err)
			}
			cancel()
		}
	})
}

// Rates are waited for once: each request asks for a turn.
func TestTurnsOfAStuckFileAreWaitedForOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := Open(storetest.Folder(t))
		keep(t, s, limiterName)
		s.patience = 30 * time.Millisecond
		for i := range 20 {
			if wait := reserve(t, s, time.Hour); wait < time.Duration(i)*time.Hour-time.Minute {
				t.Errorf("turn %d is in %v", i, wait)
			}
			s.patience = time.Hour
		}
		if d := s.Damaged(); len(d) != 1 || !strings.Contains(d[0], "rates are not shared with other processes: ") || !strings.Contains(d[0], limiterName) {
			t.Errorf("damaged %q", d)
		}
	})
}

// Nobody is named who does not hold the lock.
func TestWhoeverIsDoneIsNotNamed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := Open(storetest.Folder(t))
		must(t, s.Record(t.Context(), store.Record{Kind: store.RunStarted}, nil))
		if by := s.signed(s.path(historyName)); by != (store.Owner{}) {
			t.Errorf("named %v", by)
		}
		in, err := s.locked(t.Context(), s.path(historyName), os.O_RDONLY, shared)
		must(t, err)
		defer in.Close()
		s.patience = time.Millisecond
		if err := s.Record(t.Context(), store.Record{}, nil); err == nil || !strings.Contains(err.Error(), "is held by somebody unknown") {
			t.Errorf("error %v", err)
		}
	})
}

// A lock is broken whoever holds whichever of the folder's own locks, and all goes on.
func TestALockIsBrokenWhateverIsStuck(t *testing.T) {
	for _, name := range []string{guardName, historyName, kvName, limiterName} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := Open(storetest.Folder(t))
				put(t, s, "a", "1")
				must(t, s.Record(t.Context(), store.Record{Kind: store.RunStarted}, nil))
				l := acquire(t, s)
				must(t, l.Append(t.Context(), store.Entry{Run: "r", Call: 1, State: store.Begun}))
				keep(t, s, name)
				s.patience = 20 * time.Millisecond
				must(t, s.Break(t.Context(), "x", ana, "it hangs"))
				s.patience = patience
				for _, action := range []string{"acquire", "holders", "record", "put", "reserve", "verify"} {
					must(t, everything(t.Context(), s)[action]())
				}
				if got, _ := s.Get("a"); got != "1" {
					t.Errorf("a is %q", got)
				}
				if d := doubts(t, s); len(d) != 1 || d[0].Run != "r" {
					t.Errorf("in doubt %+v", d)
				}
				if d := s.Damaged(); len(d) > 0 {
					t.Errorf("damaged %q", d)
				}
			})
		})
	}
}

// The same where nobody has the lock of a connection, because whoever was about to take one stopped before. It is recorded.
func TestTheFoldersLockIsBrokenThoughNobodyHoldsAConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := Open(storetest.Folder(t))
		keep(t, s, guardName)
		s.patience = 20 * time.Millisecond
		must(t, s.Break(t.Context(), "x", ana, "it hangs"))
		all, _ := history(t, s)
		if want := fmt.Sprintf("taken from pid %d on ", os.Getpid()); len(all) != 1 || !strings.Contains(all[0].Outcome, want) {
			t.Errorf("recorded %+v", all)
		}
		acquire(t, s)
	})
}

// Wherever a process is stopped, breaking the lock works, and when it wakes up it undoes nothing of what was done meanwhile:
// what it says that it did is there, and so is what the others did.
func TestAProcessThatIsStoppedAnywhere(t *testing.T) {
	for _, action := range []string{"put", "record", "detail", "append"} {
		t.Run(action, func(t *testing.T) {
			for n := 1; ; n++ {
				folder := wounded(t)
				p := start(t, folder, doing+"="+action, fmt.Sprint(stopsAt, "=", n))
				if !p.out.Scan() {
					t.Fatal("the process says nothing")
				}
				if p.out.Text() != "stopped" {
					if n < 3 {
						t.Fatalf("only %d writes and syncs", n-1)
					}
					return
				}
				meanwhile(t, folder, func() {
					p.resume(t)
					if !p.out.Scan() {
						t.Fatal("the process does not go on")
					}
					said := p.out.Text()
					if action == "append" && !strings.Contains(said, store.ErrLost.Error()) && !strings.Contains(said, errSeized.Error()) && !strings.Contains(said, "another apply holds") {
						t.Errorf("stopped at %d: says %q", n, said)
					}
					if action != "append" && said != "<nil>" {
						t.Errorf("stopped at %d: says %q", n, said)
					}
				})
				s := unsynced(folder)
				if got, _ := s.Get("a"); action == "put" && got != "1" {
					t.Errorf("stopped at %d: a is %q", n, got)
				}
				all, _ := history(t, s)
				if !slices.ContainsFunc(all, func(r store.Record) bool { return r.Kind == store.RunStarted && r.Calls == 0 }) && (action == "record" || action == "detail") {
					t.Errorf("stopped at %d: it is not recorded", n)
				}
			}
		})
	}
}

// meanwhile breaks the lock, does what the next run does, and looks whether it is still there after somebody woke up.
func meanwhile(t *testing.T, folder string, wake func()) {
	t.Helper()
	s := unsynced(folder)
	s.patience = 20 * time.Millisecond // real: another process holds what is waited for
	must(t, s.Break(t.Context(), "x", ana, "it hangs"))
	s.patience = patience
	l := acquire(t, s)
	kept := store.Entry{Run: "heir", Call: 1, State: store.Begun}
	must(t, l.Append(t.Context(), kept))
	must(t, s.Put("heir", "kept"))
	must(t, s.Record(t.Context(), store.Record{Kind: store.RunStarted, Calls: 77}, nil))
	_, removed, err := s.Rotate(t.Context())
	if must(t, err); removed > 0 {
		t.Error("details of a living process were removed")
	}
	wake()
	kept.Call = 2
	must(t, l.Append(t.Context(), kept))
	var runs []string
	for _, d := range doubts(t, s) {
		runs = append(runs, d.Run)
	}
	if runs = slices.DeleteFunc(runs, func(run string) bool { return run == "late" }); !slices.Equal(runs, []string{"r", lostRun, "heir", "heir"}) {
		t.Errorf("in doubt %q", runs)
	}
	next := unsynced(folder)
	if got, _ := next.Get("heir"); got != "kept" {
		t.Errorf("what was kept meanwhile is %q", got)
	}
	if all, _ := history(t, next); !slices.ContainsFunc(all, func(r store.Record) bool { return r.Calls == 77 }) {
		t.Errorf("what was recorded meanwhile is gone: %+v", all)
	}
	if _, err := next.Verify(t.Context()); err != nil {
		t.Error(err)
	}
	must(t, store.CheckDetails(t.Context(), next))
}

func (p *process) resume(t *testing.T) {
	t.Helper()
	_, err := fmt.Fprintln(p.in)
	must(t, err)
}
