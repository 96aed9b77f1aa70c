package wps365_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/provider"
	"github.com/entitlectl/entitlectl/pkg/provider/providertest"
	"github.com/entitlectl/entitlectl/pkg/providers/wps365"
	"github.com/entitlectl/entitlectl/pkg/providers/wps365/wps365emu"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// Without the experimental words what can't be seen is neither a match nor a difference, and what differs is blocked.
func TestWithoutExperimentalWords(t *testing.T) {
	c := newTenant(t, wps365emu.Options{DocumentedOnly: true}, seed)
	w := c.open(t)
	want := desired("eng", spec.Resource{Settings: spec.Settings{}.With("name", "Eng").With("owner", "bo@x.example").With("senders", "member")}, user("cy"), user("ghost"))
	want.Resources[ref("gone")] = spec.Resource{Absent: true, Ownership: spec.Owned}
	want.Resources[ref("news")] = spec.Resource{Absent: true, Ownership: spec.Owned}
	with(want, "new", spec.RoleMember, user("cy"))
	with(want, "new", roleSender, user("cy"))
	want.Resources[ref("new")] = spec.Resource{Settings: spec.Settings{}.With("owner", "bo@x.example").With("senders", "custom"), Ownership: spec.Owned}
	plan, result := c.apply(t, w, want)
	blocked := []string{"update eng name Eng blocked", "update eng owner bo@x.example blocked", "update eng senders member blocked", "delete news blocked"}
	if d := cmp.Diff(append([]string{"create new"}, blocked...), said(plan)); d != "" {
		t.Errorf("changes (-want +got):\n%s", d)
	}
	contains(t, plan.Connections[0].Notes, `new@x.example: made with name "new" and senders "custom" where the files do not say`)
	unread := func(word string) string {
		return fmt.Sprintf("no public page documents the call and experimental does not list %q", word)
	}
	unseen := []diff.Unseen{{Resource: "mail-group/eng@x.example", Role: spec.RoleMember, Grants: 2, Why: unread("members")},
		{Resource: "mail-group/new@x.example", Role: spec.RoleMember, Grants: 1, Why: unread("members")},
		{Resource: "mail-group/new@x.example", Role: roleSender, Grants: 1, Why: unread("senders")}}
	if d := cmp.Diff(unseen, plan.Connections[0].Unseen) + cmp.Diff(diff.Tally{Differ: 5, Unseen: 4}, plan.Summary.Tally); d != "" {
		t.Errorf("what can't be seen (-want +got):\n%s", d)
	}
	if s := result.Summary; s.Done != 1 || s.Blocked != len(blocked) || s.Tally != (diff.Tally{Differ: 4, Unseen: 4}) || !cmp.Equal(c.writes(), []string{""}) {
		t.Errorf("result %+v, writes %q", s, c.writes())
	}
	if d := cmp.Diff(blocked, said(c.plan(t, c.open(t), want))); d != "" {
		t.Errorf("the second plan (-want +got):\n%s", d)
	}
}

// Each word turns on what it names and nothing else.
func TestEachExperimentalWordAlone(t *testing.T) {
	want := desired("eng", spec.Resource{Settings: spec.Settings{}.With("name", "Eng").With("owner", "bo@x.example").With("senders", "member")}, user("ann"), user("cy"))
	want.Resources[ref("news")] = spec.Resource{Settings: spec.Settings{}.With("senders", "custom"), Ownership: spec.Owned}
	with(want, "news", roleSender, user("bo"))
	updates := []string{"update eng name Eng", "update eng owner bo@x.example", "update eng senders member"}
	var blocked []string
	for _, u := range updates {
		blocked = append(blocked, u+" blocked")
	}
	for word, changes := range map[string][]string{
		"members": {"grant eng member cy@x.example", "revoke eng member bo@x.example", "revoke news member dept:design@x.example"},
		"senders": {"grant news sender bo@x.example", "revoke news sender cy@x.example"},
		"update":  updates,
	} {
		left := blocked
		if word == "update" {
			left = nil
		}
		t.Run(word, func(t *testing.T) {
			c := newTenant(t, wps365emu.Options{}, seed)
			plan, result := c.apply(t, c.open(t, word), want)
			if d := cmp.Diff(append(slices.Clone(left), changes...), said(plan)); d != "" {
				t.Errorf("changes (-want +got):\n%s", d)
			}
			if s := result.Summary; s.Done != len(changes) || s.Blocked != len(left) || s.Differ != len(left) {
				t.Errorf("result %+v", result.Connections[0].Changes)
			}
			if d := cmp.Diff(left, said(c.plan(t, c.open(t, word), want))); d != "" {
				t.Errorf("the second plan (-want +got):\n%s", d)
			}
			for _, call := range plan.Connections[0].Calls { // as a saved plan may ask, long after
				var carried []diff.Change
				for _, i := range call.Changes {
					carried = append(carried, plan.Connections[0].Changes[i])
				}
				writes := len(c.writes())
				if err := c.open(t).Do(t.Context(), call.Name, carried, nil); !notDone(err) || len(c.writes()) > writes {
					t.Errorf("%s without %s: %v", call.Name, word, err)
				}
			}
		})
	}
}

