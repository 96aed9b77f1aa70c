package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/entitlectl/entitlectl/pkg/apply"
	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/diff/render"
	"github.com/entitlectl/entitlectl/pkg/providers"
	"github.com/entitlectl/entitlectl/pkg/providers/httpx"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// applyFlags are the flags of apply alone.
type applyFlags struct {
	yes         bool
	allow       []string
	parallelism int
	noVerify    bool
}

func newApply(c *cli) *cobra.Command {
	var flags applyFlags
	command := &cobra.Command{
		Use: "apply [PLAN]", Short: "Make live state agree with the files",
		Long: "Apply a saved plan; or plan, show, ask and apply. Without a terminal --yes is needed.\n" +
			"Before the first write the plan is checked against live state again, unless it was made just now. After the writes live\n" +
			"state is read back; the report and the exit code follow what was read.",
		Example: "  entitlectl apply plan.json --yes",
		Args:    arguments(0, 1, "at most one saved plan"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.apply(cmd.Context(), flags, args)
		},
	}
	f := command.Flags()
	f.BoolVar(&flags.yes, "yes", false, "do not ask")
	f.StringArrayVar(&flags.allow, "allow", nil, "apply although `RULE` is broken; may be repeated")
	f.IntVar(&flags.parallelism, "parallelism", 1, "write calls in flight per connection; above 1 their order may differ from run to run")
	f.BoolVar(&flags.noVerify, "no-verify", false, "trust the vendor's answers and do not read back")
	_ = command.RegisterFlagCompletionFunc("allow", cobra.FixedCompletions(diff.RuleNames, cobra.ShellCompDirectiveNoFileComp))
	return command
}

func (c *cli) apply(ctx context.Context, flags applyFlags, args []string) error {
	if err := c.checkApply(flags, args); err != nil {
		return err
	}
	ctx, cancel := c.limited(ctx)
	defer cancel()
	var plan *diff.Plan
	var jobs []apply.Job
	var err error
	if len(args) > 0 {
		plan, jobs, err = c.saved(args[0])
	} else {
		plan, jobs, err = c.fresh(ctx, writing, true)
	}
	if plan == nil || err != nil && allFailed(plan) {
		return err
	}
	c.complain(err) // some connections could not be read; the others go on
	if err := c.showBefore(plan, flags.yes); err != nil {
		return err
	}
	if err := refused(plan, flags.allow); err != nil {
		return err
	}
	if plan.Empty() && c.output != "json" { // all is said
		return unfinished(plan)
	}
	if !flags.yes && plan.Summary.Calls > 0 {
		if err := c.confirm(ctx); err != nil {
			return err
		}
	}
	return c.write(ctx, plan, jobs, apply.Options{Reread: len(args) > 0 || !flags.yes, Parallelism: flags.parallelism,
		NoVerify: flags.noVerify})
}

// checkApply refuses what can be refused before anything is read.
func (c *cli) checkApply(flags applyFlags, args []string) error {
	switch {
	case !flags.yes && !c.terminal.stdin:
		return errors.New("apply has no terminal to ask on; review the plan and give --yes")
	case flags.parallelism < 1:
		return errors.New("--parallelism must be at least 1")
	case len(args) > 0 && len(c.connections)+len(c.targets) > 0:
		return errors.New("a saved plan is applied as a whole; give --connection and --target to plan")
	}
	for _, rule := range flags.allow {
		if !slices.Contains(diff.RuleNames, rule) {
			return fmt.Errorf("--allow %s: there is no such rule%s", rule, didYouMean(rule, diff.RuleNames))
		}
	}
	return nil
}

// writing is an opener. This file is the only one that opens connections for writing.
func writing(p providers.Provider, conn spec.Connection, secrets map[string]spec.Secret, env httpx.Env) (apply.Source, error) {
	if p.Writer == nil {
		return nil, fmt.Errorf("provider %s can be read, but this version can't write to it yet", conn.Provider)
	}
	return p.Writer(conn, secrets, env)
}

