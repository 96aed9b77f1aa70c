package spec

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const tenants = `version: 1
connections:
  corp: {provider: cloud, region: r, auth: {token: env:T}, domain: Corp.Local, platform: AD, caseFold: auto}
  plain: {provider: cloud, region: r, auth: {token: env:U}}
users:
  - {name: alice}
  - {name: bob, domain: sub.corp.local}
  - {name: carol, domain: local.com}
  - {name: dave, domain: local.com, platform: LOCAL}
  - {name: eve, state: left}
appGroups:
  - {name: CAD, in: corp, grants: [{to: [alice, bob, carol, dave, group:Designers, group:Staff@local.com]}]}
  - {name: CAD, in: plain, grants: [{to: [alice, bob, carol, dave, group:Designers]}]}
`

// A connection says of which directory its people are, and a person may say otherwise.
func TestConnectionsSayOfWhichDirectoryPeopleAre(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "a.yaml", tenants)
	s, err := Load(input("a.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	desired := s.Desired(time.Now())
	at := func(name, domain string) Subject { return Subject{Kind: SubjectUser, Name: name, Domain: domain} }
	group := func(name, domain string) Subject { return Subject{Kind: SubjectUserGroup, Name: name, Domain: domain} }
	for _, tc := range []struct {
		connection string
		holders    []Subject
		platforms  map[Subject]string
		left       Subject
	}{
		{"corp", []Subject{at("alice", "corp.local"), at("bob", "sub.corp.local"), at("carol", "local.com"), at("dave", "local.com"), group("Designers", "corp.local"), group("Staff", "local.com")},
			map[Subject]string{at("alice", "corp.local"): "AD", at("bob", "sub.corp.local"): "AD", at("dave", "local.com"): "LOCAL", at("eve", "corp.local"): "AD"}, at("eve", "corp.local")},
		{"plain", []Subject{at("alice", "local.com"), at("bob", "sub.corp.local"), at("carol", "local.com"), at("dave", "local.com"), group("Designers", "local.com")},
			map[Subject]string{at("dave", "local.com"): "LOCAL"}, at("eve", "local.com")},
	} {
		state, want := desired[tc.connection], map[Subject]bool{}
		for _, h := range tc.holders {
			want[h] = true
		}
		got := map[Subject]bool{}
		for g := range state.Grants.All() {
			got[g.Subject] = true
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s: holders (-want +got):\n%s", tc.connection, d)
		}
		if d := cmp.Diff(tc.platforms, state.Platforms); d != "" {
			t.Errorf("%s: platforms (-want +got):\n%s", tc.connection, d)
		}
		if _, gone := state.Departed[tc.left]; !gone {
			t.Errorf("%s: %s has not left, but %v", tc.connection, tc.left, state.Departed)
		}
	}
	for _, c := range s.Connections {
		if want := map[string]string{"corp": "auto"}[c.Name]; c.Settings[KeyCaseFold] != want {
			t.Errorf("%s: caseFold %q", c.Name, c.Settings[KeyCaseFold])
		}
	}
}

// What a provider has no use for is an unknown key there; words are checked, and near ones named.
func TestDirectoryKeysAreOfTheProviderThatHasThem(t *testing.T) {
	const head = "version: 1\nconnections:\n  a: "
	for _, tc := range []struct{ text, says string }{
		{head + "{provider: mailer, auth: {appId: env:A, appKey: env:B}, domain: corp.local}", `unknown key "domain"`},
		{head + "{provider: mailer, auth: {appId: env:A, appKey: env:B}, platform: AD}", `unknown key "platform"`},
		{head + "{provider: mailer, auth: {appId: env:A, appKey: env:B}, caseFold: true}", `unknown key "caseFold"`},
		{head + "{provider: cloud, region: r, auth: {token: env:T}, platform: ad}", `unknown platform "ad"; did you mean "AD"?`},
		{head + "{provider: cloud, region: r, auth: {token: env:T}, domain: a@b}", `domain "a@b" holds more than a domain`},
		{head + "{provider: cloud, region: r, auth: {token: env:T}, caseFold: aut}", `did you mean "auto"?`},
		{head + "{provider: cloud, region: r, auth: {token: env:T}, casefold: auto}", `did you mean "caseFold"?`},
		{head + "{provider: cloud, region: r, auth: {token: env:T}}\n  b: {provider: cloud, region: r, auth: {token: env:T}, domain: corp.local, caseFold: true}", `has the credentials and settings of connection "a"`},
		{"version: 1\nusers: [{name: bob, platform: LOCL}]", `did you mean "LOCAL"?`},
	} {
		t.Chdir(t.TempDir())
		write(t, "a.yaml", tc.text)
		if _, err := Load(input("a.yaml")); err == nil || !strings.Contains(err.Error(), tc.says) {
			t.Errorf("%s: %v, want %s", tc.text, err, tc.says)
		}
	}
}
