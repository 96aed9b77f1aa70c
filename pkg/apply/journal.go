package apply

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/provider"
	"github.com/entitlectl/entitlectl/pkg/store"
)

// journal writes down what one connection's run sends. No call is sent before its first entry is durable. A nil journal,
// as tests have it, writes nothing.
type journal struct {
	lease store.Lease
	run   string // the owner's run id
	plan  string
}

// remember opens the journal, and reads what earlier runs left in doubt.
func (r *run) remember(ctx context.Context, plan string) (err error) {
	session := r.opts.Session
	if session == nil {
		return nil
	}
	lease, held := session.leases[r.part.Name]
	if !held {
		return fmt.Errorf("the lock of %s is not held", r.part.Name)
	}
	r.journal = &journal{lease, session.who.Run, plan}
	r.doubts, err = readDoubts(ctx, session.store, r.part.Name)
	return err
}

// write adds entries about calls. An interrupted run still writes down what it did.
func (j *journal) write(ctx context.Context, entries ...store.Entry) error {
	if j == nil || len(entries) == 0 {
		return nil
	}
	for i := range entries {
		entries[i].At, entries[i].Plan = time.Now().UTC(), j.plan
		if entries[i].Run == "" {
			entries[i].Run = j.run
		}
	}
	if err := j.lease.Append(context.WithoutCancel(ctx), entries...); err != nil {
		return fmt.Errorf("the journal could not be written: %w", err)
	}
	return nil
}

// doubts are the calls of earlier runs that nothing has settled.
type doubts struct {
	entries []store.Entry
	of      map[diff.Change]time.Time // when they were sent last, by essence
	all     *time.Time                // until then a part of the journal is lost: it may have said anything
}

// readDoubts reads the doubts about a connection. An entry whose changes can't be read stands for any change.
func readDoubts(ctx context.Context, e store.Store, connection string) (doubts, error) {
	d := doubts{of: map[diff.Change]time.Time{}}
	if e == nil {
		return d, nil
	}
	var err error
	if d.entries, err = e.Doubts(ctx, connection); err != nil {
		return d, fmt.Errorf("the journal could not be read: %w", err)
	}
	for _, entry := range d.entries {
		changes, err := readItems(entry.Changes)
		if entry.State == store.Lost || err != nil {
			d.all = &entry.At
		}
		for _, c := range changes {
			d.of[c] = entry.At
		}
	}
	return d, nil
}

// about returns when an earlier run may have sent a change. What was lost was written before its moment, and so says nothing
// about a mail that follows one of after it.
func (d doubts) about(c diff.Change) (at time.Time, ok bool) {
	if at, ok = d.of[c.Essence()]; ok || d.all == nil {
		return at, ok
	}
	if sent, err := time.Parse(time.RFC3339Nano, c.From); err == nil && c.Op == diff.OpResend && sent.After(*d.all) {
		return time.Time{}, false
	}
	return *d.all, true
}

// announcement is what the journal is told of a call before it is sent.
type announcement struct {
	number  int
	call    string
	changes []diff.Change
	made    bool
	err     error        // why it could not be made; then the call was not sent
	undo    func() error // takes the moments of mails back
}

// announce writes down what a call is about to do. After an error it must not be sent. The moments of mails come last: with
// a journal that says nothing of it, a mail that is noted would count as sent.
func (r *run) announce(ctx context.Context, a *announcement) error {
	a.err = r.journal.write(ctx, store.Entry{Call: a.number, State: store.Begun, Name: a.call, Changes: items(a.changes)})
	if a.err != nil {
		return a.err
	}
	if a.undo, a.err = r.noteMails(a.changes); a.err != nil {
		return errors.Join(a.err, r.journal.write(ctx, store.Entry{Call: a.number, State: store.Settled, Detail: "not sent"}))
	}
	a.made = true
	return nil
}

