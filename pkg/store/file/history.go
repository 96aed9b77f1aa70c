package file

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"syscall"

	"github.com/entitlectl/entitlectl/pkg/store"
)

// historyName is the name of the history in the state folder.
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

// Record adds a line. A damaged one before it stays, as evidence; the new one is chained to the last that can be read. One that
// was cut off is no record, and is set aside.
func (s *Store) Record(_ context.Context, r store.Record) error {
	if err := s.record(r); err != nil {
		return fmt.Errorf("record in the history: %w", err)
	}
	return nil
}

func (s *Store) record(r store.Record) error {
	record, err := json.Marshal(r)
	if err != nil {
		return err
	}
	if err := s.makeFolder(); err != nil {
		return err
	}
	path := s.path(historyName)
	f, err := locked(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, syscall.LOCK_EX)
	if err != nil {
		return err
	}
	defer f.Close() // all that is written is synced before
	data, err := io.ReadAll(f)
	if err != nil {
		return err
	}
	lines, torn := split(data)
	if len(torn) > 0 {
		reason := fmt.Sprintf("%s:%d: the record was cut off", path, len(lines)+1)
		if err := s.setAside(path, piece{Reason: reason, Bytes: torn}); err != nil {
			return err
		}
		if err := f.Truncate(int64(len(data) - len(torn))); err != nil {
			return err
		}
	}
	return s.append(f, append(newLink(lastDigest(lines), record).line(), '\n'))
}

// lastDigest is the digest of the last line that can be read.
func lastDigest(lines [][]byte) string {
	for i := range lines {
		if l, _, ok := readLink(lines[len(lines)-1-i]); ok {
			return l.Digest
		}
	}
	return ""
}

// Records reads the history at once and does not lock it while it yields.
func (s *Store) Records(ctx context.Context) iter.Seq2[store.Record, error] {
	return func(yield func(store.Record, error) bool) {
		for link, err := range s.links(ctx) {
			if !yield(link.record, err) {
				return
			}
		}
	}
}

// Verify checks each record and that it follows the one before.
func (s *Store) Verify(ctx context.Context) (store.Chain, error) {
	var c store.Chain
	for link, err := range s.links(ctx) {
		if err == nil && link.Prev != c.Head {
			err = fmt.Errorf("%s: the record does not follow the one before it: what was between them was taken out or altered", link.where)
		}
		if err != nil {
			return c, err
		}
		c.Records++
		c.Head = link.Digest
		c.Digests = append(c.Digests, link.Digest)
	}
	return c, nil
}

// parsedLink is a link that can be read.
type parsedLink struct {
	link
	record store.Record
	where  string
}

// links yields the lines of the history, and an error for each that can't be read.
func (s *Store) links(ctx context.Context) iter.Seq2[parsedLink, error] {
	return func(yield func(parsedLink, error) bool) {
		path := s.path(historyName)
		data, err := readShared(path)
		if err != nil {
			yield(parsedLink{}, fmt.Errorf("read the history: %w", err))
			return
		}
		lines, torn := split(data)
		for i, line := range lines {
			p := parsedLink{where: fmt.Sprintf("%s:%d", path, i+1)}
			err, ok := ctx.Err(), false
			if p.link, p.record, ok = readLink(line); !ok {
				p, err = parsedLink{}, fmt.Errorf("%s: the record was altered or damaged", p.where)
			}
			if !yield(p, err) || ctx.Err() != nil {
				return
			}
		}
		if len(torn) > 0 {
			yield(parsedLink{}, fmt.Errorf("%s:%d: the record was cut off, as by a crash; the next one sets it aside", path, len(lines)+1))
		}
	}
}

// readShared reads a log while nobody writes to it. One that is not there is empty.
func readShared(path string) ([]byte, error) {
	f, err := locked(path, os.O_RDONLY, syscall.LOCK_SH)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(f)
}
