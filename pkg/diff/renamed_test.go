package diff_test

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

func user(name string) spec.Subject { return grant(spec.Ref{}, name).Subject }

// That somebody had another name takes nothing from anybody that would stay without that, whatever the vendor shows of names.
func TestFormerNamesTakeNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		subject := rapid.Custom(func(t *rapid.T) spec.Subject {
			return user(rapid.SampledFrom([]string{"u", "old"}).Draw(t, "who") + fmt.Sprint(rapid.IntRange(0, 3).Draw(t, "number")))
		})
		ref := group("G")
		desired, live := spec.NewState(), diff.NewLive()
		desired.Resources[ref] = spec.Resource{Ownership: rapid.SampledFrom([]spec.Ownership{spec.Owned, spec.AddOnly}).Draw(t, "ownership")}
		live.Resources[ref] = spec.Resource{}
		for _, s := range rapid.SliceOfN(subject, 0, 4).Draw(t, "wanted") {
			desired.Grants.Add(spec.Grant{Resource: ref, Subject: s, Role: spec.RoleAccess}, spec.Origin{})
		}
		for _, s := range rapid.SliceOfN(subject, 0, 4).Draw(t, "held") {
			live.Grants.Add(spec.Grant{Resource: ref, Subject: s, Role: spec.RoleAccess}, spec.Origin{})
		}
		for _, s := range rapid.SliceOfN(subject, 0, 3).Draw(t, "unknown") {
			live.UnknownSubjects[s] = "unknown"
		}
		for _, s := range rapid.SliceOfN(subject, 0, 4).Draw(t, "named") {
			live.AddName(s, rapid.SampledFrom([]string{"id1", "id2", "a@corp.example", "b@corp.example", "u1"}).Draw(t, "name"))
		}
		changes := func() []diff.Change { return diff.Compute(desired, live, diff.Resending{}) }
		before := changes()
		desired.Former = map[spec.Subject][]spec.Subject{}
		for i := range rapid.IntRange(0, 4).Draw(t, "renamed") {
			desired.Former[user(fmt.Sprint("u", i))] = []spec.Subject{user(fmt.Sprint("old", rapid.IntRange(0, 3).Draw(t, "former")))}
		}
		for _, c := range changes() {
			if c.Op == diff.OpRevoke && !slices.ContainsFunc(before, func(b diff.Change) bool { return b.Key() == c.Key() }) {
				t.Fatalf("%v was not planned without former names", c)
			}
		}
	})
}

// A holder is whom the files call otherwise now where the vendor agrees; else they are two accounts.
func TestFormerNames(t *testing.T) {
	for name, tc := range map[string]struct {
		unknown bool                // the vendor does not know the present name
		names   map[string][]string // what the vendor shows beside names
		want    []string
	}{
		"the vendor knows the old name alone":        {true, nil, []string{"grant blocked"}},
		"the vendor has both, with one address":      {false, map[string][]string{"alice": {"a@corp.example"}, "old": {"a@corp.example"}}, nil},
		"the old one has the address of the files":   {false, map[string][]string{"old": {"alice@corp.example"}}, nil},
		"the vendor has both, and nothing in common": {false, map[string][]string{"alice": {"1"}, "old": {"2", "b@corp.example"}}, []string{"grant", "revoke"}},
	} {
		t.Run(name, func(t *testing.T) {
			ref, desired, live := group("G"), spec.NewState(), diff.NewLive()
			desired.Resources[ref], live.Resources[ref] = spec.Resource{Ownership: spec.Owned}, spec.Resource{}
			desired.Grants.Add(grant(ref, "alice"), spec.Origin{})
			live.Grants.Add(grant(ref, "old"), spec.Origin{})
			alice, old := user("alice"), user("old")
			desired.Former = map[spec.Subject][]spec.Subject{alice: {old}}
			desired.Addresses = map[spec.Subject]string{alice: "alice@corp.example"}
			if tc.unknown {
				live.UnknownSubjects[alice] = "the directory has no user alice"
			}
			live.AddName(alice, tc.names["alice"]...)
			live.AddName(old, tc.names["old"]...)
			var got []string
			for _, c := range diff.Compute(desired, live, diff.Resending{}) {
				what := string(c.Op)
				if c.Problem != "" {
					what += " blocked"
				}
				got = append(got, what)
			}
			if !slices.Equal(got, tc.want) {
				t.Errorf("got %v, want %v", got, tc.want)
			}
		})
	}
}
