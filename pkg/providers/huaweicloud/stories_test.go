package huaweicloud_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/entitlectl/entitlectl/pkg/provider/providertest"
	"github.com/entitlectl/entitlectl/pkg/providers/huaweicloud/huaweicloudemu"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// console does what somebody else does at the vendor, and returns the answer.
func (c *cloud) console(t testing.TB, method, path string, body any) map[string]any {
	t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequest(method, "http://127.0.0.1:1"+strings.Replace(path, "{p}", project, 1), bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Auth-Token", huaweicloudemu.Token)
	answer, err := c.Server.Transport().RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode >= 300 {
		t.Fatalf("%s %s: %d %s %v", method, path, answer.StatusCode, data, err)
	}
	var out map[string]any
	_ = json.Unmarshal(data, &out) // some answers have no body
	return out
}

// id is the vendor's id of what a list names.
func (c *cloud) id(t testing.TB, path, array, key, name string) string {
	t.Helper()
	rows, _ := c.console(t, "GET", path+"?limit=100", nil)[array].([]any)
	for _, row := range rows {
		if row, _ := row.(map[string]any); row[key] == name {
			return row["id"].(string)
		}
	}
	t.Fatalf("there is no %s in %s", name, path)
	return ""
}

func (c *cloud) userID(t testing.TB, name string) string {
	return c.id(t, "/v2/{p}/users", "users", "user_name", name)
}

// pair grants or revokes at the vendor.
func (c *cloud) pair(t testing.TB, path, name string) {
	t.Helper()
	account := map[string]string{"account": name, "account_type": "USER"}
	if bare, isGroup := strings.CutPrefix(name, "group:"); isGroup {
		account = map[string]string{"account": bare, "account_type": "USER_GROUP", "id": c.id(t, "/v2/{p}/groups", "user_groups", "name", bare)}
	}
	c.console(t, "POST", path, map[string]any{"app_group_ids": []string{c.id(t, "/v1/{p}/app-groups", "items", "name", "CAD")}, "accounts": []any{account}})
}

const (
	toGrant  = "/v1/{p}/app-groups/authorizations"
	toRevoke = "/v1/{p}/app-groups/actions/batch-delete-authorization"
)

// resends are those of a plan of now, as "recipient type".
func (c *cloud) resends(t testing.TB, want spec.State, types ...string) (resends, notes []string) {
	t.Helper()
	set := func(conn *spec.Connection) {
		conn.Notices = spec.DefaultNotices
		conn.Notices.Types = types
	}
	plan := providertest.Plan(t, c.Job(c.Open(t, set), want, set), c.Now())
	for _, change := range plan.Connections[0].Changes {
		if change.Op == "resend" {
			name := change.Subject.Name
			if change.Mailing().Recipient != "" {
				name = change.Mailing().Recipient
			}
			resends = append(resends, name+" "+change.Mailing().Type)
		}
	}
	return resends, plan.Connections[0].Notes
}

// A failed mail is sent again only where it is about the grant of now.
func TestMailsOfEarlierGrants(t *testing.T) {
	const past = "1999-01-01T00:00:00Z"
	mails := func(lines ...string) string {
		return "huaweicloud:\n  users: [{name: bob, email: bounce@corp.example}]\n  appGroups:\n    - name: CAD\n      grants: [bob]\n      mails:\n" +
			"        - " + strings.Join(lines, "\n        - ") + "\n"
	}
	failed := func(sent string) string { return "{to: bob, error: full, sent: " + sent + "}" }
	for name, tc := range map[string]struct {
		seed string
		do   func(testing.TB, *cloud)
		want []string
	}{
		"about the grant of now": {mails(failed(past)), nil, []string{"bob grant-mail"}},
		"revoked and granted again": {mails(failed(past)), func(t testing.TB, c *cloud) {
			c.pair(t, toRevoke, "bob")
			time.Sleep(time.Hour)
			c.pair(t, toGrant, "bob")
		}, nil},
		"granted again a while ago, and that mail failed too": {mails(failed(past)), func(t testing.TB, c *cloud) {
			c.pair(t, toRevoke, "bob")
			c.pair(t, toGrant, "bob")
			time.Sleep(25 * time.Hour)
		}, []string{"bob grant-mail"}},
		"three failures of an earlier grant, one of now": {mails(failed("1998-01-01T00:00:00Z"), failed("1998-01-02T00:00:00Z"), failed("1998-01-03T00:00:00Z"),
			"{to: bob, type: DEL_GROUP_AUTHORIZATION, sent: 1998-02-01T00:00:00Z}", failed(past)), nil, []string{"bob grant-mail"}},
		"three failures of now": {mails(failed("1998-01-01T00:00:00Z"), failed("1998-01-02T00:00:00Z"), failed("1998-01-03T00:00:00Z")), nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newCloud(t, huaweicloudemu.Options{Unthrottled: true, MailDelay: 20 * time.Second}, tc.seed)
				if tc.do != nil {
					tc.do(t, c)
				}
				got, _ := c.resends(t, desired(ref(kindAppGroup, "CAD"), user("bob")))
				if d := cmp.Diff(tc.want, got); d != "" {
					t.Errorf("(-want +got):\n%s", d)
				}
			})
		})
	}
}

