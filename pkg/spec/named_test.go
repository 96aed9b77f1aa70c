package spec

import (
	"testing"
	"time"
)

// States say of people and resources what no single grant says: whom the file knows at a connection, by which address else, and what
// it lists, also where the state is cut.
func TestStatesTellWhomTheFileKnows(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "a.yaml", namesFile(`{name: bob, account: bob.lee, email: Bob@corp.example}, {name: eve}`)+`
appGroups: [{name: G, in: w, grants: [{to: [bob]}]}, {name: H, in: w, grants: [{to: [eve]}]}]
mailGroups: [{address: g@corp.example, in: m, owner: bob, members: [bob]}]
`)
	s, err := Load(input("a.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	cloud, mail := s.Desired(time.Time{})["w"], s.Desired(time.Time{})["m"]
	bob, mailed := Subject{SubjectUser, "bob.lee", "local.com"}, Subject{Kind: SubjectUser, Name: "bob@corp.example"}
	if !cloud.Known[bob] || !mail.Known[mailed] || cloud.Addresses[bob] != "bob@corp.example" || mail.Addresses[mailed] != "" {
		t.Errorf("known %v and %v, addresses %v and %v", cloud.Known, mail.Known, cloud.Addresses, mail.Addresses)
	}
	g, h := Ref{"w", "app-group", "G"}, Ref{"w", "app-group", "H"}
	part := cloud.Where(func(ref Ref) bool { return ref == g })
	if len(part.Resources) != 1 || !part.Listed[g] || !part.Listed[h] || part.Addresses[bob] == "" {
		t.Errorf("listed %v", part.Listed)
	}
}
