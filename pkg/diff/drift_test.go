package diff_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// part plans for a connection as apply does.
func part(desired spec.State, live spec.State) diff.ConnectionPlan {
	changes := diff.Compute(desired, diff.Live{State: live}, diff.Resending{})
	return diff.ConnectionPlan{Name: conn, Changes: changes,
		Violations: diff.Check(conn, spec.DefaultRules, desired, changes, nil, diff.Live{State: live})}
}

// ended is what became of a part's changes.
func ended(p diff.ConnectionPlan, outcome func(int) diff.Outcome) []diff.ChangeResult {
	var results []diff.ChangeResult
	for i, c := range p.Changes {
		results = append(results, diff.ChangeResult{Change: &c, Outcome: outcome(i)})
	}
	return results
}

func allDone(int) diff.Outcome { return diff.Done }

// kept is a lookup in what was kept, by way of its text.
func kept(t rapid.TB, confirmed map[spec.Ref]diff.Confirmed) func(spec.Ref) (diff.Confirmed, bool) {
	texts := map[spec.Ref]string{}
	for ref, c := range confirmed {
		texts[ref] = c.Encode()
		if again, ok := diff.DecodeConfirmed(texts[ref]); !ok || cmp.Diff(c, again, cmpopts.EquateEmpty()) != "" {
			t.Fatalf("%+v is read back as %+v, %v", c, again, ok)
		}
	}
	return func(ref spec.Ref) (diff.Confirmed, bool) { return diff.DecodeConfirmed(texts[ref]) }
}

func driftOf(desired, live spec.State, last func(spec.Ref) (diff.Confirmed, bool)) *diff.Drift {
	return diff.DriftOf(&diff.Plan{Connections: []diff.ConnectionPlan{part(desired, live)}}, last)
}

// toggled is a state after somebody gave and took some grants.
func toggled(t *rapid.T, s spec.State, label string) spec.State {
	s.Grants = s.Grants.Where(func(spec.Grant) bool { return true })
	for ref := range s.Resources {
		for _, n := range rapid.SliceOfDistinct(rapid.IntRange(0, 7), rapid.ID[int]).Draw(t, label) {
			g := grant(ref, fmt.Sprint("u", n))
			if s.Grants.Has(g) {
				s.Grants.Remove(g)
			} else {
				s.Grants.Add(g, spec.Origin{})
			}
		}
	}
	return s
}

// genRuled draws files that own what they list, and live state that can be read whole.
func genRuled(t *rapid.T) (desired, live spec.State) {
	desired, live = genState(t, "desired", true), genState(t, "live", false)
	for ref := range desired.Resources {
		desired.Resources[ref] = spec.Resource{Ownership: spec.Owned}
	}
	for ref := range live.Resources {
		live.Resources[ref] = spec.Resource{}
	}
	return desired, live
}

func TestDriftSaysWhichSideChanged(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		desired, live := genRuled(t)
		p := part(desired, live)
		last := kept(t, confirmedBy(p, desired, ended(p, allDone)))
		live = carryOut(live, p.Changes)
		if d := driftOf(desired, live, last); d.Summary.Any() {
			t.Fatalf("drift right after an apply: %+v", d.Summary)
		}
		newLive, newFiles := toggled(t, live, "live"), toggled(t, desired, "files")
		for _, tc := range []struct {
			name          string
			desired, live spec.State
			moved         diff.ChangedBy
		}{{"live moved", desired, newLive, diff.ChangedLive}, {"the files moved", newFiles, live, diff.ChangedFiles}} {
			d := driftOf(tc.desired, tc.live, last)
			differences := d.Connections[0].Differences
			for _, one := range differences {
				if one.ChangedBy != tc.moved {
					t.Fatalf("%s, but %s %s %s says %q", tc.name, one.Op, one.Resource, one.Subject, one.ChangedBy)
				}
			}
			if s := d.Summary; s.Live != len(differences)*b2i(tc.moved == diff.ChangedLive) || s.Files != len(differences)-s.Live {
				t.Fatalf("%s: %d differences, summary %+v", tc.name, len(differences), s)
			}
		}
		for _, one := range driftOf(newFiles, newLive, last).Connections[0].Differences { // each is either's doing
			wasHeld := desired.Grants.Has(one.Grant(conn))
			if want := map[bool]diff.ChangedBy{true: diff.ChangedLive, false: diff.ChangedFiles}[wasHeld == (one.Op == diff.OpGrant)]; one.ChangedBy != want {
				t.Fatalf("%s %s %s says %q, want %q", one.Op, one.Resource, one.Subject, one.ChangedBy, want)
			}
		}
	})
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// However an apply ends, what it confirms is what is live then.
func TestConfirmedIsLive(t *testing.T) {
	outcomes := []diff.Outcome{diff.Done, diff.Already, diff.Refused, diff.NotTried, diff.Blocked}
	rapid.Check(t, func(t *rapid.T) {
		desired, live := genState(t, "desired", true), genState(t, "live", false)
		p := part(desired, live)
		results := ended(p, func(i int) diff.Outcome { return rapid.SampledFrom(outcomes).Draw(t, p.Changes[i].Resource) })
		var done []diff.Change
		absent := map[spec.Ref]bool{} // what could not be made, and what needs it
		for _, r := range results {
			switch ok := r.Outcome == diff.Done || r.Outcome == diff.Already; {
			case r.Op == diff.OpCreate && !ok:
				absent[r.Ref(conn)] = true
			case ok && !absent[r.Ref(conn)]:
				done = append(done, *r.Change)
			}
		}
		after := carryOut(live, done)
		confirmed := confirmedBy(p, desired, results)
		for ref, r := range desired.Resources {
			c, ok := confirmed[ref]
			if want := r.Ownership != spec.Ignored && live.Resources[ref].Incomplete == "" && !absent[ref]; ok != want {
				t.Fatalf("%s is confirmed: %v, want %v", ref, ok, want)
			}
			if !ok {
				continue
			}
			if c.Partly != (r.Ownership == spec.AddOnly) {
				t.Fatalf("%s: partly %v", ref, c.Partly)
			}
			if d := cmp.Diff(holdings(ref, after, desired, c.Partly), c.Holdings, cmpopts.EquateEmpty()); d != "" {
				t.Fatalf("%s (-live +confirmed):\n%s", ref, d)
			}
		}
	})
}

