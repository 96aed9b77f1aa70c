package huaweicloudemu

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/entitlectl/entitlectl/pkg/providers/emu"
)

func TestPaging(t *testing.T) {
	var seed strings.Builder
	seed.WriteString("huaweicloud: {users: [")
	for i := range 25 {
		fmt.Fprintf(&seed, "{name: u%02d, email: u@x}, ", i)
	}
	seed.WriteString("], appGroups: [{name: A}]}")
	for _, newest := range []bool{false, true} {
		c := newTenant(t, Options{NewestFirst: newest}, seed.String())
		c.want(200, addGrants, obj{"app_group_ids": []string{c.appGroup("A")}, "accounts": userInfo(many(25, func(i int) string { return fmt.Sprintf("u%02d", i) })...)})
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
		want := many(25, func(i int) string { return fmt.Sprintf("u%02d", i) })
		if newest {
			slices.Reverse(want)
		}
		wantSame(t, fmt.Sprintf("newest first %v", newest), got, want)
		if far := c.want(200, listGrants+"?offset=26", nil); len(far.Authorizations) != 0 || !strings.Contains(far.text, `"authorizations":[]`) {
			t.Errorf("beyond the end: %s", far.text)
		}
		if users := c.want(200, "GET /v2/users?limit=10&offset=20", nil); users.Total != 25 || len(users.Users) != 5 {
			t.Errorf("users: %d of %d", len(users.Users), users.Total)
		}
		if users := c.want(200, "GET /v2/users", nil); len(users.Users) != 25 {
			t.Errorf("without a limit: %d users, want all", len(users.Users))
		}
	}
}

func TestAuthorizations(t *testing.T) {
	c := newTenant(t, Options{}, smallSeed)
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
	wantSame(t, "CAD: unknown accounts are passed over", c.grants(cad), local)
	wantSame(t, "Office keeps what it had", c.grants(office),
		[]string{"USER alice@local.com", "USER_GROUP Designers@local.com", "USER alice@corp.local", "USER bob@local.com"})

	row := c.want(200, listGrants+"?app_group_id="+cad+"&account=Designers", nil).Authorizations[0]
	delete(row, "create_at")
	id := row["id"].(string)
	wantSame(t, "a row", row, map[string]any{
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
		}}); got.text != "" {
			t.Errorf("b3 says %s", got.text)
		}
		wantSame(t, "only what matches goes", c.grants(cad), []string{"USER alice@local.com", "USER bob@local.com", "USER_GROUP Designers@local.com"})
	}
	c.want(200, removeGrants, obj{"app_group_ids": []string{office}, "accounts": userInfo("alice")})
	wantSame(t, "a name without a domain means all of that name", c.grants(office), []string{"USER_GROUP Designers@local.com", "USER bob@local.com"})

	if got := c.want(404, addGrants, obj{"app_group_ids": []string{office, "unknown"}, "accounts": userInfo("carol")}); got.Code != "WKS.00211902" {
		t.Errorf("an unknown group: %s", got.text)
	}
	wantSame(t, "then nothing is granted", len(c.grants(office)), 2)
	other := c.want(200, "POST /v1/app-groups", obj{"name": "Other", "authorization_type": "APP"})
	c.want(400, addGrants, obj{"app_group_ids": []string{office, other.ID}, "accounts": userInfo("carol")})
}

func TestRepeatedGrantKeepsItsID(t *testing.T) {
	c := newTenant(t, Options{}, smallSeed)
	cad := c.appGroup("CAD")
	var first []map[string]any
	for i := range 2 {
		c.want(200, addGrants, obj{"app_group_ids": []string{cad}, "accounts": userInfo("alice", "alice")})
		got := c.want(200, listGrants+"?app_group_id="+cad, nil).Authorizations
		if i == 0 {
			first = got
		}
		wantSame(t, "authorizations", got, first)
		wantSame(t, "mails", c.mails(cad), []string{"ADD alice>alice SUCCESS"})
	}
	if len(first) != 1 {
		t.Errorf("%d authorizations, want 1", len(first))
	}
}

