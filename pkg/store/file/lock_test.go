package file

import (
	"errors"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/entitlectl/entitlectl/pkg/store"
	"github.com/entitlectl/entitlectl/pkg/store/storetest"
)

func acquire(t testing.TB, s *Store) *lease {
	t.Helper()
	l, err := s.Acquire(t.Context(), "x", ana)
	must(t, err)
	t.Cleanup(func() { runtime.KeepAlive(l) }) // its files are closed when it is collected
	return l.(*lease)
}

func TestADamagedLockCanBeTaken(t *testing.T) {
	s := with(t, "lock-x.json", []byte("garbage"))
	must(t, os.WriteFile(s.path("locks"), nil, 0o600))
	want := []store.Holder{{Scope: "x", Dead: true}}
	if got, err := s.Holders(t.Context()); err != nil || !slices.Equal(got, want) {
		t.Errorf("holders %v, error %v", got, err)
	}
	l := acquire(t, s)
	if f := l.Former(); f == nil || *f != (store.Owner{}) {
		t.Errorf("former %v", f)
	}
	if d := s.Damaged(); len(d) != 1 || !strings.Contains(d[0], "lock-x.json: whom the lock names can't be read") {
		t.Errorf("damaged %q", d)
	}
	must(t, os.WriteFile(l.path, []byte("garbage"), 0o600))
	held := (*store.HeldError)(nil)
	if _, err := s.Acquire(t.Context(), "x", ana); !errors.As(err, &held) || held.Error() != "another apply holds x: somebody unknown" {
		t.Errorf("error %v", err)
	}
}

// A crash after the file was made and before its owner was written leaves an empty one, which is nobody's.
func TestAnEmptyLockIsNobodys(t *testing.T) {
	s := with(t, "lock-x.json", nil)
	must(t, os.WriteFile(s.path("locks"), nil, 0o600))
	if got, err := s.Holders(t.Context()); err != nil || len(got) > 0 {
		t.Errorf("holders %v, error %v", got, err)
	}
	if f := acquire(t, s).Former(); f != nil {
		t.Errorf("former %v", f)
	}
}

// Other files in the folder are left alone.
func TestOtherFilesAreNoLocks(t *testing.T) {
	s := Open(storetest.Folder(t))
	acquire(t, s)
	for _, name := range []string{"lock-%zz.json", "lock-y.json.new", "lock-y"} {
		must(t, os.WriteFile(s.path(name), []byte(`{"run":"r"}`), 0o600))
	}
	holders, err := s.Holders(t.Context())
	if err != nil || len(holders) != 1 || holders[0].Scope != "x" {
		t.Errorf("holders %v, error %v", holders, err)
	}
}

// A connection's name may be longer than the name of a file can be.
func TestLongScopes(t *testing.T) {
	s := Open(storetest.Folder(t))
	scopes := []string{strings.Repeat("工", 127) + "一", strings.Repeat("工", 127) + "二"}
	for _, scope := range scopes {
		l, err := s.Acquire(t.Context(), scope, ana)
		must(t, err)
		defer l.Release()
		must(t, l.Append(t.Context(), store.Entry{Run: "r", Call: 1, State: store.Begun, Detail: scope}))
	}
	holders, err := s.Holders(t.Context())
	if err != nil || len(holders) != 2 || holders[0].Scope != scopes[0] || holders[1].Scope != scopes[1] || holders[0].Owner != ana {
		t.Errorf("holders %v, error %v", holders, err)
	}
	for _, scope := range scopes {
		if doubts, err := s.Doubts(t.Context(), scope); err != nil || len(doubts) != 1 || doubts[0].Detail != scope {
			t.Errorf("in doubt %v, error %v", doubts, err)
		}
		must(t, s.Break(t.Context(), scope, ana, "test"))
	}
}
