package compose_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/entitlectl/entitlectl/pkg/providers"
	"github.com/entitlectl/entitlectl/pkg/spec"
	"github.com/entitlectl/entitlectl/pkg/spec/compose"
)

var amendedAt = time.Date(2026, 11, 5, 12, 0, 0, 0, time.UTC)

const amendHead = "version: 1\nconnections:\n  w: {provider: huaweicloud, region: ap-southeast-3, auth: {accessKey: env:HUAWEICLOUD_A, secretKey: env:HUAWEICLOUD_B}}\n"

func loadText(t rapid.TB, text string) *spec.Spec {
	t.Helper()
	s, err := spec.Load(spec.Input{Paths: []string{"-"}, Stdin: []byte(text), Formats: providers.Formats()})
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return s
}

// amend carries amendments out on a file.
func amend(t rapid.TB, text string, all []spec.Amendment) string {
	t.Helper()
	edits, err := loadText(t, text).Amend(all, amendedAt)
	if err != nil {
		t.Fatal(err)
	}
	written, err := compose.Amend([]byte(text), edits, providers.Formats())
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return string(written)
}

func amendment(op spec.AmendOp, group, who string) spec.Amendment {
	a := spec.Amendment{Op: op, Grant: spec.Grant{Resource: spec.Ref{Connection: "w", Kind: "app-group", Name: group}, Role: spec.RoleAccess,
		Subject: spec.Subject{Kind: spec.SubjectUser, Name: who, Domain: "local.com"}}}
	if op == spec.AmendUntil {
		a.Until, a.Reason = "2027-01-31", "for now"
	}
	return a
}

