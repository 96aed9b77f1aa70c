package huaweicloudemu

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/entitlectl/entitlectl/pkg/providers/emu"
	"github.com/entitlectl/entitlectl/pkg/providers/emu/emutest"
)

const temporarySeed = smallSeed + `
  credentials:
    - {accessKey: temporary, secretKey: passing, securityToken: short, expires: 2000-01-01T01:00:00Z}
    - {accessKey: lasting, secretKey: staying}
`

// A temporary access key is good with its token, until that ends; a token that nobody issued is refused, signed or not, and a lasting key
// has none.
func TestTemporaryKeys(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newClient(t, Options{}, temporarySeed)
		const lost = "Incorrect IAM authentication information: "
		try := func(key, secret, token, says string) {
			t.Helper()
			for _, headers := range []string{"x-sdk-date", "x-sdk-date;x-security-token"} {
				r := signed(key, secret, c.Now())
				if token != "" {
					r.Header.Set("X-Security-Token", token)
					sign(r, key, secret, "", headers)
				}
				got := c.serve(r)
				if says == "" && got.Status != http.StatusOK || says != "" && (got.Status != 401 || got.Code != "APIGW.0301" || got.Msg != lost+says) {
					t.Errorf("%s with %q: %d %s, want %q", key, token, got.Status, got.Text, says)
				}
			}
		}
		try("temporary", "passing", "short", "")
		try("temporary", "passing", "", "ak temporary not exist")
		try("temporary", "passing", "other", "decrypt token fail")
		try("lasting", "staying", "", "")
		try("lasting", "staying", "short", "decrypt token fail")
		try(AccessKey, SecretKey, SecurityToken, "")
		try(AccessKey, SecretKey, "unknown", "decrypt token fail")
		c.Advance(time.Hour)
		try("temporary", "passing", "short", "token expires, expires_at: 2000-01-01T01:00:00.000000Z")
		try("lasting", "staying", "", "")
		c.Reloads()
	})
}

// A token that IAM issued outlasts the emulator that issued it, as far as it is saved.
func TestIssuedTokensAreSaved(t *testing.T) {
	c := newClient(t, Options{}, smallSeed)
	body := login("emulator-key", SecretKey, `{"project":{"name":"cn-north-4"}}`)
	token := c.serve(httptest.NewRequest("POST", "/v3/auth/tokens", strings.NewReader(body))).Header.Get("X-Subject-Token")
	second := newClient(t, Options{}, c.Saved())
	r := httptest.NewRequest("GET", "/v1/"+Project+"/app-groups", nil)
	r.Header.Set("X-Auth-Token", token)
	if got := second.serve(r); token == "" || got.Status != http.StatusOK {
		t.Errorf("token %q: %s", token, got.Text)
	}
}

// Every refusal has a number, whoever refuses.
func TestRefusalsAreNumbered(t *testing.T) {
	c := newClient(t, Options{}, smallSeed)
	seen := map[string]bool{}
	for _, kind := range []emu.FaultKind{emu.FaultRefuse, emu.FaultThrottle} {
		fault := emu.Fault{Match: "GET /**", Kind: kind}
		if kind == emu.FaultRefuse {
			fault.Status, fault.Body = 502, "{}"
		}
		c.Spoil(fault)
		seen[c.do("GET /v1/app-groups", nil).Header.Get("X-Request-Id")] = true
	}
	c.Spoil()
	for call, status := range map[string]int{"GET /v1/app-groups?limit=0": 400, "GET /v1/nowhere": 404, "PUT /v1/app-groups": 405, "GET /v2/users/none": 400} {
		seen[c.want(status, call, nil).Header.Get("X-Request-Id")] = true
	}
	if len(seen) != 6 || seen[""] {
		t.Errorf("numbers %v", seen)
	}
}

// f4 has the fields of the vendor's model, and no others.
func TestUserDetail(t *testing.T) {
	c := newClient(t, Options{}, smallSeed)
	got := c.want(200, "GET /v2/users/"+c.user("alice"), nil)
	for _, key := range []string{`"user_info_map"`, `"domain"`, `"account_expired"`} {
		if strings.Contains(got.Text, key) {
			t.Errorf("%s is in %s", key, got.Text)
		}
	}
	emutest.Same(t, "name", strings.Contains(got.Text, `"user_name":"alice"`), true)
}
