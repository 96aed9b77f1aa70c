package file

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/entitlectl/entitlectl/pkg/store"
)

func (s *Store) journalPath(scope string) string {
	return s.path("journal-" + escaped(scope) + ".jsonl")
}

// begin gives a new owner a journal of its own that holds what is in doubt. It is always a new file: a former owner that still
// lives, its lock broken, has the old one open and adds nothing to the new.
func (s *Store) begin(scope string) (*os.File, error) {
	path := s.journalPath(scope)
	doubts, damage, err := s.readJournal(path)
	if err != nil {
		return nil, err
	}
	if damage != nil {
		if err := s.setAside(path, *damage); err != nil {
			return nil, err
		}
	}
	lines, err := encodeEntries(doubts)
	if err != nil {
		return nil, err
	}
	if err := s.replace(path, lines); err != nil {
		return nil, err
	}
	return os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
}

// Doubts reads the journal without the lock, and writes nothing.
func (s *Store) Doubts(ctx context.Context, scope string) ([]store.Entry, error) {
	doubts, damage, err := s.readJournal(s.journalPath(scope))
	if err != nil {
		return nil, fmt.Errorf("read what is in doubt at %s: %w", scope, err)
	}
	if damage != nil {
		s.note(damage.Reason, "; the next apply sets the journal aside")
	}
	return doubts, ctx.Err()
}

// readJournal returns what is in doubt and, if lines are damaged, the whole journal to set aside. What stands for them is in
// doubt too.
func (s *Store) readJournal(path string) (doubts []store.Entry, damage *broken, err error) {
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(f)
	if err != nil {
		return nil, nil, err
	}
	info, err := f.Stat()
	if err != nil {
		return nil, nil, err
	}
	entries, bad := parseJournal(data)
	if len(bad) > 0 {
		reason := fmt.Sprintf("%s:%d: the line is damaged (%d in all); what the journal said there is in doubt", path, bad[0], len(bad))
		damage = &broken{Reason: reason, Bytes: data}
		entries = append(entries, lost(entries, store.Entry{At: info.ModTime().UTC(), Detail: reason}))
	}
	return inDoubt(entries), damage, nil
}

// parseJournal returns the entries and the numbers of the lines that are damaged. A last line that was cut off is neither: nobody
// was told that it is there, so its call was not sent. One that is whole but for its end is taken, which can only add a doubt
// or settle one rightly.
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

// lostRun is the run of entries in state Lost; their calls are numbered on.
const lostRun = "lost"

func lost(entries []store.Entry, entry store.Entry) store.Entry {
	entry.Run, entry.State, entry.Call = lostRun, store.Lost, 1
	for _, e := range entries {
		if e.Run == lostRun {
			entry.Call = max(entry.Call, e.Call+1)
		}
	}
	return entry
}

// inDoubt folds the entries of each call into one and drops the settled. To fold what was folded before, with more behind it,
// gives the same as to fold it all at once.
func inDoubt(entries []store.Entry) []store.Entry {
	type call struct {
		run    string
		number int
	}
	open := map[call]int{}
	var calls []store.Entry
	for _, entry := range entries {
		key := call{entry.Run, entry.Call}
		i, known := open[key]
		switch {
		case !known:
			open[key] = len(calls)
			calls = append(calls, entry)
		case len(entry.Changes) == 0:
			entry.Changes = calls[i].Changes
			fallthrough
		default:
			calls[i] = entry
		}
		if entry.State == store.Settled {
			delete(open, key)
		}
	}
	return slices.DeleteFunc(calls, func(e store.Entry) bool { return e.State == store.Settled })
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
