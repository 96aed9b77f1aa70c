package alibabacloudemu

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

const testRole = "acs:ram::1000000000000000:role/emulator-role"

// given are temporary access keys as STS gives them.
type given struct {
	Code        string
	Credentials struct{ AccessKeyID, AccessKeySecret, SecurityToken, Expiration string }
}

func (c client) assume(role, seconds string) (g given) {
	c.Send(c.request("2015-04-01 AssumeRole", "RoleArn", role, "RoleSessionName", "test", "DurationSeconds", seconds), &g)
	return g
}

// as signs a call with temporary access keys.
func (c client) as(key, secret, token string) answered {
	r := c.request("2022-04-19 ListAccounts")
	r.Header.Set("X-Acs-Security-Token", token)
	signAs(r, key, secret)
	return c.serve(r)
}

// A role's keys are for whoever signs, from 15 minutes to 12 hours; they are good together, until their end, and for no other role.
func TestKeysOfARole(t *testing.T) {
	inBubble(t, Options{}, smallSeed, func(c client) {
		for role, code := range map[string]string{"": "MissingParameter.RoleArn", "acs:ram::1:role/other": "EntityNotExist.Role"} {
			if got := c.assume(role, "900"); got.Code != code {
				t.Errorf("role %q: %+v", role, got)
			}
		}
		for _, seconds := range []string{"899", "43201", "x"} {
			if got := c.assume(testRole, seconds); got.Code != "InvalidParameter.DurationSeconds" {
				t.Errorf("%s seconds: %+v", seconds, got)
			}
		}
		r := c.request("2015-04-01 AssumeRole", "RoleArn", testRole, "RoleSessionName", "test")
		signAs(r, AccessKeyID, "wrong")
		if got := c.serve(r); got.Code != "SignatureDoesNotMatch" {
			t.Errorf("a wrong signature: %s", got.Text)
		}
		k, other := c.assume(testRole, "900").Credentials, c.assume(testRole, "1800").Credentials
		for _, try := range []struct{ key, secret, token, code string }{
			{k.AccessKeyID, k.AccessKeySecret, k.SecurityToken, ""},
			{k.AccessKeyID, k.AccessKeySecret, "", "InvalidAccessKeyId.NotFound"},
			{k.AccessKeyID, k.AccessKeySecret, "none", "InvalidSecurityToken.Malformed"},
			{k.AccessKeyID, k.AccessKeySecret, other.SecurityToken, "InvalidSecurityToken.MismatchWithAccessKey"},
			{k.AccessKeyID, other.AccessKeySecret, k.SecurityToken, "SignatureDoesNotMatch"},
		} {
			if got := c.as(try.key, try.secret, try.token); got.Code != try.code {
				t.Errorf("%+v: %s", try, got.Text)
			}
		}
		c.Advance(15 * time.Minute)
		if a, b := c.as(k.AccessKeyID, k.AccessKeySecret, k.SecurityToken), c.as(other.AccessKeyID, other.AccessKeySecret, other.SecurityToken); a.Code != "InvalidSecurityToken.Expired" || b.Code != "" {
			t.Errorf("after 15 minutes: %s, %s", a.Text, b.Text)
		}
		c.Reloads()
	})
}

// The token of an identity provider stands for a signature; it must be of this provider, for this role, and good still.
func TestKeysOfAnIdentityProvider(t *testing.T) {
	inBubble(t, Options{IDTokenExpires: time.Date(2000, 1, 1, 1, 0, 0, 0, time.UTC)}, smallSeed, func(c client) {
		ask := func(role, provider, token string) (g given) {
			form := url.Values{"RoleArn": {role}, "OIDCProviderArn": {provider}, "OIDCToken": {token}, "RoleSessionName": {"test"}}
			r := httptest.NewRequest("POST", "/?Action=AssumeRoleWithOIDC&Version=2015-04-01&Format=JSON", strings.NewReader(form.Encode()))
			r.Header.Set("Content-Type", formType)
			c.Send(r, &g)
			return g
		}
		const provider = "acs:ram::1000000000000000:oidc-provider/emulator-idp"
		for _, try := range []struct{ role, provider, token, code string }{
			{testRole, provider, "emulator-id-token", ""},
			{testRole, provider, "forged", "AuthenticationFail.OIDCToken.Invalid"},
			{testRole, provider + "2", "emulator-id-token", "AuthenticationFail.NoPermission"},
			{testRole + "2", provider, "emulator-id-token", "EntityNotExist.Role"},
			{"", provider, "emulator-id-token", "MissingParameter.RoleArn"},
		} {
			if got := ask(try.role, try.provider, try.token); got.Code != try.code || (try.code == "") != (got.Credentials.SecurityToken != "") {
				t.Errorf("%+v: %+v", try, got)
			}
		}
		c.Advance(time.Hour)
		if got := ask(testRole, provider, "emulator-id-token"); got.Code != "AuthenticationFail.OIDCToken.Expired" {
			t.Errorf("after its end: %+v", got)
		}
	})
}

// A server's keys are for whoever has a token of the metadata service, which ends.
func TestKeysOfAServer(t *testing.T) {
	inBubble(t, Options{}, smallSeed, func(c client) {
		ask := func(method, path, header, value string) emuAnswer {
			r := httptest.NewRequest(method, path, nil)
			r.Header.Set(header, value)
			a := c.Send(r, new(any))
			return emuAnswer{a.Status, strings.TrimSpace(a.Text)}
		}
		const ttl, with = "X-Aliyun-Ecs-Metadata-Token-Ttl-Seconds", "X-Aliyun-Ecs-Metadata-Token"
		if a, b := ask("PUT", metadataToken, ttl, "0"), ask("GET", metadataKeys, with, ""); a.status != 400 || b.status != http.StatusForbidden {
			t.Errorf("no time %v, no token %v", a, b)
		}
		token := ask("PUT", metadataToken, ttl, "60").text
		first := ask("GET", metadataKeys+"emulator-role", with, token)
		if role := ask("GET", metadataKeys, with, token); role.text != "emulator-role" || first != ask("GET", metadataKeys+"emulator-role", with, token) || !strings.Contains(first.text, `"Success"`) {
			t.Errorf("role %v, keys %v", role, first)
		}
		if other := ask("GET", metadataKeys+"other", with, token); other.status != 404 {
			t.Errorf("another role: %v", other)
		}
		c.Advance(time.Minute)
		if late := ask("GET", metadataKeys, with, token); late.status != http.StatusForbidden {
			t.Errorf("after its end: %v", late)
		}
	})
}

type emuAnswer struct {
	status int
	text   string
}
