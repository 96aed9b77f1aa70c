package diff

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"

	"github.com/entitlectl/entitlectl/pkg/spec"
)

// RuleBlocked is what an override names to let a plan through although changes of it are blocked. Check does not report it,
// since what is blocked is not sent anyway.
const RuleBlocked = "blocked"

// Allowable lists what can be overridden: every rule, and RuleBlocked.
var Allowable = append(slices.Clone(RuleNames), RuleBlocked)

// Override lets a plan through although it breaks a rule. It is bound to what was seen when somebody gave it.
type Override struct {
	Rule   string `json:"rule"`
	On     string `json:"on,omitempty"` // as in the violation
	Have   int    `json:"have"`
	Limit  int    `json:"limit"`
	Reason string `json:"reason,omitempty"`
}

// Covers says whether the override lets a violation through, be it of the plan that the override was given for or of a later
// one: it has to be of the same rule, on the same thing, and no worse.
func (o Override) Covers(v Violation) bool {
	worse := v.Have > o.Have
	if v.Rule == RuleMinMembers { // counts what is left
		worse = v.Have < o.Have
	}
	return v.Rule == o.Rule && v.On == o.On && !worse
}

// Covering returns what looks up the override that covers a violation, if one does.
func Covering(overrides []Override) func(Violation) (Override, bool) {
	type about struct{ rule, on string }
	given := map[about][]Override{}
	for _, o := range overrides {
		given[about{o.Rule, o.On}] = append(given[about{o.Rule, o.On}], o)
	}
	return func(v Violation) (Override, bool) {
		for _, o := range given[about{v.Rule, v.On}] {
			if o.Covers(v) {
				return o, true
			}
		}
		return Override{}, false
	}
}

// Uncovered returns the violations that no override covers.
func Uncovered(violations []Violation, overrides []Override) []Violation {
	covering := Covering(overrides)
	var open []Violation
	for _, v := range violations {
		if _, covered := covering(v); !covered {
			open = append(open, v)
		}
	}
	return open
}

// Breaks lists all that may need an override: the violations, and one of RuleBlocked where changes are blocked.
func (p ConnectionPlan) Breaks() []Violation {
	var blocked []Change
	for i := range p.Changes { // a million at times: no copies
		if p.Changes[i].Problem != "" {
			blocked = append(blocked, p.Changes[i])
		}
	}
	return append(slices.Clone(p.Violations), Blockage(blocked)...)
}

// Blockage is the violation of RuleBlocked that changes make which can't be sent; none where there are none. It is on a digest
// of what they are and why they are blocked, so that one is not taken for another.
func Blockage(changes []Change) []Violation {
	if len(changes) == 0 {
		return nil
	}
	lines := make([]string, len(changes))
	for i, c := range changes {
		c = c.essential()
		c.Source, c.Reason, c.Mails = "", "", 0 // a line that moved asks for the same
		line, _ := encode(c, "")                // a Change holds strings and numbers only
		lines[i] = string(line)
	}
	slices.Sort(lines)
	sum := sha256.New()
	for _, line := range lines {
		sum.Write([]byte(line)) // never fails
	}
	return []Violation{{Rule: RuleBlocked, On: "sha256:" + hex.EncodeToString(sum.Sum(nil)), Have: len(changes)}}
}

// Override returns an override for each thing that breaks one of the rules; none for rules that are kept.
func (p ConnectionPlan) Override(rules []string, reason string) []Override {
	var overrides []Override
	seen := map[Violation]bool{}
	for _, v := range p.Breaks() {
		if slices.Contains(rules, v.Rule) && !seen[v] {
			seen[v] = true
			overrides = append(overrides, Override{Rule: v.Rule, On: v.On, Have: v.Have, Limit: v.Limit, Reason: reason})
		}
	}
	return overrides
}

// maxReason is how many characters a reason may have.
const maxReason = 500

// CheckReason says what is wrong with a reason: it is one line of at most 500 characters that can be seen.
func CheckReason(reason string) error {
	flaw, hint := spec.Flaw(reason, maxReason)
	if flaw == "" {
		return nil
	}
	return errors.New("the reason " + flaw + "; " + hint)
}

// checkOverrides refuses overrides of what the part does not break, and those that stand there twice.
func (p ConnectionPlan) checkOverrides() error {
	broken := map[Violation]bool{}
	for _, v := range p.Breaks() {
		broken[v] = true
	}
	for _, o := range p.Overrides {
		v := Violation{Rule: o.Rule, Have: o.Have, Limit: o.Limit, On: o.On}
		if !broken[v] {
			return fmt.Errorf("it overrides %s where the plan does not break that, or not so", o.Rule)
		}
		delete(broken, v)
		if o.Reason == "" {
			continue
		}
		if err := CheckReason(o.Reason); err != nil {
			return fmt.Errorf("it overrides %s: %w", o.Rule, err)
		}
	}
	return nil
}
