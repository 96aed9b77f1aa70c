package file

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/entitlectl/entitlectl/pkg/store"
	"github.com/entitlectl/entitlectl/pkg/store/storetest"
)

func detailsOf(rows ...string) store.Details {
	sum := store.NewSummer()
	for _, row := range rows {
		if err := sum.Add(json.RawMessage(row)); err != nil {
			panic(err)
		}
	}
	return sum.Details()
}

// nameOfDetailed is the file with the details that everything records, seen from the state folder.
func nameOfDetailed() string {
	return filepath.Join(detailsName, filepath.Base((&Store{}).detailsPath(detailsOf(detailed...).Digest)))
}

func readAll(ctx context.Context, s *Store, d store.Details) error {
	for _, err := range s.Details(ctx, d) {
		if err != nil {
			return err
		}
	}
	return nil
}

// Details that were taken out, altered in any byte, cut, lengthened or exchanged for those of another run are found, and the
// chain alone is whole without them.
func TestDetailsThatWereTamperedWith(t *testing.T) {
	s := unsynced(storetest.Folder(t))
	for _, rows := range [][]string{detailed, {`{"a":2}`, `{"b":"ü"}`}} {
		must(t, s.Record(t.Context(), store.Record{Kind: store.RunEnded, Who: ana}, rowsOf(rows...)))
	}
	path, other := s.path(nameOfDetailed()), s.detailsPath(detailsOf(`{"a":2}`, `{"b":"ü"}`).Digest)
	whole := read(t, path)
	found := func(what, want string) {
		t.Helper()
		if err := store.CheckDetails(t.Context(), s); err == nil || !strings.Contains(err.Error(), path+" "+want) || !strings.Contains(err.Error(), ana.Run) {
			t.Errorf("%s: error %v, want %q", what, err, want)
		}
		if c, err := s.Verify(t.Context()); err != nil || c.Records != 2 {
			t.Errorf("%s: the chain has %d records, error %v", what, c.Records, err)
		}
	}
	must(t, store.CheckDetails(t.Context(), s))
	for _, bad := range altered(whole) {
		must(t, os.WriteFile(path, bad, 0o600))
		found("altered", "was altered")
	}
	for what, bad := range map[string][]byte{"of another run": read(t, other), "cut": whole[:len(whole)-1], "empty": nil,
		"longer": append([]byte(whole), "{}\n"...), "without its last line feed": append([]byte(whole[:len(whole)-1]), 'x')} {
		must(t, os.WriteFile(path, bad, 0o600))
		found(what, "was altered")
	}
	must(t, os.Remove(path))
	found("removed", "is missing")
}

// A record that somebody made up leads to no file elsewhere.
func TestDetailsOfNoDigest(t *testing.T) {
	s := with(t, "x.jsonl", []byte("{}\n"))
	must(t, os.Mkdir(s.path(detailsName), 0o700))
	for _, digest := range []string{"", "../x", "sha256:../x", "sha256:" + strings.Repeat("A", 64), "sha256:" + strings.Repeat("a", 65)} {
		if err := readAll(t.Context(), s, store.Details{Digest: digest, Rows: 1, Bytes: 3}); err == nil || !strings.Contains(err.Error(), "which is no digest") {
			t.Errorf("%q: error %v", digest, err)
		}
	}
}

// What a dead process left half written goes at the next record, what no record names at a rotation; both are said. What a
// living process is writing stays, and where a record can't be read, so does everything.
func TestDetailsWithoutARecord(t *testing.T) {
	s := unsynced(storetest.Folder(t))
	must(t, everything(t.Context(), s)["detail"]())
	dead, err := s.writeDetails(rowsOf("1"))
	must(t, err)
	must(t, dead.Close())
	must(t, os.WriteFile(s.path(detailsTemp+"0"), nil, 0o600)) // as one that a living process has just made and not locked yet: nothing is said of it
	living, err := s.writeDetails(rowsOf("2"))
	must(t, err)
	if d := s.Damaged(); len(d) != 1 || !strings.Contains(d[0], dead.path+" is what a run that was cut off had written") {
		t.Errorf("said %q", d)
	}
	must(t, living.keep(s))
	unnamed := s.detailsPath(detailsOf("3").Digest)
	must(t, os.WriteFile(unnamed, []byte("3\n"), 0o600))
	rotate := func(want int) {
		t.Helper()
		if _, removed, err := s.Rotate(t.Context()); err != nil || removed != want {
			t.Errorf("removed %d, want %d, error %v", removed, want, err)
		}
		must(t, store.CheckDetails(t.Context(), s))
	}
	rotate(1)
	if !isAt(living.File, s.detailsPath(living.Digest)) {
		t.Error("details of a living process were removed")
	}
	must(t, living.drop())
	must(t, os.WriteFile(s.path(historyName), []byte("garbage\n"), 0o600))
	rotate(0)
}

// However many rows a record has, it is short, and the history is read without them.
func TestARecordIsShortWhateverItsDetails(t *testing.T) {
	s := unsynced(storetest.Folder(t))
	must(t, s.Record(t.Context(), store.Record{Kind: store.RunEnded}, func(yield func(json.RawMessage, error) bool) {
		for range 100_000 {
			if !yield(json.RawMessage(`{"op":"grant"}`), nil) {
				return
			}
		}
	}))
	if n := len(read(t, s.path(historyName))); n > 1000 {
		t.Errorf("the record has %d bytes", n)
	}
}
