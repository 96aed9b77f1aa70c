package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/diff/render"
	"github.com/entitlectl/entitlectl/pkg/store"
)

func newHistory(c *cli) *cobra.Command {
	command := &cobra.Command{
		Use: "history [NUMBER]", Short: "List what was applied, when and by whom",
		Long: "List the runs that wrote, or were about to: when, by whom (the user of the operating system, or whoever set the CI job\n" +
			"off), of which commit and plan, with how many calls and what result, and which rules they were allowed to break. With a\n" +
			"NUMBER of the list it shows what became of each change of that run, and who allowed what and why, with -o json too.\n" +
			"The history is in --state-dir.",
		Example: "  entitlectl history\n  entitlectl history 3",
		Args:    arguments(0, 1, "at most one number of a run"),
		PreRunE: c.guard,
		RunE: func(cmd *cobra.Command, args []string) error {
			number := "0"
			if len(args) > 0 {
				number = args[0]
			}
			n, err := strconv.Atoi(number)
			runs, broken := c.pastRuns(cmd.Context(), n)
			switch {
			case broken != nil && len(runs) == 0:
				return broken
			case len(args) == 0:
				return together(c.showRuns(runs), broken)
			case err != nil || n < 1 || n > len(runs):
				return together(fmt.Errorf("the history has no run %q: it has %s; entitlectl history lists them", number, render.Count(len(runs), "run")), broken)
			}
			return together(c.showRun(cmd.Context(), runs[n-1]), broken)
		},
	}
	c.operatorSays(command)
	c.limitRows(command)
	command.AddCommand(newHistoryVerify(c), newHistoryRotate(c))
	return command
}

// leastDigest is how many digits of a digest have to be given: an empty one, as of a variable that is not set, any record has.
const leastDigest = 12

func newHistoryVerify(c *cli) *cobra.Command {
	var contains string
	command := &cobra.Command{
		Use: "verify", Short: "Check that no record was altered or taken out",
		Long: "Check the chain of digests that links each record of the history to the one before. It prints the digest of the newest\n" +
			"record: keep it elsewhere and give it to --contains later. That digest is noted in the state folder too, so that records\n" +
			"missing at the end are noticed; but whoever can take them off can change the note.\n" +
			"Exits 0 where the chain is whole, else 1 with the place of the first break.",
		Example: "  entitlectl history verify --contains sha256:9f86d081884c7d65",
		Args:    arguments(0, 0, "no arguments"),
		PreRunE: c.guard,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if cmd.Flags().Changed("contains") && len(strings.TrimPrefix(contains, "sha256:")) < leastDigest {
				return fmt.Errorf("--contains takes a digest as this command prints it, at least the first %d digits", leastDigest)
			}
			return c.verifyHistory(cmd.Context(), contains)
		},
	}
	command.Flags().StringVar(&contains, "contains", "", "also check that the record with this `DIGEST` is there")
	return command
}

// pastRun is a run as the history has it.
type pastRun struct {
	Number      int              `json:"number"`
	Started     time.Time        `json:"started"`
	Ended       time.Time        `json:"ended,omitzero"`
	Who         store.Owner      `json:"who"`
	Connections []string         `json:"connections,omitempty"`
	Plan        string           `json:"plan,omitempty"`
	Spec        string           `json:"spec,omitempty"`
	Commit      string           `json:"commit,omitempty"`
	Outcome     string           `json:"outcome"`
	Reason      string           `json:"reason,omitempty"`
	Overrides   []store.Override `json:"overrides,omitempty"`
	Calls       *int             `json:"calls,omitempty"`  // sent; nil where the history does not tell
	Result      json.RawMessage  `json:"result,omitempty"` // in short; of the run that was asked for, with all changes
	Details     *store.Details   `json:"details,omitempty"`
}

// The outcomes of runs that have no end in the history.
const (
	runGoesOn = "running"
	runCutOff = "cut off"
)

// pastRuns reads the history, but of no run the details. Where its chain is broken, what can be read is returned beside the
// error. Records that have all changes in them, as those of earlier versions, keep them for the run of the number only.
func (c *cli) pastRuns(ctx context.Context, number int) ([]pastRun, error) {
	runs, at := []pastRun{}, map[string]int{}
	broken := c.verifyEach(ctx, func(r store.Record) {
		i, known := at[r.Who.Run]
		if r.Kind == store.RunEnded && known {
			run := &runs[i]
			run.Ended, run.Outcome, run.Calls, run.Details = r.At, r.Outcome, &r.Calls, r.Details
			if run.Result = r.Result; run.Number != number {
				run.Result = short(r.Result)
			}
			return
		}
		run := pastRun{Number: len(runs) + 1, Started: r.At, Who: r.Who, Connections: r.Scopes, Plan: r.Plan, Spec: r.Spec,
			Commit: r.Commit, Outcome: r.Outcome, Reason: r.Reason, Overrides: r.Overrides, Result: r.Result, Details: r.Details}
		switch r.Kind {
		case store.RunStarted:
			run.Outcome, at[r.Who.Run] = runCutOff, len(runs)
		case store.Pruned:
			run.Outcome = fmt.Sprintf("pruned %s, up to %s", render.Count(r.Calls, "record"), r.Outcome)
		case store.LockBroken:
			run.Outcome = "broke the lock of " + strings.Join(r.Scopes, ", ") + ", " + r.Outcome
		}
		runs = append(runs, run)
	})
	holders, err := c.store.Holders(ctx)
	if err != nil {
		c.printError(fmt.Errorf("warning: which runs go on can't be told: %w", err))
	}
	for _, h := range holders {
		if i, known := at[h.Run]; known && !h.Dead && runs[i].Outcome == runCutOff {
			runs[i].Outcome = runGoesOn
		}
	}
	return runs, broken
}

