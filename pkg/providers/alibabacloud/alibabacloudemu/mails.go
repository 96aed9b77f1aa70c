package alibabacloudemu

import (
	"strings"
	"time"
)

// Mail is one that went to an owner.
type Mail struct {
	Action  string    `yaml:"action"`  // that sent it
	Account string    `yaml:"account"` // display name of the account that it is about
	To      string    `yaml:"to"`
	Sent    time.Time `yaml:"sent"`
}

// mailed is a mail that awaits an answer.
type mailed struct {
	sent    time.Time
	expires time.Time
	answer  time.Time // when the owner will answer; zero: never
}

// end returns when a mail was answered or expired, whichever came first. Before that, ended is false.
func (m mailed) end(now time.Time) (when time.Time, answered, ended bool) {
	switch {
	case !m.answer.IsZero() && m.answer.Before(m.expires) && !now.Before(m.answer):
		return m.answer, true, true
	case !now.Before(m.expires):
		return m.expires, false, true
	}
	return time.Time{}, false, false
}

// send mails the owner of an account, who may still have to confirm to become that.
func (w *world) send(action string, a *account) mailed {
	w.mails = append(w.mails, Mail{action, a.display, a.email, w.Now})
	m := mailed{sent: w.Now, expires: w.Now.Add(w.opts.MailLife)}
	if w.opts.ConfirmAfter > 0 && a.owner != ignores && !strings.HasPrefix(strings.ToLower(a.email), "bounce") {
		m.answer = w.Now.Add(w.opts.ConfirmAfter)
	}
	return m
}

// sent is a mail that was sent before the seed was loaded.
func (w *world) sent(at, answer time.Time) mailed {
	if at.IsZero() {
		at = w.Now
	}
	return mailed{sent: at, expires: at.Add(w.opts.MailLife), answer: answer}
}
