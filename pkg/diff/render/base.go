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
	if base.Behind > 0 {
		s.note(Warning, BehindText(base))
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

// BehindText says what it means that files are held against others with commits that they lack.
func BehindText(base *diff.Base) string {
	return fmt.Sprintf("this branch lacks %s of %s that changed these files, so it seems to take that back; merge %s first", Count(base.Behind, "commit"), base.Ref, base.Ref)
}

// weakeningText says in a line what guards access no longer.
func weakeningText(w spec.Weakening) string {
	text := weakenedText(w, guardText(w))
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

// guardText names what guarded access.
func guardText(w spec.Weakening) string {
	before := map[spec.Guard]string{
		spec.GuardRule: "rule ", spec.GuardProtected: "the protection of ", spec.GuardSelf: "rule require-self ", spec.GuardMinMembers: "rule min-members ",
		spec.GuardConnection: "connection ", spec.GuardOwnership: "ownership of ", spec.GuardTest: "the test ", spec.GuardPeople: "usersFrom ",
		spec.GuardReviewers: "who decides in reviews about ", spec.GuardReview: "the review ",
	}
	text := before[w.What] + w.On
	if w.What == spec.GuardLeft {
		text += ", who left,"
	}
	return text
}

// weakenedText says what became of a guard that is named.
func weakenedText(w spec.Weakening, guard string) string {
	switch {
	case w.What == spec.GuardResource && w.From != "" && w.To == "":
		return guard + " is no longer in the files, which wanted it deleted"
	case w.What == spec.GuardResource && w.From == "":
		return guard + " is no longer in the files: nobody looks at who holds it"
	case w.What == spec.GuardFormer:
		return guard + " is made anew, since previously: " + w.From + " is gone; what may be live under that name is left alone: write it again until it was applied"
	case w.What == spec.GuardLeft && w.To == "":
		return guard + " is no longer in the files"
	case w.What == spec.GuardKept:
		return "kept, though the files before would take it: " + guard
	case w.What == spec.GuardEnd && w.To == "":
		return guard + " ends no longer, was " + w.From
	case w.What == spec.GuardEnd:
		return guard + " ends " + w.To + ", was " + w.From
	case w.What == spec.GuardBegin && w.From == "":
		return guard + " begins " + w.To
	case w.What == spec.GuardBegin:
		return guard + " begins " + w.To + ", was " + w.From
	case w.What == spec.GuardLeft:
		return guard + " is active again"
	case w.To == "":
		return guard + " is gone"
	case w.From == "":
		return guard + " is " + w.To
	}
	return guard + " is " + w.To + ", was " + w.From
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
func baseTotals(p *diff.Plan) string {
	if p.Base == nil || p.Base.Problem != "" {
		return ""
	}
	counts := map[string]int{}
	before, any := 0, false
	for _, part := range p.Connections {
		any = any || len(part.Changes) > 0 || len(extras(part)) > 0
		for i := range part.Changes {
			if c := &part.Changes[i]; c.Because == diff.BecauseLive {
				before++
			} else if c.Because != "" || c.Problem != "" {
				counts[changeWord(c)]++
			}
		}
	}
	if !any {
		return ""
	}
	asks := listed(spec.Each(baseWords, func(word string) count { return count{counts[word], word} })...)
	if asks == "" {
		asks = "nothing"
	}
	text := fmt.Sprintf(" Of that this change against %s asks for %s", p.Base.Ref, asks)
	if before > 0 {
		text += fmt.Sprintf("; %d differed before", before)
	}
	return text + "."
}

// baseWords are what totals call the ops.
var baseWords = []string{"to create", "to update", "to grant", "to revoke", "to resend", "to delete", "blocked"}
