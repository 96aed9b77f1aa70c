package diff_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// door is a kind of resources that can be open to everyone or to those who are listed.
var door = &spec.KindSchema{Kind: group("").Kind, Ownership: true, Delete: true,
	Settings: []spec.Setting{{Key: "audience", Words: []string{"assigned", "everyone"}, Implied: "assigned", Opens: "everyone",
		Reach: &spec.Reach{Role: spec.RoleAccess, Words: []string{"everyone", "assigned"}, Lists: map[string]spec.Role{"assigned": spec.RoleAccess}}}},
	Lists: []spec.List{{Key: "grants", Role: spec.RoleAccess, Takes: []spec.SubjectKind{spec.SubjectUser, spec.SubjectUserGroup}}}}

// forum is a kind with members, and with words for who may write.
var forum = &spec.KindSchema{Kind: group("").Kind, Ownership: true, Delete: true,
	Settings: []spec.Setting{
		{Key: "owner", User: true, Reach: &spec.Reach{Role: "owner"}},
		{Key: "senders", Reach: &spec.Reach{Role: roleSender, Words: []string{"all", "company", "member", "custom"},
			Lists:  map[string]spec.Role{"member": spec.RoleMember, "custom": roleSender},
			Within: map[string][]spec.SubjectKind{"company": {spec.SubjectUser, spec.SubjectDepartment}}}},
	},
	Lists: []spec.List{
		{Key: "members", Role: spec.RoleMember, Takes: []spec.SubjectKind{spec.SubjectUser, spec.SubjectDepartment, spec.SubjectAddress}},
		{Key: "allowedSenders", Role: roleSender, Takes: []spec.SubjectKind{spec.SubjectUser, spec.SubjectDepartment, spec.SubjectAddress},
			When: &spec.When{Setting: "senders", Word: "custom"}},
	}}

// off are rules that let everything pass but what a case sets.
func off(set func(*spec.Rules)) spec.Rules {
	no := spec.Limit{Off: true}
	r := spec.Rules{MaxRevokes: no, MaxRevokeShare: no, MaxRevokeShareResource: no, MaxExpiries: no, MaxMails: no}
	set(&r)
	return r
}

// a state of one resource named X: its settings and, by role, who holds it.
type one struct {
	schema    *spec.KindSchema
	settings  [2]string // key and value
	implied   bool      // nobody wrote it
	open      bool
	ownership spec.Ownership
	absent    bool
	uncounted string
	holders   map[spec.Role][]spec.Subject
}

func (o one) state() spec.State {
	s := spec.NewState()
	r := spec.Resource{Schema: o.schema, Open: o.open, Ownership: o.ownership, Absent: o.absent, Uncounted: o.uncounted}
	if o.settings[0] != "" && o.implied {
		r.Implied = r.Implied.With(o.settings[0], o.settings[1])
	} else if o.settings[0] != "" {
		r.Settings = r.Settings.With(o.settings[0], o.settings[1])
	}
	s.Resources[group("X")] = r
	for role, subjects := range o.holders {
		for _, subject := range subjects {
			s.Grants.Add(spec.Grant{Resource: group("X"), Role: role, Subject: subject}, spec.Origin{})
		}
	}
	return s
}

func address(name string) spec.Subject {
	return spec.Subject{Kind: spec.SubjectAddress, Name: name + "@corp.example"}
}

func broken(rules spec.Rules, desired spec.State, live diff.Live) (lines []string) {
	for _, v := range diff.Check(conn, rules, desired, diff.Compute(desired, live, diff.Resending{}), nil, live) {
		have := fmt.Sprint(v.Have)
		if v.Have == diff.Everybody {
			have = "everybody"
		}
		lines = append(lines, fmt.Sprintf("%s %s>%d %s", v.Rule, have, v.Limit, v.On))
	}
	return lines
}

