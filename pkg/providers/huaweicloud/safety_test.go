package huaweicloud_test

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/provider"
	"github.com/entitlectl/entitlectl/pkg/provider/providertest"
	"github.com/entitlectl/entitlectl/pkg/providers/emu"
	"github.com/entitlectl/entitlectl/pkg/providers/huaweicloud/huaweicloudemu"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// Law 3: a list that changes while it is read is begun again; when it never holds still nothing is revoked by it.
func TestFault10ShiftingPages(t *testing.T) {
	const match = "GET /v1/*/app-groups/actions/list-authorizations"
	odd := func(nth, count int) emu.Fault {
		return emu.Fault{Match: match, Kind: emu.FaultRefuse, Nth: nth, Count: count, Status: 200, Body: `{"count":251,"authorizations":[]}`}
	}
	again := func(count, rows int) emu.Fault {
		row := `{"app_group_id":"x","account":"u","account_type":"USER"}`
		return emu.Fault{Match: match, Kind: emu.FaultRefuse, Status: 200,
			Body: fmt.Sprintf(`{"count":%d,"authorizations":[%s]}`, count, strings.Repeat(row+",", rows-1)+row)}
	}
	for _, tc := range []struct {
		name   string
		faults []emu.Fault
		whole  bool
	}{
		{"holds still", nil, true},
		{"changes once", []emu.Fault{odd(2, 1)}, true},
		{"changes every time", []emu.Fault{odd(2, 1000)}, false},
		{"never shows all", []emu.Fault{odd(1, 1000)}, false},
		{"shows one page again and again", []emu.Fault{again(3000, 100)}, false},
		{"counts without end", []emu.Fault{again(1_000_000_000, 100)}, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := newCloud(t, free, large(2, 150))
			c.Fault(t, tc.faults...)
			want := merge(desired(ref(kindAppGroup, "G0"), user("u0")), desired(ref(kindAppGroup, "G1"), user("u0")))
			live, err := c.Open(t).Read(t.Context(), providertest.All(want))
			if err != nil {
				t.Fatal(err)
			}
			revokes := 0
			for _, change := range diff.Compute(want, live, diff.Resending{}) {
				if change.Op == diff.OpRevoke {
					revokes++
				}
			}
			// Three tries of each group's list, whose second page shows that it can't be trusted when all that are asked for ahead
			// with it may have left; three first pages of the list of everything; the groups, the user and each group's mails.
			if n, most := len(c.Calls()), 2*3*(1+c.Parallelism)+3+2+2; n > most {
				t.Errorf("%d calls, more than %d", n, most)
			}
			if whole := len(live.Notes) == 0; whole != tc.whole || (revokes > 0) != tc.whole {
				t.Errorf("notes %q, %d revokes, want whole=%v", live.Notes, revokes, tc.whole)
			}
		})
	}
}

// Rows are read whatever the vendor counts; what counts them wrong is not planned on, and what lacks nobody is not granted again.
func TestCountsOfAPageAreNotBelieved(t *testing.T) {
	for name, lie := range map[string]func(rows, offset int) int{
		"a page":      func(rows, _ int) int { return rows },
		"a full page": func(_, _ int) int { return 100 },
		"nothing":     func(_, _ int) int { return 0 },
		"one":         func(_, _ int) int { return 1 },
		"growing":     func(rows, offset int) int { return rows + offset },
	} {
		c := newCloud(t, free, large(1, 150))
		c.Rewrite(func(r *http.Request, answer map[string]any) {
			if rows, ok := answer["authorizations"].([]any); ok {
				offset, _ := strconv.Atoi(r.URL.Query().Get("offset"))
				answer["count"] = lie(len(rows), offset)
			}
		})
		want := desired(ref(kindAppGroup, "G0"), user("u0"), user("u149"), user("u1000"))
		live, err := c.Open(t).Read(t.Context(), providertest.All(want))
		if err != nil || live.Grants.Len() < 100 || live.Resources[ref(kindAppGroup, "G0")].Incomplete == "" {
			t.Errorf("the count of %s: %d grants, error %v, resources %v", name, live.Grants.Len(), err, live.Resources)
		}
		if changes := diff.Compute(want, live, diff.Resending{}); len(changes) > 0 {
			t.Errorf("the count of %s: changes %v", name, changes)
		}
	}
}

