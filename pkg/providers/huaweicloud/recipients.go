package huaweicloud

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/provider"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// mailReader tells of whom the failed mails of one read are, and whether they are still to get them.
type mailReader struct {
	*Reader
	q       provider.Query
	live    *diff.Live
	hasLeft func(spec.Subject) (spec.Origin, bool)
	members map[spec.Subject]provider.Recipients // of user groups, as this read saw them
	sought  map[string][]spec.Subject            // accounts without a grant, by type and name as mails know them
}

// readGroups adds the failed mails about app groups to live's notices. Of groups that looks spare it asks nothing, and of those
// without a failed mail that may concern anybody only which failed.
func (r *mailReader) readGroups(ctx context.Context, groups []*mailsOfGroup) error {
	groups = slices.DeleteFunc(groups, func(g *mailsOfGroup) bool {
		g.basis, g.newest = r.basis(*g)
		return r.looks(r.q).Spare(g.ref, g.basis)
	})
	lists, err := r.listMails(ctx, groups, mailFailed, r.live)
	if err != nil {
		return err
	}
	var concerned []*mailsOfGroup
	for i, group := range groups {
		failed := lists[i].Rows
		whole := r.live.Resources[group.ref].Incomplete == ""
		newest := group.newest.Add(-time.Duration(r.api.skew.Load())) // by our clock, like the look
		r.looks(r.q).Saw(group.ref, group.basis, newest, whole && len(failed) == 0)
		if r.leavesOut(group.ref, failed) {
			continue
		}
		group.failed = slices.DeleteFunc(failed, func(m mail) bool { return !r.mayConcern(*group, m) })
		if len(group.failed) > 0 {
			concerned = append(concerned, group)
		}
	}
	if err := r.seek(ctx, concerned); err != nil {
		return err
	}
	if lists, err = r.listMails(ctx, concerned, "", r.live); err != nil {
		return err
	}
	for i, group := range concerned {
		if err := r.judge(ctx, *group, lists[i].Rows); err != nil {
			return err
		}
	}
	return nil
}

// judge adds those of all mails about a group that are to be sent again.
func (r *mailReader) judge(ctx context.Context, group mailsOfGroup, all []mail) error {
	if r.leavesOut(group.ref, all) {
		return nil
	}
	byAddressee, granted := map[addressee][]mail{}, map[addressee]time.Time{}
	for _, m := range all {
		typ, read := r.typeOf(m)
		g, ok := r.grantOf(group, m)
		if !ok {
			continue
		}
		a := addressee{grant: g, typ: typ.Type}
		if m.Account != m.AuthName {
			a.recipient = m.Account
		}
		if read {
			byAddressee[a] = append(byAddressee[a], m)
		}
		if at := m.sending().Sent; strings.HasPrefix(m.SendType, sendTypes["grant-mail"]) && at.After(granted[addressee{g, a.recipient, ""}]) {
			granted[addressee{g, a.recipient, ""}] = at
		}
	}
	return r.tell(ctx, byAddressee, granted)
}

// leavesOut says whether a record leaves out its id, whom it went to, what it is about or what became of it. It may be the newest of
// anybody, so that no mail about the group can be judged.
func (r *mailReader) leavesOut(ref spec.Ref, records []mail) bool {
	bare := slices.ContainsFunc(records, func(m mail) bool {
		return m.ID == "" || m.Account == "" || m.AuthType == "" || m.AuthName == "" || m.SendType == "" || m.SendResult == ""
	})
	if bare {
		r.live.CantReadMail(diff.MailKey{Resource: ref})
		r.live.Note(ref, "no mail about it is sent again: a record leaves out its id, whom it went to, what it is about or what became of it")
	}
	return bare
}

// mayConcern says whether a failed mail may be sent again: one about a wanted grant that one holder of the name has, or one
// about a grant that nobody of the name has.
func (r *mailReader) mayConcern(group mailsOfGroup, m mail) bool {
	typ, read := r.typeOf(m)
	holders := group.holders[mailKey(m.AuthType, m.AuthName)]
	switch {
	case !read || m.AuthName == "":
		return false
	case typ.After == string(diff.OpRevoke):
		return len(holders) == 0
	}
	asked := r.q.Grants() // mails name no domain: with two people of one name nobody can tell whom a mail is about
	return len(holders) == 1 && asked.Has(holders[0])
}

// seek finds the accounts that failed mails are about and that hold nothing: mails name no domain.
func (r *mailReader) seek(ctx context.Context, concerned []*mailsOfGroup) error {
	r.sought = map[string][]spec.Subject{}
	var users, groups []string
	for _, group := range concerned {
		for _, m := range group.failed {
			holders := group.holders[mailKey(m.AuthType, m.AuthName)]
			switch {
			case m.AuthType == typeUserGroup && len(holders) == 0:
				groups = append(groups, m.AuthName)
			case m.AuthType == typeUser && !(r.q.ReadBack && len(holders) > 0):
				users = append(users, m.AuthName)
			}
		}
	}
	if len(users) > 0 {
		found, err := r.usersNamed(ctx, users)
		if err != nil {
			return err
		}
		for _, u := range found {
			r.find(mailKey(typeUser, u.Name), subject(spec.SubjectUser, u.Name, u.Domain))
		}
	}
	if len(groups) == 0 {
		return nil
	}
	slices.Sort(groups)
	found, err := r.userGroups(ctx, slices.Compact(groups))
	for _, g := range found {
		s := subject(spec.SubjectUserGroup, g.Name, g.Domain)
		r.find(mailKey(typeUserGroup, g.Name), s)
		r.seen.directory[s] = account{ID: g.ID, Account: g.Name, Domain: g.Domain, PlatformType: g.PlatformType}
	}
	return err
}

