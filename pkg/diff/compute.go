package diff

import (
	"cmp"
	"slices"
	"strings"

	"github.com/entitlectl/entitlectl/pkg/spec"
)

// Comparison is the desired and the live state of one connection side by side. What no line of the files lists is left alone.
type Comparison struct {
	ends
	missing spec.Grants  // desired, and not live, where the files do more than watch; a set, since it may be a million
	hidden  []spec.Grant // desired, where no read can tell whether they are live
	surplus []spec.Grant // live, and not desired
	spelling
}

// Compare goes through the grants of both states once.
func Compare(desired spec.State, live Live) *Comparison {
	c := &Comparison{ends: endsOf(desired, live)}
	c.missing = spec.NewGrants()
	for g := range desired.Grants.Minus(live.Grants) {
		switch {
		case desired.Resources[g.Resource].Ownership == spec.Ignored:
		case live.hides(g):
			c.hidden = append(c.hidden, g)
		default:
			c.missing.Add(g, spec.Origin{})
		}
	}
	for g := range live.Grants.Minus(desired.Grants) {
		c.surplus = append(c.surplus, g)
	}
	c.match()
	return c
}

// Compute lists the changes that turn live into desired, in order of execution.
func Compute(desired spec.State, live Live, resending Resending) []Change {
	return Compare(desired, live).Changes(resending)
}

// Changes lists the changes that turn live into desired, in order of execution.
func (c *Comparison) Changes(resending Resending) []Change {
	d := delta{Comparison: c, resending: resending, changes: []Change{}, idle: map[RoleOn]bool{}}
	d.changes = slices.Grow(d.changes, d.most())
	d.resources()
	d.grants()
	d.revokes()
	d.resends()
	slices.SortFunc(d.changes, compareChanges)
	return d.changes
}

// most is how many grants and revokes there are about, a few more at most: where there may be a million, their list is not to grow.
func (c *Comparison) most() int {
	n := c.missing.Len()
	for _, g := range c.surplus {
		if r := c.desired.Resources[g.Resource]; r.Ownership == spec.Owned && !r.Open {
			n++
		}
	}
	return n
}

// delta collects changes. It adds them in no particular order: maps have none.
type delta struct {
	*Comparison
	resending Resending
	changes   []Change
	source    string          // of the change that was added last
	idle      map[RoleOn]bool // those that count only with a setting that can't be changed: they are left as they are
}

func (d *delta) resources() {
	for ref, want := range d.desired.Resources {
		have, exists := d.live.Resources[ref]
		switch {
		case want.Ownership == spec.Ignored, have.Incomplete != "":
		case want.Absent && exists:
			d.add(Change{Op: OpDelete, Kind: ref.Kind, Resource: ref.Name, Source: want.Source.Source(), Reason: "state: absent",
				Problem: cmp.Or(d.live.Unsupported[ref], uncounted(have))})
		case want.Absent:
		case !exists:
			d.add(Change{Op: OpCreate, Kind: ref.Kind, Resource: ref.Name, Settings: sentWith(OpCreate, want),
				Source: want.Source.Source(), Problem: d.live.Unsupported[ref]})
		default:
			d.updates(ref, want, have)
		}
	}
}

// nameSetting is the key of the setting that is the name; "" where the files do not compare that.
func nameSetting(want spec.Resource) string {
	if want.Previously == "" || want.Schema == nil {
		return ""
	}
	return want.Schema.NameKey()
}

// sentWith is the Settings of a change.
func sentWith(op Op, want spec.Resource) spec.Settings {
	if op == OpCreate {
		return want.Settings.And(want.Fixed).With(nameSetting(want), "") // the change says it
	}
	return want.Fixed
}

func (d *delta) updates(ref spec.Ref, want, have spec.Resource) {
	for field, to := range want.Settings.All() {
		if from := have.Settings.Get(field); from != to && !d.live.hidesSetting(ref, field) {
			takes, problem := d.narrowing(want, have, field, to)
			d.update(ref, Change{Field: field, From: from, To: to, Takes: takes, Problem: cmp.Or(d.unsettable(ref, field), settled(want, field, from), problem)})
		}
	}
	for field, to := range want.Fixed.All() { // they differ only where that makes the rest impossible
		if from, problem := have.Fixed.Get(field), d.live.Unsettable[Aspect{Resource: ref, Setting: field}]; from != to && problem != "" {
			d.update(ref, Change{Field: field, From: from, To: to, Problem: problem})
		}
	}
	for field, meant := range want.Implied.All() {
		if takes, _ := d.narrowing(want, have, field, meant); takes != "" {
			d.update(ref, Change{Field: field, From: have.Settings.Get(field), To: meant, Takes: takes, Problem: unsaid(want, have, field, meant)})
		}
	}
}

