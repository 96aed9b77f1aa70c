package huaweicloudemu

import (
	"fmt"
	"strings"
	"testing"

	"github.com/entitlectl/entitlectl/pkg/providers/emu/emutest"
)

// TestLimits tries each limit at its edge and one beyond it.
func TestLimits(t *testing.T) {
	c := newClient(t, Options{Unthrottled: true}, smallSeed)
	cad, app := c.appGroup("CAD"), c.app("AutoCAD")
	alice, group := c.user("alice"), c.userGroup("Designers")
	serial := 0
	next := func() int { serial++; return serial }
	text := func(n int) string { return strings.Repeat("设", n) }
	word := func(n int) string { return strings.Repeat("a", n) }
	ids := func(n int) []string { return emutest.Many(n, func(i int) string { return fmt.Sprint("id", i) }) }
	grantTo := func(n int) obj {
		return obj{"app_group_ids": []string{cad}, "accounts": emutest.Many(n, func(i int) obj { return obj{"account": fmt.Sprint("u", i), "account_type": "USER"} })}
	}
	grantWith := func(key string, value any) obj {
		return obj{"app_group_ids": []string{cad}, "accounts": []obj{{"account": "nobody", "account_type": "USER", key: value}}}
	}
	groups := func(n int) obj {
		return obj{"app_group_ids": emutest.Many(n, func(int) string { return cad }), "accounts": userInfo("nobody")}
	}
	assign := func(key string, n int) obj {
		return obj{"app_ids": []string{app}, "authorization_type": "ASSIGN_USER", key: emutest.Many(n, func(i int) obj {
			return obj{"account": fmt.Sprint("u", i), "account_type": "SIMPLE"}
		})}
	}
	assignWith := func(key string, value any) obj {
		return obj{"app_ids": []string{app}, "authorization_type": "ASSIGN_USER", "users": []obj{{"account": "nobody", "account_type": "SIMPLE", key: value}}}
	}
	apps := func(n int) obj {
		return obj{"app_ids": emutest.Many(n, func(i int) string { return c.app(fmt.Sprint("a", i)) }), "authorization_type": "ASSIGN_USER"}
	}
	for i := range 21 {
		c.want(200, "POST /v1/app-center/apps", newApp(fmt.Sprint("a", i)))
	}
	newUser := func(key string, value any) obj {
		u := obj{"user_name": fmt.Sprintf("u%d", next()), "user_email": "u@corp.example"}
		u[key] = value
		return u
	}
	members := func(n int) obj {
		return obj{"op_type": "ADD", "user_ids": emutest.Many(n, func(int) string { return alice })}
	}
	userGroup := func(key string, value any) obj {
		g := obj{"group_name": fmt.Sprintf("g%d", next()), "platform_type": "LOCAL"}
		g[key] = value
		return g
	}
	tests := []struct {
		call   string
		ok     int
		bodies []any // that pass
		bad    []any // that do not
	}{
		{"GET /v1/app-groups?limit=100&offset=2147483647", 200, []any{nil}, nil},
		{"GET /v1/app-groups?limit=1&name=" + word(1024), 200, []any{nil}, nil},
		{"GET /v1/app-groups?limit=101", 0, nil, []any{nil}},
		{"GET /v1/app-groups?limit=0", 0, nil, []any{nil}},
		{"GET /v1/app-groups?limit=ten", 0, nil, []any{nil}},
		{"GET /v1/app-groups?offset=-1", 0, nil, []any{nil}},
		{"GET /v1/app-groups?offset=2147483648", 0, nil, []any{nil}},
		{"GET /v1/app-groups?name=" + word(1025), 0, nil, []any{nil}},
		{"GET /v1/app-groups?app_group_id=" + word(129), 0, nil, []any{nil}},
		{"GET /v1/app-groups?app_type=OTHER", 0, nil, []any{nil}},
		{"POST /v1/app-groups", 200,
			[]any{obj{"name": text(64)}, obj{"name": "A", "description": text(255)}, obj{"name": "B", "app_server_group_id": word(128)}},
			[]any{obj{}, obj{"name": ""}, obj{"name": text(65)}, obj{"name": "a b"}, obj{"name": "a\n"}, obj{"name": "C", "description": text(256)},
				obj{"name": "C", "app_server_group_id": word(129)}, obj{"name": "C", "app_type": "OTHER"}, obj{"name": "C", "authorization_type": "USER"}}},
		{"POST /v1/app-groups/batch-delete", 200, []any{obj{"ids": ids(1)}, obj{"ids": ids(20)}}, []any{obj{}, obj{"ids": ids(0)}, obj{"ids": ids(21)}, obj{"ids": []string{""}}}},

		{listGrants + "?limit=100&account=" + word(1024), 200, []any{nil}, nil},
		{listGrants + "?limit=101", 0, nil, []any{nil}},
		{listGrants + "?account_type=SIMPLE", 0, nil, []any{nil}},
		{addGrants, 200,
			[]any{grantTo(1), grantTo(50), groups(10), grantWith("account", text(128)), grantWith("id", word(128)), grantWith("domain", word(64)),
				grantWith("email", word(128)), grantWith("telephone_number", word(128)), grantWith("platform_type", "SYSTEM")},
			[]any{grantTo(0), grantTo(51), groups(0), groups(11), obj{}, grantWith("account", ""), grantWith("account", text(129)), grantWith("id", word(129)),
				grantWith("domain", word(65)), grantWith("email", word(129)), grantWith("telephone_number", word(129)), grantWith("platform_type", "UOS"),
				grantWith("account_type", ""), grantWith("account_type", "SIMPLE"), grantWith("account_type", "USER_GROUP"),
				obj{"app_group_ids": []string{word(129)}, "accounts": userInfo("alice")}}},
		{removeGrants, 200, []any{grantTo(1), grantTo(50), groups(10)}, []any{grantTo(0), grantTo(51), groups(0), groups(11)}},

		{"GET /v1/mails?limit=100&app_group_id=" + cad, 200, []any{nil}, nil},
		{"GET /v1/mails", 0, nil, []any{nil}},
		{"GET /v1/mails?limit=101&app_group_id=" + cad, 0, nil, []any{nil}},
		{"GET /v1/mails?mail_send_type=ADD_GROUP_AUTHORIZATION_SMS&app_group_id=" + cad, 0, nil, []any{nil}},
		{"GET /v1/mails?mail_send_result=SUEECESS&app_group_id=" + cad, 0, nil, []any{nil}},
		{"POST /v1/mails/actions/send", 0, nil, []any{obj{}, obj{"records": []obj{}}, obj{"records": []obj{{"account": "alice"}}}}},
		{"POST /v1/mails/actions/send-by-authorization", 0, nil, []any{obj{}, obj{"records": []string{}}, obj{"records": []string{""}}}},

		{"GET /v1/app-center/apps?limit=101", 0, nil, []any{nil}},
		{"GET /v1/app-center/apps/" + app + "/authorizations?limit=101", 0, nil, []any{nil}},
		{"GET /v1/app-center/apps/" + app + "/authorizations?target_type=USER", 0, nil, []any{nil}},
		{assignMany, 200,
			[]any{assign("users", 100), assign("del_users", 100), assign("users", 0), apps(20), assignWith("domain", word(64)), assignWith("account", text(128))},
			[]any{assign("users", 101), assign("del_users", 101), apps(21), apps(0), assignWith("domain", word(65)), assignWith("account", text(129)), assignWith("account", ""),
				assignWith("account_type", "USER"), assignWith("platform_type", "SYSTEM"), obj{"app_ids": []string{app}}, obj{"app_ids": []string{app}, "authorization_type": "ALL"},
				obj{"app_ids": []string{app, app}, "authorization_type": "ALL_USER"},
				obj{"app_ids": []string{app}, "authorization_type": "ASSIGN_USER", "users": []obj{{"account": "a", "account_type": "SIMPLE"}, {"account": "a", "account_type": "SIMPLE"}}}}},
		{"POST /v1/app-center/apps", 200, []any{newApp(text(128))}, []any{newApp(text(129)), newApp(""), obj{"name": "x"}}},
		{"PATCH /v1/app-center/apps/" + app, 200, []any{obj{"name": text(128)}}, []any{obj{"name": text(129)}, obj{"authorization_type": "ALL"}, obj{"status": "GONE"}}},

		{"GET /v2/users?limit=100000", 200, []any{nil}, nil},
		{"GET /v2/users?limit=0", 0, nil, []any{nil}},
		{"GET /v2/users?disabled=maybe", 0, nil, []any{nil}},
		{"POST /v2/users", 201,
			[]any{newUser("user_name", word(32)), newUser("user_name", "a.b_c-"), newUser("user_email", word(64)), newUser("user_phone", word(20)), newUser("description", text(255)),
				newUser("password", word(8)), newUser("password", word(32)), newUser("account_expires", "2030-01-01T00:00:00Z"), newUser("domain", word(255)), newUser("group_ids", emutest.Many(5, func(int) string { return group }))},
			[]any{newUser("user_name", word(33)), newUser("user_name", ""), newUser("user_name", ".a"), newUser("user_name", "a."), newUser("user_email", word(65)), newUser("user_email", ""),
				newUser("user_phone", word(21)), newUser("description", text(256)), newUser("password", word(7)), newUser("password", word(33)), newUser("account_expires", "soon"), newUser("active_type", "x"),
				newUser("active_type", "ADMIN_ACTIVATE"), newUser("domain", word(256)), newUser("group_ids", []string{}), newUser("group_ids", emutest.Many(6, func(int) string { return group })),
				newUser("group_ids", []string{"nothing"}), newUser("user_name", "alice")}},
		{"POST /v2/users/" + alice + "/actions", 204, []any{obj{"op_type": "UNLOCK"}}, []any{obj{"op_type": "OPEN"}, obj{}}},

		{"GET /v2/groups?limit=0", 200, []any{nil}, nil},
		{"GET /v2/groups?limit=101", 0, nil, []any{nil}},
		{"GET /v2/groups?platform_type=SYSTEM", 0, nil, []any{nil}},
		{"POST /v2/groups", 201, []any{userGroup("group_name", text(64)), userGroup("description", text(255))},
			[]any{userGroup("group_name", text(65)), userGroup("group_name", ""), userGroup("group_name", "Designers"), userGroup("description", text(256)), userGroup("platform_type", "UOS"), userGroup("platform_type", "")}},
		{"PUT /v2/groups/" + group, 200, []any{obj{"description": text(255)}}, []any{obj{"description": text(256)}, obj{"description": ""}, obj{"group_name": ""}, obj{"group_name": text(65)}}},
		{"GET /v2/groups/" + group + "/users?limit=2000", 200, []any{nil}, nil},
		{"GET /v2/groups/" + group + "/users?limit=2001", 0, nil, []any{nil}},
		{"POST /v2/groups/" + group + "/actions", 204, []any{members(1), members(50)}, []any{members(0), members(51), obj{"op_type": "MOVE", "user_ids": []string{alice}}, obj{"op_type": "ADD", "user_ids": []string{"nobody"}}}},
	}
	for _, test := range tests {
		for i, body := range test.bodies {
			if got := c.do(test.call, body); got.Status != test.ok {
				t.Errorf("%.80s, good body %d: %d %s, want %d", test.call, i, got.Status, got.Text, test.ok)
			}
		}
		for i, body := range test.bad {
			if got := c.do(test.call, body); got.Status != 400 || !strings.HasPrefix(got.Code, "WKS.") {
				t.Errorf("%.80s, bad body %d: %d %s, want 400", test.call, i, got.Status, got.Text)
			}
		}
	}
}

func newApp(name string) obj {
	return obj{
		"name": name, "version": "1", "description": "", "authorization_type": "ASSIGN_USER", "app_file_store": obj{"store_type": "LINK", "file_link": "https://x"},
		"install_type": "QUIET_INSTALL", "support_os": "Windows", "catalog_id": "c",
	}
}
