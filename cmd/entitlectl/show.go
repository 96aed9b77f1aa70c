package main

import (
	"errors"
	"fmt"
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
			"  entitlectl show plan.json --by person",
		Args: arguments(1, 1, "the file of a saved plan"),
		RunE: func(_ *cobra.Command, args []string) error {
			plan, err := readPlan(args[0])
			if err != nil {
				return err
			}
			return c.show(plan, render.PlanBy(plan, render.By(c.by)))
		},
	}
	c.sorted(command)
	return command
}

func readPlan(path string) (*diff.Plan, error) {
	data, err := readInput(path, maxInput)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: there is no such file; plan --out %[1]s saves a plan in it", path)
	}
	if err != nil {
		return nil, err
	}
	plan, err := diff.Decode(data)
	if err == nil {
		err = plan.CheckKinds(providers.Kinds())
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return plan, nil
}
