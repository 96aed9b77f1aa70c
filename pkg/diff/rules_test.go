package diff_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// crowd is "NAME: u1 … un".
func crowd(name string, from, to int) string {
	var b strings.Builder
	b.WriteString(name + ":")
	for i := from; i <= to; i++ {
		fmt.Fprintf(&b, " u%d", i)
	}
	return b.String()
}

func TestCheck(t *testing.T) {
	off := spec.Limit{Off: true}
	lax := spec.Rules{MaxRevokes: off, MaxRevokeShare: off, MaxRevokeShareResource: off, MaxMails: off}
	with := func(set func(*spec.Rules)) spec.Rules {
		r := lax
		set(&r)
		return r
	}
	cad := group("CAD")
	for _, tc := range []struct {
		name, reason  string
		rules         spec.Rules
		live, desired spec.State
		want          []string
	}{
		{"default, small", "three of ten are a third", spec.DefaultRules, world(crowd("CAD", 1, 10)), world(crowd("CAD", 1, 7)), []string{"max-revoke-share 30>20 "}},
		{"default, at the limit", "20 % is allowed", spec.DefaultRules, world(crowd("CAD", 1, 10)), world(crowd("CAD", 1, 8)), nil},
		{"default, just above", "a share is rounded up", spec.DefaultRules, world(crowd("CAD", 1, 104)), world(crowd("CAD", 1, 83)), []string{"max-revoke-share 21>20 "}},
		{"default, few", "shares of fewer than 10, or 4 on a resource, say nothing", spec.DefaultRules, world("CAD: a b c", "X: a"), world("CAD: a", "X: a"), nil},
		{"default, one resource", "more than half of a group", spec.DefaultRules, world("CAD: a b c d", "X: e"), world("CAD: a", "X: e"), []string{"max-revoke-share-resource 75>50 app-group/CAD"}},
		{"default, many", "26 are too many however large the tenant is", spec.DefaultRules, world(crowd("CAD", 1, 500)), world(crowd("CAD", 27, 500)), []string{"max-revokes 26>25 "}},
		{"empty", "nobody is left", lax, world("CAD: a b"), world("CAD:"), []string{"empty-spec 0>1 "}},
		{"moved", "others come in", lax, world("CAD: a b"), world("CAD: c"), nil},
		{"protected everywhere", "wherever it is", with(func(r *spec.Rules) {
			r.Protected = []spec.Protection{{Subject: spec.Subject{Kind: spec.SubjectUser, Name: "a"}}}
		}), world("CAD: a b", "X: a b"), world("CAD: b", "X: b"), []string{"protected 1>0 app-group/CAD a@local.com", "protected 1>0 app-group/X a@local.com"}},
		{"protected on one", "elsewhere it may go", with(func(r *spec.Rules) {
			r.Protected = []spec.Protection{{Resource: &spec.Ref{Kind: cad.Kind, Name: "CAD"}, Subject: person("a")}}
		}), world("CAD: a b", "X: a b"), world("CAD: b", "X: b"), []string{"protected 1>0 app-group/CAD a@local.com"}},
		{"self", "who runs us stays", with(func(r *spec.Rules) { r.RequireSelf = []spec.Protection{{Subject: person("ci-bot")}} }),
			world("CAD: a ci-bot"), world("CAD: a"), []string{"require-self 1>0 app-group/CAD ci-bot@local.com"}},
		{"members", "too few are left", with(func(r *spec.Rules) {
			r.MinMembers = []spec.MinMembers{{Kind: kindAppGroup, Name: "*", Count: 2}}
		}), world("CAD: a b c", "X: a"), world("CAD: a", "X: a"), []string{"min-members 1>2 app-group/CAD"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			live := diff.Live{State: tc.live}
			var got []string
			for _, v := range diff.Check(conn, tc.rules, tc.desired, diff.Compute(tc.desired, live, diff.Resending{}), nil, live) {
				got = append(got, fmt.Sprintf("%s %d>%d %s", v.Rule, v.Have, v.Limit, v.On))
			}
			if d := cmp.Diff(tc.want, got); d != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, d)
			}
		})
	}
}

