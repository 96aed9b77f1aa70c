package apply

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// A plan says, sorted, after what the provider has to say, which mails are given up, which names may be taken for others
// and which people the vendor shows under other names; and of a mail that is in doubt why it is not sent.
func TestNotesOfPlans(t *testing.T) {
	now := time.Date(2026, 11, 5, 12, 0, 0, 0, time.UTC)
	mail := func(user, recipient string, tries int) diff.Notice {
		g := grantOf("CAD", user)
		return diff.Notice{Resource: g.Resource, Subject: g.Subject, Recipient: recipient, Sent: now, Tries: tries}
	}
	doubtful := mail("d", "", 1)
	doubtful.Unsure = true
	ownerless := diff.Notice{Resource: grantOf("CAD", "").Resource, Sent: now, Tries: 4}
	waits := mail("c", "", 2)
	waits.Result = "mail failed"
	live := state(map[string][]string{"CAD": {"a", "b", "c", "d", "Elle", "ELLE"}})
	v := &vendor{live: live, notices: []diff.Notice{mail("b", "", 3), mail("a", "boss", 5), waits, ownerless, doubtful}}
	v.onRead = func(_ int, live *diff.Live) error {
		live.Notes = []string{"z from the provider"}
		return nil
	}
	js := jobs(v, state(map[string][]string{"CAD": {"a", "b", "c", "d", "Ωmega", "\u0430lice", "elle"}, "\u0430lice": nil}))
	js[0].Connection.Notices = spec.Notices{ResendAfter: 24 * time.Hour, MaxAttempts: 3}
	plan, err := Plan(t.Context(), PlanOptions{Jobs: js, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"z from the provider",
		"app-group/CAD: 3 mails to b came to nothing, and no more are sent (notices: maxAttempts)",
		"app-group/CAD: 4 mails to its owner came to nothing, and no more are sent (notices: maxAttempts)",
		"app-group/CAD: 5 mails to boss came to nothing, and no more are sent (notices: maxAttempts)",
		"app-group/CAD: to c: mail failed; it is sent again from 2026-11-06T12:00:00Z on (notices: resendAfter)",
		"\"Ωmega\" mixes Greek and Latin letters; make sure that it is who or what you mean",
		"\"\u0430lice\" mixes Cyrillic and Latin letters; make sure that it is who or what you mean",
		"app-group/CAD: elle is there as ELLE and Elle, and nothing is granted or revoked; write it so",
	}
	if d := cmp.Diff(want, plan.Connections[0].Notes); d != "" {
		t.Errorf("notes (-want +got):\n%s", d)
	}
	problems := map[string]string{}
	for _, c := range plan.Connections[0].Changes {
		if c.Op == diff.OpResend {
			problems[c.Subject.Name] = c.Problem
		}
	}
	if d := cmp.Diff(map[string]string{"d": "an earlier run may have sent this mail, and no read can tell; --retry-unknown sends it again"}, problems); d != "" {
		t.Errorf("mails (-want +got):\n%s", d)
	}
}
