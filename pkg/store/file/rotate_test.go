package file

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/entitlectl/entitlectl/pkg/store"
)

func recordRuns(t *testing.T, s *Store, n int) {
	t.Helper()
	for range n {
		must(t, s.Record(t.Context(), store.Record{Kind: store.RunStarted}, nil))
	}
}

// A history in parts is one chain, a part that is gone shows, and so does a history that is gone.
func TestAHistoryInParts(t *testing.T) {
	s := unsynced(t.TempDir())
	for i := range 3 {
		recordRuns(t, s, 2)
		if c, err := s.Verify(t.Context()); err != nil || c.Records != 2*i+2 {
			t.Fatalf("%d records, error %v", c.Records, err)
		}
		if _, _, err := s.Rotate(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, err := s.Rotate(t.Context()); err == nil {
		t.Error("nothing was rotated")
	}
	if all, bad := history(t, s); len(all) != 6 || len(bad) > 0 {
		t.Errorf("%d records, %q", len(all), bad)
	}
	away := filepath.Join(t.TempDir(), "away")
	for name, want := range map[string]string{"history-000002.jsonl": "history-000003.jsonl:1: the record does not follow", "history-000003.jsonl": "history.head notes a record"} {
		must(t, os.Rename(s.path(name), away))
		if _, err := s.Verify(t.Context()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("without %s: error %v, want %q", name, err, want)
		}
		must(t, os.Rename(away, s.path(name)))
	}
	recordRuns(t, s, 1)
	if c, err := s.Verify(t.Context()); err != nil || c.Records != 7 {
		t.Errorf("%d records, error %v", c.Records, err)
	}
}

// Parts that are pruned go from the oldest on. Whichever write or sync fails on the way, the chain is whole, a record says what was
// to go, and the next time finishes it.
func TestPruningThatIsCutOff(t *testing.T) {
	day := func(n int) time.Time { return time.Date(2026, 1, n, 0, 0, 0, 0, time.UTC) }
	for before, left := range map[int]int{2: 6, 3: 5, 6: 2, 7: 1} { // in a part, between two, in the newest, all of it
		for n, done := 1, false; !done; n++ {
			s := unsynced(t.TempDir())
			for i := range 6 {
				must(t, s.Record(t.Context(), store.Record{Kind: store.RunStarted, At: day(i + 1)}, nil))
				if i == 1 || i == 3 {
					_, _, err := s.Rotate(t.Context())
					must(t, err)
				}
			}
			whole, err := s.Verify(t.Context())
			must(t, err)
			fault := &failing{n: n}
			_, err = fault.in(s).Prune(t.Context(), day(before), ana, "old")
			if done = fault.calls < n; done {
				must(t, err)
			} else if err == nil && len(s.Damaged()) == 0 {
				t.Errorf("day %d, failing at %d: no error", before, n)
			}
			next := unsynced(s.folder)
			c, err := next.Verify(t.Context())
			must(t, err)
			if len(c.Digests) < left || !c.Contains(whole.Head) && before < 7 {
				t.Errorf("day %d, failing at %d: %d records are left", before, n, c.Records)
			}
			removed, err := next.Prune(t.Context(), day(before), ana, "old")
			must(t, err)
			if c, err = next.Verify(t.Context()); err != nil || c.Begin != whole.Digests[before-2] || done && (removed > 0 || c.Records != left) {
				t.Errorf("day %d, failing at %d: then removed %d, %d are left, error %v", before, n, removed, c.Records, err)
			}
		}
	}
}

// A history that others wrote to, without a note of its end, is taken as it is.
func TestAHistoryWithoutItsHead(t *testing.T) {
	s := unsynced(t.TempDir())
	recordRuns(t, s, 2)
	former := read(t, s.path(headName))
	recordRuns(t, s, 2)
	must(t, os.WriteFile(s.path(headName), former, 0o600)) // as an earlier version of the program leaves it
	recordRuns(t, s, 1)
	must(t, os.Remove(s.path(headName)))
	recordRuns(t, s, 1)
	if c, err := s.Verify(t.Context()); err != nil || c.Records != 6 {
		t.Errorf("%d records, error %v", c.Records, err)
	}
}

// To add a record reads no more than the end of a history, however long that is.
func TestARecordCostsTheSameHoweverLongTheHistory(t *testing.T) {
	s := unsynced(t.TempDir())
	recordRuns(t, s, 1)
	f, err := os.OpenFile(s.path(historyName), os.O_RDWR, 0)
	must(t, err)
	defer f.Close()
	whole := read(t, s.path(historyName))
	const hole = 1 << 40 // a file of a tebibyte, which nobody reads in time
	if err := f.Truncate(hole); err != nil {
		t.Skipf("no such large files here: %v", err)
	}
	_, err = f.WriteAt(append([]byte("\n"), whole...), hole)
	must(t, err)
	recordRuns(t, s, 3)
	if d := s.Damaged(); len(d) > 0 {
		t.Errorf("damaged %q", d)
	}
}
