package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/entitlectl/entitlectl/pkg/access"
	"github.com/entitlectl/entitlectl/pkg/diff/render"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

func newTest(c *cli) *cobra.Command {
	command := &cobra.Command{
		Use: "test", Short: "Run the access tests of the files",
		Long: "Run the tests: of the files without asking any vendor, a line each. One that does not hold says by which line and through which\n" +
			"teams somebody has what they must not. validate runs them too; plan and apply refuse by the rule tests. Exits 0 where all hold,\n" +
			"3 where one does not, and 1 where the files are wrong.",
		Example: "  entitlectl test\n  entitlectl test --now 2027-01-01T00:00:00Z -o json\n  entitlectl test -o junit=tests.xml",
		Args:    filesAreFlags,
		RunE:    func(cmd *cobra.Command, _ []string) error { return c.test(cmd.Context()) },
	}
	c.inForms(command, "text", "json", "markdown", formJUnit)
	c.underOperator(command)
	return command
}

// tested is how the tests came out, as JSON shows it.
type tested struct {
	AsOf   time.Time        `json:"asOf"`
	Failed int              `json:"failed"`
	Tests  []access.Outcome `json:"tests"`
}

func (c *cli) test(ctx context.Context) error {
	if err := c.checkForms(); err != nil {
		return err
	}
	s, err := c.load(ctx, c.files)
	if err != nil && c.wants(formJUnit) {
		c.formFiles = slices.DeleteFunc(c.formFiles, func(f formFile) bool { return f.form != formJUnit })
		return c.unloaded(ctx, err)
	}
	if err != nil {
		return err
	}
	if err := c.formsNoInput(s); err != nil {
		return err
	}
	c.warn(s.Warnings)
	all := tested{AsOf: c.at(), Tests: access.Tests(s, c.at())}
	report := render.Report{Title: "Access tests"}
	var rows []render.Row
	for _, o := range all.Tests {
		row := render.Row{Mark: render.Mark{Text: "ok", Tone: render.Adds}, Subject: o.Test, Source: o.Source}
		if !o.Holds {
			all.Failed++
			row.Mark, row.Why, row.Risk = render.Mark{Text: "FAILED", Tone: render.Alarms}, strings.Join(o.Why, "; "), render.Takes
		}
		rows = append(rows, row)
	}
	if len(rows) > 0 {
		report.Sections = []render.Section{{Title: "files", Groups: []render.Group{{Title: "tests", Rows: rows}}}}
	}
	report.Totals = fmt.Sprintf("%s, %d failed (as of %s)", render.Count(len(all.Tests), "test"), all.Failed, all.AsOf.Format(time.RFC3339))
	if err := c.showForms(ctx, all, func(int) render.Report { return report }); err != nil || all.Failed == 0 {
		return err
	}
	return &exit{code: exitRefused}
}

// failedTests are the errors of tests that do not hold, at their places.
func failedTests(outcomes []access.Outcome) (errs []error) {
	for _, o := range outcomes {
		if !o.Holds {
			errs = append(errs, &spec.Error{Position: o.Place, What: "test " + o.Test + " does not hold: " + strings.Join(o.Why, "; "), Hint: "take the access away, or change the test"})
		}
	}
	return errs
}
