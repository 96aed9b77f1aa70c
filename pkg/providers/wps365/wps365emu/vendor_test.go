package wps365emu

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/entitlectl/entitlectl/pkg/providers/emu"
)

func TestGateway(t *testing.T) {
	c := newClient(t, Options{}, smallSeed)
	typed := func(kind, body string) *http.Request {
		r := c.request(createGroup, body)
		r.Header.Set("Content-Type", kind)
		sign(r, AppID, AppKey, "/v7/mail_groups", body)
		return r
	}
	bare := func(method, target string) *http.Request { return httptest.NewRequest(method, target, nil) }
	const good = `{"accepted_type":"all","address":"n@corp.example","name":"N","owner_address":"ada@corp.example","colour":"red"}`
	for _, test := range []struct {
		reason string
		r      *http.Request
		status int
		code   int
	}{
		{"an unknown path needs nothing to be unknown", bare("GET", "/v7/mail_lists"), 404, 0},
		{"a wrong method", bare("PUT", "/v7/mail_groups"), 404, 0},
		{"a slash at the end", bare("GET", "/v7/mail_groups/"), 404, 0},
		{"no token but no signature either", bare("GET", "/v7/mail_groups"), 401, 401000001},
		{"a form", typed("application/x-www-form-urlencoded", "a=b"), 415, 415000001},
		{"no media type", typed("", good), 415, 415000001},
		{"no body and no media type", c.request("GET /v7/mail_groups?page_size=1", nil), 200, 0},
		{"a charset, and fields that nobody knows", typed("application/json;charset=UTF-8", good), 200, 0},
		{"no body", typed("application/json", ""), 400, badFormat},
		{"half a body", typed("application/json", `{"name"`), 400, badFormat},
		{"more than a body", typed("application/json", good+"{}"), 400, badFormat},
		{"a list", typed("application/json", "[]"), 400, badFormat},
		{"a number for a name", typed("application/json", strings.Replace(good, `"N"`, "1", 1)), 400, badFormat},
		{"a huge body", typed("application/json", strings.Repeat(" ", maxBody+1)), 400, tooLong},
		{"a broken query", c.request("GET /v7/mail_groups?page_size=%zz", nil), 400, badFormat},
		{"an unknown kind of ids", func() *http.Request {
			r := c.request(listGroups, nil)
			r.Header.Set("X-Kso-Id-Type", "mixed")
			return r
		}(), 400, badValue},
	} {
		got := c.serve(test.r)
		if got.Status != test.status || got.Code != test.code || test.status == 404 && got.Text != "Not Found" {
			t.Errorf("%s: %d %s, want %d %d", test.reason, got.Status, got.Text, test.status, test.code)
		}
	}
}

func TestEnvelope(t *testing.T) {
	c := newClient(t, Options{}, smallSeed)
	if got := c.do(listGroups, nil); !strings.HasPrefix(got.Text, `{"code":0,"msg":"","data":{`) {
		t.Errorf("success: %s", got.Text)
	}
	if got := c.do("POST "+c.group("cad@corp.example")+"/delete", nil); got.Text != `{"code":0,"msg":""}`+"\n" {
		t.Errorf("success without data: %s", got.Text)
	}
	if got := c.do("GET /v7/mail_groups/x", nil); got.Text != `{"code":400415009,"msg":"mail group does not exist"}`+"\n" {
		t.Errorf("failure: %s", got.Text)
	}
	nested := newClient(t, Options{NestErrors: true, StatusAlwaysOK: true}, smallSeed)
	got := nested.do("GET /v7/mail_groups/x", nil)
	if got.Status != 200 || got.Code != 400000007 || got.More == nil || got.More.Code != 400415009 {
		t.Errorf("nested: %d %s", got.Status, got.Text)
	}
	if got := nested.oauth("grant_type", "x"); got.Status != 401 || got.Code != 40100010 {
		t.Errorf("tokens: %d %s", got.Status, got.Text)
	}
}

