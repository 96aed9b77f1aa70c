package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/entitlectl/entitlectl/pkg/apply"
	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/diff/render"
	"github.com/entitlectl/entitlectl/pkg/provider"
	"github.com/entitlectl/entitlectl/pkg/providers"
	"github.com/entitlectl/entitlectl/pkg/providers/httpx"
	"github.com/entitlectl/entitlectl/pkg/spec"
	"github.com/entitlectl/entitlectl/pkg/store"
)

// applyFlags are the flags of apply alone.
type applyFlags struct {
	overriding
	yes          bool
	requirePlan  string
	approvedBy   []string
	noVerify     bool
	retryUnknown bool
	full         bool
	settle       time.Duration
	lockTimeout  time.Duration
}

func newApply(c *cli) *cobra.Command {
	var flags applyFlags
	command := &cobra.Command{
		Use: "apply [PLAN]", Short: "Make live state agree with the files",
		Long: "Apply a saved plan; or plan, show, ask and apply. Without a terminal --yes is needed.\n" +
			"Before the first write the plan is judged by the files, rules, live state and clock of that moment, unless it was made\n" +
			"just then: only what a plan of now would hold is sent. Where the answer comes late and something changed, the plan of\n" +
			"now is shown and asked about. What ended before its call's turn is left out. After the writes live state is read back;\n" +
			"the report and the exit code follow what was read.\n\n" +
			"One apply at a time writes to a connection (see lock). Each call is written down in --state-dir before it is sent and\n" +
			"after it ended, so that however a run ends, the next one goes on: what is done is skipped, and what is in doubt is\n" +
			"settled by reading before anything is sent. A mail of which no read can tell whether it was sent is reported as unknown\n" +
			"and not sent again before it is due anyway, unless --retry-unknown asks for it. What was done is kept (see history).\n\n" +
			"A plan that breaks a rule is refused, unless --allow says otherwise here, or said so when the plan was made. Where the\n" +
			"operator's file leaves a rule to whoever applies, what the plan says counts only with --require-plan.",
		Example: "  entitlectl apply plan.json --yes\n" +
			"  entitlectl apply plan.json --yes --approved-by bob -o json=result.json",
		Args: arguments(0, 1, "at most one saved plan"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.apply(cmd.Context(), flags, args)
		},
	}
	c.inForms(command, "text", "json", "markdown")
	f := command.Flags()
	f.BoolVar(&flags.yes, "yes", false, "do not ask")
	flags.addTo(command, "apply although `RULE` is broken; blocked: exit 0 though changes are blocked; may be repeated", "why, in one line of `TEXT`, for the history")
	f.Func("require-plan", "apply the saved plan only if its \"id\" is this `DIGEST`, sha256:…, which was approved; show -o json shows it", digest(&flags.requirePlan))
	f.Func("approved-by", "who approved the change, a `NAME` for the history, where the CI system does not tell; may be repeated", approvers(&flags.approvedBy))
	c.sideBySide(command, "up to `N` reads and write calls in flight per connection; with more write calls than 1 their order may differ from run to run (default 8 and 1)")
	f.BoolVar(&flags.noVerify, "no-verify", false, "trust the vendor's answers and do not read back")
	f.BoolVar(&flags.full, "full", false, fullWords)
	f.BoolVar(&flags.retryUnknown, "retry-unknown", false, "send again what an earlier run reported as unknown: somebody may be mailed twice")
	f.DurationVar(&flags.settle, "settle", apply.DefaultSettle, "how long a write may take to show when it is read back")
	f.DurationVar(&flags.lockTimeout, "lock-timeout", 0, "how long to wait for another apply to end")
	c.underOperator(command)
	c.limitRows(command)
	return command
}

func (c *cli) apply(ctx context.Context, flags applyFlags, args []string) error {
	if err := c.checkApply(flags, args); err != nil {
		return err
	}
	defer heapGrows(whileApplying)()
	ctx, cancel := c.limited(ctx)
	defer cancel()
	a := application{cli: c, flags: flags}
	if !flags.yes {
		asked, err := c.person()
		if err != nil {
			return err
		}
		defer func() { c.printError(asked.leave()) }()
		a.person = asked
	}
	if err := a.begin(ctx, args); err != nil {
		return err
	}
	defer func() { c.printError(a.session.Release()) }()
	return a.run(ctx)
}

