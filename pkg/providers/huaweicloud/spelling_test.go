package huaweicloud_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/entitlectl/entitlectl/pkg/apply"
	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/provider/providertest"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// left makes states say that people left, each under these names.
func left(s spec.State, people ...[]spec.Subject) spec.State {
	s.Departed = map[spec.Subject]spec.Origin{}
	for _, names := range people {
		for _, name := range names {
			s.Departed[name] = spec.Origin{Reason: names[0].Name + " has left"}
		}
	}
	return s
}

func addOnly(s spec.State) spec.State {
	for ref, r := range s.Resources {
		r.Ownership = spec.AddOnly
		s.Resources[ref] = r
	}
	return s
}

// said are the changes of a plan, in short.
func said(p *diff.Plan) (lines []string) {
	for _, c := range p.Connections[0].Changes {
		line := strings.TrimSuffix(fmt.Sprintf("%s %s %s", c.Op, c.Resource, c.Subject), " ")
		if c.Problem != "" {
			line += ": " + c.Problem
		}
		lines = append(lines, line)
	}
	return lines
}

const respelt = `huaweicloud:
  users: [{name: Alice, email: alice@corp.example}, {name: wang.fang}, {name: bob, domain: lee.local}, {name: mlee, email: Mal@corp.example}, {name: Mallory}, {name: "jose\u0301"}]
  userGroups: [{name: Designers, members: [Alice]}]
  appGroups:
    - {name: CAD, grants: [Alice, wang.fang, group:Designers, {to: bob, domain: lee.local}, mlee, Mallory, "jose\u0301"]}
    - {name: Erp}
  apps: [{name: AutoCAD, audience: assigned, grants: [Alice, wang.fang, group:Designers, {to: bob, domain: lee.local}, mlee, Mallory, "jose\u0301"]}]
`

// A name that the directory knows in another spelling is blocked, and its holder keeps access.
func TestSpellingsAreKeptAndSaid(t *testing.T) {
	for _, on := range []spec.Ref{ref(kindAppGroup, "CAD"), ref(kindApp, "AutoCAD")} {
		c := newCloud(t, free, respelt)
		want := desired(on, user("alice"), user("wang.fnag"), group("designers"), user("bob"), user("jos\u00e9"))
		plan := providertest.Plan(t, c.Job(c.Open(t), want))
		for _, text := range []string{
			"alice@local.com is there as Alice@local.com and is kept: write it so",
			"wang.fnag@local.com is there as wang.fang@local.com and is kept",
			"group:designers@local.com is there as group:Designers@local.com and is kept",
			"bob@local.com is there as bob@lee.local and is kept",
			"jos\u00e9@local.com is there as jose\u0301@local.com and is kept",
		} {
			if !strings.Contains(strings.Join(said(plan), "\n"), text) {
				t.Errorf("%s: no row says %q in\n%s", on, text, strings.Join(said(plan), "\n"))
			}
		}
		for _, c := range plan.Connections[0].Changes {
			if c.Op == diff.OpRevoke && c.Subject.Name != "mlee" && c.Subject.Name != "Mallory" {
				t.Errorf("%s: %s loses access", on, c.Subject)
			}
		}
	}
}

// Who is listed by a wrong account keeps access where the directory shows the address that the files give.
func TestAddressesTellWhoIsMeant(t *testing.T) {
	c := newCloud(t, free, respelt)
	want := desired(ref(kindAppGroup, "CAD"), user("mallard"))
	want.Addresses = map[spec.Subject]string{user("mallard"): "mal@corp.example"}
	lines := said(providertest.Plan(t, c.Job(c.Open(t), want)))
	if len(lines) != 7 || !strings.Contains(lines[0], "mallard@local.com is there as mlee@local.com and is kept") {
		t.Errorf("%q", lines)
	}
}

// Where the directory has both spellings, they are two people; where a row has the id of the other, they are one.
func TestIDsTellSpellingsApart(t *testing.T) {
	world := `huaweicloud:
  users: [{name: alice}, {name: Alice}]
  appGroups: [{name: CAD, grants: [Alice]}]
  apps: [{name: AutoCAD, audience: assigned, grants: [Alice]}]
`
	for _, on := range []spec.Ref{ref(kindAppGroup, "CAD"), ref(kindApp, "AutoCAD")} {
		c := newCloud(t, free, world)
		plan := providertest.Plan(t, c.Job(c.Open(t), desired(on, user("alice"))))
		if d := cmp.Diff([]string{"grant " + on.Name + " alice@local.com", "revoke " + on.Name + " Alice@local.com"}, said(plan)); d != "" {
			t.Errorf("(-want +got):\n%s", d)
		}
	}
}

