package file

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/entitlectl/entitlectl/pkg/store"
	"github.com/entitlectl/entitlectl/pkg/store/storetest"
)

func doubts(t testing.TB, s *Store) []store.Entry {
	t.Helper()
	d, err := s.Doubts(t.Context(), "x")
	must(t, err)
	return d
}

// written returns a journal file and the entries in it.
func written(t *testing.T) (data []byte, entries []store.Entry) {
	t.Helper()
	s := Open(storetest.Folder(t))
	l := acquire(t, s)
	for i, s := range []store.State{store.Begun, store.Answered, store.Begun, store.Settled, store.Begun} {
		entry := store.Entry{Run: "r", Plan: "p", Call: 1 + i/2, State: s, At: ana.Since, Name: "add"}
		if s == store.Begun {
			entry.Changes = json.RawMessage(`["+"]`)
		}
		must(t, l.Append(t.Context(), entry))
		entries = append(entries, entry)
	}
	must(t, l.Release())
	return read(t, s.journalPath("x")), entries
}

// A crash leaves a journal that is cut off somewhere: entries before that count, and calls behind it were never sent.
func TestAJournalThatWasCutOff(t *testing.T) {
	data, entries := written(t)
	for i := range len(data) + 1 {
		if skipped(i) {
			continue
		}
		s := with(t, "journal-x.jsonl", data[:i])
		want := store.InDoubt(entries[:bytes.Count(append(data[:i:i], '\n'), []byte("}}\n"))])
		for _, when := range []string{"before", "after"} {
			if diff := cmp.Diff(want, doubts(t, s), cmpopts.EquateEmpty()); diff != "" {
				t.Fatalf("cut at %d, %s the next owner (-want +got):\n%s", i, when, diff)
			}
			if when == "before" {
				l := acquire(t, s)
				must(t, l.Append(t.Context(), store.Entry{Run: "next", Call: 1, State: store.Begun}))
				want = append(want, store.Entry{Run: "next", Call: 1, State: store.Begun})
				must(t, l.Release())
			}
		}
		if d := s.Damaged(); len(d) > 0 {
			t.Errorf("cut at %d: damaged %q", i, d)
		}
	}
}

// Whatever byte is altered, no entry comes back that was not written, what is lost is in doubt until it is settled, and the
// whole damaged journal is set aside, once.
func TestAJournalThatWasAltered(t *testing.T) {
	data, entries := written(t)
	for i, bad := range altered(data) {
		s := with(t, "journal-x.jsonl", bad)
		before := doubts(t, s)
		if i == len(data)-1 { // the entry lacks only its end of line
			if diff := cmp.Diff(store.InDoubt(entries), before); diff != "" {
				t.Fatalf("altered at %d (-want +got):\n%s", i, diff)
			}
			continue
		}
		loss := before[len(before)-1]
		where := fmt.Sprintf("journal-x.jsonl:%d: ", lineOf(data, i))
		if loss.State != store.Lost || loss.At.IsZero() || !strings.Contains(loss.Detail, where) {
			t.Fatalf("altered at %d: the loss is %+v", i, loss)
		}
		for _, d := range before[:len(before)-1] {
			d.Changes = nil
			if !slices.ContainsFunc(entries, func(e store.Entry) bool { e.Changes = nil; return cmp.Equal(e, d) }) {
				t.Fatalf("altered at %d: %+v was never written", i, d)
			}
		}
		for _, entry := range store.InDoubt(entries) { // none is forgotten, unless its lines are the lost ones
			if entry.Call != entries[lineOf(data, i)-1].Call && entry.Call != entries[min(lineOf(data, i), len(entries)-1)].Call &&
				!slices.ContainsFunc(before, func(d store.Entry) bool { return cmp.Equal(entry, d) }) {
				t.Fatalf("altered at %d: %+v is forgotten", i, entry)
			}
		}
		if files, err := os.ReadDir(s.folder); len(files) != 1 || err != nil {
			t.Fatalf("to look makes files: %v (error %v)", files, err)
		}
		l := acquire(t, s)
		if diff := cmp.Diff(before, doubts(t, s)); diff != "" {
			t.Fatalf("altered at %d: carried over (-want +got):\n%s", i, diff)
		}
		if d := s.Damaged(); len(d) != 1 || !strings.Contains(d[0], where) || !strings.Contains(d[0], "set aside in journal-x.jsonl.damaged") {
			t.Fatalf("altered at %d: damaged %q", i, d)
		}
		loss.State = store.Settled
		must(t, l.Append(t.Context(), loss))
		must(t, l.Release())
		next := unsynced(s.folder)
		acquire(t, next)
		if diff := cmp.Diff(before[:len(before)-1], doubts(t, next), cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("altered at %d: in doubt once the loss is settled (-want +got):\n%s", i, diff)
		}
		if d := next.Damaged(); len(d) > 0 {
			t.Fatalf("altered at %d: still damaged: %q", i, d)
		}
		if got := setAsideOf(t, s.journalPath("x")); !slices.Equal(got, []string{string(bad)}) {
			t.Fatalf("altered at %d: set aside %q", i, got)
		}
	}
}

// A second loss is another call than the first.
func TestLossesAreNumbered(t *testing.T) {
	s := with(t, "journal-x.jsonl", []byte("garbage\n"))
	l := acquire(t, s)
	_, err := l.journal.WriteString("garbage\n")
	must(t, err)
	crash(t, l)
	acquire(t, s)
	var calls []int
	for _, d := range doubts(t, s) {
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
		open := store.InDoubt(entries)
		lines, err := encodeEntries(open)
		must(t, err)
		carried, bad := parseJournal(lines)
		again, err := encodeEntries(store.InDoubt(carried))
		must(t, err)
		if len(bad) > 0 || !bytes.Equal(lines, again) {
			t.Errorf("in doubt\n%s\ncarried over\n%s\nbad lines %v", lines, again, bad)
		}
	})
}
