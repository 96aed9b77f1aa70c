package main

import (
	"fmt"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/entitlectl/entitlectl/pkg/diff/render"
)

func newVersion(c *cli) *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print version and build",
		Long:    "Print the version, the commit it was built from and the Go release that built it.",
		Example: "  entitlectl version -o json",
		Args:    arguments(0, 0, "no arguments"),
		RunE: func(*cobra.Command, []string) error {
			v := buildVersion()
			if c.output == "json" {
				return render.JSON(c.stdout, v)
			}
			_, err := fmt.Fprintln(c.stdout, v)
			return err
		},
	}
}

// version says what was built, and from what.
type version struct {
	Version  string `json:"version"`
	Commit   string `json:"commit"`
	Modified bool   `json:"modified"` // the checkout had changes that were not committed
	Go       string `json:"go"`
}

func (v version) String() string {
	return fmt.Sprintf("entitlectl %s (commit %s, %s)", v.Version, v.Commit, v.Go)
}

func buildVersion() version {
	v := version{Version: "(devel)", Commit: "unknown"}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return v
	}
	v.Go = info.GoVersion
	if info.Main.Version != "" {
		v.Version = info.Main.Version
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			v.Commit = s.Value
		case "vcs.modified":
			v.Modified = s.Value == "true"
		}
	}
	return v
}
