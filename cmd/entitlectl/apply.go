package main

import (
	"bufio"
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
	parallelism  int
	noVerify     bool
	retryUnknown bool
	settle       time.Duration
	lockTimeout  time.Duration
}

func newApply(c *cli) *cobra.Command {
	var flags applyFlags
	command := &cobra.Command{
		Use: "apply [PLAN]", Short: "Make live state agree with the files",
		Long: "Apply a saved plan; or plan, show, ask and apply. Without a terminal --yes is needed.\n" +
			"Before the first write the plan is checked against live state again, unless it was made just now. After the writes live\n" +
			"state is read back; the report and the exit code follow what was read.\n\n" +
			"One apply at a time writes to a connection (see lock). Each call is written down in --state-dir before it is sent and\n" +
			"after it ended, so that however a run ends, the next one goes on: what is done is skipped, and what is in doubt is\n" +
			"settled by reading before anything is sent. A mail of which no read can tell whether it was sent is reported as unknown\n" +
			"and not sent again before it is due anyway, unless --retry-unknown asks for it. What was done is kept (see history).\n\n" +
			"A plan that breaks a rule is refused, unless --allow says otherwise here, or said so when the plan was made. Where the\n" +
			"operator's file leaves a rule to whoever applies, what the plan says counts only with --require-plan.",
		Example: "  entitlectl apply plan.json --yes",
		Args:    arguments(0, 1, "at most one saved plan"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.apply(cmd.Context(), flags, args)
		},
	}
	f := command.Flags()
	f.BoolVar(&flags.yes, "yes", false, "do not ask")
	flags.addTo(command, "apply although `RULE` is broken; blocked: exit 0 though changes are blocked; may be repeated", "why, in one line of `TEXT`, for the history")
	f.Var(digest{&flags.requirePlan}, "require-plan", "apply the saved plan only if its \"id\" is this `DIGEST`, sha256:…, which was approved; show -o json shows it")
	f.IntVar(&flags.parallelism, "parallelism", 1, "write calls in flight per connection; above 1 their order may differ from run to run")
	f.BoolVar(&flags.noVerify, "no-verify", false, "trust the vendor's answers and do not read back")
	f.BoolVar(&flags.retryUnknown, "retry-unknown", false, "send again what an earlier run reported as unknown: somebody may be mailed twice")
	f.DurationVar(&flags.settle, "settle", apply.DefaultSettle, "how long a write may take to show when it is read back")
	f.DurationVar(&flags.lockTimeout, "lock-timeout", 0, "how long to wait for another apply to end")
	c.underOperator(command)
	return command
}

func (c *cli) apply(ctx context.Context, flags applyFlags, args []string) error {
	if err := c.checkApply(flags, args); err != nil {
		return err
	}
	ctx, cancel := c.limited(ctx)
	defer cancel()
	var plan *diff.Plan
	var w intent
	var err error
	if len(args) > 0 {
		plan, w, err = c.saved(ctx, args[0], flags.requirePlan)
	} else {
		w, err = c.intent(ctx)
	}
	if err != nil {
		return err
	}
	session, err := c.session(ctx, w, flags.lockTimeout)
	if err != nil {
		return err
	}
	defer func() { c.complain(session.Release()) }()
	if err := c.unchanged(ctx, w); err != nil { // the lock may have been waited for
		return err
	}
	jobs := c.jobs(ctx, w.scopes, writing)
	if plan == nil {
		plan, err = c.planned(ctx, w, apply.PlanOptions{Jobs: jobs, NoBound: true, Retry: flags.retryUnknown})
		if plan == nil || err != nil && allFailed(plan) {
			return err
		}
		c.complain(err) // some connections could not be read; the others go on
	}
	may, err := c.agreed(ctx, plan, flags)
	if err != nil {
		return err
	}
	if !flags.yes {
		if err := c.unchanged(ctx, w); err != nil { // the answer may have come late
			return err
		}
		jobs = c.until(w, jobs)
	}
	return c.write(ctx, may, apply.ApplyOptions{Jobs: jobs, Reread: len(args) > 0 || !flags.yes, Saved: len(args) > 0,
		Parallelism: flags.parallelism, NoVerify: flags.noVerify, Settle: flags.settle, Session: session, Spec: w.spec.Digest,
		Reason: flags.reason, Overrides: may.overrides, Finished: may.finished, Rules: w.spec.Rules, Allow: flags.allow})
}