// find adds an account to those sought, once: the answers to several questions may hold it.
func (r *mailReader) find(key string, s spec.Subject) {
	if !slices.Contains(r.sought[key], s) {
		r.sought[key] = append(r.sought[key], s)
	}
}

// grantOf is the grant that a mail is about, live or not, where only one can be meant.
func (r *mailReader) grantOf(group mailsOfGroup, m mail) (g spec.Grant, ok bool) {
	key := mailKey(m.AuthType, m.AuthName)
	if holders := group.holders[key]; len(holders) > 0 {
		return holders[0], len(holders) == 1
	}
	if len(r.sought[key]) != 1 {
		return g, false
	}
	return spec.Grant{Resource: group.ref, Subject: r.sought[key][0], Role: spec.RoleAccess}, true
}

// tell adds a notice of each addressee whose newest mail failed.
func (r *mailReader) tell(ctx context.Context, byAddressee map[addressee][]mail, granted map[addressee]time.Time) error {
	unknown, unreadable := map[spec.Ref]int{}, map[spec.Ref]int{}
	for a, mails := range byAddressee {
		typ, _ := r.typeOf(mails[0])
		since := r.seen.holders.since(a.grant)
		if typ.After == string(diff.OpRevoke) {
			since = granted[addressee{a.grant, a.recipient, ""}]
		}
		sendings := make([]provider.Sending, len(mails))
		for i, m := range mails {
			sendings[i] = m.sending()
		}
		if slices.ContainsFunc(sendings, func(s provider.Sending) bool { return s.Sent.IsZero() }) {
			r.live.CantReadMail(a.key())
			unreadable[a.grant.Resource]++
			continue
		}
		newest, tries, failed := provider.Story(sendings, since)
		if !failed {
			continue
		}
		if typ.After == string(diff.OpGrant) && since.IsZero() {
			r.live.CantReadMail(a.key())
			unknown[a.grant.Resource]++
			continue
		}
		if gets, err := r.stillGets(ctx, a); err != nil || !gets {
			if err != nil {
				return err
			}
			continue
		}
		m, sent := mails[newest], sendings[newest].Sent
		r.live.Notices = append(r.live.Notices, diff.Notice{Resource: a.grant.Resource, Subject: a.grant.Subject, Recipient: a.recipient,
			Mail: typ, Sent: sent, Since: since, Tries: tries, Result: r.api.http.Secrets.Redact(failedResult(typ, m, sent))}) // it ends in the vendor's words
		r.seen.records[a] = m
	}
	for ref, n := range unknown {
		r.live.Note(ref, "mails to %d people failed, and are not sent again: the vendor does not say since when they have their grants, so the mails may be about earlier ones", n)
	}
	for ref, n := range unreadable {
		r.live.Note(ref, "mails to %d people are not sent again: when they were sent can't be read", n)
	}
	return nil
}

// stillGets says whether the one who got a mail is to get it again: the subject itself, if the directory has it, or a member of
// the user group. A read-back is about what was sent already.
func (r *mailReader) stillGets(ctx context.Context, a addressee) (bool, error) {
	s := a.grant.Subject
	switch {
	case r.q.ReadBack:
		return true, nil
	case s.Kind == spec.SubjectUser:
		known := slices.Contains(r.sought[mailKey(typeUser, s.Name)], s)
		_, left := r.hasLeft(s)
		return known && !left && (a.recipient == "" || strings.EqualFold(a.recipient, s.Name)), nil
	}
	members, read := r.members[s]
	if !read {
		var err error
		if members, err = r.membersOf(ctx, s); err != nil {
			return false, err
		}
		r.members[s] = members
	}
	return members.Gets(cmp.Or(a.recipient, s.Name), r.hasLeft), nil // a member may have the group's name
}

// membersOf reads who is in a user group (g6). Of a list that is not whole nobody is taken to be in it.
func (r *mailReader) membersOf(ctx context.Context, group spec.Subject) (provider.Recipients, error) {
	id := r.seen.directory[group].ID
	for g := range r.live.Grants.Within(nil, map[spec.Subject]bool{group: true}) {
		if holder, _ := r.seen.holders.account(g); id == "" {
			id = holder.ID
		}
	}
	if id == "" {
		return provider.Recipients{}, nil
	}
	list, err := pages(ctx, r.api, listMembers(id), nil, 0, user.key)
	if err != nil {
		return nil, fmt.Errorf("members of %s: %w", group, err)
	}
	if list.Broken != "" {
		r.live.Notes = append(r.live.Notes, fmt.Sprintf("%s: the list of its members is not whole: %s; no mail to them is sent again in this run", group, list.Broken))
		return provider.Recipients{}, nil
	}
	found := provider.Recipients{}
	for _, u := range list.Rows {
		found[u.Name] = append(found[u.Name], subject(spec.SubjectUser, u.Name, u.Domain))
	}
	return found, nil
}
