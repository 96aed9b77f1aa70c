package diff_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// mapping is what the files say of the user boss; blank: nothing. Without defined they do not know her.
type mapping struct {
	defined                bool
	account, domain, email string
	left                   bool
}

func genMapping(t *rapid.T) mapping {
	draw := func(label string, values ...string) string { return rapid.SampledFrom(values).Draw(t, label) }
	return mapping{
		defined: rapid.IntRange(0, 4).Draw(t, "defined") > 0, account: draw("account", "", "boss", "x", "Boss", "zoe"), domain: draw("domain", "", "corp.local"),
		email: draw("email", "", "y@corp.example", "boss@elsewhere.example", "zoe@corp.example"), left: rapid.Bool().Draw(t, "left"),
	}
}

// granting is a provider with the kinds that the rules name.
func granting() []spec.ProviderSchema {
	lists := []spec.List{{Key: "grants", Role: spec.RoleAccess, Takes: []spec.SubjectKind{spec.SubjectUser}}}
	return []spec.ProviderSchema{{Provider: "cloud", Kinds: []spec.KindSchema{
		{Kind: kindAppGroup, Section: "appGroups", ID: spec.ByName, Lists: lists},
		{Kind: kindMailGroup, Section: "mailGroups", ID: spec.ByAddress, Lists: lists},
	}}}
}

func (m mapping) yaml() string {
	if !m.defined {
		return ""
	}
	text := "users: [{name: boss"
	for key, value := range map[string]string{"account": m.account, "domain": m.domain, "email": m.email} {
		if value != "" {
			text += ", " + key + ": " + value
		}
	}
	if m.left {
		text += ", state: left"
	}
	return text + "}]\n"
}

// isBoss says whether a subject is the boss or somebody who may be: by the name that rules protect, whatever the files map it to, or by a
// name that they map it to, in any letter case.
func (m mapping) isBoss(s spec.Subject) bool {
	if s.Kind == spec.SubjectUserGroup {
		return false
	}
	if local, _, addressed := strings.Cut(s.Name, "@"); addressed {
		return local == "boss" || m.defined && s.Name == m.email
	}
	mapped := m.defined && strings.EqualFold(s.Name, m.account) && (m.domain == "" || m.domain == s.Domain)
	return s.Kind == spec.SubjectUser && (strings.EqualFold(s.Name, "boss") || mapped)
}

