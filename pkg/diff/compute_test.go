package diff_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

const (
	conn                    = "ws"
	kindAppGroup  spec.Kind = "app-group"
	kindApp       spec.Kind = "app"
	kindMailGroup spec.Kind = "mail-group"
	kindAccount   spec.Kind = "account"
	roleSender    spec.Role = "sender"
)

func group(name string) spec.Ref {
	return spec.Ref{Connection: conn, Kind: kindAppGroup, Name: name}
}
func app(name string) spec.Ref { return spec.Ref{Connection: conn, Kind: kindApp, Name: name} }

func person(name string) spec.Subject {
	return spec.Subject{Kind: spec.SubjectUser, Name: name, Domain: "local.com"}
}

func grant(ref spec.Ref, name string) spec.Grant {
	return spec.Grant{Resource: ref, Subject: person(name), Role: spec.RoleAccess}
}

// world builds a state from lines: "RESOURCE: name name".
func world(lines ...string) spec.State {
	s := spec.NewState()
	for _, line := range lines {
		name, holders, _ := strings.Cut(line, ":")
		s.Resources[group(name)] = spec.Resource{Ownership: spec.Owned, Source: spec.Position{File: "e.yaml", Line: 3, Column: 1}}
		for _, h := range strings.Fields(holders) {
			s.Grants.Add(grant(group(name), h), spec.Origin{Source: spec.Position{File: "e.yaml", Line: 5, Column: 1}})
		}
	}
	return s
}

// short is a change in a word: "+CAD/alice".
func short(changes []diff.Change) []string {
	var out []string
	for _, c := range changes {
		text := string(c.Op) + " " + c.Resource
		if c.Subject.Name != "" {
			text += "/" + c.Subject.Name
		}
		if c.Field != "" {
			text += " " + c.Field + ":" + c.From + ">" + c.To
		}
		if c.Problem != "" {
			text += " !"
		}
		out = append(out, text)
	}
	return out
}

func TestCompute(t *testing.T) {
	with := func(s spec.State, ref spec.Ref, set func(*spec.Resource)) spec.State {
		r := s.Resources[ref]
		set(&r)
		s.Resources[ref] = r
		return s
	}
	for _, tc := range []struct {
		name, reason  string
		desired, live spec.State
		problems      map[spec.Subject]string
		want          []string
	}{
		{"equal", "nothing to do where both agree", world("CAD: a b"), world("CAD: a b"), nil, nil},
		{"both ways", "grants come before revokes", world("CAD: a c"), world("CAD: a b"), nil, []string{"grant CAD/c", "revoke CAD/b"}},
		{"new group", "a create comes before its grants", world("CAD: a"), world(), nil, []string{"create CAD", "grant CAD/a"}},
		{"unlisted", "what the files do not list is left alone", world("CAD: a"), world("CAD: a", "Other: x y"), nil, nil},
		{"add-only", "nothing is revoked", with(world("CAD: a"), group("CAD"), func(r *spec.Resource) { r.Ownership = spec.AddOnly }),
			world("CAD: b"), nil, []string{"grant CAD/a"}},
		{"ignored", "nothing is changed", with(world("CAD: a"), group("CAD"), func(r *spec.Resource) { r.Ownership = spec.Ignored }),
			world("CAD: b"), nil, nil},
		{"ignored and absent", "it is not even created", with(world("CAD: a"), group("CAD"), func(r *spec.Resource) { r.Ownership = spec.Ignored }),
			world(), nil, nil},
		{"absent", "a delete takes its grants along", with(world("CAD:"), group("CAD"), func(r *spec.Resource) { r.Absent = true }),
			world("CAD: a b"), nil, []string{"delete CAD"}},
		{"absent already", "deleting twice is nothing", with(world("CAD:"), group("CAD"), func(r *spec.Resource) { r.Absent = true }), world(), nil, nil},
		{"not whole", "nothing is granted or revoked by a list that can't be trusted", world("CAD: a"),
			with(world("CAD: b"), group("CAD"), func(r *spec.Resource) { r.Incomplete = "cut" }), nil, nil},
		{"not whole, absent", "no delete either", with(world("CAD:"), group("CAD"), func(r *spec.Resource) { r.Absent = true }),
			with(world("CAD: b"), group("CAD"), func(r *spec.Resource) { r.Incomplete = "cut" }), nil, nil},
		{"unknown subject", "it is shown as blocked", world("CAD: a ghost"), world("CAD:"), map[spec.Subject]string{person("ghost"): "no such user"},
			[]string{"grant CAD/a", "grant CAD/ghost !"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := short(diff.Compute(tc.desired, diff.Live{State: tc.live, UnknownSubjects: tc.problems}, diff.Resending{}))
			if d := cmp.Diff(tc.want, got); d != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, d)
			}
		})
	}
}

func TestComputeAudience(t *testing.T) {
	desired, live := spec.NewState(), spec.NewState()
	desired.Resources[app("AutoCAD")] = spec.Resource{Settings: spec.Settings{}.With("audience", "everyone"), Open: true, Ownership: spec.Owned}
	live.Resources[app("AutoCAD")] = spec.Resource{Settings: spec.Settings{}.With("audience", "assigned")}
	live.Grants.Add(grant(app("AutoCAD"), "a"), spec.Origin{})
	want := []string{"update AutoCAD audience:assigned>everyone"}
	if d := cmp.Diff(want, short(diff.Compute(desired, diff.Live{State: live}, diff.Resending{}))); d != "" {
		t.Errorf("opening an app leaves its assignments (-want +got):\n%s", d)
	}
}

