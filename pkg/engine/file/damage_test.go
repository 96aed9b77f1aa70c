package file

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/entitlectl/entitlectl/pkg/engine"
)

var ana = engine.Owner{Run: "run-1", User: "ana", Host: "runner", PID: 7, Since: time.Date(2026, 11, 5, 12, 0, 0, 0, time.UTC)}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func acquire(t testing.TB, e *Engine) *lease {
	t.Helper()
	l, err := e.Acquire(t.Context(), "x", ana)
	must(t, err)
	return l.(*lease)
}

func doubts(t testing.TB, e *Engine) []engine.Entry {
	t.Helper()
	d, err := e.Doubts(t.Context(), "x")
	must(t, err)
	return d
}

func read(t testing.TB, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	must(t, err)
	return data
}

// with returns an engine on a new folder that holds one file.
func with(t testing.TB, name string, data []byte) *Engine {
	t.Helper()
	folder := t.TempDir()
	must(t, os.WriteFile(filepath.Join(folder, name), data, 0o600))
	return unsynced(folder)
}

// unsynced opens the folder without waiting for the disk, which is for tests of what stands there.
func unsynced(folder string) *Engine {
	e := Open(folder)
	e.sync = func(*os.File) error { return nil }
	return e
}

// setAsideOf returns the pieces of a file that were set aside.
func setAsideOf(t testing.TB, path string) (pieces []string) {
	t.Helper()
	lines, torn := split(read(t, path+".damaged"))
	if len(torn) > 0 {
		t.Errorf("torn: %q", torn)
	}
	for _, line := range lines {
		var b broken
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

// skipped says which places a short test leaves out.
func skipped(i int) bool { return testing.Short() && i%5 > 0 }

// lineOf is the number of the line in which the byte is.
func lineOf(data []byte, i int) int { return 1 + bytes.Count(data[:i], []byte("\n")) }

// written is a journal and what is in it.
func written(t *testing.T) (data []byte, entries []engine.Entry) {
	t.Helper()
	e := Open(t.TempDir())
	l := acquire(t, e)
	for i, s := range []engine.State{engine.Begun, engine.Answered, engine.Begun, engine.Settled, engine.Begun} {
		entry := engine.Entry{Run: "r", Plan: "p", Call: 1 + i/2, State: s, At: ana.Since, Name: "add"}
		if s == engine.Begun {
			entry.Changes = json.RawMessage(`["+"]`)
		}
		must(t, l.Append(t.Context(), entry))
		entries = append(entries, entry)
	}
	must(t, l.Release())
	return read(t, e.journalPath("x")), entries
}

// A cut is what a crash leaves: what was acknowledged before it stands, the rest was never sent.
func TestAJournalThatWasCutOff(t *testing.T) {
	data, entries := written(t)
	for i := range len(data) + 1 {
		if skipped(i) {
			continue
		}
		e := with(t, "journal-x.jsonl", data[:i])
		want := inDoubt(entries[:bytes.Count(append(data[:i:i], '\n'), []byte("}}\n"))])
		for _, when := range []string{"before", "after"} {
			if diff := cmp.Diff(want, doubts(t, e), cmpopts.EquateEmpty()); diff != "" {
				t.Fatalf("cut at %d, %s the next owner (-want +got):\n%s", i, when, diff)
			}
			if when == "before" {
				l := acquire(t, e)
				must(t, l.Append(t.Context(), engine.Entry{Run: "next", Call: 1, State: engine.Begun}))
				want = append(want, engine.Entry{Run: "next", Call: 1, State: engine.Begun})
				must(t, l.Release())
			}
		}
		if d := e.Damaged(); len(d) > 0 {
			t.Errorf("cut at %d: damaged %q", i, d)
		}
	}
}

// Whatever byte is altered, no entry comes back that was not written, what is lost is in doubt until it is settled, and the
// damaged journal is set aside whole, once.
func TestAJournalThatWasAltered(t *testing.T) {
	data, entries := written(t)
	for i, bad := range altered(data) {
		e := with(t, "journal-x.jsonl", bad)
		before := doubts(t, e)
		if i == len(data)-1 { // the entry is whole but for the end of its line
			if diff := cmp.Diff(inDoubt(entries), before); diff != "" {
				t.Fatalf("altered at %d (-want +got):\n%s", i, diff)
			}
			continue
		}
		loss := before[len(before)-1]
		where := fmt.Sprintf("journal-x.jsonl:%d: ", lineOf(data, i))
		if loss.State != engine.Lost || loss.At.IsZero() || !strings.Contains(loss.Detail, where) {
			t.Fatalf("altered at %d: the loss is %+v", i, loss)
		}
		for _, d := range before[:len(before)-1] {
			d.Changes = nil
			if !slices.ContainsFunc(entries, func(e engine.Entry) bool { e.Changes = nil; return cmp.Equal(e, d) }) {
				t.Fatalf("altered at %d: %+v was never written", i, d)
			}
		}
		for _, entry := range inDoubt(entries) { // none is forgotten, unless its lines are those that are lost
			if entry.Call != entries[lineOf(data, i)-1].Call && entry.Call != entries[min(lineOf(data, i), len(entries)-1)].Call &&
				!slices.ContainsFunc(before, func(d engine.Entry) bool { return cmp.Equal(entry, d) }) {
				t.Fatalf("altered at %d: %+v is forgotten", i, entry)
			}
		}
		if files, err := os.ReadDir(e.folder); len(files) != 1 || err != nil {
			t.Fatalf("to look makes files: %v (error %v)", files, err)
		}
		l := acquire(t, e)
		if diff := cmp.Diff(before, doubts(t, e)); diff != "" {
			t.Fatalf("altered at %d: carried over (-want +got):\n%s", i, diff)
		}
		if d := e.Damaged(); len(d) != 1 || !strings.Contains(d[0], where) || !strings.Contains(d[0], "set aside in journal-x.jsonl.damaged") {
			t.Fatalf("altered at %d: damaged %q", i, d)
		}
		loss.State = engine.Settled
		must(t, l.Append(t.Context(), loss))
		must(t, l.Release())
		next := unsynced(e.folder)
		acquire(t, next)
		if diff := cmp.Diff(before[:len(before)-1], doubts(t, next), cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("altered at %d: in doubt once the loss is settled (-want +got):\n%s", i, diff)
		}
		if d := next.Damaged(); len(d) > 0 {
			t.Fatalf("altered at %d: still damaged: %q", i, d)
		}
		if got := setAsideOf(t, e.journalPath("x")); !slices.Equal(got, []string{string(bad)}) {
			t.Fatalf("altered at %d: set aside %q", i, got)
		}
	}
}

// A second loss is another call than the first.
func TestLossesAreNumbered(t *testing.T) {
	e := with(t, "journal-x.jsonl", []byte("garbage\n"))
	l := acquire(t, e)
	_, err := l.journal.WriteString("garbage\n")
	must(t, err)
	crash(t, l)
	acquire(t, e)
	var calls []int
	for _, d := range doubts(t, e) {
		calls = append(calls, d.Call)
	}
	if !slices.Equal(calls, []int{1, 2}) {
		t.Errorf("losses %v", calls)
	}
}

func FuzzJournal(f *testing.F) {
	f.Add([]byte("garbage\n" + string(seal([]byte(`{"run":"r","call":1,"state":"begun","changes":[ 1]}`))) + "\n"))
	f.Add(append(seal([]byte(`{"run":"lost","call":1,"state":"lost"}`)), 'x'))
	f.Fuzz(func(t *testing.T, data []byte) {
		entries, _ := parseJournal(data)
		open := inDoubt(entries)
		lines, err := encodeEntries(open)
		must(t, err)
		carried, bad := parseJournal(lines)
		again, err := encodeEntries(inDoubt(carried))
		must(t, err)
		if len(bad) > 0 || !bytes.Equal(lines, again) {
			t.Errorf("in doubt\n%s\ncarried over\n%s\nbad lines %v", lines, again, bad)
		}
	})
}

// recorded is a history and what is in it.
func recorded(t *testing.T) (data []byte, all []engine.Record) {
	t.Helper()
	e := Open(t.TempDir())
	for i := range 4 {
		r := engine.Record{Kind: engine.RunEnded, At: ana.Since, Who: ana, Calls: i}
		must(t, e.Record(t.Context(), r))
		all = append(all, r)
	}
	return read(t, e.path(historyName)), all
}

// readable returns the records that can be read and the errors for the others.
func history(t *testing.T, e *Engine) (all []engine.Record, bad []string) {
	t.Helper()
	for r, err := range e.Records(t.Context()) {
		if err != nil {
			bad = append(bad, err.Error())
			continue
		}
		all = append(all, r)
	}
	return all, bad
}

func TestAHistoryThatWasCutOff(t *testing.T) {
	data, all := recorded(t)
	for i := range len(data) + 1 {
		if skipped(i) {
			continue
		}
		e := with(t, historyName, data[:i])
		whole := bytes.Count(data[:i], []byte("\n"))
		torn := data[bytes.LastIndexByte(data[:i], '\n')+1 : i]
		got, bad := history(t, e)
		if diff := cmp.Diff(all[:whole], got, cmpopts.EquateEmpty()); diff != "" || len(bad) != min(1, len(torn)) {
			t.Fatalf("cut at %d (-want +got):\n%s\nbad %q", i, diff, bad)
		}
		where := fmt.Sprintf("history.jsonl:%d: the record was cut off", whole+1)
		if _, err := e.Verify(t.Context()); (err != nil) != (len(torn) > 0) || err != nil && !strings.Contains(err.Error(), where) {
			t.Fatalf("cut at %d: error %v", i, err)
		}
		must(t, e.Record(t.Context(), all[0]))
		if c, err := e.Verify(t.Context()); err != nil || c.Records != whole+1 {
			t.Fatalf("cut at %d, and the next record: %d, error %v", i, c.Records, err)
		}
		if len(torn) > 0 {
			if got := setAsideOf(t, e.path(historyName)); !slices.Equal(got, []string{string(torn)}) {
				t.Fatalf("cut at %d: set aside %q, want %q", i, got, torn)
			}
		}
	}
}

func TestAHistoryThatWasAltered(t *testing.T) {
	data, all := recorded(t)
	for i, bad := range altered(data) {
		e := with(t, historyName, bad)
		where := fmt.Sprintf("history.jsonl:%d: ", lineOf(data, i))
		for round := range 2 {
			got, errs := history(t, e)
			if len(errs) == 0 || !strings.Contains(errs[0], where) {
				t.Fatalf("altered at %d: errors %q", i, errs)
			}
			for _, r := range got {
				if !slices.ContainsFunc(all, func(a engine.Record) bool { return cmp.Equal(a, r) }) {
					t.Fatalf("altered at %d: %+v was never recorded", i, r)
				}
			}
			if len(got) < len(all)-2+round {
				t.Fatalf("altered at %d: %d records are left", i, len(got))
			}
			if _, err := e.Verify(t.Context()); err == nil || !strings.Contains(err.Error(), where) {
				t.Fatalf("altered at %d, round %d: error %v", i, round, err)
			}
			if i == len(data)-1 {
				break // a torn record, as above
			}
			must(t, e.Record(t.Context(), all[0]))
		}
		if i < len(data)-1 && !bytes.HasPrefix(read(t, e.path(historyName)), bad) {
			t.Fatalf("altered at %d: the evidence is gone", i)
		}
	}
}

func TestAHistoryThatWasTamperedWith(t *testing.T) {
	data, _ := recorded(t)
	lines, _ := split(data)
	third, _, _ := readLink(lines[2])
	forged := newLink(third.Prev, bytes.Replace(third.Record, []byte("ana"), []byte("bob"), 1)).line()
	for name, test := range map[string]struct {
		lines [][]byte
		want  string
	}{
		"altered and its digest made anew": {[][]byte{lines[0], lines[1], forged, lines[3]}, "history.jsonl:4: the record does not follow"},
		"taken out of the middle":          {[][]byte{lines[0], lines[2], lines[3]}, "history.jsonl:2: the record does not follow"},
		"taken out at the start":           {lines[1:], "history.jsonl:1: the record does not follow"},
		"doubled":                          {[][]byte{lines[0], lines[0], lines[1]}, "history.jsonl:2: the record does not follow"},
		"written another way":              {[][]byte{bytes.Replace(lines[0], []byte(`"record":`), []byte(`"record": `), 1)}, "history.jsonl:1: the record was altered"},
	} {
		t.Run(name, func(t *testing.T) {
			e := with(t, historyName, append(bytes.Join(test.lines, []byte("\n")), '\n'))
			if _, err := e.Verify(t.Context()); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want %q", err, test.want)
			}
		})
	}
}

func TestADamagedLockCanBeTaken(t *testing.T) {
	e := with(t, "lock-x.json", []byte("garbage"))
	must(t, os.WriteFile(e.path("locks"), nil, 0o600))
	want := []engine.Holder{{Scope: "x", Dead: true}}
	if got, err := e.Holders(t.Context()); err != nil || !slices.Equal(got, want) {
		t.Errorf("holders %v, error %v", got, err)
	}
	l := acquire(t, e)
	if f := l.Former(); f == nil || *f != (engine.Owner{}) {
		t.Errorf("former %v", f)
	}
	if d := e.Damaged(); len(d) != 1 || !strings.Contains(d[0], "lock-x.json: whom the lock names can't be read") {
		t.Errorf("damaged %q", d)
	}
	must(t, os.WriteFile(l.path, []byte("garbage"), 0o600))
	held := (*engine.HeldError)(nil)
	if _, err := e.Acquire(t.Context(), "x", ana); !errors.As(err, &held) || held.Error() != "another apply holds x: somebody unknown" {
		t.Errorf("error %v", err)
	}
}

// A crash between making the file and naming the owner leaves an empty one, which is nobody's.
func TestAnEmptyLockIsNobodys(t *testing.T) {
	e := with(t, "lock-x.json", nil)
	must(t, os.WriteFile(e.path("locks"), nil, 0o600))
	if got, err := e.Holders(t.Context()); err != nil || len(got) > 0 {
		t.Errorf("holders %v, error %v", got, err)
	}
	if f := acquire(t, e).Former(); f != nil {
		t.Errorf("former %v", f)
	}
}

// Damaged lines of the facts are warned of until the next fact is kept, then they are in a file of their own.
func TestDamagedFactsAreSetAsideOnce(t *testing.T) {
	e := with(t, factsName, []byte("garb\xffage\n"))
	must(t, os.WriteFile(e.path(factsName), append(read(t, e.path(factsName)), "torn"...), 0o600))
	e.Recall("a")
	if d := e.Damaged(); len(d) != 1 || !strings.HasSuffix(d[0], "memory.jsonl:1: the line is damaged and was passed over") {
		t.Errorf("damaged %q", d)
	}
	keep(t, e, "a", "1")
	if got, want := setAsideOf(t, e.path(factsName)), []string{"garb\xffage", "torn"}; !slices.Equal(got, want) {
		t.Errorf("set aside %q, want %q", got, want)
	}
	next := Open(e.folder)
	keep(t, next, "b", "2")
	for key, want := range map[string]string{"a": "1", "b": "2"} {
		if got, _ := next.Recall(key); got != want {
			t.Errorf("%s is %q, want %q", key, got, want)
		}
	}
	if d := next.Damaged(); len(d) > 0 {
		t.Errorf("still damaged: %q", d)
	}
	if got := setAsideOf(t, e.path(factsName)); len(got) != 2 {
		t.Errorf("set aside again: %q", got)
	}
}

func TestFactsAreCompacted(t *testing.T) {
	e := Open(t.TempDir())
	other := Open(e.folder)
	value := strings.Repeat("x", 100_000)
	keep(t, e, "b", "stays")
	var largest int64
	for i := range 40 {
		keep(t, e, "a", fmt.Sprint(value, i))
		if got, _ := other.Recall("a"); got != fmt.Sprint(value, i) {
			t.Fatalf("%d: another process recalls ...%s", i, got[max(0, len(got)-2):])
		}
		info, err := os.Stat(e.path(factsName))
		must(t, err)
		largest = max(largest, info.Size())
	}
	if got, _ := other.Recall("b"); got != "stays" {
		t.Errorf("b is %q", got)
	}
	if largest < roomy || largest > roomy+200_000 {
		t.Errorf("the log grew to %d", largest)
	}
	for i := range 20 { // all alive
		keep(t, e, fmt.Sprint("c", i), value)
	}
	info, err := os.Stat(e.path(factsName))
	must(t, err)
	inode := info
	keep(t, e, "b", "still")
	if info, err = os.Stat(e.path(factsName)); err != nil || !os.SameFile(info, inode) {
		t.Errorf("a log that is alive was compacted (error %v)", err)
	}
}

// A log that took the place of another is read anew even where its size and its inode are those of the former.
func TestALogInTheSamePlace(t *testing.T) {
	e := Open(t.TempDir())
	keep(t, e, "a", "1")
	e.Recall("a")
	line, err := json.Marshal(newRecord("a", "2"))
	must(t, err)
	for len(line) < len(read(t, e.path(factsName)))-1 {
		line = append(line, ' ')
	}
	must(t, os.WriteFile(e.path(factsName), append(line, '\n'), 0o600))
	must(t, os.Chtimes(e.path(factsName), ana.Since, ana.Since))
	if got, _ := e.Recall("a"); got != "2" {
		t.Errorf("a is %q", got)
	}
}

// Files that others put there are passed over.
func TestOtherFilesAreNoLocks(t *testing.T) {
	e := Open(t.TempDir())
	acquire(t, e)
	for _, name := range []string{"lock-%zz.json", "lock-y.json.new", "lock-y"} {
		must(t, os.WriteFile(e.path(name), []byte(`{"run":"r"}`), 0o600))
	}
	holders, err := e.Holders(t.Context())
	if err != nil || len(holders) != 1 || holders[0].Scope != "x" {
		t.Errorf("holders %v, error %v", holders, err)
	}
}

// everything is all that an engine can do, in one folder.
func everything(ctx context.Context, e *Engine) map[string]func() error {
	return map[string]func() error{
		"recall":  func() error { e.Recall("a"); return nil },
		"keep":    func() error { return e.Keep("a", "1") },
		"acquire": func() error { _, err := e.Acquire(ctx, "x", ana); return err },
		"holders": func() error { _, err := e.Holders(ctx); return err },
		"break":   func() error { return e.Break(ctx, "x", ana, "why") },
		"doubts":  func() error { _, err := e.Doubts(ctx, "x"); return err },
		"take":    func() error { _, err := e.Take(ctx, "k", time.Second); return err },
		"delay":   func() error { return e.Delay(ctx, "k", time.Second) },
		"record":  func() error { return e.Record(ctx, engine.Record{Kind: engine.RunStarted}) },
		"verify":  func() error { _, err := e.Verify(ctx); return err },
	}
}

// To plan writes nothing.
func TestLookingMakesNoFolder(t *testing.T) {
	e := Open(filepath.Join(t.TempDir(), "state"))
	for _, name := range []string{"recall", "holders", "doubts", "take", "delay", "verify"} {
		if err := everything(t.Context(), e)[name](); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := os.Stat(e.folder); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder is there (error %v)", err)
	}
	if d := e.Damaged(); len(d) > 0 {
		t.Errorf("damaged %q", d)
	}
}

func TestFilesAreTheirOwnersOnly(t *testing.T) {
	e := Open(filepath.Join(t.TempDir(), "state"))
	must(t, e.makeFolder())
	for _, name := range []string{factsName, historyName, "journal-x.jsonl"} {
		must(t, os.WriteFile(e.path(name), []byte("garbage\ntorn"), 0o600))
	}
	do := everything(t.Context(), e)
	for _, name := range []string{"keep", "record", "take", "acquire"} {
		must(t, do[name]())
	}
	files, err := os.ReadDir(e.folder)
	must(t, err)
	var names []string
	for _, file := range files {
		names = append(names, file.Name())
		if info, err := file.Info(); err != nil || info.Mode() != 0o600 {
			t.Errorf("%s has mode %v (error %v)", file.Name(), info.Mode(), err)
		}
	}
	want := []string{budgetName, historyName, historyName + ".damaged", "journal-x.jsonl", "journal-x.jsonl.damaged", "lock-x.json", "locks",
		factsName, factsName + ".damaged"}
	if !slices.Equal(names, want) {
		t.Errorf("files %q, want %q", names, want)
	}
}

// Where a folder or another file can't be what it should, the error says which. A rate is not worth an error.
func TestFilesThatAreNot(t *testing.T) {
	names := map[string]string{"keep": factsName, "acquire": "journal-x.jsonl", "doubts": "journal-x.jsonl", "record": historyName,
		"verify": historyName, "holders": "locks", "break": "locks", "recall": "", "take": "", "delay": ""}
	for _, action := range slices.Sorted(maps.Keys(names)) {
		t.Run(action, func(t *testing.T) {
			folder := t.TempDir()
			for _, name := range []string{factsName, "journal-x.jsonl", historyName, budgetName} {
				must(t, os.Mkdir(filepath.Join(folder, name), 0o700))
			}
			if names[action] == "locks" {
				must(t, os.Mkdir(filepath.Join(folder, "locks"), 0o700))
				must(t, os.Mkdir(filepath.Join(folder, "lock-x.json"), 0o700))
			}
			noFolder := filepath.Join(folder, "a file")
			must(t, os.WriteFile(noFolder, nil, 0o600))
			for _, e := range []*Engine{Open(folder), Open(noFolder)} {
				err := everything(t.Context(), e)[action]()
				switch {
				case names[action] == "":
					if err != nil || len(e.Damaged()) != 1 || !strings.Contains(e.Damaged()[0], e.folder) {
						t.Errorf("error %v, damaged %q", err, e.Damaged())
					}
				case err == nil || !strings.Contains(err.Error(), e.folder):
					t.Errorf("error %v does not name %s", err, e.folder)
				}
			}
		})
	}
}
