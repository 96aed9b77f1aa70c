package apply

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/provider"
	"github.com/entitlectl/entitlectl/pkg/spec"
	"github.com/entitlectl/entitlectl/pkg/store"
)

// mailKey is the key under which the moment of a mail is kept.
func mailKey(m diff.MailKey) string {
	parts := []string{m.Resource.Connection, "mailed", m.Resource.String(), string(m.Subject.Kind), m.Subject.String(), m.Recipient}
	if m.Type != "" {
		parts = append(parts, m.Type)
	}
	return strings.Join(parts, "/")
}

// noted looks moments of mails up, for a run that judges by now; nil without a store.
func noted(e store.Store, now time.Time) func(diff.MailKey) time.Time {
	if e == nil {
		return nil
	}
	return func(m diff.MailKey) time.Time {
		text, _ := e.Get(mailKey(m))
		real, judged, _ := strings.Cut(text, " ")
		at, _ := time.Parse(time.RFC3339, real) // zero where that is none
		pretended, err := time.Parse(time.RFC3339, judged)
		if err == nil && pretended.After(at) && !pretended.After(now) {
			return pretended
		}
		return at
	}
}

// moment is what is kept of a mail: when it was sent and, for runs that judge at least as late, the later moment by which that
// run judged. To them it would seem overdue at once; to all others that moment means nothing.
func moment(now time.Time) string {
	text := time.Now().UTC().Format(time.RFC3339)
	if time.Until(now) > ahead {
		text += " " + now.UTC().Format(time.RFC3339)
	}
	return text
}

// mailsOfRevokes says whether mails about revokes may be sent again: where the file names types, those may be among them.
func mailsOfRevokes(job Job) bool { return len(job.Connection.Notices.Types) > 0 }

// ahead is from when on a run counts as one that judges at another moment than the present.
const ahead = time.Hour

// noteMails keeps that changes are about to mail somebody: of resends always, and of revokes where mails about them are sent
// again, since no read shows when a grant ended; of others where this run judges by a later moment than the vendor's clock, by
// which the mail would seem overdue at once. It comes before the call, so that a run that is killed mails nobody twice. undo
// takes it back where no mail was sent.
func (l *ledger) noteMails(changes []diff.Change) (undo func() error, err error) {
	now, before := map[string]string{}, map[string]string{}
	early, again := time.Until(l.opts.Now) > ahead, mailsOfRevokes(l.job)
	counted := mailCount{}
	for _, c := range changes {
		if l.opts.Session != nil && (c.Op == diff.OpResend || again && c.Op == diff.OpRevoke || early && c.Mails > 0) {
			key := mailKey(c.Mail(l.part.Name))
			now[key] = moment(l.opts.Now)
			before[key], _ = l.opts.Session.store.Get(key)
		}
	}
	if l.opts.Session != nil && !l.opts.Rules.MaxMailsPerPerson.Off {
		l.mailing.Lock()
		defer l.mailing.Unlock()
		counted = l.countMails(changes, now)
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
	undo = func() error {
		l.mailing.Lock()
		defer l.mailing.Unlock()
		l.uncount(counted, before)
		return keep(before)
	}
	return undo, keep(now)
}

// clockSlack is how far the clock of a vendor that takes our signatures may be from ours. A mail that is older than the run by
// more is none that the run caused.
const clockSlack = 15 * time.Minute

// asksMails says whether it is asked at the end what became of mails.
func (r *run) asksMails() bool {
	return !r.job.Connection.Notices.Off && !r.opts.NoVerify && slices.ContainsFunc(r.part.Changes, r.mails)
}

// mails says whether the vendor mails somebody about a change.
func (r *run) mails(c diff.Change) bool {
	return c.Mails > 0 || c.Op == diff.OpRevoke && mailsOfRevokes(r.job)
}

// tellBounced notes which mails that the run caused the vendor shows as failed by now. Vendors show them late: the next plan
// tells of those that come after this look.
func (r *run) tellBounced(ctx context.Context) {
	var mailed []diff.Change
	for i, c := range r.part.Changes {
		if r.mails(c) && r.steps.all[i].outcome == diff.Done && r.steps.all[i].call > 0 {
			mailed = append(mailed, c)
		}
	}
	if len(mailed) == 0 || !r.asksMails() || ctx.Err() != nil {
		return
	}
	q := provider.ReadBack(r.part.Name, r.desired, mailed)
	q.Notices, q.Pairs, q.Listing = true, spec.Grants{}, r.listing
	live, err := provider.Read(ctx, r.target, r.job.Connection, q)
	if err != nil {
		return // what the changes did was read back; the next plan tells the rest
	}
	failed := slices.DeleteFunc(live.Notices, func(n diff.Notice) bool {
		return n.Sent.Before(r.began.Add(-clockSlack)) || !slices.ContainsFunc(mailed, func(c diff.Change) bool { return n.Bounced(r.part.Name, c) })
	})
	r.ledger.notes = append(r.ledger.notes, notes(failed, bounced)...)
}