// Whoever is asked for is asked for, however many others the vendor answers with.
func TestWideAnswersEndNoLookUp(t *testing.T) {
	var names []spec.Subject
	for i := range 150 {
		names = append(names, user(fmt.Sprintf("u%d", i)))
	}
	c := newCloud(t, free, large(1, 0))
	c.Rewrite(func(r *http.Request, answer map[string]any) {
		if rows, ok := answer["users"].([]any); ok && r.URL.Path == "/v2/0123456789abcdef0123456789abcdef/users" {
			answer["users"], answer["total_count"] = append(rows, map[string]any{"id": "s", "user_name": "stranger", "domain": "local.com"}), len(rows)+1
		}
	})
	live, err := c.Open(t).Read(t.Context(), providertest.All(desired(ref(kindAppGroup, "G0"), names...)))
	if err != nil || len(live.UnknownSubjects) > 0 {
		t.Errorf("%d are unknown, error %v", len(live.UnknownSubjects), err)
	}
}

// What is live stays in sight while somebody edits faster than the list can be read: who is not seen would be granted, and
// mailed, again.
func TestNoGrantIsLostFromSight(t *testing.T) {
	for _, tc := range []struct {
		name    string
		spoiled []int // answers, from 1: the long list is read three times, two pages each, then each group's own
		seen    int   // of 280
		notes   int
	}{
		{"the long list never holds still", []int{2, 4, 6}, 280, 0},
		{"nor does a group's own, whose last reading shows nobody", []int{2, 4, 6, 8, 10, 11}, 240, 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := newCloud(t, free, large(2, 140))
			c.Parallelism = 1 // for the answers to be counted
			var faults []emu.Fault
			for _, nth := range tc.spoiled {
				faults = append(faults, emu.Fault{Match: "GET /v1/*/app-groups/actions/list-authorizations", Kind: emu.FaultRefuse,
					Nth: nth, Status: 200, Body: `{"count":251,"authorizations":[]}`})
			}
			c.Fault(t, faults...)
			want := merge(desired(ref(kindAppGroup, "G0"), user("u0")), desired(ref(kindAppGroup, "G1"), user("u0")))
			live, err := c.Open(t).Read(t.Context(), providertest.All(want))
			if err != nil || live.Grants.Len() != tc.seen || len(live.Notes) != tc.notes {
				t.Errorf("%d grants, notes %q, error %v", live.Grants.Len(), live.Notes, err)
			}
		})
	}
}

// By an answer that is no list nothing is done, whichever list it stands for: taken for an empty one it would grant or revoke
// all.
func TestFault05MalformedAnswers(t *testing.T) {
	all := merge(desired(ref(kindAppGroup, "CAD"), user("nobody"), group("none")), desired(ref(kindApp, "AutoCAD"), user("alice")))
	lists := map[string]string{
		"/v1/*/app-groups": "items", "/v1/*/app-groups/actions/list-authorizations": "authorizations", "/v1/*/app-center/apps": "items",
		"/v1/*/app-center/apps/*/authorizations": "items", "/v2/*/users": "users", "/v2/*/groups": "user_groups",
	}
	for path, array := range lists {
		for _, body := range []string{`{}`, `[]`, `null`, `{"` + array + `":[]}`, `{"count":"x","total_count":"x","` + array + `":[]}`,
			`{"count":1,"total_count":1}`, `{"count":1,"total_count":1,"` + array + `":{}}`, `{"count":-1,"total_count":-1}`} {
			t.Run(path+" "+body, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					c := newCloud(t, free, small)
					c.Fault(t, emu.Fault{Match: "GET " + path, Kind: emu.FaultRefuse, Status: 200, Body: body})
					live, err := c.Open(t).Read(t.Context(), providertest.All(all))
					if err == nil && !slices.ContainsFunc(slices.Collect(maps.Values(live.Resources)), func(r spec.Resource) bool { return r.Incomplete != "" }) {
						t.Errorf("no error; live %+v", live)
					}
				})
			})
		}
	}
}

// A user who is deleted between two reads is missed by the second one.
func TestUsersMayGo(t *testing.T) {
	c := newCloud(t, free, small)
	w := c.Open(t)
	want := desired(ref(kindAppGroup, "CAD"), user("Carol"))
	for _, problems := range []int{0, 1} {
		live, err := w.Read(t.Context(), providertest.All(want))
		if err != nil || len(live.UnknownSubjects) != problems {
			t.Fatalf("problems %v, want %d (error %v)", live.UnknownSubjects, problems, err)
		}
		if err := c.LoadSeed([]byte(strings.Replace(small, ", {name: Carol}", "", 1))); err != nil {
			t.Fatal(err)
		}
	}
}

