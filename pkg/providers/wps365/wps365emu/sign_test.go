package wps365emu

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/entitlectl/entitlectl/pkg/providers/emu"
	"github.com/entitlectl/entitlectl/pkg/providers/emu/emutest"
)

const (
	vectorID   = "AK123456"
	vectorKey  = "sk098765"
	vectorDate = "Mon, 02 Jan 2006 15:04:05 GMT"
)

// vectors are the vendor's own (the first two) and ones derived from them. WPS 365 open platform, KSO-1.
var vectors = []struct {
	name, call, contentType, date, body, want string
}{
	{"vendor's GET", "GET /v7/test?key=value", "application/json", vectorDate, "", "ce8df66877175e5198c8ea1362ffddf82e4941c6f25a4ca205a1ad09d0faaf03"},
	{"vendor's POST", "POST /v7/test/body", "application/json", vectorDate, `{"key": "value"}`, "c46e6c988130818ecba2484d51ac685948fbbef6814602c7874d6bfc41dc17b3"},
	{"spacing", "POST /v7/test/body", "application/json", vectorDate, `{"key":"value"}`, "ef1ebfebb7aa295ef94a24342b776cceb534500f81de5f849f44672becde72ce"},
	{"no Content-Type", "GET /v7/test?key=value", "", vectorDate, "", "9d3a5d53ab5b6ddec21e90d88e19a33928185be7a0df2c2aedb214eebaf33669"},
	{"charset", "POST /v7/test/body", "application/json; charset=utf-8", vectorDate, `{"key": "value"}`, "7fbd3777ddce26f2d78c4a6ad9282f17fbb38c078f46a87b5c2669b446ae3e93"},
	{"UTC", "GET /v7/test?key=value", "application/json", "Mon, 02 Jan 2006 15:04:05 UTC", "", "d12c6a6b09daf6c4a2946b74dd528e509eb727109fd363a074b08ad2e000752f"},
	{"encoded query", "GET /v7/mail_groups?page_size=50&page_token=aa%2Bbb%3D&with_total=true", "application/json", vectorDate, "", "edde1cdd3c685eaa6d79bc6c548534e4465c74782c9b22316de330eaa4be88c4"},
	{"list", "GET /v7/mail_groups?page_size=50&with_total=true", "application/json", vectorDate, "", "070ae82c4cbc809b354b50eecf0c4d550e5a8b3278135575fd7c96dd3ee4ae37"},
	{"create", "POST /v7/mail_groups", "application/json", vectorDate, `{"accepted_type":"company","address":"eng@example.com","name":"Engineering","owner_address":"ada@example.com"}`, "1cccdb1f50953edfb57b437c0daf0ac143d26475cbeb5aa04c2a1bf57875f133"},
	{"UTF-8", "POST /v7/mail_groups", "application/json", vectorDate, `{"accepted_type":"member","address":"yf@example.com","name":"研发","owner_address":"ada@example.com"}`, "4aeaf45f76c5434a7d195b1fe6ae74ed56d96b2191c598657e5af3de3c2ea2a1"},
	{"POST without body", "POST /v7/mail_groups/g1/delete", "application/json", vectorDate, "", "4acd3959d71220accf7fde25f09f0ca4f85fa64d191e846bdeb13dd33b38f6de"},
	{"prefix wrongly signed", "GET /openapi/v7/test?key=value", "application/json", vectorDate, "", "920ce4833919943a69ee2a2bbc36cb801d114e73ca250a46b69863416c539fef"},
}

func TestSignatureVectors(t *testing.T) {
	for _, v := range vectors {
		method, target, _ := strings.Cut(v.call, " ")
		if got := signature(vectorKey, method, target, v.contentType, v.date, []byte(v.body)); got != v.want {
			t.Errorf("%s: %s, want %s", v.name, got, v.want)
		}
	}
}

// vectorRequest is a vector as it comes over the wire.
func vectorRequest(call, contentType, date, body, signature string) *http.Request {
	method, target, _ := strings.Cut(call, " ")
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	r.Header.Set("X-Kso-Date", date)
	r.Header.Set("X-Kso-Authorization", "KSO-1 "+vectorID+":"+signature)
	return r
}

// TestVectorsPass sends the vectors whose paths there are: signed well, they lack only a token.
func TestVectorsPass(t *testing.T) {
	opts := Options{AppID: vectorID, AppKey: vectorKey}
	c, sent := newClient(t, opts, smallSeed), 0
	for _, v := range vectors {
		if strings.Contains(v.call, "/v7/test") {
			continue
		}
		sent++
		for _, bad := range []bool{false, true} {
			signature, code := v.want, 40100011
			if bad {
				signature, code = strings.Repeat("0", 64), 401000001
			}
			got := c.serve(vectorRequest(v.call, v.contentType, v.date, v.body, signature))
			if got.Status != 401 || got.Code != code {
				t.Errorf("%s: %d %s, want 401 %d", v.name, got.Status, got.Text, code)
			}
		}
	}
	if sent != 5 {
		t.Errorf("%d vectors sent, want 5", sent)
	}
}

