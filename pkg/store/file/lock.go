package file

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/entitlectl/entitlectl/pkg/store"
)

const guardName, lockPrefix, lockSuffix = "locks", "lock-", ".json"

func (s *Store) lockPath(scope string) string {
	return s.path(lockPrefix + escaped(scope) + lockSuffix)
}

// guard waits until nobody else takes, gives back or breaks a lock, and keeps them from it. Under it the file of a lock, its
// content and its lock change together.
func (s *Store) guard(ctx context.Context, flag int, k kind) (*inner, error) {
	return s.locked(ctx, s.path(guardName), flag, k)
}

// Acquire finds an owner dead whose name is in the lock file while nobody has the file locked.
func (s *Store) Acquire(ctx context.Context, scope string, by store.Owner) (store.Lease, error) {
	l, err := s.acquire(ctx, scope, by)
	if held := (*store.HeldError)(nil); errors.As(err, &held) {
		return nil, held
	}
	if stuck := (*stuckError)(nil); errors.As(err, &stuck) {
		return nil, &store.HeldError{Holder: store.Holder{Scope: scope, Owner: stuck.by}, File: stuck.path}
	}
	if err != nil {
		return nil, fmt.Errorf("lock %s: %w", scope, err)
	}
	return l, nil
}

func (s *Store) acquire(ctx context.Context, scope string, by store.Owner) (*lease, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := s.makeFolder(); err != nil {
		return nil, err
	}
	guard, err := s.guard(ctx, os.O_RDWR|os.O_CREATE, exclusive)
	if err != nil {
		return nil, err
	}
	defer guard.Close()
	path := s.lockPath(scope)
	f, err := s.open(path, os.O_RDWR|os.O_CREATE)
	if err != nil {
		return nil, err
	}
	l := &lease{store: s, path: path, lock: f}
	if err := l.take(scope, by, guard); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return l, nil
}

// owner reads who is named in a lock file: the zero Owner where that can't be read. An empty file names nobody.
func (s *Store) owner(f *os.File) (owner store.Owner, named bool, err error) {
	data, err := io.ReadAll(f)
	if err != nil || len(data) == 0 {
		return owner, false, err
	}
	if err := json.Unmarshal(data, &owner); err != nil {
		s.note(fmt.Sprintf("%s: whom the lock names can't be read: %v", f.Name(), err), "")
		return store.Owner{}, true, nil
	}
	return owner, true, nil
}

// Holders lists the lock files that name an owner. It writes nothing.
func (s *Store) Holders(ctx context.Context) ([]store.Holder, error) {
	guard, err := s.guard(ctx, os.O_RDONLY, shared)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil // nobody ever took a lock
	}
	if err != nil {
		return nil, fmt.Errorf("list locks: %w", err)
	}
	defer guard.Close()
	files, err := os.ReadDir(s.folder)
	if err != nil {
		return nil, fmt.Errorf("list locks: %w", err)
	}
	var holders []store.Holder
	for _, file := range files {
		scope, isLock := s.scopeOf(file.Name())
		if !isLock {
			continue
		}
		h, err := s.holder(scope)
		if err != nil {
			return nil, fmt.Errorf("list locks: %w", err)
		}
		if h != nil {
			holders = append(holders, *h)
		}
	}
	slices.SortFunc(holders, func(a, b store.Holder) int { return strings.Compare(a.Scope, b.Scope) })
	return holders, ctx.Err()
}

// scopeOf is the scope of a lock file. Where the name is too long to say it, the content does.
func (s *Store) scopeOf(file string) (scope string, isLock bool) {
	name, begins := strings.CutPrefix(file, lockPrefix)
	name, ends := strings.CutSuffix(name, lockSuffix)
	if !begins || !ends {
		return "", false
	}
	if !strings.Contains(name, ",") {
		scope, err := url.PathUnescape(name)
		return scope, err == nil
	}
	var h store.Holder
	data, err := s.readFile(s.path(file))
	return h.Scope, err == nil && json.Unmarshal(data, &h) == nil && s.lockPath(h.Scope) == s.path(file)
}

// holder reads the lock file of a scope, under the guard; nil where nobody has the lock.
func (s *Store) holder(scope string) (*store.Holder, error) {
	f, err := s.open(s.lockPath(scope), os.O_RDONLY)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	owner, named, err := s.owner(f)
	if err != nil || !named {
		return nil, err
	}
	free, err := tryLock(f, shared)
	if err != nil {
		return nil, err
	}
	return &store.Holder{Scope: scope, Owner: owner, Dead: free}, nil
}

// Break removes the lock file. If its owner lives, the file that it has open is no longer the one at the path. Whoever stopped
// while it held one of the inner locks loses that too.
func (s *Store) Break(ctx context.Context, scope string, by store.Owner, reason string) error {
	if err := s.breakLock(ctx, scope, by, reason); err != nil {
		return fmt.Errorf("break the lock of %s: %w", scope, err)
	}
	return nil
}

func (s *Store) breakLock(ctx context.Context, scope string, by store.Owner, reason string) error {
	if strings.TrimSpace(reason) == "" {
		return errors.New("no reason is given; say why, for the history")
	}
	guard, stuck, err := s.seize(ctx, s.path(guardName))
	if errors.Is(err, os.ErrNotExist) {
		return errors.New("nobody holds it")
	}
	if err != nil {
		return err
	}
	defer guard.Close()
	for _, name := range []string{historyName, kvName, limiterName} {
		in, from, err := s.seize(ctx, s.path(name))
		if err == nil {
			err = in.Close()
		}
		if absentIsFine(err) != nil {
			return err
		}
		stuck = cmp.Or(stuck, from)
	}
	h, err := s.holder(scope)
	if err != nil {
		return err
	}
	from := stuck // where nobody had the scope yet, but one had the folder's own lock
	if h != nil {
		from = &h.Owner
	}
	if from == nil {
		return errors.New("nobody holds it")
	}
	r := store.Record{Kind: store.LockBroken, At: time.Now().UTC(), Who: by, Scopes: []string{scope}, Reason: reason,
		Outcome: "taken from " + from.String()}
	if err := s.Record(ctx, r, nil); err != nil || h == nil {
		return err
	}
	return remove(s.lockPath(scope))
}
