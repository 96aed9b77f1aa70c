package file

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"

	"github.com/entitlectl/entitlectl/pkg/store"
)

// detailsName is the name of the folder with the details of records, in a file each that is named by its digest. They are in a
// folder of their own because the state folder is listed at each write.
const detailsName = "details"

// detailsTemp begins the names of details that are still being written, in the state folder.
const detailsTemp = detailsName + newInfix

// digestPattern keeps a digest that somebody made up from naming a file elsewhere.
var digestPattern = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile("^sha256:[0-9a-f]{64}$") })

func (s *Store) detailsPath(digest string) string {
	return filepath.Join(s.path(detailsName), strings.Replace(digest, ":", "-", 1)+".jsonl")
}

// pending is a file with details that no record names yet. It is open, with its lock held, so that nobody takes it for one that
// a dead process left.
type pending struct {
	*os.File
	store.Details
	path string
}

// writeDetails writes rows to a new file and syncs it. After an error the file is gone.
func (s *Store) writeDetails(rows store.Rows) (*pending, error) {
	if err := s.makeFolder(); err != nil {
		return nil, err
	}
	if err := s.removeHalfWritten(); err != nil {
		return nil, err
	}
	f, err := s.newLocked()
	if err != nil {
		return nil, err
	}
	p := &pending{File: f, path: f.Name()}
	if p.Details, err = s.writeRows(f, rows); err != nil {
		return nil, errors.Join(err, remove(p.path), f.Close())
	}
	return p, nil
}

// newLocked makes a file and takes its lock. Somebody who tidies between the two removes the file; then it makes another.
func (s *Store) newLocked() (*os.File, error) {
	for {
		made, err := os.CreateTemp(s.folder, detailsTemp+"*")
		if err != nil {
			return nil, err
		}
		if err := made.Close(); err != nil {
			return nil, err
		}
		f, err := s.lockFree(made.Name()) // opened anew, not as CreateTemp does it: it is renamed while it is open
		if f != nil || err != nil {
			return f, err
		}
	}
}

// lockFree opens a file and takes its lock; nil where somebody has it, or the file is gone.
func (s *Store) lockFree(path string) (*os.File, error) {
	f, err := s.open(path, os.O_RDWR)
	if err != nil {
		return nil, absentIsFine(err)
	}
	if got, err := tryLock(f, exclusive); err != nil || !got || !isAt(f, path) {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

func (s *Store) writeRows(f *os.File, rows store.Rows) (store.Details, error) {
	sum, out := store.NewSummer(), bufio.NewWriterSize(writerFunc(func(data []byte) (int, error) { return s.write(f, data) }), 1<<16)
	for row, err := range rows {
		if err != nil {
			return store.Details{}, err
		}
		if err := sum.Add(row); err != nil {
			return store.Details{}, err
		}
		_, _ = out.Write(row) // Flush returns its error
		if err := out.WriteByte('\n'); err != nil {
			return store.Details{}, err
		}
	}
	return sum.Details(), errors.Join(out.Flush(), s.sync(f))
}

type writerFunc func([]byte) (int, error)

func (w writerFunc) Write(data []byte) (int, error) { return w(data) }

// keep gives the file its name, under the lock of the history. The same again does nothing.
func (p *pending) keep(s *Store) error {
	to := s.detailsPath(p.Digest)
	if isAt(p.File, to) {
		return nil
	}
	if err := s.makeDetailsFolder(); err != nil {
		return err
	}
	return s.put(p.path, to)
}

// drop closes the file, and removes it where it has no name yet.
func (p *pending) drop() error {
	if isAt(p.File, p.path) {
		return errors.Join(remove(p.path), p.Close())
	}
	return p.Close()
}

func (s *Store) makeDetailsFolder() error {
	err := os.Mkdir(s.path(detailsName), 0o700)
	if errors.Is(err, os.ErrExist) {
		return s.trustDetails()
	}
	if err != nil {
		return err
	}
	return s.syncFolder(s.folder)
}

// trustDetails says why the folder with the details is not trusted. Unlike the state folder it may be no link.
func (s *Store) trustDetails() error {
	path := s.path(detailsName)
	info, err := os.Lstat(path)
	if err != nil {
		return absentIsFine(err)
	}
	if !info.IsDir() {
		what := otherThanFile(info.Mode())
		if what == "" {
			what = "a file"
		}
		return fmt.Errorf("%s is %s, where entitlectl keeps a folder: see who put it there, and move it away", path, what)
	}
	if reason := foreign(info); reason != "" {
		return fmt.Errorf("%s %s: run entitlectl as its owner, or give it to the user that it runs as (chown)", path, reason)
	}
	if open := permissions(info); open&0o022 != 0 {
		return fmt.Errorf("others may write to %s (mode %04o): see that it holds nothing of theirs, then chmod go-w it", path, open)
	}
	return nil
}