// holdings lists who holds a resource, of those that the files want where only these count.
func holdings(ref spec.Ref, live, desired spec.State, wantedOnly bool) []diff.Holding {
	var all []diff.Holding
	for n := range 8 {
		g := grant(ref, fmt.Sprint("u", n))
		held := live.Grants.Has(g)
		wanted := desired.Grants.Has(g)
		if held && (wanted || !wantedOnly) {
			all = append(all, diff.Holding{Role: g.Role, Subject: g.Subject})
		}
	}
	return all
}

func TestDriftOfResourcesAndSettings(t *testing.T) {
	ref := app("AutoCAD")
	state := func(r *spec.Resource, holders ...string) spec.State {
		s := spec.NewState()
		if r != nil {
			s.Resources[ref] = *r
		}
		for _, h := range holders {
			s.Grants.Add(grant(ref, h), spec.Origin{})
		}
		return s
	}
	assigned, everyone := &spec.Resource{Settings: spec.Settings{}.With("audience", "assigned")}, &spec.Resource{Settings: spec.Settings{}.With("audience", "everyone"), Open: true}
	gone := &spec.Resource{Absent: true}
	addOnly := &spec.Resource{Ownership: spec.AddOnly}
	leaver := func(s spec.State) spec.State {
		s.Departed = map[spec.Subject]spec.Origin{person("a"): {Reason: "a has left"}}
		return s
	}
	confirmed := func(c diff.Confirmed) *diff.Confirmed { return &c }
	audience := func(value string) *diff.Confirmed {
		return confirmed(diff.Confirmed{Settings: map[string]string{"audience": value}})
	}
	heldByA := []diff.Holding{{Role: spec.RoleAccess, Subject: person("a")}}
	for _, tc := range []struct {
		name          string
		desired, live spec.State
		last          *diff.Confirmed
		want          string
	}{
		{"nothing confirmed", state(assigned, "a"), state(assigned), nil, "grant:"},
		{"opened live", state(assigned), state(everyone), audience("assigned"), "update:live"},
		{"closed in the files", state(assigned), state(everyone), audience("everyone"), "update:files"},
		{"neither", state(assigned), state(everyone), audience("selected"), "update:both"},
		{"a setting that the files did not manage", state(assigned), state(everyone), confirmed(diff.Confirmed{}), "update:"},
		{"deleted live", state(assigned, "a"), state(nil), confirmed(diff.Confirmed{Holdings: heldByA}), "create:live grant:live"},
		{"new in the files", state(assigned, "a"), state(nil), confirmed(diff.Confirmed{Absent: true}), "create:files grant:files"},
		{"made again live", state(gone), state(assigned, "a"), confirmed(diff.Confirmed{Absent: true}), "delete:live"},
		{"to go by the files", state(gone), state(assigned, "a"), confirmed(diff.Confirmed{Holdings: heldByA}), "delete:files"},
		{"who left an add-only resource", leaver(state(addOnly)), state(assigned, "a"), confirmed(diff.Confirmed{Partly: true, Holdings: heldByA}), "revoke:files"},
		{"who may have been there all along", leaver(state(addOnly)), state(assigned, "a"), confirmed(diff.Confirmed{Partly: true}), "revoke:"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var got []string
			last := func(spec.Ref) (diff.Confirmed, bool) {
				if tc.last == nil {
					return diff.Confirmed{}, false
				}
				return *tc.last, true
			}
			for _, d := range driftOf(tc.desired, tc.live, last).Connections[0].Differences {
				got = append(got, string(d.Op)+":"+string(d.ChangedBy))
			}
			if text := strings.Join(got, " "); text != tc.want {
				t.Errorf("%s, want %s", text, tc.want)
			}
		})
	}
}