// Where the vendor does not date a grant nobody can tell which mails are about it: none is sent again, and the plan says so.
func TestMailsOfUndatedGrants(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCloud(t, free, bouncing)
		want := desired(ref(kindAppGroup, "CAD"), user("bob"))
		notify(t, c, c.Open(t), want)
		time.Sleep(25 * time.Hour)
		vendor := c.Via
		c.Via = roundTrip(func(r *http.Request) (*http.Response, error) {
			answer, err := vendor.RoundTrip(r)
			if err == nil && strings.HasSuffix(r.URL.Path, "list-authorizations") {
				body, _ := io.ReadAll(answer.Body)
				answer.Body = io.NopCloser(strings.NewReader(strings.ReplaceAll(string(body), `"create_at"`, `"made"`)))
			}
			return answer, err
		})
		got, notes := c.resends(t, want)
		if len(got) > 0 || len(notes) != 1 || !strings.Contains(notes[0], "does not say since when") {
			t.Errorf("resends %v, notes %q", got, notes)
		}
	})
}

// Only who still gets a mail through the grant gets it again: nobody who left the user group, the company or, by the files, the
// team.
func TestMailsToThoseWhoLeft(t *testing.T) {
	const seed = `huaweicloud:
  users: [{name: alice, email: bounce1@corp.example}, {name: bob, email: bounce2@corp.example}, {name: carol, email: bounce3@corp.example}]
  userGroups: [{name: Staff, members: [alice, bob]}]
  appGroups: [{name: CAD}]
`
	want := desired(ref(kindAppGroup, "CAD"), group("Staff"), user("carol"))
	for name, tc := range map[string]struct {
		do   func(testing.TB, *cloud)
		want []string
	}{
		"all are there": {func(testing.TB, *cloud) {}, []string{"carol grant-mail", "alice grant-mail", "bob grant-mail"}},
		"bob left the user group": {func(t testing.TB, c *cloud) {
			c.console(t, "POST", "/v2/{p}/groups/"+c.id(t, "/v2/{p}/groups", "user_groups", "name", "Staff")+"/actions",
				map[string]any{"op_type": "DELETE", "user_ids": []string{c.userID(t, "bob")}})
		}, []string{"carol grant-mail", "alice grant-mail"}},
		"bob and carol left the company": {func(t testing.TB, c *cloud) {
			c.console(t, "DELETE", "/v2/{p}/users/"+c.userID(t, "bob"), nil)
			c.console(t, "DELETE", "/v2/{p}/users/"+c.userID(t, "carol"), nil)
		}, []string{"alice grant-mail"}},
		"bob left by the files": {func(testing.TB, *cloud) { want.Departed = map[spec.Subject]spec.Origin{user("bob"): {}} },
			[]string{"carol grant-mail", "alice grant-mail"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				want.Departed = nil
				c := newCloud(t, huaweicloudemu.Options{Unthrottled: true, OrphanGrants: true}, seed)
				notify(t, c, c.Open(t), want)
				time.Sleep(25 * time.Hour)
				tc.do(t, c)
				got, _ := c.resends(t, want)
				if d := cmp.Diff(tc.want, got, cmpopts.SortSlices(strings.Compare)); d != "" {
					t.Errorf("(-want +got):\n%s", d)
				}
			})
		})
	}
}

