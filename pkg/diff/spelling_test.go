package diff_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// blocking are problems of people whom the vendor does not know.
func blocking(names ...string) map[spec.Subject]string {
	problems := map[spec.Subject]string{}
	for _, name := range names {
		problems[person(name)] = "no such user"
	}
	return problems
}

func TestSpellingsCostNobodyAccess(t *testing.T) {
	ada := "ada@bücher.example"
	for _, tc := range []struct {
		name, reason  string
		desired, live spec.State
		problems      map[spec.Subject]string
		names         map[string][]string
		known         []string
		want          []string
	}{
		{"case", "the vendor has her in another case", world("CAD: alice"), world("CAD: Alice"), blocking("alice"), nil, nil, []string{"grant CAD/alice !"}},
		{"accents", "the vendor encodes accents otherwise", world("CAD: jose\u0301"), world("CAD: jos\u00e9"), blocking("jose\u0301"), nil, nil, []string{"grant CAD/jose\u0301 !"}},
		{"domain", "the vendor has the domain as mail carries it", world("CAD: " + ada), world("CAD: ada@xn--bcher-kva.example"), blocking(ada), nil, nil, []string{"grant CAD/" + ada + " !"}},
		{"alias", "the vendor shows the name for another", world("CAD: al@x.example"), world("CAD: alice@x.example"), blocking("al@x.example"),
			map[string][]string{"alice@x.example": {"AL@x.example"}}, nil, []string{"grant CAD/al@x.example !"}},
		{"slip", "two letters are swapped", world("CAD: wang.fnag"), world("CAD: wang.fang"), blocking("wang.fnag"), nil, nil, []string{"grant CAD/wang.fnag !"}},
		{"two slips", "that is another name", world("CAD: wnag.fnag"), world("CAD: wang.fang"), blocking("wnag.fnag"), nil, nil,
			[]string{"grant CAD/wnag.fnag !", "revoke CAD/wang.fang"}},
		{"slip to a known name", "the files tell the two apart", world("CAD: u8"), world("CAD: u7"), blocking("u8"), nil, []string{"u7", "u8"},
			[]string{"grant CAD/u8 !", "revoke CAD/u7"}},
		{"two alike", "nobody can tell which of them is meant", world("CAD: alice"), world("CAD: Alice ALICE bob"), blocking("alice"), nil, nil,
			[]string{"grant CAD/alice !", "revoke CAD/bob"}},
		{"a spelling before a slip", "the one explains the name", world("CAD: alice"), world("CAD: Alice alicf"), blocking("alice"), nil, nil,
			[]string{"grant CAD/alice !", "revoke CAD/alicf"}},
		{"two wishes for one", "either may be her", world("CAD: alice ALICE"), world("CAD: Alice"), blocking("alice", "ALICE"), nil, nil,
			[]string{"grant CAD/ALICE !", "grant CAD/alice !"}},
		{"known in any case", "nothing tells the two apart, so they are one", world("CAD: alice"), world("CAD: Alice"), nil, nil, nil, nil},
		{"one id", "the vendor shows both names for one person", world("CAD: alice"), world("CAD: al"), nil, map[string][]string{"alice": {"id-1"}, "al": {"id-1"}}, nil, nil},
		{"two ids", "the vendor has both", world("CAD: alice"), world("CAD: Alice"), nil, map[string][]string{"alice": {"id-1"}, "Alice": {"id-2"}}, nil,
			[]string{"grant CAD/alice", "revoke CAD/Alice"}},
		{"a shared address", "that makes nobody the same", world("CAD: alice"), world("CAD: bob"), nil,
			map[string][]string{"alice": {"team@x.example"}, "bob": {"team@x.example"}}, nil, []string{"grant CAD/alice", "revoke CAD/bob"}},
		{"both are there", "the vendor tells the two apart", world("CAD: alice"), world("CAD: alice Alice"), nil, nil, nil, []string{"revoke CAD/Alice"}},
		{"known, two wishes for one", "both are granted, since the vendor knows both", world("CAD: alice ALICE"), world("CAD: Alice"), nil, nil, nil,
			[]string{"grant CAD/ALICE", "grant CAD/alice"}},
		{"elsewhere", "a name on one resource says nothing of another", world("CAD: alice", "Art: bob"), world("CAD:", "Art: Alice"), blocking("alice"), nil, nil,
			[]string{"grant CAD/alice !", "grant Art/bob", "revoke Art/Alice"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			live := diff.Live{State: tc.live, UnknownSubjects: tc.problems}
			for name, others := range tc.names {
				live.AddName(person(name), others...)
			}
			tc.desired.Known = map[spec.Subject]bool{}
			for _, name := range tc.known {
				tc.desired.Known[person(name)] = true
			}
			got := short(diff.Compute(tc.desired, live, diff.Resending{}))
			slices.Sort(got)
			slices.Sort(tc.want)
			if d := cmp.Diff(tc.want, got, cmpopts.EquateEmpty()); d != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, d)
			}
		})
	}
}

