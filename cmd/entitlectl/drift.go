package main

import (
	"context"
	"slices"

	"github.com/spf13/cobra"

	"github.com/entitlectl/entitlectl/pkg/apply"
	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/diff/render"
)

func newDrift(c *cli) *cobra.Command {
	var full, unmanaged bool
	command := &cobra.Command{
		Use: "drift", Short: "Find out how live state differs from the files",
		Long: "Compare live state with the files and sort the differences by cause. Where an earlier apply confirmed what was there, say\n" +
			"who moved since: somebody behind our back (changed live), or the files. Holds no client that could write.\n" +
			"Exits 0 where nothing differs, 2 where something does (be it blocked), 3 where a list could not be read whole (the rule\n" +
			"incomplete-read), and 1 where a connection could not be read.",
		Example: "  entitlectl drift -o json || alert\n" +
			"  entitlectl drift --by person\n" +
			"  entitlectl drift -o json=drift.json -o html=drift.html\n" +
			"  entitlectl drift -o junit=drift.xml\n" +
			"  entitlectl drift --unmanaged",
		Args: filesAreFlags,
		RunE: func(cmd *cobra.Command, _ []string) error { return c.drift(cmd.Context(), full, unmanaged) },
	}
	command.Flags().BoolVar(&full, "full", false, fullWords)
	command.Flags().BoolVar(&unmanaged, "unmanaged", false, "name the resources that no file lists, of all kinds, and those that are only watched; -o json and html always do")
	c.inForms(command, "text", "json", "markdown", "html", formJUnit)
	c.sideBySide(command, readsWords)
	c.underOperator(command)
	c.limitRows(command)
	c.againstBase(command)
	c.sorted(command)
	return command
}

func (c *cli) drift(ctx context.Context, full, unmanaged bool) error {
	defer heapGrows(whilePlanning)()
	ctx, cancel := c.limited(ctx)
	defer cancel()
	w, err := c.intentToShow(ctx, "")
	if err != nil {
		return err
	}
	plan, unread := c.planned(ctx, w, apply.PlanOptions{Jobs: c.jobs(ctx, w.scopes, reading), NoBound: true, Full: full,
		Outside: unmanaged || c.wants("json", "html")})
	if plan == nil {
		return unread
	}
	plan.Reviews = c.dueReviews()
	drift := diff.DriftOf(plan, apply.LastConfirmed(c.store))
	if err := c.showRead(ctx, plan, drift, func(rows int) render.Report {
		return render.Drift(drift, render.Layout{By: render.By(c.by), Rows: rows, Outside: unmanaged})
	}); err != nil {
		return err
	}
	var partly, differs error
	if slices.ContainsFunc(drift.Connections, func(p diff.DriftPart) bool { return len(p.Incomplete) > 0 }) {
		partly = &exit{exitRefused, errNotWhole}
	}
	if drift.Summary.Any() {
		differs = &exit{code: exitDiffers}
	}
	return together(unread, partly, differs)
}