// unchanged refuses to go on by files that changed since they were read.
func (c *cli) unchanged(ctx context.Context, w intent) error {
	s, err := c.load(ctx, c.files)
	if err == nil && (s.Digest != w.spec.Digest || s.OperatorDigest != w.spec.OperatorDigest) {
		err = &exit{exitStale, errors.New("nothing was written: the files have changed since they were read; run it again")}
	}
	return err
}

// until judges starts: and expires: by the clock of now.
func (c *cli) until(w intent, jobs []apply.Job) []apply.Job {
	desired := w.spec.Desired(c.at())
	for i, sc := range w.scopes {
		sc.desired = desired[sc.connection.Name]
		if len(sc.targets) > 0 {
			sc = sc.only(sc.targets)
		}
		jobs[i].Desired = sc.desired
	}
	return jobs
}

// session takes the locks of all connections that the run is about.
func (c *cli) session(ctx context.Context, w intent, wait time.Duration) (*apply.Session, error) {
	var names []string
	for _, sc := range w.scopes {
		names = append(names, sc.connection.Name)
	}
	session, err := apply.AcquireLocks(ctx, c.store, c.owner(), c.commit(ctx, w.spec.Files), names, wait)
	if held := (*store.HeldError)(nil); errors.As(err, &held) {
		return nil, &exit{exitLocked, fmt.Errorf("nothing was written: %w, %s ago; wait for its end, or see entitlectl lock --help",
			held, c.now().Sub(held.Since).Round(time.Second))}
	}
	if ctx.Err() != nil {
		return nil, errors.Join(context.Cause(ctx), session.Release())
	}
	if err != nil {
		return nil, fmt.Errorf("nothing was written: %w", err)
	}
	for _, line := range session.Former() {
		c.complain(errors.New(line))
	}
	return session, nil
}

// agreed shows the plan, checks the rules and asks.
func (c *cli) agreed(ctx context.Context, plan *diff.Plan, flags applyFlags) (permission, error) {
	may := c.permissionFor(plan, flags)
	refusal := may.refusal()
	if err := c.showBefore(may.plan, flags.yes && refusal == nil); err != nil {
		return may, err
	}
	if refusal != nil {
		return may, refusal
	}
	if !flags.yes && plan.Summary.Calls > 0 {
		return may, c.confirm(ctx)
	}
	return may, nil
}

// checkApply refuses what can be refused before anything is read.
func (c *cli) checkApply(flags applyFlags, args []string) error {
	switch {
	case !flags.yes && !c.terminal.stdin:
		return errors.New("apply has no terminal to ask on; review the plan and give --yes")
	case flags.parallelism < 1:
		return errors.New("--parallelism must be at least 1")
	case flags.settle <= 0 || flags.lockTimeout < 0:
		return errors.New("--settle and --lock-timeout take times as in 30s; --settle must be more than none")
	case len(args) > 0 && flags.retryUnknown:
		return errors.New("--retry-unknown makes another plan; give it to plan, or apply without a saved plan")
	case len(args) > 0 && len(c.connections)+len(c.targets) > 0:
		return errors.New("a saved plan is applied as a whole; give --connection and --target to plan")
	case flags.requirePlan != "" && len(args) == 0:
		return errors.New("--require-plan is about a saved plan; name its file")
	}
	return nil
}

// writing is an opener. This file is the only one that opens connections for writing.
func writing(p providers.Provider, conn spec.Connection, secrets map[string]spec.Secret, env httpx.Env) (provider.Source, error) {
	return p.Writer(conn, secrets, env)
}

