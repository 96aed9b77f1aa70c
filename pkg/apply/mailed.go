package apply

import (
	"slices"
	"strings"
	"time"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/spec"
	"github.com/entitlectl/entitlectl/pkg/store"
)

// mailedKey is the key under which the moments of the mails to somebody are kept, where a rule counts them.
func mailedKey(connection string, person spec.Subject) string {
	return strings.Join([]string{connection, "mails", string(person.Kind), person.String()}, "/")
}

// lastDay are the moments in a text that are less than a day ago. One that is to come was noted by a runner whose clock is ahead.
func lastDay(text string) []string {
	since := time.Now().Add(-24 * time.Hour)
	return slices.DeleteFunc(strings.Fields(text), func(moment string) bool {
		at, err := time.Parse(time.RFC3339, moment)
		return err != nil || !at.After(since)
	})
}

// mailsTo tells how many mails somebody got within the last day; nil without a store.
func mailsTo(e store.Store, connection string) func(spec.Subject) int {
	if e == nil {
		return nil
	}
	return func(person spec.Subject) int {
		text, _ := e.Get(mailedKey(connection, person))
		return len(lastDay(text))
	}
}

// countMails adds the mails that changes cause to what is kept of them. Runs that write to a connection follow each other, so
// that none is lost between reading and writing; calls of one run may be in flight at once.
func (l *ledger) countMails(changes []diff.Change, now, before map[string]string) {
	moment := time.Now().UTC().Format(time.RFC3339)
	for person, mails := range diff.Mailed(changes) {
		key := mailedKey(l.part.Name, person)
		before[key], _ = l.opts.Session.store.Get(key)
		now[key] = strings.Join(append(lastDay(before[key]), slices.Repeat([]string{moment}, mails)...), " ")
	}
}
