package wps365emu

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/entitlectl/entitlectl/pkg/providers/emu/emutest"
	"github.com/google/go-cmp/cmp"
)

const smallSeed = `
wps365:
  departments:
    - {path: Design, address: design@corp.example}
  users:
    - {name: Ada, email: ada@corp.example, aliases: [a.l@corp.example], externalId: e1}
    - {name: Bob, email: Bob@corp.example, departments: [Design]}
    - {name: Cy, email: cy@contacts.example, mailbox: cy@corp.example, status: notactive}
    - {name: Di, email: di@corp.example, hidden: true}
    - {name: Ed}
  publicMailboxes:
    - {address: desk@corp.example, name: Desk, owner: ada@corp.example}
  mailGroups:
    - {address: cad@corp.example, name: CAD, owner: ada@corp.example, members: [ada@corp.example, design@corp.example]}
    - {address: vip@corp.example, name: VIP, owner: bob@corp.example, senders: custom, allowedSenders: [desk@corp.example]}
`

// client calls an emulator with a token, for tests.
type client struct {
	emutest.Client
	token string
}

// newClient starts an emulator and fetches a token for the app.
func newClient(t testing.TB, opts Options, seed string) *client {
	t.Helper()
	c := &client{emutest.Start(t, New(opts), seed), ""}
	c.login("grant_type", "client_credentials")
	return c
}

// reply is an answer, with what tests look at most.
type reply struct {
	emutest.Answer
	Code int
	More *struct{ Code int }
	Data obj

	AccessToken  string `json:"access_token"`
	RefreshToken string `json:"refresh_token"`
}

type obj = map[string]any

func (r reply) items() (out []obj) {
	list, _ := r.Data["items"].([]any)
	for _, item := range list {
		out = append(out, item.(obj))
	}
	return out
}

// column is one field of all items.
func (r reply) column(name string) (out []string) {
	for _, item := range r.items() {
		out = append(out, fmt.Sprint(item[name]))
	}
	return out
}

// serve sends a request as it is.
func (c *client) serve(r *http.Request) (out reply) {
	c.Helper()
	out.Answer = c.Send(r, &out)
	return out
}

// login asks for tokens as the app, with some fields more, and uses what it gets.
func (c *client) login(fields ...string) reply {
	c.Helper()
	got := c.oauth(fields...)
	if got.AccessToken != "" {
		c.token = got.AccessToken
	}
	return got
}

// oauth asks for tokens as the app; later fields replace earlier ones.
func (c *client) oauth(fields ...string) reply {
	c.Helper()
	form := url.Values{"client_id": {AppID}, "client_secret": {AppKey}}
	for i := 0; i < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	r := httptest.NewRequest("POST", "/oauth2/token", strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return c.serve(r)
}

// request makes a request with a token and a signature.
func (c *client) request(call string, body any) *http.Request {
	c.Helper()
	r := c.Request(call, body)
	r.Header.Set("Authorization", "Bearer "+c.token)
	r.Header.Set("X-Kso-Date", c.Now().Format(http.TimeFormat))
	sign(r, AppID, AppKey, r.RequestURI, emutest.Text(c, body))
	return r
}

func sign(r *http.Request, id, key, target, body string) {
	s := signature(key, r.Method, target, r.Header.Get("Content-Type"), r.Header.Get("X-Kso-Date"), []byte(body))
	r.Header.Set("X-Kso-Authorization", "KSO-1 "+id+":"+s)
}

func (c *client) do(call string, body any) reply {
	c.Helper()
	return c.serve(c.request(call, body))
}

// want makes a call and wants a code; 0 is success.
func (c *client) want(code int, call string, body any) reply {
	c.Helper()
	got := c.do(call, body)
	if got.Code != code || code == 0 && got.Status != 200 {
		c.Fatalf("%s: %d %s, want code %d", call, got.Status, got.Text, code)
	}
	return got
}

// group is the path of the mail group with an address.
func (c *client) group(address string) string {
	c.Helper()
	for _, item := range c.want(0, "GET /v7/mail_groups?page_size=100", nil).items() {
		if item["email_address"] == address {
			return "/v7/mail_groups/" + item["id"].(string)
		}
	}
	c.Fatalf("no mail group %s", address)
	return ""
}

// user is the id of the user whom contacts know by an email.
func (c *client) user(email string) string {
	c.Helper()
	return c.want(0, "POST /v7/users/by_emails", obj{"emails": []string{email}, "status": []string{"active", "notactive"}}).items()[0]["id"].(string)
}

// roll is what a list of a mail group holds.
func (c *client) roll(group, name string) []string {
	c.Helper()
	return c.want(0, "GET "+group+"/"+name+"?page_size=100", nil).column("email_address")
}

const (
	createGroup = "POST /v7/mail_groups"
	listGroups  = "GET /v7/mail_groups?page_size=100"
)

func newGroup(address string) obj {
	return obj{"accepted_type": "company", "address": address, "name": "New", "owner_address": "ada@corp.example"}
}

// with is a copy of an object with a field changed; nil takes the field out.
func with(o obj, key string, value any) obj {
	out := obj{}
	for k, v := range o {
		out[k] = v
	}
	if out[key] = value; value == nil {
		delete(out, key)
	}
	return out
}

// batch is a body of one list.
func batch(name string, items ...any) obj { return obj{name: items} }

func member(address, kind string) obj { return obj{"email_address": address, "type": kind} }

// wantData wants exactly this data.
func wantData(t *testing.T, what string, got reply, want string) {
	t.Helper()
	var data any
	if err := json.Unmarshal([]byte(want), &data); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(data, any(got.Data)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}
