package huaweicloud_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/entitlectl/entitlectl/pkg/provider"
	"github.com/entitlectl/entitlectl/pkg/provider/providertest"
	"github.com/entitlectl/entitlectl/pkg/providers/emu"
	"github.com/entitlectl/entitlectl/pkg/providers/huaweicloud"
	"github.com/entitlectl/entitlectl/pkg/providers/huaweicloud/huaweicloudemu"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

const (
	conn                   = providertest.Name
	kindAppGroup spec.Kind = "app-group"
	kindApp      spec.Kind = "app"
	project                = "0123456789abcdef0123456789abcdef"
)

// cloud is an emulated tenant.
type cloud struct{ *providertest.Tenant }

func newCloud(t testing.TB, opts huaweicloudemu.Options, seed string) *cloud {
	t.Helper()
	c := &cloud{providertest.Start(t, providertest.Provider{Format: huaweicloud.Format(), Reader: huaweicloud.NewReader, Writer: huaweicloud.NewWriter,
		Emulator: func() emu.Vendor { return huaweicloudemu.New(opts) }}, seed)}
	c.Connection.Settings = map[string]string{"region": "ap-southeast-3", "project": project}
	return c
}

var free = huaweicloudemu.Options{Unthrottled: true}

// reads counts GET calls by path behind the project.
func (c *cloud) reads() map[string]int {
	counts := map[string]int{}
	for _, call := range c.Calls() {
		if call.Method == http.MethodGet {
			_, path, _ := strings.Cut(call.Path, project)
			if strings.HasPrefix(path, "/groups/") {
				path = "/members"
			}
			counts[path]++
		}
	}
	return counts
}

func ref(kind spec.Kind, name string) spec.Ref {
	return spec.Ref{Connection: conn, Kind: kind, Name: name}
}

func user(name string) spec.Subject {
	return spec.Subject{Kind: spec.SubjectUser, Name: name, Domain: "local.com"}
}

func group(name string) spec.Subject {
	return spec.Subject{Kind: spec.SubjectUserGroup, Name: name, Domain: "local.com"}
}

// desired is a state in which the resource has these holders.
func desired(r spec.Ref, holders ...spec.Subject) spec.State {
	s := spec.NewState()
	s.Resources[r] = spec.Resource{Settings: spec.Settings{}.With("audience", map[spec.Kind]string{kindApp: "assigned"}[r.Kind]), Ownership: spec.Owned}
	for _, h := range holders {
		s.Grants.Add(spec.Grant{Resource: r, Subject: h, Role: spec.RoleAccess}, spec.Origin{})
	}
	return s
}

func merge(states ...spec.State) spec.State {
	all := spec.NewState()
	for _, s := range states {
		maps.Copy(all.Resources, s.Resources)
		for g, claim := range s.Grants.All() {
			all.Grants.Add(g, claim)
		}
	}
	return all
}

// large is a world of n app groups with k holders each, of many users.
func large(n, k int) string {
	var b strings.Builder
	b.WriteString("huaweicloud:\n  users:\n")
	for i := range max(k, 150) {
		fmt.Fprintf(&b, "    - {name: u%d}\n", i)
	}
	b.WriteString("  userGroups:\n    - {name: Staff}\n  appGroups:\n")
	for i := range n {
		fmt.Fprintf(&b, "    - {name: G%d, grants: [", i)
		for u := range k {
			fmt.Fprintf(&b, "u%d, ", u)
		}
		b.WriteString("]}\n")
	}
	return b.String()
}

const small = `huaweicloud:
  users: [{name: alice, email: a@corp.example}, {name: bob, domain: lee.local}, {name: Carol}]
  userGroups: [{name: Designers, members: [alice]}]
  appGroups: [{name: CAD, grants: [alice, group:Designers]}]
  apps: [{name: AutoCAD, audience: assigned, grants: [alice]}]
`

