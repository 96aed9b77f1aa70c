package apply

import (
	"context"
	"fmt"
	"time"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/store"
)

// doubts are the calls of earlier runs that nothing has settled.
type doubts struct {
	entries []store.Entry
	of      map[diff.Change]time.Time // by key: when they were sent last
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

// none says whether nothing is in doubt.
func (d doubts) none() bool { return len(d.of) == 0 && d.all == nil }

// about returns when an earlier run may have sent a change. What was lost was written before its moment, and so says nothing
// about a mail that follows one of after it.
func (d doubts) about(c diff.Change) (at time.Time, ok bool) {
	key := c.Key()
	mail := key.Mailing()
	if at, ok = d.of[key]; !ok && mail.Type != "" { // journals did not always name the type
		mail.Type = ""
		key.Resent = diff.ResentOf(mail)
		at, ok = d.of[key]
	}
	if !ok && d.all != nil && !c.Mailing().Sent.After(*d.all) {
		return *d.all, true
	}
	return at, ok
}
