package file

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func reserve(t testing.TB, s *Store, every time.Duration) time.Duration {
	t.Helper()
	wait, err := s.Reserve(t.Context(), "k", every)
	must(t, err)
	return wait
}

// However many processes reserve turns, each gets its own, none is left out, and a delay puts all of them off.
func TestTurnsAreShared(t *testing.T) {
	folder := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		const every, processes, each = 100 * time.Millisecond, 5, 20
		begin := time.Now()
		var mu sync.Mutex
		var at []time.Duration
		var wg sync.WaitGroup
		for range processes {
			s := Open(folder)
			wg.Go(func() {
				for range each {
					wait, err := s.Reserve(t.Context(), "k", every)
					if err != nil {
						t.Error(err)
					}
					time.Sleep(wait)
					mu.Lock()
					at = append(at, time.Since(begin))
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		slices.Sort(at)
		for i, d := range at {
			if want := time.Duration(i) * every; d != want {
				t.Fatalf("turn %d is at %v, want %v", i, d, want)
			}
		}
		time.Sleep(every)
		must(t, Open(folder).Delay(t.Context(), "k", time.Minute))
		for i := range 3 {
			if got, want := reserve(t, Open(folder), every), time.Minute+time.Duration(i)*every; got != want {
				t.Errorf("wait %v, want %v", got, want)
			}
		}
		time.Sleep(time.Hour)
		if got := reserve(t, Open(folder), every); got != 0 {
			t.Errorf("wait %v after an idle hour", got)
		}
	})
}

// Before there is a folder turns are the process's own; afterwards they still count, and other processes see the new ones.
func TestTurnsWithoutAFolder(t *testing.T) {
	parent := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s := Open(filepath.Join(parent, "state"))
		for i := range 3 {
			if got, want := reserve(t, s, time.Second), time.Duration(i)*time.Second; got != want {
				t.Errorf("wait %v, want %v", got, want)
			}
		}
		if _, err := os.Stat(s.folder); !os.IsNotExist(err) {
			t.Fatalf("the folder is there (error %v)", err)
		}
		put(t, s, "a", "1")
		if got := reserve(t, s, time.Second); got != 3*time.Second {
			t.Errorf("wait %v", got)
		}
		if got := reserve(t, Open(s.folder), time.Second); got != 4*time.Second {
			t.Errorf("wait %v in another process", got)
		}
	})
}

func TestTurnsThatCantBe(t *testing.T) {
	const hour = time.Hour
	for name, test := range map[string]struct{ at, next, want time.Duration }{
		"as it was":              {at: 0, next: 10 * time.Second, want: 10 * time.Second},
		"the clock was put back": {at: 5 * hour, next: 5*hour + 10*time.Second, want: 10 * time.Second},
		"absurdly far":           {at: 0, next: 48 * hour, want: 0},
	} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			synctest.Test(t, func(t *testing.T) {
				now := time.Now()
				data, err := json.Marshal(turnsFile{now.Add(test.at), map[string]time.Time{"k": now.Add(test.next)}})
				must(t, err)
				must(t, os.WriteFile(filepath.Join(folder, limiterName), seal(data), 0o600))
				if got := reserve(t, Open(folder), time.Second); got != test.want {
					t.Errorf("wait %v, want %v", got, test.want)
				}
				if got := reserve(t, Open(folder), time.Second); got != test.want+time.Second {
					t.Errorf("then wait %v, want %v", got, test.want+time.Second)
				}
			})
		})
	}
}

// Damaged turns start anew, and are never taken for others.
func TestTurnsThatWereDamaged(t *testing.T) {
	folder := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(folder, limiterName)
		reserve(t, Open(folder), time.Second)
		data := read(t, path)
		check := func(what string, i int, bad []byte) {
			must(t, os.WriteFile(path, bad, 0o600))
			s := Open(folder)
			if wait := reserve(t, s, time.Second); wait != 0 {
				t.Fatalf("%s at %d: wait %v", what, i, wait)
			}
			if d := s.Damaged(); len(bad) > 0 && (len(d) != 1 || !strings.HasSuffix(d[0], "budget.json: the rates are damaged and start anew")) {
				t.Fatalf("%s at %d: damaged %q", what, i, d)
			}
			if d := Open(folder); reserve(t, d, time.Second) != time.Second || len(d.Damaged()) > 0 {
				t.Fatalf("%s at %d: still damaged", what, i)
			}
		}
		for i := range data {
			check("cut", i, data[:i])
		}
		for i, bad := range altered(data) {
			check("altered", i, bad)
		}
	})
}
