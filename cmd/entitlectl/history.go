package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/entitlectl/entitlectl/pkg/diff/render"
	"github.com/entitlectl/entitlectl/pkg/store"
)

func newHistory(c *cli) *cobra.Command {
	var want historyFilter
	command := &cobra.Command{
		Use: "history [NUMBER]", Short: "List what was applied, when and by whom",
		Long: "List the runs that wrote, or were about to: when, by whom (the user of the operating system, or whoever set the CI job\n" +
			"off), of which commit and plan, with how many calls and what result, and which rules they were allowed to break. With a\n" +
			"NUMBER of the list it shows what became of each change of that run, and who allowed what and why, with -o json too.\n" +
			"The history is in --state-dir.\n\n" +
			"Pull request, CI job, authors and approvers are what the variables of the CI job, git, or --approved-by of apply told: nobody\n" +
			"checked them. Where all who approved a change are among its authors, that is said.\n\n" +
			"--since and --until keep the runs that began in a time, --target and --person those with changes of a resource or of somebody,\n" +
			"and show these changes. -o csv has a record for each change.",
		Example: "  entitlectl history\n" +
			"  entitlectl history 3\n" +
			"  entitlectl history --since 2026-10-01 --until 2027-01-01 -o csv > changes.csv\n" +
			"  entitlectl history --person alice --target app-group/CAD",
		Args:    arguments(0, 1, "at most one number of a run"),
		PreRunE: c.guard,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := want.check(); err != nil {
				return err
			}
			if len(args) > 0 {
				return c.historyOf(cmd.Context(), args[0], want)
			}
			return c.history(cmd.Context(), want)
		},
	}
	c.operatorSays(command)
	c.limitRows(command)
	c.chooseRuns(command, &want)
	command.AddCommand(newHistoryVerify(c), newHistoryRotate(c), newHistoryEvidence(c))
	return command
}

// historyOf shows one run.
func (c *cli) historyOf(ctx context.Context, number string, want historyFilter) error {
	if want.any() || c.output == "csv" {
		return errors.New("a NUMBER is one run; leave out --since, --until, --target, --person and -o csv")
	}
	n, err := strconv.Atoi(number)
	runs, broken := c.pastRuns(ctx, func(run int) bool { return run == n })
	switch {
	case broken != nil && len(runs) == 0:
		return broken
	case err != nil || n < 1 || n > len(runs):
		return together(fmt.Errorf("the history has no run %q: it has %s; entitlectl history lists them", number, render.Count(len(runs), "run")), broken)
	}
	return together(c.showRun(ctx, runs[n-1]), broken)
}

// history lists the runs that are wanted.
func (c *cli) history(ctx context.Context, want historyFilter) error {
	everything := want.changes() || c.output == "csv"
	runs, broken := c.pastRuns(ctx, func(int) bool { return everything })
	if broken != nil && len(runs) == 0 {
		return broken
	}
	runs = want.within(runs)
	switch {
	case c.output == "csv":
		c.shown = true
		return together(c.historyCSV(ctx, c.stdout, runs, want), broken)
	case want.changes():
		return together(c.showMatches(ctx, runs, want), broken)
	}
	return together(c.showRuns(runs), broken)
}

// leastDigest is how many digits of a digest have to be given: an empty one, as of a variable that is not set, any record has.
const leastDigest = 12

func newHistoryVerify(c *cli) *cobra.Command {
	var contains, evidence string
	command := &cobra.Command{
		Use: "verify", Short: "Check that no record was altered or taken out",
		Long: "Check the chain of digests that links each record of the history to the one before. It prints the digest of the newest\n" +
			"record: keep it elsewhere and give it to --contains later. That digest is noted in the state folder too, so that records\n" +
			"missing at the end are noticed; but whoever can take them off can change the note.\n" +
			"Exits 0 where the chain is whole, else 1 with the place of the first break.\n\n" +
			"--evidence DIR checks a folder of history evidence instead, and asks no store: each file, that there is none beside them, the chain\n" +
			"of the records in it, and that the plans and outcomes are those that the records name. --contains takes the digest of SHA256SUMS\n" +
			"then, or that of a record.",
		Example: "  entitlectl history verify --contains sha256:9f86d081884c7d65\n" +
			"  entitlectl history verify --evidence evidence-2026-q4 --contains sha256:9f86d081884c7d65",
		Args:    arguments(0, 0, "no arguments"),
		PreRunE: c.guard,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if cmd.Flags().Changed("contains") && len(strings.TrimPrefix(contains, "sha256:")) < leastDigest {
				return fmt.Errorf("--contains takes a digest as this command prints it, at least the first %d digits", leastDigest)
			}
			if evidence != "" {
				return c.verifyEvidence(evidence, contains)
			}
			return c.verifyHistory(cmd.Context(), contains)
		},
	}
	command.Flags().StringVar(&contains, "contains", "", "also check that the record with this `DIGEST` is there")
	command.Flags().Func("evidence", "check this folder of history evidence, `DIR`, instead of the history", filled(&evidence, "DIR"))
	return command
}

func (c *cli) showRuns(runs []pastRun) error {
	report := render.Report{Title: "History", Totals: render.Count(len(runs), "run") + "."}
	for _, run := range runs {
		report.Sections = append(report.Sections, run.listed())
	}
	return c.show(map[string][]pastRun{"runs": runs}, report)
}

func (c *cli) verifyHistory(ctx context.Context, contains string) error {
	chain, err := c.store.Verify(ctx)
	if err == nil {
		err = store.CheckDetails(ctx, c.store)
	}
	if err != nil {
		return err
	}
	if contains != "" && !chain.Contains(contains) {
		return errors.New("no record has the digest " + contains + ": records were taken off the end, or this is another history")
	}
	totals := fmt.Sprintf("The history is whole: %s, the newest %s.", render.Count(chain.Records, "record"), chain.Head)
	if chain.Records == 0 {
		totals = "The history is empty."
	}
	return c.show(chain, render.Report{Title: "History", Totals: totals})
}

// rotator is a store whose history is kept in parts.
type rotator interface {
	Rotate(ctx context.Context) (done string, removed int, err error)
}

// rotated is a rotation in JSON.
type rotated struct {
	Done    string `json:"done"`
	Removed int    `json:"removed,omitempty"` // files of details that no record names
}

func newHistoryRotate(c *cli) *cobra.Command {
	return &cobra.Command{
		Use: "rotate", Short: "Begin a new file, to which records are added from now on",
		Long: "Begin a new file of the history. The one that is done, whose name is printed, changes no more and can be packed up by a\n" +
			"backup. The chain of digests goes on from file to file: history and verify read all of them, in --state-dir.",
		Example: "  entitlectl history rotate",
		Args:    arguments(0, 0, "no arguments"),
		PreRunE: c.guard,
		RunE:    func(cmd *cobra.Command, _ []string) error { return c.rotateHistory(cmd.Context()) },
	}
}

func (c *cli) rotateHistory(ctx context.Context) error {
	s, can := c.store.(rotator)
	if !can {
		return errors.New("this store keeps the history in one piece; there is nothing to rotate")
	}
	done, removed, err := s.Rotate(ctx)
	if err != nil {
		return err
	}
	report := render.Report{Title: "History", Totals: "The history goes on in a new file; " + done + " changes no more."}
	if removed > 0 {
		report.Totals += " Removed " + render.Count(removed, "file") + " of details that no record names: their runs were cut off before it."
	}
	return c.show(rotated{done, removed}, report)
}
