package wps365_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/entitlectl/entitlectl/pkg/apply"
	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/provider"
	"github.com/entitlectl/entitlectl/pkg/provider/providertest"
	"github.com/entitlectl/entitlectl/pkg/providers/emu"
	"github.com/entitlectl/entitlectl/pkg/providers/httpx"
	"github.com/entitlectl/entitlectl/pkg/providers/wps365"
	"github.com/entitlectl/entitlectl/pkg/providers/wps365/wps365emu"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// made is how the mail group new is wanted.
var made = spec.Resource{Settings: spec.Settings{}.With("name", "New").With("owner", "cy@x.example").With("senders", "member")}

func newGroup() spec.State { return desired("new", made, user("ann"), user("bo")) }

var createNew = []diff.Change{{Op: diff.OpCreate, Kind: kindMailGroup, Resource: "new@x.example", Settings: made.Settings}}

// A create that has no usable answer is settled by reading: nothing is made twice, and what follows goes on.
func TestCreateWithoutAnAnswer(t *testing.T) {
	for _, fault := range []emu.Fault{
		{Kind: emu.FaultDropReply}, {Kind: emu.FaultTruncate}, {Kind: emu.FaultRefuse, Status: 500, Done: true},
		{Kind: emu.FaultRefuse, Status: 200, Body: `{"code":500000004,"msg":""}`, Done: true},
		{Kind: emu.FaultRefuse, Status: 200, Body: `{"code":0,"data":{}}`, Done: true},
		{Kind: emu.FaultRefuse, Status: 400, Body: `{"code":400000007,"msg":"","more":{"code":500000003}}`, Done: true},
	} {
		t.Run(string(fault.Kind)+fault.Body, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newTenant(t, wps365emu.Options{}, seed)
				fault.Match, fault.Nth = "POST "+groups, 1
				c.Fault(t, fault)
				_, result := c.apply(t, c.open(t, "members"), newGroup())
				if !result.Summary.Clean() || c.Count("POST", groups) != 1 || len(c.KV.Values) != 1 {
					t.Errorf("%d creates, kept %v, result %+v", c.Count("POST", groups), c.KV.Values, result.Connections[0].Changes)
				}
			})
		})
	}
}

// An address that is taken is adopted only with a mail group that is as the files want it, or that was made by us.
func TestCreateWhereTheAddressIsTaken(t *testing.T) {
	there := func(change func(*spec.Resource)) spec.Resource {
		r := made
		change(&r)
		return r
	}
	for _, tc := range []struct {
		name  string
		there spec.Resource // made by somebody since it was planned
		ours  bool
		err   string
	}{
		{"as wanted", made, false, ""},
		{"another name", there(func(r *spec.Resource) { r.Settings = r.Settings.With("name", "Old") }), false, `its name is "Old" and not "New"`},
		{"another owner", there(func(r *spec.Resource) { r.Settings = r.Settings.With("owner", "bo@x.example") }), false, "its owner is not cy@x.example"},
		{"other senders", there(func(r *spec.Resource) { r.Settings = r.Settings.With("senders", "all") }), false, `its senders are "all" and not "member"`},
		{"another name, but ours", there(func(r *spec.Resource) { r.Settings = r.Settings.With("name", "Old") }), true, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := newTenant(t, wps365emu.Options{}, seed)
			w := c.open(t)
			c.plan(t, w, newGroup())
			c.apply(t, c.open(t), desired("new", tc.there))
			if !tc.ours {
				clear(c.KV.Values)
			}
			err := w.Do(t.Context(), "mail_groups", createNew, nil)
			if tc.err == "" && err != nil || tc.err != "" && (!notDone(err) || !strings.Contains(err.Error(), tc.err)) {
				t.Errorf("error %v, want %q", err, tc.err)
			}
		})
	}
}

