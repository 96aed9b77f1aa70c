package diff_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// judged holds a part against files and live state and says in a word each why it is stale.
func judged(part diff.ConnectionPlan, desired spec.State, live diff.Live) []string {
	var left []diff.Change
	for _, c := range part.Changes {
		if !diff.Satisfied(conn, c, live) {
			left = append(left, c)
		}
	}
	off := spec.Limit{Off: true}
	stale, broken := diff.Judge(part, left, diff.Now{Desired: desired, Live: live,
		Rules: spec.Rules{MaxRevokes: off, MaxRevokeShare: off, MaxRevokeShareResource: off, MaxMails: off}, Allow: []string{diff.RuleEmptySpec}})
	var words []string
	for _, s := range stale {
		words = append(words, string(s.Why))
	}
	for _, v := range broken {
		words = append(words, v.Rule)
	}
	return words
}

// plannedFor is the part that turns live into desired.
func plannedFor(desired spec.State, live diff.Live) diff.ConnectionPlan {
	part := diff.ConnectionPlan{Name: conn, Account: live.Account, Changes: diff.Compute(desired, live, diff.Resending{})}
	part.Touched = diff.Fingerprints(conn, part.Changes, live)
	return part
}

// A plan holds what it makes things with and whom it mails; a file that says otherwise by now makes it stale.
func TestWhatIsSentIsJudged(t *testing.T) {
	account, list := spec.Ref{Connection: conn, Kind: kindAccount, Name: "billing"}, spec.Ref{Connection: conn, Kind: kindMailGroup, Name: "cad@corp.example"}
	files := func(email, owner string) spec.State {
		s := spec.NewState()
		s.Resources[account] = spec.Resource{Settings: spec.Settings{}.With("type", "cloud"), Fixed: spec.Settings{}.With("email", email)}
		s.Resources[list] = spec.Resource{Settings: spec.Settings{}.With("owner", owner).With("senders", "company")}
		return s
	}
	live := diff.Live{State: spec.NewState()}
	live.Resources[account] = spec.Resource{Settings: spec.Settings{}.With("type", "resource")}
	reviewed := files("billing@corp.example", "alice@corp.example")
	part := plannedFor(reviewed, live)
	for _, tc := range []struct {
		name    string
		desired spec.State
		want    []string
	}{
		{"as reviewed", reviewed, nil},
		{"another address", files("attacker@evil.example", "alice@corp.example"), []string{"files"}},
		{"another owner", files("billing@corp.example", "bob@corp.example"), []string{"files"}},
		{"nothing any more", spec.NewState(), []string{"unlisted", "unlisted"}},
	} {
		if d := cmp.Diff(tc.want, judged(part, tc.desired, live)); d != "" {
			t.Errorf("%s (-want +got):\n%s", tc.name, d)
		}
	}
}

// A plan is for one account of the vendor: other credentials do not carry it elsewhere, however alike it looks there.
func TestAnotherAccount(t *testing.T) {
	live := diff.Live{State: world("CAD: a"), Account: "project 1"}
	desired := world("CAD: a b")
	part := plannedFor(desired, live)
	for account, want := range map[string][]string{"project 1": nil, "": nil, "project 2": {"account"}} {
		live.Account = account
		if d := cmp.Diff(want, judged(part, desired, live)); d != "" {
			t.Errorf("%q (-want +got):\n%s", account, d)
		}
	}
}