func TestUnknownSubjectsAreBlocked(t *testing.T) {
	c := newCloud(t, free, small)
	cad := ref(kindAppGroup, "CAD")
	live, err := c.Open(t).Read(t.Context(), providertest.All(desired(cad, user("alice"), user("bob"), user("ghost"), user("carol"), group("Designer"), group("Designers"))))
	if err != nil {
		t.Fatal(err)
	}
	want := map[spec.Subject]string{
		user("bob"):       `the directory has no user "bob" in domain local.com, but in lee.local; say so with domain:`,
		user("ghost"):     `the directory has no user "ghost" in domain local.com; create it there or correct the name`,
		user("carol"):     `the directory has no user "carol" in domain local.com; create it there or correct the name`,
		group("Designer"): `the directory has no user group "Designer" in domain local.com; did you mean "Designers"?`,
	}
	if d := cmp.Diff(want, live.UnknownSubjects); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestMissingAppsAreAnError(t *testing.T) {
	c := newCloud(t, free, small)
	_, err := c.Open(t).Read(t.Context(), providertest.All(merge(desired(ref(kindApp, "AutoCat")), desired(ref(kindApp, "Blender")), desired(ref(kindApp, "AutoCAD")))))
	for _, want := range []string{`no app "AutoCat"; did you mean "AutoCAD"?`, `no app "Blender"; apps are added in the App Center`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q in it", err, want)
		}
	}
}

// A run reads no more pages than it must: the whole list where many are wanted, one by one where few are.
func TestReadsAreFew(t *testing.T) {
	all := func(n int) (s spec.State) {
		s = spec.NewState()
		for i := range n {
			s = merge(s, desired(ref(kindAppGroup, fmt.Sprint("G", i))))
		}
		return s
	}
	const groups, authorizations, users, userGroups = "/app-groups", "/app-groups/actions/list-authorizations", "/users", "/groups"
	for _, tc := range []struct {
		name   string
		world  string
		query  provider.Query
		want   map[string]int
		grants int
	}{
		{"all of 250 groups", large(250, 5), providertest.All(all(250)), map[string]int{groups: 3, authorizations: 13}, 1250},
		{"exactly one page", large(100, 1), providertest.All(all(100)), map[string]int{groups: 1 + 1, authorizations: 1 + 1}, 100},
		{"one of 250", large(250, 5), providertest.All(all(1)), map[string]int{groups: 2, authorizations: 1}, 5}, // the first page tells how many others there are
		{"one of 250, filtered", large(250, 5), providertest.Part(all(1)), map[string]int{groups: 1, authorizations: 1}, 5},
		{"three of 250, sweep or not", large(250, 5), providertest.All(all(3)), map[string]int{groups: 3, authorizations: 1 + 3}, 15},
		{"one with 250 holders", large(2, 250), providertest.All(all(1)), map[string]int{groups: 1, authorizations: 3}, 250},
		{"users by name", large(1, 0), providertest.All(desired(ref(kindAppGroup, "G0"), user("u1"), user("u2"), group("Staff"))), map[string]int{groups: 1, authorizations: 1, users: 1, userGroups: 1, "/members": 1}, 0},
		{"nobody new", large(1, 2), providertest.All(desired(ref(kindAppGroup, "G0"), user("u0"), user("u1"))), map[string]int{groups: 1, authorizations: 1, "/mails": 1}, 2},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := newCloud(t, free, tc.world)
			live, err := c.Open(t).Read(t.Context(), tc.query)
			if err != nil {
				t.Fatal(err)
			}
			if all := strings.Count(tc.world, "grants:"); !tc.query.Partial && live.Unmanaged != all-len(live.Resources) {
				t.Errorf("%d unmanaged, want %d", live.Unmanaged, all-len(live.Resources))
			}
			if live.Grants.Len() != tc.grants || len(live.Resources) != len(tc.query.Desired.Resources) {
				t.Errorf("%d grants on %d resources, want %d on %d", live.Grants.Len(), len(live.Resources), tc.grants, len(tc.query.Desired.Resources))
			}
			if d := cmp.Diff(tc.want, c.reads()); d != "" {
				t.Errorf("reads (-want +got):\n%s", d)
			}
		})
	}
}