// Domains are compared without regard to letter case, and a blank one is the vendor's default.
func TestDomainsFold(t *testing.T) {
	c := newCloud(t, free, `huaweicloud: {users: [{name: a, domain: Corp.Local}, {name: b}], appGroups: [{name: CAD, grants: [{to: a, domain: Corp.Local}, b]}]}`)
	live, err := c.Open(t).Read(t.Context(), providertest.All(desired(ref(kindAppGroup, "CAD"))))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []spec.Subject{{Kind: spec.SubjectUser, Name: "a", Domain: "corp.local"}, user("b")} {
		if !live.Grants.Has(spec.Grant{Resource: ref(kindAppGroup, "CAD"), Subject: s, Role: spec.RoleAccess}) {
			t.Errorf("%s is not among %v", s, live.Grants)
		}
	}
}

func TestNamesThatTheVendorDoesNotTake(t *testing.T) {
	c := newCloud(t, free, small)
	for name, ok := range map[string]bool{"设计_部-1": true, strings.Repeat("x", 64): true, "a b": false, "a/b": false, strings.Repeat("x", 65): false, "é": false} {
		want := desired(ref(kindAppGroup, name), user("alice"))
		live, err := c.Open(t).Read(t.Context(), providertest.All(want))
		if err != nil {
			t.Fatal(err)
		}
		for _, change := range diff.Compute(want, live, diff.Resending{}) {
			if (change.Problem == "") != ok {
				t.Errorf("%s %s: problem %q", change.Op, name, change.Problem)
			}
		}
	}
}

// Law 6: a call whose repeat is not documented to be safe is sent once, whatever becomes of its answer.
func TestNoBlindRepeats(t *testing.T) {
	calls := map[string]string{
		"POST /v1/*/app-groups":                                         "/app-groups",
		"POST /v1/*/app-groups/authorizations":                          "/app-groups/authorizations",
		"POST /v1/*/app-center/apps/actions/batch-assign-authorization": "/app-center/apps/actions/batch-assign-authorization",
	}
	for match, path := range calls {
		for _, lag := range []time.Duration{0, 10 * time.Minute} {
			t.Run(fmt.Sprint(path, lag), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					c := newCloud(t, free, small)
					faults := []emu.Fault{{Match: match, Kind: emu.FaultDropReply, Nth: 1}}
					if lag > 0 {
						faults = append(faults, emu.Fault{Match: "POST /**", Kind: emu.FaultLag, For: lag})
					}
					c.Fault(t, faults...)
					want := merge(desired(ref(kindAppGroup, "New"), user("alice")), desired(ref(kindApp, "AutoCAD"), user("Carol")))
					job := c.Job(c.Open(t), want)
					result := providertest.Apply(t, providertest.Plan(t, job), job)
					if sent := len(c.Bodies(path)); sent > 1 || result.Summary.Clean() != (lag == 0) {
						t.Errorf("sent %d times; result %+v", sent, result.Summary)
					}
				})
			})
		}
	}
}

// The gateway echoes what was signed, the security token too.
func TestEchoedSecretsAreHidden(t *testing.T) {
	temporary := huaweicloudemu.Credential{AccessKey: "emulator-key", SecretKey: "another", SecurityToken: "CANARY-TOKEN"}
	c := newCloud(t, huaweicloudemu.Options{Unthrottled: true, Credentials: []huaweicloudemu.Credential{temporary}}, small)
	secrets := map[string]spec.Secret{"accessKey": spec.NewSecret("emulator-key"), "secretKey": spec.NewSecret("CANARY-SK"), "securityToken": spec.NewSecret("CANARY-TOKEN")}
	_, err := c.OpenAs(t, secrets).Read(t.Context(), providertest.All(desired(ref(kindAppGroup, "CAD"))))
	if text := fmt.Sprint(err); strings.Contains(text, "CANARY") || !strings.Contains(text, "x-security-token:[redacted]") {
		t.Errorf("error %q", text)
	}
}

