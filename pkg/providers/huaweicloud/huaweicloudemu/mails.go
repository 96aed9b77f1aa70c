package huaweicloudemu

import (
	"strings"
	"time"

	"github.com/entitlectl/entitlectl/pkg/providers/emu"
)

// Kinds of mails (mail_send_type).
const (
	mailAdd = "ADD_GROUP_AUTHORIZATION"
	mailDel = "DEL_GROUP_AUTHORIZATION"
	bySMS   = "_SMS" // at the end: to a phone
)

var (
	mailKinds = []string{mailAdd, mailDel, mailAdd + bySMS, mailDel + bySMS}
	languages = []string{"zh-cn", "en-us", "fr-fr"} // of mails, by the request that sends them
)

// language is what a request wants of the mails that it sends; blank leaves it to the vendor.
func (c *call) language() string {
	c.Maybe("X-Language", c.speaks, languages...)
	return c.speaks
}

// mail is the record of a mail about an authorization.
type mail struct {
	emu.Life
	id       string
	to       string // name of the recipient
	toID     string // id of the user, or user group, that it goes to
	group    bool   // the authorized account is a user group
	about    string // its name
	appGroup string // id
	kind     string
	language string // blank: the vendor's choice
	err      string // why it could not be sent; blank for success
	sent     time.Time
}

func (m *mail) result() string {
	if m.err != "" {
		return "FAIL"
	}
	return "SUCCESS"
}

type mailView struct {
	ID           string `json:"id"`
	Account      string `json:"account"`
	AboutKind    string `json:"account_auth_type"`
	About        string `json:"account_auth_name"`
	AppGroup     string `json:"app_group_id"`
	AppGroupName string `json:"app_group_name"`
	Kind         string `json:"mail_send_type"`
	Result       string `json:"mail_send_result"`
	Error        string `json:"error_msg"`
	Sent         string `json:"send_at"`
}

func (w *world) viewMail(m *mail) mailView {
	v := mailView{
		ID: m.id, Account: m.to, AboutKind: kindOf(m.group, "USER"), About: m.about,
		AppGroup: m.appGroup, Kind: m.kind, Result: m.result(), Error: m.err, Sent: stamp(m.sent),
	}
	if g := w.appGroups.Get(m.appGroup); g != nil {
		v.AppGroupName = g.name
	}
	return v
}

func (w *world) listMails(c *call) (any, error) {
	c.page(10, 100)
	return page(w, c, w.mailsOf.rows(c.word("app_group_id", 1, 128)), "count", "records", w.viewMail,
		like(false, c.word("account", 0, 128), func(m *mail) string { return m.to }),
		equals(c.choice("mail_send_type", mailAdd, mailDel), func(m *mail) string { return m.kind }),
		equals(c.choice("mail_send_result", "SUCCESS", "FAIL"), (*mail).result),
	)
}

// resendMails sends mails again (c2). Each makes a new record.
func (w *world) resendMails(c *call) (any, error) {
	var in struct {
		Records []struct {
			ID        string `json:"id"`
			AboutKind string `json:"account_auth_type"`
			Kind      string `json:"mail_send_type"`
		} `json:"records"`
	}
	language := c.language()
	c.json(&in)
	c.Count("records", len(in.Records), 1, w.opts.ResendLimit)
	for _, r := range in.Records {
		c.text("id", r.ID, 1, 128)
		c.Maybe("account_auth_type", r.AboutKind, "USER", userGroupKind)
		c.Maybe("mail_send_type", r.Kind, mailKinds...)
		if w.mailByID[r.ID] == nil && !w.opts.SkipUnknownMails {
			c.Fail(missing("mail record", r.ID))
		}
	}
	if c.Err != nil {
		return nil, c.Err
	}
	for _, r := range in.Records {
		if old := w.mailByID[r.ID]; old != nil {
			again := *old
			again.language = language
			w.send(&again)
		}
	}
	return nil, nil
}

// resendGrants sends the mails about authorizations again (c3). Each recipient makes a new record.
func (w *world) resendGrants(c *call) (any, error) {
	var in struct {
		Records []string `json:"records"`
	}
	language := c.language()
	c.json(&in)
	c.ids("records", in.Records, 1, w.opts.ResendLimit)
	for _, id := range in.Records {
		if w.grants.Get(id) == nil && !w.opts.SkipUnknownMails {
			c.Fail(missing("authorization", id))
		}
	}
	if c.Err != nil {
		return nil, c.Err
	}
	for _, id := range in.Records {
		if x := w.grants.Get(id); x != nil {
			w.notify(mailAdd, x, language)
		}
	}
	return nil, nil
}

// notify mails everybody whom an authorization is about and who has an address, and sends an SMS to those who have a phone.
func (w *world) notify(kind string, x *link, language string) {
	to := []string{x.id}
	if x.group && !w.opts.OneMailPerUserGroup {
		to = nil
		for m := range w.members.byThing.rows(x.id).Current() {
			to = append(to, m.id)
		}
	}
	for _, id := range to {
		a, ok := w.account(x.group && w.opts.OneMailPerUserGroup, id)
		if ok && (a.group || w.users.Get(id).Email != "" || w.opts.FailWithoutAddress) {
			w.send(&mail{to: a.name, toID: id, group: x.group, about: x.name, appGroup: x.thing, kind: kind, language: language})
		}
		if u := w.users.Get(id); ok && u != nil && u.Phone != "" {
			w.send(&mail{to: a.name, toID: id, group: x.group, about: x.name, appGroup: x.thing, kind: kind + bySMS, language: language})
		}
	}
}

// send records a mail, and whether it could be delivered.
func (w *world) send(m *mail) {
	m.err = w.undeliverable(m.toID, strings.HasSuffix(m.kind, bySMS))
	m.sent = w.Now.Add(w.opts.MailDelay)
	at := w.Shows
	if m.sent.After(at) {
		at = m.sent
	}
	w.record(m, at)
}

// record adds a mail record. Reads show it from a given time on.
func (w *world) record(m *mail, at time.Time) {
	m.Life = emu.Life{}
	m.id = w.newID("5f0c2b7e9d3a4186")
	w.mailByID[m.id] = m
	w.mailsOf.put(m.appGroup, m, at)
}

// nowhere begins the phone numbers that get no SMS: no country has it.
const nowhere = "+999"

// undeliverable returns why a recipient gets no mail, or no SMS; blank if it gets it.
func (w *world) undeliverable(id string, sms bool) string {
	u := w.users.Get(id)
	switch {
	case w.groups.Get(id) != nil:
		return ""
	case u == nil:
		return "the user does not exist"
	case sms && u.Phone == "":
		return "the user has no phone number"
	case sms && strings.HasPrefix(u.Phone, nowhere):
		return u.Phone + ": unknown number"
	case sms:
		return ""
	case u.Email == "":
		return "the user has no email address"
	case strings.HasPrefix(strings.ToLower(u.Email), "bounce"):
		return "550 5.1.1 " + u.Email + ": mailbox unavailable"
	}
	return ""
}
