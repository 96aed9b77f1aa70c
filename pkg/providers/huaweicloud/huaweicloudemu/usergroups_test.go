package huaweicloudemu

import (
	"testing"

	"github.com/entitlectl/entitlectl/pkg/providers/emu/emutest"
)

func TestUserGroupLife(t *testing.T) {
	c := newClient(t, Options{}, smallSeed)
	if got := c.want(201, "POST /v2/groups", obj{"group_name": "New", "platform_type": "LOCAL", "description": "d"}); got.Text != "" {
		t.Errorf("g2 says %s", got.Text)
	}
	c.want(201, "POST /v2/groups", obj{"group_name": "New", "platform_type": "AD"})
	for query, want := range map[string]int{
		"": 4, "keyword=Ne": 2, "platform_type=AD": 2, "platform_type=AD&platform_type=LOCAL": 4, "domain=corp.local": 1, "limit=1&offset=1": 1, "offset=3": 1, "offset=0": 4,
	} {
		if got := c.want(200, "GET /v2/groups?"+query, nil); len(got.UserGroups) != want {
			t.Errorf("%q lists %d, want %d", query, len(got.UserGroups), want)
		}
	}
	id := c.userGroup("New")
	c.want(200, "PUT /v2/groups/"+id, obj{"group_name": "Newer"})
	c.want(400, "PUT /v2/groups/"+id, obj{"group_name": "Designers"})
	c.want(400, "PUT /v2/groups/"+c.userGroup("Admins"), obj{"group_name": "Kings"})

	office := c.appGroup("Office")
	c.want(200, "PUT /v2/groups/"+c.userGroup("Designers"), obj{"group_name": "Artists"})
	emutest.Same(t, "grants of a renamed group", c.grants(office), []string{"USER alice@local.com", "USER_GROUP Artists@local.com"})

	change := func(op string, ids ...string) {
		t.Helper()
		if got := c.want(204, "POST /v2/groups/"+id+"/actions", obj{"op_type": op, "user_ids": ids}); got.Text != "" {
			t.Errorf("g7 says %s", got.Text)
		}
	}
	bob, carol := c.user("bob"), c.user("carol")
	change("ADD", bob, carol)
	change("ADD", bob)
	members := c.want(200, "GET /v2/groups/"+id+"/users", nil)
	if members.Total != 2 || members.Users[0]["user_name"] != "bob" || members.Users[0]["user_email"] != "Bounced@corp.example" {
		t.Errorf("members %s", members.Text)
	}
	if got := c.want(200, "GET /v2/groups/"+id+"/users?user_name=car", nil); got.Total != 1 {
		t.Errorf("filtered members %s", got.Text)
	}
	if row := c.want(200, "GET /v2/groups?keyword=Newer", nil).UserGroups[0]; row["user_quantity"] != 2.0 {
		t.Errorf("row %v", row)
	}
	change("DELETE", bob)
	change("DELETE", bob)
	if got := c.want(200, "GET /v2/groups/"+id+"/users", nil); got.Total != 1 {
		t.Errorf("members %s", got.Text)
	}

	c.want(204, "DELETE /v2/groups/"+id, nil)
	for _, call := range []string{"DELETE /v2/groups/" + id, "PUT /v2/groups/" + id, "GET /v2/groups/" + id + "/users", "POST /v2/groups/" + id + "/actions"} {
		if got := c.want(400, call, obj{"op_type": "ADD", "user_ids": []string{bob}}); got.Code != "WKS.00170208" {
			t.Errorf("%s of nothing: %s", call, got.Text)
		}
	}
}
