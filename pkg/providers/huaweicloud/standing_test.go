package huaweicloud_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/entitlectl/entitlectl/pkg/provider"
	"github.com/entitlectl/entitlectl/pkg/provider/providertest"
	"github.com/entitlectl/entitlectl/pkg/providers/huaweicloud/huaweicloudemu"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

const outOfUse = `huaweicloud:
  users: [{name: ann, locked: true, disabled: true}, {name: ben}, {name: cay}, {name: mallory}, {name: trudy}]
  userGroups: [{name: Designers, members: [ben, mallory]}, {name: Makers, members: [trudy]}]
  appGroups: [{name: CAD, grants: [cay, "group:Designers"]}, {name: Office, grants: [ann]}]
`

// withLeft says who left.
func withLeft(s spec.State, left ...spec.Subject) spec.State {
	s.Departed = map[spec.Subject]spec.Origin{}
	for _, l := range left {
		s.Departed[l] = spec.Origin{Reason: l.Name + " has left"}
		s.Departed[spec.Subject{Kind: spec.SubjectUser, Name: l.Name + "@corp.example"}] = spec.Origin{}
	}
	return s
}

// What the vendor says of people whom a plan grants something, and of groups that hold people who left, is noted.
func TestStandings(t *testing.T) {
	cad := ref(kindAppGroup, "CAD")
	for _, tc := range []struct {
		name  string
		want  spec.State
		notes []string
		users int // calls that look users up
	}{
		{"disabled and granted", desired(cad, user("cay"), group("Designers"), user("ann")), []string{"ann@local.com is disabled and locked at the vendor, and is granted something all the same"}, 1},
		{"disabled and left as it is", desired(ref(kindAppGroup, "Office"), user("ann")), nil, 0},
		{"nothing to say", desired(cad, user("cay"), group("Designers"), user("ben")), nil, 1},
		{"a group that keeps access", withLeft(desired(cad, user("cay"), group("Designers")), user("mallory"), user("trudy")),
			[]string{"app-group/CAD: group:Designers@local.com holds mallory@local.com, who has left, and gives access; take them out of it at the vendor"}, 1},
		{"a group that gets access", withLeft(desired(cad, user("cay"), group("Designers"), group("Makers")), user("trudy")),
			[]string{"app-group/CAD: group:Makers@local.com holds trudy@local.com, who has left, and gives access; take them out of it at the vendor"}, 1},
		{"a group that loses access", withLeft(desired(cad, user("cay")), user("mallory")), nil, 0},
		{"no groups", withLeft(desired(ref(kindAppGroup, "Office"), user("ann")), user("mallory")), nil, 0},
	} {
		c := newCloud(t, free, outOfUse)
		live, err := c.Open(t).Read(t.Context(), providertest.All(tc.want))
		if err != nil || !slices.Equal(live.Notes, tc.notes) {
			t.Errorf("%s: notes %q, error %v", tc.name, live.Notes, err)
		}
		if n := c.reads()["/users"]; n != tc.users {
			t.Errorf("%s: %d calls for users", tc.name, n)
		}
		if _, err := c.Open(t).Read(t.Context(), provider.Query{Desired: tc.want, ReadBack: true}); err != nil || c.reads()["/users"] != tc.users {
			t.Errorf("%s: %d calls for users after reading back, error %v", tc.name, c.reads()["/users"], err)
		}
	}
}

// The grant of a deleted account is not one of the account that was made again under its name, and the plan says so.
func TestGrantsOfDeletedAccounts(t *testing.T) {
	c := newCloud(t, huaweicloudemu.Options{Unthrottled: true, OrphanGrants: true}, outOfUse)
	c.Rewrite(func(r *http.Request, answer map[string]any) {
		providertest.EachList(answer, func(rows []map[string]any) []map[string]any {
			for _, row := range rows {
				if row["account"] == "cay" {
					row["account_id"] = "old"
				}
			}
			return rows
		})
	})
	want := merge(desired(ref(kindAppGroup, "CAD"), user("cay"), group("Designers")), desired(ref(kindAppGroup, "Office"), user("ann"), user("cay")))
	live, err := c.Open(t).Read(t.Context(), providertest.All(want))
	if err != nil || !strings.Contains(fmt.Sprint(live.Notes), "app-group/CAD: the grant of cay@local.com is that of a deleted account (old)") {
		t.Errorf("notes %q, error %v", live.Notes, err)
	}
}

// Who left is found in groups under the name that the vendor has, where that is another spelling than the files'.
func TestLeaversInGroupsInAnySpelling(t *testing.T) {
	const seed = `huaweicloud:
  users: [{name: Mallory, email: mal@corp.example}, {name: cay}]
  userGroups: [{name: Designers, members: [Mallory]}]
  appGroups: [{name: CAD, grants: [Mallory, cay, "group:Designers"]}]
`
	c := newCloud(t, free, seed)
	live, err := c.Open(t).Read(t.Context(), providertest.All(withLeft(desired(ref(kindAppGroup, "CAD"), user("cay"), group("Designers")), user("mallory"))))
	if want := "group:Designers@local.com holds Mallory@local.com, who has left"; err != nil || !strings.Contains(fmt.Sprint(live.Notes), want) {
		t.Errorf("notes %q, error %v", live.Notes, err)
	}
}
