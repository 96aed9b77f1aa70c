package diff

import (
	"cmp"
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

// Compute lists the changes that turn live into desired, in order of execution. Both are of the same connection; what
// desired does not list is left alone.
func Compute(desired spec.State, live Live, resending Resending) []Change {
	d := delta{desired: desired, live: live, changes: []Change{}, idle: map[role]bool{}}
	d.spell()
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
	spelling
	idle map[role]bool // those that count only with a setting that can't be changed: they are left as they are
}

func (d *delta) resources() {
	for ref, want := range d.desired.Resources {
		have, exists := d.live.Resources[ref]
		switch {
		case want.Ownership == spec.Ignored:
		case want.Absent && exists && have.Incomplete == "":
			d.add(Change{Op: OpDelete, Kind: ref.Kind, Resource: ref.Name, Source: want.Source.Source(), Reason: "state: absent",
				Problem: uncounted(have)})
		case want.Absent:
		case !exists:
			d.add(Change{Op: OpCreate, Kind: ref.Kind, Resource: ref.Name, Settings: sentWith(OpCreate, want),
				Source: want.Source.Source(), Problem: d.live.Unsupported[ref]})
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
			takes, problem := d.narrowing(want, have, field, to)
			d.update(ref, Change{Field: field, From: from, To: to, Takes: takes, Problem: cmp.Or(d.live.Unsupported[ref], problem)})
		}
	}
	for field, meant := range want.Implied.All() {
		if takes, _ := d.narrowing(want, have, field, meant); takes != "" {
			d.update(ref, Change{Field: field, From: have.Settings.Get(field), To: meant, Takes: takes, Problem: unsaid(want, have, field, meant)})
		}
	}
}

// update adds an update. Lists that only its setting makes count wait for it where it is blocked.
func (d *delta) update(ref spec.Ref, c Change) {
	want := d.desired.Resources[ref]
	c.Op, c.Kind, c.Resource, c.Source, c.Settings = OpUpdate, ref.Kind, ref.Name, want.Source.Source(), sentWith(OpUpdate, want)
	d.add(c)
	for _, waits := range c.waiting(want) {
		d.idle[role{ref, waits}] = true
	}
}

// waiting are the roles whose lists only a blocked update would make count.
func (c Change) waiting(want spec.Resource) (roles []spec.Role) {
	setting := want.Schema.Setting(c.Field)
	if c.Op != OpUpdate || c.Problem == "" || setting == nil {
		return nil
	}
	for _, l := range want.Schema.Lists {
		if setting.Opens != "" && c.From == setting.Opens || l.When != nil && l.When.Setting == c.Field {
			roles = append(roles, l.Role)
		}
	}
	return roles
}

func (d *delta) grants() {
	for g, claim := range d.desired.Grants.Minus(d.live.Grants) {
		if d.desired.Resources[g.Resource].Ownership == spec.Ignored || d.met[g] || d.idle[roleOf(g)] {
			continue
		}
		d.add(Change{Op: OpGrant, Kind: g.Resource.Kind, Resource: g.Resource.Name, Role: g.Role, Subject: g.Subject,
			Source: claim.Source.Source(), Reason: claim.Reason,
			Problem: d.problem(g)})
	}
}

func (d *delta) revokes() {
	for g := range d.live.Grants.Minus(d.desired.Grants) {
		r, listed := d.desired.Resources[g.Resource]
		if !listed || r.Absent || d.kept[g] || !d.mayRevoke(g.Resource) || d.idle[roleOf(g)] {
			continue
		}
		claim, cause := d.whyRevoke(g)
		if r.Ownership == spec.AddOnly && cause == Revoked {
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

// whyRevoke says why live holds a grant that it should not.
func (d *delta) whyRevoke(g spec.Grant) (spec.Origin, Loss) {
	if claim, left := d.leftAs(g.Subject); left {
		return claim, HolderLeft
	}
	if claim, lapsed := d.lapsedAs(g); lapsed {
		switch {
		case !claim.Ended:
			return claim, Revoked
		case claim.Overdue:
			return claim, Overdue
		}
		return claim, Ended
	}
	return spec.Origin{Reason: "not in the files"}, Revoked
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
		c := Change{Op: OpResend, Kind: n.Resource.Kind, Resource: n.Resource.Name, Subject: n.Subject, Notice: n.Ref(),
			Settings: settings, Source: source.Source(), Reason: n.Result, Mails: 1}
		if when.judge(n, &c) {
			d.add(c)
		}
	}
}

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
		strings.Compare(a.Notice.Recipient, b.Notice.Recipient),
	)
}

func opOrder(op Op) int { return slices.Index(Ops, op) }

// Satisfied says whether live shows what the change wants, so that nothing is left to do for it. What live can't show is
// not satisfied: a grant that is absent from a list that isn't whole, or on a resource that is open to everyone, or one that is
// there under a name that others have too.
func Satisfied(connection string, c Change, live Live) bool {
	ref := c.Ref(connection)
	r, exists := live.Resources[ref]
	held := live.Grants.Has(c.Grant(connection))
	switch c.Op {
	case OpCreate:
		return exists
	case OpDelete:
		return !exists && !live.Several[ref]
	case OpGrant:
		return held
	case OpRevoke:
		return !held && r.Incomplete == "" && !r.Open && !live.Several[ref]
	case OpUpdate:
		return exists && c.To != "" && r.Settings.Get(c.Field) == c.To
	case OpResend: // another mail is surely the newest by now, or the last one needs none any more
		return !slices.ContainsFunc(live.Notices, func(n Notice) bool {
			return c.isAbout(connection, n) && (n.Ref() == c.Notice || n.Unsure)
		})
	}
	return false
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