// verifyEach checks the history and hands on each record that can be read: in one go where the store knows how.
func (c *cli) verifyEach(ctx context.Context, each func(store.Record)) error {
	if s, can := c.store.(interface {
		VerifyEach(context.Context, func(store.Record)) (store.Chain, error)
	}); can {
		_, broken := s.VerifyEach(ctx, each)
		return broken
	}
	_, broken := c.store.Verify(ctx)
	for r, err := range c.store.Records(ctx) {
		if err == nil {
			each(r)
		}
	}
	return broken
}

// short is a result without its connections. What is none stays as it is.
func short(text json.RawMessage) json.RawMessage {
	var head struct {
		diff.Result
		Connections json.RawMessage `json:"connections"` // passed over: there may be a million changes in it
	}
	if len(text) == 0 || json.Unmarshal(text, &head) != nil {
		return text
	}
	brief, err := json.Marshal(head.Short())
	if err != nil {
		return text
	}
	return brief
}

func (c *cli) showRuns(runs []pastRun) error {
	report := render.Report{Title: "History", Totals: render.Count(len(runs), "run") + "."}
	for _, run := range runs {
		s := run.section()
		if rules := run.broken(); len(rules) > 0 {
			s.Notes = append(s.Notes, render.Note{Level: render.Allowance, Text: strings.Join(rules, ", ")})
		}
		report.Sections = append(report.Sections, s)
	}
	return c.show(map[string][]pastRun{"runs": runs}, report)
}

// broken lists the rules that the run was allowed to break.
func (run pastRun) broken() []string {
	var rules []string
	for _, o := range run.Overrides {
		if !slices.Contains(rules, o.Rule) {
			rules = append(rules, o.Rule)
		}
	}
	return rules
}

// allowances says of each rule that the run broke how far, and who allowed it.
func (run pastRun) allowances() []render.Note {
	by := map[store.By]string{store.ByPlan: "by the plan", store.ByRequirePlan: "by the plan, as --require-plan approved it", store.ByApply: "by who applied"}
	var notes []render.Note
	for _, o := range run.Overrides {
		text := fmt.Sprintf("%s: %s; %s", o.Scope, render.ViolationText(diff.Violation{Rule: o.Rule, On: o.On, Have: o.Have, Limit: o.Limit}), by[o.By])
		if o.Reason != "" {
			text += ": " + o.Reason
		}
		notes = append(notes, render.Note{Level: render.Allowance, Text: text})
	}
	return notes
}

// section is a run in the list of all.
func (run pastRun) section() render.Section {
	s := render.Section{Title: fmt.Sprintf("%d  %s  %s on %s: %s", run.Number, run.Started.UTC().Format(time.RFC3339), run.Who.Name(), run.Who.Host, run.Outcome)}
	say := func(label, text string) {
		if text != "" {
			s.Notes = append(s.Notes, render.Note{Text: label + text})
		}
	}
	if result := run.result(); result != nil {
		say("", render.Result(result, render.Layout{}).Totals)
	} else if run.Outcome == runCutOff {
		say("", "The run was cut off; the apply after it settles what it left in doubt.")
	}
	say("reason: ", run.Reason)
	if run.Plan != "" {
		say("connections: ", strings.Join(run.Connections, ", "))
	}
	say("plan: ", run.Plan)
	say("commit: ", run.Commit)
	return s
}

// result is what became of each change; nil where the history does not tell.
func (run pastRun) result() *diff.Result {
	var result diff.Result
	if len(run.Result) == 0 || json.Unmarshal(run.Result, &result) != nil {
		return nil
	}
	return &result
}

// showRun shows what became of each change. Where that can't be read, or is not what the run wrote, the rest is shown beside the
// error.
func (c *cli) showRun(ctx context.Context, run pastRun) error {
	result := run.result()
	var broken error
	if run.Details != nil {
		if result, broken = diff.ReadRows(c.store.Details(ctx, *run.Details)); broken == nil {
			run.Result, broken = json.Marshal(result)
		}
	}
	return together(c.showRows(run, func(rows int) render.Report { return run.report(result, rows) }), broken)
}

// report is the run and, where the history tells, what became of each change.
func (run pastRun) report(result *diff.Result, rows int) render.Report {
	report := render.Report{Title: "Run", Sections: []render.Section{run.section()}}
	if result != nil {
		all := render.Outcomes(result, rows)
		report.Sections, report.Totals = append(report.Sections, all.Sections...), all.Totals
		report.Sections[0].Notes = report.Sections[0].Notes[1:] // the totals say it
	}
	report.Sections[0].Notes = append(report.Sections[0].Notes, run.allowances()...)
	return report
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