// What is open to everyone and is closed takes from as many as there are; what closes nobody wrote, and what is add-only, is
// blocked instead, and so is all that would only count afterwards.
func TestClosingTakesFromEverybody(t *testing.T) {
	boss, ann := person("boss"), person("ann")
	open := one{settings: [2]string{"audience", "everyone"}, open: true}.state()
	strict := off(func(r *spec.Rules) {
		*r = spec.DefaultRules
		r.Protected = []spec.Protection{{Subject: boss}, {Subject: person("ann")}, {Subject: spec.Subject{Kind: spec.SubjectDepartment, Name: "Design"}}}
		r.RequireSelf = []spec.Protection{{Subject: person("robot")}}
		r.MinMembers = []spec.MinMembers{{Kind: door.Kind, Name: "*", Count: 2}}
	})
	for _, tc := range []struct {
		name    string
		desired one
		changes []string
		rules   []string
	}{
		{"owned, written", one{schema: door, settings: [2]string{"audience", "assigned"}, ownership: spec.Owned, holders: map[spec.Role][]spec.Subject{spec.RoleAccess: {ann}}},
			[]string{"update X audience:everyone>assigned", "grant X/ann"},
			[]string{"max-revokes everybody>25 ", "max-revoke-share 100>20 ", "max-revoke-share-resource 100>50 app-group/X",
				"protected 1>0 app-group/X boss@local.com", "require-self 1>0 app-group/X robot@local.com", "min-members 1>2 app-group/X"}},
		{"owned, not written", one{schema: door, settings: [2]string{"audience", "assigned"}, implied: true, ownership: spec.Owned, holders: map[spec.Role][]spec.Subject{spec.RoleAccess: {ann}}},
			[]string{"update X audience:everyone>assigned !"}, nil},
		{"add-only, written", one{schema: door, settings: [2]string{"audience", "assigned"}, ownership: spec.AddOnly, holders: map[spec.Role][]spec.Subject{spec.RoleAccess: {ann}}},
			[]string{"update X audience:everyone>assigned !"}, nil},
		{"add-only, not written", one{schema: door, settings: [2]string{"audience", "assigned"}, implied: true, ownership: spec.AddOnly, holders: map[spec.Role][]spec.Subject{spec.RoleAccess: {ann}}},
			[]string{"update X audience:everyone>assigned !"}, nil},
		{"ignored", one{schema: door, settings: [2]string{"audience", "assigned"}, ownership: spec.Ignored}, nil, nil},
		{"nobody is left", one{schema: door, settings: [2]string{"audience", "assigned"}, ownership: spec.Owned},
			[]string{"update X audience:everyone>assigned"},
			[]string{"max-revokes everybody>25 ", "max-revoke-share 100>20 ", "max-revoke-share-resource 100>50 app-group/X", "empty-spec 0>1 ",
				"protected 1>0 app-group/X boss@local.com", "protected 1>0 app-group/X ann@local.com", "require-self 1>0 app-group/X robot@local.com", "min-members 0>2 app-group/X"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			desired, live := tc.desired.state(), diff.Live{State: open}
			if d := cmp.Diff(tc.changes, short(diff.Compute(desired, live, diff.Resending{}))); d != "" {
				t.Errorf("changes (-want +got):\n%s", d)
			}
			if d := cmp.Diff(tc.rules, broken(strict, desired, live)); d != "" {
				t.Errorf("rules (-want +got):\n%s", d)
			}
		})
	}
}

