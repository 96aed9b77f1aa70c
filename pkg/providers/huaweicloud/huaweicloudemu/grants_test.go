package huaweicloudemu

import (
	"fmt"
	"testing"

	"github.com/entitlectl/entitlectl/pkg/providers/emu/emutest"
)

func TestAuthorizations(t *testing.T) {
	c := newClient(t, Options{}, smallSeed)
	cad, office, designers := c.appGroup("CAD"), c.appGroup("Office"), c.userGroup("Designers")
	c.want(200, addGrants, obj{"app_group_ids": []string{cad, office}, "accounts": []obj{
		{"account": "alice", "account_type": "USER"},
		{"account": "alice", "account_type": "USER", "domain": "corp.local"},
		{"account": "nobody", "account_type": "USER"},
		{"account": "carol", "account_type": "USER", "platform_type": "AD"},
		{"account": "bob", "account_type": "USER", "platform_type": "LOCAL"},
		{"account": "whatever", "account_type": "USER_GROUP", "id": designers},
		{"account": "Admins", "account_type": "USER_GROUP", "id": "unknown"},
	}})
	local := []string{"USER alice@local.com", "USER alice@corp.local", "USER bob@local.com", "USER_GROUP Designers@local.com"}
	emutest.Same(t, "CAD: unknown accounts are passed over", c.grants(cad), local)
	emutest.Same(t, "Office keeps what it had", c.grants(office),
		[]string{"USER alice@local.com", "USER_GROUP Designers@local.com", "USER alice@corp.local", "USER bob@local.com"})

	row := c.want(200, listGrants+"?app_group_id="+cad+"&account=Designers", nil).Authorizations[0]
	delete(row, "create_at")
	id := row["id"].(string)
	emutest.Same(t, "a row", row, map[string]any{
		"id": id, "account_id": designers, "account": "Designers", "account_type": "USER_GROUP", "platform_type": "LOCAL", "domain": "local.com",
		"app_group_id": cad, "app_group_name": "CAD", "authorization_type": "APP_GROUP", "app_id": "", "app_name": "",
	})
	for query, want := range map[string]int{
		"": 8, "app_group_id=" + cad: 4, "account_id=" + designers: 2, "account_id=" + designers + "&app_group_id=" + cad: 1, "account=ali": 4,
		"account_type=USER_GROUP": 2, "app_group_id=unknown": 0, "account_id=unknown": 0,
	} {
		if got := c.want(200, listGrants+"?limit=100&"+query, nil); got.Count != want || len(got.Authorizations) != want {
			t.Errorf("%q lists %d, want %d", query, got.Count, want)
		}
	}

	for range 2 { // removing again is a success
		if got := c.want(200, removeGrants, obj{"app_group_ids": []string{cad, "unknown"}, "accounts": []obj{
			{"account": "alice", "account_type": "USER", "domain": "corp.local"},
			{"account": "bob", "account_type": "USER", "platform_type": "AD"},
			{"account": "Designers", "account_type": "USER_GROUP", "id": "another"},
			{"account": "Designers", "account_type": "USER"},
			{"account": "stranger", "account_type": "USER"},
		}}); got.Text != "" {
			t.Errorf("b3 says %s", got.Text)
		}
		emutest.Same(t, "only what matches goes", c.grants(cad), []string{"USER alice@local.com", "USER bob@local.com", "USER_GROUP Designers@local.com"})
	}
	c.want(200, removeGrants, obj{"app_group_ids": []string{office}, "accounts": userInfo("alice")})
	emutest.Same(t, "a name without a domain means all of that name", c.grants(office), []string{"USER_GROUP Designers@local.com", "USER bob@local.com"})

	if got := c.want(404, addGrants, obj{"app_group_ids": []string{office, "unknown"}, "accounts": userInfo("carol")}); got.Code != "WKS.00211902" {
		t.Errorf("an unknown group: %s", got.Text)
	}
	emutest.Same(t, "then nothing is granted", len(c.grants(office)), 2)
	other := c.want(200, "POST /v1/app-groups", obj{"name": "Other", "authorization_type": "APP"})
	c.want(400, addGrants, obj{"app_group_ids": []string{office, other.ID}, "accounts": userInfo("carol")})
}

func TestRepeatedGrantKeepsItsID(t *testing.T) {
	c := newClient(t, Options{}, smallSeed)
	cad := c.appGroup("CAD")
	var first []map[string]any
	for i := range 2 {
		c.want(200, addGrants, obj{"app_group_ids": []string{cad}, "accounts": userInfo("alice", "alice")})
		got := c.want(200, listGrants+"?app_group_id="+cad, nil).Authorizations
		if i == 0 {
			first = got
		}
		emutest.Same(t, "authorizations", got, first)
		emutest.Same(t, "mails", c.mails(cad), []string{"ADD alice>alice SUCCESS"})
	}
	if len(first) != 1 {
		t.Errorf("%d authorizations, want 1", len(first))
	}
}

func TestDeletingAnAppGroupTakesAllWithIt(t *testing.T) {
	for mails, want := range map[bool][]string{false: nil, true: {"ADD bob>bob FAIL", "DEL alice>alice SUCCESS", "DEL Designers>alice SUCCESS", "DEL Designers>bob FAIL", "DEL bob>bob FAIL"}} {
		c := newClient(t, Options{DeletionMails: mails}, smallSeed)
		office := c.appGroup("Office")
		c.want(200, addGrants, obj{"app_group_ids": []string{office}, "accounts": userInfo("bob")})
		c.want(200, "DELETE /v1/app-groups/"+office, nil)
		if got := c.want(200, listGrants, nil); got.Count != 0 {
			t.Errorf("left: %s", got.Text)
		}
		emutest.Same(t, fmt.Sprintf("mails, DeletionMails %v", mails), c.mails(office), want)
	}
}
