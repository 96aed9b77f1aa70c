package wps365emu

import (
	"fmt"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/entitlectl/entitlectl/pkg/providers/emu/emutest"
)

func TestAppTokens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newClient(t, Options{}, smallSeed)
		first := c.login("grant_type", "client_credentials")
		if strings.Contains(first.Text, "refresh") || !strings.Contains(first.Text, `"expires_in":7200,"token_type":"bearer"`) {
			t.Errorf("got %s", first.Text)
		}
		c.Advance(2*time.Hour - time.Second)
		second := c.login("grant_type", "client_credentials")
		if first.AccessToken == second.AccessToken {
			t.Error("the same token twice")
		}
		for _, test := range []struct {
			reason, token string
			after         time.Duration
			status        int
		}{
			{"an old token lives on", first.AccessToken, 0, 200},
			{"and ends on time", first.AccessToken, time.Second, 401},
			{"a newer one does not end with it", second.AccessToken, 0, 200},
			{"no token", "", 0, 401},
			{"nobody's token", "x", 0, 401},
		} {
			c.Advance(test.after)
			c.token = test.token
			if got := c.do(listGroups, nil); got.Status != test.status || test.status == 401 && got.Code != 40100011 {
				t.Errorf("%s: %d %s", test.reason, got.Status, got.Text)
			}
		}
		c.token = second.AccessToken
		if err := c.Reset(); err != nil {
			t.Fatal(err)
		}
		c.want(40100011, listGroups, nil)
	})
}

func TestTokenErrors(t *testing.T) {
	c := newClient(t, Options{}, smallSeed)
	for _, test := range []struct {
		reason string
		fields []string
		code   int
	}{
		{"no grant type", nil, 40000001},
		{"an unknown grant type", []string{"grant_type", "password"}, 40100010},
		{"a wrong secret", []string{"grant_type", "client_credentials", "client_secret", "wrong"}, 40100008},
		{"a wrong app", []string{"grant_type", "client_credentials", "client_id", "wrong"}, 40100008},
		{"no secret", []string{"grant_type", "client_credentials", "client_secret", ""}, 40000001},
		{"no code", []string{"grant_type", "authorization_code", "redirect_uri", "http://x"}, 40000001},
		{"no redirect", []string{"grant_type", "authorization_code", "code", "x"}, 40000001},
		{"a wrong code", []string{"grant_type", "authorization_code", "code", "x", "redirect_uri", "http://x"}, 40100009},
		{"no refresh token", []string{"grant_type", "refresh_token"}, 40000001},
		{"a wrong refresh token", []string{"grant_type", "refresh_token", "refresh_token", "x"}, 40100009},
		{"a refresh token with a wrong secret", []string{"grant_type", "refresh_token", "refresh_token", RefreshToken, "client_secret", "x"}, 40100008},
		{"which does not spend it", []string{"grant_type", "refresh_token", "refresh_token", RefreshToken}, 0},
	} {
		got := c.oauth(test.fields...)
		if want := (&problem{Code: test.code}).status(); test.code != 0 && got.Status != want || got.Code != test.code {
			t.Errorf("%s: %d %s, want %d", test.reason, got.Status, got.Text, test.code)
		}
	}
	r := c.request("POST /oauth2/token", `{"grant_type":"client_credentials"}`)
	if got := c.serve(r); got.Code != 40000001 {
		t.Errorf("JSON: %d %s", got.Status, got.Text)
	}
	r = httptest.NewRequest("GET", "/oauth2/token", nil)
	if got := c.serve(r); got.Status != 404 || got.Text != "Not Found" {
		t.Errorf("GET: %d %s", got.Status, got.Text)
	}
}

func TestRefreshRotates(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newClient(t, Options{AppWrites: false, UserWrites: true}, smallSeed)
		refresh := func(token string) reply { return c.login("grant_type", "refresh_token", "refresh_token", token) }
		c.want(403000001, createGroup, newGroup("new@corp.example"))
		first := refresh(RefreshToken)
		if first.RefreshToken == "" || !strings.Contains(first.Text, `"refresh_expires_in":2592000,`) {
			t.Fatalf("got %s", first.Text)
		}
		c.want(0, createGroup, newGroup("new@corp.example"))
		if got := c.want(0, "GET /v7/users/current", nil); got.Data["user_name"] != "Ada" {
			t.Errorf("got %s", got.Text)
		}
		if got := refresh(RefreshToken); got.Code != 40100009 {
			t.Errorf("a spent token: %d %s", got.Status, got.Text)
		}
		c.Advance(time.Hour)
		second := refresh(first.RefreshToken)
		c.token = first.AccessToken
		c.want(0, "GET /v7/users/current", nil)
		c.Advance(time.Hour)
		c.want(40100011, "GET /v7/users/current", nil)

		c.Advance(30*24*time.Hour - time.Hour - time.Second)
		third := refresh(second.RefreshToken)
		if third.RefreshToken == "" {
			t.Fatalf("in the last second: %s", third.Text)
		}
		c.Advance(30 * 24 * time.Hour)
		if got := refresh(third.RefreshToken); got.Code != 40100009 {
			t.Errorf("an expired token: %d %s", got.Status, got.Text)
		}
		if err := c.Reset(); err != nil {
			t.Fatal(err)
		}
		if got := refresh(RefreshToken); got.Status != 200 {
			t.Errorf("after a reset: %d %s", got.Status, got.Text)
		}
	})
}