func TestRevokesSayWhy(t *testing.T) {
	desired, live := world("CAD: a"), world("CAD: a gone late extra")
	desired.Inactive.Add(grant(group("CAD"), "late"), spec.Origin{Source: spec.Position{File: "e.yaml", Line: 9, Column: 2}, Reason: "expired 2026-01-01"})
	desired.Departed = map[spec.Subject]spec.Origin{person("gone"): {Source: spec.Position{File: "e.yaml", Line: 2, Column: 5}, Reason: "gone has left"}}
	base := diff.Change{Op: diff.OpRevoke, Kind: kindAppGroup, Resource: "CAD", Role: spec.RoleAccess}
	want := []diff.Change{base, base, base}
	want[0].Subject, want[0].Reason = person("extra"), "not in the files"
	want[1].Subject, want[1].Source, want[1].Reason = person("gone"), "e.yaml:2", "gone has left"
	want[2].Subject, want[2].Source, want[2].Reason = person("late"), "e.yaml:9", "expired 2026-01-01"
	if d := cmp.Diff(want, diff.Compute(desired, diff.Live{State: live}, diff.Resending{}), cmpopts.EquateComparable(spec.Settings{})); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestLeaverLosesAddOnlyGrants(t *testing.T) {
	desired, live := world("CAD: a"), world("CAD: a gone other")
	desired.Resources[group("CAD")] = spec.Resource{Ownership: spec.AddOnly}
	desired.Departed = map[spec.Subject]spec.Origin{person("gone"): {Reason: "gone has left"}}
	if d := cmp.Diff([]string{"revoke CAD/gone"}, short(diff.Compute(desired, diff.Live{State: live}, diff.Resending{})), cmpopts.EquateEmpty()); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

// A mail that a run was about to send after it was planned counts as sent only where a read can tell.
func TestSatisfiedByMails(t *testing.T) {
	ref := spec.Ref{Connection: conn, Kind: kindAccount, Name: "billing"}
	planned := time.Date(2026, 11, 5, 12, 0, 0, 0, time.UTC)
	c := diff.Change{Op: diff.OpResend, Kind: ref.Kind, Resource: ref.Name, Resent: diff.ResentOf(diff.Mailing{NoticeRef: diff.NoticeRef{Sent: planned}})}
	for _, tc := range []struct {
		name             string
		newest           []diff.Notice
		satisfied, tried bool
	}{
		{"none is waited for", nil, true, false},
		{"the same", []diff.Notice{{Resource: ref, Sent: planned}}, false, false},
		{"the same, which the plan knew to be in doubt", []diff.Notice{{Resource: ref, Sent: planned, Unsure: true}}, false, false},
		{"a later one", []diff.Notice{{Resource: ref, Sent: planned.Add(time.Hour)}}, true, false},
		{"perhaps a later one", []diff.Notice{{Resource: ref, Sent: planned.Add(time.Hour), Unsure: true}}, false, true},
		{"perhaps one to somebody else", []diff.Notice{{Resource: ref, Recipient: "bob", Sent: planned.Add(time.Hour), Unsure: true}}, true, false},
	} {
		live := diff.Live{Notices: tc.newest}
		if satisfied, tried := diff.Satisfied(conn, c, live), diff.MayHaveResent(conn, c, live); satisfied != tc.satisfied || tried != tc.tried {
			t.Errorf("%s: satisfied %v, tried %v", tc.name, satisfied, tried)
		}
	}
}

// A grant that live lacks is not taken as revoked where its list was not read, or not whole.
func TestOnlyListsThatWereReadShowRevokes(t *testing.T) {
	ref := group("CAD")
	revoke := diff.Change{Op: diff.OpRevoke, Kind: kindAppGroup, Resource: "CAD", Role: spec.RoleAccess, Subject: person("a")}
	for name, hide := range map[string]func(*diff.Live){
		"":              nil,
		"not whole":     func(live *diff.Live) { live.Distrust(ref, "it changed") },
		"can't be seen": func(live *diff.Live) { live.CantSee(diff.Aspect{Resource: ref, Role: spec.RoleAccess}, "no list") },
		"not supported": func(live *diff.Live) { live.Unsupported[ref] = "its mode is not known" },
		"open":          func(live *diff.Live) { live.Resources[ref] = spec.Resource{Open: true} },
	} {
		live := diff.NewLive()
		live.Resources[ref] = spec.Resource{}
		if hide != nil {
			hide(&live)
		}
		if done := diff.Satisfied(conn, revoke, live); done != (hide == nil) {
			t.Errorf("%q: done %v", name, done)
		}
	}
}

// Where two live resources have the name, nothing that a plan meant to take there is done: the one that is meant is not shown.
func TestNothingIsDoneWhereTwoHaveTheName(t *testing.T) {
	live := diff.NewLive()
	revoke := diff.Change{Op: diff.OpRevoke, Kind: kindAppGroup, Resource: "CAD", Role: spec.RoleAccess, Subject: person("a")}
	gone := diff.Change{Op: diff.OpDelete, Kind: kindAppGroup, Resource: "CAD"}
	if !diff.Satisfied(conn, gone, live) {
		t.Error("what is gone is not deleted")
	}
	live.Alike(group("CAD"), []string{"1", "2"})
	if diff.Satisfied(conn, revoke, live) || diff.Satisfied(conn, gone, live) {
		t.Error("taken as done")
	}
	absent := spec.NewState()
	absent.Resources[group("CAD")] = spec.Resource{Ownership: spec.Owned, Absent: true}
	if changes := diff.Compute(absent, live, diff.Resending{}); len(changes) != 1 || changes[0].Op != diff.OpDelete || changes[0].Problem == "" {
		t.Errorf("what is to be deleted: %+v", changes)
	}
}
