package wps365_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/entitlectl/entitlectl/pkg/apply"
	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/provider/providertest"
	"github.com/entitlectl/entitlectl/pkg/providers/emu"
	"github.com/entitlectl/entitlectl/pkg/providers/wps365/wps365emu"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

func TestUnknownWordsAreNotPlannedOn(t *testing.T) {
	item := func(mode string) string {
		return `{"code":0,"data":{"total":1,"items":[{"id":"1","name":"E","email_address":"eng@x.example","owner_id":"u","accepted_sender_mode":"` + mode + `"}]}}`
	}
	c := newTenant(t, wps365emu.Options{}, seed)
	c.Fault(t, emu.Fault{Match: "GET " + groups, Kind: emu.FaultRefuse, Status: 200, Body: item("robots")})
	known := spec.Settings{}.With("name", "Engineers").With("senders", "member")
	plan := c.plan(t, c.open(t, "update"), desired("eng", spec.Resource{Settings: known}))
	if d := cmp.Diff([]string{"update eng name Engineers", "update eng senders member blocked"}, said(plan)); d != "" {
		t.Errorf("of an unknown mode (-want +got):\n%s", d)
	}
	if _, err := c.open(t).Read(t.Context(), providertest.All(desired("gone", spec.Resource{Absent: true}))); err != nil {
		t.Errorf("of a mail group that is not listed: %v", err)
	}
	c.Fault(t, emu.Fault{Match: "GET " + groups + "/*/members", Kind: emu.FaultRefuse, Status: 200,
		Body: `{"code":0,"data":{"items":[{"email_address":"bo@x.example","type":"user"},{"email_address":"z@x.example","type":"robot"}]}}`})
	want := desired("eng", spec.Resource{}, user("cy"))
	plan = c.plan(t, c.open(t, "members"), want)
	if d := cmp.Diff([]string(nil), said(plan)); d != "" {
		t.Errorf("changes (-want +got):\n%s", d)
	}
	contains(t, plan.Connections[0].Notes, `"z@x.example" is there with the unknown type "robot"; nothing is changed there`)
}

func TestOwners(t *testing.T) {
	for _, tc := range []struct {
		name, owner string
		opts        wps365emu.Options
		changes     []string
		err         string
		looks       int // by email, and by id
	}{
		{"not desired", "", wps365emu.Options{}, nil, "", 0},
		{"as desired", "ann@x.example", wps365emu.Options{}, nil, "", 1},
		{"another", "bo@x.example", wps365emu.Options{}, []string{"update eng owner bo@x.example"}, "", 2},
		{"unknown", "ghost@x.example", wps365emu.Options{}, []string{"update eng owner ghost@x.example blocked"}, "", 2},
		{"without the scope for addresses", "ann@x.example", wps365emu.Options{Scopes: []string{"kso.mail_group.readwrite", "kso.contact.read"}}, nil, "kso.user_email.read", 1},
		{"without the scope for users", "ann@x.example", wps365emu.Options{Scopes: []string{"kso.mail_group.readwrite"}}, nil, "lacks the scope", 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := newTenant(t, tc.opts, seed)
			plan, err := apply.Plan(t.Context(), apply.PlanOptions{Jobs: []apply.Job{c.Job(c.open(t, "update"), desired("eng", spec.Resource{Settings: spec.Settings{}.With("owner", tc.owner)}))}})
			if tc.err == "" && err != nil || tc.err != "" && (err == nil || !strings.Contains(err.Error(), tc.err)) {
				t.Fatalf("error %v, want %q", err, tc.err)
			}
			if d := cmp.Diff(tc.changes, said(plan)); d != "" {
				t.Errorf("changes (-want +got):\n%s", d)
			}
			if n := c.Count("POST", byEmails) + c.Count("POST", "/v7/users/batch_read"); n != tc.looks {
				t.Errorf("%d look-ups, want %d", n, tc.looks)
			}
		})
	}
}

func TestGroupsThatCantBeMade(t *testing.T) {
	for owner, text := range map[string]string{"": "can't be made without an owner", "ghost@x.example": "has the address ghost@x.example"} {
		c := newTenant(t, wps365emu.Options{}, seed)
		want := desired("new", spec.Resource{Settings: spec.Settings{}.With("owner", owner)}, user("bo"))
		want.Resources[ref("news")], want.Resources[ref("watched")] = spec.Resource{Settings: spec.Settings{}.With("name", "N"), Ownership: spec.Owned}, spec.Resource{Ownership: spec.Ignored}
		plan, result := c.apply(t, c.open(t, "members", "update"), want)
		for _, change := range plan.Connections[0].Changes[:1] {
			if change.Op != diff.OpCreate || !strings.Contains(change.Problem, text) {
				t.Errorf("owner %q: %+v", owner, change)
			}
		}
		if result.Summary.Blocked != 2 || result.Summary.Done != 2 || c.Count("POST", groups) > 0 {
			t.Errorf("owner %q: %+v", owner, result.Summary)
		}
	}
}