// sized is a world of app groups with so many holders each, and what it is desired to be.
func sized(holders ...int) (world string, want spec.State) {
	var b strings.Builder
	b.WriteString("huaweicloud:\n  appGroups:\n")
	want = spec.NewState()
	for i, n := range holders {
		var names []string
		for u := range n {
			names = append(names, fmt.Sprint("u", u))
			want.Grants.Add(spec.Grant{Resource: ref(kindAppGroup, fmt.Sprint("G", i)), Subject: user(names[u]), Role: spec.RoleAccess}, spec.Origin{})
		}
		want.Resources[ref(kindAppGroup, fmt.Sprint("G", i))] = spec.Resource{Ownership: spec.Owned}
		fmt.Fprintf(&b, "    - {name: G%d, grants: [%s]}\n", i, strings.Join(names, ", "))
	}
	fmt.Fprintf(&b, "  users:\n")
	for u := range slices.Max(holders) {
		fmt.Fprintf(&b, "    - {name: u%d}\n", u)
	}
	return b.String(), want
}

// The list of everything is read where that takes fewer pages than the groups do by their sizes, and not even begun where it is known
// to be longer. Each is a tenth, or less, of a tenant on which it was otherwise.
func TestWhichList(t *testing.T) {
	some := func(n, size int) []int { return slices.Repeat([]int{size}, n) }
	for _, tc := range []struct {
		name   string
		sizes  []int
		listed int // the files list the first ones
		want   []int
	}{
		{"two pages in each of 100 groups", some(100, 110), 100, []int{111, 111}},                        // not 201
		{"few groups of several pages", slices.Concat(some(92, 90), some(8, 230)), 100, []int{102, 102}}, // not 117
		{"a few of many", some(60, 30), 3, []int{1 + 3, 3}},
		{"one full page, not two", some(2, 99), 2, []int{2, 2}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			world, want := sized(tc.sizes...)
			want = want.Where(func(r spec.Ref) bool { i, _ := strconv.Atoi(r.Name[1:]); return i < tc.listed })
			c := newCloud(t, free, world)
			q := providertest.All(want)
			q.Notices, q.Looks = false, provider.NewLooks("", time.Now())
			read := func() int {
				before := c.reads()["/app-groups/actions/list-authorizations"]
				live, err := c.Open(t).Read(t.Context(), q)
				if err != nil || live.Grants.Len() != want.Grants.Len() {
					t.Fatalf("%d grants, want %d, error %v", live.Grants.Len(), want.Grants.Len(), err)
				}
				return c.reads()["/app-groups/actions/list-authorizations"] - before
			}
			first := read()
			text, _ := q.Looks.Merge("")
			q.Looks = provider.NewLooks(text, time.Now())
			if d := cmp.Diff(tc.want, []int{first, read()}); d != "" {
				t.Errorf("pages of the first read and of the second (-want +got):\n%s", d)
			}
		})
	}
}

func TestRemovalNamesAllThatLiveShowed(t *testing.T) {
	c := newCloud(t, free, small)
	w := c.Open(t)
	want := merge(desired(ref(kindAppGroup, "CAD")), desired(ref(kindApp, "AutoCAD")))
	c.apply(t, w, want)
	var body struct {
		Accounts []map[string]string `json:"accounts"`
		DelUsers []map[string]string `json:"del_users"`
	}
	decode(t, c.Bodies("/app-groups/actions/batch-delete-authorization")[0], &body)
	for i, account := range []string{"alice", "Designers"} {
		got := body.Accounts[i]
		if got["account"] != account || got["id"] == "" || got["domain"] != "local.com" || got["platform_type"] != "LOCAL" || got["account_type"] != []string{"USER", "USER_GROUP"}[i] {
			t.Errorf("account %d is %v", i, got)
		}
	}
	decode(t, c.Bodies("/app-center/apps/actions/batch-assign-authorization")[0], &body)
	if d := cmp.Diff([]map[string]string{{"account": "alice", "account_type": "SIMPLE", "domain": "local.com", "platform_type": "LOCAL"}}, body.DelUsers); d != "" {
		t.Errorf("del_users (-want +got):\n%s", d)
	}
}