// Law 1 where a read can't tell: who was assigned while everyone had access shows afterwards, and that is no clean end.
func TestClosingAnAppShowsWhoWasAssigned(t *testing.T) {
	c := newCloud(t, free, `huaweicloud: {users: [{name: a}, {name: stranger}], apps: [{name: X, audience: everyone, grants: [stranger]}]}`)
	want := desired(ref(kindApp, "X"), user("a"))
	job := c.Job(c.Open(t), want)
	for _, clean := range []bool{false, true} {
		if result := providertest.Apply(t, providertest.Plan(t, job), job); result.Summary.Clean() != clean {
			t.Errorf("result %+v", result)
		}
	}
}

// stripping is a gateway that drops the prefix by which it is reached.
type stripping struct {
	http.RoundTripper
	prefix string
}

func (g stripping) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	path, found := strings.CutPrefix(r.URL.Path, g.prefix)
	if !found {
		return nil, fmt.Errorf("%s is not below %s", r.URL.Path, g.prefix)
	}
	r.URL.Path = path
	return g.RoundTripper.RoundTrip(r)
}

// What is signed is the path of the API, as the vendor's SDK does, and not the one by which a gateway is reached.
func TestEndpointWithAPrefix(t *testing.T) {
	for _, endpoint := range []string{"http://127.0.0.1:1/gw/v1", "http://127.0.0.1:1/gw/v1/"} {
		c := newCloud(t, free, small)
		c.Via = stripping{c.Via, "/gw/v1"}
		c.Connection.Endpoints[""] = endpoint
		delete(c.Connection.Settings, "project")
		if live, err := c.Open(t).Read(t.Context(), providertest.All(desired(ref(kindAppGroup, "CAD"), user("alice")))); err != nil || live.Grants.Len() != 2 {
			t.Errorf("%s: %d grants, error %v", endpoint, live.Grants.Len(), err)
		}
	}
}

// Who may not read the records of mails plans all else, and is told how to mend it, in the words of the vendor's policy.
func TestMailsThatMayNotBeRead(t *testing.T) {
	c := newCloud(t, free, small)
	c.Fault(t, emu.Fault{Match: "GET /v1/*/mails", Kind: emu.FaultRefuse, Status: 403,
		Body: `{"error_code":"WKS.0403","error_msg":"denied","error_detail":"no policy allows it","encoded_authorization_message":"bWVzc2FnZQ"}`})
	live, err := c.Open(t).Read(t.Context(), providertest.All(desired(ref(kindAppGroup, "CAD"), user("alice"))))
	if err != nil || live.Grants.Len() != 2 || len(live.Notes) != 1 {
		t.Fatalf("%d grants, notes %q, error %v", live.Grants.Len(), live.Notes, err)
	}
	for _, want := range []string{"the permission workspace:appGroup:listMailRecord, or say `notices: off`", "http 403 WKS.0403: denied",
		"detail: no policy allows it; encoded authorization message: bWVzc2FnZQ"} {
		if !strings.Contains(live.Notes[0], want) {
			t.Errorf("no %q in %s", want, live.Notes[0])
		}
	}
}

// Only where the service itself answers is it known that it failed; the words of the gateway before it are no such answer.
func TestWhoFailed(t *testing.T) {
	grant := []diff.Change{{Op: diff.OpGrant, Kind: kindAppGroup, Resource: "CAD", Role: spec.RoleAccess, Subject: user("Carol")}}
	for body, want := range map[string]provider.Fate{`<html>`: provider.Unknown, `{}`: provider.Unknown, `{"error_code":"APIGW.0106","error_msg":"m"}`: provider.Unknown,
		`{"error_code":"WKS.00050902","error_msg":"m"}`: provider.Failed, `{"error_code":"WKS.1","error_code":"WKS.2"}`: provider.Unknown} {
		c := newCloud(t, free, small)
		w := c.Open(t)
		if _, err := w.Read(t.Context(), providertest.All(desired(ref(kindAppGroup, "CAD"), user("Carol")))); err != nil {
			t.Fatal(err)
		}
		c.Fault(t, emu.Fault{Match: "POST /**", Kind: emu.FaultRefuse, Status: 503, Body: body})
		f := provider.FailureOf(w.Do(t.Context(), "app-groups/authorizations", grant, nil))
		if f.Fate != want || f.Status != 503 || len(c.Writes(t)) != 1 {
			t.Errorf("%s: %+v after %d writes", body, f, len(c.Writes(t)))
		}
	}
}
