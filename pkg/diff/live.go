package diff

import (
	"fmt"
	"strings"
	"time"

	"github.com/entitlectl/entitlectl/pkg/spec"
)

// Live is what a provider read, beside what it was asked about.
type Live struct {
	spec.State
	// IDs are the vendor's ids of live resources; a resource that was deleted and made again has another one.
	IDs map[spec.Ref]string
	// UnknownSubjects says of subjects that desired grants name and live lacks why the vendor can't take them.
	UnknownSubjects map[spec.Subject]string
	// Unsupported says of resources why the vendor can't make them, or can't make them what they are to be.
	Unsupported map[spec.Ref]string
	// Unseen says of lists and settings why they can't be read. See CantSee.
	Unseen map[Aspect]string
	// Unsettable says of settings why they can't be made what they are to be. See CantSet.
	Unsettable map[Aspect]string
	// Several are the listed names that more than one live resource has, so that nobody can tell what becomes of the one that is
	// meant.
	Several map[spec.Ref]bool
	// Names are the other names, addresses and ids under which the vendor shows a subject. What protects a person under one of
	// them protects the subject.
	Names map[spec.Subject][]string
	// Nameless are grants whose holders may have other names, which could not be read. They are not revoked where a desired grant
	// of the same role is blocked, since it may be about them.
	Nameless map[spec.Grant]bool
	// Account is whose resources these are in the vendor's words: a project, a directory; "" where no read tells.
	Account   string
	LiveNames LiveNames
	Unmanaged int // live resources that desired does not list; 0 where a part was read
	Notes     []string
	// Mails is how many mails a change makes the vendor send; nil means none. Resends are counted without it.
	Mails func(Change) int
	// Notices are the newest mails of each recipient that did not reach their end: those that failed, and those that wait
	// for an answer that did not come.
	Notices []Notice
	// UnreadMails are those that may have failed although Notices lack them. See CantReadMail.
	UnreadMails map[MailKey]bool
}

// NewLive returns a Live that shows nothing.
func NewLive() Live {
	return Live{State: spec.NewState(), IDs: map[spec.Ref]string{}, Names: map[spec.Subject][]string{}, Nameless: map[spec.Grant]bool{},
		UnknownSubjects: map[spec.Subject]string{}, Unsupported: map[spec.Ref]string{}}
}

// Uncount says why nobody can tell who holds a resource, if it is there.
func (l *Live) Uncount(ref spec.Ref, format string, args ...any) {
	if r, exists := l.Resources[ref]; exists && r.Uncounted == "" {
		r.Uncounted = fmt.Sprintf(format, args...)
		l.Resources[ref] = r
	}
}

// Distrust says why a list that tells of a resource may not be whole. What such a list lacks may be there, and what it has may
// be out of date, so nothing is changed there, and no mail about it is sent again.
func (l *Live) Distrust(ref spec.Ref, format string, args ...any) {
	r := l.Resources[ref]
	r.Incomplete = fmt.Sprintf(format, args...)
	l.Resources[ref] = r
	l.Note(ref, "%s; nothing is changed there in this run", r.Incomplete)
}

// CantReadMail says that what became of a mail can't be read, or with a key of a resource alone that of any mail about it. It is
// not sent again, and one that was is not reported as done.
func (l *Live) CantReadMail(m MailKey) {
	if l.UnreadMails == nil {
		l.UnreadMails = map[MailKey]bool{}
	}
	l.UnreadMails[m] = true
}

// Alike says that several live resources have the name of a listed one. Which of them the files mean nobody can tell, so what
// they hold is not shown, and all that is wanted of it is impossible. Nothing that a plan meant to take there is done by that.
func (l *Live) Alike(ref spec.Ref, ids []string) {
	why := fmt.Sprintf("%d of the vendor's %ss have this name, %s; nobody can tell which is meant, so none is changed; rename all but one",
		len(ids), ref.Kind.Words(), strings.Join(ids, " and "))
	l.Note(ref, "%s", why)
	if l.Several == nil {
		l.Several = map[spec.Ref]bool{}
	}
	l.Several[ref] = true
	l.Resources[ref], l.IDs[ref], l.Unsupported[ref] = spec.Resource{}, strings.Join(ids, " "), why
}

// Note adds what the reader of a plan must know of a resource.
func (l *Live) Note(ref spec.Ref, format string, args ...any) {
	l.Notes = append(l.Notes, ref.String()+": "+fmt.Sprintf(format, args...))
}

// Notice is the newest mail that a vendor sent about a grant, or about a resource where Subject is zero.
type Notice struct {
	Resource  spec.Ref
	Subject   spec.Subject // who holds the grant
	Recipient string       // who got the mail, where that is not the subject: a member of a user group
	Mail      spec.Mail    // of which type it is
	Sent      time.Time
	Since     time.Time // when what it is about began: what was sent before that is about something else; zero: not known
	Tries     int       // how often it was sent since then
	Result    string    // in the vendor's words
	Unsure    bool      // an earlier run was about to send it at Sent, and no read can tell whether it did
	// Field is the setting whose update sends it again; "": a resend does.
	Field string
}

// NoticeRef is what distinguishes a mail from all others about the same grant or resource.
type NoticeRef struct {
	Sent      time.Time // in UTC, so that == compares moments
	Recipient string    // as in Notice
}

// Ref is what distinguishes the notice from the next one to the same recipient.
func (n Notice) Ref() NoticeRef { return NoticeRef{n.Sent.UTC(), n.Recipient} }