func TestAddsAndRemovesShareACall(t *testing.T) {
	c := newCloud(t, free, `huaweicloud:
  users: [{name: a}, {name: b}]
  apps: [{name: X, audience: assigned, grants: [a]}, {name: Y, audience: assigned, grants: [a]}, {name: Z, audience: everyone}]
`)
	c.apply(t, c.Open(t), merge(desired(ref(kindApp, "X"), user("b")), desired(ref(kindApp, "Y"), user("b")), desired(ref(kindApp, "Z"), user("b"))))
	calls := c.Bodies("/app-center/apps/actions/batch-assign-authorization")
	if len(calls) != 2 {
		t.Errorf("%d calls, want one for X and Y, and one for Z: %q", len(calls), calls)
	}
}

func TestProjectLookup(t *testing.T) {
	none := func(s *spec.Connection) { delete(s.Settings, "project") }
	for _, tc := range []struct {
		name     string
		projects map[string][]string
		want     string
	}{
		{"one", nil, ""},
		{"none", map[string][]string{}, "no project in region ap-southeast-3; project: names it"},
		{"several", map[string][]string{"ap-southeast-3": {project, strings.Repeat("f", 32)}}, "several projects"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := newCloud(t, huaweicloudemu.Options{Unthrottled: true, Projects: tc.projects}, small)
			_, err := c.Open(t, none).Read(t.Context(), providertest.All(desired(ref(kindAppGroup, "CAD"))))
			if tc.want == "" && err != nil || tc.want != "" && (err == nil || !strings.Contains(err.Error(), tc.want)) {
				t.Errorf("error %v, want %q", err, tc.want)
			}
		})
	}
}

func TestToken(t *testing.T) {
	c := newCloud(t, free, small)
	w := c.OpenAs(t, providertest.Secrets("token"))
	if live, err := w.Read(t.Context(), providertest.All(desired(ref(kindAppGroup, "CAD")))); err != nil || live.Grants.Len() != 2 {
		t.Errorf("%d grants, error %v", live.Grants.Len(), err)
	}
}

// The vendor's limits are met by pace, and where they are not known to us, by waiting as its answer asks.
func TestThrottling(t *testing.T) {
	for _, tc := range []struct {
		name      string
		rates     spec.Rates
		throttled bool
	}{
		{"at the published rate", spec.Rates{Read: spec.PerMinute(200), Write: spec.PerMinute(100)}, false},
		{"without a pace of our own", spec.Rates{}, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newCloud(t, huaweicloudemu.Options{WritesPerMinute: 5, ReadsPerMinute: 200}, large(1, 0))
				set := func(s *spec.Connection) { s.Rate = tc.rates }
				if !tc.throttled {
					c = newCloud(t, huaweicloudemu.Options{}, large(1, 0))
				}
				want := spec.NewState()
				for i := range 130 { // each group another set of users, so that few share a call
					want = merge(want, desired(ref(kindAppGroup, "G0"), user(fmt.Sprint("u", i))), desired(ref(kindAppGroup, fmt.Sprint("N", i%12))))
				}
				c.apply(t, c.Open(t, set), want)
				refused := slices.ContainsFunc(c.Calls(), func(call emu.Call) bool { return call.Status == http.StatusTooManyRequests })
				if refused != tc.throttled {
					t.Errorf("throttled: %v, want %v", refused, tc.throttled)
				}
			})
		})
	}
}

// apply plans and applies, and fails unless all is done.
func (c *cloud) apply(t *testing.T, w provider.Target, want spec.State) {
	t.Helper()
	job := c.Job(w, want)
	if result := providertest.Apply(t, providertest.Plan(t, job), job); !result.Summary.Clean() || result.Summary.Done == 0 {
		t.Fatalf("result %+v", result)
	}
}

func decode(t *testing.T, body string, into any) {
	t.Helper()
	if err := json.Unmarshal([]byte(body), into); err != nil {
		t.Fatal(err)
	}
}
