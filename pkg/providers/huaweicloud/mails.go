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

const mailFailed = "FAIL"

// sendTypes are the vendor's names for its types of mails. Its list filters by the first two only.
var sendTypes = map[string]string{
	"grant-mail": "ADD_GROUP_AUTHORIZATION", "revoke-mail": "DEL_GROUP_AUTHORIZATION",
	"grant-sms": "ADD_GROUP_AUTHORIZATION_SMS", "revoke-sms": "DEL_GROUP_AUTHORIZATION_SMS",
}

// mails are the rows of docs/mails.md: about app groups only, since none is documented for apps.
func mails() []spec.Mail {
	const to, failed = "the user, or each member of the user group", "its newest record says `FAIL`"
	held := "the recipient has the grant, in the files and live, and is a member of the user group it goes through"
	taken := "nobody granted it again, neither in the files nor live, and the recipient is in the directory and did not leave"
	return []spec.Mail{
		{Type: "grant-mail", Kind: kindAppGroup, After: string(diff.OpGrant), To: to, Failed: failed, While: held, Default: true},
		{Type: "revoke-mail", Kind: kindAppGroup, After: string(diff.OpRevoke), To: to, Failed: failed, While: taken},
		{Type: "grant-sms", Kind: kindAppGroup, After: string(diff.OpGrant), To: to + ", by SMS", Failed: failed, While: held},
		{Type: "revoke-sms", Kind: kindAppGroup, After: string(diff.OpRevoke), To: to + ", by SMS", Failed: failed, While: taken},
	}
}

// addressee is whom a mail is about, who got it, and of which type it is.
type addressee struct {
	grant     spec.Grant
	recipient string // "" where it is the subject of the grant
	typ       string
}

func (a addressee) key() diff.MailKey {
	return diff.MailKey{Resource: a.grant.Resource, Subject: a.grant.Subject, Recipient: a.recipient, Type: a.typ}
}

// mailsOfGroup is what is needed to tell what the mails about one app group are about.
type mailsOfGroup struct {
	ref     spec.Ref
	holders map[string][]spec.Grant // by type and name as mails know them
	basis   string                  // of looks at it; see basis
	newest  time.Time               // when the last of its grants began
	failed  []mail                  // those that may be sent again
}

// readMails finds the mails about grants that failed and were not sent again with success. The vendor lists mails by app group
// only, so each group costs one call, and some more where a mail failed.
func (r *Reader) readMails(ctx context.Context, q provider.Query, live *diff.Live) error {
	if len(r.mailTypes) == 0 || !q.Notices {
		return nil
	}
	groups, asked := map[spec.Ref]*mailsOfGroup{}, q.Grants()
	for _, name := range q.Desired.Names(kindAppGroup) {
		ref := r.ref(kindAppGroup, name)
		if _, exists := live.Resources[ref]; exists && live.Unsupported[ref] == "" && q.Desired.Resources[ref].Ownership != spec.Ignored {
			groups[ref] = &mailsOfGroup{ref: ref, holders: map[string][]spec.Grant{}}
		}
	}
	wanted := map[spec.Ref]bool{}
	for g := range live.Grants.All() {
		if group := groups[g.Resource]; group != nil {
			holder, _ := r.seen.holders.account(g)
			key := mailKey(holder.AccountType, holder.Account) // as the vendor spells it
			group.holders[key] = append(group.holders[key], g)
			wanted[g.Resource] = wanted[g.Resource] || asked.Has(g)
		}
	}
	reader := mailReader{Reader: r, q: q, live: live, hasLeft: diff.Departed(q.Desired, *live), members: map[spec.Subject]provider.Recipients{}}
	var ask []*mailsOfGroup
	for _, name := range q.Desired.Names(kindAppGroup) {
		ref := r.ref(kindAppGroup, name)
		if groups[ref] != nil && (wanted[ref] || r.handles(diff.OpRevoke)) {
			ask = append(ask, groups[ref])
		}
	}
	return reader.readGroups(ctx, ask)
}

func mailKey(kind, name string) string { return kind + " " + name }

// handles says whether mails that the vendor sends after an op are read.
func (r *Reader) handles(op diff.Op) bool {
	return slices.ContainsFunc(r.mailTypes, func(m spec.Mail) bool { return m.After == string(op) })
}

// typeOf is the type of a mail, if it is one of those that are read.
func (r *Reader) typeOf(m mail) (typ spec.Mail, read bool) {
	for _, typ := range r.mailTypes {
		if sendTypes[typ.Type] == m.SendType {
			return typ, true
		}
	}
	return typ, false
}

// listMails reads the mails of groups, those of one result where that is not "". Of a list that isn't whole nobody can tell which
// mail is the newest, so it counts as empty.
func (r *Reader) listMails(ctx context.Context, groups []*mailsOfGroup, result string, live *diff.Live) ([]provider.Listed[mail], error) {
	lists, err := gather(ctx, r.api, len(groups), func(ctx context.Context, i int) (provider.Listed[mail], error) {
		return pages(ctx, r.api, listMails, r.mailsQuery(groups[i].ref, result), 0, func(m mail) string { return m.ID })
	})
	for i := range lists {
		if lists[i].Judge(live, groups[i].ref, "the list of mails"); lists[i].Broken != "" {
			lists[i].Rows = nil
		}
	}
	return lists, err
}

func (r *Reader) mailsQuery(ref spec.Ref, result string) url.Values {
	query := url.Values{"app_group_id": {r.seen.appGroups[ref.Name]}}
	if sendType := sendTypes[r.mailTypes[0].Type]; len(r.mailTypes) == 1 && sendType == sendTypes["grant-mail"] {
		query.Set("mail_send_type", sendType)
	}
	if result != "" {
		query.Set("mail_send_result", result)
	}
	return query
}

// sending is the record as the rules see it.
func (m mail) sending() provider.Sending {
	at, _ := provider.Instant(m.SendAt) // zero where it is none
	return provider.Sending{Sent: at, Failed: m.SendResult == mailFailed}
}

// resend sends mails again by their records (c2). Each makes a new record, so repeating it is not safe.
func (w *Writer) resend(changes []diff.Change) (map[string][]mail, error) {
	var records []mail
	for _, c := range changes {
		g := c.Grant(w.name)
		g.Role = spec.RoleAccess
		m, known := w.seen.records[addressee{g, c.Mailing().Recipient, c.Mailing().Type}]
		if !known {
			return nil, provider.Bug("the record of the mail to %s is not known", cmp.Or(c.Mailing().Recipient, c.Subject.Name))
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

// mailWords are what plans call the types.
var mailWords = map[string]string{"grant-mail": "mail", "revoke-mail": "mail about the revoke", "grant-sms": "SMS", "revoke-sms": "SMS about the revoke"}

// failedResult says what became of a mail, in the vendor's words.
func failedResult(typ spec.Mail, m mail, sent time.Time) string {
	return strings.TrimSuffix(mailWords[typ.Type]+" failed "+sent.UTC().Format(time.RFC3339)+": "+m.ErrorMsg, ": ")
}
