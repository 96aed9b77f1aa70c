package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/diff/render"
)

// showRun shows what became of each change. Where that can't be read, or is not what the run wrote, the rest is shown beside the
// error.
func (c *cli) showRun(ctx context.Context, run pastRun) error {
	if run.Details == nil {
		result := run.result()
		return c.showRows(run, func(rows int) render.Report {
			if result == nil {
				return run.report(nil)
			}
			outcomes := render.Outcomes(result, rows)
			return run.report(&outcomes)
		})
	}
	if c.output == "json" { // all is read before anything is shown: that it is what the run wrote is known at its end
		result, broken := c.eachOutcome(ctx, run, func(int, *diff.ChangeResult) {})
		if broken != nil {
			return together(c.show(run, render.Report{}), broken)
		}
		return c.show(longRun{run, func(w io.Writer) error { return result.WriteRows(w, "  ", c.store.Details(ctx, *run.Details)) }}, render.Report{})
	}
	var broken error
	shown := c.showRows(run, func(rows int) (report render.Report) {
		report, broken = c.outcomes(ctx, run, rows)
		return report
	})
	return together(shown, broken)
}

// outcomes reports a run while its changes are read, of which only those that are shown are kept.
func (c *cli) outcomes(ctx context.Context, run pastRun, rows int) (render.Report, error) {
	if c.output == "markdown" && rows == 0 {
		rows = render.MarkdownLimit // of more than so many bytes it says what it leaves out
	}
	all := render.NewApplied(rows)
	result, err := c.eachOutcome(ctx, run, all.Add)
	if err != nil {
		return run.report(nil), err
	}
	outcomes := all.Report(result)
	return run.report(&outcomes), nil
}

// eachOutcome reads what became of each change of a run, with the number of its connection, and returns the rest of its result.
func (c *cli) eachOutcome(ctx context.Context, run pastRun, take func(connection int, change *diff.ChangeResult)) (*diff.Result, error) {
	result, err := diff.EachResult(c.store.Details(ctx, *run.Details), func(r *diff.Result, change diff.ChangeResult) bool {
		take(len(r.Connections)-1, &change)
		return ctx.Err() == nil
	})
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	return result, err
}

// eachChange hands on what became of each change of a run, with its connection. Of a run that was cut off nothing is known.
func (c *cli) eachChange(ctx context.Context, run pastRun, take func(diff.PartResult, diff.ChangeResult)) error {
	if run.Details != nil {
		_, err := diff.EachResult(c.store.Details(ctx, *run.Details), func(r *diff.Result, change diff.ChangeResult) bool {
			take(r.Connections[len(r.Connections)-1], change)
			return ctx.Err() == nil
		})
		return err
	}
	if result := run.result(); result != nil {
		for _, part := range result.Connections {
			for _, change := range part.Changes {
				take(part, change)
			}
		}
	}
	return nil
}

// report is the run and, where the history tells, what became of each change.
func (run pastRun) report(outcomes *render.Report) render.Report {
	report := render.Report{Title: "Run", Sections: []render.Section{run.section()}}
	if outcomes != nil {
		report.Sections, report.Totals = append(report.Sections, outcomes.Sections...), outcomes.Totals
		if run.result() != nil {
			report.Sections[0].Notes = report.Sections[0].Notes[1:] // the totals say it
		}
	}
	report.Sections[0].Notes = append(report.Sections[0].Notes, run.allowances()...)
	return report
}

// longRun is a run whose result is written as it is read, so that its changes are never all in memory.
type longRun struct {
	pastRun
	result func(io.Writer) error
}

// Write writes the JSON of the run.
func (run longRun) Write(w io.Writer) error {
	const none = `"result": {}`
	run.Result = json.RawMessage("{}")
	var text bytes.Buffer
	if err := render.JSON(&text, run.pastRun); err != nil {
		return err
	}
	head, tail, _ := bytes.Cut(text.Bytes(), []byte(none))
	_, err := fmt.Fprintf(w, `%s"result": `, head)
	if err == nil {
		err = run.result(w)
	}
	if err == nil {
		_, err = w.Write(tail)
	}
	return err
}
