package huaweicloudemu

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// vectors are signed requests: the first is the worked example of the vendor's signing guide, the others were signed by its
// official Go SDK.
var vectors = []struct {
	name, ak, sk  string
	request, body string // request line and headers
	signed        string
	canonical     string
	hash, want    string
}{
	{
		"V0", "QTWAOYTTINDUT2QVKYUC", "MFyfvK41ba2giqM7Uio6PznpdUKGpownRZlmVmHc",
		"GET https://service.region.example.com/v1/77b6a44cba5143ab91d13ab9a8ff44fd/vpcs?marker=13551d6b-755d-4757-b956-536f674975c0&limit=2\ncontent-type: application/json\nx-sdk-date: 20191115T033655Z", "",
		"content-type;host;x-sdk-date", `GET
/v1/77b6a44cba5143ab91d13ab9a8ff44fd/vpcs/
limit=2&marker=13551d6b-755d-4757-b956-536f674975c0
content-type:application/json
host:service.region.example.com
x-sdk-date:20191115T033655Z

content-type;host;x-sdk-date
e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855`,
		"b25362e603ee30f4f25e7858e8a7160fd36e803bb2dfe206278659d71a9bcd7a", "7be6668032f70418fcc22abc52071e57aff61b84a1d2381bb430d6870f4f6ebe",
	},
	{
		"V1", vectorKey, vectorSecret,
		"GET https://appstream.cn-north-4.myhuaweicloud.com/v1/0123456789abcdef0123456789abcdef/app-groups/actions/list-authorizations?account=%E5%BC%A0%E4%B8%89%20a%2Bb%40x.com%2F~&account_type=USER&app_group_id=571784876773081141&limit=100&offset=0\nContent-Type: application/json\nX-Project-Id: 0123456789abcdef0123456789abcdef\nX-Sdk-Date: 20260102T030405Z", "",
		"x-project-id;x-sdk-date", `GET
/v1/0123456789abcdef0123456789abcdef/app-groups/actions/list-authorizations/
account=%E5%BC%A0%E4%B8%89%20a%2Bb%40x.com%2F~&account_type=USER&app_group_id=571784876773081141&limit=100&offset=0
x-project-id:0123456789abcdef0123456789abcdef
x-sdk-date:20260102T030405Z

x-project-id;x-sdk-date
e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855`,
		"f6424d58cd58ecdb1d30d4c79ffb0924590391495195511f9262bc222c181b1e", "2993cf2f07948e4ec1d101634abcc1af95c6098a2f381255ecf32d9447e19361",
	},
	{
		"V2", vectorKey, vectorSecret,
		"POST https://appstream.cn-north-4.myhuaweicloud.com/v1/0123456789abcdef0123456789abcdef/app-groups/authorizations\nContent-Type: application/json\nUser-Agent: entitlectl/0.1\nX-Language: en-us\nX-Project-Id: 0123456789abcdef0123456789abcdef\nX-Sdk-Date: 20260102T030405Z",
		`{"app_group_ids":["571784876773081141"],"accounts":[{"id":"99558194716db7d601719f9b61850042","account":"group1","account_type":"USER_GROUP"}]}`,
		"user-agent;x-language;x-project-id;x-sdk-date", `POST
/v1/0123456789abcdef0123456789abcdef/app-groups/authorizations/

user-agent:entitlectl/0.1
x-language:en-us
x-project-id:0123456789abcdef0123456789abcdef
x-sdk-date:20260102T030405Z

user-agent;x-language;x-project-id;x-sdk-date
9198a6d3a24d560c3fe7348607b9a0cec938ca0375dc1214d709760206caab90`,
		"d491dcc2723caf9ee80290821b155e82256d7dfdd2ff1bf6b818048540793b47", "e7ddecf3455cf25ca51cc3f7c63738a22e2161a6afae12d51c0f1243a1ee6747",
	},
	{
		"V3", vectorKey, vectorSecret,
		"GET https://workspace.cn-north-4.myhuaweicloud.com/v2/0123456789abcdef0123456789abcdef/users?domain&limit=100&offset=0&user_names=user2&user_names=User1&user_names=a%20b\nX-Project-Id: 0123456789abcdef0123456789abcdef\nX-Sdk-Date: 20260102T030405Z\nX-Security-Token: gQpjbi1ub3J0aC00EXAMPLETOKEN==", "",
		"host;x-project-id;x-sdk-date;x-security-token", `GET
/v2/0123456789abcdef0123456789abcdef/users/
domain=&limit=100&offset=0&user_names=User1&user_names=a%20b&user_names=user2
host:workspace.cn-north-4.myhuaweicloud.com
x-project-id:0123456789abcdef0123456789abcdef
x-sdk-date:20260102T030405Z
x-security-token:gQpjbi1ub3J0aC00EXAMPLETOKEN==

host;x-project-id;x-sdk-date;x-security-token
e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855`,
		"6be71a69a21a40d71733ac59b47df9e5036ac64d9bee4b4d300e89a9b98221af", "2566ab73f32c2ab69664ca1bca46fdcd564e7d3799fffe8c90dc73b3d905f304",
	},
	{
		"V4", vectorKey, vectorSecret,
		"POST https://workspace.cn-north-4.myhuaweicloud.com/v1/0123456789abcdef0123456789abcdef/app-center/apps/actions/batch-assign-authorization\nContent-Type: application/json\nX-Project-Id: 0123456789abcdef0123456789abcdef\nX-Sdk-Date: 20260102T030405Z",
		`{"app_ids":["3f791197-d166-4c8e-81e4-38c40ffc1989"],"authorization_type":"ASSIGN_USER","users":[{"account":"user1","account_type":"SIMPLE","platform_type":"LOCAL"}]}` + "\n",
		"host;x-project-id;x-sdk-date", `POST
/v1/0123456789abcdef0123456789abcdef/app-center/apps/actions/batch-assign-authorization/

host:workspace.cn-north-4.myhuaweicloud.com
x-project-id:0123456789abcdef0123456789abcdef
x-sdk-date:20260102T030405Z

host;x-project-id;x-sdk-date
6eb16755f506343d1c1e9d47223ecdacf6ad9c5c0e1be1b7de7c7bbf19a0f97d`,
		"5c77637365492d0502cfa1cda3989ca3d1f53124f6402a883a3446eb0e2ed04c", "cfb60e46648475b37fb9e3e7dd2551e90587d9cb0eb479c5aeab8ecac1229d65",
	},
}

