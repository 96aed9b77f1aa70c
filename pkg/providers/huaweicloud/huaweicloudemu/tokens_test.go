package huaweicloudemu

import (
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
)

func login(user, password, scope string) string {
	return fmt.Sprintf(`{"auth":{"identity":{"methods":["password"],"password":{"user":{"domain":{"name":"emulator"},"name":%q,"password":%q}}},"scope":%s}}`, user, password, scope)
}

func TestTokens(t *testing.T) { synctest.Test(t, testTokens) }

func testTokens(t *testing.T) {
	c := newClient(t, Options{}, "")
	fetch := func(body string) reply {
		return c.serve(httptest.NewRequest("POST", "/v3/auth/tokens", strings.NewReader(body)))
	}
	list := func(token string) reply {
		r := httptest.NewRequest("GET", "/v1/"+Project+"/app-groups", nil)
		r.Header.Set("X-Auth-Token", token)
		return c.serve(r)
	}
	got := fetch(login(AccessKey, SecretKey, `{"project":{"name":"ap-southeast-3"}}`))
	token := got.Header.Get("X-Subject-Token")
	if got.Status != 201 || token == "" || !strings.Contains(got.Text, `"project":{"domain":`) || !strings.Contains(got.Text, Project) {
		t.Fatalf("%d %s", got.Status, got.Text)
	}
	other := fetch(login(AccessKey, SecretKey, `{"domain":{}}`)).Header.Get("X-Subject-Token")
	for _, x := range []string{token, other, Token} {
		if got := list(x); got.Status != 200 {
			t.Errorf("token %q: %d %s", x, got.Status, got.Text)
		}
	}
	if got := list("made up"); got.Status != 401 || !strings.HasSuffix(got.Msg, "decrypt token fail") {
		t.Errorf("a made-up token: %d %s", got.Status, got.Text)
	}
	c.Advance(tokenLifetime - 1)
	if got := list(token); got.Status != 200 {
		t.Errorf("just before its end: %d %s", got.Status, got.Text)
	}
	c.Advance(1)
	if got := list(token); got.Status != 401 || !strings.Contains(got.Msg, "token expires, expires_at: 20") {
		t.Errorf("a day later: %d %s", got.Status, got.Text)
	}
	for body, status := range map[string]int{
		login(AccessKey, "wrong", `{}`):                               401,
		login("who", SecretKey, `{}`):                                 401,
		login(AccessKey, SecretKey, `{"project":{"id":"elsewhere"}}`): 401,
		`{`:  400,
		`{}`: 400,
	} {
		if got := fetch(body); got.Status != status || !strings.Contains(got.Text, fmt.Sprintf(`{"error":{"code":%d,`, status)) {
			t.Errorf("%s: %d %s, want %d", body, got.Status, got.Text, status)
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
		c := newClient(t, Options{Projects: test.projects}, "")
		r := httptest.NewRequest("GET", "/v3/projects?name="+test.name, nil)
		if got := c.serve(r); got.Status != 401 {
			t.Errorf("unsigned: %d", got.Status)
		}
		r.Header.Set("X-Sdk-Date", c.Now().Format(signDate))
		sign(r, AccessKey, SecretKey, "", "x-sdk-date")
		got := c.serve(r)
		if n := strings.Count(got.Text, `"parent_id"`); got.Status != 200 || n != len(test.want) {
			t.Errorf("%v: %d %s", test, got.Status, got.Text)
		}
		for _, id := range test.want {
			if !strings.Contains(got.Text, `"id":"`+id+`"`) {
				t.Errorf("%v: no %s in %s", test, id, got.Text)
			}
		}
	}
}