// Words that let in fewer take a role from all whom nobody can count, and from those alone who lose it where a list shows them.
func TestNarrowerSenders(t *testing.T) {
	boss, ann := address("boss"), address("ann")
	members := map[spec.Role][]spec.Subject{spec.RoleMember: {boss, ann}}
	protecting := off(func(r *spec.Rules) {
		r.MaxRevokes = spec.Limit{}
		r.Protected = []spec.Protection{{Subject: spec.Subject{Kind: spec.SubjectUser, Name: "boss"}, Literal: true}}
	})
	for _, tc := range []struct {
		from, to  string
		have      map[spec.Role][]spec.Subject
		want      map[spec.Role][]spec.Subject
		uncounted string
		broken    []string
	}{
		{from: "all", to: "company", have: members, want: members, broken: []string{"max-revokes everybody>0 ", "protected 1>0 app-group/X boss"}},
		{from: "company", to: "member", have: members, want: members, broken: []string{"max-revokes everybody>0 "}},
		{from: "company", to: "member", have: members, want: members, uncounted: "hidden", broken: []string{"max-revokes everybody>0 ", "protected 1>0 app-group/X boss"}},
		{from: "company", to: "custom", broken: []string{"max-revokes everybody>0 ", "protected 1>0 app-group/X boss"}},
		{from: "company", to: "custom", want: map[spec.Role][]spec.Subject{roleSender: {boss}}, broken: []string{"max-revokes everybody>0 "}},
		{from: "custom", to: "member", broken: []string{"max-revokes everybody>0 ", "protected 1>0 app-group/X boss"}},
		{from: "custom", to: "member", have: members, want: members, broken: []string{"max-revokes everybody>0 "}},
		{from: "member", to: "custom", have: members, want: members, broken: []string{"max-revokes 2>0 ", "protected 1>0 app-group/X boss@corp.example"}},
		{from: "member", to: "custom", have: members, want: map[spec.Role][]spec.Subject{spec.RoleMember: {boss, ann}, roleSender: {boss}}, broken: []string{"max-revokes 1>0 "}},
		{from: "custom", to: "company", broken: []string{"max-revokes everybody>0 "}}, // strangers whom it let in
		{from: "member", to: "company", have: members, want: members, broken: []string{"max-revokes 2>0 ", "protected 1>0 app-group/X boss@corp.example"}},
		{from: "member", to: "company", have: map[spec.Role][]spec.Subject{spec.RoleMember: {person("boss"), ann}},
			want: map[spec.Role][]spec.Subject{spec.RoleMember: {person("boss"), ann}}, broken: []string{"max-revokes 1>0 "}},
		{from: "custom", to: "all"}, {from: "member", to: "all"}, {from: "custom", to: "custom"},
		{from: "unheard-of", to: "company", broken: []string{"max-revokes everybody>0 ", "protected 1>0 app-group/X boss"}},
	} {
		t.Run(tc.from+" to "+tc.to, func(t *testing.T) {
			live := diff.Live{State: one{settings: [2]string{"senders", tc.from}, holders: tc.have, uncounted: tc.uncounted}.state()}
			desired := one{schema: forum, settings: [2]string{"senders", tc.to}, ownership: spec.Owned, holders: tc.want}.state()
			if d := cmp.Diff(tc.broken, broken(protecting, desired, live)); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
			narrowed := len(tc.broken) > 0
			added := one{schema: forum, settings: [2]string{"senders", tc.to}, ownership: spec.AddOnly, holders: tc.want}.state()
			for _, c := range diff.Compute(added, live, diff.Resending{}) {
				if (c.Op == diff.OpUpdate) && (c.Problem != "") != narrowed {
					t.Errorf("on add-only: %+v", c)
				}
				if narrowed && c.Role == roleSender {
					t.Errorf("senders are granted where the group is for others: %+v", c)
				}
			}
		})
	}
}

// An owner who is replaced loses what owners may do.
func TestOwnersAreTakenFrom(t *testing.T) {
	live := diff.Live{State: one{settings: [2]string{"owner", "boss@corp.example"}}.state()}
	rules := off(func(r *spec.Rules) {
		r.Protected = []spec.Protection{{Subject: spec.Subject{Kind: spec.SubjectUser, Name: "boss"}, Literal: true}}
	})
	desired := one{schema: forum, settings: [2]string{"owner", "ann@corp.example"}, ownership: spec.Owned}
	if d := cmp.Diff([]string{"protected 1>0 app-group/X boss@corp.example"}, broken(rules, desired.state(), live)); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	desired.ownership = spec.AddOnly
	state := desired.state()
	if d := cmp.Diff([]string{"update X owner:boss@corp.example>ann@corp.example !"}, short(diff.Compute(state, live, diff.Resending{}))); d != "" {
		t.Errorf("add-only (-want +got):\n%s", d)
	}
	state.Departed = map[spec.Subject]spec.Origin{{Kind: spec.SubjectUser, Name: "boss@corp.example"}: {}}
	if d := cmp.Diff([]string{"update X owner:boss@corp.example>ann@corp.example"}, short(diff.Compute(state, live, diff.Resending{}))); d != "" {
		t.Errorf("of one who left (-want +got):\n%s", d)
	}
}

