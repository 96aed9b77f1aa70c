package main

import (
	"github.com/spf13/cobra"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/providers"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

func newSchema(c *cli) *cobra.Command {
	var operator bool
	command := &cobra.Command{
		Use: "schema", Short: "Print the JSON Schema of desired-state files, or of the operator's",
		Long: "Print the JSON Schema of desired-state files, or with --operator that of the operator's file, for completion and checks in\n" +
			"editors. With the YAML language server:\n" +
			"  # yaml-language-server: $schema=entitlements.schema.json",
		Example: "  entitlectl schema > entitlements.schema.json\n  entitlectl schema --operator > operator.schema.json",
		Args:    arguments(0, 0, "no arguments"),
		RunE: func(*cobra.Command, []string) error {
			text := spec.Schema(providers.Formats())
			if operator {
				text = spec.OperatorSchema(providers.Formats(), diff.RuleNames)
			}
			_, err := c.stdout.Write(text)
			return err
		},
	}
	command.Flags().BoolVar(&operator, "operator", false, "print that of the operator's file")
	return command
}