// large is a tenant of n mail groups, of which the first has k members.
func large(n, k int) string {
	var b strings.Builder
	b.WriteString("wps365:\n  users:\n")
	for i := range max(k, 1) {
		fmt.Fprintf(&b, "    - {name: u%d, email: u%d@x.example}\n", i, i)
	}
	b.WriteString("  mailGroups:\n")
	for i := range n {
		fmt.Fprintf(&b, "    - {address: g%d@x.example, name: G, owner: u0@x.example, members: [", i)
		for u := range k {
			fmt.Fprintf(&b, "u%d@x.example, ", u)
		}
		b.WriteString("]}\n")
		k = 0
	}
	return b.String()
}

func TestPages(t *testing.T) {
	for _, tc := range []struct {
		name string
		opts wps365emu.Options
		err  string
	}{
		{"whole", wps365emu.Options{}, ""},
		{"rows come twice", wps365emu.Options{OverlapPages: true}, ""},
		{"a token comes twice", wps365emu.Options{StuckPages: true}, "the list of mail groups is not whole: its page 2 names a page that was read already"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := newTenant(t, tc.opts, large(120, 130))
			live, err := c.open(t, "members").Read(t.Context(), providertest.All(desired("g0", spec.Resource{})))
			if tc.err != "" {
				if err == nil || !strings.Contains(err.Error(), tc.err) {
					t.Errorf("error %v", err)
				}
				return
			}
			if err != nil || live.Grants.Len() != 130 || live.Unmanaged != 119 || len(live.Notes) != 0 {
				t.Errorf("%d members, %d unmanaged, notes %q, error %v", live.Grants.Len(), live.Unmanaged, live.Notes, err)
			}
			if n := c.Count("GET", groups); n != 3 {
				t.Errorf("%d pages", n)
			}
		})
	}
}

// Law 3: a list that never holds still revokes nobody and creates nothing.
func TestFault10ShiftingPages(t *testing.T) {
	page := `{"code":0,"data":{"items":[],"total":777}}`
	for _, tc := range []struct {
		name, match string
		count       int
		whole       bool
	}{
		{"groups, once", groups, 1, true},
		{"groups, every time", groups, 1000, false},
		{"members, once", groups + "/*/members", 1, true},
		{"members, every time", groups + "/*/members", 1000, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := newTenant(t, wps365emu.Options{}, large(120, 130))
			c.Fault(t, emu.Fault{Match: "GET " + tc.match, Kind: emu.FaultRefuse, Nth: 2, Count: tc.count, Status: 200, Body: page})
			plan, err := apply.Plan(t.Context(), apply.PlanOptions{Jobs: []apply.Job{c.Job(c.open(t, "members"), desired("g0", spec.Resource{}))}})
			if whole := len(plan.Connections[0].Notes) == 0; err != nil || whole != tc.whole || (plan.Summary.Revoke == 130) != tc.whole {
				t.Errorf("error %v, notes %q, summary %+v", err, plan.Connections[0].Notes, plan.Summary)
			}
		})
	}
}

// Who was seen in any reading of a list that never holds still is not added again.
func TestNoMemberIsLostFromSight(t *testing.T) {
	c := newTenant(t, wps365emu.Options{}, large(1, 130))
	var faults []emu.Fault
	for _, nth := range []int{2, 4, 5} { // the second pages of two readings, and all of the third
		faults = append(faults, emu.Fault{Match: "GET " + groups + "/*/members", Kind: emu.FaultRefuse, Nth: nth, Status: 200,
			Body: `{"code":0,"data":{"items":[],"total":777}}`})
	}
	c.Fault(t, faults...)
	live, err := c.open(t, "members").Read(t.Context(), providertest.All(desired("g0", spec.Resource{})))
	if err != nil || live.Grants.Len() == 0 || len(live.Notes) != 1 {
		t.Errorf("%d members, notes %q, error %v", live.Grants.Len(), live.Notes, err)
	}
}

// An answer that is not what it should be is an error, whichever it stands for.
func TestFault05MalformedAnswers(t *testing.T) {
	bodies := []string{``, `{}`, `[]`, `null`, `{"code":0}`, `{"code":0,"data":{}}`, `{"code":0,"data":{"items":null}}`, `{"code":0,"data":{"items":{},"total":0}}`,
		`{"code":0,"data":{"items":[],"total":-1}}`, `{"code":"x","data":{"items":[],"total":0}}`, `{"data":{"items":[],"total":0}}`, `{"code":1}`,
		`{"code":0,"data":{"items":[{}],"total":9}}`, `{"code":403000001,"msg":"no","data":{"items":[],"total":0}}`, `{"error_code":"X"}`, `{"access_token":5}`}
	want := desired("eng", eng, user("cy"), subject(spec.SubjectMailbox, "desk@x.example"))
	for _, match := range []string{"POST " + token, "GET " + groups, "GET " + groups + "/*/members", "POST " + byEmails, "GET /v7/public_mailboxes"} {
		for _, body := range bodies {
			t.Run(match+" "+body, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					c := newTenant(t, wps365emu.Options{}, seed)
					c.Fault(t, emu.Fault{Match: match, Kind: emu.FaultRefuse, Status: 200, Body: body})
					live, err := c.open(t, "members").Read(t.Context(), providertest.All(want))
					if err == nil && len(live.Notes)+len(live.UnknownSubjects) == 0 {
						t.Errorf("no error; live %+v", live)
					}
				})
			})
		}
	}
}
