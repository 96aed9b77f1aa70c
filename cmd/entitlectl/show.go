package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"github.com/spf13/cobra"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/diff/render"
	"github.com/entitlectl/entitlectl/pkg/providers"
)

func newShow(c *cli) *cobra.Command {
	command := &cobra.Command{
		Use: "show FILE", Short: "Render a saved plan",
		Long: "Render a plan that plan --out saved. Asks no vendor. A file that was altered, cut or written by another version is refused.",
		Example: "  entitlectl show plan.json -o markdown\n" +
			"  entitlectl show plan.json -o html > plan.html\n" +
			"  entitlectl show plan.json --by person",
		Args: arguments(1, 1, "the file of a saved plan"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := cmp.Or(c.checkForms(), c.formsNoPlan(args[0])); err != nil {
				return err
			}
			plan, err := readPlan(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			return c.showForms(cmd.Context(), plan, func(rows int) render.Report { return render.Plan(plan, render.Layout{By: render.By(c.by), Rows: rows}) })
		},
	}
	c.inForms(command, "text", "json", "markdown", "html")
	c.limitRows(command)
	c.sorted(command)
	return command
}

// contentError is an error about the content of a plan, and not about its file.
type contentError struct{ error }

func readPlan(ctx context.Context, path string) (*diff.Plan, error) {
	switch path {
	case "": // as of a variable that is not set
		return nil, errors.New("the name of the saved plan is empty; name the file that plan --out saved")
	case "-":
		return nil, errors.New("-: is no file; write /dev/stdin for a plan from a pipe, or ./- for a file of that name")
	}
	plan, err := readStream(ctx, path, maxInput, func(r io.Reader) (*diff.Plan, error) {
		plan, err := diff.Read(r)
		if err == nil {
			err = plan.CheckKinds(providers.Kinds())
		}
		if err != nil {
			return nil, contentError{err}
		}
		return plan, nil
	})
	content := contentError{}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%s: there is no such file; plan --out %[1]s saves a plan in it", path)
	case errors.As(err, &content):
		return nil, fmt.Errorf("%s: %w", path, content.error)
	case err != nil:
		return nil, err
	}
	return plan, nil
}
