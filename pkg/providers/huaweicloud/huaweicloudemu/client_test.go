package huaweicloudemu

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/entitlectl/entitlectl/pkg/providers/emu/emutest"
)

const smallSeed = `
huaweicloud:
  users:
    - {name: alice, email: alice@corp.example}
    - {name: bob, email: Bounced@corp.example}
    - {name: carol}
    - {name: alice, email: alice@ad.example, domain: corp.local}
  userGroups:
    - {name: Designers, members: [alice, bob, carol]}
    - {name: Admins, domain: corp.local, members: [{to: alice, domain: corp.local}]}
  appGroups:
    - {name: CAD}
    - {name: Office, grants: [alice, group:Designers]}
  apps:
    - {name: AutoCAD, grants: [alice, group:Designers]}
    - {name: Browser, audience: everyone}
`

// client calls an emulator, for tests.
type client struct{ emutest.Client }

func newClient(t testing.TB, opts Options, seed string) client {
	t.Helper()
	return client{emutest.Start(t, New(opts), seed)}
}

// reply is an answer, with what tests look at most.
type reply struct {
	emutest.Answer
	Count          int
	Total          int `json:"total_count"`
	ID             string
	Items          []map[string]any
	Authorizations []map[string]any
	Records        []map[string]any
	Users          []map[string]any
	UserGroups     []map[string]any `json:"user_groups"`
	Code           string           `json:"error_code"`
	Msg            string           `json:"error_msg"`
}

// serve sends a request as it is.
func (c client) serve(r *http.Request) (out reply) {
	c.Helper()
	out.Answer = c.Send(r, &out)
	if out.Header.Get("X-Request-Id") == "" {
		c.Errorf("%s %s: no X-Request-Id", r.Method, r.URL)
	}
	return out
}

// do makes a call with a token. A path begins after the project, with the version first: "/v1/app-groups".
func (c client) do(call string, body any) reply {
	c.Helper()
	method, path, _ := strings.Cut(call, " ")
	r := c.Request(method+" "+path[:3]+"/"+Project+path[3:], body)
	r.Header.Set("X-Auth-Token", Token)
	return c.serve(r)
}

// want makes a call and wants a status.
func (c client) want(status int, call string, body any) reply {
	c.Helper()
	r := c.do(call, body)
	if r.Status != status {
		c.Fatalf("%s: %d %s, want %d", call, r.Status, r.Text, status)
	}
	return r
}

// idOf returns the id of what a list names so.
func idOf(c client, rows []map[string]any, key, name string) string {
	c.Helper()
	for _, row := range rows {
		if row[key] == name {
			return row["id"].(string)
		}
	}
	c.Fatalf("no %s %q in %v", key, name, rows)
	return ""
}

func (c client) appGroup(name string) string {
	return idOf(c, c.want(200, "GET /v1/app-groups?limit=100", nil).Items, "name", name)
}

func (c client) app(name string) string {
	return idOf(c, c.want(200, "GET /v1/app-center/apps?limit=100", nil).Items, "name", name)
}

func (c client) user(name string) string {
	return idOf(c, c.want(200, "GET /v2/users", nil).Users, "user_name", name)
}

func (c client) userGroup(name string) string {
	return idOf(c, c.want(200, "GET /v2/groups", nil).UserGroups, "name", name)
}

// grants are the accounts on an app group, as "kind account@domain".
func (c client) grants(group string) (out []string) {
	c.Helper()
	for _, a := range c.want(200, "GET /v1/app-groups/actions/list-authorizations?limit=100&app_group_id="+group, nil).Authorizations {
		out = append(out, fmt.Sprintf("%v %v@%v", a["account_type"], a["account"], a["domain"]))
	}
	return out
}

// assigned are the accounts of an app.
func (c client) assigned(app string) (out []string) {
	c.Helper()
	for _, a := range c.want(200, "GET /v1/app-center/apps/"+app+"/authorizations?limit=100", nil).Items {
		out = append(out, fmt.Sprintf("%v %v@%v", a["account_type"], a["account"], a["domain"]))
	}
	return out
}

// mails are the mail records of an app group, as "kind about>to result".
func (c client) mails(group string) (out []string) {
	c.Helper()
	for _, m := range c.want(200, "GET /v1/mails?limit=100&app_group_id="+group, nil).Records {
		out = append(out, fmt.Sprintf("%.3v %v>%v %v", m["mail_send_type"], m["account_auth_name"], m["account"], m["mail_send_result"]))
	}
	return out
}

type obj = map[string]any

func userInfo(names ...string) (out []obj) {
	for _, n := range names {
		out = append(out, obj{"account": n, "account_type": "USER"})
	}
	return out
}

const (
	addGrants    = "POST /v1/app-groups/authorizations"
	removeGrants = "POST /v1/app-groups/actions/batch-delete-authorization"
	listGrants   = "GET /v1/app-groups/actions/list-authorizations"
	assignMany   = "POST /v1/app-center/apps/actions/batch-assign-authorization"
)
