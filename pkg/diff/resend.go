package diff

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/entitlectl/entitlectl/pkg/spec"
)

// Resending says when a mail that did not reach its end is sent again.
type Resending struct {
	spec.Notices
	Now time.Time
	// Noted is when a mail was last sent by the clock of the run that sent it; nil: the vendor's time alone counts. The
	// two differ where a run judges at another moment than the present.
	Noted func(MailKey) time.Time
	// Doubted is when an earlier run was about to send the mail, where nothing tells whether it did; else ok is false. nil:
	// nothing is in doubt.
	Doubted func(Change) (at time.Time, ok bool)
	Mailed  func(spec.Subject) int // how many mails somebody got within the last day; nil: nobody counts
	Retry   bool                   // send a mail that is in doubt once more
	InDoubt string                 // the Problem of a mail that is in doubt and not sent, in words; not ""
	GivenUp func(Notice) string    // the Problem of a setting that is not tried again, in words; nil: plain ones
}

// MailKey is what a mail is about, of which type it is, and to whom; the same for each time that it is sent.
type MailKey struct {
	Resource  spec.Ref
	Subject   spec.Subject
	Recipient string
	Type      string
}

// Mail is the key of the mail that the change makes the vendor send.
func (c Change) Mail(connection string) MailKey {
	return MailKey{Resource: c.Ref(connection), Subject: c.Subject, Recipient: c.Mailing().Recipient, Type: c.Mailing().Type}
}

// last is the latest of the vendor's times and the noted ones. A mail of whatever type to whomever may come of the change
// itself, and what a grant sends counts from the grant on, whether a record of it is there yet or not.
func (when Resending) last(n Notice) time.Time {
	last := n.Sent
	if n.Since.After(last) {
		last = n.Since
	}
	if when.Noted == nil {
		return last
	}
	for _, key := range []MailKey{{n.Resource, n.Subject, n.Recipient, n.Mail.Type}, {n.Resource, n.Subject, n.Recipient, ""}, {Resource: n.Resource, Subject: n.Subject}} {
		if noted := when.Noted(key); noted.After(last) {
			last = noted
		}
	}
	return last
}

// due is from when on a mail may be sent again, as far as it was not sent too often.
func (when Resending) due(n Notice) time.Time { return when.last(n).Add(when.ResendAfter) }

// judge says of a mail that live would have sent again whether it is, and marks it where it is in doubt and not yet due for
// the next time anyway.
func (when Resending) judge(n Notice, c *Change) (send bool) {
	due, doubted, mail := when.due(n), n.Unsure, c.Mailing()
	if when.Doubted != nil {
		if at, ok := when.Doubted(*c); ok {
			doubted, mail.Doubt = true, at.UTC()
			c.Resent = ResentOf(mail)
			if next := at.Add(when.ResendAfter); next.After(due) {
				due = next
			}
		}
	}
	if doubted && when.Retry {
		return true
	}
	if !when.Now.Before(due) {
		return n.Tries < when.MaxAttempts
	}
	if doubted {
		mail.Unsure, mail.Doubt = true, time.Time{}
		c.Problem, c.Mails, c.Resent = when.InDoubt, 0, ResentOf(mail)
	}
	return doubted
}

// Unsent is a mail that did not reach its end and is not sent again now.
type Unsent struct {
	Notice
	Due time.Time // from when on it is; zero: it was sent often enough
}

// Unsent lists such mails, as far as what they are about is still so.
func (c *Comparison) Unsent(when Resending) (unsent []Unsent) {
	for _, n := range c.live.Notices {
		_, current := c.current(n)
		switch {
		case when.Off || n.Unsure || !current && n.Field == "":
		case n.Tries >= when.MaxAttempts && n.Field == "":
			unsent = append(unsent, Unsent{Notice: n})
		case n.Subject == (spec.Subject{}) && n.Field == "": // it waits for an answer, and did not fail
		case n.Tries < when.MaxAttempts && !when.Now.IsZero() && when.Now.Before(when.due(n)):
			unsent = append(unsent, Unsent{n, when.due(n)})
		}
	}
	return unsent
}

