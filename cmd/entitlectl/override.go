package main

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/diff/render"
	"github.com/entitlectl/entitlectl/pkg/store"
)

// overriding are the flags that let a plan through although it breaks rules.
type overriding struct {
	allow  []string
	reason string
}

// addTo gives a command the flags, and checks them before it runs.
func (o *overriding) addTo(command *cobra.Command, allow, reason string) {
	command.Flags().StringArrayVar(&o.allow, "allow", nil, allow)
	command.Flags().StringVar(&o.reason, "reason", "", reason)
	_ = command.RegisterFlagCompletionFunc("allow", cobra.FixedCompletions(diff.Allowable, cobra.ShellCompDirectiveNoFileComp))
	command.PreRunE = func(cmd *cobra.Command, _ []string) error { return o.check(cmd.Flags().Changed("reason")) }
}

func (o *overriding) check(hasReason bool) error {
	for _, rule := range o.allow {
		if !slices.Contains(diff.Allowable, rule) {
			return fmt.Errorf("--allow %s: there is no such rule%s", rule, cmp.Or(didYouMean(rule, diff.Allowable), "; give one for each --allow, of "+strings.Join(diff.Allowable, ", ")))
		}
	}
	if !hasReason {
		return nil
	}
	if err := diff.CheckReason(o.reason); err != nil {
		return fmt.Errorf("--reason: %w", err)
	}
	return nil
}

// permission is what a run may do although a rule is broken or changes are blocked.
type permission struct {
	plan      *diff.Plan       // as it is shown: its overrides are those that count in the run
	overrides []store.Override // the same, for the history
	withheld  []string         // rules that the plan overrides itself, and that would count only if whoever applies said so
	blocked   bool             // whoever applies allows that changes are blocked, whichever they turn out to be
}

// permissionFor says which overrides count when a plan is applied: those of whoever applies; and the plan's own, unless the
// operator leaves the rule to whoever applies. Who names the very plan agrees to what it overrides.
func (c *cli) permissionFor(plan *diff.Plan, flags applyFlags) permission {
	shown := *plan
	shown.Connections = slices.Clone(plan.Connections)
	all := permission{plan: &shown, blocked: slices.Contains(flags.allow, diff.RuleBlocked)}
	for i := range shown.Connections {
		part := &shown.Connections[i]
		var counting []diff.Override
		add := func(o diff.Override, by store.By) {
			counting = append(counting, o)
			all.overrides = append(all.overrides, store.Override{Scope: part.Name, Rule: o.Rule, On: o.On, Have: o.Have, Limit: o.Limit, By: by, Reason: o.Reason})
		}
		for _, o := range part.Overrides {
			switch {
			case c.planMayLift(o.Rule):
				add(o, store.ByPlan)
			case flags.requirePlan != "": // it was checked that the plan is the one
				add(o, store.ByRequirePlan)
			case !slices.Contains(flags.allow, o.Rule) && !slices.Contains(all.withheld, o.Rule):
				all.withheld = append(all.withheld, o.Rule)
			}
		}
		for _, o := range part.Override(flags.allow, flags.reason) {
			add(o, store.ByApply)
		}
		part.Overrides = counting
	}
	return all
}

// planMayLift says whether a plan's own override counts when it is applied. What is blocked is not sent, so no operator need
// be asked about that.
func (c *cli) planMayLift(rule string) bool {
	return c.mayLift == nil || rule == diff.RuleBlocked || c.mayLift(rule)
}

// refusal says which rules the plan breaks though it is not allowed to.
func (p permission) refusal() error {
	rules, _ := notAllowed(p.plan)
	if len(rules) == 0 {
		return nil
	}
	text := fmt.Sprintf("nothing was written: the plan breaks %s; to apply it nevertheless: %s", strings.Join(rules, ", "), allowing(rules))
	if len(p.withheld) > 0 {
		text += fmt.Sprintf("\nthe plan itself allows %s, but the operator's file leaves that to whoever applies: --allow, or --require-plan with the digest that was approved", strings.Join(p.withheld, ", "))
	}
	return together(notWhole(rules), &exit{exitRefused, errors.New(text)})
}

// finished says whether a result leaves nothing to do but what is allowed to be blocked.
func (p permission) finished(result *diff.Result) bool {
	if s := result.Summary; s.Refused+s.Unknown+s.NotTried > 0 {
		return false
	}
	for i, part := range result.Connections {
		var blocked []diff.Change
		for _, change := range part.Changes {
			if change.Outcome == diff.Blocked {
				blocked = append(blocked, *change.Change)
			}
		}
		if !p.blocked && len(diff.Uncovered(diff.Blockage(blocked), p.plan.Connections[i].Overrides)) > 0 {
			return false
		}
	}
	return true
}

// notAllowed lists the rules that a plan breaks without an override, and counts what is blocked without one.
func notAllowed(plan *diff.Plan) (rules []string, blocked int) {
	for _, part := range plan.Connections {
		for _, v := range diff.Uncovered(part.Breaks(), part.Overrides) {
			switch {
			case v.Rule == diff.RuleBlocked:
				blocked += v.Have
			case !slices.Contains(rules, v.Rule):
				rules = append(rules, v.Rule)
			}
		}
	}
	return rules, blocked
}

// ownBlocked counts the blocked changes that were not so before, as far as files were held against others: a branch is judged by
// what it changes.
func ownBlocked(plan *diff.Plan) (n int) {
	for _, part := range plan.Connections {
		for i := range part.Changes {
			if c := &part.Changes[i]; c.Problem != "" && c.Because != diff.BecauseLive {
				n++
			}
		}
	}
	return n
}

// errNotWhole is what plan, drift and apply say of lists that could not be read whole.
var errNotWhole = errors.New("not all lists could be read whole, so more may differ (rule " + diff.RuleIncompleteRead + "); nothing is changed there; look again")

// notWhole is errNotWhole where a rule that is broken is that one.
func notWhole(rules []string) error {
	if !slices.Contains(rules, diff.RuleIncompleteRead) {
		return nil
	}
	return &exit{exitRefused, errNotWhole}
}

func allowing(rules []string) string { return "--allow " + strings.Join(rules, " --allow ") }

// judge says what keeps apply from carrying a new plan out, or all of it.
func (c *cli) judge(plan *diff.Plan) error {
	if left := c.permissionFor(plan, applyFlags{}).withheld; len(left) > 0 {
		c.printError(fmt.Errorf("warning: the operator's file leaves %s to whoever applies the plan: apply %s, or --require-plan %s",
			strings.Join(left, ", "), allowing(left), plan.ID))
	}
	var refused, stuck error
	rules, blocked := notAllowed(plan)
	if len(rules) > 0 {
		refused = &exit{exitRefused, fmt.Errorf("the plan breaks %s, and apply refuses it; to plan it nevertheless: %s --reason TEXT",
			strings.Join(rules, ", "), allowing(rules))}
	}
	if blocked = min(blocked, ownBlocked(plan)); blocked > 0 {
		stuck = &exit{exitUnfinished, fmt.Errorf("%s: the plan says why; to go on with the rest: --allow %s",
			render.Count(blocked, "blocked change"), diff.RuleBlocked)}
	}
	return together(notWhole(rules), refused, stuck)
}
