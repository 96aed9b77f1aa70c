package file

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"iter"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/entitlectl/entitlectl/pkg/store"
	"github.com/entitlectl/entitlectl/pkg/store/storetest"
)

var ana = store.Owner{Run: "run-1", User: "ana", Host: "runner", PID: 7, Since: time.Date(2026, 11, 5, 12, 0, 0, 0, time.UTC)}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func read(t testing.TB, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	must(t, err)
	return data
}

// with returns a store in a new folder with one file.
func with(t testing.TB, name string, data []byte) *Store {
	t.Helper()
	folder := storetest.Folder(t)
	must(t, os.WriteFile(filepath.Join(folder, name), data, 0o600))
	return unsynced(folder)
}

// unsynced opens the folder without waiting for the disk, for tests that do not ask what is on it.
func unsynced(folder string) *Store {
	s := Open(folder)
	s.sync = func(*os.File) error { return nil }
	return s
}

// setAsideOf returns the pieces of a file that were set aside.
func setAsideOf(t testing.TB, path string) (pieces []string) {
	t.Helper()
	lines, torn := split(read(t, path+".damaged"))
	if len(torn) > 0 {
		t.Errorf("torn: %q", torn)
	}
	for _, line := range lines {
		var b piece
		must(t, json.Unmarshal(line, &b))
		if b.Reason == "" || b.At.IsZero() {
			t.Errorf("set aside without time or reason: %s", line)
		}
		pieces = append(pieces, string(b.Bytes))
	}
	return pieces
}

// altered yields the data with each byte in turn replaced by another, and its place.
func altered(data []byte) iter.Seq2[int, []byte] {
	return func(yield func(int, []byte) bool) {
		for i, b := range data {
			bad := slices.Clone(data)
			bad[i] = []byte{b ^ 1, b ^ 0x80, '\n', '"'}[i%4]
			if bad[i] != b && !skipped(len(data)-1-i) && !yield(i, bad) {
				return
			}
		}
	}
}

// skipped says which bytes a short test leaves out.
func skipped(i int) bool { return testing.Short() && i%5 > 0 }

// lineOf is the number of the line in which the byte is.
func lineOf(data []byte, i int) int { return 1 + bytes.Count(data[:i], []byte("\n")) }

// everything is all that a store can do.
func everything(ctx context.Context, s *Store) map[string]func() error {
	return map[string]func() error{
		"get":     func() error { s.Get("a"); return nil },
		"put":     func() error { return s.Put("a", "1") },
		"acquire": func() error { _, err := s.Acquire(ctx, "x", ana); return err },
		"append": func() error {
			l, err := s.Acquire(ctx, "x", ana)
			if err != nil {
				return err
			}
			return l.Append(ctx, store.Entry{Run: "late", Call: 1, State: store.Begun})
		},
		"holders": func() error { _, err := s.Holders(ctx); return err },
		"break":   func() error { return s.Break(ctx, "x", ana, "why") },
		"doubts":  func() error { _, err := s.Doubts(ctx, "x"); return err },
		"reserve": func() error { _, err := s.Reserve(ctx, "k", time.Second); return err },
		"delay":   func() error { return s.Delay(ctx, "k", time.Second) },
		"record":  func() error { return s.Record(ctx, store.Record{Kind: store.RunStarted}, nil) },
		"detail":  func() error { return s.Record(ctx, store.Record{Kind: store.RunStarted}, rowsOf(detailed...)) },
		"prune":   func() error { _, err := s.Prune(ctx, time.Now(), ana, "old"); return err },
		"details": func() error { return readAll(ctx, s, detailsOf(detailed...)) },
		"verify":  func() error { _, err := s.Verify(ctx); return err },
	}
}

// detailed are the rows that everything records.
var detailed = []string{`{"a":1}`, `{"b":"ü"}`}

func rowsOf(rows ...string) store.Rows {
	return func(yield func(json.RawMessage, error) bool) {
		for _, row := range rows {
			if !yield(json.RawMessage(row), nil) {
				return
			}
		}
	}
}

// A plan writes nothing.
func TestLookingMakesNoFolder(t *testing.T) {
	s := Open(filepath.Join(storetest.Folder(t), "state"))
	for _, name := range []string{"get", "holders", "doubts", "reserve", "delay", "verify"} {
		if err := everything(t.Context(), s)[name](); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := os.Stat(s.folder); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder is there (error %v)", err)
	}
	if d := s.Damaged(); len(d) > 0 {
		t.Errorf("damaged %q", d)
	}
}

func TestFilesAreTheirOwnersOnly(t *testing.T) {
	s := Open(filepath.Join(storetest.Folder(t), "state"))
	must(t, s.makeFolder())
	for _, name := range []string{kvName, historyName, "journal-x.jsonl"} {
		must(t, os.WriteFile(s.path(name), []byte("garbage\ntorn"), 0o600))
	}
	do := everything(t.Context(), s)
	for _, name := range []string{"put", "record", "reserve", "acquire"} {
		must(t, do[name]())
	}
	if info, err := os.Stat(s.folder); err != nil || info.Mode() != os.ModeDir|0o700 {
		t.Errorf("the folder has mode %v (error %v)", info.Mode(), err)
	}
	files, err := os.ReadDir(s.folder)
	must(t, err)
	var names []string
	for _, file := range files {
		names = append(names, file.Name())
		if info, err := file.Info(); err != nil || info.Mode() != 0o600 {
			t.Errorf("%s has mode %v (error %v)", file.Name(), info.Mode(), err)
		}
	}
	want := []string{".gitignore", limiterName, limiterName + ".by", headName, historyName, historyName + ".by", historyName + ".damaged", "journal-x.jsonl",
		"journal-x.jsonl.damaged", "lock-x.json", "locks", "locks.by", kvName, kvName + ".by", kvName + ".damaged"}
	if !slices.Equal(names, want) {
		t.Errorf("files %q, want %q", names, want)
	}
}

// Where a folder is in the place of a file, or a file in that of the folder, the error says which. A rate is not worth an
// error.
func TestFilesThatAreFolders(t *testing.T) {
	names := map[string]string{"put": kvName, "acquire": "journal-x.jsonl", "doubts": "journal-x.jsonl", "record": historyName,
		"verify": historyName, "holders": "locks", "break": "locks", "get": "", "reserve": "", "delay": ""}
	for _, action := range slices.Sorted(maps.Keys(names)) {
		t.Run(action, func(t *testing.T) {
			folder := storetest.Folder(t)
			for _, name := range []string{kvName, "journal-x.jsonl", historyName, limiterName} {
				must(t, os.Mkdir(filepath.Join(folder, name), 0o700))
			}
			if names[action] == "locks" {
				must(t, os.Mkdir(filepath.Join(folder, "locks"), 0o700))
				must(t, os.Mkdir(filepath.Join(folder, "lock-x.json"), 0o700))
			}
			noFolder := filepath.Join(folder, "a file")
			must(t, os.WriteFile(noFolder, nil, 0o600))
			for _, s := range []*Store{Open(folder), Open(noFolder)} {
				err := everything(t.Context(), s)[action]()
				switch {
				case names[action] == "":
					if err != nil || len(s.Damaged()) != 1 || !strings.Contains(s.Damaged()[0], s.folder) {
						t.Errorf("error %v, damaged %q", err, s.Damaged())
					}
				case err == nil || !strings.Contains(err.Error(), s.folder):
					t.Errorf("error %v does not name %s", err, s.folder)
				}
			}
		})
	}
}
