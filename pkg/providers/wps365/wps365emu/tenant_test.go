package wps365emu

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"strings"
	"testing"

	"github.com/entitlectl/entitlectl/pkg/providers/emu"
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

// tenant is a client of an emulator, for tests.
type tenant struct {
	testing.TB
	*emu.Server
	token string
}

// newTenant starts an emulator and fetches a token for the app.
func newTenant(t testing.TB, opts Options, seed string) *tenant {
	t.Helper()
	c := &tenant{t, emu.New(emu.Options{}, New(opts)), ""}
	if err := c.LoadSeed([]byte(seed)); err != nil {
		t.Fatal(err)
	}
	c.login("grant_type", "client_credentials")
	return c
}

// reply is an answer, with what tests look at most.
type reply struct {
	status int
	header http.Header
	text   string

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
func (c *tenant) serve(r *http.Request) (out reply) {
	c.Helper()
	w := httptest.NewRecorder()
	c.ServeHTTP(w, r)
	if strings.HasPrefix(w.Header().Get("Content-Type"), "application/json") {
		if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil {
			c.Fatalf("%s %s: %v in %s", r.Method, r.URL, err, w.Body)
		}
	}
	out.status, out.header, out.text = w.Code, w.Header(), w.Body.String()
	return out
}

// login asks for tokens as the app, with some fields more, and uses what it gets.
func (c *tenant) login(fields ...string) reply {
	c.Helper()
	got := c.oauth(fields...)
	if got.AccessToken != "" {
		c.token = got.AccessToken
	}
	return got
}

// oauth asks for tokens as the app; later fields replace earlier ones.
func (c *tenant) oauth(fields ...string) reply {
	c.Helper()
	form := url.Values{"client_id": {AppID}, "client_secret": {AppKey}}
	for i := 0; i < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	r := httptest.NewRequest("POST", "/oauth2/token", strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return c.serve(r)
}

// request makes a request with a token and a signature. A body is JSON text or a value.
func (c *tenant) request(call string, body any) *http.Request {
	c.Helper()
	method, target, _ := strings.Cut(call, " ")
	text, ok := body.(string)
	if !ok && body != nil {
		data, err := json.Marshal(body)
		if err != nil {
			c.Fatal(err)
		}
		text = string(data)
	}
	r := httptest.NewRequest(method, target, strings.NewReader(text))
	r.Header.Set("Authorization", "Bearer "+c.token)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Kso-Date", c.Now().Format(http.TimeFormat))
	sign(r, AppID, AppKey, target, text)
	return r
}

func sign(r *http.Request, id, key, target, body string) {
	s := signature(key, r.Method, target, r.Header.Get("Content-Type"), r.Header.Get("X-Kso-Date"), []byte(body))
	r.Header.Set("X-Kso-Authorization", "KSO-1 "+id+":"+s)
}

func (c *tenant) do(call string, body any) reply {
	c.Helper()
	return c.serve(c.request(call, body))
}

// want makes a call and wants a code; 0 is success.
func (c *tenant) want(code int, call string, body any) reply {
	c.Helper()
	got := c.do(call, body)
	if got.Code != code || code == 0 && got.status != 200 {
		c.Fatalf("%s: %d %s, want code %d", call, got.status, got.text, code)
	}
	return got
}

func (c *tenant) state() string {
	c.Helper()
	state, err := c.State()
	if err != nil {
		c.Fatal(err)
	}
	return string(state)
}

// group is the path of the mail group with an address.
func (c *tenant) group(address string) string {
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
func (c *tenant) user(email string) string {
	c.Helper()
	return c.want(0, "POST /v7/users/by_emails", obj{"emails": []string{email}, "status": []string{"active", "notactive"}}).items()[0]["id"].(string)
}

// roll is what a list of a mail group holds.
func (c *tenant) roll(group, name string) []string {
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

func many[T any](n int, f func(int) T) []T {
	out := make([]T, n)
	for i := range out {
		out[i] = f(i)
	}
	return out
}

func wantSame(t testing.TB, what string, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s: got\n%v\nwant\n%v", what, got, want)
	}
}
