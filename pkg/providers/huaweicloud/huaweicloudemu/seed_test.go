package huaweicloudemu

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/entitlectl/entitlectl/pkg/providers/emu"
	"github.com/entitlectl/entitlectl/pkg/providers/emu/emutest"
	"pgregory.net/rapid"
)

const fullState = `huaweicloud:
    users:
        - name: alice
          email: alice@corp.example
          phone: "+8613800000000"
          description: d
        - name: alice
          email: alice@ad.example
          domain: corp.local
        - name: bob
          disabled: true
          locked: true
    userGroups:
        - name: Admins
          domain: corp.local
          platform: UOS
          members: [{to: alice, domain: corp.local}]
        - name: Designers
          description: d
          members: [alice, bob]
        - name: Empty
    appGroups:
        - name: CAD
          type: SESSION_DESKTOP_APP
          serverGroup: s1
          description: d
          grants: [alice, {to: alice, domain: corp.local}, 'group:Designers']
          mails:
            - to: alice
              sent: 2026-01-02T03:04:05.678Z
            - to: {to: alice, domain: corp.local}
              about: group:Admins
              type: DEL_GROUP_AUTHORIZATION
              error: mailbox full
              sent: 2026-01-02T03:04:06Z
            - to: dave
              sent: 2026-01-02T03:04:07Z
        - name: Empty
    apps:
        - name: AutoCAD
          audience: assigned
          grants: [{to: 'group:Admins', domain: corp.local}]
        - name: Browser
          audience: everyone
          grants: [bob]
`

func TestStateIsTheSeed(t *testing.T) {
	c := newClient(t, Options{}, fullState)
	emutest.Same(t, "state", c.Dump(), fullState)
	cad := c.appGroup("CAD")
	emutest.Same(t, "mails", c.mails(cad), []string{"ADD alice>alice SUCCESS", "DEL Admins>alice FAIL", "ADD dave>dave SUCCESS"})
	emutest.Same(t, "Browser", c.want(200, "GET /v1/app-center/apps?name=Browser", nil).Items[0]["authorization_type"], any("ALL_USER"))
	if got := c.want(200, "GET /v2/groups?platform_type=UOS", nil); got.Total != 1 {
		t.Errorf("UOS groups: %s", got.Text)
	}
}

func TestStateIsSorted(t *testing.T) {
	c := newClient(t, Options{}, `
huaweicloud:
  users: [{name: bob}, {name: alice, domain: z}, {name: alice}]
  userGroups: [{name: G, members: [bob, alice, {to: alice, domain: z}]}]
  appGroups: [{name: B, grants: ['group:G', bob, alice]}, {name: A}]
  apps: [{name: B, grants: [bob, alice]}, {name: A}]
`)
	emutest.Same(t, "state", c.Dump(), `huaweicloud:
    users:
        - name: alice
        - name: alice
          domain: z
        - name: bob
    userGroups:
        - name: G
          members: [alice, {to: alice, domain: z}, bob]
    appGroups:
        - name: A
        - name: B
          grants: [alice, bob, 'group:G']
    apps:
        - name: A
          audience: assigned
        - name: B
          audience: assigned
          grants: [alice, bob]
`)
}

