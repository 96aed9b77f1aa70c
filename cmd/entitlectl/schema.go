package main

import (
	"github.com/spf13/cobra"

	"github.com/entitlectl/entitlectl/pkg/providers"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

func newSchema(c *cli) *cobra.Command {
	return &cobra.Command{
		Use: "schema", Short: "Print the JSON Schema of desired-state files",
		Long: "Print the JSON Schema of desired-state files, for completion and checks in editors. With the YAML language server:\n" +
			"  # yaml-language-server: $schema=entitlements.schema.json",
		Example: "  entitlectl schema > entitlements.schema.json",
		Args:    arguments(0, 0, "no arguments"),
		RunE: func(*cobra.Command, []string) error {
			_, err := c.stdout.Write(spec.Schema(providers.Formats()))
			return err
		},
	}
}
