package diff

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
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
	Retry   bool // send a mail that is in doubt once more
}

// MailKey tells mails to different recipients apart.
type MailKey struct {
	Resource  spec.Ref
	Subject   spec.Subject
	Recipient string
}

// Mail is the key of the mail that the change makes the vendor send.
func (c Change) Mail(connection string) MailKey {
	key := MailKey{Resource: c.Ref(connection), Subject: c.Subject}
	if c.Op == OpResend {
		key.Recipient = c.To
	}
	return key
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

// DoubtfulMail is the problem of a mail that an earlier run may have sent.
const DoubtfulMail = "an earlier run may have sent this mail, and no read can tell; --retry-unknown sends it again"

// judge says of a mail that live would have sent again whether it is, and marks it where it is in doubt and not yet due for
// the next time anyway.
func (when Resending) judge(n Notice, c *Change) (send bool) {
	last, doubted := when.last(n), n.Unsure
	if when.Doubted != nil {
		if at, ok := when.Doubted(*c); ok {
			doubted, c.Doubt = true, DoubtOf(at)
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
		c.Unsure, c.Problem, c.Mails, c.Doubt = true, DoubtfulMail, 0, ""
	}
	return doubted
}

// DoubtOf tells the doubt of one run about a mail from that of another: by the moment of that run.
func DoubtOf(at time.Time) string { return at.UTC().Format(time.RFC3339Nano) }

// Exhausted says, in a line each, which mails did not reach their end and are not sent again, since they were often enough.
func Exhausted(desired spec.State, live Live, when Resending) []string {
	var lines []string
	for _, n := range live.Notices {
		if _, listed := desired.Resources[n.Resource]; !listed || when.Off || n.Tries < when.MaxAttempts {
			continue
		}
		who := cmp.Or(n.Recipient, n.Subject.Name, "its owner")
		lines = append(lines, fmt.Sprintf("%s: %d mails to %s came to nothing, and no more are sent (notices: maxAttempts)", n.Resource, n.Tries, who))
	}
	slices.Sort(lines)
	return lines
}

// Compute lists the changes that turn live into desired, in order of execution. Both are of the same connection; what
// desired does not list is left alone.
func Compute(desired spec.State, live Live, resending Resending) []Change {
	d := delta{desired: desired, live: live, changes: []Change{}}
	d.resources()
	d.grants()
	d.revokes()
	d.resends(resending)
	slices.SortFunc(d.changes, compareChanges)
	return d.changes
}

// delta collects changes. It adds them in no particular order: maps have none.
type delta struct {
	desired spec.State
	live    Live
	changes []Change
}

func (d *delta) resources() {
	for ref, want := range d.desired.Resources {
		have, exists := d.live.Resources[ref]
		switch {
		case want.Ownership == spec.Ignored:
		case want.Absent && exists && have.Incomplete == "":
			d.add(Change{Op: OpDelete, Kind: ref.Kind, Resource: ref.Name, Source: want.Source.Source(), Reason: "state: absent"})
		case want.Absent:
		case !exists:
			d.add(Change{Op: OpCreate, Kind: ref.Kind, Resource: ref.Name, Settings: sentWith(OpCreate, want),
				Source: want.Source.Source(), Problem: d.live.Impossible[ref]})
		default:
			d.updates(ref, want, have)
		}
	}
}

// sentWith is the Settings of a change.
func sentWith(op Op, want spec.Resource) spec.Settings {
	if op == OpCreate {
		return want.Settings.And(want.Fixed)
	}
	return want.Fixed
}

func (d *delta) updates(ref spec.Ref, want, have spec.Resource) {
	for field, to := range want.Settings.All() {
		if from := have.Settings.Get(field); from != to {
			d.add(Change{Op: OpUpdate, Kind: ref.Kind, Resource: ref.Name, Field: field, From: from, To: to,
				Settings: sentWith(OpUpdate, want), Source: want.Source.Source(), Problem: d.live.Impossible[ref]})
		}
	}
}

func (d *delta) grants() {
	for g, claim := range d.desired.Grants.Minus(d.live.Grants) {
		if d.desired.Resources[g.Resource].Ownership == spec.Ignored {
			continue
		}
		d.add(Change{Op: OpGrant, Kind: g.Resource.Kind, Resource: g.Resource.Name, Role: g.Role, Subject: g.Subject,
			Source: claim.Source.Source(), Reason: claim.Reason,
			Problem: cmp.Or(d.live.Impossible[g.Resource], d.live.Problems[g.Subject])})
	}
}

func (d *delta) revokes() {
	for g := range d.live.Grants.Minus(d.desired.Grants) {
		r, listed := d.desired.Resources[g.Resource]
		if !listed || r.Absent || !d.mayRevoke(g.Resource) {
			continue
		}
		claim, left := d.whyRevoke(g)
		if r.Ownership == spec.AddOnly && !left {
			continue
		}
		d.add(Change{Op: OpRevoke, Kind: g.Resource.Kind, Resource: g.Resource.Name, Role: g.Role, Subject: g.Subject,
			Source: claim.Source.Source(), Reason: claim.Reason})
	}
}

// mayRevoke holds back where the list of live grants isn't whole, where the resource is only watched, and where
// assignments mean nothing because everyone has access.
func (d *delta) mayRevoke(ref spec.Ref) bool {
	r := d.desired.Resources[ref]
	return r.Ownership != spec.Ignored && !r.Open && d.live.Resources[ref].Incomplete == ""
}

// whyRevoke says why live holds a grant that it should not, and whether its holder left.
func (d *delta) whyRevoke(g spec.Grant) (claim spec.Claim, left bool) {
	if claim, left = d.desired.Left[g.Subject]; left {
		return claim, true
	}
	if claim, lapsed := d.desired.Lapsed.Claim(g); lapsed {
		return claim, false
	}
	return spec.Claim{Reason: "not in the files"}, false
}

// resends sends a mail again that has waited long enough, about what is desired and live: about a grant that is held, or
// about a resource that is not yet as it should be.
func (d *delta) resends(when Resending) {
	if when.Off {
		return
	}
	for _, n := range d.live.Notices {
		want, listed := d.desired.Resources[n.Resource]
		if !listed || want.Absent || want.Ownership == spec.Ignored || n.Tries >= when.MaxAttempts && !n.Unsure {
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
		c := Change{Op: OpResend, Kind: n.Resource.Kind, Resource: n.Resource.Name, Subject: n.Subject, To: n.Recipient,
			From: n.moment(), Settings: settings, Source: source.Source(), Reason: n.Result, Mails: 1}
		if when.judge(n, &c) {
			d.add(c)
		}
	}
}

// moment tells a mail from the next one to the same recipient.
func (n Notice) moment() string { return n.Sent.UTC().Format(time.RFC3339Nano) }

func (d *delta) add(c Change) {
	if d.live.Mails != nil && c.Problem == "" && c.Op != OpResend {
		c.Mails = d.live.Mails(c)
	}
	d.changes = append(d.changes, c)
}

// compareChanges is the order of execution: by op, then by kind, name, role and subject.
func compareChanges(a, b Change) int {
	return cmp.Or(
		cmp.Compare(opOrder(a.Op), opOrder(b.Op)),
		a.Kind.Compare(b.Kind),
		strings.Compare(a.Resource, b.Resource),
		strings.Compare(a.Field, b.Field),
		strings.Compare(string(a.Role), string(b.Role)),
		a.Subject.Compare(b.Subject),
		strings.Compare(a.To, b.To),
	)
}

func opOrder(op Op) int { return slices.Index(Ops, op) }

// Satisfied says whether live shows what the change wants, so that nothing is left to do for it. What live can't show is
// not satisfied: a grant that is absent from a list that isn't whole, or on a resource that is open to everyone.
func Satisfied(connection string, c Change, live Live) bool {
	ref := c.Ref(connection)
	r, exists := live.Resources[ref]
	held := live.Grants.Has(c.Grant(connection))
	switch c.Op {
	case OpCreate:
		return exists
	case OpDelete:
		return !exists
	case OpGrant:
		return held
	case OpRevoke:
		return !held && r.Incomplete == "" && !r.Open
	case OpUpdate:
		return exists && c.To != "" && r.Settings.Get(c.Field) == c.To
	case OpResend: // another mail is surely the newest by now, or the last one needs none any more
		return !slices.ContainsFunc(live.Notices, func(n Notice) bool {
			return c.isAbout(connection, n) && (n.moment() == c.From || n.Unsure)
		})
	}
	return false
}

// Tried says of a resend that it was about to be sent after it was planned, and that no read can tell whether it was.
func Tried(connection string, c Change, live Live) bool {
	return c.Op == OpResend && slices.ContainsFunc(live.Notices, func(n Notice) bool {
		return c.isAbout(connection, n) && n.moment() != c.From && n.Unsure
	})
}

// isAbout says whether a resend is about the newest mail to this recipient.
func (c Change) isAbout(connection string, n Notice) bool {
	return n.Resource == c.Ref(connection) && n.Subject == c.Subject && n.Recipient == c.To
}
