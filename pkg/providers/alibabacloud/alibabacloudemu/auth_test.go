package alibabacloudemu

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/entitlectl/entitlectl/pkg/providers/emu"
	"github.com/entitlectl/entitlectl/pkg/providers/emu/emutest"
)

func TestAuthentication(t *testing.T) {
	header := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	signedWith := func(name, value string) func(*http.Request) {
		return func(r *http.Request) {
			r.Header.Set(name, value)
			signAs(r, AccessKeyID, AccessKeySecret)
		}
	}
	auth := func(old, new string) func(*http.Request) {
		return func(r *http.Request) {
			r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), old, new, 1))
		}
	}
	date := func(late time.Duration) func(*http.Request) {
		return signedWith("X-Acs-Date", time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC).Add(-late).Format(dateForm))
	}
	for _, test := range []struct {
		reason string
		change func(*http.Request)
		code   string
	}{
		{"as it is", func(*http.Request) {}, ""},
		{"an unsigned header of another kind", header("Accept", "application/json"), ""},
		{"a signed header of another kind", signedWith("X-Acs-Credentials-Provider", "static_ak"), ""},
		{"at the end of the window", date(15 * time.Minute), ""},
		{"at its beginning", date(-15 * time.Minute), ""},
		{"too late", date(15*time.Minute + time.Second), "InvalidTimeStamp.Expired"},
		{"too early", date(-15*time.Minute - time.Second), "InvalidTimeStamp.Expired"},
		{"a date in another form", signedWith("X-Acs-Date", "20000101T000000Z"), "InvalidTimeStamp.Format"},
		{"a fraction of a second", signedWith("X-Acs-Date", "2000-01-01T00:00:00.5Z"), "InvalidTimeStamp.Format"},
		{"no date", func(r *http.Request) { r.Header.Del("X-Acs-Date"); signAs(r, AccessKeyID, AccessKeySecret) }, "IncompleteSignature"},
		{"no nonce", signedWith("X-Acs-Signature-Nonce", ""), "IncompleteSignature"},
		{"an unsigned x-acs header", header("X-Acs-Extra", "x"), "IncompleteSignature"},
		{"host is not signed", auth("SignedHeaders=host;", "SignedHeaders="), "IncompleteSignature"},
		{"spaces after commas", auth(",SignedHeaders", ", SignedHeaders"), "IncompleteSignature"},
		{"nothing after the scheme", header("Authorization", "ACS3-HMAC-SHA256 nonsense"), "IncompleteSignature"},
		{"headers signed in another order", func(r *http.Request) {
			signed := []string{"x-acs-version", "x-acs-signature-nonce", "x-acs-date", "x-acs-content-sha256", "x-acs-action", "host"}
			signOver(r, AccessKeyID, AccessKeySecret, signed, emu.Hash(nil))
		}, "SignatureDoesNotMatch"},
		{"no signature", func(r *http.Request) { r.Header.Del("Authorization") }, "IncompleteSignature"},
		{"another scheme", header("Authorization", "Bearer x"), "IncompleteSignature"},
		{"a wrong secret", func(r *http.Request) { signAs(r, AccessKeyID, "wrong") }, "SignatureDoesNotMatch"},
		{"another query", func(r *http.Request) { r.URL.RawQuery = "PageSize=2" }, "SignatureDoesNotMatch"},
		{"another method", func(r *http.Request) { r.Method = "GET" }, "SignatureDoesNotMatch"},
		{"another host", func(r *http.Request) { r.Host = "127.0.0.1:2" }, "SignatureDoesNotMatch"},
		{"another action", header("X-Acs-Action", "GetAccount"), "SignatureDoesNotMatch"},
		{"a wrong body hash, signed", signedWith("X-Acs-Content-Sha256", emu.Hash([]byte("x"))), "SignatureDoesNotMatch"},
		{"a wrong body hash, though the right one is signed", func(r *http.Request) {
			r.Header.Set("X-Acs-Content-Sha256", emu.Hash([]byte("x")))
			signed := []string{"host", "x-acs-action", "x-acs-content-sha256", "x-acs-date", "x-acs-signature-nonce", "x-acs-version"}
			signOver(r, AccessKeyID, AccessKeySecret, signed, emu.Hash(nil))
		}, "SignatureDoesNotMatch"},
		{"a stranger's key", func(r *http.Request) { signAs(r, "who", AccessKeySecret) }, "InvalidAccessKeyId.NotFound"},
		{"with the token", signedWith("X-Acs-Security-Token", SecurityToken), ""},
		{"a wrong token", signedWith("X-Acs-Security-Token", "wrong"), "InvalidSecurityToken.Malformed"},
		{"a query that is none", func(r *http.Request) { r.URL.RawQuery = "%zz" }, "IncompleteSignature"},
	} {
		inBubble(t, Options{}, smallSeed, func(c client) {
			got := c.serve(emutest.Change(c.request(listAccounts, "PageSize", "1"), test.change))
			if got.Code != test.code || test.code != "" && got.Status != 400 {
				t.Errorf("%s: %d %s, want %q", test.reason, got.Status, got.Text, test.code)
			}
		})
	}
}