// Each of the four types is read and sent again where it is asked for, and no other.
func TestTypesOfMails(t *testing.T) {
	const seed = `huaweicloud:
  users:
    - {name: alice, email: bounce1@corp.example, phone: "+999100"}
    - {name: bob, email: bounce2@corp.example, phone: "+999200"}
  appGroups: [{name: CAD, grants: [bob]}]
`
	for _, tc := range []struct{ types, want []string }{
		{nil, []string{"alice grant-mail"}},
		{[]string{"grant-mail"}, []string{"alice grant-mail"}},
		{[]string{"revoke-mail"}, []string{"bob revoke-mail"}},
		{[]string{"grant-sms"}, []string{"alice grant-sms"}},
		{[]string{"revoke-sms", "revoke-mail"}, []string{"bob revoke-mail", "bob revoke-sms"}},
		{[]string{"grant-mail", "revoke-mail", "grant-sms", "revoke-sms"}, []string{"alice grant-mail", "alice grant-sms", "bob revoke-mail", "bob revoke-sms"}},
	} {
		t.Run(strings.Join(tc.types, " "), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newCloud(t, free, seed)
				want := desired(ref(kindAppGroup, "CAD"), user("alice"))
				notify(t, c, c.Open(t), want) // alice is granted, bob revoked
				if got, _ := c.resends(t, want, tc.types...); len(got) > 0 {
					t.Errorf("at once: %v", got)
				}
				time.Sleep(25 * time.Hour)
				got, _ := c.resends(t, want, tc.types...)
				if d := cmp.Diff(tc.want, got); d != "" {
					t.Errorf("(-want +got):\n%s", d)
				}
				set := func(conn *spec.Connection) { conn.Notices.Types = tc.types }
				job := c.Job(c.Open(t, set), want, set)
				result := providertest.Apply(t, providertest.Plan(t, job, c.Now()), job)
				if result.Summary.Done != len(tc.want) {
					t.Errorf("result %+v", result.Summary)
				}
				if again, _ := c.resends(t, want, tc.types...); len(again) > 0 {
					t.Errorf("after the apply: %v", again)
				}
				both := desired(ref(kindAppGroup, "CAD"), user("alice"), user("bob"))
				time.Sleep(25 * time.Hour)
				if got, _ := c.resends(t, both, tc.types...); slices.ContainsFunc(got, func(s string) bool { return strings.HasPrefix(s, "bob revoke") }) {
					t.Errorf("about a revoke of what is wanted again: %v", got)
				}
			})
		})
	}
}

// The language of a connection goes with every call that makes the vendor mail people, and with no other.
func TestLanguageOfMails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCloud(t, free, "huaweicloud:\n  users: [{name: alice, email: a@corp.example}, {name: bob, email: bounce@corp.example}]\n  appGroups: [{name: CAD, grants: [alice]}]\n")
		c.Connection.Language = "fr-fr"
		want := desired(ref(kindAppGroup, "CAD"), user("bob"))
		notify(t, c, c.Open(t), want)
		time.Sleep(25 * time.Hour)
		notify(t, c, c.Open(t), want)
		mailing := map[string]bool{}
		for _, sent := range c.Sent {
			_, path, _ := strings.Cut(sent.URL.Path, project)
			if language := sent.Header.Get("X-Language"); sent.Method == http.MethodPost {
				mailing[path] = language == "fr-fr" && strings.Contains(sent.Header.Get("Authorization"), ";x-language;")
			} else if language != "" {
				t.Errorf("%s %s speaks %s", sent.Method, path, language)
			}
		}
		if d := cmp.Diff(map[string]bool{"/app-groups/authorizations": true, "/app-groups/actions/batch-delete-authorization": true, "/mails/actions/send": true}, mailing); d != "" {
			t.Errorf("calls in French (-want +got):\n%s", d)
		}
		if n := strings.Count(c.World(t), "language: fr-fr"); n != 3 {
			t.Errorf("the vendor sent %d mails in French:\n%s", n, c.World(t))
		}
	})
}

// What bounced by the end of a run its report says, of grants and of mails that were sent again; the plan after it says when it
// is sent again.
func TestReportNamesMailsThatBounced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCloud(t, free, bouncing)
		want := desired(ref(kindAppGroup, "CAD"), user("alice"), user("bob"))
		for _, op := range []string{"grant", "resend"} {
			set := func(conn *spec.Connection) { conn.Notices = spec.DefaultNotices }
			job := c.Job(c.Open(t, set), want, set)
			result := providertest.Apply(t, providertest.Plan(t, job, c.Now()), job)
			notes := result.Connections[0].Notes
			if len(notes) != 1 || !strings.Contains(notes[0], "the mail to bob that this run caused did not arrive: mail failed") {
				t.Errorf("%s: notes %q", op, notes)
			}
			time.Sleep(time.Hour)
			if got, planned := c.resends(t, want); len(got) > 0 || len(planned) != 1 || !strings.Contains(planned[0], "it is sent again from ") {
				t.Errorf("%s: an hour later %v, notes %q", op, got, planned)
			}
			time.Sleep(24 * time.Hour)
		}
	})
}