// Whatever the files map a protected user to, she keeps what she holds under the name that rules protect, and under the names
// that the files map it to.
func TestNoMappingUnprotects(t *testing.T) {
	dir := t.TempDir()
	list := spec.Ref{Connection: conn, Kind: kindMailGroup, Name: "cad@corp.example"}
	live := diff.Live{State: spec.NewState()}
	for _, ref := range []spec.Ref{group("CAD"), group("X"), list} {
		live.Resources[ref] = spec.Resource{}
		for _, name := range []string{"boss", "x", "Boss", "zoe", "y"} {
			for _, domain := range []string{"local.com", "corp.local"} {
				live.Grants.Add(spec.Grant{Resource: ref, Role: spec.RoleAccess, Subject: spec.Subject{Kind: spec.SubjectUser, Name: name, Domain: domain}}, spec.Origin{})
			}
		}
		live.Grants.Add(spec.Grant{Resource: ref, Role: spec.RoleAccess, Subject: spec.Subject{Kind: spec.SubjectUserGroup, Name: "boss", Domain: "local.com"}}, spec.Origin{})
		for _, name := range []string{"y@corp.example", "boss@corp.example", "boss@elsewhere.example", "zoe@corp.example"} {
			for _, kind := range []spec.SubjectKind{spec.SubjectUser, spec.SubjectMailbox, spec.SubjectAddress} {
				live.Grants.Add(spec.Grant{Resource: ref, Role: spec.RoleMember, Subject: spec.Subject{Kind: kind, Name: name}}, spec.Origin{})
			}
		}
	}
	desired := spec.NewState()
	var all []diff.Change
	for ref := range live.Resources {
		desired.Resources[ref] = spec.Resource{Ownership: spec.Owned}
	}
	all = diff.Compute(desired, live, diff.Resending{})
	rapid.Check(t, func(t *rapid.T) {
		m := genMapping(t)
		on := rapid.SampledFrom([]string{"", "app-group:CAD/", "mail-group:CAD@corp.example/"}).Draw(t, "on")
		rule := rapid.SampledFrom([]string{"protected: ['%suser:boss']", "require-self: '%suser:boss'"}).Draw(t, "rule")
		write := func(name, text string) {
			if err := os.WriteFile(filepath.Join(dir, name), []byte("version: 1\n"+text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		write(spec.RulesFile, "rules: {max-revokes: off, max-revoke-share: off, max-revoke-share-resource: off, "+fmt.Sprintf(rule, on)+"}\n")
		write("a.yaml", m.yaml())
		s, err := spec.Load(spec.Input{Paths: []string{dir}, Formats: granting()})
		if err != nil {
			t.Fatal(err)
		}
		var want, got []string
		for g := range live.Grants.All() {
			here := on == "" || strings.EqualFold(strings.ReplaceAll(on, ":", "/"), g.Resource.String()+"/")
			if here && m.isBoss(g.Subject) {
				want = append(want, g.Resource.String()+" "+g.Subject.String())
			}
		}
		for _, v := range diff.Check(conn, s.Rules, desired, all, nil, live) {
			if v.Rule != diff.RuleEmptySpec {
				got = append(got, v.On)
			}
		}
		slices.Sort(want)
		slices.Sort(got)
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%+v on %q (-want +got):\n%s", m, on, d)
		}
	})
}

// Pairs that a call grants again mail like others: they count for the limit and in the summary.
func TestMailsOfRegrants(t *testing.T) {
	live := diff.Live{State: world("A: a", "B: b"), Mails: func(c diff.Change) int { return map[diff.Op]int{diff.OpGrant: 1}[c.Op] }}
	desired := world("A: a b", "B: a b")
	changes := diff.Compute(desired, live, diff.Resending{})
	slack := diff.AllowanceOf(conn, desired, live, changes, spec.Packing{Regrant: 2})
	calls := []diff.Call{{Name: "one", Changes: []int{0, 1}, Extra: slack.Held}}
	rules := spec.DefaultRules
	rules.MaxMails.Value = 3
	want := []diff.Violation{{Rule: diff.RuleMaxMails, Have: 4, Limit: 3}}
	if d := cmp.Diff(want, diff.Check(conn, rules, desired, changes, calls, live)); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	plan := diff.Plan{Connections: []diff.ConnectionPlan{{Name: conn, Changes: changes, Calls: calls}}}
	if plan.Summarize(nil); plan.Summary.Mails != 4 {
		t.Errorf("%d mails in the summary", plan.Summary.Mails)
	}
}

// A protection holds however the rules and the vendor spell the name: letter case, accents, mail domains, width; and the name of
// the resource too.
func TestProtectionHoldsInAnySpelling(t *testing.T) {
	for written, shown := range map[string]string{
		"jos\u00e9": "Jose\u0301", "ada@b\u00fccher.example": "Ada@xn--bcher-kva.example", "boss": "\uff22oss", "ma\u017fter": "MASTER",
	} {
		for _, on := range []*spec.Ref{nil, {Kind: kindAppGroup, Name: "Cad"}} {
			rules := off(func(r *spec.Rules) {
				r.Protected = []spec.Protection{{Subject: spec.Subject{Kind: spec.SubjectUser, Name: written}, Resource: on, Literal: true}}
			})
			desired, live := world("CAD:"), diff.Live{State: world("CAD:")}
			live.Grants.Add(spec.Grant{Resource: group("CAD"), Role: spec.RoleAccess, Subject: person(shown)}, spec.Origin{})
			rules.Filtered = true
			if got := broken(rules, desired, live); len(got) != 1 || !strings.HasPrefix(got[0], "protected") {
				t.Errorf("%q for %q on %v: %q", written, shown, on, got)
			}
		}
	}
}
