package access_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/entitlectl/entitlectl/pkg/access"
	"github.com/entitlectl/entitlectl/pkg/providers"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

var now = time.Date(2026, 11, 5, 12, 0, 0, 0, time.UTC)

// load reads files in which w and x are connections, and u0 to u4 people of whom u0 has another name at the vendor.
func load(t rapid.TB, text string) *spec.Spec {
	t.Helper()
	return loadAll(t, head+text)
}

const head = `version: 1
connections:
  w: {provider: huaweicloud, region: ap-southeast-3, project: a0123456789abcdef0123456789abcde, auth: {accessKey: env:HUAWEICLOUD_A, secretKey: env:HUAWEICLOUD_B}}
  x: {provider: huaweicloud, region: ap-southeast-3, project: b0123456789abcdef0123456789abcde, auth: {accessKey: env:HUAWEICLOUD_C, secretKey: env:HUAWEICLOUD_D}}
users: [{name: u0, account: zero}, {name: u1}, {name: u2}, {name: u3}, {name: u4}]
`

func loadAll(t rapid.TB, text string) *spec.Spec {
	t.Helper()
	s, err := spec.Load(spec.Input{Paths: []string{"-"}, Formats: providers.Formats(), Stdin: []byte(text)})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func worldOf(s *spec.Spec, from access.From, live map[string]spec.State, members map[spec.Subject][]spec.Subject) access.World {
	w, desired := access.World{From: from, Users: s.Users(), Chains: s.Chains(now)}, s.Desired(now)
	for _, c := range s.Connections {
		site := access.Site{Name: c.Name, Desired: desired[c.Name], Live: spec.NewState(), Members: members}
		if l, looked := live[c.Name]; looked {
			site.Live = l
		}
		w.Sites = append(w.Sites, site)
	}
	return w
}

func account(name string) spec.Subject {
	return spec.Subject{Kind: spec.SubjectUser, Name: name, Domain: "local.com"}
}

// generate makes files and live state in which much agrees.
func generate(t *rapid.T) (*spec.Spec, map[string]spec.State) {
	text, live := generateText(t)
	return load(t, text), live
}

// generateText is generate, with the text of the files but for their head.
func generateText(t *rapid.T) (string, map[string]spec.State) {
	var text strings.Builder
	items := func(label string, from []string) string {
		return strings.Join(rapid.SliceOfNDistinct(rapid.SampledFrom(from), 1, 3, rapid.ID[string]).Draw(t, label), ", ")
	}
	who := []string{"u0", "u1", "u2", "u3", "team:t0", "group:G"}
	fmt.Fprintf(&text, "teams:\n  t0: [%s]\n  t1: [%s]\n", items("t0", who[:4]), items("t1", who[:5]))
	text.WriteString("appGroups:\n")
	live := map[string]spec.State{"w": spec.NewState(), "x": spec.NewState()}
	for _, c := range []string{"w", "x"} {
		for _, name := range []string{"A", "B"} {
			ref := spec.Ref{Connection: c, Kind: "app-group", Name: name}
			if rapid.Bool().Draw(t, "live") {
				live[c].Resources[ref] = spec.Resource{Open: rapid.IntRange(0, 4).Draw(t, "open") == 0}
				grants := live[c].Grants
				for _, s := range rapid.SliceOfN(rapid.SampledFrom([]string{"zero", "u1", "u2", "stranger", "u0"}), 0, 4).Draw(t, "holders") {
					grants.Add(spec.Grant{Resource: ref, Subject: account(s), Role: spec.RoleAccess}, spec.Origin{})
				}
			}
			if rapid.Bool().Draw(t, "listed") {
				fmt.Fprintf(&text, "  - {name: %s, in: %s, grants: [{to: [%s]}, {to: [%s]%s}]}\n", name, c, items("to", who), items("to", append(who, "team:t1")),
					rapid.SampledFrom([]string{"", ", expires: 2026-01-01", ", starts: 2027-01-01"}).Draw(t, "when"))
			}
		}
	}
	text.WriteString("  - {name: Z, in: w, grants: [{to: [u4]}]}\n")
	return text.String(), live
}

// plain is rows without what explains them.
func plain(rows []access.Row) []access.Row {
	return spec.Each(rows, func(r access.Row) access.Row { r.Chains, r.Has = nil, ""; return r })
}

func where(rows []access.Row, keep func(access.Row) bool) []access.Row {
	return slices.DeleteFunc(slices.Clone(rows), func(r access.Row) bool { return !keep(r) })
}

// The table is what the states hold, no more and no less; who-can and why are parts of it, and every row of the files has a chain
// that holds.
func TestAnswersAgreeWithStates(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, live := generate(t)
		w := worldOf(s, rapid.SampledFrom([]access.From{access.FromFiles, access.FromLive, access.FromBoth}).Draw(t, "from"), live, nil)
		table := w.Table()
		for _, site := range w.Sites {
			in := func(side access.In) func(access.Row) bool {
				return func(r access.Row) bool { return r.Connection == site.Name && (r.In == side || r.In == access.InBoth) }
			}
			if w.From != access.FromLive {
				holds(t, s, where(table, in(access.InFiles)), site.Desired)
			}
			if w.From != access.FromFiles {
				holds(t, s, where(table, in(access.InLive)), site.Live)
			}
		}
		for _, name := range w.Resources() {
			if d := cmp.Diff(plain(where(table, func(r access.Row) bool { return r.Ref().String() == name })), plain(w.WhoCan(name))); d != "" {
				t.Fatalf("who-can %s (-table +answer):\n%s", name, d)
			}
		}
		for _, user := range s.Users() {
			mine := where(table, func(r access.Row) bool { return r.Person == user || r.Subject == access.Everyone })
			if d := cmp.Diff(plain(mine), plain(where(w.Why(user, ""), func(r access.Row) bool { return r.In != access.InNone }))); d != "" {
				t.Fatalf("why %s (-table +answer):\n%s", user, d)
			}
		}
		for _, r := range table {
			if r.In == access.InLive || w.From == access.FromLive {
				continue
			}
			if len(r.Chains) == 0 || r.Chains[0].Lapsed {
				t.Fatalf("%+v has no chain", r)
			}
		}
	})
}

