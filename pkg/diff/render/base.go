package render

import (
	"fmt"
	"strings"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// baseSections say what is known of the files that a plan's are held against, beside its changes: what guarded access there and
// does no longer.
func baseSections(base *diff.Base) []Section {
	if base == nil {
		return nil
	}
	const most = 50 // the JSON has all
	s := Section{Title: "this change against " + base.Ref}
	if base.Problem != "" {
		s.note(Warning, "what it asks for can't be told from what was so before: "+base.Problem)
	}
	for _, path := range base.Missing {
		s.note(Info, base.Ref+" has no "+path+": all that is in it is new")
	}
	for i, w := range base.Weakened {
		if i == most {
			s.note(Warning, fmt.Sprintf("and %d more of this kind; the JSON output has all", len(base.Weakened)-most))
			break
		}
		s.note(Warning, weakeningText(w))
	}
	if s.empty() {
		return nil
	}
	return []Section{s}
}

// weakeningText says in a line what guards access no longer.
func weakeningText(w spec.Weakening) string {
	text := map[spec.Guard]string{
		spec.GuardRule: "rule " + w.On, spec.GuardProtected: "the protection of " + w.On, spec.GuardSelf: "rule require-self " + w.On,
		spec.GuardMinMembers: "rule min-members " + w.On, spec.GuardConnection: "connection " + w.On, spec.GuardOwnership: "ownership of " + w.On,
		spec.GuardLeft: w.On + ", who left,",
	}[w.What]
	if text == "" {
		text = w.On
	}
	switch {
	case w.What == spec.GuardResource:
		text += " is no longer in the files: nobody looks at who holds it"
	case w.What == spec.GuardLeft && w.To == "":
		text += " is no longer in the files"
	case w.What == spec.GuardLeft:
		text += " is active again"
	case w.To == "":
		text += " is gone"
	case w.From == "":
		text += " is " + w.To
	default:
		text += " is " + w.To + ", was " + w.From
	}
	var at []string
	if w.Source != "" {
		at = append(at, w.Source)
	}
	if w.Was != "" {
		at = append(at, "was "+w.Was)
	}
	if len(at) > 0 {
		text += " (" + strings.Join(at, ", ") + ")"
	}
	return text
}

// apartOf is what was so before.
func apartOf(base *diff.Base, before []entry, by By) Apart {
	if base == nil || len(before) == 0 {
		return Apart{}
	}
	a := Apart{Title: "Not by this change: live state differs from the files of " + base.Ref + " as well", Sections: byConnection(before)}
	if by == ByPerson {
		a.Sections = byPerson(before)
	}
	return a
}

// baseTotals say how much of a plan the change asks for.
func baseTotals(base *diff.Base, own, before []entry) string {
	if base == nil || base.Problem != "" || len(own)+len(before) == 0 {
		return ""
	}
	counts := map[diff.Op]int{}
	blocked := 0
	for _, e := range own {
		if e.change.Problem != "" {
			blocked++
		} else if e.change.Because != "" { // what calls touch beside is no change
			counts[e.change.Op]++
		}
	}
	asks := listed(count{counts[diff.OpCreate], "to create"}, count{counts[diff.OpUpdate], "to update"}, count{counts[diff.OpGrant], "to grant"},
		count{counts[diff.OpRevoke], "to revoke"}, count{counts[diff.OpResend], "to resend"}, count{counts[diff.OpDelete], "to delete"}, count{blocked, "blocked"})
	if asks == "" {
		asks = "nothing"
	}
	text := fmt.Sprintf(" Of that this change against %s asks for %s", base.Ref, asks)
	if len(before) > 0 {
		text += fmt.Sprintf("; %d differed before", len(before))
	}
	return text + "."
}
