package spec

import (
	"testing"
	"time"
)

// TestIdentityIsTheProviders proves that a provider alone says by what name it knows people, those who left included.
func TestIdentityIsTheProviders(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "a.yaml", `version: 1
connections: {d: {provider: staff, auth: {key: "env:K"}}}
users: [{name: ann, account: a1}, {name: bob, state: left}]
squads: [{name: S, in: d, leads: [ann]}]
`)
	format := testFormats()[2]
	format.Provider = "staff"
	format.Identity = func(p Person) Subject { return Subject{Kind: SubjectUser, Name: "staff/" + p.Name} }
	format.Kinds = []KindSchema{{Kind: "squad", Section: "squads", ID: ByName, Lists: []List{
		{Key: "leads", Role: "lead", Takes: []SubjectKind{SubjectUser}, Plain: true},
	}}}
	s, err := Load(Input{Paths: []string{"a.yaml"}, Formats: append(testFormats(), format)})
	if err != nil {
		t.Fatal(err)
	}
	state := s.Desired(time.Time{})["d"]
	ann := Grant{Ref{"d", "squad", "S"}, Subject{Kind: SubjectUser, Name: "staff/ann"}, "lead"}
	if !state.Grants.Has(ann) || state.Grants.Len() != 1 {
		t.Errorf("grants %v", state.Grants)
	}
	for _, name := range []string{"staff/bob", "bob"} {
		if _, ok := state.Departed[Subject{Kind: SubjectUser, Name: name}]; !ok {
			t.Errorf("%s has not left: %v", name, state.Departed)
		}
	}
}
