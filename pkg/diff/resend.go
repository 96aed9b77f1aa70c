package diff

import (
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
	Retry   bool   // send a mail that is in doubt once more
	InDoubt string // the Problem of a mail that is in doubt and not sent, in words; not ""
}

// MailKey tells mails to different recipients apart.
type MailKey struct {
	Resource  spec.Ref
	Subject   spec.Subject
	Recipient string
}

// Mail is the key of the mail that the change makes the vendor send.
func (c Change) Mail(connection string) MailKey {
	return MailKey{Resource: c.Ref(connection), Subject: c.Subject, Recipient: c.Notice.Recipient}
}

// last is the later of the vendor's time and the noted ones. A mail to a member of a user group may come of the grant.
func (when Resending) last(n Notice) time.Time {
	last := n.Sent
	if when.Noted == nil {
		return last
	}
	for _, key := range []MailKey{{n.Resource, n.Subject, n.Recipient}, {n.Resource, n.Subject, ""}} {
		if noted := when.Noted(key); noted.After(last) {
			last = noted
		}
	}
	return last
}

// judge says of a mail that live would have sent again whether it is, and marks it where it is in doubt and not yet due for
// the next time anyway.
func (when Resending) judge(n Notice, c *Change) (send bool) {
	last, doubted := when.last(n), n.Unsure
	if when.Doubted != nil {
		if at, ok := when.Doubted(*c); ok {
			doubted, c.Doubt = true, at.UTC()
			if at.After(last) {
				last = at
			}
		}
	}
	if doubted && when.Retry {
		return true
	}
	if !when.Now.Before(last.Add(when.ResendAfter)) {
		return n.Tries < when.MaxAttempts
	}
	if doubted {
		c.Unsure, c.Problem, c.Mails, c.Doubt = true, when.InDoubt, 0, time.Time{}
	}
	return doubted
}

// Exhausted lists the mails that did not reach their end and are not sent again, since they were often enough.
func Exhausted(desired spec.State, live Live, when spec.Notices) []Notice {
	var out []Notice
	for _, n := range live.Notices {
		if _, listed := desired.Resources[n.Resource]; listed && !when.Off && n.Tries >= when.MaxAttempts {
			out = append(out, n)
		}
	}
	return out
}

// resends sends a mail again that has waited long enough, about what is desired and live: about a grant that is held, or
// about a resource that is not yet as it should be.
func (d *delta) resends(when Resending) {
	if when.Off {
		return
	}
	for _, n := range d.live.Notices {
		want, listed := d.desired.Resources[n.Resource]
		if !listed || want.Absent || want.Ownership == spec.Ignored || d.live.Resources[n.Resource].Incomplete != "" || n.Tries >= when.MaxAttempts && !n.Unsure {
			continue
		}
		g := spec.Grant{Resource: n.Resource, Subject: n.Subject, Role: spec.RoleAccess}
		claim, wanted := d.desired.Grants.Claim(g)
		if n.Subject != (spec.Subject{}) && (!wanted || !d.live.Grants.Has(g)) {
			continue
		}
		source, settings := claim.Source, spec.Settings{}
		if n.Subject == (spec.Subject{}) {
			source, settings = want.Source, sentWith(OpResend, want)
		}
		c := Change{Op: OpResend, Kind: n.Resource.Kind, Resource: n.Resource.Name, Subject: n.Subject, Notice: n.Ref(),
			Settings: settings, Source: source.Source(), Reason: n.Result, Mails: 1}
		if when.judge(n, &c) {
			d.add(c)
		}
	}
}

// MayHaveResent says of a resend that another run was about to send it after it was planned, and that no read can tell
// whether it did.
func MayHaveResent(connection string, c Change, live Live) bool {
	return c.Op == OpResend && slices.ContainsFunc(live.Notices, func(n Notice) bool {
		return c.isAbout(connection, n) && n.Ref() != c.Notice && n.Unsure
	})
}

// isAbout says whether a resend is about the newest mail to this recipient.
func (c Change) isAbout(connection string, n Notice) bool {
	return n.Resource == c.Ref(connection) && n.Subject == c.Subject && n.Recipient == c.Notice.Recipient
}
