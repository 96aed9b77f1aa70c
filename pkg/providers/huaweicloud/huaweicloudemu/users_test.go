package huaweicloudemu

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestUserLife(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newTenant(t, Options{}, smallSeed)
		made := c.want(201, "POST /v2/users", obj{"user_name": "dave", "user_email": "dave@x", "group_ids": []string{c.userGroup("Designers")}, "account_expires": "2000-01-02T00:00:00Z"})
		if len(made.ID) != 32 {
			t.Errorf("id %q is not 32 digits", made.ID)
		}
		row := c.want(200, "GET /v2/users?user_names=dave", nil).Users[0]
		if row["user_email"] != "dave@x" || row["domain"] != "local.com" || row["account_expires"] != "2000-01-02T00:00:00Z" || row["account_expired"] != false ||
			row["enable_change_password"] != true || !slices.Equal(row["group_names"].([]any), []any{"Designers"}) {
			t.Errorf("made %v", row)
		}
		path := "/v2/users/" + made.ID
		time.Sleep(24 * time.Hour)
		got := c.want(200, "GET "+path, nil)
		if !strings.HasPrefix(got.text, `{"user_detail":{`) || !strings.Contains(got.text, `"account_expires":946771200000`) || !strings.Contains(got.text, `"user_expired":true`) {
			t.Errorf("detail %s", got.text)
		}
		if got := c.want(200, "PUT "+path, obj{"user_email": "", "disabled": true}); got.ID != made.ID {
			t.Errorf("PUT says %s", got.text)
		}
		c.want(204, "POST "+path+"/actions", obj{"op_type": "LOCK"})
		row = c.want(200, "GET /v2/users?user_names=dave", nil).Users[0]
		if row["user_email"] != "" || row["disabled"] != true || row["locked"] != true || row["active_type"] != "USER_ACTIVATE" {
			t.Errorf("changed to %v", row)
		}
		c.want(204, "DELETE "+path, nil)
		for _, call := range []string{"DELETE " + path, "GET " + path, "PUT " + path, "POST " + path + "/actions"} {
			if got := c.want(400, call, obj{"op_type": "LOCK"}); got.Code != "WKS.00170312" {
				t.Errorf("%s of nobody: %s", call, got.text)
			}
		}
	})
}

func TestUserFilters(t *testing.T) {
	c := newTenant(t, Options{}, smallSeed)
	c.want(200, "PUT /v2/users/"+c.user("carol"), obj{"disabled": true, "description": "on leave"})
	for query, want := range map[string]int{
		"": 4, "user_name=ali": 2, "user_names=alice": 2, "user_names=alice&user_names=bob": 3, "user_names=ali": 0, "domain=corp.local": 1,
		"platform_type=AD": 1, "platform_type=UOS": 0, "group_name=Designers": 3, "group_name=Design": 0, "disabled=true": 1, "disabled=false": 3,
		"description=leave": 1, "active_type=ADMIN_ACTIVATE": 0, "is_query_total_desktops=false&limit=100&offset=0": 4, "domain=corp.local&user_names=bob": 0,
	} {
		if got := c.want(200, "GET /v2/users?"+query, nil); got.Total != want || len(got.Users) != want {
			t.Errorf("%q lists %d, want %d", query, got.Total, want)
		}
	}
}

func TestDeletedUserLosesAll(t *testing.T) {
	c := newTenant(t, Options{}, smallSeed)
	c.want(204, "DELETE /v2/users/"+c.user("alice"), nil) // the first alice: of local.com
	wantSame(t, "grants", c.grants(c.appGroup("Office")), []string{"USER_GROUP Designers@local.com"})
	wantSame(t, "assigned", c.assigned(c.app("AutoCAD")), []string{"USER_GROUP Designers@local.com"})
	if got := c.want(200, "GET /v2/groups/"+c.userGroup("Designers")+"/users", nil); got.Total != 2 {
		t.Errorf("members: %s", got.text)
	}
	c.want(204, "DELETE /v2/groups/"+c.userGroup("Designers"), nil)
	wantSame(t, "grants", c.grants(c.appGroup("Office")), []string(nil))
	wantSame(t, "assigned", c.assigned(c.app("AutoCAD")), []string(nil))
	if row := c.want(200, "GET /v2/users?user_names=bob", nil).Users[0]; len(row["group_names"].([]any)) != 0 {
		t.Errorf("bob is in %v", row["group_names"])
	}
}

func TestUserGroupLife(t *testing.T) {
	c := newTenant(t, Options{}, smallSeed)
	if got := c.want(201, "POST /v2/groups", obj{"group_name": "New", "platform_type": "LOCAL", "description": "d"}); got.text != "" {
		t.Errorf("g2 says %s", got.text)
	}
	c.want(201, "POST /v2/groups", obj{"group_name": "New", "platform_type": "AD"})
	for query, want := range map[string]int{
		"": 4, "keyword=Ne": 2, "platform_type=AD": 2, "platform_type=AD&platform_type=LOCAL": 4, "domain=corp.local": 1, "limit=1&offset=1": 1, "offset=3": 4,
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
	wantSame(t, "grants of a renamed group", c.grants(office), []string{"USER alice@local.com", "USER_GROUP Artists@local.com"})

	change := func(op string, ids ...string) {
		t.Helper()
		if got := c.want(204, "POST /v2/groups/"+id+"/actions", obj{"op_type": op, "user_ids": ids}); got.text != "" {
			t.Errorf("g7 says %s", got.text)
		}
	}
	bob, carol := c.user("bob"), c.user("carol")
	change("ADD", bob, carol)
	change("ADD", bob)
	members := c.want(200, "GET /v2/groups/"+id+"/users", nil)
	if members.Total != 2 || members.Users[0]["user_name"] != "bob" || members.Users[0]["user_email"] != "Bounced@corp.example" {
		t.Errorf("members %s", members.text)
	}
	if got := c.want(200, "GET /v2/groups/"+id+"/users?user_name=car", nil); got.Total != 1 {
		t.Errorf("filtered members %s", got.text)
	}
	if row := c.want(200, "GET /v2/groups?keyword=Newer", nil).UserGroups[0]; row["user_quantity"] != 2.0 {
		t.Errorf("row %v", row)
	}
	change("DELETE", bob)
	change("DELETE", bob)
	if got := c.want(200, "GET /v2/groups/"+id+"/users", nil); got.Total != 1 {
		t.Errorf("members %s", got.text)
	}

	c.want(204, "DELETE /v2/groups/"+id, nil)
	for _, call := range []string{"DELETE /v2/groups/" + id, "PUT /v2/groups/" + id, "GET /v2/groups/" + id + "/users", "POST /v2/groups/" + id + "/actions"} {
		if got := c.want(400, call, obj{"op_type": "ADD", "user_ids": []string{bob}}); got.Code != "WKS.00170208" {
			t.Errorf("%s of nothing: %s", call, got.text)
		}
	}
}