// session takes the locks of all connections that the run is about.
func (c *cli) session(ctx context.Context, w intent, wait time.Duration) (*apply.Session, error) {
	session, err := apply.AcquireLocks(ctx, c.store, c.owner(), c.commit(ctx, w.spec.AllFiles()), w.connectionNames(), wait, func(held *store.HeldError) {
		c.printError(fmt.Errorf("%w%s; waiting up to %s for its end", held, c.heldFor(held.Since), wait))
	})
	if held := (*store.HeldError)(nil); errors.As(err, &held) {
		return nil, &exit{exitLocked, fmt.Errorf("nothing was written: %w%s; wait for its end, or see entitlectl lock --help", held, c.heldFor(held.Since))}
	}
	if ctx.Err() != nil {
		return nil, errors.Join(context.Cause(ctx), session.Release())
	}
	if err != nil {
		return nil, fmt.Errorf("nothing was written: %w", err)
	}
	for _, line := range session.Former() {
		c.printError(errors.New(line))
	}
	return session, nil
}

// heldFor says how long ago a lock was taken, as far as anybody knows.
func (c *cli) heldFor(since time.Time) string {
	if since.IsZero() {
		return ""
	}
	return fmt.Sprintf(", %s ago", c.now().Sub(since).Round(time.Second))
}

// checkApply refuses what can be refused before anything is read.
func (c *cli) checkApply(flags applyFlags, args []string) error {
	switch {
	case flags.settle <= 0 || flags.lockTimeout < 0:
		return errors.New("--settle and --lock-timeout take times as in 30s; --settle must be more than none")
	case len(args) > 0 && flags.retryUnknown:
		return errors.New("--retry-unknown makes another plan; give it to plan, or apply without a saved plan")
	case len(args) > 0 && len(c.connections)+len(c.targets) > 0:
		return errors.New("a saved plan is applied as a whole; give --connection and --target to plan")
	case flags.requirePlan != "" && len(args) == 0:
		return errors.New("--require-plan is about a saved plan; name its file")
	}
	return cmp.Or(c.checkForms(), c.formsNoPlan(strings.Join(args, "")))
}

// writing is an opener. This file is the only one that opens connections for writing.
func writing(p providers.Provider, conn spec.Connection, secrets map[string]spec.Secret, env httpx.Env) (provider.Source, error) {
	return p.Writer(conn, secrets, env)
}

// showBefore shows the plan. With -o json stdout is kept for the result, and only who is asked, or refused, sees the plan, on
// the stream that is given.
func (c *cli) showBefore(plan *diff.Plan, to io.Writer) error {
	switch {
	case c.output != "json":
		return c.showRows(plan, func(rows int) render.Report { return render.Plan(plan, render.Layout{Rows: rows}) })
	case to == nil:
		return nil
	}
	return c.text(to, to != c.stderr || c.terminal.stderr, render.Plan(plan, render.Layout{Rows: c.maxRows}))
}

// write carries the plan out and reports what live state shows afterwards.
func (c *cli) write(ctx context.Context, may permission, opts apply.ApplyOptions) error {
	plan, progress := may.plan, c.progress()
	opts.Plan, opts.Observe, opts.Now = plan, progress.observe, c.at()
	defer context.AfterFunc(ctx, progress.interrupted)()
	result, err := apply.Apply(ctx, opts)
	progress.clear()
	if refused := (*apply.RefusedError)(nil); errors.As(err, &refused) {
		text := fmt.Sprintf("nothing was written: %v; to apply it nevertheless: %s", refused, allowing(refused.Rules))
		for _, b := range refused.Broken {
			text += "\n" + b.Connection + ": " + render.ViolationText(b.Violation)
		}
		return &exit{exitRefused, errors.New(text)}
	}
	if result == nil {
		return err
	}
	if err := errors.Join(err, c.report(ctx, plan, result)); err != nil { // what was written stays written
		return &exit{exitUnfinished, fmt.Errorf("the plan was carried out, but not all of that could be told: %w", err)}
	}
	switch {
	case ctx.Err() != nil:
		return &exit{exitUnfinished, context.Cause(ctx)}
	case !may.finished(result):
		return &exit{exitUnfinished, errors.New("not all is done; when the causes are gone, run apply again")}
	case slices.ContainsFunc(plan.Connections, func(p diff.ConnectionPlan) bool { return len(p.Errors) > 0 }),
		slices.ContainsFunc(result.Connections, func(p diff.PartResult) bool { return len(p.Errors) > 0 }):
		if result.Summary.Calls == 0 {
			return &exit{code: exitError} // and nothing was written
		}
		return &exit{code: exitUnfinished}
	}
	return nil
}

// report shows the result after the plan, and writes it to files. Where there was nothing to do stdout has said all.
func (c *cli) report(ctx context.Context, plan *diff.Plan, result *diff.Result) error {
	report := func(rows int) render.Report { return render.Result(result, render.Layout{Rows: rows}) }
	if c.output != "json" {
		if plan.Empty() {
			return c.writeForms(ctx, result, report)
		}
		fmt.Fprintln(c.stdout)
	}
	return c.showForms(context.WithoutCancel(ctx), result, report) // also of what was interrupted
}
