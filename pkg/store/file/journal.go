package file

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"github.com/entitlectl/entitlectl/pkg/store"
)

func (s *Store) journalPath(scope string) string {
	return s.path("journal-" + escaped(scope) + ".jsonl")
}

// newJournal gives a new owner a journal with what is in doubt. It is always a new file: a former owner that still lives, its
// lock broken, has the old one open and adds nothing to the new one.
func (s *Store) newJournal(scope string, guard *inner) (*os.File, error) {
	path := s.journalPath(scope)
	doubts, damaged, err := s.readJournal(path)
	if err != nil {
		return nil, err
	}
	if damaged != nil {
		if err := s.setAside(path, *damaged); err != nil {
			return nil, err
		}
	}
	lines, err := encodeEntries(doubts)
	if err != nil {
		return nil, err
	}
	if err := s.replaceLog(path, lines, guard); err != nil {
		return nil, err
	}
	return s.open(path, os.O_RDWR|os.O_APPEND)
}

// Doubts reads the journal without the lock, and writes nothing.
func (s *Store) Doubts(ctx context.Context, scope string) ([]store.Entry, error) {
	doubts, damaged, err := s.readJournal(s.journalPath(scope))
	if err != nil {
		return nil, fmt.Errorf("read what is in doubt at %s: %w", scope, err)
	}
	if damaged != nil {
		s.note(damaged.Reason, "; the next apply sets the journal aside")
	}
	return doubts, ctx.Err()
}

// readJournal returns what is in doubt and, if a line is damaged, the whole journal to set aside. What the damaged lines may
// have said is then in doubt too, as one entry.
func (s *Store) readJournal(path string) (doubts []store.Entry, damaged *piece, err error) {
	data, err := s.readFile(path)
	if err != nil {
		return nil, nil, err
	}
	entries, bad := parseJournal(data)
	if len(bad) > 0 {
		info, err := os.Lstat(path) // after it was read, so that the loss is not dated too early
		if err != nil {
			return nil, nil, err
		}
		reason := fmt.Sprintf("%s:%d: the line is damaged (%d in all); what the journal said there is in doubt", path, bad[0], len(bad))
		damaged = &piece{Reason: reason, Bytes: data}
		loss := store.Entry{Run: lostRun, Call: nextLoss(entries), State: store.Lost, At: info.ModTime().UTC(), Detail: reason}
		entries = append(entries, loss)
	}
	return store.InDoubt(entries), damaged, nil
}

// parseJournal returns the entries and the numbers of the damaged lines. A last line that was cut off is neither: nobody was
// told that it was written, so its call was not sent. One that lacks only its end of line is an entry: that adds a doubt, or
// settles one rightly.
func parseJournal(data []byte) (entries []store.Entry, bad []int) {
	lines, torn := split(data)
	for _, last := range [][]byte{torn, torn[:max(0, len(torn)-1)]} {
		if _, whole := unseal(last); whole {
			lines = append(lines, last)
		}
	}
	for i, line := range lines {
		var entry store.Entry
		if data, ok := unseal(line); !ok || json.Unmarshal(data, &entry) != nil {
			bad = append(bad, i+1)
			continue
		}
		entries = append(entries, entry)
	}
	return entries, bad
}

// lostRun is the run of the entries in state Lost, whose calls are numbered like those of a run.
const lostRun = "lost"

func nextLoss(entries []store.Entry) int {
	next := 1
	for _, e := range entries {
		if e.Run == lostRun {
			next = max(next, e.Call+1)
		}
	}
	return next
}

func encodeEntries(entries []store.Entry) ([]byte, error) {
	var lines []byte
	for _, entry := range entries {
		data, err := json.Marshal(entry)
		if err != nil {
			return nil, err
		}
		lines = append(append(lines, seal(data)...), '\n')
	}
	return lines, nil
}