// unsettable is why a setting can't be changed, be it for its own sake or the resource's; "" where it can.
func (d *delta) unsettable(ref spec.Ref, field string) string {
	return cmp.Or(d.live.Unsupported[ref], d.live.Unsettable[Aspect{Resource: ref, Setting: field}])
}

// update adds an update. Lists that only its setting makes count wait for it where it is blocked.
func (d *delta) update(ref spec.Ref, c Change) {
	want := d.desired.Resources[ref]
	c.Op, c.Kind, c.Resource, c.Source, c.Settings = OpUpdate, ref.Kind, ref.Name, want.Source.Source(), sentWith(OpUpdate, want)
	if !d.again(ref, &c) {
		return
	}
	d.add(c)
	for _, waits := range c.waiting(want) {
		d.idle[RoleOn{ref, waits}] = true
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
	for g := range d.missing.All() {
		if d.respelt[g] || d.idle[RoleOf(g)] || d.live.Resources[g.Resource].Incomplete != "" {
			continue
		}
		origin, _ := d.desired.Grants.Origin(g)
		c := granting(d.desired, g, origin)
		c.Problem = d.problem(g)
		d.add(c)
	}
}

func (d *delta) revokes() {
	for _, g := range d.surplus {
		r, listed := d.desired.Resources[g.Resource]
		if !listed || r.Absent || d.matched[g] || !d.mayRevoke(g) || d.idle[RoleOf(g)] {
			continue
		}
		origin, cause := d.whyRevoke(g)
		if r.Ownership == spec.AddOnly && cause == Revoked {
			continue
		}
		d.add(pair(OpRevoke, g, origin))
	}
}

// mayRevoke holds back where the list of live grants isn't whole or can't be read, where the resource is only watched, and where
// assignments mean nothing because everyone has access.
func (d *delta) mayRevoke(g spec.Grant) bool {
	r := d.desired.Resources[g.Resource]
	return r.Ownership != spec.Ignored && !r.Open && !d.live.hides(g)
}

func (d *delta) add(c Change) {
	if d.live.Mails != nil && c.Problem == "" && c.Op != OpResend {
		c.Mails = d.live.Mails(c)
	}
	if c.Source != d.source {
		d.source = c.Source
	}
	c.Source = d.source // the very text: many changes are of one line
	d.changes = append(d.changes, c)
}

// compareChanges is the order of execution: by op, then by kind, name, role and subject.
func compareChanges(a, b Change) int {
	mail, other := a.Mailing(), b.Mailing()
	return cmp.Or(
		cmp.Compare(opOrder(a.Op), opOrder(b.Op)),
		a.Kind.Compare(b.Kind),
		strings.Compare(a.Resource, b.Resource),
		strings.Compare(a.Field, b.Field),
		strings.Compare(string(a.Role), string(b.Role)),
		a.Subject.Compare(b.Subject),
		strings.Compare(a.To, b.To),
		strings.Compare(mail.Recipient, other.Recipient),
		strings.Compare(mail.Type, other.Type),
	)
}

func opOrder(op Op) int { return slices.Index(Ops, op) }

// Satisfied says whether live shows what the change wants, so that nothing is left to do for it. What live can't show is
// not satisfied: a grant that is absent from a list that isn't whole or can't be read, or on a resource that is open to everyone,
// or one that is there under a name that others have too.
func Satisfied(connection string, c Change, live Live) bool {
	ref := c.Ref(connection)
	r, exists := live.Resources[ref]
	held := live.Grants.Has(c.Grant(connection))
	switch c.Op {
	case OpCreate: // what was not found in a list that is not whole is there without an id
		return exists && (r.Incomplete == "" || live.IDs[ref] != "")
	case OpDelete:
		return !exists && !live.Several[ref]
	case OpGrant:
		return held
	case OpRevoke:
		return !held && live.Tells(connection, c)
	case OpUpdate:
		return exists && c.To != "" && r.Settings.Get(c.Field) == c.To
	case OpResend: // another mail is surely the newest by now, or the last one needs none any more
		unread := live.UnreadMails[MailKey{Resource: ref}] || live.UnreadMails[c.Mail(connection)]
		return r.Incomplete == "" && !unread && !slices.ContainsFunc(live.Notices, func(n Notice) bool {
			return c.isAbout(connection, n) && (n.Ref() == c.Mailing().NoticeRef || n.Unsure)
		})
	}
	return false
}
