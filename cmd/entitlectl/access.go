package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/entitlectl/entitlectl/pkg/access"
	"github.com/entitlectl/entitlectl/pkg/diff/render"
)

// accessFlags are the flags of the commands that answer who may use what.
type accessFlags struct {
	live, both bool
	atSet      bool // the moment was given
	about      []string
}

const accessHelp = "\n\nThe answer is what the files say; with --live it is what is there, user groups resolved to people where the vendor shows who is\n" +
	"in them, and with --both either, with what differs marked: + is in the files and not live, - is live and not in the files. A live\n" +
	"read that is not whole is no answer: it exits 3. --at TIME asks what the files give at another moment. Exits 0 with an answer, be\n" +
	"it nobody, and 1 where no such name is known."

// ask makes a command that asks something. about says of which resources, KIND/NAME, whose arguments name them; nil: of all.
func (c *cli) ask(command *cobra.Command, about func(args []string) []string, question func(context.Context, access.World, []string) ([]access.Row, error)) *cobra.Command {
	var flags accessFlags
	command.Long += accessHelp
	command.RunE = func(cmd *cobra.Command, args []string) error {
		if about != nil {
			flags.about = about(args)
		}
		return c.answer(cmd.Context(), flags, strings.Join(append([]string{cmd.Name()}, args...), " "), func(w access.World) ([]access.Row, error) {
			return question(cmd.Context(), w, args)
		})
	}
	f := command.Flags()
	c.inForms(command, "text", "json", "csv", "markdown", "html")
	f.BoolVar(&flags.live, "live", false, "answer from what is live instead of the files")
	f.BoolVar(&flags.both, "both", false, "answer from the files and from what is live, and mark what differs")
	f.Func("at", "what the files give at `TIME`, a date or as in RFC 3339, instead of the present", func(text string) error {
		flags.atSet = true
		return c.setDay(text)
	})
	command.MarkFlagsMutuallyExclusive("live", "both")
	completeChoices(command, f)
	c.sideBySide(command, readsWords)
	c.underOperator(command)
	return command
}

// setDay sets the moment to a date, which is 00:00 UTC, or to a time.
func (c *cli) setDay(text string) (err error) {
	c.moment, err = parseDay(text)
	return err
}

func newWhoCan(c *cli) *cobra.Command {
	command := &cobra.Command{
		Use: "who-can KIND/NAME", Short: "Tell who has access to a resource",
		Long: "Tell who has which role on a resource, and by which line of the files, through which teams.",
		Example: "  entitlectl who-can app-group/CAD\n" +
			"  entitlectl who-can app-group/CAD --both\n" +
			"  entitlectl who-can app/AutoCAD --at 2027-01-01 -o json",
		Args: arguments(1, 1, "a resource, KIND/NAME"), ValidArgsFunction: c.completeResources(0),
	}
	return c.ask(command, folded, func(_ context.Context, w access.World, args []string) ([]access.Row, error) {
		resource, err := knownResource(w, args[0])
		if err != nil {
			return nil, err
		}
		return w.WhoCan(resource), nil
	})
}

func newWhy(c *cli) *cobra.Command {
	command := &cobra.Command{
		Use: "why USER [KIND/NAME]", Short: "Tell why somebody has access",
		Long: "Tell what a person has, or what they have on one resource, and why: every line of the files that gives it, the teams on the way,\n" +
			"the commit and author of the line where the files are in git and are as they were committed, and the user group where live has\n" +
			"one. What has ended or is yet to begin is there too, marked x. USER is a name in the files, or the vendor's name of somebody\n" +
			"whom the files don't know.",
		Example: "  entitlectl why alice\n" +
			"  entitlectl why alice app-group/CAD\n" +
			"  entitlectl why alice --both",
		Args: arguments(1, 2, "a user, and a resource or none"), ValidArgsFunction: c.completePeople(1, c.completeResources(1)),
	}
	return c.ask(command, nil, func(ctx context.Context, w access.World, args []string) ([]access.Row, error) {
		if err := knownPerson(w, args[0]); err != nil {
			return nil, err
		}
		if len(args) == 1 {
			return c.traced(ctx, w.Why(args[0], "")), nil
		}
		resource, err := knownResource(w, args[1])
		if err != nil {
			return nil, err
		}
		return c.traced(ctx, w.Why(args[0], resource)), nil
	})
}

