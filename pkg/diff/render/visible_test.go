package render

import (
	"errors"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

func TestVisible(t *testing.T) {
	tests := []struct{ in, want string }{
		{"alice", "alice"},
		{"张伟 é ß 😀", "张伟 é ß 😀"},
		{"a\x1b[31mred", `a\u001b[31mred`},
		{"a\r\nb\tc", `a\u000d\nb\tc`},
		{"\u202eevil\u2066", `\u202eevil\u2066`},
		{"zero\u200bwidth\u200d\ufeff", `zero\u200bwidth\u200d\ufeff`},
		{"c1\u009bm", `c1\u009bm`},
		{"nbsp\u00a0wide\u3000", `nbsp\u00a0wide\u3000`},
		{"filler\u3164\u2800\ufe0f", `filler\u3164\u2800\ufe0f`},
		{"tag\U000e0041", `tag\U000e0041`},
		{"line\u2028", `line\u2028`},
		{"bad\xff\xfe", `bad\xff\xfe`},
		{"replaced\ufffd", "replaced\ufffd"},
	}
	for _, test := range tests {
		compare(t, test.want, Visible(test.in))
	}
}

// Whatever the vendor or the files name things like, and wherever it stands, reports hold what can be seen only, and no
// markup but their own.
func TestFault25DisplayTricks(t *testing.T) {
	for _, trick := range []string{"\x1b[2J", "\x9b31m", "\u202egnp", "zero\u200bwidth", "tag\U000e0041", "a\r\nb\tc", "bad\xff",
		"<img src=x onerror=y>", "@all", "[a](https://b)", "`|`", "\\`<script>", "~~~\n# head"} {
		c := diff.Change{Op: diff.OpRevoke, Kind: kindAppGroup, Resource: trick, Role: spec.RoleAccess, Source: trick, Reason: trick,
			Subject: spec.Subject{Kind: spec.SubjectUserGroup, Name: trick, Domain: trick}}
		update := diff.Change{Op: diff.OpUpdate, Kind: kindApp, Resource: trick, Field: trick, From: trick, To: trick, Settings: spec.Settings{}.With(trick, trick), Problem: trick}
		granted, before := c, c
		granted.Op, granted.Subject.Kind, granted.Person, granted.Via = diff.OpGrant, spec.SubjectUser, trick, spec.ViaOf([]spec.Step{{Team: strings.ToValidUTF8(trick, ""), Source: "a.yaml:1"}}) // files are UTF-8
		before.Because, before.Was = diff.BecauseLive, trick
		base := &diff.Base{Ref: trick, Commit: trick, Problem: trick, Missing: []string{trick}, Weakened: []spec.Weakening{{What: spec.Guard(trick), On: trick, From: trick, To: trick, Source: trick}}}
		plan := &diff.Plan{ID: trick, Base: base, Connections: []diff.ConnectionPlan{{Name: trick, Provider: trick, Errors: diff.Errors{errors.New(trick)}, Notes: []string{trick}, Changes: []diff.Change{c, update, granted, before},
			Violations: []diff.Violation{{Rule: trick, On: trick}, {Rule: trick, On: "allowed"}},
			Overrides:  []diff.Override{{Rule: trick, On: "allowed", Reason: trick}}, Calls: []diff.Call{{Name: trick, Extra: []diff.Change{c}}}}}}
		result := &diff.Result{Connections: []diff.PartResult{{Name: trick, Provider: trick, Errors: diff.Errors{errors.New(trick)}, Notes: []string{trick},
			Changes: []diff.ChangeResult{{Change: &c, Outcome: diff.Refused, Detail: trick}}}}}
		for name, report := range map[string]Report{"plan": Plan(plan, Layout{}), "people": Plan(plan, Layout{By: ByPerson}), "drift of people": Drift(diff.DriftOf(plan, nil), Layout{By: ByPerson}), "drift": Drift(diff.DriftOf(plan, nil), Layout{}), "result": Result(result, Layout{})} {
			text, markdown := asText(t, report), asMarkdown(t, report)
			for _, r := range text + markdown {
				if r != '\n' && (!unicode.IsGraphic(r) || r == unicode.ReplacementChar) {
					t.Errorf("%s with %q shows %U", name, trick, r)
				}
			}
			if lines := strings.Count(text, "\n"); lines != strings.Count(asText(t, sameShape(report)), "\n") {
				t.Errorf("%s with %q has lines of its own:\n%s", name, trick, text)
			}
			if loose := ownMarkup.ReplaceAllString(outsideCode.ReplaceAllString(markdown, ""), ""); strings.ContainsAny(loose, "<@[`") {
				t.Errorf("%s with %q leaves its cell:\n%s", name, trick, loose)
			}
		}
	}
}

// ownMarkup is what comments are made of.
var ownMarkup = regexp.MustCompile(`</?(details|summary)>|<br>`)

// outsideCode takes away what stands in code.
var outsideCode = regexp.MustCompile("`[^`\n]*`|<code>[^<\n]*</code>")

// sameShape is a report of the same shape with nothing odd in it.
func sameShape(r Report) Report {
	var sections []Section
	for _, s := range r.Sections {
		p := Section{Title: "t"}
		for _, n := range s.Notes {
			p.note(n.Level, "n")
		}
		for _, g := range s.Groups {
			p.Groups = append(p.Groups, Group{Title: "g", Rows: make([]Row, len(g.Rows))})
		}
		sections = append(sections, p)
	}
	shape := Report{Title: "t", Sections: sections, Totals: "t"}
	if len(r.Apart.Sections) > 0 {
		shape.Apart = Apart{"t", sameShape(Report{Sections: r.Apart.Sections}).Sections}
	}
	return shape
}

func FuzzVisible(f *testing.F) {
	f.Add("a\x1b[0m\u202e`|\\<@\n")
	f.Fuzz(func(t *testing.T, name string) {
		for _, r := range Visible(name) {
			if r != ' ' && !unicode.IsGraphic(r) || r == '\n' {
				t.Fatalf("%q shows %q", name, r)
			}
		}
		cell := code(name)
		inner := strings.TrimSuffix(strings.TrimPrefix(cell, "`"), "`")
		if strings.ContainsAny(inner, "`|") || strings.HasPrefix(cell, "<code>") && strings.ContainsAny(cell[6:len(cell)-7], "<@\\") {
			t.Fatalf("%q leaves its cell: %s", name, cell)
		}
	})
}
