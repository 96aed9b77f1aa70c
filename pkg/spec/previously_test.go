package spec

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const renamed = `version: 1
connections:
  w: {provider: cloud, region: r, auth: {token: env:T}}
  m: {provider: mailer, auth: {appId: env:A, appKey: env:B}}
users:
  - {name: alice, previously: alicia, email: alice@x.example}
  - {name: bob, previously: bob.old@x.example, email: robert@x.example}
appGroups: [{name: G, previously: Old, in: w, grants: [{to: [alice]}]}]
mailGroups: [{address: g@x.example, previously: Old@x.example, in: m, members: [bob]}]
rules:
  protected: ['user:alicia', 'app-group:Old/user:bob', 'mail-group:old@x.example/group:V']
  require-self: user:bob
  min-members: {'app-group:Old': 2, 'mail-group:old@x.example': 1, 'mail-group:g@x.example': 3}
`

// What rules say of a name holds for whoever, and whatever, had it before.
func TestRulesHoldUnderBothNames(t *testing.T) {
	rules := fromText(t, renamed).Rules
	var got []string
	for _, p := range append(rules.Protected, rules.RequireSelf...) {
		got = append(got, p.text()+map[bool]string{true: " as written"}[p.Literal])
	}
	for _, m := range rules.MinMembers {
		got = append(got, fmt.Sprint(m.Kind, ":", m.Name, " ", m.Count))
	}
	for _, want := range []string{"user:alicia as written", "user:alice as written", "app-group:Old/user:bob as written", "app-group:G/user:bob as written",
		"app-group:G/user:bob.old@x.example as written", "app-group:G/user:robert@x.example", "mail-group:g@x.example/group:V", "user:bob.old@x.example as written",
		"app-group:G 2", "app-group:Old 2", "mail-group:g@x.example 3"} {
		if !slices.Contains(got, want) {
			t.Errorf("no %q in %q", want, got)
		}
	}
}

// People are who had the name before by account and, where that was an address, by that.
func TestFormerNamesAtConnections(t *testing.T) {
	desired := fromText(t, renamed).Desired(time.Time{})
	user := func(name, domain string) Subject { return Subject{SubjectUser, name, domain} }
	old := "bob.old@x.example"
	want := map[string]map[Subject][]Subject{
		"w": {user("alice", "local.com"): {user("alicia", "local.com"), user("alicia", "local.com")},
			user("bob", "local.com"): {user(old, "local.com"), user(old, "local.com"), user(old, ""), {SubjectMailbox, old, ""}, {SubjectAddress, old, ""}}},
		"m": {user("alice@x.example", ""): {user("alicia", "")},
			user("robert@x.example", ""): {user(old, ""), user(old, ""), user(old, ""), {SubjectMailbox, old, ""}, {SubjectAddress, old, ""}}},
	}
	for name, state := range desired {
		if d := cmp.Diff(want[name], state.Former); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
		if len(state.Departed) > 0 || state.Known[user("alicia", "local.com")] {
			t.Errorf("%s: %v left, %v are known", name, state.Departed, state.Known)
		}
	}
	if state := desired["w"]; !state.Listed[Ref{"w", "app-group", "Old"}] || len(state.Resources) != 1 {
		t.Errorf("listed %v, resources %v", state.Listed, state.Resources)
	}
}

// A grant follows its resource to another name, and only there; what has the name already stays.
func TestStateUnderOtherNames(t *testing.T) {
	ref := func(name string) Ref { return Ref{"w", "app-group", name} }
	s := NewState()
	for _, name := range []string{"A", "B", "C"} {
		s.Resources[ref(name)] = Resource{Previously: name}
		s.Grants.Add(Grant{Resource: ref(name), Subject: Subject{Kind: SubjectUser, Name: "of " + name}}, Origin{Reason: name})
	}
	got := s.Renamed(map[Ref]Ref{ref("A"): ref("Z"), ref("B"): ref("C"), ref("none"): ref("Y")})
	var have []string
	for g, origin := range got.Grants.All() {
		have = append(have, fmt.Sprint(g.Resource.Name, " ", g.Subject.Name, " ", origin.Reason))
	}
	slices.Sort(have)
	if want := []string{"B of B B", "C of C C", "Z of A A"}; !slices.Equal(have, want) || len(got.Resources) != 3 || got.Resources[ref("Z")].Previously != "A" {
		t.Errorf("grants %q, resources %v", have, got.Resources)
	}
	if s.Grants.CountOn(ref("A")) != 1 || s.Grants.CountOn(ref("Z")) != 0 {
		t.Error("the state itself was changed")
	}
}