func newCompare(c *cli) *cobra.Command {
	command := &cobra.Command{
		Use: "compare USER USER", Short: "Tell what one person has that another has not",
		Long:    "Tell what one person has that another has not, and what both have. Two have the same where they have the same role on a resource.",
		Example: "  entitlectl compare alice bob\n  entitlectl compare alice bob --live -o csv",
		Args:    arguments(2, 2, "two users"), ValidArgsFunction: c.completePeople(2, nil),
	}
	return c.ask(command, nil, func(_ context.Context, w access.World, args []string) ([]access.Row, error) {
		if err := cmp.Or(knownPerson(w, args[0]), knownPerson(w, args[1])); err != nil {
			return nil, err
		}
		for _, name := range args {
			if several := w.Namesakes(name); len(several) > 0 {
				return nil, fmt.Errorf("%s is the name of several: %s; write the whole one", name, strings.Join(several, " and "))
			}
		}
		if args[0] == args[1] {
			return nil, errors.New("compare takes two users, got the same one twice")
		}
		return w.Compare(args[0], args[1]), nil
	})
}

func newAccess(c *cli) *cobra.Command {
	command := &cobra.Command{
		Use: "access", Short: "Tell who has access to what",
		Long: "Tell who has which role on what: the whole table. With --live it has whatever is there, also what no file lists, which is what\n" +
			"an auditor takes: -o csv has a record for each row, with the account at the vendor, the moment, the version of entitlectl and\n" +
			"who asked, and no cell that a spreadsheet would take for a formula.",
		Example: "  entitlectl access --live -o csv > access.csv\n" +
			"  entitlectl access --both --connection workspace\n" +
			"  entitlectl access --live -o csv=access.csv -o html=access.html",
		Args: filesAreFlags,
	}
	return c.ask(command, nil, func(_ context.Context, w access.World, _ []string) ([]access.Row, error) { return w.Table(), nil })
}

// knownResource is a resource in the form that is compared; one that nobody knows is an error.
func knownResource(w access.World, name string) (string, error) {
	name = folded([]string{name})[0]
	known := w.Resources()
	if slices.Contains(known, name) {
		return name, nil
	}
	return "", fmt.Errorf("%s: %s such resource%s", name, lacking(w.From), cmp.Or(didYouMean(name, known), "; it is written KIND/NAME, as in app-group/CAD"))
}

// knownPerson refuses a name that nobody has.
func knownPerson(w access.World, name string) error {
	known := w.Holders()
	bare := func(k string) bool { return k == name || strings.HasPrefix(k, name+"@") }
	if slices.ContainsFunc(known, bare) {
		return nil
	}
	return fmt.Errorf("%s: %s such user%s", name, lacking(w.From), didYouMean(name, known))
}

func lacking(from access.From) string {
	return map[access.From]string{access.FromFiles: "the files have no", access.FromLive: "there is no", access.FromBoth: "neither the files nor live have any"}[from]
}

// answer answers a question.
func (c *cli) answer(ctx context.Context, flags accessFlags, question string, rows func(access.World) ([]access.Row, error)) error {
	if flags.live && flags.atSet {
		return errors.New("--live is what is there now, and --at is about the files; leave one out, or give --both")
	}
	ctx, cancel := c.limited(ctx)
	defer cancel()
	w, err := c.intentToShow(ctx, "")
	if err != nil {
		return err
	}
	a := access.Answer{Format: access.AnswerFormat, Question: question, From: access.FromFiles, AsOf: c.at(), Spec: w.spec.Digest,
		Version: buildVersion().Version, By: c.user + "@" + c.host}
	switch {
	case flags.live:
		a.From = access.FromLive
	case flags.both:
		a.From = access.FromBoth
	}
	world, err := c.world(ctx, w, flags.about, &a)
	if err != nil {
		return err
	}
	if a.Rows, err = rows(world); err != nil {
		return err
	}
	if a.Rows == nil {
		a.Rows = []access.Row{}
	}
	return c.showForms(ctx, &a, func(int) render.Report { return render.Access(&a) })
}