func TestPrefixIsNotSigned(t *testing.T) {
	c := newClient(t, Options{}, "")
	get := func(prefix, signed string) reply {
		r := c.request("GET "+prefix+"/v7/mail_groups?page_size=1", nil)
		sign(r, AppID, AppKey, signed+"/v7/mail_groups?page_size=1", "")
		return c.serve(r)
	}
	if got := get("", ""); got.Status != 200 {
		t.Errorf("no prefix: %d %s", got.Status, got.Text)
	}
	c.Server = emu.New(emu.Options{}, New(Options{Prefix: "/openapi"}))
	token := c.request("POST /openapi/oauth2/token", "grant_type=client_credentials&client_id="+AppID+"&client_secret="+AppKey)
	token.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	c.token = c.serve(token).AccessToken
	for _, test := range []struct {
		prefix, signed string
		status         int
	}{{"/openapi", "", 200}, {"/openapi", "/openapi", 401}, {"", "", 404}} {
		if got := get(test.prefix, test.signed); got.Status != test.status {
			t.Errorf("%+v: %d %s", test, got.Status, got.Text)
		}
	}
	if got := c.Calls()[1].Path; got != "/v7/mail_groups" {
		t.Errorf("the log knows it as %s", got)
	}
}

func TestWhatIsSigned(t *testing.T) {
	c := newClient(t, Options{}, smallSeed)
	for _, test := range []struct {
		reason string
		change func(*http.Request)
		ok     bool
	}{
		{"as it is", func(*http.Request) {}, true},
		{"an unsigned header", func(r *http.Request) { r.Header.Set("X-Kso-Id-Type", "internal") }, true},
		{"another body", func(r *http.Request) { *r = *withBody(r, `{"name":"Evil"}`) }, false},
		{"one more space", func(r *http.Request) { *r = *withBody(r, `{"name": "Good"}`) }, false},
		{"no body", func(r *http.Request) { *r = *withBody(r, "") }, false},
		{"another query", func(r *http.Request) { r.URL.RawQuery = "x=1" }, false},
		{"another path", func(r *http.Request) { r.URL.Path = strings.Replace(r.URL.Path, "update", "delete", 1) }, false},
		{"another method", func(r *http.Request) { r.Method = "GET"; r.URL.Path = strings.TrimSuffix(r.URL.Path, "/update") }, false},
		{"another media type", func(r *http.Request) { r.Header.Set("Content-Type", "application/json;charset=utf-8") }, false},
		{"another date", func(r *http.Request) { r.Header.Set("X-Kso-Date", vectorDate) }, false},
		{"no date", func(r *http.Request) { r.Header.Del("X-Kso-Date") }, false},
		{"a date of another form", func(r *http.Request) { r.Header.Set("X-Kso-Date", "2006-01-02T15:04:05Z") }, false},
		{"no signature", func(r *http.Request) { r.Header.Del("X-Kso-Authorization") }, false},
		{"another scheme", func(r *http.Request) { change(r, "KSO-1", "KSO-2") }, false},
		{"another app", func(r *http.Request) { change(r, AppID, "other") }, false},
		{"no app", func(r *http.Request) { change(r, AppID+":", "") }, false},
		{"upper case", func(r *http.Request) {
			_, hex, _ := strings.Cut(r.Header.Get("X-Kso-Authorization"), ":")
			change(r, hex, strings.ToUpper(hex))
		}, false},
	} {
		r := c.request("POST "+c.group("cad@corp.example")+"/update", `{"name":"Good"}`)
		test.change(r)
		want := reply{Answer: emutest.Answer{Status: 401}, Code: 401000001}
		if test.ok {
			want = reply{Answer: emutest.Answer{Status: 200}}
		}
		if got := c.serve(r); got.Status != want.Status || got.Code != want.Code {
			t.Errorf("%s: %d %s, want %d", test.reason, got.Status, got.Text, want.Status)
		}
	}
}

func withBody(r *http.Request, body string) *http.Request {
	out := httptest.NewRequest(r.Method, r.URL.String(), strings.NewReader(body))
	out.Header = r.Header
	return out
}

func change(r *http.Request, old, new string) {
	r.Header.Set("X-Kso-Authorization", strings.Replace(r.Header.Get("X-Kso-Authorization"), old, new, 1))
}

func TestDates(t *testing.T) {
	c := newClient(t, Options{MaxSkew: 15 * time.Minute, SignatureCode: 403000123}, "")
	for _, test := range []struct {
		layout string
		ahead  time.Duration
		status int
	}{
		{http.TimeFormat, 0, 200},
		{time.RFC1123, 0, 200},
		{time.RFC1123Z, 0, 200},
		{"Monday, 02 Jan 2006 15:04:05 GMT", 0, 200},
		{"Monday, 02 Jan 2006 15:04:05 -0700", 0, 200},
		{time.RFC850, 0, 403},
		{time.ANSIC, 0, 403},
		{http.TimeFormat, 14 * time.Minute, 200},
		{http.TimeFormat, -14 * time.Minute, 200},
		{http.TimeFormat, 16 * time.Minute, 403},
		{http.TimeFormat, -16 * time.Minute, 403},
	} {
		r := c.request(listGroups, nil)
		r.Header.Set("X-Kso-Date", c.Now().Add(test.ahead).Format(test.layout))
		sign(r, AppID, AppKey, "/v7/mail_groups?page_size=100", "")
		got := c.serve(r)
		if got.Status != test.status || test.status == 403 && got.Code != 403000123 {
			t.Errorf("%q %v: %d %s", test.layout, test.ahead, got.Status, got.Text)
		}
	}
}

func TestUnsignedApps(t *testing.T) {
	for _, off := range []bool{false, true} {
		c := newClient(t, Options{Unsigned: off}, "")
		r := c.request(listGroups, nil)
		r.Header.Del("X-Kso-Date")
		r.Header.Set("X-Kso-Authorization", "KSO-1 nonsense")
		if got := c.serve(r); (got.Status == 200) != off {
			t.Errorf("signing off is %v: %d %s", off, got.Status, got.Text)
		}
	}
}