// saved reads a saved plan and opens its connections as the files describe them: those of --file, else those that the
// plan was made from.
func (c *cli) saved(path string) (*diff.Plan, []apply.Job, error) {
	plan, err := readPlan(path)
	if err != nil {
		return nil, nil, err
	}
	files := c.files
	if len(files) == 0 {
		files = plan.Files
	}
	s, err := load(files)
	if err != nil {
		return nil, nil, err
	}
	if s.Digest != plan.Spec {
		c.complain(fmt.Errorf("warning: the files have changed since %s was made; the plan goes on only if they still want all of it", path))
	}
	desired := s.Desired(plan.Now)
	var scopes []scope
	for _, part := range plan.Connections {
		i := slices.IndexFunc(s.Connections, func(conn spec.Connection) bool { return conn.Name == part.Name })
		if i < 0 || s.Connections[i].Provider != part.Provider {
			return nil, nil, fmt.Errorf("%s: the files have no connection %s of provider %s; plan again", path, part.Name, part.Provider)
		}
		sc := scope{connection: s.Connections[i], desired: desired[part.Name]}
		if len(part.Targets) > 0 {
			sc = sc.only(part.Targets)
		}
		scopes = append(scopes, sc)
	}
	return plan, c.jobs(scopes, writing), nil
}

func allFailed(plan *diff.Plan) bool {
	return !slices.ContainsFunc(plan.Connections, func(part diff.Part) bool { return part.Error == "" })
}

// unfinished says that a plan lacks connections, if it does.
func unfinished(plan *diff.Plan) error {
	if slices.ContainsFunc(plan.Connections, func(part diff.Part) bool { return part.Error != "" }) {
		return &exit{code: exitUnfinished}
	}
	return nil
}

// showBefore shows the plan. With -o json stdout is kept for the result, and only who is asked sees the plan.
func (c *cli) showBefore(plan *diff.Plan, yes bool) error {
	switch {
	case c.output != "json":
		return c.show(plan, render.Plan(plan))
	case !yes:
		return c.text(c.stderr, c.terminal.stderr, render.Plan(plan))
	}
	return nil
}

// refused says which rules the plan breaks that were not allowed to be broken.
func refused(plan *diff.Plan, allowed []string) error {
	var broken []string
	for _, part := range plan.Connections {
		for _, v := range part.Violations {
			if !slices.Contains(allowed, v.Rule) && !slices.Contains(broken, v.Rule) {
				broken = append(broken, v.Rule)
			}
		}
	}
	if len(broken) == 0 {
		return nil
	}
	return &exit{exitRefused, fmt.Errorf("nothing was written: the plan breaks %s; to apply it nevertheless: --allow %s",
		strings.Join(broken, ", "), strings.Join(broken, " --allow "))}
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
func (c *cli) write(ctx context.Context, plan *diff.Plan, jobs []apply.Job, opts apply.Options) error {
	progress := c.progress()
	opts.Observe, opts.Memory, opts.Now = progress.observe, c.state, plan.Now
	result, err := apply.Run(ctx, plan, jobs, opts)
	progress.clear()
	if stale := (*apply.StaleError)(nil); errors.As(err, &stale) {
		return &exit{exitStale, staleText(stale)}
	}
	if err != nil {
		return err
	}
	if c.output != "json" { // after the plan
		fmt.Fprintln(c.stdout)
	}
	if err := c.show(result, render.Result(result)); err != nil { // what was written stays written
		return &exit{exitUnfinished, fmt.Errorf("the plan was carried out, but its report could not be shown: %w", err)}
	}
	switch {
	case ctx.Err() != nil:
		return &exit{exitUnfinished, context.Cause(ctx)}
	case !result.Summary.Clean():
		return &exit{exitUnfinished, errors.New("not all is done; when the causes are gone, run apply again")}
	case slices.ContainsFunc(result.Connections, func(p diff.PartResult) bool { return p.Error != "" }):
		return &exit{code: exitUnfinished}
	}
	return unfinished(plan)
}

func staleText(stale *apply.StaleError) error {
	lines := []string{"the plan is stale, nothing was written: live state or the files of " + strings.Join(stale.Connections, ", ") +
		" have changed since the plan was made; plan again"}
	return errors.New(strings.Join(append(lines, stale.Differences...), "\n"))
}
