package main

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/entitlectl/entitlectl/pkg/diff/render"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// useful lists the shared flags that do something on a command. They are flags of the root all the same, so that they may
// stand before the command's name.
func useful(command *cobra.Command) []string {
	words := strings.Fields(command.CommandPath())
	if len(words) < 2 {
		return nil
	}
	files := []string{"file", "output", "connection", "target", "now", "state-dir", "store", "color"}
	switch words[1] {
	case "validate":
		return files
	case "test":
		return []string{"file", "output", "now", "state-dir", "store", "color"}
	case "plan", "apply", "drift", "doctor":
		return append(files, "log-level", "log-format", "timeout")
	case "who-can", "why", "compare", "access":
		return []string{"file", "connection", "state-dir", "store", "color", "log-level", "log-format", "timeout"}
	case "review":
		return []string{"file", "output", "connection", "now", "state-dir", "store", "color", "log-level", "log-format", "timeout"}
	case "import":
		return []string{"file", "output", "connection", "now", "state-dir", "store", "color", "log-level", "log-format", "timeout"}
	case "fmt":
		return []string{"file", "output", "state-dir"}
	case "history", "lock", "store":
		return []string{"output", "state-dir", "store", "color"}
	case "init":
		return []string{"output"}
	case "show":
		return []string{"output", "color"}
	case "version":
		return []string{"output"}
	case "demo":
		return []string{"now", "color"}
	}
	return nil
}

// checkUseful refuses the flags that choose what a run is about where they would do nothing, as if the command had none of that
// name: who asks for a part must not be shown all. The other shared flags are taken, so that scripts can give all commands the
// same ones.
func checkUseful(command *cobra.Command) error {
	about := []string{"connection", "target"}
	switch command.Name() {
	case "init", "emulate", "demo": // --file would be taken for what they write, or begin with
		about = append(about, "file")
	}
	for _, name := range about {
		f := command.Root().PersistentFlags().Lookup(name)
		if f == command.Flags().Lookup(name) && f.Changed && !slices.Contains(useful(command), name) {
			return fmt.Errorf("unknown flag: --%s", name)
		}
	}
	return nil
}

// onlyUseful keeps the other shared flags out of a command's help, and of what shells complete.
func onlyUseful(command *cobra.Command) {
	known := useful(command)
	command.Root().PersistentFlags().VisitAll(func(f *pflag.Flag) { f.Hidden = !slices.Contains(known, f.Name) })
}

// meant is the command that arguments run, complete or ask help of.
func meant(root *cobra.Command, args []string) *cobra.Command {
	if len(args) > 0 && (args[0] == cobra.ShellCompRequestCmd || args[0] == cobra.ShellCompNoDescRequestCmd) {
		args = args[1:max(1, len(args)-1)] // the last is what is being typed
	}
	if len(args) > 0 && args[0] == "help" {
		args = args[1:]
	}
	command, _, err := root.Find(args)
	if err != nil {
		return root
	}
	return command
}

// usualReads is how many reads of a connection are in flight where nobody says: enough to keep to the vendors' rates over slow ways.
const usualReads = 8

const readsWords = "up to `N` reads in flight per connection (default 8)"

// sideBySide adds the flag for how many requests are in flight.
func (c *cli) sideBySide(command *cobra.Command, usage string) {
	command.Flags().Func("parallelism", usage, func(text string) error {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			return errors.New("must be a number of at least 1")
		}
		c.parallelism = n
		return nil
	})
}

// limitRows gives a command the flag that says how many rows it shows.
func (c *cli) limitRows(command *cobra.Command) {
	c.maxRows = render.DefaultRows
	command.Flags().Func("max-rows", fmt.Sprintf("show `N` changes one by one, those that take access first, and count the others by resource and person; 0 is no limit (default %d)", render.DefaultRows), func(text string) error {
		n, err := strconv.Atoi(text)
		if err != nil || n < 0 {
			return errors.New("want a number of rows, or 0 for all")
		}
		c.maxRows = n
		return nil
	})
}
