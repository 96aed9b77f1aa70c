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

	"github.com/entitlectl/entitlectl/pkg/engine"
)

// Engine keeps everything in a folder. Its zero value is not usable; Open makes one.
type Engine struct {
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

var _ engine.Engine = (*Engine)(nil)

// Open uses the folder, which it makes, readable by its owner only, when something is kept for the first time.
func Open(folder string) *Engine {
	return &Engine{folder: folder, write: (*os.File).Write, sync: (*os.File).Sync, turns: map[string]time.Time{}, notes: map[string]string{}}
}

// Damaged says what was passed over so far, and why.
func (e *Engine) Damaged() []string {
	e.noting.Lock()
	defer e.noting.Unlock()
	return slices.Sorted(maps.Values(e.notes))
}

// note adds the reason to Damaged, with what came of it since.
func (e *Engine) note(reason, came string) {
	e.noting.Lock()
	defer e.noting.Unlock()
	e.notes[reason] = reason + came
}

// Close has nothing to give back: files are open during a call only, but for those of a lease.
func (e *Engine) Close() error { return nil }

func (e *Engine) path(name string) string { return filepath.Join(e.folder, name) }

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
func (e *Engine) makeFolder() error {
	if _, err := os.Stat(e.folder); !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if err := os.MkdirAll(e.folder, 0o700); err != nil {
		return err
	}
	return e.syncFolder(filepath.Dir(e.folder))
}

// syncFolder makes the names of new files last.
func (e *Engine) syncFolder(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(e.sync(d), d.Close())
}
