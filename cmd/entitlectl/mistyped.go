package main

import (
	"cmp"
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

// badFlag says what to write instead of a flag, or of its value, that a command does not take.
func badFlag(command *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	var invalid *pflag.InvalidValueError
	switch {
	case errors.As(err, &unknown):
		var known []string
		command.Flags().VisitAll(func(f *pflag.Flag) {
			if !f.Hidden {
				known = append(known, "--"+f.Name)
			}
		})
		mistyped := unknown.GetSpecifiedName()
		if letters := unknown.GetSpecifiedShortnames(); len(letters) > 1 { // a name with one dash
			mistyped, _, _ = strings.Cut(letters, "=")
		}
		return fmt.Errorf("%w%s", err, cmp.Or(formNamed(command, mistyped), asElsewhere(mistyped, known), didYouMean("--"+mistyped, known), otherCase(command, mistyped)))
	case errors.As(err, &invalid):
		cause := invalid.Unwrap().Error()
		said := strings.TrimSuffix(err.Error(), cause)
		switch { // the words of Go's own packages
		case strings.HasPrefix(cause, "strconv.ParseBool: "):
			return errors.New(said + "want true or false")
		case strings.HasPrefix(cause, "time: "):
			return errors.New(said + "want a time as in 90s or 10m")
		}
	}
	return err
}

// elsewhere has the flags of other tools, and what does the same here.
var elsewhere = map[string]string{
	"auto-approve": "--yes", "y": "--yes", "doit": "--yes",
	"format": "--output", "no-color": "--color never", "no-colour": "--color never",
	"verbose": "--log-level debug", "debug": "--log-level debug", "v": "--log-level debug",
}

// asElsewhere says what does here what a flag does in other tools, or is "".
func asElsewhere(name string, known []string) string {
	if name == "dry-run" {
		return "; entitlectl plan shows what apply would do"
	}
	here := elsewhere[name]
	if flag, _, _ := strings.Cut(here, " "); !slices.Contains(known, flag) {
		return ""
	}
	return "; here it is " + here
}

// formNamed asks about the flag for the form of the output where the form alone is given as a flag, or is "".
func formNamed(command *cobra.Command, mistyped string) string {
	if output := command.Flags().Lookup("output"); output != nil {
		if forms, ok := output.Value.(interface{ choices() []string }); ok && slices.Contains(forms.choices(), mistyped) {
			return fmt.Sprintf("; did you mean \"-o %s\"?", mistyped)
		}
	}
	return ""
}

// otherCase asks about the flag of one letter that is another in lower case, or is "".
func otherCase(command *cobra.Command, letter string) string {
	if lower := strings.ToLower(letter); len(letter) == 1 && lower != letter && command.Flags().ShorthandLookup(lower) != nil {
		return fmt.Sprintf("; did you mean \"-%s\"?", lower)
	}
	return ""
}

// knownCommand refuses arguments of a command that has others below it.
func knownCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
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

// suggestBelow tells who mistypes a command of a command what is meant, rather than take the word for an argument.
func suggestBelow(commands []*cobra.Command) {
	for _, command := range commands {
		if !command.HasSubCommands() {
			continue
		}
		names, takes := spec.Each(command.Commands(), (*cobra.Command).Name), command.Args
		command.Args = func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 && didYouMean(args[0], names) != "" {
				return knownCommand(cmd, args)
			}
			return takes(cmd, args)
		}
	}
}

// knowTopics makes help on what there is not wrong usage, and has shells complete topics too.
func knowTopics(root *cobra.Command) {
	root.InitDefaultHelpCmd()
	help, _, err := root.Find([]string{"help"})
	if err != nil {
		return
	}
	help.Args = func(_ *cobra.Command, args []string) error {
		command, rest, err := root.Find(args)
		if err != nil || len(rest) == 0 {
			return err
		}
		return fmt.Errorf("there is no help on %q%s", strings.Join(args, " "), didYouMean(rest[0], spec.Each(command.Commands(), (*cobra.Command).Name)))
	}
	plain := help.ValidArgsFunction
	help.ValidArgsFunction = func(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
		names, directive := plain(cmd, args, typed)
		for _, topic := range root.Commands() {
			if topic.IsAdditionalHelpTopicCommand() && len(args) == 0 && strings.HasPrefix(topic.Name(), typed) {
				names = append(names, cobra.CompletionWithDesc(topic.Name(), topic.Short))
			}
		}
		return names, directive
	}
}
