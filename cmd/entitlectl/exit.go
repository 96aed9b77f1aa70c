package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/go-multierror"

	"github.com/entitlectl/entitlectl/pkg/diff/render"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// The exit codes, the same in every output mode.
const (
	exitDone        = 0
	exitError       = 1 // and nothing was written
	exitDiffers     = 2
	exitRefused     = 3
	exitStale       = 4
	exitUnfinished  = 5
	exitLocked      = 6
	exitInterrupted = 130
)

// gravity orders the exit codes: where several hold, the first of them counts.
var gravity = []int{exitError, exitLocked, exitInterrupted, exitStale, exitRefused, exitUnfinished, exitDiffers, exitDone}

func graver(a, b int) int {
	if slices.Index(gravity, a) < slices.Index(gravity, b) {
		return a
	}
	return b
}

// exit ends a run with a code of its own. Its error is nil where the output has said all.
type exit struct {
	code int
	err  error
}

func (e *exit) Error() string { return fmt.Sprintf("exit %d: %v", e.code, e.err) }

// split returns the exit code of an error, whether the error chose it, and what is to be printed.
func split(err error) (code int, chosen bool, said error) {
	if e := (*exit)(nil); errors.As(err, &e) {
		return e.code, true, e.err
	}
	return exitError, false, err
}

// together ends a run for several reasons, of which some may be nil: it says all of them, and has the code of the gravest.
func together(reasons ...error) error {
	all, said := &exit{code: exitDone}, (*multierror.Error)(nil)
	for _, reason := range reasons {
		if reason == nil {
			continue
		}
		code, _, err := split(reason)
		if all.code = graver(all.code, code); err != nil {
			said = multierror.Append(said, err)
		}
	}
	if all.code == exitDone {
		return nil
	}
	all.err = said.ErrorOrNil()
	return all
}

// wrongUsage is a command line that can't be understood.
type wrongUsage struct {
	command string
	err     error
}

func (e *wrongUsage) Error() string {
	return fmt.Sprintf("%v; see %s --help", e.err, e.command)
}

// finish prints what a command ended with and turns it into the exit code.
func (c *cli) finish(ctx context.Context, err error) int {
	if c.store != nil {
		damage := c.store.Damaged()
		for _, d := range damage[:min(3, len(damage))] {
			c.printError(errors.New("warning: " + d))
		}
		if more := len(damage) - 3; more > 0 {
			c.printError(fmt.Errorf("warning: and %d more of what --state-dir holds", more))
		}
	}
	if err == nil {
		return exitDone
	}
	code, said := ending(ctx, err)
	c.printError(said)
	c.tellOld()
	if said != nil && c.output == "json" && !c.shown {
		_ = c.show(failure{fileErrors(said), code}, render.Report{}) // stderr has it too
	}
	return code
}

// failure is what a run shows as JSON that ended before it had anything else to show.
type failure struct {
	Errors   []fileError `json:"errors"`
	ExitCode int         `json:"exitCode"`
}

// ending is the exit code of a run that ended with an error, and what is to be printed.
func ending(ctx context.Context, err error) (code int, said error) {
	code, chosen, said := split(err)
	if ctx.Err() == nil {
		return code, said
	}
	if !chosen { // it comes of the interrupt
		code = exitInterrupted
	}
	if said == nil || errors.Is(said, context.Canceled) {
		said = errors.New("interrupted")
	}
	return graver(code, exitInterrupted), said
}

// printError prints an error, if there is one, a line for each thing that is wrong. What is wrong in a file begins with its
// place, as editors and log viewers expect; all else begins with our name.
func (c *cli) printError(err error) {
	if err == nil {
		return
	}
	for _, e := range apart(err) {
		prefix := "entitlectl: "
		if placed(e) {
			prefix = ""
		}
		for line := range strings.Lines(e.Error()) { // what the files are wrong in has its own text, and so have some libraries' errors
			if line = strings.TrimSpace(line); line != "" {
				fmt.Fprint(c.stderr, fit(prefix+render.Visible(line)+"\n", c.width(c.terminal.stderr)))
			}
		}
	}
}

// warn prints what is odd in the files, as complain does.
func (c *cli) warn(warnings []*spec.Error) {
	const most = 100
	for _, w := range warnings[:min(most, len(warnings))] {
		said := *w
		said.What = "warning: " + w.What
		c.printError(&said)
	}
	if more := len(warnings) - most; more > 0 {
		c.printError(fmt.Errorf("warning: and %d more", more))
	}
}

// placed says whether an error begins with its place in a file.
func placed(err error) bool {
	if all, ok := err.(*multierror.Error); ok && len(all.Errors) > 0 {
		err = all.Errors[0]
	}
	e, ok := err.(*spec.Error)
	return ok && e.File != ""
}

// apart is an error that holds several, one by one; one that has a text of its own for all of them is left whole.
func apart(err error) []error {
	all := (*multierror.Error)(nil)
	if !errors.As(err, &all) || all.ErrorFormat != nil {
		return []error{err}
	}
	return all.Errors
}
