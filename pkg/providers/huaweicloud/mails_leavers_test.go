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

// A member who has the name of the user group is looked for in it, as all others are.
func TestMembersOfTheGroupsName(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCloud(t, free, "huaweicloud:\n  users: [{name: staff, email: bounce@corp.example}, {name: ann, email: ann@corp.example}]\n  userGroups: [{name: staff, members: [staff, ann]}]\n  appGroups: [{name: CAD}]\n")
		want := desired(ref(kindAppGroup, "CAD"), group("staff"))
		notify(t, c, c.Open(t), want)
		c.console(t, "POST", "/v2/{p}/groups/"+c.id(t, "/v2/{p}/groups", "user_groups", "name", "staff")+"/actions",
			map[string]any{"op_type": "DELETE", "user_ids": []string{c.userID(t, "staff")}})
		time.Sleep(25 * time.Hour)
		if got, notes := c.resends(t, want); len(got) > 0 {
			t.Errorf("mails to somebody who left the group: %v, %q", got, notes)
		}
	})
}
