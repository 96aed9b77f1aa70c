package file

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/entitlectl/entitlectl/pkg/engine"
)

const lockPrefix, lockSuffix = "lock-", ".json"

func (e *Engine) lockPath(scope string) string {
	return e.path(lockPrefix + url.PathEscape(scope) + lockSuffix)
}

// guard waits until nobody else takes, gives back or breaks a lock, and keeps them from it. With it a lock's file, its content
// and its flock change together. It is held for some milliseconds: a process that is stopped in them keeps the others waiting
// until it goes on or ends.
func (e *Engine) guard(flag, how int) (*os.File, error) { return locked(e.path("locks"), flag, how) }

// Acquire takes the lock of the scope. The lock file names its owner for as long as it is held, so one that names somebody while
// its flock is free was left by the dead.
func (e *Engine) Acquire(ctx context.Context, scope string, by engine.Owner) (engine.Lease, error) {
	l, err := e.acquire(ctx, scope, by)
	if held := (*engine.HeldError)(nil); errors.As(err, &held) {
		return nil, held
	}
	if err != nil {
		return nil, fmt.Errorf("lock %s: %w", scope, err)
	}
	return l, nil
}

func (e *Engine) acquire(ctx context.Context, scope string, by engine.Owner) (*lease, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := e.makeFolder(); err != nil {
		return nil, err
	}
	guard, err := e.guard(os.O_RDWR|os.O_CREATE, syscall.LOCK_EX)
	if err != nil {
		return nil, err
	}
	defer guard.Close()
	path := e.lockPath(scope)
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	l := &lease{engine: e, path: path, lock: f}
	if err := l.take(scope, by); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return l, nil
}

// take makes the open lock file the lease's own. The journal comes before the owner's name: where it can't be had, the former
// owner stays named.
func (l *lease) take(scope string, by engine.Owner) error {
	former, named, err := l.engine.owner(l.lock)
	if err != nil {
		return err
	}
	if err := flock(l.lock, syscall.LOCK_EX|syscall.LOCK_NB); errors.Is(err, syscall.EWOULDBLOCK) {
		return &engine.HeldError{Holder: engine.Holder{Scope: scope, Owner: former}}
	} else if err != nil {
		return err
	}
	if named {
		l.former = &former
	}
	if l.journal, err = l.engine.begin(scope); err != nil {
		return err
	}
	data, err := json.Marshal(by)
	if err == nil {
		err = l.engine.overwrite(l.lock, data)
	}
	if err != nil {
		return errors.Join(err, l.journal.Close())
	}
	return nil
}

// owner reads whom a lock file names: the zero Owner where that can't be read. An empty file names nobody.
func (e *Engine) owner(f *os.File) (owner engine.Owner, named bool, err error) {
	data, err := io.ReadAll(f)
	if err != nil || len(data) == 0 {
		return owner, false, err
	}
	if err := json.Unmarshal(data, &owner); err != nil {
		e.note(fmt.Sprintf("%s: whom the lock names can't be read: %v", f.Name(), err))
		return engine.Owner{}, true, nil
	}
	return owner, true, nil
}

// Holders lists the lock files that name an owner. It writes nothing.
func (e *Engine) Holders(ctx context.Context) ([]engine.Holder, error) {
	guard, err := e.guard(os.O_RDONLY, syscall.LOCK_SH)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil // nobody ever took a lock
	}
	if err != nil {
		return nil, fmt.Errorf("list locks: %w", err)
	}
	defer guard.Close()
	files, err := os.ReadDir(e.folder)
	if err != nil {
		return nil, fmt.Errorf("list locks: %w", err)
	}
	var holders []engine.Holder
	for _, file := range files {
		name, isLock := strings.CutPrefix(file.Name(), lockPrefix)
		name, ends := strings.CutSuffix(name, lockSuffix)
		scope, err := url.PathUnescape(name)
		if !isLock || !ends || err != nil {
			continue
		}
		h, err := e.holder(scope)
		if err != nil {
			return nil, fmt.Errorf("list locks: %w", err)
		}
		if h != nil {
			holders = append(holders, *h)
		}
	}
	slices.SortFunc(holders, func(a, b engine.Holder) int { return strings.Compare(a.Scope, b.Scope) })
	return holders, ctx.Err()
}

