package spec

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// source reads the rules of one file.
func source(t rapid.TB, file, rules string) *ruleSource {
	t.Helper()
	d := &decoder{loader: newLoader(testFormats(), ""), file: file, rules: newRuleSource(file)}
	d.document([]byte("version: 1\nrules: {"+rules+"}\n"), true)
	if err := d.err(); err != nil {
		t.Fatalf("%s: %v", rules, err)
	}
	return d.rules
}

func sources(t rapid.TB, rules []string) []*ruleSource {
	var all []*ruleSource
	for i, r := range rules {
		all = append(all, source(t, fmt.Sprint("floor", i), r))
	}
	return all
}

// summary is what rules say, without places.
func (r Rules) summary() string {
	var b strings.Builder
	for _, l := range limits {
		switch v := *l.of(&r); {
		case l.daily && v.Off:
		case l.daily:
			fmt.Fprintf(&b, "%d/day ", v.Value)
		case v.Off:
			b.WriteString("off ")
		default:
			fmt.Fprintf(&b, "%d ", v.Value)
		}
	}
	for _, p := range r.Protected {
		fmt.Fprintf(&b, "protects %s ", p.Subject)
	}
	for _, p := range r.RequireSelf {
		fmt.Fprintf(&b, "self %s ", p.Subject)
	}
	for _, m := range r.MinMembers {
		fmt.Fprintf(&b, "%d in %s:%s ", m.Count, m.Kind, m.Name)
	}
	return strings.TrimSpace(b.String())
}

func TestStrictest(t *testing.T) {
	for _, tc := range []struct {
		reason   string
		floors   []string
		reviewed string
		want     string
	}{
		{"nobody says anything", nil, "", "25 20 50 off 500 20"},
		{"nobody governs", nil, "max-revokes: off, max-revoke-share: 90%", "off 90 50 off 500 20"},
		{"an empty rules file governs", []string{""}, "max-revokes: off, max-mails: 900", "25 20 50 off 500 20"},
		{"a rules file may be lax", []string{"max-revokes: off, max-mails: 900"}, "", "off 20 50 off 900 20"},
		{"what it leaves alone is the default", []string{"max-mails: 900"}, "max-revokes: 26", "25 20 50 off 900 20"},
		{"a reviewed file tightens", []string{"max-revokes: 100"}, "max-revokes: 3, max-mails: 0", "3 20 50 off 0 20"},
		{"a second rules file lifts no default of the first", []string{"max-mails: 900", "max-revokes: off"}, "", "25 20 50 off 500 20"},
		{"the lowest of several", []string{"max-revokes: 9", "max-revokes: 7"}, "max-revokes: 8", "7 20 50 off 500 20"},
		{"ends are counted where somebody asks for it", []string{"max-expiries: 9"}, "max-expiries: 12", "25 20 50 9 500 20"},
		{"a reviewed file may ask for it", []string{""}, "max-expiries: 12", "25 20 50 12 500 20"},
		{"people may be fewer by no more than a floor says", []string{"people-shrink: 30%"}, "people-shrink: 10%, max-revokes: 25", "25 20 50 off 500 10"},
		{"a floor holds for people too", []string{""}, "people-shrink: 90%", "25 20 50 off 500 20"},
		{"off is the laxest", []string{"max-revokes: off", "max-revokes: 900"}, "", "900 20 50 off 500 20"},
		{"lists come together", []string{"protected: [user:a], require-self: user:x", "protected: [user:b]"}, "protected: [user:c], require-self: user:y",
			"25 20 50 off 500 20 protects a protects b protects c self x self y"},
		{"the most members", []string{"min-members: {\"app:*\": 2}"}, "min-members: {\"app:*\": 1, app:A: 3}", "25 20 50 off 500 20 2 in app:* 3 in app:A"},
		{"mails to one person are counted where somebody asks for it", []string{"max-mails-per-person: 3/day"}, "max-mails-per-person: 5/day", "25 20 50 off 500 20 3/day"},
		{"more members in a reviewed file", []string{"min-members: {\"app:*\": 2}"}, "min-members: {\"app:*\": 5}", "25 20 50 off 500 20 5 in app:*"},
	} {
		if got := strictest(sources(t, tc.floors), source(t, "", tc.reviewed)).summary(); got != tc.want {
			t.Errorf("%s: got %s, want %s", tc.reason, got, tc.want)
		}
	}
}

// A rule names subjects by every name that an item of a list can: also by one with a character that can't be seen, written out.
func TestRulesNameWhatItemsName(t *testing.T) {
	for text, want := range map[string]string{
		`"user:a\u200Cb"`:                       "a\u200cb",
		`"app-group:G/group:G\u200C@x.example"`: "group:G\u200c@x.example",
		`"mailbox:A\u200CB@x.example"`:          "mailbox:a\u200cb@x.example",
	} {
		for _, rule := range []string{"protected: [" + text + "]", "require-self: " + text} {
			r := source(t, "a", rule)
			if all := slices.Concat(r.Protected, r.RequireSelf); len(all) != 1 || all[0].Subject.String() != want {
				t.Errorf("%s names %v", rule, all)
			}
		}
	}
}

