package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/diff/render"
)

// historyFilter is which runs, and which of their changes, are wanted.
type historyFilter struct {
	since, until    time.Time // zero: no such bound
	targets, people []string  // none: all
}

func (c *cli) chooseRuns(command *cobra.Command, want *historyFilter) {
	f := command.Flags()
	f.VarP(oneFormOf(&c.output, "text", "json", "csv", "markdown"), "output", "o", "form of the output")
	bounds(command, want)
	f.Func("target", "runs that changed the resource `KIND/NAME`, and these changes; may be repeated", func(text string) error {
		if kind, name, _ := strings.Cut(text, "/"); kind == "" || name == "" {
			return errors.New("want KIND/NAME, as in app-group/CAD")
		}
		want.targets = append(want.targets, folded([]string{text})...)
		return nil
	})
	f.Func("person", "runs that changed what `NAME` has, by the name of the files or of the vendor, and these changes; may be repeated", func(text string) error {
		if text == "" {
			return errors.New("want a name")
		}
		want.people = append(want.people, text)
		return nil
	})
	completeChoices(command, f)
}

// bounds adds the flags of a time.
func bounds(command *cobra.Command, want *historyFilter) {
	command.Flags().Func("since", "runs that began at `TIME` or later: a date, which is 00:00 UTC, or as in RFC 3339", day(&want.since))
	command.Flags().Func("until", "runs that began before `TIME`", day(&want.until))
}

func day(at *time.Time) func(string) error {
	return func(text string) (err error) {
		*at, err = parseDay(text)
		return err
	}
}

// parseDay reads a date, which is 00:00 UTC, or a time.
func parseDay(text string) (time.Time, error) {
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if at, err := time.Parse(layout, text); err == nil {
			return at.UTC(), nil
		}
	}
	return time.Time{}, errors.New("want 2026-12-31, which is 00:00 UTC, or a time as in 2026-11-05T12:00:00Z")
}

// check refuses a time in which nothing can have begun: a list of no runs would look as if nothing had been done.
func (w historyFilter) check() error {
	if w.since.IsZero() || w.until.IsZero() || w.since.Before(w.until) {
		return nil
	}
	return fmt.Errorf("--until %s is not after --since %s; --until is the first moment that is left out", w.until.Format(time.RFC3339), w.since.Format(time.RFC3339))
}

func (w historyFilter) any() bool { return w.changes() || !w.since.IsZero() || !w.until.IsZero() }

// changes says whether some changes only are wanted.
func (w historyFilter) changes() bool { return len(w.targets)+len(w.people) > 0 }

// within keeps the runs of the time.
func (w historyFilter) within(runs []pastRun) []pastRun {
	return slices.DeleteFunc(runs, func(run pastRun) bool {
		return run.Started.Before(w.since) || !w.until.IsZero() && !run.Started.Before(w.until)
	})
}

// wants says whether a change is one that is asked for.
func (w historyFilter) wants(c diff.Change) bool {
	if len(w.targets) > 0 && !slices.Contains(w.targets, string(c.Kind)+"/"+c.Resource) {
		return false
	}
	return len(w.people) == 0 || slices.ContainsFunc(w.people, func(name string) bool {
		vendors := c.Subject.String()
		return c.Person == name || c.Subject.Name == name || vendors == name || strings.HasPrefix(vendors, name+"@")
	})
}

// matching is what became of the changes that are wanted; nil where the run has none.
func (c *cli) matching(ctx context.Context, run pastRun, want historyFilter) (*diff.Result, error) {
	found := &diff.Result{Format: diff.FormatVersion, Plan: run.Plan}
	err := c.eachChange(ctx, run, func(part diff.PartResult, change diff.ChangeResult) {
		if change.Change == nil || !want.wants(*change.Change) {
			return
		}
		if n := len(found.Connections); n == 0 || found.Connections[n-1].Name != part.Name {
			found.Connections = append(found.Connections, diff.PartResult{Name: part.Name, Provider: part.Provider})
		}
		last := &found.Connections[len(found.Connections)-1]
		last.Changes = append(last.Changes, change)
	})
	if err != nil {
		return nil, fmt.Errorf("run %d: %w", run.Number, err)
	}
	if len(found.Connections) == 0 {
		return nil, ctx.Err()
	}
	found.Summarize()
	return found, ctx.Err()
}

// showMatches shows the runs that have changes that are wanted, with these.
func (c *cli) showMatches(ctx context.Context, runs []pastRun, want historyFilter) error {
	shown, sections, results, changes := []pastRun{}, []render.Section(nil), []*diff.Result(nil), 0
	var broken []error
	for _, run := range runs {
		result, err := c.matching(ctx, run, want)
		if err != nil {
			broken = append(broken, err)
		}
		if result == nil {
			continue
		}
		sections, results = append(sections, run.listed()), append(results, result)
		if run.Result, err = json.Marshal(result); err != nil {
			return err
		}
		shown = append(shown, run)
		for _, part := range result.Connections {
			changes += len(part.Changes)
		}
	}
	totals := fmt.Sprintf("%s of %s.", render.Count(changes, "change"), render.Count(len(shown), "run"))
	return together(append(broken, c.showRows(map[string][]pastRun{"runs": shown}, func(rows int) render.Report {
		report := render.Report{Title: "History", Totals: totals}
		for i, s := range sections {
			report.Sections = append(append(report.Sections, s), render.Outcomes(results[i], rows).Sections...)
		}
		return report
	}))...)
}