// saved reads a saved plan, which must have the id where one is required, and finds its connections as the files describe
// them now: those of --file or the usual ones, whatever the plan says of files.
func (c *cli) saved(ctx context.Context, path, required string) (*diff.Plan, intent, error) {
	plan, err := readPlan(path)
	if err != nil {
		return nil, intent{}, err
	}
	if required != "" && plan.ID != required {
		return nil, intent{}, fmt.Errorf("nothing was written: %s is %s, not the required %s", path, plan.ID, required)
	}
	s, err := c.load(ctx, c.files)
	if err != nil {
		return nil, intent{}, err
	}
	c.warn(s.Warnings)
	if s.Digest != plan.Spec {
		c.complain(fmt.Errorf("warning: the files have changed since %s was made; the plan goes on only if they still want all of it", path))
	}
	w := intent{spec: s}
	desired := s.Desired(c.at())
	for _, part := range plan.Connections {
		i := slices.IndexFunc(s.Connections, func(conn spec.Connection) bool { return conn.Name == part.Name })
		if i < 0 || s.Connections[i].Provider != part.Provider {
			return nil, intent{}, fmt.Errorf("%s: the files have no connection %s of provider %s; plan again", path, part.Name, part.Provider)
		}
		if !slices.Equal(s.Connections[i].Foreign, part.Endpoints) {
			return nil, intent{}, &exit{exitStale, fmt.Errorf("%s: the files name other endpoints of connection %s than the plan; plan again", path, part.Name)}
		}
		sc := scope{connection: s.Connections[i], desired: desired[part.Name]}
		if len(part.Targets) > 0 {
			sc = sc.only(part.Targets)
		}
		w.scopes = append(w.scopes, sc)
	}
	return plan, w, nil
}

func allFailed(plan *diff.Plan) bool {
	return !slices.ContainsFunc(plan.Connections, func(part diff.Part) bool { return len(part.Errors) == 0 })
}

// unfinished says that a plan lacks connections, if it does.
func unfinished(plan *diff.Plan) error {
	if slices.ContainsFunc(plan.Connections, func(part diff.Part) bool { return len(part.Errors) > 0 }) {
		return &exit{code: exitUnfinished}
	}
	return nil
}

// showBefore shows the plan. With -o json stdout is kept for the result, and only who is asked, or refused, sees the plan.
func (c *cli) showBefore(plan *diff.Plan, agreed bool) error {
	switch {
	case c.output != "json":
		return c.show(plan, render.Plan(plan))
	case !agreed:
		return c.text(c.stderr, c.terminal.stderr, render.Plan(plan))
	}
	return nil
}

// confirm asks. It also ends with the context, since nobody may ever answer.
func (c *cli) confirm(ctx context.Context) error {
	fmt.Fprint(c.stderr, `Apply these changes? Only "yes" is accepted: `)
	answer := make(chan string, 1)
	go func() {
		line, _ := bufio.NewReader(c.stdin).ReadString('\n')
		answer <- strings.TrimSpace(line)
	}()
	select {
	case <-ctx.Done():
		fmt.Fprintln(c.stderr)
		return context.Cause(ctx)
	case text := <-answer:
		if text != "yes" {
			return errors.New("not confirmed; nothing was written")
		}
		return nil
	}
}

// write carries the plan out and reports what live state shows afterwards.
func (c *cli) write(ctx context.Context, may permission, opts apply.ApplyOptions) error {
	plan, progress := may.plan, c.progress()
	opts.Plan, opts.Observe, opts.Now = plan, progress.observe, plan.Now
	defer context.AfterFunc(ctx, progress.interrupted)()
	result, err := apply.Apply(ctx, opts)
	progress.clear()
	if stale := (*apply.StaleError)(nil); errors.As(err, &stale) {
		return &exit{exitStale, staleText(stale)}
	}
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
	if err := errors.Join(err, c.report(plan, result)); err != nil { // what was written stays written
		return &exit{exitUnfinished, fmt.Errorf("the plan was carried out, but not all of that could be told: %w", err)}
	}
	switch {
	case ctx.Err() != nil:
		return &exit{exitUnfinished, context.Cause(ctx)}
	case !may.finished(result):
		return &exit{exitUnfinished, errors.New("not all is done; when the causes are gone, run apply again")}
	case slices.ContainsFunc(result.Connections, func(p diff.PartResult) bool { return len(p.Errors) > 0 }):
		return &exit{code: exitUnfinished}
	}
	return unfinished(plan)
}

// report shows the result after the plan. Where there was nothing to do all is said.
func (c *cli) report(plan *diff.Plan, result *diff.Result) error {
	if c.output != "json" {
		if plan.Empty() {
			return nil
		}
		fmt.Fprintln(c.stdout)
	}
	return c.show(result, render.Result(result))
}

func staleText(stale *apply.StaleError) error {
	lines := []string{"the plan is stale, nothing was written: live state or the files of " + strings.Join(stale.Connections, ", ") +
		" have changed since the plan was made; plan again"}
	return errors.New(strings.Join(append(lines, stale.Differences...), "\n"))
}
