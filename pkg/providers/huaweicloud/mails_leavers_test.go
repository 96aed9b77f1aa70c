package huaweicloud_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/entitlectl/entitlectl/pkg/spec"
)

// Whoever left by the files, in whatever spelling, gets no mail about a revoke again.
func TestNoRevokeMailToLeaversInAnotherSpelling(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCloud(t, free, "huaweicloud:\n  users: [{name: Mallory, email: bounce@corp.example}, {name: ann, email: ann@corp.example}]\n  appGroups: [{name: CAD, grants: [Mallory, ann]}]\n")
		want := desired(ref(kindAppGroup, "CAD"), user("ann"))
		want.Departed = map[spec.Subject]spec.Origin{user("mallory"): {}}
		c.Connection.Notices = spec.DefaultNotices
		notify(t, c, c.Open(t), want)
		time.Sleep(25 * time.Hour)
		if got, notes := c.resends(t, want, "revoke-mail"); len(got) > 0 {
			t.Errorf("mails to somebody who left: %v, %q", got, notes)
		}
	})
}
