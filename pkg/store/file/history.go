package file

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/entitlectl/entitlectl/pkg/store"
)

// historyName is the name of the history in the state folder, or of the newest part of one that was cut into parts.
const historyName = "history.jsonl"

// link is a line of the history: a record, its digest, and the digest of the line before, "" in the first.
type link struct {
	Prev   string          `json:"prev"`
	Record json.RawMessage `json:"record"`
	Digest string          `json:"digest"`
}

func newLink(prev string, record []byte) link { return link{prev, record, store.Digest(prev, record)} }

func (l link) line() []byte {
	return fmt.Appendf(nil, `{"prev":"%s","record":%s,"digest":"%s"}`, l.Prev, l.Record, l.Digest)
}

// readLink returns what a line was made of. ok is false where a byte of it is not as line made it.
func readLink(line []byte) (l link, r store.Record, ok bool) {
	if json.Unmarshal(line, &l) != nil || json.Unmarshal(l.Record, &r) != nil {
		return l, r, false
	}
	return l, r, bytes.Equal(newLink(l.Prev, l.Record).line(), line)
}

// Record adds a line, at a cost that does not grow with the history. A damaged line before it stays, as evidence. One that was
// cut off is no record, and is set aside. Rows are on disk, in a file that has its name, before the line is written.
func (s *Store) Record(_ context.Context, r store.Record, rows store.Rows) error {
	if err := s.recordWith(r, rows, ""); err != nil {
		return fmt.Errorf("record in the history: %w", err)
	}
	return nil
}

// recordWith adds a record. It is the first one, and follows one that is not there, where it is to come after a digest.
func (s *Store) recordWith(r store.Record, rows store.Rows, after string) (err error) {
	var details *pending
	r.Details = nil
	if rows != nil {
		if details, err = s.writeDetails(rows); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, details.drop()) }()
		r.Details = &details.Details
	}
	record, err := json.Marshal(r)
	if err != nil {
		return err
	}
	err = s.record(record, details, after)
	for errors.Is(err, errSeized) {
		err = s.record(record, details, after)
	}
	return err
}

func (s *Store) record(record []byte, details *pending, after string) error {
	if err := s.makeFolder(); err != nil {
		return err
	}
	f, err := s.locked(context.Background(), s.path(historyName), os.O_RDWR|os.O_CREATE|os.O_APPEND, exclusive)
	if err != nil {
		return err
	}
	defer f.Close() // all that is written is synced before
	return s.recordIn(f, record, details, after)
}

// recordIn adds a record to the newest part, which is open and locked.
func (s *Store) recordIn(f *inner, record []byte, details *pending, after string) error {
	if err := s.setTornAside(f); err != nil {
		return err
	}
	last, err := s.lastDigest(f)
	if err != nil {
		return err
	}
	if after != "" && last != "" {
		return errors.New("there is one already")
	}
	if details != nil {
		if err := details.keep(s); err != nil {
			return err
		}
	}
	next := newLink(last+after, record)
	if err := s.append(f.File, append(next.line(), '\n')); err != nil {
		return err
	}
	if !isAt(f.File, f.path) {
		return errSeized
	}
	if err := s.writeHead(next.Digest, f); !errors.Is(err, errSeized) {
		return err
	}
	return nil // whoever took the lock copied the record with the rest
}

// setTornAside takes a record that was cut off out of the history.
func (s *Store) setTornAside(f *inner) error {
	info, err := f.Stat()
	if err != nil || info.Size() == 0 {
		return err
	}
	torn, begin, err := lineBefore(f, info.Size())
	if err != nil || torn[len(torn)-1] == '\n' {
		return err
	}
	whole, err := countLines(f, begin)
	if err != nil {
		return err
	}
	reason := fmt.Sprintf("%s:%d: the record was cut off", f.path, whole+1)
	if err := s.setAside(f.path, piece{Reason: reason, Bytes: torn}); err != nil {
		return err
	}
	return f.Truncate(begin)
}

// lastDigest is the digest that the next record follows. It is that of the last line that can be read, unless the end of the
// history that was noted can't be found: then it is that one, so that the gap shows for ever.
func (s *Store) lastDigest(f *inner) (last string, err error) {
	head, err := s.head()
	if damaged := (*damagedHead)(nil); errors.As(err, &damaged) {
		err = s.setAside(s.path(headName), piece{Reason: damaged.Error(), Bytes: damaged.data})
	}
	if err != nil {
		return "", err
	}
	for l, err := range s.backwards(f) {
		if err != nil {
			return "", err
		}
		if last == "" {
			last = l.Digest
		}
		if head == "" || l.Digest == head {
			return last, nil
		}
	}
	return head, nil
}

// Rotate begins a new part of the history and returns the path of the one that is done, whose file changes no more. The chain
// goes on from it, so that the parts have to stay together to be verified. Details that no record names are removed then;
// removed says how many.
func (s *Store) Rotate(ctx context.Context) (done string, removed int, err error) {
	if done, err = s.rotate(ctx); err != nil {
		return "", 0, fmt.Errorf("rotate the history: %w", err)
	}
	if removed, err = s.removeUnnamed(ctx); err != nil {
		s.note(fmt.Sprintf("details that no record names could not be removed: %v", err), "")
	}
	return done, removed, nil
}

func (s *Store) rotate(ctx context.Context) (string, error) {
	path := s.path(historyName)
	f, err := s.locked(ctx, path, os.O_RDWR|os.O_APPEND, exclusive)
	if errors.Is(err, os.ErrNotExist) {
		return "", errors.New("nothing was recorded since the last time")
	}
	if err != nil {
		return "", err
	}
	defer f.Close()
	if err := s.setTornAside(f); err != nil {
		return "", err
	}
	parts, err := s.parts()
	if err != nil {
		return "", err
	}
	next := 1
	if len(parts) > 0 {
		next = parts[len(parts)-1].number + 1
	}
	if info, err := f.Stat(); err != nil || info.Size() == 0 {
		return "", errors.Join(err, errors.New("nothing was recorded since the last time"))
	}
	if !isAt(f.File, path) {
		return "", errSeized
	}
	done := s.path(fmt.Sprintf(partFormat, next))
	return done, errors.Join(rename(path, done), s.syncFolder(s.folder))
}
