package file

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/entitlectl/entitlectl/pkg/store/storetest"
)

// Damaged lines are reported, and set aside when a value is next put.
func TestDamagedValuesAreSetAsideOnce(t *testing.T) {
	s := with(t, kvName, []byte("garb\xffage\n"))
	must(t, os.WriteFile(s.path(kvName), append(read(t, s.path(kvName)), "torn"...), 0o600))
	s.Get("a")
	if d := s.Damaged(); len(d) != 1 || !strings.HasSuffix(d[0], "memory.jsonl:1: the line is damaged and was passed over") {
		t.Errorf("damaged %q", d)
	}
	put(t, s, "a", "1")
	if got, want := setAsideOf(t, s.path(kvName)), []string{"garb\xffage", "torn"}; !slices.Equal(got, want) {
		t.Errorf("set aside %q, want %q", got, want)
	}
	next := Open(s.folder)
	put(t, next, "b", "2")
	for key, want := range map[string]string{"a": "1", "b": "2"} {
		if got, _ := next.Get(key); got != want {
			t.Errorf("%s is %q, want %q", key, got, want)
		}
	}
	if d := next.Damaged(); len(d) > 0 {
		t.Errorf("still damaged: %q", d)
	}
	if got := setAsideOf(t, s.path(kvName)); len(got) != 2 {
		t.Errorf("set aside again: %q", got)
	}
}

func TestValuesAreCompacted(t *testing.T) {
	s := Open(storetest.Folder(t))
	other := Open(s.folder)
	value := strings.Repeat("x", 100_000)
	put(t, s, "b", "stays")
	var largest int64
	for i := range 40 {
		put(t, s, "a", fmt.Sprint(value, i))
		if got, _ := other.Get("a"); got != fmt.Sprint(value, i) {
			t.Fatalf("%d: another process gets ...%s", i, got[max(0, len(got)-2):])
		}
		info, err := os.Stat(s.path(kvName))
		must(t, err)
		largest = max(largest, info.Size())
	}
	if got, _ := other.Get("b"); got != "stays" {
		t.Errorf("b is %q", got)
	}
	if largest < compactFrom || largest > compactFrom+200_000 {
		t.Errorf("the log grew to %d", largest)
	}
	for i := range 20 { // all of them count
		put(t, s, fmt.Sprint("c", i), value)
	}
	info, err := os.Stat(s.path(kvName))
	must(t, err)
	inode := info
	put(t, s, "b", "still")
	if info, err = os.Stat(s.path(kvName)); err != nil || !os.SameFile(info, inode) {
		t.Errorf("a log without outdated lines was compacted (error %v)", err)
	}
}

// A log that took the place of another is read even if it has the size and the inode of the former.
func TestALogInTheSamePlace(t *testing.T) {
	s := Open(storetest.Folder(t))
	put(t, s, "a", "1")
	s.Get("a")
	line, err := json.Marshal(newKVLine("a", "2"))
	must(t, err)
	for len(line) < len(read(t, s.path(kvName)))-1 {
		line = append(line, ' ')
	}
	must(t, os.WriteFile(s.path(kvName), append(line, '\n'), 0o600))
	must(t, os.Chtimes(s.path(kvName), ana.Since, ana.Since))
	if got, _ := s.Get("a"); got != "2" {
		t.Errorf("a is %q", got)
	}
	put(t, unsynced(s.folder), "a", "3")
	must(t, os.Chtimes(s.path(kvName), ana.Since, ana.Since)) // as on a disk whose clock is coarse
	if got, _ := s.Get("a"); got != "3" {
		t.Errorf("a is %q", got)
	}
}

func put(t *testing.T, s *Store, key, value string) {
	t.Helper()
	if err := s.Put(key, value); err != nil {
		t.Fatal(err)
	}
}

// Whatever byte is lost or altered, no wrong value comes back, and what is put afterwards is there.
func TestDamageIsPassedOver(t *testing.T) {
	folder := t.TempDir()
	s := Open(folder)
	put(t, s, "a", "1")
	put(t, s, "b", "2")
	path := filepath.Join(folder, kvName)
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
			s := Open(folder)
			for key, want := range map[string]string{"a": "1", "b": "2"} {
				if got, ok := s.Get(key); ok && got != want {
					t.Fatalf("%s at %d: %s is %q, want %q or nothing", what, i, key, got, want)
				}
			}
			put(t, s, "c", "3")
			if got, _ := Open(folder).Get("c"); got != "3" {
				t.Fatalf("%s at %d: what was put afterwards is %q", what, i, got)
			}
		}
	}
}

// What others put while the log is compacted is not lost.
func TestCompactionAmongWriters(t *testing.T) {
	folder := t.TempDir()
	const writers, each = 4, 30
	large := strings.Repeat("x", 100_000)
	var wg sync.WaitGroup
	for i := range writers {
		s := unsynced(folder)
		wg.Go(func() {
			for k := range each {
				if err := errors.Join(s.Put("large", large), s.Put(fmt.Sprint(i, " ", k), "1")); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	s := Open(folder)
	for i := range writers {
		for k := range each {
			if got, _ := s.Get(fmt.Sprint(i, " ", k)); got != "1" {
				t.Errorf("%d %d is %q", i, k, got)
			}
		}
	}
	if d := s.Damaged(); len(d) > 0 {
		t.Errorf("damaged %q", d)
	}
}
