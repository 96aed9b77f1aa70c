package huaweicloud_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/entitlectl/entitlectl/pkg/provider/providertest"
	"github.com/entitlectl/entitlectl/pkg/providers/huaweicloud/huaweicloudemu"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// A report names the mails of its own run, and not older ones about the same.
func TestReportNamesNoMailOfBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCloud(t, huaweicloudemu.Options{Unthrottled: true, MailDelay: 3 * time.Minute}, "huaweicloud:\n  users: [{name: bob, email: bob@corp.example}]\n  appGroups:\n    - name: CAD\n      grants: [bob]\n      mails: [{to: bob, type: DEL_GROUP_AUTHORIZATION, error: full, sent: 1999-01-01T00:00:00Z}]\n")
		set := func(conn *spec.Connection) {
			conn.Notices = spec.DefaultNotices
			conn.Notices.Types = []string{"grant-mail", "revoke-mail"}
		}
		want := desired(ref(kindAppGroup, "CAD"))
		job := c.Job(c.Open(t, set), want, set)
		result := providertest.Apply(t, providertest.Plan(t, job, c.Now()), job)
		if notes := result.Connections[0].Notes; len(notes) > 0 {
			t.Errorf("after the revoke: %q", notes)
		}
	})
}