// What guards a thing holds when the files no longer grant it, want it gone, or do not know it.
func TestGuardsOutliveWhatTheyGuard(t *testing.T) {
	off := spec.Limit{Off: true}
	lax := spec.Rules{MaxRevokes: off, MaxRevokeShare: off, MaxRevokeShareResource: off, MaxMails: off}
	protecting := func(p ...spec.Protection) spec.Rules { r := lax; r.Protected = p; return r }
	designers := spec.Subject{Kind: spec.SubjectUserGroup, Name: "Designers"}
	onCAD := func(s spec.Subject) spec.Protection {
		return spec.Protection{Resource: &spec.Ref{Kind: kindAppGroup, Name: "CAD"}, Subject: s}
	}
	live := world("CAD: alice bob", "X: bob")
	live.Grants.Add(spec.Grant{Resource: group("CAD"), Role: spec.RoleAccess, Subject: spec.Subject{Kind: spec.SubjectUserGroup, Name: "Designers", Domain: "local.com"}}, spec.Origin{})
	list := spec.Ref{Connection: conn, Kind: kindMailGroup, Name: "cad@corp.example"}
	live.Resources[list] = spec.Resource{}
	for _, s := range []spec.Subject{{Kind: spec.SubjectAddress, Name: "alice@corp.example"}, {Kind: spec.SubjectUser, Name: "bob@corp.example"}} {
		live.Grants.Add(spec.Grant{Resource: list, Role: spec.RoleMember, Subject: s}, spec.Origin{})
	}
	files := func(holders string, set func(*spec.State, *spec.Resource)) spec.State {
		s := world("CAD: "+holders, "X: bob")
		r := s.Resources[group("CAD")]
		set(&s, &r)
		s.Resources[group("CAD")] = r
		return s
	}
	asIs := func(*spec.State, *spec.Resource) {}
	gone := func(_ *spec.State, r *spec.Resource) { r.Absent = true }
	left := func(s *spec.State, _ *spec.Resource) {
		s.Departed = map[spec.Subject]spec.Origin{person("alice"): {Reason: "alice has left"}}
	}
	emptied := func(s *spec.State, _ *spec.Resource) { s.Resources[list] = spec.Resource{Ownership: spec.Owned} }
	for _, tc := range []struct {
		name    string
		rules   spec.Rules
		desired spec.State
		want    []string
	}{
		{"a grant line is removed", protecting(onCAD(designers)), files("alice bob", asIs), []string{"protected app-group/CAD group:Designers@local.com"}},
		{"the resource is to go", protecting(onCAD(designers)), files("", gone), []string{"protected app-group/CAD group:Designers@local.com"}},
		{"its holder left", protecting(onCAD(person("alice"))), files("bob", left), []string{"protected app-group/CAD alice@local.com"}},
		{"its holder left an add-only resource", protecting(onCAD(person("alice"))), files("bob", func(s *spec.State, r *spec.Resource) {
			left(s, r)
			r.Ownership = spec.AddOnly
		}), []string{"protected app-group/CAD alice@local.com"}},
		{"the block is removed: nothing is touched", protecting(onCAD(designers)), world("X: bob"), nil},
		{"it is ignored: nothing is touched", protecting(onCAD(designers)), files("", func(_ *spec.State, r *spec.Resource) { r.Ownership = spec.Ignored }), nil},
		{"all lists are removed: nothing is touched", protecting(onCAD(designers)), world(), nil},
		{"what is protected exists nowhere", protecting(onCAD(person("nobody")), spec.Protection{Resource: &spec.Ref{Kind: kindApp, Name: "No"}, Subject: designers}),
			files("", asIs), nil},
		{"who runs us is to go with a resource", spec.Rules{MaxRevokes: off, MaxRevokeShare: off, MaxRevokeShareResource: off, MaxMails: off,
			RequireSelf: []spec.Protection{{Subject: person("bob")}}}, files("", gone), []string{"require-self app-group/CAD bob@local.com"}},
		{"a resource that must have members is to go", spec.Rules{MaxRevokes: off, MaxRevokeShare: off, MaxRevokeShareResource: off, MaxMails: off,
			MinMembers: []spec.MinMembers{{Kind: kindAppGroup, Name: "CAD", Count: 1}, {Kind: kindAppGroup, Name: "*", Count: 1}}},
			files("", gone), []string{"min-members app-group/CAD"}},
		{"an address, whatever the vendor takes it for", protecting(spec.Protection{Subject: spec.Subject{Kind: spec.SubjectUser, Name: "alice@corp.example"}}),
			files("alice bob", emptied), []string{"protected mail-group/cad@corp.example alice@corp.example"}},
		{"a user taken out of the files", protecting(spec.Protection{Subject: spec.Subject{Kind: spec.SubjectUser, Name: "bob"}, Literal: true}),
			files("alice bob", emptied), []string{"protected mail-group/cad@corp.example bob@corp.example"}},
		{"a user in the files has the address that they say", protecting(spec.Protection{Subject: spec.Subject{Kind: spec.SubjectUser, Name: "bob"}}),
			files("alice bob", emptied), nil},
		{"all that is listed is to go", lax, func() spec.State {
			s := world("CAD:", "X:")
			emptied(&s, nil)
			for ref := range s.Resources {
				s.Resources[ref] = spec.Resource{Absent: true}
			}
			return s
		}(), []string{"empty-spec "}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			live := diff.Live{State: live}
			var got []string
			for _, v := range diff.Check(conn, tc.rules, tc.desired, diff.Compute(tc.desired, live, diff.Resending{}), nil, live) {
				got = append(got, v.Rule+" "+v.On)
			}
			if d := cmp.Diff(tc.want, got); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

// A list that could not be read whole is refused, with changes or without; where the files only watch it does not matter.
func TestIncompleteRead(t *testing.T) {
	live := world("A: a", "B: b", "C: c", "D: d")
	for _, name := range []string{"A", "B", "C"} {
		live.Resources[group(name)] = spec.Resource{Incomplete: "cut"}
	}
	desired := world("A: a", "B:", "C:", "D: d")
	desired.Resources[group("B")] = spec.Resource{Absent: true}
	desired.Resources[group("C")] = spec.Resource{Ownership: spec.Ignored}
	changes := diff.Compute(desired, diff.Live{State: live}, diff.Resending{})
	if len(changes) > 0 {
		t.Errorf("changes %q", short(changes))
	}
	want := []diff.Violation{{Rule: "incomplete-read", Have: 1, On: "app-group/A"}, {Rule: "incomplete-read", Have: 1, On: "app-group/B"}}
	if d := cmp.Diff(want, diff.Check(conn, spec.DefaultRules, desired, changes, nil, diff.Live{State: live})); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestCheckCountsDeletesAndMails(t *testing.T) {
	live := diff.Live{State: world(crowd("CAD", 1, 30), "X: a"), Mails: func(diff.Change) int { return 3 }}
	desired := world("CAD:", "X: a b")
	desired.Resources[group("CAD")] = spec.Resource{Absent: true}
	rules := spec.DefaultRules
	rules.MaxMails.Value = 2
	got := diff.Check(conn, rules, desired, diff.Compute(desired, live, diff.Resending{}), nil, live)
	want := []diff.Violation{{Rule: "max-revokes", Have: 30, Limit: 25}, {Rule: "max-revoke-share", Have: 97, Limit: 20},
		{Rule: "max-revoke-share-resource", Have: 100, Limit: 50, On: "app-group/CAD"}, {Rule: "max-mails", Have: 6, Limit: 2}}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}
