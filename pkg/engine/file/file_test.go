package file

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
)

func keep(t *testing.T, e *Engine, key, value string) {
	t.Helper()
	if err := e.Keep(key, value); err != nil {
		t.Fatal(err)
	}
}

func TestWhatIsKeptIsRecalledByTheNextRun(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "state")
	e := Open(folder)
	if v, ok := e.Recall("a"); ok {
		t.Errorf("an empty engine recalls %q", v)
	}
	keep(t, e, "a", "1")
	keep(t, e, "b", "x\ny")
	keep(t, e, "a", "2")
	for key, want := range map[string]string{"a": "2", "b": "x\ny"} {
		if got, ok := Open(folder).Recall(key); !ok || got != want {
			t.Errorf("%s is %q, want %q", key, got, want)
		}
	}
	for path, want := range map[string]os.FileMode{folder: 0o700 | os.ModeDir, filepath.Join(folder, factsName): 0o600} {
		if info, err := os.Stat(path); err != nil || info.Mode() != want {
			t.Errorf("%s has mode %v, want %v (error %v)", path, info.Mode(), want, err)
		}
	}
}

// Whatever byte is lost or altered, no wrong value comes back, and what is kept afterwards is there.
func TestDamageIsPassedOver(t *testing.T) {
	folder := t.TempDir()
	e := Open(folder)
	keep(t, e, "a", "1")
	keep(t, e, "b", "2")
	path := filepath.Join(folder, factsName)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := range whole {
		for what, data := range map[string]string{
			"cut": string(whole[:i]), "altered": string(whole[:i]) + string(whole[i]^1) + string(whole[i+1:]),
		} {
			if err := os.WriteFile(path, []byte(data), 0o600); err != nil {
				t.Fatal(err)
			}
			e := Open(folder)
			for key, want := range map[string]string{"a": "1", "b": "2"} {
				if got, ok := e.Recall(key); ok && got != want {
					t.Fatalf("%s at %d: %s is %q, want %q or nothing", what, i, key, got, want)
				}
			}
			keep(t, e, "c", "3")
			if got, _ := Open(folder).Recall("c"); got != "3" {
				t.Fatalf("%s at %d: what was kept afterwards is %q", what, i, got)
			}
		}
	}
}

func TestDamageIsReported(t *testing.T) {
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, factsName), []byte("garbage\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	e := Open(folder)
	e.Recall("a")
	e.Recall("a")
	if d := e.Damaged(); len(d) != 1 || !strings.Contains(d[0], factsName+":1: the line is damaged") {
		t.Errorf("damaged %q", d)
	}
}

func TestSeveralAtOnce(t *testing.T) {
	folder := t.TempDir()
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			e := Open(folder) // as a process of its own would
			for k := range 20 {
				if err := e.Keep(fmt.Sprint(i, " ", k), fmt.Sprint(i*k)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	for i := range 8 {
		for k := range 20 {
			if got, _ := Open(folder).Recall(fmt.Sprint(i, " ", k)); got != fmt.Sprint(i*k) {
				t.Fatalf("%d %d is %q", i, k, got)
			}
		}
	}
}

// Whoever waits for a file that is replaced meanwhile goes on with the new one: no step of many that count in it is lost.
func TestWhoWaitsFindsTheNewFile(t *testing.T) {
	e := unsynced(t.TempDir())
	path := e.path("count")
	must(t, os.WriteFile(path, nil, 0o600))
	const counters, each = 4, 50
	var wg sync.WaitGroup
	for range counters {
		wg.Go(func() {
			for range each {
				f, err := locked(path, os.O_RDWR, syscall.LOCK_EX)
				if err != nil {
					t.Error(err)
					return
				}
				data, err := io.ReadAll(f)
				if err := errors.Join(err, e.replace(path, append(data, 'x')), f.Close()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if got := len(read(t, path)); got != counters*each {
		t.Errorf("counted %d, want %d", got, counters*each)
	}
}

func TestAFolderThatCantBeWritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a file")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Open(path).Keep("a", "1"); err == nil {
		t.Error("no error")
	}
}