func TestMails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newTenant(t, Options{MailDelay: 20 * time.Second}, smallSeed)
		cad, designers := c.appGroup("CAD"), c.userGroup("Designers")
		both := obj{"app_group_ids": []string{cad}, "accounts": []obj{
			{"account": "bob", "account_type": "USER"}, {"account": "carol", "account_type": "USER"}, {"account": "Designers", "account_type": "USER_GROUP", "id": designers},
		}}
		c.want(200, addGrants, both)
		time.Sleep(20*time.Second - time.Millisecond)
		wantSame(t, "mails before their time", c.mails(cad), []string(nil))
		time.Sleep(time.Millisecond)
		added := []string{"ADD bob>bob FAIL", "ADD Designers>alice SUCCESS", "ADD Designers>bob FAIL"}
		wantSame(t, "mails: carol has no address", c.mails(cad), added)

		row := c.want(200, "GET /v1/mails?app_group_id="+cad+"&mail_send_result=FAIL", nil).Records[1]
		if row["error_msg"] == "" || row["account_auth_type"] != "USER_GROUP" || row["app_group_name"] != "CAD" || row["send_at"] != "2000-01-01T00:00:20.000Z" {
			t.Errorf("record %v", row)
		}
		for query, want := range map[string]int{"account=ali": 1, "mail_send_type=DEL_GROUP_AUTHORIZATION": 0, "mail_send_result=SUCCESS": 1, "offset=2&limit=2": 1} {
			if got := c.want(200, "GET /v1/mails?app_group_id="+cad+"&"+query, nil); len(got.Records) != want {
				t.Errorf("%s lists %d, want %d", query, len(got.Records), want)
			}
		}

		c.want(200, removeGrants, both)
		time.Sleep(20 * time.Second)
		wantSame(t, "mails about removals", c.mails(cad)[3:], []string{"DEL bob>bob FAIL", "DEL Designers>alice SUCCESS", "DEL Designers>bob FAIL"})
	})
}

func TestResend(t *testing.T) {
	c := newTenant(t, Options{}, smallSeed)
	cad := c.appGroup("CAD")
	c.want(200, addGrants, obj{"app_group_ids": []string{cad}, "accounts": append(userInfo("bob"), obj{"account": "x", "account_type": "USER_GROUP", "id": c.userGroup("Designers")})})
	record := c.want(200, "GET /v1/mails?app_group_id="+cad, nil).Records[0]
	delete(record, "mail_send_result")
	delete(record, "error_msg")
	delete(record, "send_at")
	c.want(200, "POST /v1/mails/actions/send", obj{"records": []obj{record}})
	wantSame(t, "again to bob", c.mails(cad)[3:], []string{"ADD bob>bob FAIL"})

	c.want(200, "PUT /v2/users/"+c.user("bob"), obj{"user_email": "bob@corp.example"})
	c.want(200, "POST /v1/mails/actions/send", obj{"records": []obj{{"id": record["id"]}}})
	wantSame(t, "to the mended address", c.mails(cad)[4:], []string{"ADD bob>bob SUCCESS"})

	designers := c.want(200, listGrants+"?account=Designers&app_group_id="+cad, nil).Authorizations[0]["id"]
	c.want(200, "POST /v1/mails/actions/send-by-authorization", obj{"records": []any{designers}})
	wantSame(t, "to all members", c.mails(cad)[5:], []string{"ADD Designers>alice SUCCESS", "ADD Designers>bob SUCCESS"})

	c.want(404, "POST /v1/mails/actions/send", obj{"records": []obj{{"id": record["id"]}, {"id": "unknown"}}})
	c.want(404, "POST /v1/mails/actions/send-by-authorization", obj{"records": []any{designers, "unknown"}})
	wantSame(t, "an unknown id sends nothing", len(c.mails(cad)), 7)

	c.want(200, removeGrants, obj{"app_group_ids": []string{cad}, "accounts": []obj{{"account": "Designers", "account_type": "USER_GROUP"}}})
	before := len(c.mails(cad))
	c.want(404, "POST /v1/mails/actions/send-by-authorization", obj{"records": []any{designers}})
	wantSame(t, "an authorization that is gone sends nothing", len(c.mails(cad)), before)
	c.want(200, addGrants, obj{"app_group_ids": []string{cad}, "accounts": []obj{{"account": "x", "account_type": "USER_GROUP", "id": c.userGroup("Designers")}}})
	designers = c.want(200, listGrants+"?account=Designers&app_group_id="+cad, nil).Authorizations[0]["id"]

	again := many(101, func(int) obj { return obj{"id": record["id"]} })
	c.want(400, "POST /v1/mails/actions/send", obj{"records": again})
	c.want(200, "POST /v1/mails/actions/send", obj{"records": again[:100]})
	ids := many(101, func(int) any { return designers })
	c.want(400, "POST /v1/mails/actions/send-by-authorization", obj{"records": ids})
	c.want(200, "POST /v1/mails/actions/send-by-authorization", obj{"records": ids[:100]})
}

