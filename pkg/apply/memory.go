package apply

import (
	"fmt"
	"strings"
	"time"

	"github.com/entitlectl/entitlectl/pkg/diff"
)

// Memory keeps small texts between runs.
type Memory interface {
	Recall(key string) (value string, ok bool)
	Keep(key, value string) error
}

// mailKey is the key under which the moment of a mail is kept.
func mailKey(m diff.MailKey) string {
	return strings.Join([]string{m.Resource.Connection, "mailed", m.Resource.String(), string(m.Subject.Kind), m.Subject.String(), m.Recipient}, "/")
}

// noted looks moments of mails up; nil without a memory.
func noted(memory Memory) func(diff.MailKey) time.Time {
	if memory == nil {
		return nil
	}
	return func(m diff.MailKey) time.Time {
		text, _ := memory.Recall(mailKey(m))
		at, err := time.Parse(time.RFC3339, text)
		if err != nil {
			return time.Time{}
		}
		return at
	}
}

// ahead is from when on a run counts as one that judges at another moment than the present.
const ahead = time.Hour

// noteMails keeps when the changes that were sent mailed somebody, by the clock of this run: of resends always, of others
// where that clock is ahead of the vendor's, whose time would make the mail seem overdue at once.
func (r *run) noteMails() {
	if r.opts.Memory == nil {
		return
	}
	early := time.Until(r.opts.Now) > ahead
	for i, c := range r.part.Changes {
		s := r.steps[i]
		sent := s.call > 0 && (s.outcome == diff.Done || s.outcome == diff.Unknown)
		if !sent || c.Op != diff.OpResend && (!early || c.Mails == 0) || c.Op == diff.OpRevoke {
			continue
		}
		if err := r.opts.Memory.Keep(mailKey(c.Mail(r.part.Name)), r.opts.Now.UTC().Format(time.RFC3339)); err != nil {
			r.notes = append(r.notes, fmt.Sprintf("%s: that a mail was sent could not be kept for the next run: %v", c.Ref(r.part.Name), err))
			return
		}
	}
}
