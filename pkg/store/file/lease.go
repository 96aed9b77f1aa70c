package file

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sync"

	"github.com/entitlectl/entitlectl/pkg/store"
)

// lease is a lock file under flock, and the journal of its scope.
type lease struct {
	store  *Store
	path   string // of the lock
	former *store.Owner

	mu      sync.Mutex
	lock    *os.File // nil once it was given back
	journal *os.File
	dead    error // why it takes no more entries
}

// take makes the open lock file the lease's own. The journal comes before the owner's name: where it can't be had, the former
// owner stays named.
func (l *lease) take(scope string, by store.Owner, guard *inner) error {
	former, named, err := l.store.owner(l.lock)
	if err != nil {
		return err
	}
	free, err := tryLock(l.lock, exclusive)
	if err != nil {
		return err
	}
	if !free {
		return &store.HeldError{Holder: store.Holder{Scope: scope, Owner: former}}
	}
	if named {
		l.former = &former
	}
	if l.journal, err = l.store.newJournal(scope, guard); err != nil {
		return err
	}
	data, err := json.Marshal(store.Holder{Scope: scope, Owner: by})
	if err == nil {
		err = l.store.overwrite(l.lock, data)
	}
	if err != nil {
		return errors.Join(err, l.journal.Close())
	}
	return nil
}

// Former is who was named in the lock file.
func (l *lease) Former() *store.Owner { return l.former }

// Append does not look at the context.
func (l *lease) Append(_ context.Context, entries ...store.Entry) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.dead == nil {
		l.dead = l.append(entries)
	}
	return l.dead
}

// append checks that the lock is still the lease's own before it writes, so that it adds nothing to what another owner relies
// on; and after, because if the lock was broken meanwhile, the next owner may have read the journal without these entries.
func (l *lease) append(entries []store.Entry) error {
	lines, err := encodeEntries(entries)
	if err != nil {
		return fmt.Errorf("journal %s: %w; nothing more is taken", l.journal.Name(), err)
	}
	lost := fmt.Errorf("%s: %w; see the history for who and why", l.path, store.ErrLost)
	if !isAt(l.lock, l.path) {
		return lost
	}
	if err := l.store.append(l.journal, lines); err != nil {
		return fmt.Errorf("journal: %w; nothing more is taken: fix the disk and run again", err)
	}
	if !isAt(l.lock, l.path) {
		return lost
	}
	return nil
}

// Release removes the lock file, if it is still the lease's own.
func (l *lease) Release() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.lock == nil {
		return nil
	}
	err := errors.Join(l.remove(), l.lock.Close(), l.journal.Close())
	l.lock = nil
	if l.dead == nil {
		l.dead = fmt.Errorf("%s: the lock was given back already", l.path)
	}
	if err != nil {
		return fmt.Errorf("give the lock back: %w", err)
	}
	return nil
}

func (l *lease) remove() error {
	guard, err := l.store.guard(context.Background(), os.O_RDWR, exclusive)
	if errors.Is(err, os.ErrNotExist) {
		return nil // somebody removed the folder
	}
	if err != nil {
		return err
	}
	defer guard.Close()
	if !isAt(l.lock, l.path) {
		return nil // the lock was broken; a file at the path is another owner's
	}
	return remove(l.path)
}
