package huaweicloudemu

import (
	"strings"
	"testing"

	"github.com/entitlectl/entitlectl/pkg/providers/emu/emutest"
)

func simple(names ...string) (out []obj) {
	for _, n := range names {
		out = append(out, obj{"account": n, "account_type": "SIMPLE"})
	}
	return out
}

func TestAssign(t *testing.T) {
	c := newClient(t, Options{}, smallSeed)
	cad, browser := c.app("AutoCAD"), c.app("Browser")
	assign := func(apps []string, mode string, users, del []obj) {
		t.Helper()
		if got := c.want(200, assignMany, obj{"app_ids": apps, "authorization_type": mode, "users": users, "del_users": del}); got.Text != "" {
			t.Errorf("d3 says %s", got.Text)
		}
	}
	seeded := []string{"SIMPLE alice@local.com", "USER_GROUP Designers@local.com"}
	emutest.Same(t, "seeded", c.assigned(cad), seeded)
	both := []string{cad, browser}
	for range 2 { // a repeat changes nothing
		assign(both, "ASSIGN_USER", append(simple("bob", "nobody"), obj{"account": "alice", "account_type": "SIMPLE", "domain": "corp.local", "platform_type": "AD"},
			obj{"account": "Admins", "account_type": "USER_GROUP", "domain": "corp.local"}, obj{"account": "Admins", "account_type": "USER_GROUP"}), nil)
		added := []string{"SIMPLE bob@local.com", "SIMPLE alice@corp.local", "USER_GROUP Admins@corp.local"}
		emutest.Same(t, "added: unknown accounts are passed over", c.assigned(cad), append(seeded[:2:2], added...))
		emutest.Same(t, "on every app", c.assigned(browser), added)
	}
	assign([]string{cad}, "ASSIGN_USER", nil, append(simple("alice", "carol"), obj{"account": "Designers", "account_type": "USER_GROUP"}))
	emutest.Same(t, "removed", c.assigned(cad), []string{"SIMPLE bob@local.com", "SIMPLE alice@corp.local", "USER_GROUP Admins@corp.local"})
	assign([]string{cad}, "ASSIGN_USER", simple("bob", "carol"), simple("bob", "carol"))
	emutest.Same(t, "in both lists: removed", c.assigned(cad), []string{"SIMPLE alice@corp.local", "USER_GROUP Admins@corp.local"})

	assign([]string{cad}, "ALL_USER", simple("bob"), nil)
	emutest.Same(t, "for everyone", c.assigned(cad), []string(nil))
	if got := c.want(200, "GET /v1/app-center/apps/"+cad+"/authorizations", nil); got.Text != "{\"count\":0,\"items\":[]}\n" {
		t.Errorf("for everyone: %s", got.Text)
	}
	assign([]string{cad}, "ASSIGN_USER", nil, simple("bob"))
	emutest.Same(t, "back", c.assigned(cad), []string{"SIMPLE alice@corp.local", "USER_GROUP Admins@corp.local"})

	if got := c.want(404, assignMany, obj{"app_ids": []string{cad, "unknown"}, "authorization_type": "ALL_USER"}); got.Code != "WKS.00211902" {
		t.Errorf("an unknown app: %s", got.Text)
	}
	emutest.Same(t, "then nothing is done", len(c.assigned(cad)), 2)
	c.want(404, "GET /v1/app-center/apps/unknown/authorizations", nil)

	for query, want := range map[string]int{"name=ali": 1, "target_type=USER_GROUP": 1, "assign_type=ALL_USER": 0, "assign_type=ASSIGN_USER": 2, "limit=1&offset=1": 1} {
		if got := c.want(200, "GET /v1/app-center/apps/"+cad+"/authorizations?"+query, nil); len(got.Items) != want {
			t.Errorf("%s lists %s, want %d", query, got.Text, want)
		}
	}
	for _, row := range c.want(200, "GET /v1/app-center/apps/"+cad+"/authorizations", nil).Items {
		if len(row) != 4 || row["platform_type"] != "AD" {
			t.Errorf("a row is %v, want four fields", row)
		}
	}
}

func TestApps(t *testing.T) {
	c := newClient(t, Options{}, smallSeed)
	made := c.want(200, "POST /v1/app-center/apps", newApp("Maya"))
	if !strings.Contains(made.Text, `"app_file_store":{"file_link":"https://x","store_type":"LINK"}`) || len(made.ID) != 36 {
		t.Errorf("made %s", made.Text)
	}
	c.want(200, "PATCH /v1/app-center/apps/"+made.ID, obj{"authorization_type": "ALL_USER", "id": "mine"})
	row := c.want(200, "GET /v1/app-center/apps?name=May", nil)
	if row.Count != 1 || row.Items[0]["authorization_type"] != "ALL_USER" || row.Items[0]["version"] != "1" || row.Items[0]["id"] != made.ID {
		t.Errorf("changed to %s", row.Text)
	}
	c.want(404, "PATCH /v1/app-center/apps/unknown", obj{"name": "x"})
	if got := c.want(200, "GET /v1/app-center/apps?limit=2", nil); got.Count != 3 || len(got.Items) != 2 || got.Items[0]["name"] != "AutoCAD" {
		t.Errorf("list: %s", got.Text)
	}
}
