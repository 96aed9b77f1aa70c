package apply

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/spec"
	"github.com/entitlectl/entitlectl/pkg/store"
)

// Session is the right to write to connections: the lock of each, and the journal of what is sent to it.
type Session struct {
	store  store.Store
	who    store.Owner
	commit string
	leases map[string]store.Lease // by connection
	waited bool
}

// lockRetry is the pause between two tries to get a lock.
const lockRetry = 250 * time.Millisecond

// AcquireLocks takes the locks of the connections, all or none, for an owner who applies files of a commit, which may be "". Where
// somebody else has one it waits up to wait; then the error is a *store.HeldError. tell, if not nil, is called before a wait
// begins, once for each of those that are waited for.
func AcquireLocks(ctx context.Context, kept store.Store, who store.Owner, commit string, connections []string, wait time.Duration, tell func(*store.HeldError)) (*Session, error) {
	s := &Session{store: kept, who: who, commit: commit, leases: map[string]store.Lease{}}
	until := time.Now().Add(wait)
	for _, name := range slices.Sorted(slices.Values(connections)) { // in one order, so that no two wait for each other
		lease, err := kept.Acquire(ctx, name, who)
		told := (*store.HeldError)(nil)
		for held := (*store.HeldError)(nil); errors.As(err, &held) && time.Now().Before(until); {
			if tell != nil && (told == nil || held.Owner != told.Owner) {
				tell(held)
			}
			s.waited, told = true, held
			if !pause(ctx, lockRetry) {
				break
			}
			lease, err = kept.Acquire(ctx, name, who)
		}
		if err != nil && ctx.Err() != nil { // that somebody has the lock is not why we stop
			err = context.Cause(ctx)
		}
		if err != nil {
			return nil, errors.Join(err, s.Release())
		}
		s.leases[name] = lease
	}
	return s, nil
}

// kept is the store of the session; nil without a session.
func (s *Session) kept() store.Store {
	if s == nil {
		return nil
	}
	return s.store
}

// Waited says whether somebody else had a lock first, so that what was read before it may have changed.
func (s *Session) Waited() bool { return s.waited }

// Former lists, in a line each, whose locks were taken over because their owners died.
func (s *Session) Former() []string {
	var lines []string
	for name, lease := range s.leases {
		if owner := lease.Former(); owner != nil {
			lines = append(lines, fmt.Sprintf("took over the lock of %s from %s, who is gone; what that run left in doubt is settled by reading", name, owner))
		}
	}
	slices.Sort(lines)
	return lines
}

// Release gives all locks back.
func (s *Session) Release() error {
	if s == nil {
		return nil
	}
	var errs []error
	for _, lease := range s.leases {
		errs = append(errs, lease.Release())
	}
	return errors.Join(errs...)
}

// started adds to the history what the run is about to do, with its plan.
func (s *Session) started(ctx context.Context, opts ApplyOptions) error {
	if s == nil {
		return nil
	}
	made := opts.Made
	if made == nil {
		made = opts.Plan
	}
	return s.record(ctx, opts.Plan, store.Record{Kind: store.RunStarted, Reason: opts.Reason, Overrides: opts.Overrides, Claims: opts.Claims}, made.Rows(s.who.Run))
}

// ended adds to the history what the run did: in the record how much, in its details what became of each change.
func (s *Session) ended(ctx context.Context, result *diff.Result, opts ApplyOptions) error {
	if s == nil {
		return nil
	}
	text, err := json.Marshal(result.Short())
	if err != nil {
		return err
	}
	return s.record(ctx, opts.Plan, store.Record{Kind: store.RunEnded, Result: text, Calls: result.Summary.Calls,
		Outcome: outcome(ctx, result, opts)}, result.Rows(s.who.Run))
}

// record fills in what all records of a run say.
func (s *Session) record(ctx context.Context, plan *diff.Plan, r store.Record, details store.Rows) error {
	r.At, r.Who, r.Plan, r.Spec, r.Commit = time.Now().UTC(), s.who, plan.ID, plan.Spec, s.commit
	r.Scopes = spec.Each(plan.Connections, func(part diff.ConnectionPlan) string { return part.Name })
	if err := s.store.Record(context.WithoutCancel(ctx), r, details); err != nil {
		return fmt.Errorf("the history could not be written: %w", err)
	}
	return nil
}

// outcome is how a run ended, in a word or three.
func outcome(ctx context.Context, result *diff.Result, opts ApplyOptions) string {
	left := slices.ContainsFunc(result.Connections, func(p diff.PartResult) bool { return len(p.Errors) > 0 })
	finished := result.Summary.Clean() || opts.Finished != nil && opts.Finished(result)
	switch {
	case finished && !left:
		return "done"
	case ctx.Err() == nil:
		return "unfinished"
	case errors.Is(context.Cause(ctx), context.DeadlineExceeded):
		return "out of time"
	}
	return "interrupted"
}