// Who left is found in another spelling and by an address, also where nothing else is taken; of whom nothing is found, the plan says so.
func TestLeaversAreFoundUnderTheirOtherNames(t *testing.T) {
	address := func(name string) spec.Subject { return spec.Subject{Kind: spec.SubjectAddress, Name: name} }
	mallory, mal := []spec.Subject{user("mallory")}, []spec.Subject{user("mal"), address("mal@corp.example")}
	for _, on := range []spec.Ref{ref(kindAppGroup, "CAD"), ref(kindApp, "AutoCAD")} {
		c := newCloud(t, free, respelt)
		want := left(addOnly(desired(on, user("Alice"))), mallory, mal, []spec.Subject{user("trudy")})
		plan := providertest.Plan(t, c.Job(c.Open(t), want))
		if d := cmp.Diff([]string{"revoke " + on.Name + " Mallory@local.com", "revoke " + on.Name + " mlee@local.com"}, said(plan)); d != "" {
			t.Errorf("%s (-want +got):\n%s", on, d)
		}
		notes := strings.Join(plan.Connections[0].Notes, "\n")
		if !strings.Contains(notes, "not found here: trudy;") || strings.Contains(notes, "mal") {
			t.Errorf("%s: notes %q", on, notes)
		}
		result, err := apply.Apply(t.Context(), apply.ApplyOptions{Plan: plan, Reread: true, Saved: true, Jobs: []apply.Job{c.Job(c.Open(t), want)}, Allow: diff.RuleNames})
		if err != nil || result.Summary.Done != 2 {
			t.Errorf("%s: result %+v, error %v", on, result, err)
		}
		if again := providertest.Plan(t, c.Job(c.Open(t), want)); !again.Empty() {
			t.Errorf("%s: the second plan has %q", on, said(again))
		}
	}
}

// Where the directory has both who left and somebody of a similar name, the latter stays.
func TestLeaversTakeNobodyAlong(t *testing.T) {
	c := newCloud(t, free, `huaweicloud:
  users: [{name: anna}, {name: Anna}, {name: bob}]
  appGroups: [{name: CAD, grants: [Anna]}]
  apps: [{name: AutoCAD, audience: assigned, grants: [Anna]}]
`)
	want := left(addOnly(merge(desired(ref(kindAppGroup, "CAD")), desired(ref(kindApp, "AutoCAD")))), []spec.Subject{user("anna")})
	if plan := providertest.Plan(t, c.Job(c.Open(t), want)); !plan.Empty() {
		t.Errorf("%q", said(plan))
	}
}

// The directory is asked about people who left only where one of them may still hold something, be it as a member of a group, and
// once about each.
func TestLeaversCostNoReadsWhereNobodyCanBeOne(t *testing.T) {
	const users = "/users"
	cad := ref(kindAppGroup, "CAD")
	people := []spec.Subject{user("Alice"), user("wang.fang"), {Kind: spec.SubjectUser, Name: "bob", Domain: "lee.local"}, user("mlee"), user("Mallory"), user("jose\u0301")}
	gone := []spec.Subject{user("trudy")}
	for _, tc := range []struct {
		name string
		want spec.State
		asks int
	}{
		{"nobody left", addOnly(desired(cad, people[0])), 0},
		{"all are wanted", left(desired(cad, people...), gone), 0},
		{"all others are revoked", left(desired(cad, people[:2]...), gone), 0},
		{"a group is wanted too", left(desired(cad, append(people, group("Designers"))...), gone), 1},
		{"strangers stay", left(addOnly(desired(cad, people[0])), gone), 1},
	} {
		c := newCloud(t, free, respelt)
		if _, err := c.Open(t).Read(t.Context(), providertest.All(tc.want)); err != nil {
			t.Fatal(err)
		}
		if got := c.reads()[users]; got != tc.asks {
			t.Errorf("%s: %d requests about users, want %d", tc.name, got, tc.asks)
		}
	}
}

// An app group is not made beside one of the same name in another spelling; one of a similar name is said.
func TestAppGroupsAreNotMadeBesideTheirOtherSpellings(t *testing.T) {
	for _, partial := range []bool{false, true} {
		c := newCloud(t, free, respelt)
		want := merge(desired(ref(kindAppGroup, "ERP"), user("Alice")), desired(ref(kindAppGroup, "CADD")))
		job := c.Job(c.Open(t), want)
		if partial {
			job.Targets = []string{"app-group/ERP"}
		}
		plan := providertest.Plan(t, job)
		lines, notes := said(plan), strings.Join(plan.Connections[0].Notes, "\n")
		if len(lines) != 3 || lines[0] != "create CADD" || lines[1] != `create ERP: "Erp" is there, and in no file; write it so, or rename one of the two` {
			t.Errorf("%q", lines)
		}
		if !strings.Contains(notes, `app-group/CADD: it is to be made, and "CAD", which is in no file, is there`) {
			t.Errorf("notes %q", notes)
		}
	}
	want := merge(desired(ref(kindAppGroup, "ERP")), desired(ref(kindAppGroup, "Erp")), desired(ref(kindAppGroup, "CAD")))
	c := newCloud(t, free, respelt)
	if plan := providertest.Plan(t, c.Job(c.Open(t), addOnly(want))); len(said(plan)) != 1 || said(plan)[0] != "create ERP" {
		t.Errorf("both are in the files: %q", said(plan))
	}
}
