package diff_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// genForums draws a desired state of resources of both kinds, or a live one.
func genForums(t *rapid.T, desired bool) spec.State {
	s := spec.NewState()
	s.Departed = map[spec.Subject]spec.Origin{}
	label := map[bool]string{true: "desired", false: "live"}[desired]
	draw := func(what string, words ...string) string { return rapid.SampledFrom(words).Draw(t, label+" "+what) }
	for i := range 5 {
		ref := group(fmt.Sprint("R", i))
		if draw("lists", "yes", "yes", "yes", "no") == "no" {
			continue
		}
		schema, key, words := door, "audience", []string{"everyone", "assigned"}
		if i%2 == 0 {
			schema, key, words = forum, "senders", []string{"all", "company", "member", "custom"}
		}
		word := draw(key, words...)
		r := spec.Resource{Settings: spec.Settings{}.With(key, word), Open: word == "everyone"}
		if desired {
			r.Schema, r.Ownership = schema, spec.Ownership(draw("ownership", "owned", "owned", "add-only", "ignored"))
			r.Absent = draw("absent", "no", "no", "no", "yes") == "yes"
		} else {
			r.Uncounted, r.Incomplete = draw("uncounted", "", "", "hidden"), draw("incomplete", "", "", "cut")
		}
		s.Resources[ref] = r
		for _, l := range schema.Lists {
			for _, who := range rapid.SliceOfDistinct(rapid.IntRange(0, 5), rapid.ID[int]).Draw(t, label+" "+l.Key) {
				g := spec.Grant{Resource: ref, Role: l.Role, Subject: address(fmt.Sprint("u", who))}
				switch {
				case desired && r.Absent:
				case desired && draw("lapses", "no", "no", "ended", "to begin") != "no":
					how := draw("how", "ended", "overdue", "to begin")
					s.Inactive.Add(g, spec.Origin{Ended: how != "to begin", Overdue: how == "overdue"})
				default:
					s.Grants.Add(g, spec.Origin{})
				}
			}
		}
	}
	if desired && draw("somebody left", "no", "yes") == "yes" {
		s.Departed[address("u0")] = spec.Origin{}
		s.Grants = s.Grants.Where(func(g spec.Grant) bool { return g.Subject != address("u0") })
	}
	return s
}

// narrowness orders the words of the two settings from the widest.
var narrowness = map[string]int{"everyone": 0, "assigned": 1, "all": 0, "company": 1, "member": 2, "custom": 2}

// losses works out what becomes of live when changes are carried out: who holds less, and which resources are for fewer than
// before, by rules that share nothing with the package.
func losses(live spec.State, changes []diff.Change) (people map[spec.Grant]bool, shut map[spec.Ref]bool) {
	people, shut = map[spec.Grant]bool{}, map[spec.Ref]bool{}
	for _, c := range changes {
		ref := c.Ref(conn)
		switch {
		case c.Problem != "":
		case c.Op == diff.OpRevoke:
			people[c.Grant(conn)] = true
		case c.Op == diff.OpDelete:
			for g := range live.Grants.All() {
				if g.Resource == ref {
					people[g] = true
				}
			}
			shut[ref] = shut[ref] || live.Resources[ref].Open
		case c.Op == diff.OpUpdate:
			was, is := live.Resources[ref].Settings.Get(c.Field), c.To
			strangers := is == "company" && (was == "member" || was == "custom") // all whom this test lists are such
			shut[ref] = narrowness[is] > narrowness[was] || narrowness[is] == narrowness[was] && is != was || strangers
		}
	}
	return people, shut
}

// Whatever a plan takes is counted, once, and nothing else: the numbers that rules go by are those of what live really loses.
// Add-only loses only what the file ended and what people hold who left; nothing uncounted goes.
func TestLaw13NoTakingUnseen(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		desired, live := genForums(t, true), diff.Live{State: genForums(t, false)}
		changes := diff.Compute(desired, live, diff.Resending{})
		people, shut := losses(live.State, changes)
		counted, everybody := map[spec.Grant]bool{}, map[spec.Ref]bool{}
		ended, lost := 0, 0
		for _, taken := range diff.Takings(conn, desired, changes, live) {
			g := spec.Grant{Resource: taken.Resource, Subject: taken.Subject, Role: taken.Role}
			switch {
			case taken.Subject == spec.Subject{}:
				everybody[taken.Resource] = true
				continue
			case taken.Cause == diff.Narrowed: // of members who may not write any more, whom the list shows
				everybody[taken.Resource] = true
			default:
				counted[g] = true
			}
			if taken.Cause == diff.Ended {
				ended++
			} else {
				lost++
			}
			if r := desired.Resources[taken.Resource]; r.Ownership == spec.AddOnly && !r.Absent && taken.Cause != diff.Ended && taken.Cause != diff.Overdue && taken.Cause != diff.HolderLeft {
				t.Fatalf("%+v on add-only", taken)
			}
			if live.Resources[taken.Resource].Incomplete != "" {
				t.Fatalf("%+v though the list is cut", taken)
			}
		}
		if d := cmp.Diff(people, counted); d != "" {
			t.Fatalf("people who lose (-really +counted):\n%s", d)
		}
		for ref := range everybody {
			if !shut[ref] {
				t.Fatalf("%s takes from everybody, and is no narrower", ref)
			}
		}
		unseen := false
		for ref, is := range shut {
			unseen = unseen || is && !everybody[ref] && !allKeep(desired, live.State, ref)
		}
		if unseen {
			t.Fatalf("%v is narrower, and only %v is counted", shut, everybody)
		}
		judgeNumbers(t, desired, live, changes, ended, lost)
	})
}

// allKeep says whether all members may still write after member became custom, or company.
func allKeep(desired, live spec.State, ref spec.Ref) bool {
	for g := range live.Grants.All() {
		if g.Resource == ref && g.Role == spec.RoleMember && !desired.Grants.Has(spec.Grant{Resource: ref, Subject: g.Subject, Role: roleSender}) {
			return false
		}
	}
	return live.Resources[ref].Settings.Get("senders") == "member"
}

// judgeNumbers holds the numbers of rules against what was counted, and protects everybody in turn.
func judgeNumbers(t *rapid.T, desired spec.State, live diff.Live, changes []diff.Change, ended, lost int) {
	rules := off(func(r *spec.Rules) { r.MaxRevokes, r.MaxExpiries = spec.Limit{}, spec.Limit{} })
	takings := diff.Takings(conn, desired, changes, live)
	all := slices.ContainsFunc(takings, func(taken diff.Taking) bool { return taken.Subject == spec.Subject{} })
	have := map[string]int{}
	for _, v := range diff.Check(conn, rules, desired, changes, nil, live) {
		have[v.Rule] = v.Have
	}
	if want := map[bool]int{true: diff.Everybody, false: lost}[all]; have[diff.RuleMaxRevokes] != want || have[diff.RuleMaxExpiries] != ended {
		t.Fatalf("rules count %v, want %d and %d ends", have, want, ended)
	}
	for _, who := range []string{"u0", "u1", "u2"} {
		rules := off(func(r *spec.Rules) { r.Protected = []spec.Protection{{Subject: address(who)}} })
		guarded := slices.ContainsFunc(diff.Check(conn, rules, desired, changes, nil, live), func(v diff.Violation) bool { return v.Rule == diff.RuleProtected })
		for _, taken := range takings {
			if taken.Subject == address(who) && !guarded {
				t.Fatalf("%s is protected and loses %+v", who, taken)
			}
		}
	}
}
