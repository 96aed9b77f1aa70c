package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/entitlectl/entitlectl/pkg/apply"
	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/diff/render"
)

func newPlan(c *cli) *cobra.Command {
	var out string
	var detailed bool
	var head apply.Head
	command := &cobra.Command{
		Use: "plan", Short: "Show what apply would do",
		Long: "Compare the files with live state and show what apply would do. Writes nothing but the plan, where --out names a file.\n" +
			"A plan is never saved where a connection could not be read.",
		Example: "  entitlectl plan --out plan.json && entitlectl apply plan.json --yes",
		Args:    arguments(0, 0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.plan(cmd.Context(), out, detailed, head)
		},
	}
	command.Flags().StringVar(&out, "out", "", "save the plan in `FILE`, for apply and show")
	command.Flags().BoolVar(&detailed, "detailed-exitcode", false, "exit 2 where the plan has changes")
	command.Flags().BoolVar(&head.NoBound, "no-lower-bound", false, "leave callsLowerBound out of the plan, which saves time on very large ones")
	command.Flags().BoolVar(&head.Retry, "retry-unknown", false, "plan to send again what an earlier run reported as unknown: somebody may be mailed twice")
	c.underOperator(command)
	return command
}

func (c *cli) plan(ctx context.Context, out string, detailed bool, head apply.Head) error {
	ctx, cancel := c.limited(ctx)
	defer cancel()
	plan, unread := c.fresh(ctx, head)
	if plan == nil || unread != nil && allFailed(plan) {
		return unread
	}
	if err := c.show(plan, render.Plan(plan)); err != nil {
		return err
	}
	if unread != nil {
		return unread
	}
	if out != "" {
		data, err := plan.Encode()
		if err != nil {
			return err
		}
		if err := writeFile(out, data); err != nil {
			return err
		}
	}
	if detailed && !plan.Empty() {
		return &exit{code: exitDiffers}
	}
	return nil
}

// fresh plans from the files, with nothing that could write. Where some connections can't be read there is an error beside
// the plan of the others.
func (c *cli) fresh(ctx context.Context, head apply.Head) (*diff.Plan, error) {
	w, err := c.intent(ctx)
	if err != nil {
		return nil, err
	}
	return c.planned(ctx, w, c.jobs(ctx, w.scopes, reading), head)
}

// planned plans what jobs are about.
func (c *cli) planned(ctx context.Context, w intent, jobs []apply.Job, head apply.Head) (*diff.Plan, error) {
	progress := c.progress()
	defer progress.clear()
	head.Created, head.Now, head.Spec, head.Files, head.Rules, head.Engine = c.at(), c.at(), w.spec.Digest, w.spec.Files, w.spec.Rules, c.state
	plan, err := apply.Plan(ctx, jobs, head, progress.observe)
	if ctx.Err() != nil { // what each connection says about it is no news
		return nil, context.Cause(ctx)
	}
	return plan, err
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

// writeFile replaces a file as a whole or not at all. Only its owner may read it.
func writeFile(path string, data []byte) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
