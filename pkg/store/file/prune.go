package file

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/entitlectl/entitlectl/pkg/store"
)

var (
	_ store.Pruner    = (*Store)(nil)
	_ store.Continuer = (*Store)(nil)
)

// Prune adds its record, then removes older parts, the oldest first, and last cuts the one in which what stays begins. So the
// chain is whole wherever this ends, and the next time finishes it.
func (s *Store) Prune(ctx context.Context, before time.Time, by store.Owner, reason string) (removed int, err error) {
	if strings.TrimSpace(reason) == "" {
		return 0, errors.New("prune the history: no reason is given; say why, for the history")
	}
	if err := s.AfterCrash(ctx); err != nil {
		return 0, fmt.Errorf("prune the history: %w", err)
	}
	if _, err := s.Verify(ctx); err != nil {
		return 0, fmt.Errorf("prune the history: it is not whole, and stays as it is: %w", err)
	}
	removed, err = s.prune(ctx, before, by, reason)
	for errors.Is(err, errSeized) {
		removed, err = s.prune(ctx, before, by, reason)
	}
	if err != nil {
		return 0, fmt.Errorf("prune the history: %w", err)
	}
	if _, err := s.removeUnnamed(ctx); err != nil {
		s.note(fmt.Sprintf("details that no record names could not be removed: %v", err), "")
	}
	return removed, nil
}

// AfterCrash sets a record of the history aside that was cut off.
func (s *Store) AfterCrash(ctx context.Context) error {
	newest, err := s.locked(ctx, s.path(historyName), os.O_RDWR|os.O_APPEND, exclusive)
	if err != nil {
		return absentIsFine(err)
	}
	return errors.Join(s.setTornAside(newest), newest.Close())
}

func (s *Store) prune(ctx context.Context, before time.Time, by store.Owner, reason string) (removed int, err error) {
	newest, err := s.locked(ctx, s.path(historyName), os.O_RDWR|os.O_CREATE|os.O_APPEND, exclusive)
	if err != nil {
		return 0, absentIsFine(err)
	}
	defer newest.Close() // all that is written is synced before
	c, err := s.cutBefore(ctx, before)
	if err != nil || c.records == 0 {
		return 0, err
	}
	record, err := json.Marshal(store.Record{Kind: store.Pruned, At: time.Now().UTC(), Who: by, Reason: reason, Outcome: c.digest, Calls: c.records})
	if err != nil {
		return 0, err
	}
	if err := s.recordIn(newest, record, nil, ""); err != nil {
		return 0, err
	}
	return c.records, s.drop(c, newest)
}

// cut is where what stays of the history begins.
type cut struct {
	gone    []string // parts that go as a whole, oldest first
	path    string   // the part after them
	offset  int64    // in that, behind what goes of it
	records int      // that go
	digest  string   // of the last of them
}

// cutBefore finds the first record that is not from before a moment, under the lock of the newest part, which never goes as a
// whole.
func (s *Store) cutBefore(ctx context.Context, before time.Time) (c cut, err error) {
	parts, err := s.parts()
	if err != nil {
		return c, err
	}
	for _, p := range append(parts, part{path: s.path(historyName)}) {
		c.path, c.offset = p.path, 0
		stays := false
		s.linksOfPart(ctx, p.path, func(l parsedLink, broken error) bool {
			if err = broken; err == nil {
				stays = !l.record.At.Before(before)
			}
			if err != nil || stays {
				return false
			}
			c.offset += int64(len(l.line())) + 1
			c.records++
			c.digest = l.Digest
			return true
		})
		if err != nil || stays {
			return c, err
		}
		c.gone = append(c.gone, p.path)
	}
	c.gone = c.gone[:len(c.gone)-1]
	return c, nil
}

func (s *Store) drop(c cut, newest *inner) error {
	for _, path := range c.gone {
		if err := remove(path); err != nil {
			return err
		}
		if err := s.syncFolder(s.folder); err != nil { // in this order on disk too
			return err
		}
	}
	if c.offset == 0 {
		return nil
	}
	return s.replaceLogWith(c.path, func(w io.Writer) error {
		f, err := s.open(c.path, os.O_RDONLY)
		if err != nil {
			return err
		}
		_, err = f.Seek(c.offset, io.SeekStart)
		if err == nil {
			_, err = io.Copy(w, f)
		}
		return errors.Join(err, f.Close())
	}, newest)
}

// Continue begins the chain with the digest prev.
func (s *Store) Continue(_ context.Context, prev string, r store.Record, rows store.Rows) error {
	if err := s.recordWith(r, rows, prev); err != nil {
		return fmt.Errorf("begin the history after %s: %w", prev, err)
	}
	return nil
}
