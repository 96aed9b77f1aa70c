package huaweicloudemu

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// session asks for a token of the metadata service.
func (c client) session(ttl string) reply {
	r := httptest.NewRequest("PUT", "/meta-data/latest/api/token", nil)
	r.Header.Set("X-Metadata-Token-Ttl-Seconds", ttl)
	return c.serve(r)
}

func (c client) serverKeys(token string) keys {
	r := httptest.NewRequest("GET", "/openstack/latest/securitykey", nil)
	if token != "" {
		r.Header.Set("X-Metadata-Token", token)
	}
	return c.keysOf(r)
}

// keys are temporary access keys as IAM gives them.
type keys struct {
	Status     int
	Text       string
	Credential struct {
		Access, Secret, SecurityToken string
		ExpiresAt                     string `json:"expires_at"`
	}
}

func (c client) keysOf(r *http.Request) (k keys) {
	a := c.Send(r, &k)
	k.Status, k.Text = a.Status, a.Text
	return k
}

// exchanged asks for keys with a body, signed with a key or not at all.
func (c client) exchanged(body, key, secret string) keys {
	r := httptest.NewRequest("POST", "/v3.0/OS-CREDENTIAL/securitytokens", strings.NewReader(body))
	if key != "" {
		r.Header.Set("X-Sdk-Date", c.Now().Format(signDate))
		sign(r, key, secret, body, "x-sdk-date")
	}
	return c.keysOf(r)
}

const assume = `{"auth":{"identity":{"methods":["assume_role"],"assume_role":{"agency_name":"%s","domain_name":"emulator","duration_seconds":%d}}}}`

// An agency's keys are for whoever signs as its account does, from 15 minutes to 24 hours; they are good together, and until their end.
func TestKeysOfAnAgency(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newClient(t, Options{}, smallSeed)
		for _, wrong := range []struct {
			body, key, secret string
			status            int
		}{
			{fmt.Sprintf(assume, "emulator-agency", 900), "", "", 401},
			{fmt.Sprintf(assume, "emulator-agency", 900), AccessKey, "wrong", 401},
			{fmt.Sprintf(assume, "other", 900), AccessKey, SecretKey, 403},
			{fmt.Sprintf(assume, "emulator-agency", 899), AccessKey, SecretKey, 400},
			{fmt.Sprintf(assume, "emulator-agency", 86401), AccessKey, SecretKey, 400},
			{`{"auth":{"identity":{"methods":["password"]}}}`, AccessKey, SecretKey, 400},
		} {
			if got := c.exchanged(wrong.body, wrong.key, wrong.secret); got.Status != wrong.status || got.Credential.Access != "" {
				t.Errorf("%s as %q: %d %s", wrong.body, wrong.key, got.Status, got.Text)
			}
		}
		one := c.exchanged(fmt.Sprintf(assume, "emulator-agency", 900), AccessKey, SecretKey)
		two := c.exchanged(fmt.Sprintf(assume, "emulator-agency", 1800), AccessKey, SecretKey)
		try := func(key, secret, token, says string) {
			t.Helper()
			r := signed(key, secret, c.Now())
			r.Header.Set("X-Security-Token", token)
			if got := c.serve(r); !strings.HasSuffix(got.Msg, says) || (says == "") != (got.Status == 200) {
				t.Errorf("%s with %s: %d %s, want %q", key, token, got.Status, got.Text, says)
			}
		}
		k, other := one.Credential, two.Credential
		try(k.Access, k.Secret, k.SecurityToken, "")
		try(k.Access, k.Secret, other.SecurityToken, "decrypt token fail")
		try(k.Access, other.Secret, k.SecurityToken, "|"+"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
		c.Advance(15 * time.Minute)
		try(k.Access, k.Secret, k.SecurityToken, "token expires, expires_at: "+k.ExpiresAt)
		try(other.Access, other.Secret, other.SecurityToken, "")
		c.Reloads()
	})
}

// The token of an identity provider gives one of IAM, which gives keys.
func TestKeysOfAnIdentityProvider(t *testing.T) {
	c := newClient(t, Options{}, smallSeed)
	signIn := func(provider, token string) reply {
		r := httptest.NewRequest("POST", "/v3.0/OS-AUTH/id-token/tokens", strings.NewReader(`{"auth":{"id_token":{"id":"`+token+`"}}}`))
		r.Header.Set("X-Idp-Id", provider)
		return c.serve(r)
	}
	if a, b := signIn("other", "emulator-id-token").Status, signIn("emulator-idp", "other").Status; a != 404 || b != 401 {
		t.Errorf("wrong provider %d, wrong token %d", a, b)
	}
	subject := signIn("emulator-idp", "emulator-id-token").Header.Get("X-Subject-Token")
	for id, status := range map[string]int{subject: 201, "forged": 401} {
		got := c.exchanged(`{"auth":{"identity":{"methods":["token"],"token":{"id":"`+id+`","duration_seconds":3600}}}}`, "", "")
		if got.Status != status || (status == 201) != (got.Credential.Access != "") {
			t.Errorf("token %q: %d %s", id, got.Status, got.Text)
		}
	}
}

// A server gets the same keys until shortly before their end, and its tokens end.
func TestKeysOfAServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newClient(t, Options{MetadataNeedsToken: true}, smallSeed)
		for _, ttl := range []string{"", "59", "21601"} {
			if got := c.session(ttl); got.Status != 400 {
				t.Errorf("for %q seconds: %d", ttl, got.Status)
			}
		}
		token := c.session("60").Text
		first := c.serverKeys(token)
		if first.Status != 200 || first.Credential.Access == "" || c.serverKeys(token).Credential != first.Credential {
			t.Errorf("keys %+v", first)
		}
		c.Advance(time.Minute)
		if got := c.serverKeys(token); got.Status != 401 {
			t.Errorf("after its end a token gives %d", got.Status)
		}
		c.Advance(serverKeyLife - serverKeyLead)
		if got := c.serverKeys(c.session("60").Text); got.Status != 200 || got.Credential == first.Credential {
			t.Errorf("shortly before their end: %+v", got)
		}
	})
}