func TestConfirmedByOutcomes(t *testing.T) {
	ref := app("AutoCAD")
	desired, live := spec.NewState(), spec.NewState()
	desired.Resources[ref], live.Resources[ref] = spec.Resource{Settings: spec.Settings{}.With("audience", "assigned")}, spec.Resource{Settings: spec.Settings{}.With("audience", "everyone"), Open: true}
	p := part(desired, live)
	for outcome, want := range map[diff.Outcome]map[string]string{
		diff.Done: {"audience": "assigned"}, diff.Refused: {"audience": "everyone"}, diff.NotTried: {"audience": "everyone"}, diff.Unknown: {},
	} {
		got := confirmedBy(p, desired, ended(p, func(int) diff.Outcome { return outcome }))[ref].Settings
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s (-want +got):\n%s", outcome, d)
		}
	}
	gone := spec.NewState()
	gone.Resources[ref] = spec.Resource{Absent: true}
	p = part(gone, live)
	if c, ok := confirmedBy(p, gone, ended(p, allDone))[ref]; !ok || !c.Absent {
		t.Errorf("a delete that is done confirms %+v, %v", c, ok)
	}
	if c, ok := confirmedBy(p, gone, ended(p, func(int) diff.Outcome { return diff.Unknown }))[ref]; ok {
		t.Errorf("a delete whose end is unknown confirms %+v", c)
	}
}

// Whatever stands in the place of a text that was kept, it is read as nothing, and never as something else.
func TestDamagedConfirmed(t *testing.T) {
	text := diff.Confirmed{Settings: map[string]string{"owner": "a@b"}, Holdings: []diff.Holding{{Role: spec.RoleAccess, Subject: person("张伟")}}}.Encode()
	if want := `{"format":1,"settings":{"owner":"a@b"},"holdings":{"access":{"user":{"local.com":["张伟"]}}}}`; text != want {
		t.Errorf("the text is %s", text)
	}
	for _, damaged := range []string{"", "null", "{}", "[]", "hello", text + text, " " + text, strings.Replace(text, `:1,`, `:2,`, 1),
		strings.Replace(text, `"format"`, `"Format"`, 1), strings.Replace(text, `"]`, `","b"]`, 1), strings.Replace(text, `{"format"`, `{"x":1,"format"`, 1)} {
		if c, ok := diff.DecodeConfirmed(damaged); ok || !cmp.Equal(c, diff.Confirmed{}) {
			t.Errorf("%q is read as %+v", damaged, c)
		}
	}
	for i := range text {
		if c, ok := diff.DecodeConfirmed(text[:i]); ok {
			t.Errorf("%q is read as %+v", text[:i], c)
		}
	}
}

func BenchmarkConfirmedBy1M(b *testing.B) {
	desired := spec.NewState()
	for i := range 10_000 {
		ref := group(fmt.Sprint("G", i))
		desired.Resources[ref] = spec.Resource{Ownership: spec.Owned}
		for k := range 100 {
			desired.Grants.Add(grant(ref, fmt.Sprint("u", (i*7+k)%2500)), spec.Origin{})
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		size := 0
		for _, c := range confirmedBy(diff.ConnectionPlan{Name: conn}, desired, nil) {
			size += len(c.Encode())
		}
		if size < 5_000_000 {
			b.Fatal(size)
		}
	}
}

// Of lists that wait for a setting which is blocked nothing is confirmed: nobody looked at who holds them.
func TestNothingIsConfirmedOfWhatWaits(t *testing.T) {
	desired := one{schema: door, settings: [2]string{"audience", "assigned"}, ownership: spec.AddOnly,
		holders: map[spec.Role][]spec.Subject{spec.RoleAccess: {person("a")}}}.state()
	live := diff.Live{State: one{settings: [2]string{"audience", "everyone"}, open: true}.state()}
	part := diff.ConnectionPlan{Name: conn, Changes: diff.Compute(desired, live, diff.Resending{})}
	if len(part.Changes) != 1 || part.Changes[0].Problem == "" {
		t.Fatalf("%+v", part.Changes)
	}
	got, known := confirmedBy(part, desired, ended(part, func(int) diff.Outcome { return diff.Blocked }))[group("X")]
	if !known || len(got.Holdings) > 0 || !got.Partly || got.Settings["audience"] != "everyone" {
		t.Errorf("%v %+v", known, got)
	}
}

// confirmedBy is all that an apply of a part confirmed.
func confirmedBy(part diff.ConnectionPlan, desired spec.State, results []diff.ChangeResult) map[spec.Ref]diff.Confirmed {
	return maps.Collect(diff.ConfirmedBy(part, desired, results))
}
