package main

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

var wholeDigest = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^sha256:[0-9a-fA-F]{64}$`) })

// digest sets a flag to the id of a plan: the whole of it, since a part may be chosen by whoever makes another plan.
func digest(value *string) func(text string) error {
	return func(text string) error {
		if !wholeDigest().MatchString(text) {
			return errors.New("want the whole id of a plan: sha256: and 64 hexadecimal digits")
		}
		*value = strings.ToLower(text)
		return nil
	}
}

// filled sets a flag to a text, but not to an empty one, as of a variable that is not set.
func filled(value *string, want string) func(text string) error {
	return func(text string) error {
		if text == "" {
			return errors.New("want " + want)
		}
		*value = text
		return nil
	}
}

// choice is a flag that takes one of a few words.
type choice struct {
	value *string
	words []string
}

// oneOf makes a choice; the first word is the default.
func oneOf(value *string, words ...string) choice {
	*value = words[0]
	return choice{value, words}
}

func (c choice) String() string {
	if c.value == nil {
		return ""
	}
	return *c.value
}

func (c choice) Type() string { return strings.Join(c.words, "|") }

func (c choice) choices() []string { return c.words }

func (c choice) Set(word string) error {
	if !slices.Contains(c.words, word) {
		return errors.New("want " + strings.Join(c.words, ", ") + didYouMean(word, c.words))
	}
	*c.value = word
	return nil
}

// oneForm is the choice of the form of stdout. Whoever gives several would not see all but the last.
type oneForm struct {
	choice
	given *string // "": none yet
}

func oneFormOf(value *string, words ...string) oneForm {
	return oneForm{oneOf(value, words...), new(string)}
}

func (f oneForm) Set(word string) error {
	if err := f.choice.Set(word); err != nil {
		return err
	}
	if before := *f.given; before != "" && before != word {
		*f.value = before
		return fmt.Errorf("stdout is to be %s already; give one of the two", before)
	}
	*f.given = word
	return nil
}

// completeChoices lets shells complete the words of choices.
func completeChoices(command *cobra.Command, flags *pflag.FlagSet) {
	flags.VisitAll(func(f *pflag.Flag) {
		if c, ok := f.Value.(interface{ choices() []string }); ok { // an error would say that the flag does not exist
			_ = command.RegisterFlagCompletionFunc(f.Name, cobra.FixedCompletions(c.choices(), cobra.ShellCompDirectiveNoFileComp))
		}
	})
}
