package huaweicloudemu

import (
	"fmt"
	"strings"
	"testing"

	"github.com/entitlectl/entitlectl/pkg/providers/emu/emutest"
)

// TestSwitches tries each point that the vendor leaves open both ways, and that no switch is left out.
func TestSwitches(t *testing.T) {
	grantTo := func(c client, group string, accounts ...obj) reply {
		return c.do(addGrants, obj{"app_group_ids": []string{group}, "accounts": accounts})
	}
	assign := func(c client, app, mode string, add, del []obj) reply {
		return c.do(assignMany, obj{"app_ids": []string{app}, "authorization_type": mode, "users": add, "del_users": del})
	}
	emutest.Switches(t, []emutest.Switch[client]{
		{"NoServerAgency", 200, 401, func(c client) any { return c.serverKeys("").Status }},
		{"NoMetadataTokens", 200, 404, func(c client) any { return c.session("60").Status }},
		{"MetadataNeedsToken", 200, 401, func(c client) any { return c.serverKeys("").Status }},
		{"RepeatedGrantConflicts", "200 alice Designers bob", "409 alice Designers", func(c client) any {
			return fmt.Sprint(grantTo(c, c.appGroup("Office"), userInfo("bob", "alice")...).Status, names(c.grants(c.appGroup("Office"))))
		}},
		{"SkipUnknownAppGroups", "404 ", "200 bob", func(c client) any {
			got := c.do(addGrants, obj{"app_group_ids": []string{"unknown", c.appGroup("CAD")}, "accounts": userInfo("bob")})
			return fmt.Sprint(got.Status, " ", strings.TrimSpace(names(c.grants(c.appGroup("CAD")))))
		}},
		{"UserGroupsByName", 400, 200, func(c client) any {
			return grantTo(c, c.appGroup("CAD"), obj{"account": "Designers", "account_type": "USER_GROUP"}).Status
		}},
		{"SkipContradictions", " alice", "", func(c client) any {
			grantTo(c, c.appGroup("CAD"), obj{"account": "bob", "account_type": "USER", "id": c.user("alice")})
			return names(c.grants(c.appGroup("CAD")))
		}},
		{"RevokeByNameOnly", " alice Designers", " Designers", func(c client) any {
			c.want(200, removeGrants, obj{"app_group_ids": []string{c.appGroup("Office")}, "accounts": []obj{{"account": "alice", "account_type": "USER", "domain": "other"}}})
			return names(c.grants(c.appGroup("Office")))
		}},
		{"NoRevokeMails", []string{"DEL alice>alice SUCCESS"}, []string(nil), func(c client) any {
			c.want(200, removeGrants, obj{"app_group_ids": []string{c.appGroup("Office")}, "accounts": userInfo("alice")})
			return c.mails(c.appGroup("Office"))
		}},
		{"OneMailPerUserGroup", []string{"ADD Designers>alice SUCCESS", "ADD Designers>bob FAIL"}, []string{"ADD Designers>Designers SUCCESS"}, func(c client) any {
			grantTo(c, c.appGroup("CAD"), obj{"account": "Designers", "account_type": "USER_GROUP", "id": c.userGroup("Designers")})
			return c.mails(c.appGroup("CAD"))
		}},
		{"FailWithoutAddress", []string(nil), []string{"ADD carol>carol FAIL"}, func(c client) any {
			grantTo(c, c.appGroup("CAD"), userInfo("carol")...)
			return c.mails(c.appGroup("CAD"))
		}},
		{"DeletionMails", 0, 3, func(c client) any {
			office := c.appGroup("Office")
			c.want(200, "DELETE /v1/app-groups/"+office, nil)
			return len(c.mails(office))
		}},
		{"OrphanGrants", " Designers", " alice Designers", func(c client) any {
			c.want(204, "DELETE /v2/users/"+c.user("alice"), nil)
			return names(c.grants(c.appGroup("Office")))
		}},
		{"NewestFirst", "CAD", "Office", func(c client) any { return c.want(200, "GET /v1/app-groups?limit=1", nil).Items[0]["name"] }},
		{"FoldNames", 0, 2, func(c client) any {
			return len(c.want(200, "GET /v2/users?user_names=BOB", nil).Users) + len(c.want(200, "GET /v2/groups?keyword=designERS", nil).UserGroups)
		}},
		{"ExactFilters", 3, 2, func(c client) any {
			return c.want(200, "GET /v1/app-groups?name=Offic", nil).Count + c.want(200, listGrants+"?account=Designers", nil).Count + c.want(200, listGrants+"?account=alice", nil).Count
		}},
		{"EveryoneListsAssigned", "", " alice Designers", func(c client) any {
			assign(c, c.app("AutoCAD"), everyone, nil, nil)
			return names(c.assigned(c.app("AutoCAD")))
		}},
		{"SkipUnknownApps", "404 ALL_USER", "200 ASSIGN_USER", func(c client) any {
			got := c.do(assignMany, obj{"app_ids": []string{"unknown", c.app("Browser")}, "authorization_type": assigned})
			return fmt.Sprint(got.Status, " ", c.want(200, "GET /v1/app-center/apps?name=Browser", nil).Items[0]["authorization_type"])
		}},
		{"RefuseUnknownAccounts", "200 alice Designers bob", "404 alice Designers", func(c client) any {
			return fmt.Sprint(assign(c, c.app("AutoCAD"), assigned, simple("bob", "nobody"), nil).Status, names(c.assigned(c.app("AutoCAD"))))
		}},
		{"AssignWins", " alice Designers", " alice Designers bob", func(c client) any {
			assign(c, c.app("AutoCAD"), assigned, simple("bob"), simple("bob"))
			return names(c.assigned(c.app("AutoCAD")))
		}},
		{"RepeatedAssignRefused", "200 200", "400 400", func(c client) any {
			return fmt.Sprint(assign(c, c.app("AutoCAD"), assigned, simple("alice"), nil).Status, " ", assign(c, c.app("AutoCAD"), assigned, nil, simple("bob")).Status)
		}},
		{"RepeatedMemberRefused", "204 204", "400 400", func(c client) any {
			path := "POST /v2/groups/" + c.userGroup("Designers") + "/actions"
			add := c.do(path, obj{"op_type": "ADD", "user_ids": []string{c.user("bob")}})
			c.want(204, path, obj{"op_type": "DELETE", "user_ids": []string{c.user("bob")}})
			return fmt.Sprint(add.Status, " ", c.do(path, obj{"op_type": "DELETE", "user_ids": []string{c.user("bob")}}).Status)
		}},
		{"SkipUnknownMails", "404 404 0", "200 200 1", func(c client) any {
			grant := c.want(200, listGrants+"?account=alice", nil).Authorizations[0]["id"]
			a := c.do("POST /v1/mails/actions/send", obj{"records": []obj{{"id": "unknown"}}})
			b := c.do("POST /v1/mails/actions/send-by-authorization", obj{"records": []any{"unknown", grant}})
			return fmt.Sprint(a.Status, " ", b.Status, " ", len(c.mails(c.appGroup("Office"))))
		}},
		{"DuplicateNameConflicts", 400, 409, func(c client) any { return c.do("POST /v1/app-groups", obj{"name": "CAD"}).Status }},
		{"Unthrottled", 429, 200, func(c client) any {
			for range 200 {
				c.do("GET /v1/app-groups", nil)
			}
			return c.do("GET /v1/app-groups", nil).Status
		}},
	}, func(opts Options, try func(client)) { try(newClient(t, opts, smallSeed)) }, "IgnoreAdvance") // in TestAdvanceAndSignatures
}

// names shortens what grants and assigned return to names, each after a space.
func names(rows []string) (out string) {
	for _, row := range rows {
		_, name, _ := strings.Cut(row, " ")
		name, _, _ = strings.Cut(name, "@")
		out += " " + name
	}
	return out
}