// What is not a mail group, or is not listed, is never adopted.
func TestCreateWhereSomethingElseIs(t *testing.T) {
	c := newTenant(t, wps365emu.Options{RecycleBin: true}, seed+"  recycled: [new@x.example]\n")
	w := c.open(t)
	c.plan(t, w, newGroup())
	if err := w.Do(t.Context(), "mail_groups", createNew, nil); !notDone(err) || !strings.Contains(err.Error(), "recycle bin") {
		t.Errorf("error %v", err)
	}
	c.KV.Values[conn+"/mail-group/new@x.example"] = "mg_1"
	if err := w.Do(t.Context(), "mail_groups", createNew, nil); err == nil || notDone(err) || !strings.Contains(err.Error(), "an earlier run made") {
		t.Errorf("error %v", err)
	}
}

// Lists that lag hide what a run made from the next run: it neither makes it again nor takes it for a stranger's.
func TestCreateThatIsNotListedYet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newTenant(t, wps365emu.Options{}, seed)
		c.Fault(t, emu.Fault{Match: "POST " + groups, Kind: emu.FaultLag, For: time.Hour})
		for run := range 3 {
			if run == 2 {
				time.Sleep(2 * time.Hour)
			}
			_, result := c.apply(t, c.open(t, "members"), newGroup())
			if result.Summary.Clean() != (run == 2) || result.Summary.Refused > 0 {
				t.Errorf("run %d: %+v", run, result.Connections[0].Changes)
			}
		}
		if strings.Count(c.World(t), "new@x.example") != 1 {
			t.Errorf("state\n%s", c.World(t))
		}
	})
}

// What a group is made with is in the change, and its owner must have been looked up: else nothing is sent.
func TestCreateNeedsToKnowWhat(t *testing.T) {
	c := newTenant(t, wps365emu.Options{}, seed)
	w := c.open(t)
	if err := w.Do(t.Context(), "mail_groups", createNew, nil); !notDone(err) {
		t.Errorf("error %v", err)
	}
	if _, err := w.Read(t.Context(), provider.ReadBack(conn, newGroup(), createNew)); err != nil {
		t.Fatal(err)
	}
	unsaid := createNew[0]
	unsaid.Settings = spec.Settings{}
	if err := w.Do(t.Context(), "mail_groups", []diff.Change{unsaid}, nil); !notDone(err) || len(c.writes()) > 0 {
		t.Errorf("error %v, writes %q", err, c.writes())
	}
}

// A run that read all of it before knows it still when it reads back what it touched.
func TestSettingsOutlastNarrowReads(t *testing.T) {
	c := newTenant(t, wps365emu.Options{}, seed)
	w := c.open(t)
	want := newGroup()
	want.Resources[ref("eng")] = spec.Resource{Settings: spec.Settings{}.With("owner", "bo@x.example"), Ownership: spec.Owned}
	plan := c.plan(t, w, want)
	result, err := apply.Apply(t.Context(), apply.ApplyOptions{Plan: plan, Jobs: []apply.Job{c.Job(w, want)}, Reread: true, Rules: spec.DefaultRules})
	if err != nil || result.Summary.Done != 1 || result.Summary.Blocked != 1 {
		t.Errorf("error %v, result %+v", err, result)
	}
}

// A saved plan is carried out by a process that did not make it: told all that the files want of what the plan touches, it
// sees there what the plan was made from.
func TestAnotherProcessSeesTheSame(t *testing.T) {
	for _, words := range [][]string{nil, {"members"}, {"senders"}, {"update"}, {"members", "senders", "update", "delete"}} {
		c := newTenant(t, wps365emu.Options{}, seed)
		want := newGroup()
		want.Resources[ref("eng")] = spec.Resource{Settings: spec.Settings{}.With("name", "Eng").With("owner", "bo@x.example").With("senders", "all"), Ownership: spec.Owned}
		want.Resources[ref("news")] = spec.Resource{Settings: spec.Settings{}.With("senders", "custom"), Ownership: spec.Owned}
		with(want, "eng", spec.RoleMember, user("cy"), subject(spec.SubjectAddress, "ann@x.example"))
		with(want, "news", roleSender, user("ann"))
		plan := c.plan(t, c.open(t, words...), want)
		live, err := c.open(t, words...).Read(t.Context(), providertest.Part(want))
		if err != nil {
			t.Fatal(err)
		}
		if edits := diff.OutsideEdits(plan.Connections[0], nil, live); len(edits) > 0 {
			t.Errorf("%q: %v", words, edits)
		}
	}
}

