package huaweicloudemu

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/entitlectl/entitlectl/pkg/providers/emu/emutest"
)

func TestMails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newClient(t, Options{MailDelay: 20 * time.Second}, smallSeed)
		cad, designers := c.appGroup("CAD"), c.userGroup("Designers")
		both := obj{"app_group_ids": []string{cad}, "accounts": []obj{
			{"account": "bob", "account_type": "USER"}, {"account": "carol", "account_type": "USER"}, {"account": "Designers", "account_type": "USER_GROUP", "id": designers},
		}}
		c.want(200, addGrants, both)
		time.Sleep(20*time.Second - time.Millisecond)
		emutest.Same(t, "mails before their time", c.mails(cad), []string(nil))
		time.Sleep(time.Millisecond)
		added := []string{"ADD bob>bob FAIL", "ADD Designers>alice SUCCESS", "ADD Designers>bob FAIL"}
		emutest.Same(t, "mails: carol has no address", c.mails(cad), added)

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
		emutest.Same(t, "mails about removals", c.mails(cad)[3:], []string{"DEL bob>bob FAIL", "DEL Designers>alice SUCCESS", "DEL Designers>bob FAIL"})
	})
}

func TestResend(t *testing.T) {
	c := newClient(t, Options{}, smallSeed)
	cad := c.appGroup("CAD")
	c.want(200, addGrants, obj{"app_group_ids": []string{cad}, "accounts": append(userInfo("bob"), obj{"account": "x", "account_type": "USER_GROUP", "id": c.userGroup("Designers")})})
	record := c.want(200, "GET /v1/mails?app_group_id="+cad, nil).Records[0]
	delete(record, "mail_send_result")
	delete(record, "error_msg")
	delete(record, "send_at")
	c.want(200, "POST /v1/mails/actions/send", obj{"records": []obj{record}})
	emutest.Same(t, "again to bob", c.mails(cad)[3:], []string{"ADD bob>bob FAIL"})

	c.want(200, "PUT /v2/users/"+c.user("bob"), obj{"user_email": "bob@corp.example"})
	c.want(200, "POST /v1/mails/actions/send", obj{"records": []obj{{"id": record["id"]}}})
	emutest.Same(t, "to the mended address", c.mails(cad)[4:], []string{"ADD bob>bob SUCCESS"})

	designers := c.want(200, listGrants+"?account=Designers&app_group_id="+cad, nil).Authorizations[0]["id"]
	c.want(200, "POST /v1/mails/actions/send-by-authorization", obj{"records": []any{designers}})
	emutest.Same(t, "to all members", c.mails(cad)[5:], []string{"ADD Designers>alice SUCCESS", "ADD Designers>bob SUCCESS"})

	c.want(404, "POST /v1/mails/actions/send", obj{"records": []obj{{"id": record["id"]}, {"id": "unknown"}}})
	c.want(404, "POST /v1/mails/actions/send-by-authorization", obj{"records": []any{designers, "unknown"}})
	emutest.Same(t, "an unknown id sends nothing", len(c.mails(cad)), 7)

	c.want(200, removeGrants, obj{"app_group_ids": []string{cad}, "accounts": []obj{{"account": "Designers", "account_type": "USER_GROUP"}}})
	before := len(c.mails(cad))
	c.want(404, "POST /v1/mails/actions/send-by-authorization", obj{"records": []any{designers}})
	emutest.Same(t, "an authorization that is gone sends nothing", len(c.mails(cad)), before)
	c.want(200, addGrants, obj{"app_group_ids": []string{cad}, "accounts": []obj{{"account": "x", "account_type": "USER_GROUP", "id": c.userGroup("Designers")}}})
	designers = c.want(200, listGrants+"?account=Designers&app_group_id="+cad, nil).Authorizations[0]["id"]

	again := emutest.Many(101, func(int) obj { return obj{"id": record["id"]} })
	c.want(400, "POST /v1/mails/actions/send", obj{"records": again})
	c.want(200, "POST /v1/mails/actions/send", obj{"records": again[:100]})
	ids := emutest.Many(101, func(int) any { return designers })
	c.want(400, "POST /v1/mails/actions/send-by-authorization", obj{"records": ids})
	c.want(200, "POST /v1/mails/actions/send-by-authorization", obj{"records": ids[:100]})
}
