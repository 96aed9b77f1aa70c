package file

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

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