// Who would lose by a delete has to be counted first: a group whose lists can't be read is not deleted.
func TestWhatCantBeCountedIsNotDeleted(t *testing.T) {
	seed := seed + "    - {address: old@x.example, name: Old, owner: bo@x.example, members: [cy@x.example]}\n"
	want := spec.NewState()
	for _, name := range []string{"old", "news"} { // news has senders of its own
		want.Resources[ref(name)] = spec.Resource{Absent: true, Ownership: spec.Owned}
	}
	for _, tc := range []struct {
		words, want []string
	}{
		{[]string{"delete"}, []string{"delete news blocked", "delete old blocked"}},
		{[]string{"delete", "senders", "update"}, []string{"delete news blocked", "delete old blocked"}},
		{[]string{"delete", "members"}, []string{"delete news blocked", "delete old"}},
		{[]string{"delete", "members", "senders"}, []string{"delete news", "delete old"}},
	} {
		c := newTenant(t, wps365emu.Options{}, seed)
		plan, _ := c.apply(t, c.open(t, tc.words...), want)
		if d := cmp.Diff(tc.want, said(plan)); d != "" {
			t.Errorf("%q (-want +got):\n%s", tc.words, d)
		}
	}
}

// A department is protected by its name and by its address, though the files no longer list it and its entry shows only one.
func TestDepartmentsAreProtectedByNameAndAddress(t *testing.T) {
	c := newTenant(t, wps365emu.Options{}, seed)
	live, err := c.open(t, "members").Read(t.Context(), providertest.All(desired("news", spec.Resource{})))
	if err != nil {
		t.Fatal(err)
	}
	want := desired("news", spec.Resource{})
	changes := diff.Compute(want, live, diff.Resending{})
	for _, name := range []string{"Design", "DESIGN", "design@x.example", "Design@X.example"} {
		rules := spec.DefaultRules
		rules.Protected = []spec.Protection{{Subject: subject(spec.SubjectDepartment, name)}}
		violations := diff.Check(conn, rules, want, changes, nil, live)
		if !slices.ContainsFunc(violations, func(v diff.Violation) bool { return v.Rule == diff.RuleProtected }) {
			t.Errorf("%s: %v", name, violations)
		}
	}
}

func notDone(err error) bool { return provider.FailureOf(err).Fate == provider.NotDone }

// A tenant that lacks a call makes an error that says what to do, not an empty list.
func TestTenantWithoutTheCall(t *testing.T) {
	for _, opts := range []wps365emu.Options{{DocumentedOnly: true}, {RefuseUndocumented: true}, {RefuseUndocumented: true, StatusAlwaysOK: true}} {
		_, err := newTenant(t, opts, seed).open(t, "members").Read(t.Context(), providertest.All(desired("eng", spec.Resource{})))
		if err == nil || !strings.Contains(err.Error(), `take "members" out of experimental`) {
			t.Errorf("error %v", err)
		}
	}
}