// genRules draws what one file may say.
func genRules(t *rapid.T, label string) string {
	var lines []string
	for _, l := range limits {
		value := rapid.SampledFrom([]string{"", "off", "0", "10", "25", "30", "90"}).Draw(t, label+" "+l.rule)
		if l.percent && value != "" && value != "off" {
			value += "%"
		}
		if l.daily && value != "" && value != "off" {
			value += "/day"
		}
		if value != "" {
			lines = append(lines, l.rule+": "+value)
		}
	}
	people := rapid.SliceOfN(rapid.SampledFrom([]string{"user:a", "user:b", "app:A/user:a"}), 0, 3).Draw(t, label+" protected")
	lines = append(lines, "protected: ["+strings.Join(people, ", ")+"]")
	if self := rapid.SampledFrom([]string{"", "user:x", "user:y"}).Draw(t, label+" self"); self != "" {
		lines = append(lines, "require-self: "+self)
	}
	lines = append(lines, fmt.Sprintf("min-members: {\"app:*\": %d, app:A: %d}", rapid.IntRange(0, 3).Draw(t, label+" all"), rapid.IntRange(0, 3).Draw(t, label+" A")))
	return strings.Join(lines, ", ")
}

// loosens says what a lets through that b does not; "" where nothing.
func (a Rules) loosens(b Rules) string {
	for _, l := range limits {
		if l.of(&b).stricter(*l.of(&a)) {
			return l.rule
		}
	}
	within := func(all []Protection, p Protection) bool {
		return slices.ContainsFunc(all, func(o Protection) bool { return o.Subject == p.Subject && cmp.Equal(o.Resource, p.Resource) })
	}
	for _, p := range b.Protected {
		if !within(a.Protected, p) {
			return "protected"
		}
	}
	for _, p := range b.RequireSelf {
		if !within(a.RequireSelf, p) {
			return "require-self"
		}
	}
	for _, m := range b.MinMembers {
		if !slices.ContainsFunc(a.MinMembers, func(o MinMembers) bool { return o.Kind == m.Kind && o.Name == m.Name && o.Count >= m.Count }) {
			return "min-members"
		}
	}
	return ""
}

// Whatever a branch adds, be it to its own files or a rules file of its own, lets nothing through that the files which govern
// held back.
func TestRulesOnlyTighten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var texts []string
		for i := range rapid.IntRange(1, 3).Draw(t, "floors") {
			texts = append(texts, genRules(t, fmt.Sprint("floor ", i)))
		}
		floors, more := sources(t, texts), source(t, "more", genRules(t, "more"))
		silent, reviewed := source(t, "", ""), source(t, "", genRules(t, "reviewed"))
		before := strictest(floors, silent)
		if rule := strictest(floors, reviewed).loosens(before); rule != "" {
			t.Errorf("reviewed rules loosen %s", rule)
		}
		for _, grown := range [][]*ruleSource{append(slices.Clone(floors), more), append([]*ruleSource{more}, floors...)} {
			if rule := strictest(grown, silent).loosens(before); rule != "" {
				t.Errorf("another rules file loosens %s", rule)
			}
			if rule := strictest(grown, reviewed).loosens(strictest(floors, reviewed)); rule != "" {
				t.Errorf("another rules file loosens %s beside reviewed ones", rule)
			}
		}
	})
}

// What a reviewed file says in vain is an error where it would switch a rule off, else a warning, both with its place and the
// file that governs.
func TestRulesSaidInVain(t *testing.T) {
	for _, tc := range []struct {
		reason           string
		rules, reviewed  string
		errors, warnings string
	}{
		{"stricter", "max-revokes: 10", "max-revokes: 9, max-mails: 400", "", ""},
		{"as strict", "max-revokes: 10", "max-revokes: 10, max-mails: 500", "", ""},
		{"laxer", "max-revokes: 10", "max-revokes: 11, max-revoke-share: 30%", "",
			"a.yaml:2:22: rule max-revokes has no effect here, since entitlectl.rules.yaml is stricter; remove the line, or change entitlectl.rules.yaml\n" +
				"a.yaml:2:44: rule max-revoke-share has no effect here, since entitlectl.rules.yaml is stricter; remove the line, or change entitlectl.rules.yaml"},
		{"off", "max-revokes: 10", "max-revokes: off, max-mails: off",
			"a.yaml:2:22: rule max-revokes can't be switched off here, since entitlectl.rules.yaml governs it; remove the line, or change entitlectl.rules.yaml\n" +
				"a.yaml:2:38: rule max-mails can't be switched off here, since entitlectl.rules.yaml governs it; remove the line, or change entitlectl.rules.yaml", ""},
		{"off where it is off", "max-revokes: off", "max-revokes: off",
			"a.yaml:2:22: rule max-revokes can't be switched off here, since entitlectl.rules.yaml governs it; remove the line, or change entitlectl.rules.yaml", ""},
	} {
		t.Run(tc.reason, func(t *testing.T) {
			t.Chdir(t.TempDir())
			write(t, RulesFile, "version: 1\nrules: {"+tc.rules+"}\n")
			write(t, "a.yaml", "version: 1\nrules: {"+tc.reviewed+"}\n")
			s, err := Load(input("a.yaml"))
			if err != nil || tc.errors != "" {
				if fmt.Sprint(err) != tc.errors {
					t.Fatalf("errors:\n%v\nwant:\n%s", err, tc.errors)
				}
				return
			}
			if got := strings.Join(warnings(s), "\n"); got != tc.warnings {
				t.Errorf("warnings:\n%s\nwant:\n%s", got, tc.warnings)
			}
		})
	}
}

func warnings(s *Spec) []string {
	var lines []string
	for _, w := range s.Warnings {
		lines = append(lines, w.Error())
	}
	return lines
}
