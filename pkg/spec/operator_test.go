package spec

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const operatorConns = "version: 1\nconnections:\n" +
	"  w: {provider: cloud, region: r, auth: {token: env:ANY_TOKEN}, endpoint: 'https://gw.corp.example:8443'}\n" +
	"  m: {provider: mailer, auth: {appId: 'file:keys/id', appKey: 'file:keys/key'}}\n"

// The operator's connections are what resources refer to; they name what they like, and their files are beside the
// operator's.
func TestOperatorHoldsConnections(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "ops/keys/id", "id")
	write(t, "ops/keys/key", "key")
	write(t, "keys/id", "another")
	write(t, "a.yaml", people+groups[11:])
	without, err := Load(Input{Paths: []string{"a.yaml"}, Formats: testFormats(), Operator: operatorOf(t, "version: 1\nconnections: {w: {provider: cloud, region: r, auth: {token: env:T}}}\n")})
	if err != nil {
		t.Fatal(err)
	}
	o := operatorOf(t, operatorConns)
	s, err := Load(Input{Paths: []string{"a.yaml"}, Formats: testFormats(), Operator: o})
	if err != nil {
		t.Fatal(err)
	}
	if s.Digest != without.Digest || s.OperatorDigest != o.Digest || o.Digest == without.OperatorDigest || s.Operator != o {
		t.Errorf("digests of files %s, %s, and of operators %s, %s", s.Digest, without.Digest, s.OperatorDigest, without.OperatorDigest)
	}
	if len(s.Connections) != 2 || s.Connections[1].Foreign[0] != "https://gw.corp.example:8443" {
		t.Fatalf("connections are %+v", s.Connections)
	}
	var asked []string
	for _, c := range s.Connections {
		secrets, err := c.Secrets(Lookup{Env: func(name string) (string, bool) { asked = append(asked, name); return "token", true }})
		if err != nil {
			t.Fatal(err)
		}
		if c.Name == "m" && (secrets["appId"].Reveal() != "id" || secrets["appKey"].Reveal() != "key") {
			t.Error("secrets are not those beside the operator's file")
		}
	}
	if !slices.Equal(asked, []string{"ANY_TOKEN"}) {
		t.Errorf("looked up %v", asked)
	}
}

// With an operator's file that has connections, even none, another file with connections is an error; without, it is not.
func TestOperatorForbidsConnections(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "a.yaml", conns)
	write(t, "b.yaml", people+groups[11:])
	for text, want := range map[string]string{
		operatorConns: "a.yaml:2:1: connections are held by the operator's file ops.yaml; remove them here, and name those there with `in:`",
		"version: 1\nconnections: {}\n": "a.yaml:2:1: connections are held by the operator's file ops.yaml; remove them here, and name those there with `in:`\n" +
			`b.yaml:4:29: unknown connection "w"; the operator's file ops.yaml holds the connections`,
		"version: 1\nrules: {max-mails: 1}\n": "",
		"version: 1\n":                        "",
	} {
		_, err := Load(Input{Paths: []string{"a.yaml", "b.yaml"}, Formats: testFormats(), Operator: operatorOf(t, text)})
		have := ""
		if err != nil {
			have = err.Error()
		}
		if diff := cmp.Diff(want, have); diff != "" {
			t.Errorf("%s%s", text, diff)
		}
	}
}

// What a plan's own --allow may lift: any rule without an operator's file, what overrides lists, and else all but the rules
// about who and what must stay.
func TestMayLift(t *testing.T) {
	const limits = "max-revokes max-revoke-share max-revoke-share-resource max-expiries max-mails max-mails-per-person people-shrink"
	for text, want := range map[string]string{
		"version: 1\n":                                         limits,
		"version: 1\noverrides: []\n":                          "",
		"version: 1\noverrides: [max-mails, protected]\n":      "max-mails protected",
		"version: 1\nrules: {protected: ['user:a']}\n":         limits,
		"version: 1\noverrides: [min-members, require-self]\n": "require-self min-members",
	} {
		o := operatorOf(t, text)
		lifts := slices.DeleteFunc(slices.Clone(ruleKeys), func(rule string) bool { return !o.MayLift(rule) })
		if have := strings.Join(lifts, " "); have != want {
			t.Errorf("%s lifts %q, want %q", text, have, want)
		}
	}
	if none := (*Operator)(nil); !none.MayLift("protected") {
		t.Error("without an operator's file protected can't be lifted")
	}
}

// The rules of an operator's file are kept with what it sets, for others to be measured by.
func TestOperatorRules(t *testing.T) {
	o := operatorOf(t, "version: 1\nrules: {max-mails: 7, protected: ['user:a'], require-self: 'user:b'}\n")
	if r := o.rules; r.MaxMails.Value != 7 || len(r.Protected) != 1 || len(r.RequireSelf) != 1 || len(r.set) != 3 {
		t.Errorf("%+v", o.rules)
	}
}

// The rules of an operator's file are floors, those that it leaves alone among them, whatever other files say.
func TestOperatorRulesAreFloors(t *testing.T) {
	t.Chdir(t.TempDir())
	const operator = "version: 1\nrules: {max-mails: 7, protected: ['user:a'], require-self: 'user:b', min-members: {'app:*': 2}}\n"
	for _, tc := range []struct{ file, want string }{
		{"version: 1\n", ""},
		{"version: 1\nrules: {max-mails: 9, max-revokes: 99, min-members: {'app:*': 1}}\n", ""},
		{"version: 1\nrules: {max-revokes: off}\n", "a.yaml:2:22: rule max-revokes can't be switched off here, since ops.yaml governs it; remove the line, or change ops.yaml"},
	} {
		write(t, "a.yaml", tc.file)
		in := input("a.yaml")
		in.Operator = operatorOf(t, operator)
		s, err := Load(in)
		if err != nil {
			if err.Error() != tc.want {
				t.Errorf("%q: error %v, want %s", tc.file, err, tc.want)
			}
			continue
		}
		r := s.Rules
		if tc.want != "" || r.MaxMails != (Limit{Value: 7}) || r.MaxRevokes != DefaultRules.MaxRevokes || len(r.Protected) != 1 || len(r.RequireSelf) != 1 ||
			len(r.MinMembers) != 1 || r.MinMembers[0].Count != 2 {
			t.Errorf("%q gives %+v", tc.file, r)
		}
	}
}
