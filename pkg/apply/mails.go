package apply

import (
	"fmt"
	"strings"
	"time"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/store"
)

// mailKey is the key under which the moment of a mail is kept.
func mailKey(m diff.MailKey) string {
	return strings.Join([]string{m.Resource.Connection, "mailed", m.Resource.String(), string(m.Subject.Kind), m.Subject.String(), m.Recipient}, "/")
}

// noted looks moments of mails up; nil without a store.
func noted(e store.Store) func(diff.MailKey) time.Time {
	if e == nil {
		return nil
	}
	return func(m diff.MailKey) time.Time {
		text, _ := e.Get(mailKey(m))
		at, _ := time.Parse(time.RFC3339, text) // zero where that is none
		return at
	}
}

// ahead is from when on a run counts as one that judges at another moment than the present.
const ahead = time.Hour

// noteMails keeps that changes are about to mail somebody, by the clock of this run: of resends always, of others where that
// clock is ahead of the vendor's, whose time would make the mail seem overdue at once. It comes before the call, so that a
// run that is killed mails nobody twice. undo takes it back where no mail was sent.
func (l *ledger) noteMails(changes []diff.Change) (undo func() error, err error) {
	now, before := map[string]string{}, map[string]string{}
	early := time.Until(l.opts.Now) > ahead
	for _, c := range changes {
		if l.opts.Session != nil && (c.Op == diff.OpResend || early && c.Mails > 0 && c.Op != diff.OpRevoke) {
			key := mailKey(c.Mail(l.part.Name))
			now[key] = l.opts.Now.UTC().Format(time.RFC3339)
			before[key], _ = l.opts.Session.store.Get(key)
		}
	}
	if len(now) == 0 {
		return func() error { return nil }, nil
	}
	keep := func(moments map[string]string) error {
		if err := l.opts.Session.store.PutAll(moments); err != nil {
			return fmt.Errorf("when mails are sent could not be kept: %w", err)
		}
		return nil
	}
	return func() error { return keep(before) }, keep(now)
}