const (
	vectorKey    = "HWEXAMPLEAK000000001"
	vectorSecret = "exampleSecretKey0123456789abcdefghijklmn"
)

func vectorRequest(i int) *http.Request {
	v := vectors[i]
	line, headers, _ := strings.Cut(v.request, "\n")
	method, url, _ := strings.Cut(line, " ")
	r := httptest.NewRequest(method, url, strings.NewReader(v.body))
	for h := range strings.SplitSeq(headers, "\n") {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Set(name, value)
	}
	return r
}

func TestSignatureVectors(t *testing.T) {
	for i, v := range vectors {
		r := vectorRequest(i)
		got := canonical(r, r.URL.Query(), []byte(v.body), strings.Split(v.signed, ";"))
		if got != v.canonical {
			t.Errorf("%s: canonical request\n%s\nwant\n%s", v.name, got, v.canonical)
		}
		if sum := sha256.Sum256([]byte(got)); hex.EncodeToString(sum[:]) != v.hash {
			t.Errorf("%s: hash %x, want %s", v.name, sum, v.hash)
		}
		if s := signature(v.sk, r.Header.Get("X-Sdk-Date"), got); s != v.want {
			t.Errorf("%s: signature %s, want %s", v.name, s, v.want)
		}
	}
}

// TestVectorsPassTheGateway sends the vectors at the time they were signed: 2026 in a bubble that begins in 2000.
func TestVectorsPassTheGateway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newTenant(t, Options{Credentials: []Credential{{vectorKey, vectorSecret}}}, smallSeed)
		c.Advance(time.Until(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)))
		for i, want := range map[int]int{1: 200, 2: 404, 3: 200, 4: 404} { // 404: signed, but about ids that are not there
			v := vectors[i]
			r := vectorRequest(i)
			r.Header.Set("Authorization", fmt.Sprintf("SDK-HMAC-SHA256 Access=%s, SignedHeaders=%s, Signature=%s", v.ak, v.signed, v.want))
			r.Header.Set("X-Domain-Id", "unsigned extras do not matter")
			if got := c.serve(r); got.status != want {
				t.Errorf("%s: %d %s, want %d", v.name, got.status, got.text, want)
			}
		}
	})
}

// signed is a request for the list of app groups, signed at a time with a secret.
func signed(key, secret string, at time.Time) *http.Request {
	r := httptest.NewRequest("GET", "/v1/"+Project+"/app-groups?limit=1", nil)
	r.Header.Set("X-Sdk-Date", at.UTC().Format(signDate))
	sign(r, key, secret, "", "x-sdk-date")
	return r
}

func sign(r *http.Request, key, secret, body, headers string) {
	request := canonical(r, r.URL.Query(), []byte(body), strings.Split(headers, ";"))
	r.Header.Set("Authorization", fmt.Sprintf("SDK-HMAC-SHA256 Access=%s, SignedHeaders=%s, Signature=%s",
		key, headers, signature(secret, r.Header.Get("X-Sdk-Date"), request)))
}

func TestSignedRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		now := time.Now()
		at := func(late time.Duration) *http.Request { return signed(AccessKey, SecretKey, now.Add(-late)) }
		for _, test := range []struct {
			reason string
			r      *http.Request
			says   string // nothing: 200
		}{
			{"now", at(0), ""},
			{"at the end of the window", at(15 * time.Minute), ""},
			{"at its beginning", at(-15 * time.Minute), ""},
			{"just late", at(15*time.Minute + time.Second), "calc aksk signature fail:signature expired, signature time:19991231T234459Z,server time:20000101T000000Z"},
			{"just early", at(-15*time.Minute - time.Second), "calc aksk signature fail:signature expired"},
			{"a stranger's key", signed("who", SecretKey, now), "ak who not exist"},
			{"no date", change(at(0), func(r *http.Request) { r.Header.Del("X-Sdk-Date") }), "X-Sdk-Date"},
			{"a date that is not signed", change(at(0), func(r *http.Request) {
				r.Header.Set("X-Project-Id", Project)
				sign(r, AccessKey, SecretKey, "", "x-project-id")
			}), "X-Sdk-Date"},
			{"an unsigned header more", change(at(0), func(r *http.Request) { r.Header.Set("X-Project-Id", "p") }), ""},
			{"another query", change(at(0), func(r *http.Request) { r.URL.RawQuery = "limit=2" }),
				"verify aksk signature fail, canonicalRequest:GET|/v1/" + Project + "/app-groups/|limit=2|x-sdk-date:20000101T000000Z||x-sdk-date|e3b0c442"},
			{"a signed header changed", change(at(0), func(r *http.Request) { r.Header.Set("X-Sdk-Date", "20000101T000001Z") }), "verify aksk"},
			{"no credentials", httptest.NewRequest("GET", "/v1/"+Project+"/app-groups", nil), "x-auth-token not found"},
			{"another scheme", change(at(0), func(r *http.Request) { r.Header.Set("Authorization", "Bearer x") }), "x-auth-token not found"},
			{"nonsense", change(at(0), func(r *http.Request) { r.Header.Set("Authorization", "SDK-HMAC-SHA256 nonsense") }), "ak  not exist"},
		} {
			c := newTenant(t, Options{}, "")
			got := c.serve(test.r)
			if want := test.says == ""; (got.status == 200) != want || !want && (got.status != 401 || got.Code != "APIGW.0301") {
				t.Errorf("%s: %d %s", test.reason, got.status, got.text)
			}
			if test.says != "" && !strings.HasPrefix(got.Msg, "Incorrect IAM authentication information: "+test.says) {
				t.Errorf("%s: says %q, want %q", test.reason, got.Msg, test.says)
			}
		}
	})
}

func change(r *http.Request, f func(*http.Request)) *http.Request {
	f(r)
	return r
}

func TestBodyIsSigned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newTenant(t, Options{}, "")
		for _, test := range []struct {
			sent, signed, hash string
			status             int
		}{
			{`{"name":"CAD"}`, `{"name":"CAD"}`, "", 200},
			{`{"name":"GIS"}`, `{"name":"CAD"}`, "", 401},
			{`{"name":"GIS"}` + "\n", `{"name":"GIS"}`, "", 401},
			{`{"name":"GIS"}`, "", "UNSIGNED-PAYLOAD", 200},
		} {
			r := httptest.NewRequest("POST", "/v1/"+Project+"/app-groups", strings.NewReader(test.sent))
			r.Header.Set("X-Sdk-Date", time.Now().UTC().Format(signDate))
			if test.hash != "" {
				r.Header.Set("X-Sdk-Content-Sha256", test.hash)
			}
			sign(r, AccessKey, SecretKey, test.signed, "x-sdk-date")
			if got := c.serve(r); got.status != test.status {
				t.Errorf("sent %q, signed %q: %d %s, want %d", test.sent, test.signed, got.status, got.text, test.status)
			}
		}
	})
}

func TestFailuresLockTheKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newTenant(t, Options{}, "")
		try := func(secret string) reply { return c.serve(signed(AccessKey, secret, time.Now())) }
		for range maxFailures - 1 {
			try("wrong")
		}
		if got := try(SecretKey); got.status != 200 {
			t.Fatalf("after four failures: %d %s", got.status, got.text)
		}
		for range maxFailures {
			if got := try("wrong"); !strings.Contains(got.Msg, "verify aksk signature fail") {
				t.Fatalf("before the lock: %s", got.text)
			}
		}
		for _, wait := range []time.Duration{0, lockedFor - time.Second} {
			time.Sleep(wait)
			if got := try(SecretKey); got.status != 401 || !strings.HasSuffix(got.Msg, "AK access failed to reach the limit,forbidden") {
				t.Errorf("locked for %v: %d %s", wait, got.status, got.text)
			}
		}
		time.Sleep(time.Second)
		if got := try(SecretKey); got.status != 200 {
			t.Errorf("after the lock: %d %s", got.status, got.text)
		}
	})
}

