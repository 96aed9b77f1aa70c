package diff

import (
	"fmt"
	"time"

	"github.com/entitlectl/entitlectl/pkg/spec"
)

// Live is what a provider read, beside what it was asked about.
type Live struct {
	spec.State
	// Problems says of subjects that desired grants name and live lacks why the vendor can't take them.
	Problems map[spec.Subject]string
	// Impossible says of resources why the vendor can't make them, or can't make them what they are to be.
	Impossible map[spec.Ref]string
	// Names are other names and addresses under which the vendor shows the same subject.
	Names map[spec.Subject][]string
	// Nameless are grants whose holders may have other names, which could not be read. They are kept where a wish beside them is
	// blocked, since it may be about them.
	Nameless map[spec.Grant]bool
	// Account is whose resources these are in the vendor's words: a project, a directory; "" where no read tells.
	Account   string
	Unmanaged int // live resources that desired does not list; 0 where a part was read
	Notes     []string
	// Mails is how many mails a change makes the vendor send; nil means none. Resends are counted without it.
	Mails func(Change) int
	// Notices are the newest mails of each recipient that did not reach their end: those that failed, and those that wait
	// for an answer that did not come.
	Notices []Notice
}

// NewLive returns a Live that shows nothing.
func NewLive() Live {
	return Live{State: spec.NewState(), Problems: map[spec.Subject]string{}, Impossible: map[spec.Ref]string{},
		Names: map[spec.Subject][]string{}, Nameless: map[spec.Grant]bool{}}
}

// Distrust says why the list of a resource's grants may not be whole, so that nothing is revoked by it.
func (l *Live) Distrust(ref spec.Ref, format string, args ...any) {
	r := l.Resources[ref]
	r.Incomplete = fmt.Sprintf(format, args...)
	l.Resources[ref] = r
	l.Note(ref, "%s; nothing is revoked there in this run", r.Incomplete)
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
	Sent      time.Time
	Tries     int    // how often it was sent so far
	Result    string // in the vendor's words
	Unsure    bool   // an earlier run was about to send it at Sent, and no read can tell whether it did
}
