package spec

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const guarded = `version: 1
connections:
  w: {provider: cloud, region: r, auth: {token: env:T}}
  m: {provider: mailer, auth: {appId: env:A, appKey: env:B}}
users: [{name: a}, {name: o, email: o@x.example}, {name: gone, state: left}, {name: past, state: left}]
appGroups:
  - {name: G, in: w, grants: [{to: [a]}]}
  - {name: Add, in: w, ownership: add-only, grants: [{to: [a]}]}
  - {name: Watched, in: w, ownership: ignored, grants: [{to: [a]}]}
  - {name: Dropped, in: w, grants: [{to: [a]}]}
apps: [{name: X, in: w, audience: assigned, grants: [{to: [a]}]}]
mailGroups: [{address: g@x.example, in: m, senders: member, members: [o]}]
rules:
  max-revokes: 5
  max-revoke-share: 10%
  max-mails: 7
  protected: [user:a, 'app-group:G/group:V']
  require-self: user:o
  min-members: {"app-group:*": 2, "mail-group:*": 1}
teams: {t: [a], u: [o]}
reviewers: {app-group/G: [erin, dave], team:t: [dave], "*": [sec]}
`

// What guards access in earlier files and not, or less, in later ones is told with both lines; what guards it more is not.
func TestWeakened(t *testing.T) {
	for _, tc := range []struct {
		reason, old, new string
		want             string
	}{
		{"nothing", "", "", ""},
		{"lines move", "users: [{name: a}", "# a line\nusers: [{name: a}", ""},
		{"a higher limit", "max-revokes: 5", "max-revokes: 50", "rule max-revokes: 5 -> 50 (14, was 14)"},
		{"a lower limit", "max-revokes: 5", "max-revokes: 4", ""},
		{"a limit that is off", "share: 10%", "share: off", "rule max-revoke-share: 10% -> off (15, was 15)"},
		{"a limit that is gone", "  max-mails: 7\n", "", "rule max-mails: 7 -> 500 (was 16)"},
		{"no protection", "protected: [user:a, 'app-group:G/group:V']", "protected: []", "protected app-group:G/group:V:  -> (was 17); protected user:a:  -> (was 17)"},
		{"a narrower protection", "protected: [user:a,", "protected: ['app-group:G/user:a',", "protected user:a:  -> (was 17)"},
		{"another self", "require-self: user:o", "require-self: user:a", "require-self user:o:  -> (was 18)"},
		{"fewer members", `"app-group:*": 2, "mail-group:*": 1`, `"app-group:*": 1`, "min-members app-group:*: 2 -> 1 (19, was 19); min-members mail-group:*: 1 -> (was 19)"},
		{"a person of another account", "{name: a}", "{name: a, account: z}", ""},
		{"a setting that opens", "audience: assigned, grants: [{to: [a]}]", "audience: everyone", ""}, // the made-up kind has no reach
		{"a resource goes", "  - {name: Dropped, in: w, grants: [{to: [a]}]}\n", "", "resource w app-group/Dropped:  -> (was 10)"},
		{"a resource has another name, as the files say", "{name: Dropped, in: w,", "{name: Other, previously: Dropped, ownership: add-only, in: w,", "ownership w app-group/Dropped: owned -> add-only (10, was 10)"},
		{"a watched one goes", "  - {name: Watched, in: w, ownership: ignored, grants: [{to: [a]}]}\n", "", ""},
		{"a resource is to be deleted", "{name: Dropped, in: w, grants: [{to: [a]}]}", "{name: Dropped, in: w, state: absent}", ""},
		{"less ownership", "{name: G, in: w,", "{name: G, in: w, ownership: add-only,", "ownership w app-group/G: owned -> add-only (7, was 7)"},
		{"more ownership", "ownership: add-only, ", "", "ownership w app-group/Add: add-only -> owned (8, was 8)"},
		{"somebody is back", "{name: gone, state: left}", "{name: gone}", "left gone:  -> active (5, was 5)"},
		{"somebody who left is forgotten", "{name: gone, state: left}, ", "", "left gone:  -> (was 5)"},
		{"somebody who left is known by another name", "{name: gone, state: left}", "{name: gone, account: z, state: left}", "left gone as gone:  -> (5, was 5)"},
		{"others decide", "[erin, dave]", "[mallory, dave]", "reviewers app-group/G: dave, erin -> dave, mallory (21, was 21)"},
		{"one more decides", "team:t: [dave]", "team:t: [dave, mallory]", "reviewers team:t: dave -> dave, mallory (21, was 21)"},
		{"the same decide", "[erin, dave]", "[dave, erin]", ""},
		{"nobody decides by itself", `, "*": [sec]`, "", "reviewers *: sec -> (was 21)"},
		{"somebody decides in the place of others", `"*": [sec]`, `"*": [sec], app-group/Add: [mallory]`, "reviewers app-group/Add: by team -> mallory (21)"},
		{"nobody decides in the place of others", `"*": [sec]`, `"*": [sec], team:u: []`, "reviewers team:u: by team -> (21)"},
		{"a team goes, and its reviewers", "t: [a], u: [o]}\nreviewers: {app-group/G: [erin, dave], team:t: [dave],", "u: [o]}\nreviewers: {app-group/G: [erin, dave],", ""},
		{"a new resource has its own", "  - {name: Dropped,", "  - {name: New, in: w}\n  - {name: Dropped,", ""},
		{"another region", "region: r", "region: s", "connection w region: r -> s (3, was 3)"},
		{"another credential", "token: env:T", "token: env:U", "connection w token: env:T -> env:U (3, was 3)"},
		{"more calls", "appKey: env:B}", "appKey: env:B}, experimental: [members]", "connection m experimental:  -> members (4, was 4)"},
	} {
		var got []string
		for _, w := range Weakened(fromText(t, guarded), fromText(t, strings.Replace(guarded, tc.old, tc.new, 1))) {
			at := []string{}
			for _, line := range []string{w.Source, w.Was} {
				if _, n, ok := strings.Cut(line, ":"); ok && line == w.Was {
					at = append(at, "was "+n)
				} else if ok {
					at = append(at, n)
				}
			}
			if w.Source != "" && w.Source == w.Was {
				at = []string{at[0][len("was "):], at[1]}
			}
			got = append(got, strings.ReplaceAll(fmt.Sprintf("%s %s: %s -> %s (%s)", w.What, w.On, w.From, w.To, strings.Join(at, ", ")), "->  (", "-> ("))
		}
		if d := cmp.Diff(tc.want, strings.Join(got, "; ")); d != "" {
			t.Errorf("%s (-want +got):\n%s", tc.reason, d)
		}
	}
}

func fromText(t *testing.T, text string) *Spec {
	t.Helper()
	s, err := Load(Input{Paths: []string{"-"}, Formats: testFormats(), Stdin: []byte(text)})
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return s
}
