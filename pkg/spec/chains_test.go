package spec

import (
	"fmt"
	"math/rand"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// shown is a chain in one line.
func (c Chain) shown() string {
	text := fmt.Sprintf("%d:%d", c.Source.Line, c.Source.Column)
	for _, s := range c.Steps {
		text += " " + s.Team + s.Source[strings.LastIndexByte(s.Source, ':'):]
	}
	if c.Lapsed {
		text += " (" + c.Reason + ")"
	}
	return text
}

// Every way from a line of a resource to a person is a chain, the one that Desired goes by first.
func TestChainsLeadFromLineToPerson(t *testing.T) {
	const file = `appGroups:
  - {name: G, in: w, grants: [{to: [a], expires: 2020-01-01}, {to: [team:all]},
      {to: [team:u, b]}, {to: [c], starts: 2030-01-01}, {to: ['group:V']}]}
mailGroups: [{address: g@corp.example, in: m, members: [team:u]}]
`
	s := loadedTeams(t, file)
	chains := s.Chains(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	group, mail := Ref{"w", "app-group", "G"}, Ref{"m", "mail-group", "g@corp.example"}
	for _, tc := range []struct {
		ref  Ref
		who  Subject
		want []string
	}{
		{group, Subject{SubjectUser, "a", "local.com"}, []string{"12:69 all:7 t:5", "12:69 all:7 u:6 t:5", "13:13 u:6 t:5", "12:37 (expired 2020-01-01)"}},
		{group, Subject{SubjectUser, "b", "local.com"}, []string{"12:69 all:8", "12:69 all:7 t:5", "12:69 all:7 u:6 t:5", "13:13 u:6 t:5", "13:21"}},
		{group, Subject{SubjectUser, "c", "local.com"}, []string{"12:69 all:7 u:6", "13:13 u:6", "13:32 (starts 2030-01-01)"}},
		{group, Subject{SubjectUserGroup, "V", "local.com"}, []string{"13:63"}},
		{group, Subject{SubjectUser, "stranger", "local.com"}, nil},
		{mail, Subject{Kind: SubjectUser, Name: "c@x.example"}, []string{"14:57 u:6"}},
		{Ref{"w", "app-group", "H"}, Subject{SubjectUser, "a", "local.com"}, nil},
		{Ref{"nowhere", "app-group", "G"}, Subject{SubjectUser, "a", "local.com"}, nil},
	} {
		var got []string
		for _, c := range chains.Of(Grant{Resource: tc.ref, Subject: tc.who}, 100) {
			got = append(got, c.shown())
		}
		if d := cmp.Diff(tc.want, got); d != "" {
			t.Errorf("%s on %s (-want +got):\n%s", tc.who, tc.ref, d)
		}
		for most := range len(tc.want) {
			if few := chains.Of(Grant{Resource: tc.ref, Subject: tc.who}, most); len(few) != most {
				t.Errorf("%s on %s: %d chains, asked for %d", tc.who, tc.ref, len(few), most)
			}
		}
	}
	for subject, want := range map[Subject]string{
		{SubjectUser, "a", "local.com"}: "a", {SubjectUser, "zoe", "local.com"}: "d", {Kind: SubjectMailbox, Name: "d@x.example"}: "d",
		{SubjectUser, "d", "local.com"}: "", {SubjectUserGroup, "a", "local.com"}: "", {Kind: SubjectAddress, Name: "both@x.example"}: "",
	} {
		if got := chains.Person("w", subject); got != want {
			t.Errorf("%s is %q, want %q", subject, got, want)
		}
	}
}

func loadedTeams(t rapid.TB, text string) *Spec {
	t.Helper()
	s, err := load(Input{Paths: []string{"-"}, Formats: testFormats(), Stdin: []byte(`version: 1
connections:
  w: {provider: cloud, region: r, auth: {token: env:T}}
  m: {provider: mailer, auth: {appId: env:A, appKey: env:B}}
teams: {t: [a, b],
  u: [team:t, c],
  all: [team:u, team:t,
    b]}
users: [{name: a, email: a@x.example}, {name: b, email: b@x.example}, {name: c, email: c@x.example}, {name: d, account: zoe, email: d@x.example},
  {name: e, email: both@x.example}, {name: f, email: both@x.example}]
` + text)}, usualBounds)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// What a chain loses on the way to other files is the first line that these lack.
func TestGoneIsTheLineThatWasTakenOut(t *testing.T) {
	const grants = "appGroups: [{name: G, in: w, grants: [{to: [team:all]}, {to: [d]}]}]\n"
	base := loadedTeams(t, grants)
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	g := Grant{Ref{"w", "app-group", "G"}, Subject{SubjectUser, "a", "local.com"}, RoleAccess}
	was := base.Chains(at).Of(g, 1)[0]
	for text, want := range map[string]int{
		grants: 11, // all is there
		"appGroups: [{name: G, in: w, grants: [{to: [d]}]}]\n":                             11,
		"appGroups: [{name: G, in: w, grants: [{to: [team:all], expires: 2020-01-01}]}]\n": 11,
		"appGroups: []\n": 11,
	} {
		if got := loadedTeams(t, text).Chains(at).Gone(g, was); got.Line != want {
			t.Errorf("%s: %v, want line %d", text, got, want)
		}
	}
	for team, want := range map[string]int{"t": 5, "all": 7} {
		now := loadedTeams(t, grants)
		for _, have := range now.teams {
			if have.name == team {
				have.members = slices.DeleteFunc(slices.Clone(have.members), func(it item) bool { return it.name == "a" || it.name == "t" })
			}
		}
		if got := now.Chains(at).Gone(g, was); got.Line != want {
			t.Errorf("without %s: %v, want line %d", team, got, want)
		}
	}
}

// Whatever files say, each grant has a chain, its first line is where Desired says that the grant comes from, each step is in the
// team that the one before names, no two are the same, and there are as many as there are ways.
func TestChainsOfAnyFiles(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		w := genWorld(t)
		w.write(t, dir, 1, rand.New(rand.NewSource(1)))
		s, err := Load(input(dir))
		if err != nil {
			t.Fatal(err)
		}
		chains, desired := s.Chains(now), s.Desired(now)["w"]
		for _, grants := range []Grants{desired.Grants, desired.Inactive} {
			for g, origin := range grants.All() {
				all := chains.Of(g, 1<<20)
				if len(all) == 0 || all[0].Source != origin.Source || all[0].Reason != origin.Reason {
					t.Fatalf("%v comes from %v, its chains are %v", g, origin, all)
				}
				if want := waysBruteForce(s, g); len(all) != want {
					t.Fatalf("%v has %d chains, there are %d ways", g, len(all), want)
				}
				seen := map[string]bool{}
				for _, c := range all {
					steps, last := c.Steps, c.items[len(c.items)-1]
					if text := fmt.Sprint(c.Source, steps); seen[text] || last.user == nil || last.user.name != g.Subject.Name {
						t.Fatalf("%v: %s ends with %v, or comes twice", g, text, last)
					} else {
						seen[text] = true
					}
					for i, step := range steps {
						if c.items[i].name != step.Team || c.items[i+1].at.Source() != step.Source {
							t.Fatalf("%v: step %d of %v", g, i, c)
						}
					}
				}
			}
		}
	})
}

// waysBruteForce counts the ways from the lines of a resource to a user.
func waysBruteForce(s *Spec, g Grant) int {
	var count func(items []item) int
	count = func(items []item) (n int) {
		for _, it := range items {
			if it.team != nil {
				n += count(distinctItems(it.team.members))
			} else if it.name == g.Subject.Name {
				n++
			}
		}
		return n
	}
	n := 0
	for _, r := range s.resources {
		if r.ref() == g.Resource {
			for _, e := range r.entries {
				n += count(e.to)
			}
		}
	}
	return n
}

func distinctItems(items []item) (all []item) {
	seen := map[word]bool{}
	for _, it := range items {
		if !seen[it.word] {
			seen[it.word] = true
			all = append(all, it)
		}
	}
	return all
}

// A chain through very many teams is found, and shown with its ends.
func TestChainsOfDeepTeams(t *testing.T) {
	const deep = 3000
	var text strings.Builder
	text.WriteString("version: 1\nconnections: {w: {provider: cloud, region: r, auth: {token: env:T}}}\nusers: [{name: a}]\nteams:\n  t0: [a]\n")
	for i := range deep {
		fmt.Fprintf(&text, "  t%d: [team:t%d]\n", i+1, i)
	}
	fmt.Fprintf(&text, "appGroups: [{name: G, in: w, grants: [{to: [team:t%d]}]}]\n", deep)
	s, err := load(Input{Paths: []string{"-"}, Formats: testFormats(), Stdin: []byte(text.String())}, usualBounds)
	if err != nil {
		t.Fatal(err)
	}
	all := s.Chains(time.Time{}).Of(Grant{Ref{"w", "app-group", "G"}, Subject{SubjectUser, "a", "local.com"}, RoleAccess}, 3)
	if len(all) != 1 || len(all[0].Steps) != deep+1 {
		t.Fatalf("%d chains", len(all))
	}
	via := ViaOf(all[0].Steps)
	if steps := via.Steps(); len(steps) != maxSteps+1 || steps[maxSteps].Team != "t0" || steps[maxSteps/2].Team != fmt.Sprintf("(%d teams more)", deep+1-maxSteps) {
		t.Errorf("%s", via)
	}
}