// conclude writes down how a call ended. What the vendor surely did not do leaves nothing in doubt. After an error nothing
// more is sent; what was sent stays in doubt for the next run.
func (r *run) conclude(ctx context.Context, a announcement, failure error) {
	entry := store.Entry{Call: a.number, State: store.Answered}
	var err error
	switch {
	case !a.made: // it ended while it waited for its turn
		entry.State = store.Settled
	case provider.FailureOf(failure).Fate == provider.NotDone:
		entry.State, entry.Detail = store.Settled, failure.Error()
		err = a.undo()
	case failure != nil:
		entry.State, entry.Detail = store.Unanswered, failure.Error()
	}
	if a.made {
		err = errors.Join(err, r.journal.write(ctx, entry))
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if entry.State == store.Settled {
		delete(r.open, a.number)
	}
	if err != nil {
		r.halted = err.Error()
		r.notes = append(r.notes, fmt.Sprintf("how call %d ended (%s) is not written down: %v", a.number, entry.State, err))
	}
}

// await gives what earlier runs may have sent the time to show, before it is sent again; of mails, before they are reported
// as unknown. A clock that went back since makes that no longer.
func (r *run) await(ctx context.Context) {
	most := time.Now().Add(r.opts.settle())
	for attempt := 0; ; attempt++ {
		watched, until := r.doubted()
		left := min(time.Until(until), time.Until(most))
		if len(watched) == 0 || left <= 0 {
			return
		}
		if attempt == 0 {
			r.opts.Observe.tell(Awaiting{r.part.Name, len(watched), left})
		}
		if !pause(ctx, min(left, r.opts.pause(attempt))) {
			return
		}
		if live, err := r.readBack(ctx, watched); err == nil {
			r.skip(watched, live)
		}
	}
}

// doubted lists the changes that an earlier run may have sent, and returns until when the last of them may show.
func (r *run) doubted() (indexes []int, until time.Time) {
	for i, c := range r.part.Changes {
		s := r.steps[i]
		mail := c.Op == diff.OpResend && s.outcome == diff.Unknown && s.call == 0
		if at, ok := r.doubts.about(c); ok && (mail || unsent(s)) {
			indexes = append(indexes, i)
			if shown := at.Add(r.opts.settle()); shown.After(until) {
				until = shown
			}
		}
	}
	return indexes, until
}

// close writes down what reads told about the calls of this run and of earlier ones: all is settled, but for the changes
// that are reported as unknown, and for what this run did not come to look at or, with NoVerify, did not read back.
func (r *run) close(ctx context.Context) error {
	unknown := map[int][]diff.Change{} // by call
	for i, s := range r.steps {
		if s.outcome == diff.Unknown {
			unknown[s.call] = append(unknown[s.call], r.part.Changes[i])
		}
	}
	var entries []store.Entry
	for number := range r.open {
		entry := store.Entry{Call: number, State: store.Settled}
		if changes := unknown[number]; len(changes) > 0 {
			entry.State, entry.Changes = store.Unknown, items(changes)
		} else if r.opts.NoVerify {
			continue // accepted; if the next run still misses it, it gets its time to show
		}
		entries = append(entries, entry)
	}
	planned, open := r.inDoubt()
	for _, e := range r.doubts.entries {
		if !r.stays(e, planned, open) {
			entries = append(entries, store.Entry{Run: e.Run, Call: e.Call, State: store.Settled})
		}
	}
	slices.SortFunc(entries, func(a, b store.Entry) int {
		return cmp.Or(cmp.Compare(a.Run, b.Run), cmp.Compare(a.Call, b.Call))
	})
	return r.journal.write(ctx, entries...)
}

// inDoubt returns the changes of the plan by what they do, and those of them that this run neither sent nor found done.
func (r *run) inDoubt() (planned, open map[diff.Change]bool) {
	planned, open = map[diff.Change]bool{}, map[diff.Change]bool{}
	if len(r.doubts.entries) == 0 {
		return planned, open
	}
	for i, s := range r.steps {
		c := r.part.Changes[i].Essence()
		planned[c] = true
		if s.outcome == diff.NotTried || s.outcome == diff.Unknown && s.call == 0 {
			open[c] = true
		}
	}
	return planned, open
}

// stays says whether a call of an earlier run is still in doubt. Of a mail that a saved plan lacks, that plan says nothing.
func (r *run) stays(e store.Entry, planned, open map[diff.Change]bool) bool {
	changes, err := readItems(e.Changes)
	if e.State == store.Lost || err != nil {
		return len(open) > 0 || len(r.part.Targets) > 0 || r.opts.Saved
	}
	return slices.ContainsFunc(changes, func(c diff.Change) bool {
		_, looked := r.desired.Resources[c.Ref(r.part.Name)]
		return open[c] || !looked && len(r.part.Targets) > 0 || c.Op == diff.OpResend && !planned[c] && r.opts.Saved
	})
}
