package main

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/entitlectl/entitlectl/pkg/diff/render"
	"github.com/entitlectl/entitlectl/pkg/spec"
	"github.com/entitlectl/entitlectl/pkg/store"
)

// cli is one run: the process around it and the flags that all commands share.
type cli struct {
	env
	started bool // the command line was understood
	log     *slog.Logger

	files       []string
	input       []byte // what - stands for among them; nil until it is read
	operator    string // file that is the operator's; "": as the environment says
	base        string // git ref of the files that the files are held against; "": none
	by          string // what rows are sorted by
	output      string
	formFiles   []formFile // what is written beside stdout
	written     []formFile // those that were
	connections []string
	targets     []string
	moment      time.Time // --now
	stateDir    string
	storeURL    string // --store; "": as --state-dir or others say
	shared      bool   // the store is not a folder
	color       string
	logLevel    string
	logFormat   string
	timeout     time.Duration
	endsWithin  time.Duration          // of plan and validate
	parallelism int                    // 0: the usual
	maxRows     int                    // of what shows rows; 0: no limit
	store       store.Store            // what outlives the run; nil until flags are read
	mayLift     func(rule string) bool // whether a plan may override the rule itself, without whoever applies; nil: any
	watch       *progress              // nil until a run begins
	shown       bool                   // whether a document was printed
}

const rootHelp = `entitlectl keeps who-may-use-what in code-reviewed YAML and makes clouds agree with it.

Write down who may use which app group, app, mail group or account, check it, see what would change, apply it in few
calls, and find out later who changed what behind your back.

Exit codes, the same in every output mode:
    0  done, nothing left to do; or plan without --detailed-exitcode
    1  error, nothing was written; or wrong usage
    2  differences exist (plan --detailed-exitcode, drift, fmt --check)
    3  refused by a rule, in plan too; or a list could not be read whole
    4  the saved plan is stale: someone changed live state since
    5  apply ended with changes failed or unknown: run it again; plan: a change is blocked
    6  another apply holds the lock
  130  interrupted; the call in flight was finished and recorded
Where several hold: 1, 6, 130, 4, 3, 5, 2, 0.`

func newRoot(c *cli) *cobra.Command {
	root := &cobra.Command{
		Use: "entitlectl", Short: "Access to cloud resources as code", Long: rootHelp,
		Example: "  entitlectl demo",
		Args:    knownCommand, RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		SilenceErrors: true, SilenceUsage: true,
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			if err := checkUseful(cmd); err != nil {
				return err
			}
			if c.stateDir == "" { // as of a variable that is not set; it would be the working folder
				return errors.New("--state-dir must name a folder")
			}
			if slices.Contains(c.files, "") {
				return errors.New("--file must name a file or folder")
			}
			if c.timeout < 0 {
				return errors.New("--timeout takes a time as in 10m, or 0 for none")
			}
			c.log, c.started = c.logger(), true
			return c.openState(cmd)
		},
	}
	c.flags(root.PersistentFlags())
	completeChoices(root, root.PersistentFlags())
	c.completeNames(root)
	root.AddCommand(newValidate(c), newTest(c), newPlan(c), newShow(c), newApply(c), newDrift(c), newDoctor(c), newInit(c), newImport(c), newFmt(c),
		newWhoCan(c), newWhy(c), newCompare(c), newAccess(c), newReview(c), newHistory(c), newLock(c), newStore(c),
		newEmulate(c), newDemo(c), newSchema(c), newVersion(c))
	suggestBelow(root.Commands())
	needShell(root)
	root.AddCommand(topics()...)
	knowTopics(root)
	root.SetFlagErrorFunc(badFlag)
	root.Version = buildVersion().String()
	root.SetVersionTemplate("{{.Version}}\n")
	c.fitHelp(root)
	return root
}

// needShell makes "completion" without a shell wrong usage, as any other command with an argument missing is.
func needShell(root *cobra.Command) {
	root.InitDefaultCompletionCmd()
	if command, _, err := root.Find([]string{"completion"}); err == nil {
		command.Args = func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return errors.New("completion takes a shell: bash, zsh, fish or powershell")
			}
			return fmt.Errorf("completion knows no shell %q: it takes bash, zsh, fish or powershell", args[0])
		}
		command.RunE = func(*cobra.Command, []string) error { return nil }
	}
}

func (c *cli) flags(f *pflag.FlagSet) {
	f.StringArrayVarP(&c.files, "file", "f", nil, "file or folder of the desired state, by `PATH`, or - for stdin; may be repeated (default entitlements.yaml or entitlements/)")
	f.VarP(oneFormOf(&c.output, "text", "json", "markdown"), "output", "o", "form of the output")
	f.StringArrayVar(&c.connections, "connection", nil, "look at the connection `NAME` only; may be repeated")
	f.StringArrayVar(&c.targets, "target", nil, "look at the resource `KIND/NAME` only, or at a person, user/NAME; may be repeated")
	f.Func("now", "judge starts: and expires: at `TIME` (RFC 3339) instead of the present", c.setMoment)
	f.StringVar(&c.stateDir, "state-dir", ".entitlectl", "`FOLDER` for what outlives a run: journal, locks, history, record ids; made when first needed")
	f.Func("store", "what outlives a run, where several machines share it: `URL` postgres://… or file:FOLDER (default $"+storeVariable+", else --state-dir)",
		filled(&c.storeURL, "postgres://… or file:FOLDER"))
	f.Var(oneOf(&c.color, "auto", "always", "never"), "color", "colours in text; auto: on a terminal, unless NO_COLOR is set")
	f.Var(oneOf(&c.logLevel, "warn", "error", "info", "debug"), "log-level", "what is logged to stderr; debug shows every request")
	f.Var(oneOf(&c.logFormat, "text", "json"), "log-format", "form of the log")
	f.DurationVar(&c.timeout, "timeout", 0, "limit for a whole plan, apply or drift; a call in flight is finished; 0 is none")
}

func (c *cli) setMoment(text string) (err error) {
	if c.moment, err = time.Parse(time.RFC3339, text); err != nil {
		return errors.New("want a time as in 2026-11-05T12:00:00Z")
	}
	return nil
}

// didYouMean is a question about the known word nearest to a wrong one, or "".
func didYouMean(word string, known []string) string {
	if hint := spec.DidYouMean(word, known, ""); hint != "" {
		return "; " + hint
	}
	return ""
}

// arguments checks how many arguments a command got.
func arguments(least, most int, what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if err := dashMistake(args); err != nil {
			return err
		}
		if most == 0 && cmd.HasSubCommands() {
			return knownCommand(cmd, args)
		}
		if len(args) < least || len(args) > most {
			return fmt.Errorf("%s takes %s, got %s", cmd.Name(), what, render.Count(len(args), "argument"))
		}
		return nil
	}
}

// filesAreFlags refuses files that are named as other tools take them.
func filesAreFlags(cmd *cobra.Command, args []string) error {
	if err := dashMistake(args); err != nil || len(args) == 0 {
		return err
	}
	if cmd.HasSubCommands() {
		return knownCommand(cmd, args)
	}
	return fmt.Errorf("%s takes no arguments; name files with --file: entitlectl %s -f %s", cmd.Name(), cmd.Name(), args[0])
}

func (c *cli) logger() *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(c.logLevel)) // the flag takes known levels only
	opts := &slog.HandlerOptions{Level: level}
	if c.logFormat == "json" {
		return slog.New(slog.NewJSONHandler(c.stderr, opts))
	}
	return slog.New(slog.NewTextHandler(c.stderr, opts))
}