func TestRepeatedNonces(t *testing.T) {
	inBubble(t, Options{}, smallSeed, func(c client) {
		r := c.request(listAccounts)
		again := func(want string) {
			t.Helper()
			if got := c.serve(r.Clone(t.Context())); got.Code != want {
				t.Errorf("at %v: %s, want %q", c.Now(), got.Text, want)
			}
		}
		wrong := r.Clone(t.Context())
		signAs(wrong, AccessKeyID, "wrong")
		if got := c.serve(wrong); got.Code != "SignatureDoesNotMatch" {
			t.Errorf("got %s", got.Text)
		}
		again("") // a nonce counts only behind a right signature
		again("SignatureNonceUsed")
		c.Advance(nonceMemory - time.Second)
		again("SignatureNonceUsed")
		r.Header.Set("X-Acs-Date", c.Now().Format(dateForm))
		signAs(r, AccessKeyID, AccessKeySecret)
		again("SignatureNonceUsed")
		c.Advance(time.Second)
		again("")
	})
}

func TestNoncesAreForgotten(t *testing.T) {
	n, now := nonces{}, time.Unix(0, 0)
	for i := range 5 * pruneAt {
		if !n.take(fmt.Sprint(i), now) {
			t.Fatalf("nonce %d is not new", i)
		}
		now = now.Add(time.Second)
	}
	if len(n) > 2*pruneAt {
		t.Errorf("%d nonces are kept, want those of 15 minutes", len(n))
	}
}

// signedV1 is a request signed with V1, its parameters in the query or in the body.
func signedV1(c client, method string, body bool, params ...string) *http.Request {
	*c.nonce++
	p := url.Values{
		"AccessKeyId": {AccessKeyID}, "Format": {"json"}, "SignatureMethod": {"HMAC-SHA1"}, "SignatureVersion": {"1.0"},
		"SignatureNonce": {fmt.Sprint("v1 ", *c.nonce)}, "Timestamp": {c.Now().Format(dateForm)},
		"Version": {v2020}, "Action": {"ListAccounts"},
	}
	for i := 0; i < len(params); i += 2 {
		p.Set(params[i], params[i+1])
	}
	if p.Get("Signature") == "" {
		p.Set("Signature", signV1(AccessKeySecret, textV1(method, p)))
	}
	if !body {
		return httptest.NewRequest(method, "/?"+p.Encode(), nil)
	}
	r := httptest.NewRequest(method, "/", strings.NewReader(p.Encode()))
	r.Header.Set("Content-Type", formType)
	return r
}

func TestV1(t *testing.T) {
	for _, test := range []struct {
		params []string
		code   string
	}{
		{nil, ""},
		{[]string{"PageSize", "7", "Tag.1.Value", "a *~%&=/é+"}, ""},
		{[]string{"SecurityToken", SecurityToken}, ""},
		{[]string{"SecurityToken", "wrong"}, "InvalidSecurityToken.Malformed"},
		{[]string{"AccessKeyId", "who"}, "InvalidAccessKeyId.NotFound"},
		{[]string{"SignatureMethod", "HMAC-SHA256"}, "IncompleteSignature"},
		{[]string{"SignatureVersion", "2.0"}, "IncompleteSignature"},
		{[]string{"SignatureNonce", ""}, "IncompleteSignature"},
		{[]string{"AccessKeyId", ""}, "IncompleteSignature"},
		{[]string{"Timestamp", ""}, "InvalidTimeStamp.Format"},
		{[]string{"Timestamp", "1999-12-31T23:44:59Z"}, "InvalidTimeStamp.Expired"},
		{[]string{"Signature", "d5LQn/BdZFLScPFU797qj8StnWw="}, "SignatureDoesNotMatch"},
		{[]string{"Version", v2022, "Action", "GetAccount", "AccountId", "1000000000000001"}, ""},
		{[]string{"Action", "Nothing"}, "InvalidApi.NotFound"},
	} {
		for _, method := range []string{"GET", "POST"} {
			inBubble(t, Options{}, smallSeed, func(c client) {
				for _, body := range []bool{false, true} {
					if got := c.serve(signedV1(c, method, body, test.params...)); got.Code != test.code {
						t.Errorf("%s %v, body %v: %d %s, want %q", method, test.params, body, got.Status, got.Text, test.code)
					}
				}
			})
		}
	}
}