func TestSubjectsThatCantBeEntered(t *testing.T) {
	c := newTenant(t, wps365emu.Options{}, seed)
	want := desired("eng", spec.Resource{}, user("ann"), user("bo"), user("cy"), user("hid"), user("desk"),
		subject(spec.SubjectMailbox, "desk@x.example"), subject(spec.SubjectMailbox, "cy@x.example"),
		subject(spec.SubjectDepartment, "Works"), subject(spec.SubjectDepartment, "Design@x.example"),
		subject(spec.SubjectAddress, "guest@other.example"), subject(spec.SubjectAddress, "cy@x.example"), subject(spec.SubjectAddress, "desk@x.example"))
	live, err := c.open(t, "members").Read(t.Context(), providertest.All(want))
	if err != nil {
		t.Fatal(err)
	}
	texts := map[spec.Subject]string{
		user("hid"):  "no user within the app's range of contacts has the address hid@x.example",
		user("desk"): "no user within",
		subject(spec.SubjectMailbox, "cy@x.example"):        "no public mailbox cy@x.example",
		subject(spec.SubjectDepartment, "Works"):            "write dept:ADDRESS",
		subject(spec.SubjectAddress, "guest@other.example"): "no addresses from outside",
	}
	for s, text := range texts {
		if !strings.Contains(live.UnknownSubjects[s], text) {
			t.Errorf("%s: %q, want %q in it", s, live.UnknownSubjects[s], text)
		}
	}
	if len(live.UnknownSubjects) != len(texts) {
		t.Errorf("problems %q", live.UnknownSubjects)
	}
	if n := c.Count("POST", byEmails); n != 1 {
		t.Errorf("%d look-ups", n)
	}
	_, result := c.apply(t, c.open(t, "members"), want)
	var body struct {
		Members []struct {
			Address string `json:"email_address"`
			Type    string `json:"type"`
		}
	}
	paths := c.writes()
	if err := json.Unmarshal([]byte(c.Bodies(groups + paths[0])[0]), &body); err != nil || len(paths) != 1 || len(body.Members) != 3 {
		t.Errorf("writes %q, body %+v, error %v", paths, body, err) // cy and desk, once each, and the department
	}
	if result.Summary.Blocked != len(texts) || result.Summary.Done != 5 {
		t.Errorf("result %+v", result.Summary)
	}
}

// A mail group holds an address once: by whichever kind the file knows it, it is held.
func TestAddressesAreHeldWhateverTheirKind(t *testing.T) {
	c := newTenant(t, wps365emu.Options{}, seed)
	want := desired("eng", spec.Resource{}, user("ann"), subject(spec.SubjectAddress, "ann@x.example"), subject(spec.SubjectMailbox, "bo@x.example"))
	with(want, "news", spec.RoleMember, subject(spec.SubjectDepartment, "Design"))
	want.Resources[ref("news")] = spec.Resource{Ownership: spec.Owned}
	if plan := c.plan(t, c.open(t, "members"), want); !plan.Empty() {
		t.Errorf("changes %q", said(plan))
	}
}

// What the files leave open is not taken for empty: only who left goes.
func TestSendersThatAreNotManaged(t *testing.T) {
	c := newTenant(t, wps365emu.Options{}, strings.Replace(seed, "[cy@x.example]", "[cy@x.example, bo@x.example]", 1))
	want := desired("news", spec.Resource{})
	want.Departed = map[spec.Subject]spec.Origin{user("bo"): {Reason: "bo has left"}}
	plan, result := c.apply(t, c.open(t, "senders"), want)
	if d := cmp.Diff([]string{"revoke news sender bo@x.example"}, said(plan)); d != "" || !result.Summary.Clean() {
		t.Errorf("changes (-want +got):\n%s\nresult %+v", d, result)
	}
}

func TestModeAndSendersChangeTogether(t *testing.T) {
	c := newTenant(t, wps365emu.Options{}, seed)
	kind := &wps365.Format().Kinds[0]
	toCustom := with(desired("eng", spec.Resource{Settings: spec.Settings{}.With("senders", "custom"), Schema: kind}), "eng", roleSender, user("cy"))
	fromCustom := desired("news", spec.Resource{Settings: spec.Settings{}.With("senders", "all"), Schema: kind})
	for name, want := range map[string]spec.State{"eng": toCustom, "news": fromCustom} {
		t.Run(name, func(t *testing.T) {
			plan := c.plan(t, c.open(t, "senders"), want)
			if d := cmp.Diff([]string{"update " + name + " senders " + want.Resources[ref(name)].Settings.Get("senders") + " blocked"}, said(plan)); d != "" {
				t.Errorf("without update (-want +got):\n%s", d)
			}
			if _, result := c.apply(t, c.open(t, "senders", "update"), want); !result.Summary.Clean() {
				t.Errorf("result %+v", result)
			}
			if plan := c.plan(t, c.open(t, "senders", "update"), want); !plan.Empty() {
				t.Errorf("the second plan has %q", said(plan))
			}
		})
	}
}