func TestDeletingAnAppGroupTakesAllWithIt(t *testing.T) {
	for mails, want := range map[bool][]string{false: nil, true: {"ADD bob>bob FAIL", "DEL alice>alice SUCCESS", "DEL Designers>alice SUCCESS", "DEL Designers>bob FAIL", "DEL bob>bob FAIL"}} {
		c := newTenant(t, Options{DeletionMails: mails}, smallSeed)
		office := c.appGroup("Office")
		c.want(200, addGrants, obj{"app_group_ids": []string{office}, "accounts": userInfo("bob")})
		c.want(200, "DELETE /v1/app-groups/"+office, nil)
		if got := c.want(200, listGrants, nil); got.Count != 0 {
			t.Errorf("left: %s", got.text)
		}
		wantSame(t, fmt.Sprintf("mails, DeletionMails %v", mails), c.mails(office), want)
	}
}

func TestLagShowsTheOlderView(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newTenant(t, Options{}, smallSeed)
		cad, office, app := c.appGroup("CAD"), c.appGroup("Office"), c.app("AutoCAD")
		if err := c.SetFaults([]emu.Fault{{Match: "* /**", Kind: emu.FaultLag, For: time.Minute}}); err != nil {
			t.Fatal(err)
		}
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
				"CAD": c.grants(cad), "Office": c.grants(office), "mails": len(c.mails(cad)), "new": c.do("GET /v1/app-groups/"+made.ID, nil).status,
				"groups": c.want(200, "GET /v1/app-groups", nil).Count, "described": strings.Contains(c.want(200, "GET /v1/app-groups", nil).text, `"new"`),
				"mode": c.want(200, "GET /v1/app-center/apps?name=AutoCAD", nil).Items[0]["authorization_type"], "assigned": len(c.assigned(app)),
				"users": c.want(200, "GET /v2/users", nil).Total,
			}
		}
		old := map[string]any{
			"CAD": []string(nil), "Office": []string{"USER alice@local.com", "USER_GROUP Designers@local.com"}, "mails": 0, "new": 404, "groups": 2,
			"described": false, "mode": "ASSIGN_USER", "assigned": 2, "users": 4,
		}
		wantSame(t, "at once", look(), old)
		time.Sleep(time.Minute - time.Nanosecond)
		wantSame(t, "a moment before", look(), old)
		time.Sleep(time.Nanosecond)
		wantSame(t, "in the end", look(), map[string]any{
			"CAD": []string{"USER alice@local.com"}, "Office": []string{"USER_GROUP Designers@local.com"}, "mails": 1, "new": 200, "groups": 3,
			"described": true, "mode": "ALL_USER", "assigned": 0, "users": 4,
		})
	})
}
