package file

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/entitlectl/entitlectl/pkg/store"
)

// kind is a kind of lock on a file.
type kind int

const (
	exclusive kind = iota
	shared
)

// inner is a file of the folder that is locked while something is done to it, which takes milliseconds. A process that is
// stopped in them keeps the others waiting; they give up after the store's patience, and a lock that is broken is taken from it
// for good (see seize). Whoever holds one must expect that, and rely on what was done only if isAt says so afterwards.
type inner struct {
	*os.File
	path string
	by   *os.File // beside the file, says who holds it; nil where that can't be said
}

// patience is how long an inner lock is waited for.
const patience = 3 * time.Second

// maxPause is the longest pause between two tries to get one.
const maxPause = 20 * time.Millisecond

// errSeized says that an inner lock was taken from us. What was done under it does not count.
var errSeized = errors.New("what was being written was taken over by a lock break")

// stuckError says that a process keeps an inner lock for longer than any work takes.
type stuckError struct {
	path string
	by   store.Owner
}

func (e *stuckError) Error() string {
	return fmt.Sprintf("%s is held by %s, which does not give it back and may be stopped: let it go on or end it, or break its lock", e.path, e.by)
}

// locked opens the file at the path and waits for its lock. Whoever had it may have put another file in its place meanwhile;
// then that one is opened.
func (s *Store) locked(ctx context.Context, path string, flag int, k kind) (*inner, error) {
	return s.lockedWithin(ctx, path, flag, k, s.patience)
}

func (s *Store) lockedWithin(ctx context.Context, path string, flag int, k kind, wait time.Duration) (*inner, error) {
	until := time.Now().Add(wait)
	for pause := time.Millisecond; ; pause = min(2*pause, maxPause) {
		f, err := s.open(path, flag)
		if err != nil {
			return nil, err
		}
		got, err := tryLock(f, k)
		if got && isAt(f, path) {
			in := &inner{File: f, path: path}
			if k == exclusive {
				s.sign(in)
			}
			return in, nil
		}
		if err := errors.Join(err, f.Close()); err != nil {
			return nil, err
		}
		if !time.Now().Before(until) {
			return nil, &stuckError{path, s.signed(path)}
		}
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-time.After(pause):
		}
	}
}

// signature is where a holder of the lock of a file names itself. It is written without a sync, with blanks up to its width, so
// that the file need not be cut.
const (
	signature = ".by"
	width     = 512
)

// sign says beside the file who holds it. That this fails is no reason to do nothing.
func (s *Store) sign(in *inner) {
	host, _ := os.Hostname() // "" where there is none
	data, err := json.Marshal(store.Owner{Host: host, PID: os.Getpid(), Since: time.Now().UTC()})
	if err != nil || len(data) > width {
		return
	}
	if in.by, err = s.open(in.path+signature, os.O_RDWR|os.O_CREATE); err == nil {
		_, _ = in.by.WriteAt(append(data, strings.Repeat(" ", width-len(data))...), 0)
	}
}

// signed is who named itself last; the zero Owner where whoever it was is done.
func (s *Store) signed(path string) (by store.Owner) {
	f, err := s.open(path+signature, os.O_RDONLY)
	if err != nil {
		return store.Owner{}
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, width))
	if err != nil || json.Unmarshal(data, &by) != nil {
		return store.Owner{}
	}
	return by
}

// Close takes the name back, then the lock.
func (in *inner) Close() error {
	if in.by != nil {
		_, _ = in.by.WriteAt([]byte("-"), 0) // no JSON any more
		_ = in.by.Close()
	}
	return in.File.Close()
}

// seize takes the lock of the file at the path from whoever does not give it back within the store's patience, and says who
// that is. It puts a copy, which is ours, in the place of the file: what the former holder then writes, it writes to a file
// that nobody reads, and it finds out by isAt.
func (s *Store) seize(ctx context.Context, path string) (*inner, *store.Owner, error) {
	in, err := s.locked(ctx, path, os.O_RDWR, exclusive)
	stuck := (*stuckError)(nil)
	if !errors.As(err, &stuck) {
		return in, nil, err
	}
	in, err = s.copyInPlace(path)
	return in, &stuck.by, err
}

func (s *Store) copyInPlace(path string) (*inner, error) {
	old, err := s.open(path, os.O_RDONLY)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(old)
	if err = errors.Join(err, old.Close()); err != nil {
		return nil, err
	}
	temp, err := s.create(s.folder, filepath.Base(path)+newInfix+"*", data)
	if err != nil {
		return nil, err
	}
	f, err := s.open(temp, os.O_RDWR) // not as CreateTemp opens it: it is renamed while it is open
	if err != nil {
		return nil, errors.Join(err, remove(temp))
	}
	in := &inner{File: f, path: path}
	if _, err := tryLock(f, exclusive); err != nil {
		return nil, errors.Join(err, f.Close(), remove(temp))
	}
	if err := s.put(temp, path); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	s.sign(in)
	return in, s.removeTemps(path) // none that the former holder made comes into the place of the copy
}
