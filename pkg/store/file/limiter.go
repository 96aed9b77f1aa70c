package file

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"
)

// limiterName is the name of the file with the next turns. It is sealed, and written in place without a sync: what a crash
// forgets costs a vendor one early call, and turns are reserved too often to wait for a disk.
const limiterName = "budget.json"

// turnsFile is the content of the file.
type turnsFile struct {
	At   time.Time            `json:"at"`   // when it was written
	Next map[string]time.Time `json:"next"` // turn of each key
}

// day is how far ahead a turn may be. One that is further was put there by damage, or before the clock was put back.
const day = 24 * time.Hour

// Reserve shares turns within the process alone where the state folder is missing or can't be written to: to plan makes no
// files, and a rate is no reason to refuse work.
func (s *Store) Reserve(ctx context.Context, key string, every time.Duration) (time.Duration, error) {
	if every <= 0 {
		return 0, fmt.Errorf("reserve a turn of %s every %v: must be positive", key, every)
	}
	return s.turn(ctx, key, func(wait time.Duration) time.Duration { return wait + every })
}

// Delay is shared as Reserve is.
func (s *Store) Delay(ctx context.Context, key string, d time.Duration) error {
	_, err := s.turn(ctx, key, func(wait time.Duration) time.Duration { return max(wait, d) })
	return err
}

// turn returns how long it is until the next turn under the key, and moves that turn to where next says. Of what the process
// and the file know of it the later counts.
func (s *Store) turn(ctx context.Context, key string, next func(wait time.Duration) time.Duration) (time.Duration, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	s.turnsMu.Lock()
	defer s.turnsMu.Unlock()
	f, err := s.turnsLocked(ctx) // makes no folder
	if err == nil {
		defer f.Close()
	}
	if ctx.Err() != nil {
		return 0, context.Cause(ctx)
	}
	now := time.Now() // under the lock, so that it is never before the moment at which another process wrote
	shared := map[string]time.Time{}
	if err == nil {
		shared, err = s.readTurns(f.File, now)
	}
	wait := max(0, s.turns[key].Sub(now), shared[key].Sub(now))
	if wait > day {
		wait = 0
	}
	s.turns[key] = now.Add(min(day, next(wait)))
	shared[key] = s.turns[key]
	if err == nil {
		err = s.writeTurns(f.File, turnsFile{now, shared})
	}
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		s.note(fmt.Sprintf("rates are not shared with other processes: %v", err), "")
	}
	return wait, nil
}

// turnsLocked waits for the file once at most: all requests go through here.
func (s *Store) turnsLocked(ctx context.Context) (*inner, error) {
	wait := s.patience
	if s.alone {
		wait = 0
	}
	f, err := s.lockedWithin(ctx, s.path(limiterName), os.O_RDWR|os.O_CREATE, exclusive, wait)
	if stuck := (*stuckError)(nil); errors.As(err, &stuck) {
		s.alone = true
	}
	return f, err
}

// readTurns returns the turns to come. A file that was written after now shows that the clock was put back; its turns are moved
// back too.
func (s *Store) readTurns(f *os.File, now time.Time) (map[string]time.Time, error) {
	next := map[string]time.Time{}
	line, err := io.ReadAll(f)
	if err != nil || len(line) == 0 {
		return next, err
	}
	var t turnsFile
	data, ok := unseal(line)
	if !ok || json.Unmarshal(data, &t) != nil {
		s.note(f.Name()+": the rates are damaged", " and start anew")
		return next, nil
	}
	back := max(0, t.At.Sub(now))
	for key, turn := range t.Next {
		if turn = turn.Add(-back); turn.After(now) {
			next[key] = turn
		}
	}
	return next, nil
}

func (s *Store) writeTurns(f *os.File, t turnsFile) error {
	data, err := json.Marshal(t)
	if err != nil {
		return err
	}
	return s.overwrite(f, seal(data))
}