// What can't be counted is not deleted, and nothing is narrowed where a list could not be read whole.
func TestWhatCantBeCountedIsNotTaken(t *testing.T) {
	live := one{uncounted: "its members can't be read"}.state()
	changes := diff.Compute(one{absent: true, ownership: spec.Owned}.state(), diff.Live{State: live}, diff.Resending{})
	if d := cmp.Diff([]string{"delete X !"}, short(changes)); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	live = one{settings: [2]string{"senders", "company"}}.state()
	r := live.Resources[group("X")]
	r.Incomplete = "cut"
	live.Resources[group("X")] = r
	changes = diff.Compute(one{schema: forum, settings: [2]string{"senders", "member"}, ownership: spec.Owned}.state(), diff.Live{State: live}, diff.Resending{})
	if d := cmp.Diff([]string(nil), short(changes)); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

// Protection is for a person under every name that live shows for them.
func TestProtectedUnderEveryName(t *testing.T) {
	live := diff.Live{State: one{holders: map[spec.Role][]spec.Subject{spec.RoleMember: {address("b.oss"), address("ann")}}}.state(),
		Names: map[spec.Subject][]string{address("b.oss"): {"Boss@corp.example", "id-7"}}}
	desired := one{schema: forum, ownership: spec.Owned, holders: map[spec.Role][]spec.Subject{spec.RoleMember: {address("ann")}}}.state()
	for _, p := range []spec.Protection{{Subject: spec.Subject{Kind: spec.SubjectUser, Name: "boss"}, Literal: true}, {Subject: address("boss")},
		{Subject: address("B.OSS")}, {Subject: spec.Subject{Kind: spec.SubjectAddress, Name: "id-7"}}} {
		if got := broken(off(func(r *spec.Rules) { r.Protected = []spec.Protection{p} }), desired, live); len(got) != 1 {
			t.Errorf("%+v: %q", p, got)
		}
	}
}

// A minimum is of people who hold the role that a resource is for, each once.
func TestMinMembersCountsPeople(t *testing.T) {
	ada := spec.Subject{Kind: spec.SubjectUser, Name: "Ada@corp.example"}
	senders := []spec.Subject{address("x"), address("y")}
	for _, tc := range []struct {
		name       string
		have, want map[spec.Role][]spec.Subject
		absent     bool
		on         string
		count      int
		broken     []string
	}{
		{"senders are no members", map[spec.Role][]spec.Subject{spec.RoleMember: {ada}, roleSender: senders}, map[spec.Role][]spec.Subject{roleSender: senders}, false, "*", 1, []string{"min-members 0>1 app-group/X"}},
		{"taking a sender leaves the members as they are", map[spec.Role][]spec.Subject{spec.RoleMember: {ada}, roleSender: senders}, map[spec.Role][]spec.Subject{spec.RoleMember: {ada}}, false, "*", 5, nil},
		{"two names of one person", map[spec.Role][]spec.Subject{spec.RoleMember: {ada, address("ada"), address("bob")}}, map[spec.Role][]spec.Subject{spec.RoleMember: {ada, address("ada")}}, false, "X", 2, []string{"min-members 1>2 app-group/X"}},
		{"two people", map[spec.Role][]spec.Subject{spec.RoleMember: {ada, address("cy"), address("bob")}}, map[spec.Role][]spec.Subject{spec.RoleMember: {ada, address("cy")}}, false, "X", 2, nil},
		{"a name in another letter case", map[spec.Role][]spec.Subject{spec.RoleMember: {ada, address("bob")}}, map[spec.Role][]spec.Subject{spec.RoleMember: {ada}}, false, "x", 2, []string{"min-members 1>2 app-group/X"}},
		{"a named one that is empty is deleted", nil, nil, true, "X", 1, []string{"min-members 0>1 app-group/X"}},
		{"an unnamed one that is empty is deleted", nil, nil, true, "*", 1, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			desired := one{schema: forum, ownership: spec.Owned, absent: tc.absent, holders: tc.want}.state()
			rules := off(func(r *spec.Rules) {
				r.MinMembers = []spec.MinMembers{{Kind: forum.Kind, Name: tc.on, Count: tc.count}}
			})
			if d := cmp.Diff(tc.broken, broken(rules, desired, diff.Live{State: one{holders: tc.have}.state()})); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

// Ends that the file states are carried out on add-only too, and count for max-expiries alone. What is yet to begin is no end.
func TestEndsCountApart(t *testing.T) {
	live := diff.Live{State: world(crowd("CAD", 1, 40))}
	desired := world(crowd("CAD", 1, 10))
	desired.Resources[group("CAD")] = spec.Resource{Ownership: spec.AddOnly}
	for i := 11; i <= 40; i++ {
		desired.Inactive.Add(grant(group("CAD"), fmt.Sprint("u", i)), spec.Origin{Reason: "over", Ended: i <= 39})
	}
	if n := len(diff.Compute(desired, live, diff.Resending{})); n != 29 {
		t.Errorf("%d ends on add-only", n)
	}
	if got := broken(spec.DefaultRules, desired, live); got != nil {
		t.Errorf("default rules: %q", got)
	}
	rules := off(func(r *spec.Rules) { r.MaxExpiries.Off, r.MaxExpiries.Value = false, 28; r.MaxRevokes = spec.Limit{} })
	if d := cmp.Diff([]string{"max-expiries 29>28 "}, broken(rules, desired, live)); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	desired.Inactive.Add(grant(group("CAD"), "u11"), spec.Origin{Reason: "over for long", Ended: true, Overdue: true})
	if n := len(diff.Compute(desired, live, diff.Resending{})); n != 29 {
		t.Errorf("%d ends on add-only, one overdue", n)
	}
	if d := cmp.Diff([]string{"max-revokes 1>0 "}, broken(rules, desired, live)); d != "" {
		t.Errorf("overdue (-want +got):\n%s", d)
	}
	desired.Inactive.Add(grant(group("CAD"), "u11"), spec.Origin{Reason: "over", Ended: true})
	rules.Protected = []spec.Protection{{Subject: person("u20")}}
	if d := cmp.Diff([]string{"max-expiries 29>28 ", "protected 1>0 app-group/CAD u20@local.com"}, broken(rules, desired, live)); d != "" {
		t.Errorf("protected (-want +got):\n%s", d)
	}
}

// A run about a part of the files is not asked whether it empties a connection; all else holds as in a whole one.
func TestFilteredRunsAreNotAskedForAll(t *testing.T) {
	live, desired := diff.Live{State: world("CAD: a b c")}, world("CAD:")
	if d := cmp.Diff([]string{"empty-spec 0>1 "}, broken(spec.DefaultRules, desired, live)); d != "" {
		t.Errorf("whole (-want +got):\n%s", d)
	}
	rules := spec.DefaultRules
	rules.Filtered = true
	rules.MaxRevokes.Value = 2
	if d := cmp.Diff([]string{"max-revokes 3>2 "}, broken(rules, desired, live)); d != "" {
		t.Errorf("filtered (-want +got):\n%s", d)
	}
}

// An override for a number does not cover that nobody can count them.
func TestEverybodyIsWorseThanAnyNumber(t *testing.T) {
	many := diff.Override{Rule: diff.RuleMaxRevokes, Have: 999_999_999, Limit: 25}
	all := diff.Violation{Rule: diff.RuleMaxRevokes, Have: diff.Everybody, Limit: 25}
	if many.Covers(all) || !(diff.Override{Rule: diff.RuleMaxRevokes, Have: diff.Everybody, Limit: 25}).Covers(all) {
		t.Error("an override covers what is worse")
	}
}
