package huaweicloudemu

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/entitlectl/entitlectl/pkg/providers/emu"
)

func TestGateway(t *testing.T) {
	c := newTenant(t, Options{}, smallSeed)
	token := func(method, url, kind, body string) *http.Request {
		r := httptest.NewRequest(method, url, strings.NewReader(body))
		r.Header.Set("X-Auth-Token", Token)
		r.Header.Set("Content-Type", kind)
		return r
	}
	base := "/v1/" + Project
	for _, test := range []struct {
		reason string
		r      *http.Request
		status int
		code   string
	}{
		{"an unknown path needs no credentials to be unknown", httptest.NewRequest("GET", "/v1/x", nil), 404, "APIGW.0101"},
		{"nobody's path", httptest.NewRequest("GET", "/x", nil), 404, "APIGW.0101"},
		{"a wrong method", token("PUT", base+"/app-groups", "", ""), 405, "WKS.00000405"},
		{"GET of what is only posted", token("GET", base+"/app-groups/authorizations", "", ""), 405, "WKS.00000405"},
		{"a wrong method without credentials", httptest.NewRequest("PUT", base+"/app-groups", nil), 401, "APIGW.0301"},
		{"somebody else's project", token("GET", "/v1/ffffffffffffffffffffffffffffffff/app-groups", "", ""), 403, "WKS.00081102"},
		{"a form", token("POST", base+"/app-groups", "application/x-www-form-urlencoded", "name=CAD"), 415, "WKS.00000415"},
		{"JSON with a charset", token("POST", base+"/app-groups", "application/json;charset=UTF-8", `{"name":"A"}`), 200, ""},
		{"a slash at the end", token("GET", base+"/app-groups/", "", ""), 200, ""},
		{"no media type", token("POST", base+"/app-groups", "", `{"name":"B"}`), 200, ""},
		{"no body", token("POST", base+"/app-groups", "application/json", ""), 400, "WKS.0001"},
		{"half a body", token("POST", base+"/app-groups", "application/json", `{"name"`), 400, "WKS.00211807"},
		{"more than a body", token("POST", base+"/app-groups", "application/json", `{"name":"C"}{}`), 400, "WKS.00211807"},
		{"a number for a name", token("POST", base+"/app-groups", "application/json", `{"name":1}`), 400, "WKS.00211807"},
		{"fields that nobody knows", token("POST", base+"/app-groups", "application/json", `{"name":"D","colour":"red"}`), 200, ""},
		{"a huge body", token("POST", base+"/app-groups", "application/json", strings.Repeat(" ", maxBody+1)), 413, "APIGW.0201"},
		{"a broken query", token("GET", base+"/app-groups?limit=%zz", "", ""), 400, "APIGW.0201"},
	} {
		got := c.serveAny(test.r)
		if got.status != test.status || got.Code != test.code {
			t.Errorf("%s: %d %s, want %d %s", test.reason, got.status, got.text, test.status, test.code)
		}
	}
}

// serveAny sends a request that may be no vendor's.
func (c tenant) serveAny(r *http.Request) reply {
	if !strings.HasPrefix(r.URL.Path, "/v") {
		w := httptest.NewRecorder()
		c.ServeHTTP(w, r)
		return reply{status: w.Code, text: w.Body.String(), Code: "APIGW.0101"}
	}
	return c.serve(r)
}

func TestThrottle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newTenant(t, Options{ReadsPerMinute: 4, WritesPerMinute: 2}, smallSeed)
		burst := func(call string, body any) (n int) {
			for range 10 {
				if c.do(call, body).status != 429 {
					n++
				}
			}
			return n
		}
		none := obj{"app_group_ids": []string{"1"}, "accounts": userInfo("alice")}
		for _, test := range []struct {
			reason, call string
			body         any
			want         int
		}{
			{"reads", "GET /v1/app-groups", nil, 4},
			{"each call has its own bucket", "GET /v1/app-center/apps", nil, 4},
			{"writes", "POST /v1/app-groups", obj{}, 2},
			{"adding", addGrants, none, 2},
			{"removing draws from the same bucket", removeGrants, none, 0},
		} {
			if got := burst(test.call, test.body); got != test.want {
				t.Errorf("%s: %d calls passed, want %d", test.reason, got, test.want)
			}
		}
		got := c.do("GET /v1/app-groups", nil)
		if got.status != 429 || got.Code != "APIGW.0308" || !strings.HasSuffix(got.Msg, "limit:4,time:1 minute") {
			t.Errorf("%d %s", got.status, got.text)
		}
		time.Sleep(15 * time.Second)
		if got := burst("GET /v1/app-groups", nil); got != 1 {
			t.Errorf("a quarter of a minute later %d calls passed, want 1", got)
		}
		c.Advance(time.Hour)
		if got := burst("GET /v1/app-groups", nil); got != 4 {
			t.Errorf("an hour later %d calls passed, want 4", got)
		}
		c.Advance(time.Hour)
		for range 10 {
			c.serve(signed(AccessKey, "wrong", c.Now()))
		}
		if got := burst("GET /v1/app-groups", nil); got != 4 {
			t.Errorf("what the gateway refuses counts: %d calls passed, want 4", got)
		}
	})
}

func TestUnthrottledAndDefaultRates(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, test := range []struct {
			opts Options
			call string
			want int
		}{{Options{}, "GET /v1/app-groups", 200}, {Options{}, "POST /v1/app-groups", 100}, {Options{Unthrottled: true}, "GET /v1/app-groups", 300}} {
			c, passed := newTenant(t, test.opts, ""), 0
			for range 300 {
				if c.do(test.call, obj{}).status != 429 {
					passed++
				}
			}
			if passed != test.want {
				t.Errorf("%+v %s: %d passed, want %d", test.opts, test.call, passed, test.want)
			}
		}
	})
}

func TestThrottleFaultSpeaksAsTheVendor(t *testing.T) {
	c := newTenant(t, Options{}, smallSeed)
	if err := c.SetFaults([]emu.Fault{{Match: "POST /v1/*/app-groups/authorizations", Kind: emu.FaultThrottle}}); err != nil {
		t.Fatal(err)
	}
	got := c.do(addGrants, obj{"app_group_ids": []string{c.appGroup("CAD")}, "accounts": userInfo("alice")})
	if got.status != 429 || got.Code != "APIGW.0308" || !strings.HasSuffix(got.Msg, "limit:100,time:1 minute") || c.grants(c.appGroup("CAD")) != nil {
		t.Errorf("%d %s", got.status, got.text)
	}
}
