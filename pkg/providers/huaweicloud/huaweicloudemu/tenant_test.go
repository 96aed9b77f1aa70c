package huaweicloudemu

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/entitlectl/entitlectl/pkg/providers/emu"
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

// tenant is a client of an emulator, for tests.
type tenant struct {
	testing.TB
	*emu.Server
}

func newTenant(t testing.TB, opts Options, seed string) tenant {
	s := emu.New(emu.Options{}, New(opts))
	if err := s.LoadSeed([]byte(seed)); err != nil {
		t.Fatal(err)
	}
	return tenant{t, s}
}

// reply is an answer, with what tests look at most.
type reply struct {
	status int
	header http.Header
	text   string

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
func (c tenant) serve(r *http.Request) (out reply) {
	w := httptest.NewRecorder()
	c.ServeHTTP(w, r)
	if w.Body.Len() > 0 {
		if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil {
			c.Fatalf("%s %s: %v in %s", r.Method, r.URL, err, w.Body)
		}
	}
	out.status, out.header, out.text = w.Code, w.Header(), w.Body.String()
	if w.Header().Get("X-Request-Id") == "" {
		c.Errorf("%s %s: no X-Request-Id", r.Method, r.URL)
	}
	return out
}

// do makes a call with a token. A path begins after the project, with the version first: "/v1/app-groups". A body is JSON text or a
// value.
func (c tenant) do(call string, body any) reply {
	c.Helper()
	method, path, _ := strings.Cut(call, " ")
	text, ok := body.(string)
	if !ok && body != nil {
		data, err := json.Marshal(body)
		if err != nil {
			c.Fatal(err)
		}
		text = string(data)
	}
	r := httptest.NewRequest(method, path[:3]+"/"+Project+path[3:], strings.NewReader(text))
	r.Header.Set("X-Auth-Token", Token)
	r.Header.Set("Content-Type", "application/json")
	return c.serve(r)
}

// want makes a call and wants a status.
func (c tenant) want(status int, call string, body any) reply {
	c.Helper()
	r := c.do(call, body)
	if r.status != status {
		c.Fatalf("%s: %d %s, want %d", call, r.status, r.text, status)
	}
	return r
}

func (c tenant) state() string {
	c.Helper()
	state, err := c.State()
	if err != nil {
		c.Fatal(err)
	}
	return string(state)
}

// idOf returns the id of what a list names so.
func idOf(c tenant, rows []map[string]any, key, name string) string {
	c.Helper()
	for _, row := range rows {
		if row[key] == name {
			return row["id"].(string)
		}
	}
	c.Fatalf("no %s %q in %v", key, name, rows)
	return ""
}

func (c tenant) appGroup(name string) string {
	return idOf(c, c.want(200, "GET /v1/app-groups?limit=100", nil).Items, "name", name)
}

func (c tenant) app(name string) string {
	return idOf(c, c.want(200, "GET /v1/app-center/apps?limit=100", nil).Items, "name", name)
}

func (c tenant) user(name string) string {
	return idOf(c, c.want(200, "GET /v2/users", nil).Users, "user_name", name)
}

func (c tenant) userGroup(name string) string {
	return idOf(c, c.want(200, "GET /v2/groups", nil).UserGroups, "name", name)
}

// grants are the accounts on an app group, as "kind account@domain".
func (c tenant) grants(group string) (out []string) {
	c.Helper()
	for _, a := range c.want(200, "GET /v1/app-groups/actions/list-authorizations?limit=100&app_group_id="+group, nil).Authorizations {
		out = append(out, fmt.Sprintf("%v %v@%v", a["account_type"], a["account"], a["domain"]))
	}
	return out
}

// assigned are the accounts of an app.
func (c tenant) assigned(app string) (out []string) {
	c.Helper()
	for _, a := range c.want(200, "GET /v1/app-center/apps/"+app+"/authorizations?limit=100", nil).Items {
		out = append(out, fmt.Sprintf("%v %v@%v", a["account_type"], a["account"], a["domain"]))
	}
	return out
}

// mails are the mail records of an app group, as "kind about>to result".
func (c tenant) mails(group string) (out []string) {
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

func many[T any](n int, f func(int) T) []T {
	out := make([]T, n)
	for i := range out {
		out[i] = f(i)
	}
	return out
}

const (
	addGrants    = "POST /v1/app-groups/authorizations"
	removeGrants = "POST /v1/app-groups/actions/batch-delete-authorization"
	listGrants   = "GET /v1/app-groups/actions/list-authorizations"
	assignMany   = "POST /v1/app-center/apps/actions/batch-assign-authorization"
)
