package spec

import (
	"fmt"
	"testing"
)

// TestTwoPeopleOfOneName proves that people whom a connection takes for one person are not both given something there.
func TestTwoPeopleOfOneName(t *testing.T) {
	t.Chdir(t.TempDir())
	const head = `version: 1
connections: {m: {provider: mailer, auth: {appId: "env:K", appKey: "env:B"}}, c: {provider: cloud, region: r1, auth: {token: "env:A"}}}
users:
  - {name: ann, email: a@corp.example}
  - {name: ben, email: A@corp.example%s}
teams: {all: [ann, ben], one: [ben]}
`
	const clash, odd = `error a.yaml:5:12: user "ben" is "a@corp.example" at connection "m", as user "ann" is at a.yaml:4:12; the vendor takes them for one person; give one of them another email`,
		`warning a.yaml:5:12: user "ben" has the email of user "ann" at a.yaml:4:12; give one of them another email, or none`
	for _, tc := range []struct{ name, of, more, want string }{
		{"both in one group", "", "mailGroups: [{address: g@corp.example, in: m, members: [ann, ben]}]", clash},
		{"one in a team", "", "mailGroups: [{address: g@corp.example, in: m, members: [ann]}, {address: h@corp.example, in: m, members: [team:one]}]", clash},
		{"both in a team", "", "mailGroups: [{address: g@corp.example, in: m, members: [team:all]}]", clash},
		{"one an owner", "", "mailGroups: [{address: g@corp.example, in: m, owner: ann, members: [ben]}]", clash},
		{"only one there", "", "mailGroups: [{address: g@corp.example, in: m, members: [ann]}]", odd},
		{"elsewhere", "", "appGroups: [{name: G, in: c, grants: [{to: [ann, ben]}]}]", odd},
		{"nowhere", "", "", odd},
		{"a name of their own", ", names: {m: b@corp.example}", "mailGroups: [{address: g@corp.example, in: m, members: [ann, ben]}]", odd},
	} {
		write(t, "a.yaml", fmt.Sprintf(head, tc.of)+tc.more+"\n")
		s, err := Load(Input{Paths: []string{"a.yaml"}, Formats: testFormats()})
		got := ""
		if err != nil {
			got = "error " + err.Error()
		} else {
			for _, w := range s.Warnings {
				got += fmt.Sprint("warning ", w)
			}
		}
		if got != tc.want {
			t.Errorf("%s:\n%s\nwant\n%s", tc.name, got, tc.want)
		}
	}
}
