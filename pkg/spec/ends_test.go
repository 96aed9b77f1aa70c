package spec

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

const endsHead = `version: 1
connections:
  w: {provider: cloud, region: r, auth: {token: env:T}}
  m: {provider: mailer, auth: {appId: env:A, appKey: env:B}}
users: [{name: a, email: a@x.example}, {name: b, email: b@x.example}, {name: c, email: c@x.example}]
teams: {t: [a, b], u: [team:t, c]}
`

// loaded loads a file that a test writes.
func loaded(t rapid.TB, dir, text string) *Spec {
	t.Helper()
	file := filepath.Join(dir, "e.yaml")
	if err := os.WriteFile(file, []byte(endsHead+text), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := Load(Input{Paths: []string{file}, Formats: testFormats()})
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return s
}

// An end that another line outlives is warned about with both lines, once for two lines; an end that holds is not.
func TestOutlivedEndsAreWarnedAbout(t *testing.T) {
	for _, tc := range []struct {
		reason, grants string
		want           []string
	}{
		{"a team holds on", "[{to: [team:t]}, {to: [a], expires: 2026-12-31}]", []string{`"a@local.com" 2026-12-31 7:61 7:45`}},
		{"a later end", "[{to: [a], expires: 2026-12-31}, {to: [a], expires: 2027-01-31}]", []string{`"a@local.com" 2026-12-31 7:45 7:77`}},
		{"one warning for a team", "[{to: [team:u], expires: 2026-12-31}, {to: [team:t]}]", []string{`"a@local.com" 2026-12-31 7:45 7:82`}},
		{"the same end", "[{to: [a], expires: 2026-12-31}, {to: [team:t], expires: 2026-12-31}]", nil},
		{"the other begins later", "[{to: [a], expires: 2026-12-31}, {to: [a], starts: 2027-06-01}]", nil},
		{"the other begins at once", "[{to: [a], expires: 2026-12-31}, {to: [a], starts: 2026-12-31}]", []string{`"a@local.com" 2026-12-31 7:45 7:77`}},
		{"others", "[{to: [a], expires: 2026-12-31}, {to: [b, 'group:a']}]", nil},
		{"a group", "[{to: ['group:g'], expires: 2026-12-31}, {to: ['group:g@local.com']}]", []string{`"group:g@local.com" 2026-12-31 7:45 7:85`}},
	} {
		s := loaded(t, t.TempDir(), "appGroups: [{name: G, in: w, grants: "+tc.grants+"}]\n")
		var got []string
		for _, w := range s.Warnings {
			words := strings.Fields(w.What)
			at := strings.Split(words[len(words)-5], ":")
			got = append(got, fmt.Sprintf("%s %s %d:%d %s", words[0], strings.TrimSuffix(words[8], ","), w.Line, w.Column, strings.Join(at[len(at)-2:], ":")))
		}
		if d := cmp.Diff(tc.want, got); d != "" {
			t.Errorf("%s (-want +got):\n%s\n%v", tc.reason, d, s.Warnings)
		}
	}
}

// A person is one, whether a line names them or their address.
func TestOutlivedByAnAddress(t *testing.T) {
	s := loaded(t, t.TempDir(), "mailGroups: [{address: g@x.example, in: m, members: [{to: [a], expires: 2026-12-31}, A@x.example]}]\n")
	if len(s.Warnings) != 1 {
		t.Errorf("%v", s.Warnings)
	}
}

// What is upcoming is what desired states of before and after differ by, at each moment and no other.
func TestUpcomingIsWhatDesiredStatesDifferBy(t *testing.T) {
	dir, now := t.TempDir(), time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	day := func(n int) time.Time { return now.AddDate(0, 0, n) }
	rapid.Check(t, func(t *rapid.T) {
		var lines []string
		for range rapid.IntRange(0, 6).Draw(t, "lines") {
			line := "{to: [" + rapid.SampledFrom([]string{"a", "b", "team:t", "team:u", "c, a"}).Draw(t, "to") + "]"
			from := rapid.IntRange(-5, 20).Draw(t, "from")
			if rapid.Bool().Draw(t, "starts") {
				line += ", starts: " + day(from).Format(time.DateOnly)
			}
			if rapid.Bool().Draw(t, "expires") {
				line += ", expires: " + day(from+rapid.IntRange(1, 9).Draw(t, "days")).Format(time.DateOnly)
			}
			lines = append(lines, line+"}")
		}
		ownership := rapid.SampledFrom([]string{"owned", "add-only", "ignored"}).Draw(t, "ownership")
		s := loaded(t, dir, "appGroups: [{name: G, in: w, ownership: "+ownership+", grants: ["+strings.Join(lines, ", ")+"]}]\n")
		const within = 10
		var want, got []string
		for n := 1; n <= within && ownership != "ignored"; n++ {
			before, after := s.Desired(day(n).Add(-1))["w"].Grants, s.Desired(day(n))["w"].Grants
			for g := range after.Minus(before) {
				want = append(want, fmt.Sprint(day(n), " begins ", g))
			}
			for g := range before.Minus(after) {
				want = append(want, fmt.Sprint(day(n), " ends ", g))
			}
		}
		for _, turn := range s.Upcoming(now, within*24*time.Hour) {
			got = append(got, fmt.Sprint(turn.At, map[bool]string{true: " ends ", false: " begins "}[turn.Ends], turn.Grant))
		}
		slices.Sort(want)
		slices.Sort(got)
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%v (-want +got):\n%s", lines, d)
		}
	})
}

// An end counts as announced for a time. Of several lines that ended, the one that ended last says when it was.
func TestEndsOfLongAgoAnnounceNothing(t *testing.T) {
	s := loaded(t, t.TempDir(), `appGroups: [{name: G, in: w, grants: [{to: [a], expires: 2020-01-01}, {to: [b], expires: 2026-11-01}, {to: [c], expires: 2020-01-01},
  {to: [c], expires: 2026-11-01}]}]
`)
	for at, want := range map[string]string{"2026-11-01T00:00:00Z": "a", "2026-12-01T00:00:00Z": "a", "2026-12-01T00:00:01Z": "a b c"} {
		now, err := time.Parse(time.RFC3339, at)
		if err != nil {
			t.Fatal(err)
		}
		var overdue []string
		for g, origin := range s.Desired(now)["w"].Inactive.All() {
			if origin.Ended && origin.Overdue {
				overdue = append(overdue, g.Subject.Name)
			}
		}
		if slices.Sort(overdue); strings.Join(overdue, " ") != want {
			t.Errorf("at %s: overdue are %q, want %s", at, overdue, want)
		}
	}
}
