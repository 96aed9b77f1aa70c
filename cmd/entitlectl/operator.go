package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/git"
	"github.com/entitlectl/entitlectl/pkg/providers"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// operatorVariable names the operator's file where --operator does not.
const operatorVariable = "ENTITLECTL_OPERATOR"

// underOperator gives a command that loads files the flag that names the operator's.
func (c *cli) underOperator(command *cobra.Command) {
	command.Flags().Func("operator", "the operator's file, which decides what the other files may not: `FILE` or git:REF:PATH (default $"+operatorVariable+")",
		filled(&c.operator, "FILE or git:REF:PATH"))
}

// loadOperator reads and checks the operator's file; nil where none is named.
func (c *cli) loadOperator(ctx context.Context) (*spec.Operator, error) {
	name, from := c.operator, "--operator"
	if name == "" {
		name, _ = c.lookup(operatorVariable)
		from = operatorVariable
	}
	if name == "" {
		return nil, nil
	}
	data, folder, err := c.readOperator(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", from, err)
	}
	return spec.LoadOperator(spec.OperatorFile{Name: name, Data: data, Folder: folder, Formats: providers.Formats(),
		Rules: diff.RuleNames, StateDir: c.stateDir})
}

// readOperator reads the operator's file, and says where its file: references begin.
func (c *cli) readOperator(ctx context.Context, name string) (data []byte, folder string, err error) {
	if !strings.HasPrefix(name, git.Prefix) {
		data, err = spec.ReadFile(name)
		return data, filepath.Dir(name), err
	}
	file, err := git.Parse(name)
	if err != nil {
		return nil, "", err
	}
	repository, err := git.Open(".")
	if err != nil {
		return nil, "", fmt.Errorf("%s: %w", name, err)
	}
	return repository.Read(ctx, file)
}

// guard is guardState for commands that read the state folder and no files. A slip in its name would look as if nothing had ever
// been done.
func (c *cli) guard(command *cobra.Command, _ []string) error {
	flags := command.Flags()
	named := c.stateDir != flags.Lookup("state-dir").DefValue && !flags.Changed("evidence")
	if named && !c.shared && !exists(c.stateDir) {
		c.printError(fmt.Errorf("warning: there is no folder %s, so nothing was kept there yet; see that it is the one you mean", c.stateDir))
	}
	return c.guardState(command.Context())
}

// guardState refuses a state folder that git tracks: whoever proposes a change could say in it what earlier runs did.
func (c *cli) guardState(ctx context.Context) error {
	if c.tracked == nil || c.shared {
		return nil
	}
	paths := []string{c.stateDir}
	if real, err := filepath.EvalSymlinks(c.stateDir); err == nil && real != paths[0] {
		paths = append(paths, real)
	}
	for _, path := range paths {
		tracked, err := c.tracked(ctx, path)
		if err != nil {
			return fmt.Errorf("--state-dir %s: git does not say whether it tracks it: %w", c.stateDir, err)
		}
		if tracked {
			return fmt.Errorf("--state-dir %s: git tracks it, so that a change could say what earlier runs did; take it out of git (git rm -r --cached %s), or name another folder", c.stateDir, path)
		}
	}
	return nil
}

// secrets says how the secrets of connections are looked up.
func (c *cli) secrets(ctx context.Context) spec.Lookup {
	from := spec.Lookup{Env: c.lookup, StateDir: c.stateDir}
	if c.tracked != nil {
		from.Tracked = func(path string) (bool, error) { return c.tracked(ctx, path) }
	}
	return from
}