// TestV1TellsWhatItSigned lets a client tell a wrong secret from a wrong canonical form.
func TestV1TellsWhatItSigned(t *testing.T) {
	inBubble(t, Options{}, "", func(c client) {
		r := signedV1(c, "POST", false, "Signature", "wrong")
		_, text, _ := strings.Cut(c.serve(r).Message, "server string to sign is:")
		emutest.Same(t, "string to sign", text, textV1("POST", r.URL.Query()))
	})
}

func TestV3FormBody(t *testing.T) {
	inBubble(t, Options{}, smallSeed, func(c client) {
		body := "Email=new%40corp.example&AccountId=" + c.id("billing")
		send := func(hashed string) answered {
			r := c.request(promote)
			r.Body, r.ContentLength = httptest.NewRequest("POST", "/", strings.NewReader(body)).Body, int64(len(body))
			r.Header.Set("Content-Type", formType)
			r.Header.Set("X-Acs-Content-Sha256", emu.Hash([]byte(hashed)))
			signAs(r, AccessKeyID, AccessKeySecret)
			return c.serve(r)
		}
		if got := send("another body"); got.Code != "SignatureDoesNotMatch" {
			t.Errorf("wrong hash: %s", got.Text)
		}
		if got := send(body); got.Account["AccountName"] != "new@corp.example" {
			t.Errorf("got %s", got.Text)
		}
	})
}

func TestUnreadableBodies(t *testing.T) {
	inBubble(t, Options{}, "", func(c client) {
		for _, body := range []string{"a=%zz", strings.Repeat("a", maxBody+1)} {
			r := httptest.NewRequest("POST", "/", strings.NewReader(body))
			r.Header.Set("Content-Type", formType)
			if got := c.serve(r); got.Code != "IncompleteSignature" {
				t.Errorf("%.10s: %s", body, got.Text)
			}
		}
	})
}

func TestTokensExpire(t *testing.T) {
	opts := Options{Credentials: []Credential{
		{AccessKeyID: AccessKeyID, AccessKeySecret: AccessKeySecret, SecurityToken: "t", Expires: time.Date(2000, 1, 1, 1, 0, 0, 0, time.UTC)},
	}}
	inBubble(t, opts, "", func(c client) {
		try := func(want string, token ...string) {
			t.Helper()
			r := c.request(listAccounts)
			for _, t := range token {
				r.Header.Set("X-Acs-Security-Token", t)
			}
			signAs(r, AccessKeyID, AccessKeySecret)
			if got := c.serve(r); got.Code != want {
				t.Errorf("%s, want %q", got.Text, want)
			}
		}
		c.Advance(time.Hour - time.Second)
		try("", "t")
		try("InvalidAccessKeyId.NotFound") // temporary keys are nothing without their token
		c.Advance(time.Second)
		try("InvalidSecurityToken.Expired", "t")
	})
}

// TestAdvanceAndSignatures signs by the host's clock after the emulator's was moved. The Date header tells what time it is.
func TestAdvanceAndSignatures(t *testing.T) {
	for ignore, want := range map[bool]string{false: "InvalidTimeStamp.Expired", true: ""} {
		inBubble(t, Options{IgnoreAdvance: ignore}, "", func(c client) {
			r, now := c.request(listAccounts), time.Now()
			c.Advance(time.Hour)
			got := c.serve(r)
			if !ignore {
				now = c.Now()
			}
			if got.Code != want || got.Header.Get("Date") != now.UTC().Format(http.TimeFormat) {
				t.Errorf("IgnoreAdvance %v: %s at %s, want %q at %s", ignore, got.Text, got.Header.Get("Date"), want, now)
			}
		})
	}
}
