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
	"sync/atomic"
	"time"
)

// Store keeps everything in a folder. Its zero value can't be used; Open makes one.
type Store struct {
	*disk
	folder   string
	patience time.Duration // how long an inner lock is waited for
	trusted  atomic.Bool   // the folder was looked at

	kvMu sync.Mutex
	kv   snapshot

	turnsMu sync.Mutex
	turns   map[string]time.Time // the next free ones, as far as this process knows
	alone   bool                 // the file with the turns was waited for in vain; it is not waited for again

	notesMu sync.Mutex
	notes   map[string]string // the lines of Damaged, by reason
}

// Open uses the folder. It is made, readable by its owner only, when something is first written to it.
func Open(folder string) *Store {
	return &Store{disk: realDisk(), folder: folder, patience: patience, turns: map[string]time.Time{}, notes: map[string]string{}}
}

// Damaged says what was left out so far, and why.
func (s *Store) Damaged() []string {
	s.notesMu.Lock()
	defer s.notesMu.Unlock()
	return slices.Sorted(maps.Values(s.notes))
}

// note adds a line to Damaged: the reason, and what was done about it. It replaces the line with the same reason.
func (s *Store) note(reason, done string) {
	s.notesMu.Lock()
	defer s.notesMu.Unlock()
	s.notes[reason] = reason + done
}

// Close does nothing: only a lease has files open between two calls.
func (s *Store) Close() error { return nil }

func (s *Store) path(name string) string { return filepath.Join(s.folder, name) }

// maxEscaped leaves room for what we put around it: a file's name may have 255 bytes. A Chinese character takes nine of them
// when it is escaped.
const maxEscaped = 200

// escaped is a scope as a part of a file's name. One that is too long ends in a comma and a digest; no other has a comma.
func escaped(scope string) string {
	name := url.PathEscape(scope)
	if len(name) <= maxEscaped {
		return name
	}
	return fmt.Sprintf("%s,%x", name[:maxEscaped/2], sha256.Sum256([]byte(scope)))
}

// makeFolder makes the state folder where there is none.
func (s *Store) makeFolder() error {
	if _, err := os.Stat(s.folder); !errors.Is(err, os.ErrNotExist) {
		return errors.Join(err, s.trustFolder())
	}
	if err := os.MkdirAll(s.folder, 0o700); err != nil {
		return err
	}
	// Whoever adds all files to git must not add these, by which a change could say what earlier runs did.
	ignore := os.WriteFile(s.path(".gitignore"), []byte("*\n"), 0o600)
	return errors.Join(ignore, s.syncFolder(filepath.Dir(s.folder)), s.trustFolder())
}