// Only what is decided about changes, with the comments that are about something else.
func TestAmendedLines(t *testing.T) {
	head := amendHead + "users: [{name: al}, {name: bo},   {name: cy}]   # all\n"
	for name, tc := range map[string]struct {
		text string
		all  []spec.Amendment
		want string
	}{
		"one of a list": {
			"appGroups:\n  # the first\n  - {name: G,  in: w, grants: [{to: [al, bo]}]}  # odd blanks\n\n  # the second\n  - {name: H,   in: w, grants: [{to: [al]}]}\n",
			[]spec.Amendment{amendment(spec.AmendRemove, "G", "bo")},
			"appGroups:\n  # the first\n  # odd blanks\n  - name: G\n    in: w\n    grants:\n      - to: [al]\n\n  # the second\n  - {name: H,   in: w, grants: [{to: [al]}]}\n"},
		"the last of a grant, and of all": {
			"appGroups:\n- name: G\n  in: w\n  grants:\n  # al has it\n  - to: [al] # gone with al\n    reason: r\n  # not said\n# the end\n",
			[]spec.Amendment{amendment(spec.AmendRemove, "G", "al")},
			"appGroups:\n- name: G\n  in: w\n  # not said\n  grants: []\n# the end\n"},
		"an end": {
			"appGroups:\n  - name: G  # group\n    in: w\n    grants:\n      - to:\n          - al  # lead\n          - bo\n    # no more\nteams: {}\n",
			[]spec.Amendment{amendment(spec.AmendUntil, "G", "bo")},
			"appGroups:\n  - name: G  # group\n    in: w\n    grants:\n      - to:\n          - al  # lead\n      - to: [bo]\n        expires: 2027-01-31\n        reason: for now\n    # no more\nteams: {}\n"},
		"an end in place": {
			"appGroups:\n  -\n    name: G\n    in: w\n    grants:\n      # why bo\n      - {to: [bo], expires: 2028-01-01} # bo\n      - {to: [bo], starts: 2027-06-01}\n  -\n    name: H\n    in: w\n",
			[]spec.Amendment{amendment(spec.AmendUntil, "G", "bo")},
			"appGroups:\n  - name: G\n    in: w\n    grants:\n      # why bo\n      # bo\n      - to: [bo]\n        expires: 2027-01-31\n        reason: for now\n  -\n    name: H\n    in: w\n"},
		"somebody of a team, who keeps the rest": {
			"teams:\n  t: [al, bo] # team\nappGroups:\n  - {name: G, in: w, grants: [{to: [team:t, cy]}]}\n  - {name: H, in: w, grants: [{to: [team:t]}]}\n",
			[]spec.Amendment{amendment(spec.AmendRemove, "G", "bo")},
			"teams:\n  t: [al, bo] # team\nappGroups:\n  - name: G\n    in: w\n    grants:\n      - to: [al, cy]\n  - {name: H, in: w, grants: [{to: [team:t]}]}\n"},
		"somebody of a team, who loses all that it gives": {
			"teams:\n  t: [al, bo] # team\n  u: [team:t]\nappGroups:\n  - {name: G, in: w, grants: [{to: [team:t, cy]}]}\n  - {name: H, in: w, grants: [{to: [team:u]}]}\n",
			[]spec.Amendment{amendment(spec.AmendRemove, "G", "bo"), amendment(spec.AmendRemove, "H", "bo")},
			"teams:\n  t: [al]  # team\n  u: [team:t]\nappGroups:\n  - {name: G, in: w, grants: [{to: [team:t, cy]}]}\n  - {name: H, in: w, grants: [{to: [team:u]}]}\n"},
		"what stays where it is not listed ends": {
			"appGroups:\n  - {name: G, in: w, ownership: add-only, grants: [{to: [al, bo]}]}\n",
			[]spec.Amendment{amendment(spec.AmendRemove, "G", "bo")},
			"appGroups:\n  - name: G\n    in: w\n    ownership: add-only\n    grants:\n      - to: [al]\n      - to: [bo]\n        expires: 2026-11-05T12:00:00Z\n"},
		"somebody more, with CRLF": {
			"appGroups:\r\n  - {name: G, in: w, grants: []}\r\n  - {name: H, in: w}\r\n",
			[]spec.Amendment{amendment(spec.AmendAdd, "G", "bo"), amendment(spec.AmendAdd, "G", "cy"), amendment(spec.AmendAdd, "H", "al")},
			"appGroups:\r\n  - name: G\r\n    in: w\r\n    grants:\r\n      - to: [bo, cy]\r\n  - name: H\r\n    in: w\r\n    grants:\r\n      - to: [al]\r\n"},
		"a section in brackets": {
			"appGroups: [{name: G, in: w, grants: [{to: [al, bo]}]}]\nteams:   {}\n",
			[]spec.Amendment{amendment(spec.AmendRemove, "G", "bo")},
			"appGroups:\n  - name: G\n    in: w\n    grants:\n      - to: [al]\nteams:   {}\n"},
	} {
		t.Run(name, func(t *testing.T) {
			crlf := strings.Contains(tc.text, "\r\n")
			head := head
			if crlf {
				head = strings.ReplaceAll(head, "\n", "\r\n")
			}
			if d := cmp.Diff(head+tc.want, amend(t, head+tc.text, tc.all)); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

// What files want afterwards is what they wanted, without what was removed, with what was added, and with the ends that were set:
// now, and after these.
func TestAmendmentsAreExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		people := []string{"u0", "u1", "u2", "u3"}
		words := func(label string, from []string) string {
			return strings.Join(rapid.SliceOfNDistinct(rapid.SampledFrom(from), 1, 4, rapid.ID[string]).Draw(t, label), rapid.SampledFrom([]string{", ", ",   "}).Draw(t, "gap"))
		}
		who := append([]string{"team:t0", "team:t1", "group:G"}, people...)
		var text strings.Builder
		text.WriteString(amendHead + "users: [{name: u0}, {name: u1}, {name: u2}, {name: u3}]\n")
		fmt.Fprintf(&text, "teams:\n  t0: [%s] # zero\n  # one\n  t1: [%s]\n", words("t0", people), words("t1", append([]string{"team:t0"}, people...)))
		text.WriteString("appGroups:\n")
		for _, name := range []string{"A", "B"} {
			fmt.Fprintf(&text, "  # of %s\n  - name: %s\n    in: w\n    ownership: %s\n    grants:\n", name, name, rapid.SampledFrom([]string{"owned", "add-only"}).Draw(t, "ownership"))
			for range rapid.IntRange(1, 3).Draw(t, "lines") {
				fmt.Fprintf(&text, "      - {to: [%s]%s} # %s\n", words("to", who), rapid.SampledFrom([]string{"", "", ", expires: 2026-01-01", ", starts: 2027-06-01", ", reason: r"}).Draw(t, "when"), name)
			}
		}
		before := loadText(t, text.String())
		moments := []time.Time{amendedAt, amendedAt.AddDate(2, 0, 0)}
		want := []map[spec.Grant]bool{wanted(before, moments[0]), wanted(before, moments[1])}
		var all []spec.Amendment
		for _, g := range slices.SortedFunc(maps.Keys(want[0]), spec.Grant.Compare) {
			switch rapid.IntRange(0, 3).Draw(t, "decision") {
			case 0:
				all = append(all, spec.Amendment{Grant: g, Op: spec.AmendRemove})
				delete(want[0], g)
				delete(want[1], g)
			case 1:
				all = append(all, spec.Amendment{Grant: g, Op: spec.AmendUntil, Until: "2027-01-31", Reason: "why: \"so\""})
				delete(want[1], g)
			}
		}
		for _, name := range people {
			if add := amendment(spec.AmendAdd, "A", name); !want[0][add.Grant] && !slices.ContainsFunc(all, func(a spec.Amendment) bool { return a.Grant == add.Grant }) && rapid.Bool().Draw(t, "add") {
				all = append(all, add)
				want[0][add.Grant], want[1][add.Grant] = true, true
			}
		}
		written := amend(t, text.String(), all)
		after := loadText(t, written)
		for i, at := range moments {
			if d := cmp.Diff(want[i], wanted(after, at)); d != "" {
				t.Fatalf("at %s (-want +got):\n%s\n%s\n%s", at, d, text.String(), written)
			}
		}
		for _, comment := range []string{"# of A", "# of B", "# zero", "# one"} {
			if !strings.Contains(written, comment) {
				t.Fatalf("%q is gone:\n%s", comment, written)
			}
		}
		if len(all) == 0 && written != text.String() {
			t.Fatalf("nothing was decided:\n%s", written)
		}
	})
}

func wanted(s *spec.Spec, at time.Time) map[spec.Grant]bool {
	found := map[spec.Grant]bool{}
	for g := range s.Desired(at)["w"].Grants.All() {
		found[g] = true
	}
	return found
}

// What can't be done by changing lines is said.
func TestAmendmentsThatCannotBe(t *testing.T) {
	s := loadText(t, amendHead+"users: [{name: al}]\nappGroups: [{name: G, in: w}]\n")
	for want, a := range map[string]spec.Amendment{
		"no file lists it":        amendment(spec.AmendRemove, "X", "al"),
		"no file knows zoe@local": amendment(spec.AmendAdd, "G", "zoe"),
	} {
		if _, err := s.Amend([]spec.Amendment{a}, amendedAt); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	if _, err := compose.Amend([]byte("version: 1\n"), []spec.Edit{{At: spec.Position{File: "f", Line: 9, Column: 1}}}, providers.Formats()); err == nil {
		t.Error("a place that is not there was changed")
	}
}
