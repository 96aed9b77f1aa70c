package huaweicloudemu

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/entitlectl/entitlectl/pkg/providers/emu"
	"github.com/entitlectl/entitlectl/pkg/providers/emu/emutest"
)

func TestPaging(t *testing.T) {
	var seed strings.Builder
	seed.WriteString("huaweicloud: {users: [")
	for i := range 25 {
		fmt.Fprintf(&seed, "{name: u%02d, email: u@x}, ", i)
	}
	seed.WriteString("], appGroups: [{name: A}]}")
	for _, newest := range []bool{false, true} {
		c := newClient(t, Options{NewestFirst: newest}, seed.String())
		c.want(200, addGrants, obj{"app_group_ids": []string{c.appGroup("A")}, "accounts": userInfo(emutest.Many(25, func(i int) string { return fmt.Sprintf("u%02d", i) })...)})
		var got []string
		for offset := 0; ; offset += 10 {
			page := c.want(200, fmt.Sprintf("%s?offset=%d", listGrants, offset), nil)
			if page.Count != 25 {
				t.Fatalf("count %d at %d, want 25", page.Count, offset)
			}
			for _, a := range page.Authorizations {
				got = append(got, a["account"].(string))
			}
			if len(page.Authorizations) < 10 {
				break
			}
		}
		want := emutest.Many(25, func(i int) string { return fmt.Sprintf("u%02d", i) })
		if newest {
			slices.Reverse(want)
		}
		emutest.Same(t, fmt.Sprintf("newest first %v", newest), got, want)
		if far := c.want(200, listGrants+"?offset=26", nil); len(far.Authorizations) != 0 || !strings.Contains(far.Text, `"authorizations":[]`) {
			t.Errorf("beyond the end: %s", far.Text)
		}
		if users := c.want(200, "GET /v2/users?limit=10&offset=20", nil); users.Total != 25 || len(users.Users) != 5 {
			t.Errorf("users: %d of %d", len(users.Users), users.Total)
		}
		if users := c.want(200, "GET /v2/users", nil); len(users.Users) != 25 {
			t.Errorf("without a limit: %d users, want all", len(users.Users))
		}
	}
}

func TestLagShowsTheOlderView(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newClient(t, Options{}, smallSeed)
		cad, office, app := c.appGroup("CAD"), c.appGroup("Office"), c.app("AutoCAD")
		c.Spoil(emu.Fault{Match: "* /**", Kind: emu.FaultLag, For: time.Minute})
		c.want(200, addGrants, obj{"app_group_ids": []string{cad}, "accounts": userInfo("alice")})
		c.want(200, addGrants, obj{"app_group_ids": []string{cad}, "accounts": userInfo("alice")})
		c.want(200, removeGrants, obj{"app_group_ids": []string{office}, "accounts": userInfo("alice")})
		made := c.want(200, "POST /v1/app-groups", obj{"name": "New"})
		c.want(200, "PATCH /v1/app-groups/"+cad, obj{"description": "new"})
		c.want(200, assignMany, obj{"app_ids": []string{app}, "authorization_type": "ALL_USER"})
		c.want(201, "POST /v2/users", obj{"user_name": "dave", "user_email": "d@x"})
		c.want(204, "DELETE /v2/users/"+c.user("carol"), nil)
		look := func() map[string]any {
			return map[string]any{
				"CAD": c.grants(cad), "Office": c.grants(office), "mails": len(c.mails(cad)), "new": c.do("GET /v1/app-groups/"+made.ID, nil).Status,
				"groups": c.want(200, "GET /v1/app-groups", nil).Count, "described": strings.Contains(c.want(200, "GET /v1/app-groups", nil).Text, `"new"`),
				"mode": c.want(200, "GET /v1/app-center/apps?name=AutoCAD", nil).Items[0]["authorization_type"], "assigned": len(c.assigned(app)),
				"users": c.want(200, "GET /v2/users", nil).Total,
			}
		}
		old := map[string]any{
			"CAD": []string(nil), "Office": []string{"USER alice@local.com", "USER_GROUP Designers@local.com"}, "mails": 0, "new": 404, "groups": 2,
			"described": false, "mode": "ASSIGN_USER", "assigned": 2, "users": 4,
		}
		emutest.Same(t, "at once", look(), old)
		time.Sleep(time.Minute - time.Nanosecond)
		emutest.Same(t, "a moment before", look(), old)
		time.Sleep(time.Nanosecond)
		emutest.Same(t, "in the end", look(), map[string]any{
			"CAD": []string{"USER alice@local.com"}, "Office": []string{"USER_GROUP Designers@local.com"}, "mails": 1, "new": 200, "groups": 3,
			"described": true, "mode": "ALL_USER", "assigned": 0, "users": 4,
		})
	})
}
