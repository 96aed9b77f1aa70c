package diff_test

import (
	"testing"
	"time"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// A mail is sent again a while after the last one about the grant, be there a record of that or not, and after the moment that
// was noted of it, by whatever clock.
func TestWhenMailsAreDue(t *testing.T) {
	now := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	ref := spec.Ref{Connection: conn, Kind: kindAppGroup, Name: "CAD"}
	g := spec.Grant{Resource: ref, Subject: person("bob"), Role: spec.RoleAccess}
	held := spec.NewState()
	held.Resources[ref] = spec.Resource{Ownership: spec.Owned}
	held.Grants.Add(g, spec.Origin{})
	for name, tc := range map[string]struct {
		sent, since time.Duration // before now
		noted       map[diff.MailKey]time.Duration
		resends     int
	}{
		"a day after the last":         {25 * time.Hour, 30 * time.Hour, nil, 1},
		"an hour after it":             {time.Hour, 30 * time.Hour, nil, 0},
		"its record is that of before": {25 * time.Hour, time.Second, nil, 0},
		"it was noted as sent":         {25 * time.Hour, 30 * time.Hour, map[diff.MailKey]time.Duration{{Resource: ref, Subject: g.Subject, Type: "grant-mail"}: time.Hour}, 0},
		"the change was noted":         {25 * time.Hour, 30 * time.Hour, map[diff.MailKey]time.Duration{{Resource: ref, Subject: g.Subject}: time.Hour}, 0},
		"another type was noted":       {25 * time.Hour, 30 * time.Hour, map[diff.MailKey]time.Duration{{Resource: ref, Subject: g.Subject, Type: "grant-sms"}: time.Hour}, 1},
	} {
		live := diff.NewLive()
		live.State = held
		live.Notices = []diff.Notice{{Resource: ref, Subject: g.Subject, Mail: spec.Mail{Type: "grant-mail", After: "grant"},
			Sent: now.Add(-tc.sent), Since: now.Add(-tc.since), Tries: 1}}
		noted := func(k diff.MailKey) (at time.Time) {
			if before, ok := tc.noted[k]; ok {
				at = now.Add(-before)
			}
			return at
		}
		when := diff.Resending{Notices: spec.DefaultNotices, Now: now, Noted: noted}
		if changes := diff.Compute(held, live, when); len(changes) != tc.resends {
			t.Errorf("%s: %d resends, want %d", name, len(changes), tc.resends)
		}
		if unsent := diff.Compare(held, live).Unsent(when); tc.noted == nil && len(unsent) != 1-tc.resends {
			t.Errorf("%s: %d wait, want %d", name, len(unsent), 1-tc.resends)
		}
	}
}
