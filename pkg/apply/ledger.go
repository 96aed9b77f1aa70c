package apply

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/provider"
	"github.com/entitlectl/entitlectl/pkg/store"
)

// ledger writes down what a connection's calls are about to do and what came of them, and knows what earlier runs left in
// doubt. No call is sent before its first entry is durable. Without a session, as in tests, nothing is written.
type ledger struct {
	*task
	lease  store.Lease // nil without a session
	doubts doubts

	mailing sync.Mutex // from reading what is kept of mails to keeping more

	mu    sync.Mutex   // calls run side by side
	open  map[int]bool // calls that the journal holds and does not call settled
	notes []string     // what could not be written down
}

// remember opens the journal, and reads what earlier runs left in doubt.
func (l *ledger) remember(ctx context.Context) (err error) {
	session := l.opts.Session
	if session == nil {
		return nil
	}
	if l.lease = session.leases[l.part.Name]; l.lease == nil {
		return fmt.Errorf("the lock of %s is not held", l.part.Name)
	}
	l.doubts, err = readDoubts(ctx, session.store, l.part.Name)
	return err
}

// write adds entries about calls to the journal. An interrupted run still writes down what it did.
func (l *ledger) write(ctx context.Context, entries ...store.Entry) error {
	if l.lease == nil || len(entries) == 0 {
		return nil
	}
	for i := range entries {
		entries[i].At, entries[i].Plan = time.Now().UTC(), l.opts.Plan.ID
		entries[i].Run = cmp.Or(entries[i].Run, l.opts.Session.who.Run)
	}
	if err := l.lease.Append(context.WithoutCancel(ctx), entries...); err != nil {
		return fmt.Errorf("the journal could not be written: %w", err)
	}
	return nil
}

// announce writes down what a call is about to do. After an error it must not be sent. The moments of mails come last: with
// a journal that says nothing of it, a mail that is noted would count as sent. undo takes them back.
func (l *ledger) announce(ctx context.Context, number int, name string, changes []diff.Change) (undo func() error, err error) {
	if err := l.write(ctx, store.Entry{Call: number, State: store.Begun, Name: name, Changes: items(changes)}); err != nil {
		return nil, err
	}
	if undo, err = l.noteMails(changes); err != nil {
		return nil, errors.Join(err, l.write(ctx, store.Entry{Call: number, State: store.Settled, Detail: "not sent"}))
	}
	return undo, nil
}

// conclude writes down how an announced call ended. What the vendor surely did not do leaves nothing in doubt. After an error
// nothing more may be sent; what was sent stays in doubt for the next run.
func (l *ledger) conclude(ctx context.Context, number int, undo func() error, end provider.Failure) (err error) {
	entry := store.Entry{Call: number, State: store.Answered}
	switch end.Fate {
	case provider.NotDone:
		entry.State, entry.Detail = store.Settled, end.Err.Error()
		err = undo()
	case provider.Failed, provider.Unknown:
		entry.State, entry.Detail = store.Unanswered, end.Err.Error()
	}
	err = errors.Join(err, l.write(ctx, entry))
	l.mu.Lock()
	defer l.mu.Unlock()
	if entry.State != store.Settled {
		l.open[number] = true
	}
	if err != nil {
		l.notes = append(l.notes, fmt.Sprintf("how call %d ended (%s) is not written down: %v", number, entry.State, err))
	}
	return err
}

// close writes down what reads told about the calls of this run and of earlier ones: all is settled, but for the changes
// that are reported as unknown, and for what this run did not come to look at or, with NoVerify, did not read back.
func (l *ledger) close(ctx context.Context, s *steps) {
	entries := append(l.lastEntries(s), l.settledDoubts(s)...)
	slices.SortFunc(entries, func(a, b store.Entry) int {
		return cmp.Or(cmp.Compare(a.Run, b.Run), cmp.Compare(a.Call, b.Call))
	})
	if err := l.write(ctx, entries...); err != nil {
		l.notes = append(l.notes, err.Error())
	}
}

// lastEntries are the last ones about this run's calls.
func (l *ledger) lastEntries(s *steps) (entries []store.Entry) {
	unknown := map[int][]diff.Change{} // by call
	for i, step := range s.all {
		if step.outcome == diff.Unknown {
			unknown[int(step.call)] = append(unknown[int(step.call)], s.changes[i])
		}
	}
	for number := range l.open {
		entry := store.Entry{Call: number, State: store.Settled}
		if changes := unknown[number]; len(changes) > 0 {
			entry.State, entry.Changes = store.Unknown, items(changes)
		} else if l.opts.NoVerify {
			continue // accepted; if the next run still misses it, it gets its time to show
		}
		entries = append(entries, entry)
	}
	return entries
}

// settledDoubts are the entries about calls of earlier runs that are no longer in doubt.
func (l *ledger) settledDoubts(s *steps) (entries []store.Entry) {
	if len(l.doubts.entries) == 0 {
		return nil
	}
	planned, left := s.keys()
	for _, e := range l.doubts.entries {
		if !l.stillInDoubt(e, planned, left) {
			entries = append(entries, store.Entry{Run: e.Run, Call: e.Call, State: store.Settled})
		}
	}
	return entries
}

// stillInDoubt says whether a call of an earlier run is. Of a mail that a saved plan lacks, that plan says nothing.
func (l *ledger) stillInDoubt(e store.Entry, planned, left map[diff.Change]bool) bool {
	changes, err := readItems(e.Changes)
	if e.State == store.Lost || err != nil {
		return len(left) > 0 || len(l.part.Targets) > 0 || l.opts.Saved
	}
	return slices.ContainsFunc(changes, func(c diff.Change) bool {
		_, looked := l.desired.Resources[c.Ref(l.part.Name)]
		return left[c] || !looked && len(l.part.Targets) > 0 || c.Op == diff.OpResend && !planned[c] && l.opts.Saved
	})
}
