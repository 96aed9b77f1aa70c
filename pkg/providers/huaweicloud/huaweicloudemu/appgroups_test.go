package huaweicloudemu

import (
	"strings"
	"testing"
	"testing/synctest"

	"github.com/entitlectl/entitlectl/pkg/providers/emu/emutest"
)

func TestAppGroupLife(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newClient(t, Options{}, "")
		made := c.want(200, "POST /v1/app-groups", obj{"name": "CAD_设计-1", "description": "d"})
		group := c.want(200, "GET /v1/app-groups", nil).Items[0]
		emutest.Same(t, "listed", group, map[string]any{
			"id": made.ID, "name": "CAD_设计-1", "description": "d", "app_server_group_id": "", "authorization_type": "APP_GROUP",
			"app_type": "COMMON_APP", "app_count": 0.0, "create_at": "2000-01-01T00:00:00.000Z", "tenant_id": Project,
		})
		if len(made.ID) != 18 {
			t.Errorf("id %q is not 18 digits", made.ID)
		}
		path := "/v1/app-groups/" + made.ID
		c.want(200, "PATCH "+path, obj{"name": "CAD", "description": "", "app_server_group_id": "s1"})
		if got := c.want(200, "GET "+path, nil); !strings.Contains(got.Text, `"name":"CAD"`) || !strings.Contains(got.Text, `"description":""`) {
			t.Errorf("changed to %s", got.Text)
		}
		c.want(200, "POST /v1/app-groups", obj{"name": "CAD_设计-1"}) // the old name is free again
		c.want(409, "PATCH "+path, obj{"app_server_group_id": "s2"})
		c.want(200, "POST /v1/app-groups", obj{"name": "Other"})
		if got := c.want(409, "PATCH "+path, obj{"name": "Other"}); got.Code != "WKS.00211103" {
			t.Errorf("a taken name: %s", got.Text)
		}
		c.want(400, "POST /v1/app-groups", obj{"name": "CAD"})
		for range 2 {
			c.want(200, "DELETE "+path, nil)
			if got := c.want(200, "POST /v1/app-groups/batch-delete", obj{"ids": []string{made.ID}}); got.Text != "" {
				t.Errorf("batch delete says %s", got.Text)
			}
		}
		if got := c.want(404, "GET "+path, nil); got.Code != "WKS.00211902" {
			t.Errorf("a deleted group: %s", got.Text)
		}
		c.want(404, "PATCH "+path, obj{"name": "CAD"})
		c.want(200, "POST /v1/app-groups", obj{"name": "CAD"})
	})
}

func TestAppGroupFilters(t *testing.T) {
	c := newClient(t, Options{}, "")
	for _, n := range []string{"office-1", "office-2", "cad"} {
		c.want(200, "POST /v1/app-groups", obj{"name": n, "app_server_group_id": "on-" + n})
	}
	c.want(200, "POST /v1/app-groups", obj{"name": "desk", "app_type": "SESSION_DESKTOP_APP", "authorization_type": "APP"})
	for query, want := range map[string]int{
		"": 4, "name=office": 2, "name=cad": 1, "name=x": 0, "app_type=SESSION_DESKTOP_APP": 1, "authorization_type=APP": 1,
		"app_server_group_id=on-cad": 1, "app_group_id=" + c.appGroup("cad"): 1, "name=office&app_type=SESSION_DESKTOP_APP": 0,
	} {
		if got := c.want(200, "GET /v1/app-groups?"+query, nil); got.Count != want || len(got.Items) != want {
			t.Errorf("%q: %d, want %d", query, got.Count, want)
		}
	}
}