// What is touched must be the very thing that was planned for, not another one that got its name; of what the plan makes
// itself nobody knows the id beforehand.
func TestAnotherOneOfTheSameName(t *testing.T) {
	cad, fresh := group("CAD"), group("New")
	desired := world("CAD: a b", "New: a")
	live := diff.Live{State: world("CAD: a"), IDs: map[spec.Ref]string{cad: "1"}}
	part := plannedFor(desired, live)
	half := diff.Live{State: world("CAD: a", "New:"), IDs: map[spec.Ref]string{cad: "1", fresh: "2"}}
	again := diff.Live{State: world("CAD: a"), IDs: map[spec.Ref]string{cad: "3"}}
	for i, tc := range []struct {
		live diff.Live
		want []string
	}{{live, nil}, {half, nil}, {again, []string{"id"}}, {diff.Live{State: world()}, []string{"gone"}}} {
		if d := cmp.Diff(tc.want, judged(part, desired, tc.live)); d != "" {
			t.Errorf("%d (-want +got):\n%s", i, d)
		}
	}
	if one, other := diff.Basis(diff.Fingerprints(conn, part.Changes, live)), diff.Basis(diff.Fingerprints(conn, part.Changes, again)); one == other {
		t.Error("the basis does not tell them apart")
	}
}

// A setting is replaced only where it is what the plan saw, or what the plan made of it.
func TestWhatASettingReplaces(t *testing.T) {
	ref := spec.Ref{Connection: conn, Kind: kindMailGroup, Name: "all@corp.example"}
	with := func(senders string) diff.Live {
		live := diff.Live{State: spec.NewState()}
		live.Resources[ref] = spec.Resource{Ownership: spec.Owned, Settings: spec.Settings{}.With("senders", senders).With("name", "All")}
		return live
	}
	desired := with("company").State
	part := plannedFor(desired, with("member"))
	for senders, want := range map[string][]string{"member": nil, "company": nil, "all": {"became"}} {
		if d := cmp.Diff(want, judged(part, desired, with(senders))); d != "" {
			t.Errorf("%s (-want +got):\n%s", senders, d)
		}
	}
}

// An app that the plan closed shows who had been assigned to it before: that is the plan's own doing. That somebody came
// to an app that was never open is not.
func TestWhatClosingAnAppShows(t *testing.T) {
	ref := spec.Ref{Connection: conn, Kind: kindApp, Name: "AutoCAD"}
	with := func(audience string, users ...string) spec.State {
		s := spec.NewState()
		s.Resources[ref] = spec.Resource{Ownership: spec.Owned, Open: audience == "everyone", Settings: spec.Settings{}.With("audience", audience)}
		for _, u := range users {
			s.Grants.Add(grant(ref, u), spec.Origin{})
		}
		return s
	}
	desired := with("assigned", "a")
	closing := plannedFor(desired, diff.Live{State: with("everyone")})
	granting := plannedFor(desired, diff.Live{State: with("assigned")})
	shown := diff.Live{State: with("assigned", "old")}
	if got := judged(closing, desired, shown); got != nil {
		t.Errorf("it is stale by its own doing: %q", got)
	}
	if got := judged(granting, desired, shown); !slices.Equal(got, []string{"came"}) {
		t.Errorf("%q", got)
	}
}

// Each change that the files of now do not make says why.
func TestWhyAChangeIsNotPlannedNow(t *testing.T) {
	live := diff.Live{State: world("CAD: x")}
	part := plannedFor(world("CAD: a"), live) // + a, - x
	for name, tc := range map[string]struct {
		edit func(desired *spec.State, live *diff.Live)
		want []string
	}{
		"nothing changed":  {func(*spec.State, *diff.Live) {}, nil},
		"not listed":       {func(d *spec.State, _ *diff.Live) { *d = world("Other: a") }, []string{"unlisted", "unlisted"}},
		"watched":          {func(d *spec.State, _ *diff.Live) { d.Resources[group("CAD")] = spec.Resource{Ownership: spec.Ignored} }, []string{"ignored", "ignored"}},
		"add-only":         {func(d *spec.State, _ *diff.Live) { d.Resources[group("CAD")] = spec.Resource{Ownership: spec.AddOnly} }, []string{"add-only"}},
		"the line is back": {func(d *spec.State, _ *diff.Live) { d.Grants.Add(grant(group("CAD"), "x"), spec.Origin{}) }, []string{"files"}},
		"ended": {func(d *spec.State, _ *diff.Live) {
			d.Grants.Remove(grant(group("CAD"), "a"))
			d.Inactive.Add(grant(group("CAD"), "a"), spec.Origin{Reason: "expired 2026-11-05"})
		}, []string{"time"}},
		"unknown to the vendor": {func(_ *spec.State, l *diff.Live) {
			l.Unsupported = map[spec.Ref]string{group("CAD"): "locked"}
		}, []string{"blocked"}},
		"not whole": {func(_ *spec.State, l *diff.Live) {
			r := l.Resources[group("CAD")]
			r.Incomplete = "cut"
			l.Resources[group("CAD")] = r
		}, []string{"incomplete-read"}},
	} {
		desired, now := world("CAD: a"), diff.Live{State: world("CAD: x")}
		tc.edit(&desired, &now)
		if d := cmp.Diff(tc.want, judged(part, desired, now)); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
	}
}

