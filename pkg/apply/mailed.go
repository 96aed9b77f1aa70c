package apply

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/spec"
	"github.com/entitlectl/entitlectl/pkg/store"
)

// mailedKey is the key under which the moments of the mails to somebody are kept, where a rule counts them.
func mailedKey(connection string, person spec.Subject) string {
	return strings.Join([]string{connection, "mails", string(person.Kind), person.String()}, "/")
}

// clockOf is the time by the store's clock, which the machines of a shared one may be far from; that of this machine where the
// store has none, or can't be asked.
func clockOf(e store.Store) time.Time {
	if c, has := e.(store.Clock); has {
		if now, err := c.Now(context.Background()); err == nil {
			return now
		}
	}
	return time.Now()
}

// lastDay are the moments in a text that are less than a day before now. One that is to come was noted by a clock that was put
// back since.
func lastDay(text string, now time.Time) []string {
	since := now.Add(-24 * time.Hour)
	return slices.DeleteFunc(strings.Fields(text), func(moment string) bool {
		at, err := time.Parse(time.RFC3339, moment)
		return err != nil || !at.After(since)
	})
}

// mailsTo counts the mails that somebody got within the last day; nil without a store.
func mailsTo(e store.Store, connection string) func(spec.Subject) int {
	if e == nil {
		return nil
	}
	clock := sync.OnceValue(func() time.Time { return clockOf(e) })
	return func(person spec.Subject) int {
		text, _ := e.Get(mailedKey(connection, person))
		return len(lastDay(text, clock()))
	}
}

// mailCount is how many mails changes cause to whom, and when.
type mailCount struct {
	to     map[spec.Subject]int
	moment string
}

// countMails adds the mails that changes cause to what is kept of them. Runs that write to a connection follow each other, and
// calls of one run have l.mailing, so that none is lost between reading and writing.
func (l *ledger) countMails(changes []diff.Change, kept map[string]string) mailCount {
	now := clockOf(l.opts.Session.store)
	c := mailCount{diff.Mailed(changes), now.UTC().Format(time.RFC3339)}
	for person, mails := range c.to {
		key := mailedKey(l.part.Name, person)
		text, _ := l.opts.Session.store.Get(key)
		kept[key] = strings.Join(append(lastDay(text, now), slices.Repeat([]string{c.moment}, mails)...), " ")
	}
	return c
}

// uncount takes mails back that were not sent. Others may have been counted since.
func (l *ledger) uncount(c mailCount, kept map[string]string) {
	for person, mails := range c.to {
		key := mailedKey(l.part.Name, person)
		text, _ := l.opts.Session.store.Get(key)
		moments := strings.Fields(text)
		for range mails {
			if i := slices.Index(moments, c.moment); i >= 0 {
				moments = slices.Delete(moments, i, i+1)
			}
		}
		kept[key] = strings.Join(moments, " ")
	}
}
