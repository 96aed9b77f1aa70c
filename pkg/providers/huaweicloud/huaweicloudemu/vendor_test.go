package huaweicloudemu

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestGateway(t *testing.T) {
	c := newClient(t, Options{}, smallSeed)
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
		got := c.serve(test.r)
		if got.Status != test.status || got.Code != test.code {
			t.Errorf("%s: %d %s, want %d %s", test.reason, got.Status, got.Text, test.status, test.code)
		}
	}
}

// FuzzRequests sends any body to any call: there must be an answer, of a kind that the vendor documents.
func FuzzRequests(f *testing.F) {
	f.Add(uint(0), "GET", "limit=1", []byte("{}"))
	f.Add(uint(2), "POST", "", []byte(`{"app_group_ids":["570000000000000009"],"accounts":[{"account":"alice","account_type":"USER"}]}`))
	f.Add(uint(14), "POST", "", []byte(`{"app_ids":[null],"authorization_type":"ALL_USER","users":[{}]}`))
	f.Add(uint(20), "POST", "", []byte(`{"user_name":"x","user_email":"x@x"}`))
	f.Add(uint(9), "PATCH", "", []byte(`null`))
	f.Fuzz(func(t *testing.T, i uint, method, query string, body []byte) {
		c := newClient(t, Options{}, fullState)
		var url strings.Builder
		_, pattern, _ := strings.Cut(routes[i%uint(len(routes))].name, " ")
		for s := range strings.SplitSeq(pattern[1:], "/") {
			url.WriteByte('/')
			switch s {
			case "{p}":
				s = Project
			case "{id}":
				s = []string{c.appGroup("CAD"), c.app("AutoCAD"), c.user("alice"), c.userGroup("Designers")}[i%4]
			}
			url.WriteString(s)
		}
		for _, x := range method {
			if x < 'A' || x > 'Z' {
				return
			}
		}
		if method == "" {
			return
		}
		r := httptest.NewRequest(method, url.String(), strings.NewReader(string(body)))
		r.URL.RawQuery = query
		r.Header.Set("X-Auth-Token", Token)
		switch got := c.serve(r); got.Status {
		case 200, 201, 204, 400, 401, 404, 405, 409, 413:
		default:
			t.Errorf("%s %s: %d %s", method, url.String(), got.Status, got.Text)
		}
		c.Reloads()
	})
}