// holds compares the rows of one side of one site with its state.
func holds(t *rapid.T, s *spec.Spec, rows []access.Row, state spec.State) {
	type held struct {
		on   spec.Ref
		who  string
		role spec.Role
	}
	chains := s.Chains(now)
	want, got := map[held]bool{}, map[held]bool{}
	for g := range state.Grants.All() {
		who := chains.Person(g.Resource.Connection, g.Subject)
		if who == "" {
			who = g.Subject.String()
		}
		if !state.Resources[g.Resource].Open {
			want[held{g.Resource, who, g.Role}] = true
		}
	}
	for ref := range state.Open() {
		want[held{ref, "everyone", spec.RoleAccess}] = true
	}
	for _, r := range rows {
		who := r.Person
		if who == "" {
			who = r.Subject.String()
		}
		got[held{r.Ref(), who, r.Role}] = true
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Fatalf("(-state +rows):\n%s", d)
	}
}

// What one has alone, what the other has alone and what both have make up what each has, whoever is named first.
func TestComparisonsAreWholeAndTheSameFromEitherSide(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, live := generate(t)
		w := worldOf(s, access.FromBoth, live, nil)
		ab, ba := places(w.Compare("u0", "u1")), places(w.Compare("u1", "u0"))
		if d := cmp.Diff(ab, ba); d != "" {
			t.Fatalf("(-one +other way):\n%s", d)
		}
		for _, user := range []string{"u0", "u1"} {
			for _, r := range w.Why(user, "") {
				if has := ab[r.Ref()]; r.In != access.InNone && has != user && has != access.Both {
					t.Fatalf("%s has %s, the comparison says %q", user, r.Ref(), has)
				}
			}
		}
	})
}

func places(rows []access.Row) map[spec.Ref]string {
	found := map[spec.Ref]string{}
	for _, r := range rows {
		found[r.Ref()] = r.Has
	}
	return found
}

// Members of user groups are found under the person whom the files know, with the chain of the group; what has lapsed says why.
func TestWhyTellsOfGroupsAndOfWhatEnded(t *testing.T) {
	s := load(t, "appGroups: [{name: A, in: w, grants: [{to: ['group:G'], reason: r}, {to: [u1], expires: 2026-01-01}]}]\n")
	group := spec.Subject{Kind: spec.SubjectUserGroup, Name: "G", Domain: "local.com"}
	live := spec.NewState()
	ref := spec.Ref{Connection: "w", Kind: "app-group", Name: "A"}
	live.Resources[ref] = spec.Resource{}
	for _, who := range []spec.Subject{group, account("u1")} {
		live.Grants.Add(spec.Grant{Resource: ref, Subject: who, Role: spec.RoleAccess}, spec.Origin{})
	}
	w := worldOf(s, access.FromBoth, map[string]spec.State{"w": live}, map[spec.Subject][]spec.Subject{group: {account("zero"), account("stranger")}})
	var got []string
	for _, who := range []string{"u0", "u1", "stranger", "G", "group:G", "nobody"} {
		for _, r := range w.Why(who, "app-group/A") {
			got = append(got, fmt.Sprintf("%s: %s through %q %s %s %v", who, r.Who(), r.Group.Name, r.In, r.Chains[0].Reason, r.Chains[0].Lapsed))
		}
	}
	want := []string{`u0: u0 (zero@local.com) through "G" both r false`, `u1: u1 through "" live expired 2026-01-01 true`,
		`stranger: stranger@local.com through "G" both r false`, `G: group:G@local.com through "" both r false`, `group:G: group:G@local.com through "" both r false`}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

// Nobody is taken for a namesake: a name of several on one connection is told as such, unless the files say who it is.
func TestNamesakes(t *testing.T) {
	live := map[string]spec.State{"w": spec.NewState(), "x": spec.NewState()}
	hold := func(connection string, holders ...spec.Subject) {
		ref := spec.Ref{Connection: connection, Kind: "app-group", Name: "A"}
		live[connection].Resources[ref] = spec.Resource{}
		for _, s := range holders {
			grants := live[connection].Grants
			grants.Add(spec.Grant{Resource: ref, Subject: s, Role: spec.RoleAccess}, spec.Origin{})
		}
	}
	elsewhere := account("zoe")
	elsewhere.Domain = "corp.local"
	hold("w", account("zoe"), elsewhere, account("ann"), account("u1"), spec.Subject{Kind: spec.SubjectUserGroup, Name: "u1", Domain: "local.com"})
	hold("x", account("ann"), spec.Subject{Kind: spec.SubjectUserGroup, Name: "zoe", Domain: "local.com"})
	w := worldOf(load(t, ""), access.FromLive, live, nil)
	for name, want := range map[string][]string{"zoe": {"zoe@corp.local", "zoe@local.com"}, "zoe@corp.local": nil, "group:zoe": nil, "ann": nil, "u1": nil, "nobody": nil} {
		if diff := cmp.Diff(want, w.Namesakes(name)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