func TestNobodyToActFor(t *testing.T) {
	c := newClient(t, Options{}, "")
	if got := c.oauth("grant_type", "refresh_token", "refresh_token", RefreshToken); got.Code != 40100009 {
		t.Errorf("refresh: %s", got.Text)
	}
	if got := c.serve(httptest.NewRequest("GET", consent("kso.contact.read"), nil)); got.Code != 40300003 {
		t.Errorf("consent: %s", got.Text)
	}
}

func consent(scope string) string {
	return "/oauth2/auth?client_id=" + AppID + "&response_type=code&state=s%26t&redirect_uri=http%3A%2F%2Fapp.example%2Fcb%3Fa%3D1&scope=" + scope
}

func TestAuthorizationCode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newClient(t, Options{}, smallSeed)
		const redirect = "http://app.example/cb?a=1"
		code := func() string {
			got := c.serve(httptest.NewRequest("GET", consent("kso.mail_group.readwrite,kso.user_base.read"), nil))
			u, err := url.Parse(got.Header.Get("Location"))
			if err != nil || got.Status != 302 || u.Host != "app.example" || u.Query().Get("state") != "s&t" || u.Query().Get("a") != "1" {
				t.Fatalf("%v: %d to %s", err, got.Status, u)
			}
			return u.Query().Get("code")
		}
		trade := func(code, redirect string) reply {
			return c.login("grant_type", "authorization_code", "code", code, "redirect_uri", redirect)
		}
		once := code()
		if got := trade(once, redirect); got.RefreshToken == "" {
			t.Fatalf("got %s", got.Text)
		}
		c.want(0, createGroup, newGroup("new@corp.example"))
		c.want(0, "GET /v7/users/current", nil)
		c.want(403000001, listGroups, nil) // with an app's token only

		if got := trade(once, redirect); got.Code != 40100009 {
			t.Errorf("a code used twice: %s", got.Text)
		}
		if got := trade(code(), redirect+"&b=2"); got.Code != 40100009 {
			t.Errorf("another redirect: %s", got.Text)
		}
		for _, late := range []bool{false, true} {
			at := code()
			c.Advance(10*time.Minute - time.Second)
			if late {
				c.Advance(time.Second)
			}
			if got := trade(at, redirect); (got.Code == 40100009) != late {
				t.Errorf("late is %v: %s", late, got.Text)
			}
		}
	})
}

func TestConsentErrors(t *testing.T) {
	c := newClient(t, Options{Scopes: []string{mailGroupsRead}}, smallSeed)
	good := consent(mailGroupsRead)
	for _, test := range []struct {
		old, new string
		code     int
	}{
		{"", "", 0},
		{"client_id=", "x=", 40000001},
		{AppID, "other", 40100008},
		{"response_type=code", "x=y", 40000001},
		{"response_type=code", "response_type=token", 40100004},
		{"redirect_uri=", "x=", 40000001},
		{"http%3A%2F%2Fapp.example", "", 40000001},
		{mailGroupsRead, "", 40000001},
		{mailGroupsRead, mailGroupsWrite, 40000005},
		{mailGroupsRead, mailGroupsRead + ",kso.other", 40000005},
	} {
		got := c.serve(httptest.NewRequest("GET", strings.Replace(good, test.old, test.new, 1), nil))
		if got.Code != test.code || (got.Status == 302) != (test.code == 0) {
			t.Errorf("%q for %q: %d %s, want %d", test.new, test.old, got.Status, got.Text, test.code)
		}
	}
}

// TestScopes tries every call with each scope alone: it passes with its own, or the wider one.
func TestScopes(t *testing.T) {
	all := []string{
		mailGroupsRead, mailGroupsWrite, usersRead, usersRead + "write", userEmailsRead, userMailboxesRead, userMailboxesRead + "write",
		publicMailboxesRead, publicMailboxesRead + "write", identityRead,
	}
	for _, scope := range all {
		c := newClient(t, Options{Scopes: []string{scope}}, smallSeed)
		app := c.token
		user := c.login("grant_type", "refresh_token", "refresh_token", RefreshToken).AccessToken
		for _, r := range routes {
			if r.scope == "" {
				continue
			}
			c.token = app
			if r.asUser {
				c.token = user
			}
			may := scope == r.scope || scope == r.scope+"write"
			got := c.do(strings.ReplaceAll(r.name, "{id}", "x"), nil)
			if refused := got.Status == 403 && got.Code == 403000001; refused == may {
				t.Errorf("%s with %s: %d %s", r.name, scope, got.Status, got.Text)
			}
		}
	}
}

func TestTokenKinds(t *testing.T) {
	for _, test := range []struct {
		opts      Options
		app, user int // codes of create
	}{
		{Options{}, 0, 0},
		{Options{UserWrites: true}, 403000001, 0},
		{Options{AppWrites: true}, 0, 403000001},
	} {
		c := newClient(t, test.opts, smallSeed)
		app := c.do(createGroup, newGroup("a@corp.example")).Code
		c.want(403000001, "GET /v7/users/current", nil)
		c.login("grant_type", "refresh_token", "refresh_token", RefreshToken)
		user := c.do(createGroup, newGroup("b@corp.example")).Code
		emutest.Same(t, fmt.Sprintf("%+v", test.opts), []int{app, user}, []int{test.app, test.user})
		c.want(403000001, "POST /v7/users/batch_read", nil)
	}
}
