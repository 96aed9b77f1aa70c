package main

import (
	"fmt"
	"unicode"
	"unicode/utf8"

	"github.com/spf13/cobra"

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

// dashMistake refuses flags that begin with what text programs make of - and --.
func dashMistake(args []string) error {
	for _, arg := range args {
		if r, _ := utf8.DecodeRuneInString(arg); r != '-' && unicode.Is(unicode.Pd, r) {
			return fmt.Errorf("%q begins with %q (%U); flags begin with a plain - or --", arg, r, r)
		}
	}
	return nil
}
