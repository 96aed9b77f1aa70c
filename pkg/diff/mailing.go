package diff

import (
	"time"
	"unique"
)

// Mailing is the mail that a resend sends again.
type Mailing struct {
	NoticeRef           // the last one
	Type      string    // of mail
	Doubt     time.Time // when, in UTC, an earlier run may have sent it; it is sent all the same
	Unsure    bool      // an earlier run may have sent it, and no read can tell; the change's Problem says so
}

// Resent is a Mailing as a value of the size of a pointer: equal ones are ==. The zero value is none.
type Resent struct{ mailing unique.Handle[Mailing] }

// ResentOf makes a Resent of a mailing.
func ResentOf(m Mailing) Resent {
	if m == (Mailing{}) {
		return Resent{}
	}
	return Resent{unique.Make(m)}
}

// Equal is ==, for comparisons that can't look inside.
func (r Resent) Equal(o Resent) bool { return r == o }

// Mailing is the mail that a resend sends again.
func (c *Change) Mailing() Mailing {
	if c.Resent == (Resent{}) {
		return Mailing{}
	}
	return c.Resent.mailing.Value()
}
