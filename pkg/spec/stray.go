package spec

import (
	"slices"
	"strings"
	"unicode"
)

// warnOfStrayRules warns of rules about somebody or something that no file has, where one has nearly that name: after a slip a
// rule guards nobody. The name may all the same be one that only the vendor has, so that it is no error.
func (l *loader) warnOfStrayRules() {
	resources := map[Kind][]string{}
	for _, r := range l.resources {
		resources[r.schema.Kind] = append(resources[r.schema.Kind], r.name)
	}
	for _, s := range append(slices.Clone(l.floors), l.reviewed) {
		for _, p := range slices.Concat(s.Protected, s.RequireSelf) {
			if p.Resource != nil {
				l.warnOfStray(p.Source, p.Resource.Kind.Words(), p.Resource.Name, resources[p.Resource.Kind])
			}
			if p.Literal && !l.knows(p.Subject.Name) {
				l.warnOfStray(p.Source, "user", p.Subject.Name, l.userNames)
			}
		}
		for _, m := range s.MinMembers {
			if m.Name != "*" {
				l.warnOfStray(m.Source, m.Kind.Words(), m.Name, resources[m.Kind])
			}
		}
	}
}

// knows says whether somebody of the files is or was known by a name, in any letter case.
func (l *loader) knows(name string) bool {
	if l.users[name] != nil {
		return true
	}
	l.comparisons += len(l.userList)
	return l.comparisons > maxComparisons || slices.ContainsFunc(l.userList, func(u *user) bool {
		return strings.EqualFold(u.name, name) || strings.EqualFold(u.account, name) || strings.EqualFold(u.email, name) || strings.EqualFold(u.previously.name, name) ||
			slices.ContainsFunc(u.given, func(g given) bool { return strings.EqualFold(g.name, name) })
	})
}

// warnOfStray warns of a name that is one slip away from a known one.
func (l *loader) warnOfStray(at Position, what, name string, known []string) {
	if l.comparisons += len(known); l.comparisons > maxComparisons || slices.Contains(known, name) {
		return
	}
	i := slices.IndexFunc(known, func(k string) bool { return nearly(Fold(name), Fold(k)) })
	if i >= 0 {
		l.warn(at, DidYouMean(name, known[i:i+1], "did you mean "+quoted(known[i])+"?"), "no file has the %s %s that this rule names", what, quoted(name))
	}
}

// nearly says whether two names are one but for a typing slip. Those that differ in a number mean two.
func nearly(a, b string) bool {
	letters := func(s string) string {
		return strings.Map(func(r rune) rune {
			if unicode.IsDigit(r) {
				return -1
			}
			return r
		}, s)
	}
	return a == b || OneSlip(a, b) && letters(a) != letters(b)
}

// warnOfTwins warns of two teams or users whose names differ in nothing but how letters are written. Of resources the vendor knows
// whether they are two, and the plan shows it.
func (l *loader) warnOfTwins() {
	type key struct{ what, name string }
	first := map[key]Position{}
	look := func(at Position, what, name string) {
		k := key{what, Fold(name)}
		if before, twin := first[k]; twin {
			l.warn(at, "remove one of them, unless both are meant", "%s %s differs in letter case or width alone from the one at %s", what, quoted(name), before)
			return
		}
		first[k] = at
	}
	for _, u := range l.userList {
		look(u.source, "user", u.name)
	}
	for _, t := range l.teamList {
		look(t.source, "team", t.name)
	}
}