// TestStateRoundTrips makes a world by calls and seeds another with its state.
func TestStateRoundTrips(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		c := newClient(t, Options{}, smallSeed)
		groups, apps, users := []string{c.appGroup("CAD"), c.appGroup("Office")}, []string{c.app("AutoCAD"), c.app("Browser")}, []string{"alice", "bob", "carol"}
		designers := c.userGroup("Designers")
		for range rapid.IntRange(0, 12).Draw(r, "steps") {
			who := rapid.SampledFrom(users).Draw(r, "who")
			group, app := rapid.SampledFrom(groups).Draw(r, "group"), rapid.SampledFrom(apps).Draw(r, "app")
			call := rapid.SampledFrom([]string{addGrants, removeGrants, assignMany, "members", "users", "email"}).Draw(r, "call")
			domain := rapid.SampledFrom([]string{"", "corp.local"}).Draw(r, "domain")
			switch call {
			case addGrants, removeGrants:
				c.want(200, call, obj{"app_group_ids": []string{group}, "accounts": []obj{{"account": who, "account_type": "USER", "domain": domain}, {"account": "Designers", "account_type": "USER_GROUP", "id": designers}}})
			case assignMany:
				key := rapid.SampledFrom([]string{"users", "del_users"}).Draw(r, "list")
				c.want(200, call, obj{"app_ids": []string{app}, "authorization_type": rapid.SampledFrom([]string{everyone, assigned}).Draw(r, "mode"), key: []obj{{"account": who, "account_type": "SIMPLE", "domain": domain}}})
			case "members":
				c.want(204, "POST /v2/groups/"+designers+"/actions", obj{"op_type": rapid.SampledFrom([]string{"ADD", "DELETE"}).Draw(r, "op"), "user_ids": []string{c.user(who)}})
			case "users":
				c.do("POST /v2/users", obj{"user_name": fmt.Sprint("u", rapid.IntRange(0, 3).Draw(r, "n")), "user_email": "x@x", "domain": domain})
			case "email":
				c.want(200, "PUT /v2/users/"+c.user(who), obj{"user_email": rapid.SampledFrom([]string{"", "a@x", "bounce@x"}).Draw(r, "email")})
			}
		}
		state := c.Dump()
		again := newClient(t, Options{}, state)
		if got := again.Dump(); got != state {
			r.Fatalf("state\n%s\nbecame\n%s", state, got)
		}
	})
}

func TestResetIsTheSeedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newClient(t, Options{ReadsPerMinute: 3}, smallSeed)
		state, cad := c.Dump(), c.appGroup("CAD")
		c.want(200, "DELETE /v1/app-groups/"+cad, nil)
		for range 10 {
			c.serve(signed(AccessKey, "wrong", time.Now()))
			c.do("GET /v1/app-groups", nil)
		}
		if err := c.Reset(); err != nil {
			t.Fatal(err)
		}
		emutest.Same(t, "state", c.Dump(), state)
		emutest.Same(t, "ids", c.appGroup("CAD"), cad)
		if got := c.serve(signed(AccessKey, SecretKey, time.Now())); got.Status != 200 {
			t.Errorf("locks and quotas stay: %d %s", got.Status, got.Text)
		}
	})
}

func vendor() emu.Vendor { return New(Options{}) }

func TestBadSeedsSayWhere(t *testing.T) {
	emutest.BadSeeds(t, vendor, smallSeed, []emutest.BadSeed{
		{"appGroups: [{name: A, grants:\n [alice]}]", `appGroups: "A": line 3: unknown "alice" in domain local.com`},
		{"users: [{name: a}]\n\nappGroups: [{name: A, grants: [{to: a, domain: d}]}]", `line 4: unknown "a" in domain d`},
		{"apps: [{name: A, grants: ['group:G']}]", `line 2: unknown "group:G"`},
		{"userGroups: [{name: G, members: [a]}]", `line 2: unknown user "a"`},
		{"users: [{name: a}, {name: a}]", `users: "a": `},
		{"users: [{name: a}, {name: a, domain: local.com}]", `comes twice`},
		{"users: [{name: 'group:a'}]", `group:`},
		{"users: [{nmae: a}]", `line 2: unknown key "nmae"`},
		{"users: [{}]", `length 0`},
		{"users: [a]", `line 2`},
		{"users: [{name: a, disabled: maybe}]", `line 2`},
		{"userGroups: [{name: G}, {name: G}]", `comes twice`},
		{"userGroups: [{name: G, platform: X}]", `platform`},
		{"appGroups: [{name: A}, {name: A}]", `comes twice`},
		{"appGroups: [{name: a b}]", `name`},
		{"appGroups: [{name: A, type: X}]", `type`},
		{"appGroups: [{name: A, grants: [{to: a, who: b}]}]", `line 2: unknown key "who"`},
		{"appGroups: [{name: A, grants: [[a]]}]", `line 2`},
		{"appGroups: [{name: A, grants: [~]}]", `line 2: an item is missing`},
		{"appGroups: [{name: A, mails: [{}]}]", `to`},
		{"appGroups: [{name: A, mails: [{to: a, type: X}]}]", `type`},
		{"apps: [{name: A, audience: some}]", `audience`},
		{"group: []", `line 2: unknown key "group"`},
	})
}

func FuzzSeed(f *testing.F) {
	emutest.FuzzSeed(f, vendor, smallSeed, "huaweicloud: [{}, {project: two}]", fullState)
}