func TestFaults(t *testing.T) {
	create := emu.Fault{Match: createGroup, Nth: 1}
	for _, test := range []struct {
		fault        emu.Fault
		status, code int // status 0: no answer
		made         bool
	}{
		{spoiled(create, emu.FaultDropReply, 0, "", false), 0, 0, true},
		{spoiled(create, emu.FaultThrottle, 0, "", false), 429, 429000001, false},
		{spoiled(create, emu.FaultRefuse, 500, `{"code":500000004,"msg":""}`, false), 500, 500000004, false},
		{spoiled(create, emu.FaultRefuse, 500, `{"code":500000004,"msg":""}`, true), 500, 500000004, true},
		{spoiled(create, emu.FaultRefuse, 403, `{"code":400000003,"msg":""}`, false), 403, 400000003, false},
		{spoiled(create, emu.FaultRefuse, 400, `{"code":400000007,"msg":"","more":{"code":400000001,"msg":""}}`, false), 400, 400000007, false},
	} {
		c := newClient(t, Options{}, smallSeed)
		if err := c.SetFaults([]emu.Fault{test.fault}); err != nil {
			t.Fatal(err)
		}
		client := &http.Client{Transport: c.Transport()}
		r := c.request(createGroup, newGroup("new@corp.example"))
		r.RequestURI, r.URL.Scheme, r.URL.Host = "", "http", "openapi.example"
		response, err := client.Do(r)
		if (err != nil) != (test.status == 0) {
			t.Errorf("%s: %v", test.fault.Kind, err)
		}
		if err == nil {
			if response.StatusCode != test.status {
				t.Errorf("%s: %s, want %d", test.fault.Kind, response.Status, test.status)
			}
			response.Body.Close()
		}
		made := slices.Contains(c.want(0, listGroups, nil).column("email_address"), "new@corp.example")
		if made != test.made {
			t.Errorf("%s %s: made is %v", test.fault.Kind, test.fault.Body, made)
		}
		want := 0
		if made {
			want = 400415060
		}
		c.want(want, createGroup, newGroup("NEW@corp.example"))
	}
}

func spoiled(f emu.Fault, kind emu.FaultKind, status int, body string, done bool) emu.Fault {
	f.Kind, f.Status, f.Body, f.Done = kind, status, body, done
	return f
}

func TestConcurrentUse(t *testing.T) {
	c := newClient(t, Options{}, smallSeed)
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			for j := range 10 {
				made := c.do(createGroup, newGroup(fmt.Sprintf("g%d-%d@corp.example", i, j)))
				c.do("POST /v7/mail_groups/"+fmt.Sprint(made.Data["id"])+"/members/batch_create", batch("members", member("bob@corp.example", "user")))
				c.do(listGroups, nil)
				c.oauth("grant_type", "client_credentials")
				c.Dump()
				c.Advance(1)
			}
		})
	}
	group.Wait()
	if got := c.want(0, listGroups+"&with_total=true", nil); got.Data["total"] != 82.0 {
		t.Errorf("%v mail groups, want 82", got.Data["total"])
	}
}

// FuzzRequests sends any body to any call: there must be an answer, of a kind that the vendor documents, and a state that loads.
func FuzzRequests(f *testing.F) {
	f.Add(uint(3), "", []byte(`{"accepted_type":"all","address":"n@corp.example","name":"\u0000\u2028","owner_address":"ada@corp.example"}`))
	f.Add(uint(5), "", []byte(`{"name":"\ud800","accepted_type":"custom"}`))
	f.Add(uint(8), "", []byte(`{"members":[null,{"email_address":"bob@corp.example","type":"user"}]}`))
	f.Add(uint(9), "", []byte(`{"email_addresses":[null,"ada@corp.example"]}`))
	f.Add(uint(2), "page_size=1&page_token=AAAAAA%3D%3D", []byte(`null`))
	f.Add(uint(14), "", []byte(`{"emails":[""],"status":["active"]}`))
	f.Add(uint(1), "", []byte(`grant_type=authorization_code&code=&client_id=%zz`))
	f.Add(uint(0), "client_id=emulator-app&response_type=code&redirect_uri=http://x&scope=", []byte(nil))
	f.Fuzz(func(t *testing.T, i uint, query string, body []byte) {
		c := newClient(t, Options{Unsigned: true}, fullState)
		route := routes[i%uint(len(routes))]
		paths := []string{c.group("CAD@corp.example"), c.group("vip@corp.example")}
		_, id, _ := strings.Cut(strings.TrimPrefix(paths[i/uint(len(routes))%2], "/v7"), "mail_groups/")
		r := c.request(strings.Replace(route.name, "{id}", id, 1), string(body))
		r.URL.RawQuery = query
		if route.scope == "" {
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
		switch got := c.serve(r); got.Status {
		case 200, 302, 400, 401, 403, 404:
			if got.Text == "" && got.Status != 302 {
				t.Errorf("%s: %d without a body", route.name, got.Status)
			}
		default:
			t.Errorf("%s: %d %s", route.name, got.Status, got.Text)
		}
		c.Reloads()
	})
}