func TestAdvanceAndSignatures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for ignore, want := range map[bool]int{false: 401, true: 200} {
			c := newTenant(t, Options{IgnoreAdvance: ignore}, "")
			c.Advance(time.Hour)
			if got := c.serve(signed(AccessKey, SecretKey, time.Now())); got.status != want {
				t.Errorf("IgnoreAdvance %v: %d %s, want %d", ignore, got.status, got.text, want)
			}
		}
	})
}

func login(user, password, scope string) string {
	return fmt.Sprintf(`{"auth":{"identity":{"methods":["password"],"password":{"user":{"domain":{"name":"emulator"},"name":%q,"password":%q}}},"scope":%s}}`, user, password, scope)
}

func TestTokens(t *testing.T) { synctest.Test(t, testTokens) }

func testTokens(t *testing.T) {
	c := newTenant(t, Options{}, "")
	fetch := func(body string) reply {
		return c.serve(httptest.NewRequest("POST", "/v3/auth/tokens", strings.NewReader(body)))
	}
	list := func(token string) reply {
		r := httptest.NewRequest("GET", "/v1/"+Project+"/app-groups", nil)
		r.Header.Set("X-Auth-Token", token)
		return c.serve(r)
	}
	got := fetch(login(AccessKey, SecretKey, `{"project":{"name":"ap-southeast-3"}}`))
	token := got.header.Get("X-Subject-Token")
	if got.status != 201 || token == "" || !strings.Contains(got.text, `"project":{"domain":`) || !strings.Contains(got.text, Project) {
		t.Fatalf("%d %s", got.status, got.text)
	}
	other := fetch(login(AccessKey, SecretKey, `{"domain":{}}`)).header.Get("X-Subject-Token")
	for _, x := range []string{token, other, Token} {
		if got := list(x); got.status != 200 {
			t.Errorf("token %q: %d %s", x, got.status, got.text)
		}
	}
	if got := list("made up"); got.status != 401 || !strings.HasSuffix(got.Msg, "decrypt token fail") {
		t.Errorf("a made-up token: %d %s", got.status, got.text)
	}
	c.Advance(tokenLifetime - 1)
	if got := list(token); got.status != 200 {
		t.Errorf("just before its end: %d %s", got.status, got.text)
	}
	c.Advance(1)
	if got := list(token); got.status != 401 || !strings.Contains(got.Msg, "token expires, expires_at: 20") {
		t.Errorf("a day later: %d %s", got.status, got.text)
	}
	for body, status := range map[string]int{
		login(AccessKey, "wrong", `{}`):                               401,
		login("who", SecretKey, `{}`):                                 401,
		login(AccessKey, SecretKey, `{"project":{"id":"elsewhere"}}`): 401,
		`{`:  400,
		`{}`: 400,
	} {
		if got := fetch(body); got.status != status || !strings.Contains(got.text, fmt.Sprintf(`{"error":{"code":%d,`, status)) {
			t.Errorf("%s: %d %s, want %d", body, got.status, got.text, status)
		}
	}
}

func TestProjects(t *testing.T) {
	for _, test := range []struct {
		projects map[string][]string
		name     string
		want     []string
	}{
		{nil, "ap-southeast-3", []string{Project}},
		{map[string][]string{"one": {"1"}, "two": {"2", "3"}}, "two", []string{"2", "3"}},
		{map[string][]string{"one": {"1"}}, "two", nil},
		{map[string][]string{"one": {"1"}, "two": {"2"}}, "", []string{"1", "2"}},
	} {
		c := newTenant(t, Options{Projects: test.projects}, "")
		r := httptest.NewRequest("GET", "/v3/projects?name="+test.name, nil)
		if got := c.serve(r); got.status != 401 {
			t.Errorf("unsigned: %d", got.status)
		}
		r.Header.Set("X-Sdk-Date", c.Now().Format(signDate))
		sign(r, AccessKey, SecretKey, "", "x-sdk-date")
		got := c.serve(r)
		if n := strings.Count(got.text, `"parent_id"`); got.status != 200 || n != len(test.want) {
			t.Errorf("%v: %d %s", test, got.status, got.text)
		}
		for _, id := range test.want {
			if !strings.Contains(got.text, `"id":"`+id+`"`) {
				t.Errorf("%v: no %s in %s", test, id, got.text)
			}
		}
	}
}
