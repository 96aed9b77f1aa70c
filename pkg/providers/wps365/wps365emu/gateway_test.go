package wps365emu

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/entitlectl/entitlectl/pkg/providers/emu"
)

func TestGateway(t *testing.T) {
	c := newTenant(t, Options{}, smallSeed)
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
		if got.status != test.status || got.Code != test.code || test.status == 404 && got.text != "Not Found" {
			t.Errorf("%s: %d %s, want %d %d", test.reason, got.status, got.text, test.status, test.code)
		}
	}
}

func TestEnvelope(t *testing.T) {
	c := newTenant(t, Options{}, smallSeed)
	if got := c.do(listGroups, nil); !strings.HasPrefix(got.text, `{"code":0,"msg":"","data":{`) {
		t.Errorf("success: %s", got.text)
	}
	if got := c.do("POST "+c.group("cad@corp.example")+"/delete", nil); got.text != `{"code":0,"msg":""}`+"\n" {
		t.Errorf("success without data: %s", got.text)
	}
	if got := c.do("GET /v7/mail_groups/x", nil); got.text != `{"code":400415009,"msg":"mail group does not exist"}`+"\n" {
		t.Errorf("failure: %s", got.text)
	}
	nested := newTenant(t, Options{NestErrors: true, StatusAlwaysOK: true}, smallSeed)
	got := nested.do("GET /v7/mail_groups/x", nil)
	if got.status != 200 || got.Code != 400000007 || got.More == nil || got.More.Code != 400415009 {
		t.Errorf("nested: %d %s", got.status, got.text)
	}
	if got := nested.oauth("grant_type", "x"); got.status != 401 || got.Code != 40100010 {
		t.Errorf("tokens: %d %s", got.status, got.text)
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
		c := newTenant(t, Options{}, smallSeed)
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

func TestLag(t *testing.T) {
	c := newTenant(t, Options{}, smallSeed)
	cad := c.group("cad@corp.example")
	before := c.want(0, listGroups, nil).column("name")
	if err := c.SetFaults([]emu.Fault{{Match: "POST /v7/mail_groups/**", Kind: emu.FaultLag, For: time.Hour}, {Match: createGroup, Kind: emu.FaultLag, For: time.Hour}}); err != nil {
		t.Fatal(err)
	}
	made := "/v7/mail_groups/" + c.want(0, createGroup, newGroup("new@corp.example")).Data["id"].(string)
	c.want(0, "POST "+cad+"/update", obj{"name": "CAx"})
	c.want(0, "POST "+cad+"/members/batch_delete", obj{"email_addresses": []string{"ada@corp.example"}})
	c.want(0, "POST "+made+"/members/batch_create", batch("members", member("bob@corp.example", "user")))
	wantSame(t, "list", c.want(0, listGroups, nil).column("name"), before)
	wantSame(t, "members", len(c.roll(cad, "members")), 2)
	c.want(400415009, "GET "+made, nil)
	c.want(400415009, "GET "+made+"/members?page_size=1", nil)
	wantSame(t, "get", c.want(0, "GET "+cad, nil).Data["name"], any("CAD"))
	c.want(400415060, createGroup, newGroup("new@corp.example"))
	if !strings.Contains(c.state(), "CAx") {
		t.Error("the state is not the truth")
	}

	c.Advance(time.Hour)
	wantSame(t, "list", c.want(0, listGroups, nil).column("name"), []string{"CAx", "VIP", "New"})
	wantSame(t, "members", c.roll(cad, "members"), []string{"design@corp.example"})
	wantSame(t, "new members", c.roll(made, "members"), []string{"Bob@corp.example"})
}