func TestPlansSayBothSpellings(t *testing.T) {
	live := diff.Live{State: world("CAD: Alice ALICE"), UnknownSubjects: blocking("alice")}
	want := "no such user; alice@local.com is there as ALICE@local.com or Alice@local.com and is kept: write it so"
	if changes := diff.Compute(world("CAD: alice"), live, diff.Resending{}); len(changes) != 1 || changes[0].Problem != want {
		t.Errorf("%+v, want %s", changes, want)
	}
	live = diff.Live{State: world("CAD: Alice")}
	said := diff.Compare(world("CAD: alice"), live).Respellings()
	if d := cmp.Diff([]diff.Respelling{{Grant: grant(group("CAD"), "alice"), ShownAs: []spec.Subject{person("Alice")}}}, said); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

// Who left, or whose grant ended, loses it whatever it is near to.
func TestEndsWinOverSpellings(t *testing.T) {
	for _, ownership := range []spec.Ownership{spec.Owned, spec.AddOnly} {
		desired, live := world("CAD: alice malory"), diff.Live{State: world("CAD: Mallory m.allory Alice"), UnknownSubjects: blocking("alice", "malory")}
		r := desired.Resources[group("CAD")]
		r.Ownership = ownership
		desired.Resources[group("CAD")] = r
		desired.Departed = map[spec.Subject]spec.Origin{person("mallory"): {Reason: "mallory has left"}, person("mal@x.example"): {Reason: "mallory has left"}}
		live.AddName(person("m.allory"), "mal@x.example")
		want := []string{"grant CAD/alice !", "grant CAD/malory !", "revoke CAD/Mallory", "revoke CAD/m.allory"}
		if d := cmp.Diff(want, short(diff.Compute(desired, live, diff.Resending{}))); d != "" {
			t.Errorf("%s, left (-want +got):\n%s", ownership, d)
		}
	}
	for _, ended := range []string{"bobby", "Bobby"} {
		desired, live := world("CAD: boby"), diff.Live{State: world("CAD: Bobby"), UnknownSubjects: blocking("boby")}
		desired.Inactive.Add(grant(group("CAD"), ended), spec.Origin{Reason: "expired 2026-01-01"})
		changes := diff.Compute(desired, live, diff.Resending{})
		if len(changes) != 2 || changes[1].Op != diff.OpRevoke || changes[1].Reason != "expired 2026-01-01" {
			t.Errorf("ended as %s: %+v", ended, changes)
		}
	}
	desired := world("CAD:") // a person of that very name is another one
	desired.Resources[group("CAD")] = spec.Resource{Ownership: spec.AddOnly}
	desired.Departed = map[spec.Subject]spec.Origin{person("mallory"): {}}
	desired.Known = map[spec.Subject]bool{person("Mallory"): true, person("mallory"): true}
	if changes := diff.Compute(desired, diff.Live{State: world("CAD: Mallory")}, diff.Resending{}); len(changes) > 0 {
		t.Errorf("%+v", changes)
	}
}

// people are vendors' names that are more than a slip apart from each other in every spelling.
var people = []string{"alice", "wang.fang", "José.Núñez", "王小明-设计部", "Ada.Lovelace@bücher.example", "b.lee@xn--fsq.example", "Ωmega-Team", "o'brien"}

// respell draws another spelling of a name, by one of the ways.
func respell(t *rapid.T, name string, ways ...string) string {
	switch rapid.SampledFrom(ways).Draw(t, "way") {
	case "case":
		return rapid.SampledFrom([]string{strings.ToUpper(name), strings.ToLower(name), strings.ToTitle(name)}).Draw(t, "case")
	case "encoding":
		return rapid.SampledFrom([]string{norm.NFC.String(name), norm.NFD.String(name)}).Draw(t, "encoding")
	case "domain":
		local, domain, addressed := strings.Cut(name, "@")
		other, err := rapid.SampledFrom([]func(string) (string, error){idna.ToASCII, idna.ToUnicode}).Draw(t, "domain")(domain)
		if addressed && err == nil {
			return local + "@" + other
		}
	case "alias":
		return aliasOf(name)
	case "slip":
		letters := []rune(spec.Fold(name))
		i := rapid.IntRange(0, len(letters)-2).Draw(t, "at")
		switch rapid.IntRange(0, 3).Draw(t, "slip") {
		case 0:
			return string(slices.Delete(letters, i, i+1))
		case 1:
			return string(slices.Insert(letters, i, 'q'))
		case 2:
			letters[i] = 'q'
		case 3:
			if letters[i] == letters[i+1] {
				letters[i] = 'q'
			}
			letters[i], letters[i+1] = letters[i+1], letters[i]
		}
		return string(letters)
	}
	return name
}

func aliasOf(name string) string {
	return "also-" + strings.ReplaceAll(name, "@", "-at-") + "@alias.example"
}

// Nobody to whom the files give access, in whatever spelling, loses it; and who left or whose grant ended always loses it.
func TestLawNoSpellingCostsAccess(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		desired, live := world("CAD:"), diff.Live{State: world("CAD:"), UnknownSubjects: map[spec.Subject]string{}}
		desired.Departed, desired.Known = map[spec.Subject]spec.Origin{}, map[spec.Subject]bool{}
		knowsAnyCase := rapid.Bool().Draw(t, "the vendor takes any spelling")
		keep, lose := map[spec.Subject]bool{}, map[spec.Subject]bool{}
		for i, name := range people {
			holder := person(respell(t, name, "case", "encoding", "domain", "same"))
			live.Grants.Add(grant(group("CAD"), holder.Name), spec.Origin{})
			if live.AddName(holder, aliasOf(name)); rapid.Bool().Draw(t, "id") {
				live.AddName(holder, "id-"+string(rune('a'+i)))
			}
			ways := []string{"case", "encoding", "domain", "alias", "slip", "same"}
			if rapid.IntRange(0, 9).Draw(t, "left") == 0 {
				ways = []string{"slip"} // else the files would contradict themselves
				desired.Departed[person(respell(t, name, "case", "encoding", "domain", "alias"))] = spec.Origin{}
				lose[holder] = true
			}
			if rapid.IntRange(0, 9).Draw(t, "ended") == 0 {
				desired.Inactive.Add(grant(group("CAD"), respell(t, name, "same", "case", "encoding")), spec.Origin{})
				lose[holder] = true
				continue
			}
			if !rapid.Bool().Draw(t, "wanted") {
				continue
			}
			wish := person(respell(t, name, ways...))
			desired.Grants.Add(grant(group("CAD"), wish.Name), spec.Origin{})
			keep[holder] = true
			if desired.Known[wish] = true; wish != holder && !(knowsAnyCase && spec.Fold(wish.Name) == spec.Fold(holder.Name)) {
				live.UnknownSubjects[wish] = "no such user"
			}
		}
		for _, c := range diff.Compute(desired, live, diff.Resending{}) {
			switch {
			case c.Op == diff.OpRevoke && keep[c.Subject] && !lose[c.Subject]:
				t.Fatalf("%s loses access; the files have %v", c.Subject, desired.Grants.Sorted())
			case c.Op == diff.OpRevoke:
				delete(lose, c.Subject)
			case c.Problem == "":
				t.Fatalf("granted again: %s", c.Subject)
			}
		}
		for s := range lose {
			if !desired.Grants.Has(grant(group("CAD"), s.Name)) {
				t.Fatalf("%s keeps access; left are %v, ended %v", s, desired.Departed, desired.Inactive.Sorted())
			}
		}
	})
}

// Letters of full width, as Chinese keyboards write them, and a dot after a mail domain are spellings too.
func TestWidthAndDotsCostNoAccess(t *testing.T) {
	for wish, shown := range map[string]string{
		"\uff41\uff4c\uff49\uff43\uff45": "Alice", "ada@corp.example": "Ada@corp.example.", "ada\uff20corp.example": "ada@corp.example",
	} {
		desired, live := world("CAD: "+wish), diff.Live{State: world("CAD: " + shown), UnknownSubjects: blocking(wish)}
		if d := cmp.Diff([]string{"grant CAD/" + wish + " !"}, short(diff.Compute(desired, live, diff.Resending{}))); d != "" {
			t.Errorf("(-want +got):\n%s", d)
		}
	}
}