// What a call touches beside its changes is what packing may touch by the files and live state of now, no more and no other.
func TestExtraPairsAreOfTheAllowance(t *testing.T) {
	desired, live := world("A: a h", "B: a h"), diff.Live{State: world("A: h x", "B: a")}
	part := plannedFor(desired, live)
	slack := diff.AllowanceOf(conn, desired, live, part.Changes, spec.Packing{Regrant: 1})
	wanted := diff.Change{Op: diff.OpRevoke, Kind: kindAppGroup, Resource: "B", Role: spec.RoleAccess, Subject: grant(group("B"), "h").Subject, Reason: "absent already"}
	for i, tc := range []struct {
		extra   []diff.Change
		packing spec.Packing
		want    int
	}{
		{nil, spec.Packing{}, 0},
		{slack.Held[:1], spec.Packing{Regrant: 1}, 0},
		{slack.Held[:1], spec.Packing{}, 1},
		{[]diff.Change{slack.Held[0], slack.Held[0]}, spec.Packing{Regrant: 1}, 1},
		{[]diff.Change{wanted}, spec.Packing{Regrant: 9, CoverAbsent: 9}, 1},
	} {
		part.Calls = []diff.Call{{Changes: []int{0}, Extra: tc.extra}}
		off := spec.Limit{Off: true}
		stale, _ := diff.Judge(part, part.Changes, diff.Now{Desired: desired, Live: live, Packing: tc.packing, Rules: spec.Rules{MaxRevokes: off}})
		if len(stale) != tc.want || tc.want > 0 && stale[0].Why != diff.WhyExtra {
			t.Errorf("%d: %s", i, fmt.Sprint(stale))
		}
	}
}

// A revoke that two calls make is of the allowance too, unless the files want the pair by now.
func TestRepeatedRevokesAreOfTheAllowance(t *testing.T) {
	live := diff.Live{State: world("A: h x y")}
	part := plannedFor(world("A: h"), live)
	slack := diff.AllowanceOf(conn, world("A: h"), live, part.Changes, spec.Packing{CoverAbsent: 9})
	if len(slack.Absent) != 2 || slack.Absent[0].Reason != "revoked by another call too" {
		t.Fatalf("absent %+v", slack.Absent)
	}
	for desired, want := range map[string]int{"A: h": 2, "A: h x": 1} {
		if now := diff.AllowanceOf(conn, world(desired), live, part.Changes, spec.Packing{CoverAbsent: 9}); len(now.Absent) != want {
			t.Errorf("%s: %+v", desired, now.Absent)
		}
	}
	part.Calls = []diff.Call{{Changes: []int{0}, Extra: slack.Absent[1:]}, {Changes: []int{1}}}
	for cover, want := range map[int]int{0: 1, 1: 0} {
		now := diff.Now{Desired: world("A: h"), Live: live, Packing: spec.Packing{CoverAbsent: cover}, Rules: spec.Rules{MaxRevokes: spec.Limit{Off: true}}}
		if stale, _ := diff.Judge(part, part.Changes, now); len(stale) != want {
			t.Errorf("cover %d: %s", cover, fmt.Sprint(stale))
		}
	}
}
