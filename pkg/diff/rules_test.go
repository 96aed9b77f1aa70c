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
		{"self", "who runs us stays", with(func(r *spec.Rules) { r.RequireSelf = &spec.Protection{Subject: person("ci-bot")} }),
			world("CAD: a ci-bot"), world("CAD: a"), []string{"require-self 1>0 app-group/CAD ci-bot@local.com"}},
		{"members", "too few are left", with(func(r *spec.Rules) {
			r.MinMembers = []spec.MinMembers{{Kind: spec.KindAppGroup, Name: "*", Count: 2}}
		}), world("CAD: a b c", "X: a"), world("CAD: a", "X: a"), []string{"min-members 1>2 app-group/CAD"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			live := diff.Live{State: tc.live}
			var got []string
			for _, v := range diff.Check(conn, tc.rules, diff.Compute(tc.desired, live, diff.Resending{}), live) {
				got = append(got, fmt.Sprintf("%s %d>%d %s", v.Rule, v.Have, v.Limit, v.On))
			}
			if d := cmp.Diff(tc.want, got); d != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, d)
			}
		})
	}
}

func TestCheckCountsDeletesAndMails(t *testing.T) {
	live := diff.Live{State: world(crowd("CAD", 1, 30), "X: a"), Mails: func(diff.Change) int { return 3 }}
	desired := world("CAD:", "X: a b")
	desired.Resources[group("CAD")] = spec.Resource{Absent: true}
	rules := spec.DefaultRules
	rules.MaxMails.Value = 2
	got := diff.Check(conn, rules, diff.Compute(desired, live, diff.Resending{}), live)
	want := []diff.Violation{{Rule: "max-revokes", Have: 30, Limit: 25}, {Rule: "max-revoke-share", Have: 97, Limit: 20},
		{Rule: "max-revoke-share-resource", Have: 100, Limit: 50, On: "app-group/CAD"}, {Rule: "max-mails", Have: 6, Limit: 2}}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

// A plan holds what it makes things with and whom it mails; a file that says otherwise by now makes it stale.
func TestContradictions(t *testing.T) {
	account, list := spec.Ref{Connection: conn, Kind: spec.KindAccount, Name: "billing"}, spec.Ref{Connection: conn, Kind: spec.KindMailGroup, Name: "cad@corp.example"}
	files := func(email, owner string) spec.State {
		s := spec.NewState()
		s.Resources[account] = spec.Resource{AccountType: "cloud", Email: email}
		s.Resources[list] = spec.Resource{Owner: owner, Senders: spec.SendersCompany}
		return s
	}
	live := diff.Live{State: spec.NewState()}
	live.Resources[account] = spec.Resource{AccountType: "resource"}
	reviewed := files("billing@corp.example", "alice@corp.example")
	part := diff.Part{Name: conn, Changes: diff.Compute(reviewed, live, diff.Resending{})}
	for _, tc := range []struct {
		name    string
		desired spec.State
		want    int
	}{
		{"as reviewed", reviewed, 0},
		{"another address", files("attacker@evil.example", "alice@corp.example"), 1},
		{"another owner", files("billing@corp.example", "bob@corp.example"), 1},
		{"nothing any more", spec.NewState(), 2},
	} {
		if got := diff.Contradictions(part, tc.desired); len(got) != tc.want {
			t.Errorf("%s: %q, want %d", tc.name, got, tc.want)
		}
	}
}
