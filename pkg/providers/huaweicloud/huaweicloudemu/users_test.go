package huaweicloudemu

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/entitlectl/entitlectl/pkg/providers/emu/emutest"
)

func TestUserLife(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newClient(t, Options{}, smallSeed)
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
		if !strings.HasPrefix(got.Text, `{"user_detail":{`) || !strings.Contains(got.Text, `"account_expires":946771200000`) || !strings.Contains(got.Text, `"user_expired":true`) {
			t.Errorf("detail %s", got.Text)
		}
		if got := c.want(200, "PUT "+path, obj{"user_email": "", "disabled": true}); got.ID != made.ID {
			t.Errorf("PUT says %s", got.Text)
		}
		c.want(204, "POST "+path+"/actions", obj{"op_type": "LOCK"})
		row = c.want(200, "GET /v2/users?user_names=dave", nil).Users[0]
		if row["user_email"] != "" || row["disabled"] != true || row["locked"] != true || row["active_type"] != "USER_ACTIVATE" {
			t.Errorf("changed to %v", row)
		}
		c.want(204, "DELETE "+path, nil)
		for _, call := range []string{"DELETE " + path, "GET " + path, "PUT " + path, "POST " + path + "/actions"} {
			if got := c.want(400, call, obj{"op_type": "LOCK"}); got.Code != "WKS.00170312" {
				t.Errorf("%s of nobody: %s", call, got.Text)
			}
		}
	})
}

func TestUserFilters(t *testing.T) {
	c := newClient(t, Options{}, smallSeed)
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
	c := newClient(t, Options{}, smallSeed)
	c.want(204, "DELETE /v2/users/"+c.user("alice"), nil) // the first alice: of local.com
	emutest.Same(t, "grants", c.grants(c.appGroup("Office")), []string{"USER_GROUP Designers@local.com"})
	emutest.Same(t, "assigned", c.assigned(c.app("AutoCAD")), []string{"USER_GROUP Designers@local.com"})
	if got := c.want(200, "GET /v2/groups/"+c.userGroup("Designers")+"/users", nil); got.Total != 2 {
		t.Errorf("members: %s", got.Text)
	}
	c.want(204, "DELETE /v2/groups/"+c.userGroup("Designers"), nil)
	emutest.Same(t, "grants", c.grants(c.appGroup("Office")), []string(nil))
	emutest.Same(t, "assigned", c.assigned(c.app("AutoCAD")), []string(nil))
	if row := c.want(200, "GET /v2/users?user_names=bob", nil).Users[0]; len(row["group_names"].([]any)) != 0 {
		t.Errorf("bob is in %v", row["group_names"])
	}
}
