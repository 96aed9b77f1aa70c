package spec

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// What files give after the moment of a plan, in which nothing of it shows, is told: what begins later, and what ends later or no more.
func TestDeferred(t *testing.T) {
	const text = `version: 1
connections: {w: {provider: cloud, region: r, auth: {token: env:T}}}
users: [{name: a}, {name: b}, {name: c}, {name: d}, {name: e}, {name: f}]
teams: {t: [b, c, d, e]}
appGroups:
  - name: G
    in: w
    grants:
      - {to: [a], expires: 2026-12-31}
      - {to: [f], starts: 2027-01-01}
`
	const ends, begins = "      - {to: [a], expires: 2026-12-31}\n", "      - {to: [f], starts: 2027-01-01}\n"
	for _, tc := range []struct{ reason, old, new, want string }{
		{"nothing", "", "", ""},
		{"an end that has come", ends, "      - {to: [a], expires: 2026-01-01}\n", ""},
		{"an end that comes sooner", ends, "      - {to: [a], expires: 2026-12-01}\n", ""},
		{"an end that comes later", ends, "      - {to: [a], expires: 2027-12-31}\n", "end w app-group/G: a: 2026-12-31 -> 2027-12-31 (9, was 9)"},
		{"no end any more", ends, "      - {to: [a]}\n", "end w app-group/G: a: 2026-12-31 -> (9, was 9)"},
		{"another line without an end", begins, begins + "      - {to: [a]}\n", "end w app-group/G: a: 2026-12-31 -> (11, was 9)"},
		{"a pause, and then no end", ends, ends + "      - {to: [a], starts: 2028-01-01}\n", "end w app-group/G: a: 2026-12-31 -> (10, was 9)"},
		{"the line goes", ends, "", ""},
		{"a beginning that comes later", begins, "      - {to: [f], starts: 2027-02-01}\n", ""},
		{"a beginning that comes sooner", begins, "      - {to: [f], starts: 2026-12-01}\n", "begin w app-group/G: f: 2027-01-01 -> 2026-12-01 (10, was 10)"},
		{"a beginning that has come", begins, "      - {to: [f], starts: 2026-01-01}\n", ""}, // the plan shows it
		{"a new one, of many", begins, begins + "      - {to: [team:t], starts: 2027-03-01, expires: 2027-04-01}\n", "begin w app-group/G: b, c, d, 1 more:  -> 2027-03-01 (11)"},
		{"a resource has another name, and its end stays", "name: G\n", "name: H\n    previously: G\n", ""},
		{"a resource has another name, and no end any more", "name: G\n    in: w\n    grants:\n" + ends, "name: H\n    previously: G\n    in: w\n    grants:\n      - {to: [a]}\n", "end w app-group/H: a: 2026-12-31 -> (10, was 9)"},
		{"somebody has another name, and no end any more", "users: [{name: a}, {name: b}, {name: c}, {name: d}, {name: e}, {name: f}]\nteams: {t: [b, c, d, e]}\nappGroups:\n  - name: G\n    in: w\n    grants:\n" + ends,
			"users: [{name: z, previously: a}, {name: b}, {name: c}, {name: d}, {name: e}, {name: f}]\nteams: {t: [b, c, d, e]}\nappGroups:\n  - name: G\n    in: w\n    grants:\n      - {to: [z]}\n", "end w app-group/G: z: 2026-12-31 -> (9, was 9)"},
		{"somebody has another name, and what begins stays", "{name: f}]\nteams: {t: [b, c, d, e]}\nappGroups:\n  - name: G\n    in: w\n    grants:\n" + ends + begins,
			"{name: z, previously: f}]\nteams: {t: [b, c, d, e]}\nappGroups:\n  - name: G\n    in: w\n    grants:\n" + ends + "      - {to: [z], starts: 2027-01-01}\n", ""},
		{"a new one that ends", begins, begins + "      - {to: [b], expires: 2027-04-01}\n", ""}, // the plan shows it
		{"what is given already", begins, begins + "      - {to: [a], starts: 2026-12-01}\n", "end w app-group/G: a: 2026-12-31 -> (11, was 9)"},
	} {
		if strings.Count(text, tc.old) != 1 && tc.old != "" {
			t.Fatalf("%s: the files have %q not once", tc.reason, tc.old)
		}
		var all []string
		number := func(source string) string { return source[strings.LastIndex(source, ":")+1:] }
		for _, w := range Deferred(fromText(t, text), fromText(t, strings.Replace(text, tc.old, tc.new, 1)), time.Date(2026, 11, 5, 12, 0, 0, 0, time.UTC)) {
			at := number(w.Source)
			if w.Was != "" {
				at = strings.TrimPrefix(at+", was "+number(w.Was), ", ")
			}
			all = append(all, strings.ReplaceAll(fmt.Sprintf("%s %s: %s -> %s (%s)", w.What, w.On, w.From, w.To, at), "->  (", "-> ("))
		}
		if diff := cmp.Diff(tc.want, strings.Join(all, "; ")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
		}
	}
}