// current says whether what a mail is about is still so, and where the files say so: that the grant is wanted and held, that
// one which was taken is neither, or that a resource is listed.
func (c *Comparison) current(n Notice) (source spec.Position, ok bool) {
	want, listed := c.desired.Resources[n.Resource]
	if !listed || want.Absent || want.Ownership == spec.Ignored {
		return source, false
	}
	if n.Subject == (spec.Subject{}) {
		return want.Source, n.Field == ""
	}
	g := spec.Grant{Resource: n.Resource, Subject: n.Subject, Role: spec.RoleAccess}
	origin, wanted := c.desired.Grants.Origin(g)
	held := c.live.Grants.Has(g)
	if n.Mail.After != string(OpRevoke) {
		return origin.Source, wanted && held
	}
	_, left := c.desired.Departed[n.Subject]
	_, ended := c.desired.Inactive.Origin(g)
	return want.Source, !wanted && !held && !left && (want.Ownership != spec.AddOnly || ended)
}

// resends sends a mail again that has waited long enough, about what is desired and live: about a grant that is held, about one
// that was taken, or about a resource that is not yet as it should be.
func (d *delta) resends() {
	if d.resending.Off {
		return
	}
	for _, n := range d.live.Notices {
		source, current := d.current(n)
		if !current || d.live.Resources[n.Resource].Incomplete != "" || n.Tries >= d.resending.MaxAttempts && !n.Unsure {
			continue
		}
		settings := spec.Settings{}
		if n.Subject == (spec.Subject{}) {
			settings = sentWith(OpResend, d.desired.Resources[n.Resource])
		}
		c := Change{Op: OpResend, Kind: n.Resource.Kind, Resource: n.Resource.Name, Subject: n.Subject, Resent: ResentOf(Mailing{NoticeRef: n.Ref(), Type: n.Mail.Type}),
			Settings: settings, Source: source.Source(), Reason: n.Result, Mails: 1}
		if d.resending.judge(n, &c) {
			d.add(c)
		}
	}
}

// again holds an update back whose whole effect so far was a mail that came to nothing, as a resend would be: it waits for its
// time, and is blocked once it was tried often enough.
func (d *delta) again(ref spec.Ref, c *Change) (send bool) {
	at := slices.IndexFunc(d.live.Notices, func(n Notice) bool { return n.Resource == ref && n.Field == c.Field })
	if d.resending.Off || d.resending.Now.IsZero() || at < 0 || c.Problem != "" { // without a moment nothing waits for one
		return true
	}
	n := d.live.Notices[at]
	if n.Tries >= d.resending.MaxAttempts {
		c.Problem = fmt.Sprintf("%s; it is not tried again after %d mails", n.Result, n.Tries)
		if d.resending.GivenUp != nil {
			c.Problem = d.resending.GivenUp(n)
		}
		return true
	}
	return !d.resending.Now.Before(d.resending.due(n))
}

// MayHaveResent says of a resend that another run was about to send it after it was planned, and that no read can tell
// whether it did.
func MayHaveResent(connection string, c Change, live Live) bool {
	return c.Op == OpResend && slices.ContainsFunc(live.Notices, func(n Notice) bool {
		return c.isAbout(connection, n) && n.Ref() != c.Mailing().NoticeRef && n.Unsure
	})
}

// isAbout says whether a resend is about the newest mail of this type to this recipient.
func (c Change) isAbout(connection string, n Notice) bool {
	mail := c.Mailing()
	return n.Resource == c.Ref(connection) && n.Subject == c.Subject && n.Recipient == mail.Recipient && n.Mail.Type == mail.Type
}

// Bounced says of a mail whether it is one that a change of this run made the vendor send, or sent again.
func (n Notice) Bounced(connection string, c Change) bool {
	if n.Subject == (spec.Subject{}) && n.Field == "" { // it waits for an answer, and did not fail
		return false
	}
	if c.Op == OpResend {
		return c.isAbout(connection, n) && n.Ref() != c.Mailing().NoticeRef
	}
	return string(c.Op) == cmp.Or(n.Mail.After, string(OpGrant)) && n.Resource == c.Ref(connection) && n.Subject == c.Subject
}
