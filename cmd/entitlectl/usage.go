package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/entitlectl/entitlectl/pkg/spec"
)

// knownCommand refuses arguments of a command that has others below it.
func knownCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	if err := dashMistake(args); err != nil {
		return err
	}
	what := "unknown command"
	if cmd.HasParent() {
		what = cmd.Name() + " has no command"
	}
	return fmt.Errorf("%s %q%s", what, args[0], didYouMean(args[0], spec.Each(cmd.Commands(), (*cobra.Command).Name)))
}

// knowTopics makes help about what there is no help about wrong usage.
func knowTopics(root *cobra.Command) {
	root.InitDefaultHelpCmd()
	if help, _, err := root.Find([]string{"help"}); err == nil {
		help.Args = func(_ *cobra.Command, args []string) error {
			topic, rest, err := root.Find(args)
			if err != nil {
				return err
			}
			if len(rest) > 0 && !topic.HasSubCommands() {
				return fmt.Errorf("%s has no command %q", topic.Name(), rest[0])
			}
			return knownCommand(topic, rest)
		}
	}
}

// dashMistake refuses flags that begin with what text programs make of - and --.
func dashMistake(args []string) error {
	for _, arg := range args {
		if r, _ := utf8.DecodeRuneInString(arg); r != '-' && unicode.Is(unicode.Pd, r) {
			return fmt.Errorf("%q begins with %q (%U); flags begin with a plain - or --", arg, r, r)
		}
	}
	return nil
}

// flagMistake adds to what is wrong with a flag which one was probably meant.
func flagMistake(cmd *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	if !errors.As(err, &unknown) {
		return err
	}
	name := unknown.GetSpecifiedName()
	if letters := unknown.GetSpecifiedShortnames(); len(letters) > 1 {
		name = letters
	}
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if !f.Hidden {
			names = append(names, f.Name)
		}
	})
	if output := cmd.Flags().Lookup("output"); output != nil {
		if forms, ok := output.Value.(interface{ choices() []string }); ok && slices.Contains(forms.choices(), name) {
			return fmt.Errorf("%w; did you mean %q?", err, "-o "+name)
		}
	}
	if near := spec.DidYouMean(name, names, ""); near != "" {
		return fmt.Errorf("%w; %s", err, strings.Replace(near, `"`, `"--`, 1))
	}
	return err
}
