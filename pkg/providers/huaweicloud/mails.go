package huaweicloud

import (
	"cmp"
	"context"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/provider"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// mail is a record of c1 and, without result, error and time, an element of c2's body: there only the id is required, the
// other fields are echoes.
type mail struct {
	ID           string `json:"id"`
	Account      string `json:"account,omitempty"` // who got it
	AuthType     string `json:"account_auth_type,omitempty"`
	AuthName     string `json:"account_auth_name,omitempty"` // who was authorized: the recipient or a user group
	AppGroupID   string `json:"app_group_id,omitempty"`
	AppGroupName string `json:"app_group_name,omitempty"`
	SendType     string `json:"mail_send_type,omitempty"`
	SendResult   string `json:"mail_send_result,omitempty"`
	ErrorMsg     string `json:"error_msg,omitempty"`
	SendAt       string `json:"send_at,omitempty"`
}

const (
	mailGranted = "ADD_GROUP_AUTHORIZATION"
	mailFailed  = "FAIL"
)

// addressee is whom a mail is about, and who got it.
type addressee struct {
	grant     spec.Grant
	recipient string // "" where it is the subject of the grant
}

// readMails finds the mails about desired and live grants that failed and were not sent again with success. The vendor
// lists mails by app group only, so each group costs one call, and a second one where a mail failed.
func (r *Reader) readMails(ctx context.Context, q provider.Query, live *diff.Live) error {
	if r.quiet || !q.Notices {
		return nil
	}
	holders, asked := map[spec.Ref]map[string][]spec.Grant{}, q.Grants() // by app group, then by type and name as mails know them
	for g := range live.Grants.All() {
		if !asked.Has(g) || g.Resource.Kind != kindAppGroup || q.Desired.Resources[g.Resource].Ownership == spec.Ignored {
			continue
		}
		if holders[g.Resource] == nil {
			holders[g.Resource] = map[string][]spec.Grant{}
		}
		key := mailKey(r.seen.holders[g].AccountType, r.seen.holders[g].Account) // as the vendor spells it
		holders[g.Resource][key] = append(holders[g.Resource][key], g)
	}
	for _, name := range q.Desired.Names(kindAppGroup) {
		ref := r.ref(kindAppGroup, name)
		if len(holders[ref]) == 0 {
			continue
		}
		if err := r.readGroupMails(ctx, ref, holders[ref], live); err != nil {
			return err
		}
	}
	return nil
}

func mailKey(kind, name string) string { return kind + " " + name }

// readGroupMails adds the failed mails of one app group to live's notices.
func (r *Reader) readGroupMails(ctx context.Context, ref spec.Ref, holders map[string][]spec.Grant, live *diff.Live) error {
	about := func(m mail) bool { return len(holders[mailKey(m.AuthType, m.AuthName)]) == 1 }
	failed, err := r.listMails(ctx, ref, mailFailed, live)
	if err != nil || !slices.ContainsFunc(failed, about) {
		return err
	}
	all, err := r.listMails(ctx, ref, "", live)
	if err != nil {
		return err
	}
	byAddressee := map[addressee][]mail{}
	for _, m := range all {
		if about(m) { // mails name no domain: with two people of one name nobody can tell whom a mail is about
			a := addressee{grant: holders[mailKey(m.AuthType, m.AuthName)][0]}
			if m.Account != m.AuthName {
				a.recipient = m.Account
			}
			byAddressee[a] = append(byAddressee[a], m)
		}
	}
	for a, mails := range byAddressee {
		if notice, ok := newest(a, mails); ok {
			notice.Result = r.api.http.Secrets.Redact(notice.Result) // it ends in the vendor's words
			live.Notices = append(live.Notices, notice.Notice)
			r.seen.records[a] = notice.mail
		}
	}
	return nil
}

// listMails reads a group's mails about granted access, newest last; result may be "". Of a list that isn't whole nobody can
// tell which mail is the newest, so it counts as empty.
func (r *Reader) listMails(ctx context.Context, ref spec.Ref, result string, live *diff.Live) ([]mail, error) {
	query := url.Values{"app_group_id": {r.seen.appGroups[ref.Name]}, "mail_send_type": {mailGranted}}
	if result != "" {
		query.Set("mail_send_result", result)
	}
	all, err := pages(ctx, r.api, listMails, query, 0, func(m mail) string { return m.ID })
	mails := all.Rows
	if all.Broken != "" {
		live.Note(ref, "the list of mails is not whole: %s; none is sent again in this run", all.Broken)
		mails = nil
	}
	slices.SortFunc(mails, func(a, b mail) int { return cmp.Or(strings.Compare(a.SendAt, b.SendAt), strings.Compare(a.ID, b.ID)) })
	return mails, err
}

type failedMail struct {
	diff.Notice
	mail mail
}

// newest is the notice of an addressee whose last mail failed. It was tried as often as it failed since it last arrived.
func newest(a addressee, mails []mail) (failedMail, bool) {
	last := mails[len(mails)-1]
	sent, err := time.Parse(time.RFC3339, last.SendAt)
	if last.SendResult != mailFailed || err != nil {
		return failedMail{}, false
	}
	tries := 0
	for i := len(mails) - 1; i >= 0 && mails[i].SendResult == mailFailed; i-- {
		tries++
	}
	result := strings.TrimSuffix("mail failed "+sent.UTC().Format(time.RFC3339)+": "+last.ErrorMsg, ": ")
	return failedMail{diff.Notice{Resource: a.grant.Resource, Subject: a.grant.Subject, Recipient: a.recipient, Sent: sent,
		Tries: tries, Result: result}, last}, true
}

// resend sends mails again by their records (c2). Each makes a new record, so repeating it is not safe.
func (w *Writer) resend(changes []diff.Change) (map[string][]mail, error) {
	var records []mail
	for _, c := range changes {
		g := c.Grant(w.name)
		g.Role = spec.RoleAccess
		m, known := w.seen.records[addressee{g, c.Notice.Recipient}]
		if !known {
			return nil, provider.Bug("the record of the mail to %s is not known", cmp.Or(c.Notice.Recipient, c.Subject.Name))
		}
		m.SendResult, m.ErrorMsg, m.SendAt = "", "", ""
		records = append(records, m)
	}
	return map[string][]mail{"records": records}, nil
}

// mails counts the notices that the vendor sends for a change: one for each person who is granted an app group. None is
// documented for apps; whether a removal sends one is unconfirmed, so it is not counted.
func (r *Reader) mails(c diff.Change) int {
	if c.Op != diff.OpGrant || c.Kind != kindAppGroup {
		return 0
	}
	return r.seen.mails[c.Subject]
}
