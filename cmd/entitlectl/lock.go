package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/entitlectl/entitlectl/pkg/diff/render"
	"github.com/entitlectl/entitlectl/pkg/spec"
	"github.com/entitlectl/entitlectl/pkg/store"
)

func newLock(c *cli) *cobra.Command {
	command := &cobra.Command{
		Use: "lock", Short: "Show who is applying, and break a lock",
		Long: "Show which connections an apply holds: whose it is, on which host, since when. One apply at a time writes to a\n" +
			"connection, as far as the runs share --state-dir. The lock of a run that died needs no help: the next apply takes it\n" +
			"over and says so.",
		Example: "  entitlectl lock",
		Args:    arguments(0, 0, "no arguments"),
		PreRunE: c.guard,
		RunE:    func(cmd *cobra.Command, _ []string) error { return c.locks(cmd.Context()) },
	}
	c.operatorSays(command)
	command.AddCommand(newLockBreak(c))
	return command
}

func newLockBreak(c *cli) *cobra.Command {
	var reason string
	command := &cobra.Command{
		Use: "break CONNECTION", Short: "Take a lock from a run that hangs",
		Long: "Take the lock of a connection from the run that holds it, for the case that it hangs for ever. That run sends nothing\n" +
			"more but a call that it may have in hand. A process that was stopped while it held one of the state folder's own locks loses\n" +
			"that too. Who broke the lock and why is kept in the history.",
		Example: `  entitlectl lock break workspace --reason "the runner was suspended, ticket 4711"`,
		Args:    arguments(1, 1, "the name of a connection"),
		PreRunE: c.guard,
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.breakLock(cmd.Context(), args[0], strings.TrimSpace(reason))
		},
	}
	command.Flags().StringVar(&reason, "reason", "", "why, for the history")
	command.ValidArgsFunction = c.completeLocks
	return command
}

func (c *cli) locks(ctx context.Context) error {
	holders, err := c.store.Holders(ctx)
	if err != nil {
		return err
	}
	report := render.Report{Title: "Locks", Totals: "No apply holds a lock."}
	living := 0
	for _, h := range holders {
		section := render.Section{Title: h.Scope}
		note := render.Note{Text: "held by " + h.Owner.String()}
		if !h.Since.IsZero() {
			note.Text += fmt.Sprintf(", for %s", c.now().Sub(h.Since).Round(time.Second))
		}
		if h.Dead {
			note.Text = fmt.Sprintf("left by %s, who is gone; the next apply takes it over", h.Owner)
		} else {
			living++
		}
		section.Notes = append(section.Notes, note)
		report.Sections = append(report.Sections, section)
	}
	if len(holders) > 0 {
		report.Totals = fmt.Sprintf("%s held, %d left behind.", render.Count(living, "lock"), len(holders)-living)
	}
	return c.show(map[string][]store.Holder{"locks": append([]store.Holder{}, holders...)}, report)
}

func (c *cli) breakLock(ctx context.Context, connection, reason string) error {
	if reason == "" {
		return errors.New("give a --reason; it is kept in the history")
	}
	holders, unknown := c.store.Holders(ctx) // unknown: a process is stopped that holds the folder's own lock, which is broken too
	held := spec.Each(holders, func(h store.Holder) string { return h.Scope })
	if unknown == nil && !slices.Contains(held, connection) {
		return fmt.Errorf("nobody holds the lock of %s%s", connection, didYouMean(connection, held))
	}
	if err := c.store.Break(ctx, connection, c.owner(), reason); err != nil {
		return err
	}
	totals := fmt.Sprintf("The lock of %s is broken. Before the next apply see to it that the run that held it is gone.", connection)
	return c.show(map[string]string{"broken": connection}, render.Report{Title: "Locks", Totals: totals})
}