func TestDeleteOfWhatIsGone(t *testing.T) {
	c := newTenant(t, wps365emu.Options{}, seed)
	w := c.open(t, "delete")
	want := desired("eng", spec.Resource{Absent: true})
	plan := c.plan(t, w, want)
	for range 2 {
		if err := w.Do(t.Context(), "mail_groups/delete", plan.Connections[0].Changes, nil); err != nil {
			t.Error(err)
		}
	}
}

// A batch holds a hundred, and one bad entry in it harms only itself.
func TestBatches(t *testing.T) {
	c := newTenant(t, wps365emu.Options{}, large(1, 120)+"    - {address: h@x.example, name: H, owner: u0@x.example}\n")
	w := c.open(t, "members")
	want := desired("h", spec.Resource{})
	for i := range 119 {
		with(want, "h", spec.RoleMember, user(fmt.Sprint("u", i)))
	}
	with(want, "h", spec.RoleMember, subject(spec.SubjectDepartment, "nobody@x.example"))
	plan, result := c.apply(t, w, want)
	if plan.Summary.Calls != 2 || plan.Connections[0].LowerBound != 2 || result.Summary.Done != 119 || result.Summary.Refused != 1 {
		t.Errorf("plan %+v, result %+v", plan.Summary, result.Summary)
	}
}

// Errors of the vendor that come with status 200, and throttling in any form, are what they say.
func TestErrorsWithStatusOK(t *testing.T) {
	c := newTenant(t, wps365emu.Options{StatusAlwaysOK: true, NestErrors: true, UniqueNames: true}, seed+"    - {address: other@x.example, name: New, owner: bo@x.example}\n")
	w := c.open(t)
	c.plan(t, w, newGroup())
	err := w.Do(t.Context(), "mail_groups", createNew, nil)
	if !notDone(err) || httpx.Code(err) != "400415061" || httpx.Status(err) != 400 {
		t.Errorf("error %v", err)
	}
	synctest.Test(t, func(t *testing.T) {
		for _, body := range []string{`{"code":429000001,"msg":""}`, `{"code":400000007,"msg":"","more":{"code":400000001}}`, `{"code":400000005,"msg":""}`} {
			c := newTenant(t, wps365emu.Options{}, seed)
			c.Fault(t, emu.Fault{Match: "POST " + groups, Kind: emu.FaultRefuse, Nth: 1, Count: 2, Status: 200, Body: body})
			if _, result := c.apply(t, c.open(t), newGroup()); !result.Summary.Clean() || c.Count("POST", groups) != 3 {
				t.Errorf("%s: %+v", body, result.Connections[0].Changes)
			}
		}
	})
}

func TestCallsThatPackDoesNotMake(t *testing.T) {
	c := newTenant(t, wps365emu.Options{}, seed)
	w := c.open(t, "members", "senders", "update", "delete")
	two := []diff.Change{createNew[0], createNew[0]}
	for name, changes := range map[string][]diff.Change{"": createNew, "mail_groups/rename": createNew, "mail_groups": two, "mail_groups/delete": createNew,
		"mail_groups/update": {{Op: diff.OpUpdate, Resource: "eng@x.example", Field: "audience"}}} {
		if err := w.Do(t.Context(), name, changes, nil); !notDone(err) {
			t.Errorf("%q: %v", name, err)
		}
	}
	r, err := wps365.NewReader(c.Connection, c.Secrets, c.Env())
	if _, writes := r.(provider.Target); writes || err != nil {
		t.Errorf("what NewReader opens can write: %v, error %v", writes, err)
	}
}
