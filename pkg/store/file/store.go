package file

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/entitlectl/entitlectl/pkg/store"
)

// Store keeps everything in a folder. Its zero value is not usable; Open makes one.
type Store struct {
	folder string
	write  func(*os.File, []byte) (int, error) // os.File's own, but in tests of a disk that fails
	sync   func(*os.File) error

	viewing sync.Mutex
	view    view

	turning sync.Mutex
	turns   map[string]time.Time

	noting sync.Mutex
	notes  map[string]string // what Damaged says of a reason
}

var _ store.Store = (*Store)(nil)

// Open uses the folder, which it makes, readable by its owner only, when something is kept for the first time.
func Open(folder string) *Store {
	return &Store{folder: folder, write: (*os.File).Write, sync: (*os.File).Sync, turns: map[string]time.Time{}, notes: map[string]string{}}
}

// Damaged says what was passed over so far, and why.
func (s *Store) Damaged() []string {
	s.noting.Lock()
	defer s.noting.Unlock()
	return slices.Sorted(maps.Values(s.notes))
}

// note adds the reason to Damaged, with what came of it since.
func (s *Store) note(reason, came string) {
	s.noting.Lock()
	defer s.noting.Unlock()
	s.notes[reason] = reason + came
}

// Close has nothing to give back: files are open during a call only, but for those of a lease.
func (s *Store) Close() error { return nil }

func (s *Store) path(name string) string { return filepath.Join(s.folder, name) }

// Names of files may have 255 bytes; ours need some beside the scope, and a Chinese character takes nine when it is escaped.
const longest = 200

// escaped is a scope as a part of a file's name. One that is too long ends with a digest behind a comma, which no other has.
func escaped(scope string) string {
	name := url.PathEscape(scope)
	if len(name) <= longest {
		return name
	}
	return fmt.Sprintf("%s,%x", name[:longest/2], sha256.Sum256([]byte(scope)))
}

// makeFolder makes the state folder, and its name last.
func (s *Store) makeFolder() error {
	if _, err := os.Stat(s.folder); !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if err := os.MkdirAll(s.folder, 0o700); err != nil {
		return err
	}
	return s.syncFolder(filepath.Dir(s.folder))
}

// syncFolder makes the names of new files last.
func (s *Store) syncFolder(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(s.sync(d), d.Close())
}
