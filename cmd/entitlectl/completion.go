package main

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/entitlectl/entitlectl/pkg/apply"
	"github.com/entitlectl/entitlectl/pkg/providers"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// completeNames lets shells complete what the files name: connections and resources. Where the files can't be read, there are
// none, but the kinds of resources are known.
func (c *cli) completeNames(root *cobra.Command) {
	_ = root.RegisterFlagCompletionFunc("connection", func(cmd *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
		return c.namesFor(cmd, typed, namesOf), cobra.ShellCompDirectiveNoFileComp
	})
	_ = root.RegisterFlagCompletionFunc("target", func(cmd *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
		if !strings.Contains(typed, "/") {
			kinds := spec.Each(providers.Kinds(), func(kind spec.Kind) string { return string(kind) + "/" })
			return append(kinds, apply.PersonTarget), cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
		}
		return c.namesFor(cmd, typed, func(s *spec.Spec) []string {
			people := spec.Each(s.Users(), func(user string) string { return apply.PersonTarget + user })
			return append(c.resourcesOf(s), people...)
		}), cobra.ShellCompDirectiveNoFileComp
	})
}

// resourcesOf are the resources of files, as KIND/NAME.
func (c *cli) resourcesOf(s *spec.Spec) (names []string) {
	for _, desired := range s.Desired(c.at()) {
		for ref := range desired.Resources {
			names = append(names, ref.String())
		}
	}
	return names
}

// completes completes one argument of a command.
type completes = func(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective)

// completeResources completes the argument after so many with a resource of the files.
func (c *cli) completeResources(after int) completes {
	return func(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
		if len(args) != after {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return c.namesFor(cmd, typed, c.resourcesOf), cobra.ShellCompDirectiveNoFileComp
	}
}

// completePeople completes the first arguments with people of the files, and what comes after otherwise.
func (c *cli) completePeople(most int, after completes) completes {
	return func(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
		switch {
		case len(args) < most:
			return c.namesFor(cmd, typed, (*spec.Spec).Users), cobra.ShellCompDirectiveNoFileComp
		case after == nil:
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return after(cmd, args, typed)
	}
}

// namesFor are the names that go on what was typed, sorted.
func (c *cli) namesFor(cmd *cobra.Command, typed string, of func(*spec.Spec) []string) []string {
	s, err := c.load(cmd.Context(), c.files)
	if err != nil {
		return nil
	}
	names := slices.DeleteFunc(of(s), func(name string) bool { return !strings.HasPrefix(name, typed) })
	slices.Sort(names)
	return slices.Compact(names)
}

// completeLocks lets shells complete the connections whose locks are held.
func (c *cli) completeLocks(cmd *cobra.Command, args []string, typed string) (names []string, _ cobra.ShellCompDirective) {
	if len(args) > 0 || c.guardState(cmd.Context()) != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	if c.openState(cmd) != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	holders, _ := c.store.Holders(cmd.Context()) // where they can't be read there are none
	for _, h := range holders {
		if strings.HasPrefix(h.Scope, typed) {
			names = append(names, h.Scope)
		}
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}
