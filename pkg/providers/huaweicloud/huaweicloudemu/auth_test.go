package huaweicloudemu

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/entitlectl/entitlectl/pkg/providers/emu/emutest"
)

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
			{"no date", emutest.Change(at(0), func(r *http.Request) { r.Header.Del("X-Sdk-Date") }), "X-Sdk-Date"},
			{"a date that is not signed", emutest.Change(at(0), func(r *http.Request) {
				r.Header.Set("X-Project-Id", Project)
				sign(r, AccessKey, SecretKey, "", "x-project-id")
			}), "X-Sdk-Date"},
			{"an unsigned header more", emutest.Change(at(0), func(r *http.Request) { r.Header.Set("X-Project-Id", "p") }), ""},
			{"another query", emutest.Change(at(0), func(r *http.Request) { r.URL.RawQuery = "limit=2" }),
				"verify aksk signature fail, canonicalRequest:GET|/v1/" + Project + "/app-groups/|limit=2|x-sdk-date:20000101T000000Z||x-sdk-date|e3b0c442"},
			{"a signed header changed", emutest.Change(at(0), func(r *http.Request) { r.Header.Set("X-Sdk-Date", "20000101T000001Z") }), "verify aksk"},
			{"no credentials", httptest.NewRequest("GET", "/v1/"+Project+"/app-groups", nil), "x-auth-token not found"},
			{"another scheme", emutest.Change(at(0), func(r *http.Request) { r.Header.Set("Authorization", "Bearer x") }), "x-auth-token not found"},
			{"nonsense", emutest.Change(at(0), func(r *http.Request) { r.Header.Set("Authorization", "SDK-HMAC-SHA256 nonsense") }), "ak  not exist"},
		} {
			c := newClient(t, Options{}, "")
			got := c.serve(test.r)
			if want := test.says == ""; (got.Status == 200) != want || !want && (got.Status != 401 || got.Code != "APIGW.0301") {
				t.Errorf("%s: %d %s", test.reason, got.Status, got.Text)
			}
			if test.says != "" && !strings.HasPrefix(got.Msg, "Incorrect IAM authentication information: "+test.says) {
				t.Errorf("%s: says %q, want %q", test.reason, got.Msg, test.says)
			}
		}
	})
}

func TestBodyIsSigned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newClient(t, Options{}, "")
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
			if got := c.serve(r); got.Status != test.status {
				t.Errorf("sent %q, signed %q: %d %s, want %d", test.sent, test.signed, got.Status, got.Text, test.status)
			}
		}
	})
}

func TestFailuresLockTheKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newClient(t, Options{}, "")
		try := func(secret string) reply { return c.serve(signed(AccessKey, secret, time.Now())) }
		for range maxFailures - 1 {
			try("wrong")
		}
		if got := try(SecretKey); got.Status != 200 {
			t.Fatalf("after four failures: %d %s", got.Status, got.Text)
		}
		for range maxFailures {
			if got := try("wrong"); !strings.Contains(got.Msg, "verify aksk signature fail") {
				t.Fatalf("before the lock: %s", got.Text)
			}
		}
		for _, wait := range []time.Duration{0, lockedFor - time.Second} {
			time.Sleep(wait)
			if got := try(SecretKey); got.Status != 401 || !strings.HasSuffix(got.Msg, "AK access failed to reach the limit,forbidden") {
				t.Errorf("locked for %v: %d %s", wait, got.Status, got.Text)
			}
		}
		time.Sleep(time.Second)
		if got := try(SecretKey); got.Status != 200 {
			t.Errorf("after the lock: %d %s", got.Status, got.Text)
		}
	})
}

func TestAdvanceAndSignatures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for ignore, want := range map[bool]int{false: 401, true: 200} {
			c := newClient(t, Options{IgnoreAdvance: ignore}, "")
			c.Advance(time.Hour)
			if got := c.serve(signed(AccessKey, SecretKey, time.Now())); got.Status != want {
				t.Errorf("IgnoreAdvance %v: %d %s, want %d", ignore, got.Status, got.Text, want)
			}
		}
	})
}
