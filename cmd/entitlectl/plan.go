package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/entitlectl/entitlectl/pkg/apply"
	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/diff/render"
)

// planFlags are the flags of plan alone.
type planFlags struct {
	overriding
	out      string
	detailed bool
	opts     apply.PlanOptions
}

// fullWords say what --full does.
const fullWords = "ask for the mails about every resource, also where nothing moved since a look of the last 7 days"

func newPlan(c *cli) *cobra.Command {
	var flags planFlags
	command := &cobra.Command{
		Use: "plan", Short: "Show what apply would do",
		Long: "Compare the files with live state and show what apply would do. Writes nothing but the plan, where --out names a file,\n" +
			"and in --state-dir what it saw of mails, so that the next run asks only where something moved.\n" +
			"A plan is never saved where a connection could not be read.\n\n" +
			"Exits 3 where the plan breaks a rule and 5 where a change is blocked; it is shown and saved all the same. --allow RULE lets\n" +
			"it through, and --allow blocked goes on without what is blocked. Both are kept in the plan, with the --reason, for this very\n" +
			"breach: apply of the saved plan needs no --allow of its own, and a breach that is worse is refused again.\n\n" +
			"--base REF holds the files against those of a git ref, with live state as it is: what the branch asks for comes first, with the\n" +
			"line that it took out where somebody loses access, and what guards access no longer; what differed before stands apart, and what was\n" +
			"blocked before does not end with 5.",
		Example: "  entitlectl plan --out plan.json && entitlectl apply plan.json --yes\n" +
			"  entitlectl plan --out plan.json --allow max-revokes --reason \"the project ended, ticket 4711\"\n" +
			"  entitlectl plan --base origin/main -o markdown\n" +
			"  entitlectl plan --out plan.json -o markdown=plan.md -o html=plan.html\n" +
			"  entitlectl plan --by person --target user/alice",
		Args: filesAreFlags,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.plan(cmd.Context(), flags)
		},
	}
	c.inForms(command, "text", "json", "markdown", "html")
	f := command.Flags()
	f.Func("out", "save the plan in `FILE`, for apply and show", filled(&flags.out, "FILE"))
	f.BoolVar(&flags.detailed, "detailed-exitcode", false, "exit 2 where the plan has changes")
	f.BoolVar(&flags.opts.NoBound, "no-lower-bound", false, "leave callsLowerBound out of the plan, which saves time on very large ones")
	f.BoolVar(&flags.opts.Full, "full", false, fullWords)
	f.BoolVar(&flags.opts.Retry, "retry-unknown", false, "plan to send again what an earlier run reported as unknown: somebody may be mailed twice")
	flags.addTo(command, "plan although `RULE` is broken, or changes are blocked; kept in the plan; may be repeated", "why --allow is given, in one line of `TEXT`; kept in the plan")
	c.sideBySide(command, readsWords)
	c.underOperator(command)
	c.againstBase(command)
	c.sorted(command)
	c.lookAhead(command)
	c.limitRows(command)
	return command
}

func (c *cli) plan(ctx context.Context, flags planFlags) error {
	defer heapGrows(whilePlanning)()
	if flags.reason != "" && len(flags.allow) == 0 {
		return errors.New("--reason says why --allow is given; give both")
	}
	ctx, cancel := c.limited(ctx)
	defer cancel()
	w, err := c.intentToShow(ctx, flags.out)
	if err != nil {
		return err
	}
	if target := c.personTarget(); flags.out != "" && target != "" {
		return errors.New("--out saves what apply carries out, which is about whole resources; leave --target " + target + " out, or look without --out")
	}
	c.announce(w)
	opts := flags.opts
	opts.Jobs, opts.Outside = c.jobs(ctx, w.scopes, reading), c.wants("json", "html") || flags.out != ""
	opts.Allow, opts.Reason = flags.allow, flags.reason
	plan, unread := c.planned(ctx, w, opts)
	if plan == nil {
		return unread
	}
	plan.Reviews = c.dueReviews()
	if err := c.showRead(ctx, plan, plan, func(rows int) render.Report { return render.Plan(plan, render.Layout{By: render.By(c.by), Rows: rows}) }); err != nil {
		return err
	}
	if allFailed(plan) {
		return unread
	}
	if flags.out != "" && unread == nil {
		if err := c.writeOutput(ctx, flags.out, plan.Write); err != nil {
			return fmt.Errorf("--out %s: the plan was not saved: %w", flags.out, err)
		}
	}
	var differs error
	if flags.detailed && !plan.Empty() {
		differs = &exit{code: exitDiffers}
	}
	return together(unread, c.judge(plan), differs)
}

// planned plans what the jobs are about. Where some connections can't be read there is an error beside the plan of the others.
func (c *cli) planned(ctx context.Context, w intent, opts apply.PlanOptions) (*diff.Plan, error) {
	progress := c.progress()
	defer progress.clear()
	opts.Observe, opts.Store = progress.observe, c.store
	opts.Created, opts.Now, opts.Spec, opts.Files, opts.Rules = c.at(), c.at(), w.spec.Digest, w.spec.AllFiles(), w.rules()
	plan, err := apply.Plan(ctx, opts)
	if ctx.Err() != nil { // each connection says the same about it
		return nil, context.Cause(ctx)
	}
	if plan != nil {
		c.explain(plan, w)
	}
	return plan, err
}

// allFailed says whether no connection of the plan could be read.
func allFailed(plan *diff.Plan) bool {
	return !slices.ContainsFunc(plan.Connections, func(part diff.ConnectionPlan) bool { return len(part.Errors) == 0 })
}

// personTarget is a target that is a person; "": none is.
func (c *cli) personTarget() string {
	i := slices.IndexFunc(c.targets, func(target string) bool { return strings.HasPrefix(target, apply.PersonTarget) })
	if i < 0 {
		return ""
	}
	return c.targets[i]
}

// limited ends a run after --timeout.
func (c *cli) limited(ctx context.Context) (context.Context, context.CancelFunc) {
	if c.timeout == 0 {
		return context.WithCancel(ctx)
	}
	return context.WithTimeoutCause(ctx, c.timeout, timeUp{c.timeout})
}

// timeUp ends a run whose time is over.
type timeUp struct{ limit time.Duration }

func (e timeUp) Error() string {
	return fmt.Sprintf("stopped after %s, the limit that --timeout sets", e.limit)
}

func (timeUp) Unwrap() error { return context.DeadlineExceeded }