// holder reads the lock file of a scope under the guard; nil where nobody has the lock.
func (e *Engine) holder(scope string) (*engine.Holder, error) {
	f, err := os.Open(e.lockPath(scope))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	owner, named, err := e.owner(f)
	if err != nil || !named {
		return nil, err
	}
	err = flock(f, syscall.LOCK_SH|syscall.LOCK_NB)
	if err != nil && !errors.Is(err, syscall.EWOULDBLOCK) {
		return nil, err
	}
	return &engine.Holder{Scope: scope, Owner: owner, Dead: err == nil}, nil
}

// Break removes the lock file. Its owner, if it lives, has a file open from then on that the path no longer names.
func (e *Engine) Break(ctx context.Context, scope string, by engine.Owner, reason string) error {
	if err := e.breakLock(ctx, scope, by, reason); err != nil {
		return fmt.Errorf("break the lock of %s: %w", scope, err)
	}
	return nil
}

func (e *Engine) breakLock(ctx context.Context, scope string, by engine.Owner, reason string) error {
	if strings.TrimSpace(reason) == "" {
		return errors.New("no reason is given; say why, for the history")
	}
	guard, err := e.guard(os.O_RDWR, syscall.LOCK_EX)
	if errors.Is(err, os.ErrNotExist) {
		return errors.New("nobody holds it")
	}
	if err != nil {
		return err
	}
	defer guard.Close()
	h, err := e.holder(scope)
	if err != nil {
		return err
	}
	if h == nil {
		return errors.New("nobody holds it")
	}
	r := engine.Record{Kind: engine.LockBroken, At: time.Now().UTC(), Who: by, Scopes: []string{scope}, Outcome: "taken from " + h.Owner.String(), Reason: reason}
	if err := e.Record(ctx, r); err != nil { // before, so that no lock is ever broken unrecorded
		return err
	}
	return os.Remove(e.lockPath(scope))
}

// lease is a lock file under flock, and the scope's journal.
type lease struct {
	engine *Engine
	path   string // of the lock
	former *engine.Owner

	mu      sync.Mutex
	lock    *os.File // nil once it was given back
	journal *os.File
	dead    error // why it takes no more entries
}

// Former is whom the lock file still named.
func (l *lease) Former() *engine.Owner { return l.former }

// Append does not heed the context: an apply that is interrupted still has to say what its last call came to.
func (l *lease) Append(_ context.Context, entries ...engine.Entry) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.dead == nil {
		l.dead = l.append(entries)
	}
	return l.dead
}

// append looks whether the lock is still the lease's own before it writes, so that it adds nothing to what somebody else goes by,
// and after: had the lock been broken meanwhile, the next owner may have read the journal without these entries.
func (l *lease) append(entries []engine.Entry) error {
	lines, err := encodeEntries(entries)
	if err != nil {
		return fmt.Errorf("journal %s: %w; nothing more is taken", l.journal.Name(), err)
	}
	lost := fmt.Errorf("%s: %w; see the history for who and why", l.path, engine.ErrLost)
	if !isAt(l.lock, l.path) {
		return lost
	}
	if err := l.engine.append(l.journal, lines); err != nil {
		return fmt.Errorf("journal: %w; nothing more is taken: mend the disk and run again", err)
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
	err := l.remove()
	err = errors.Join(err, l.lock.Close(), l.journal.Close())
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
	guard, err := l.engine.guard(os.O_RDWR, syscall.LOCK_EX)
	if errors.Is(err, os.ErrNotExist) {
		return nil // somebody removed the folder
	}
	if err != nil {
		return err
	}
	defer guard.Close()
	if !isAt(l.lock, l.path) {
		return nil // broken; if it is there, it is somebody else's
	}
	return os.Remove(l.path)
}
