package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/hashicorp/go-multierror"
	"github.com/spf13/cobra"

	"github.com/entitlectl/entitlectl/pkg/access"
	"github.com/entitlectl/entitlectl/pkg/diff/render"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

func newValidate(c *cli) *cobra.Command {
	command := &cobra.Command{
		Use: "validate", Short: "Check files offline",
		Long: "Check files without asking any vendor and without resolving secrets, and run their access tests. Exits 0 where all is well, 3\n" +
			"where a test does not hold, else 1 with all errors.",
		Example: "  entitlectl validate -f entitlements.yaml\n  entitlectl validate -o junit=validate.xml",
		Args:    filesAreFlags,
		RunE:    func(cmd *cobra.Command, _ []string) error { return c.validate(cmd.Context()) },
	}
	c.inForms(command, "text", "json", "markdown", formJUnit)
	c.underOperator(command)
	c.lookAhead(command)
	return command
}

// verdict is what validate finds, as JSON shows it.
type verdict struct {
	Valid bool `json:"valid"`
	*size
	Errors   []fileError      `json:"errors,omitempty"`
	Warnings []fileError      `json:"warnings,omitempty"`
	files    []string         // that are valid
	tests    []access.Outcome // none where the files are not valid
}

// size is how much valid files hold.
type size struct {
	Connections int       `json:"connections"`
	Resources   int       `json:"resources"`
	Grants      int       `json:"grants"`
	AsOf        time.Time `json:"asOf"`
	// Endpoints are where connections are reached, by their names, as far as that is not the vendor's own.
	Endpoints map[string][]string `json:"endpoints,omitempty"`
}

// fileError is an error as data, and as text.
type fileError struct {
	File   string `json:"file,omitempty"`
	Line   int    `json:"line,omitempty"`
	Column int    `json:"column,omitempty"`
	What   string `json:"what"`
	Hint   string `json:"hint,omitempty"`
	text   string
}

func (c *cli) validate(ctx context.Context) error {
	if err := c.checkForms(); err != nil {
		return err
	}
	s, err := c.load(ctx, c.files)
	if err != nil {
		return c.unloaded(ctx, err)
	}
	if err := c.formsNoInput(s); err != nil {
		return err
	}
	scopes, err := c.scopes(s)
	if err != nil {
		return c.invalid(ctx, verdict{}, err, exitError)
	}
	document := verdict{files: s.AllFiles(), tests: access.Tests(s, c.at())}
	if failed := failedTests(document.tests); len(failed) > 0 {
		return c.invalid(ctx, document, multierror.Append(nil, failed...), exitRefused)
	}
	n, report := c.measure(scopes)
	document.Valid, document.size = true, &n
	warnings := slices.Concat(s.Warnings, s.Unfit(), s.Outdated(c.at()))
	for _, w := range warnings {
		document.Warnings = append(document.Warnings, fileErrors(w)...)
	}
	switch {
	case c.output == "text":
		c.warn(warnings)
	case len(warnings) > 0:
		report.Sections = append(report.Sections, notes(render.Warning, document.Warnings))
	}
	c.announce(intent{spec: s, scopes: scopes})
	return c.showForms(ctx, document, func(int) render.Report { return report })
}

// measure says how much scopes hold, and which are reached elsewhere than at the vendor.
func (c *cli) measure(scopes []scope) (size, render.Report) {
	n := size{Connections: len(scopes), AsOf: c.at(), Endpoints: map[string][]string{}}
	report := render.Report{Title: "Validation"}
	for _, sc := range scopes {
		if conn := sc.connection; len(conn.Foreign) > 0 {
			n.Endpoints[conn.Name] = conn.Foreign
			report.Sections = append(report.Sections, render.Section{Title: render.Heading(conn.Name, conn.Provider, conn.Foreign),
				Notes: []render.Note{{Text: "not the vendor's own endpoint"}}})
		}
		n.Resources += len(sc.desired.Resources)
		n.Grants += sc.grants()
	}
	report.Totals = fmt.Sprintf("valid: %s, %s, %s (as of %s)", render.Count(n.Connections, "connection"),
		render.Count(n.Resources, "resource"), render.Count(n.Grants, "grant"), n.AsOf.Format(time.RFC3339))
	return n, report
}

// grants counts those that the scope is about.
func (sc scope) grants() int {
	if sc.people == nil {
		return sc.desired.Grants.Len()
	}
	return sc.desired.Grants.Where(func(g spec.Grant) bool { return sc.people[g.Subject] }).Len()
}

// notes is what there is to say about the files.
func notes(level render.Level, found []fileError) render.Section {
	return render.Section{Title: "files", Notes: spec.Each(found, func(e fileError) render.Note {
		return render.Note{Level: level, Text: e.text}
	})}
}

// unloaded is invalid of files that could not be loaded.
func (c *cli) unloaded(ctx context.Context, err error) error {
	if refused := c.formsNoFile(); refused != nil {
		return together(refused, err)
	}
	return c.invalid(ctx, verdict{}, err, exitError)
}

// invalid prints the errors: as text on stderr, in other forms on stdout, and into the files of all forms.
func (c *cli) invalid(ctx context.Context, document verdict, err error, code int) error {
	document.Errors = fileErrors(err)
	report := func(int) render.Report {
		return render.Report{Title: "Validation", Sections: []render.Section{notes(render.Error, document.Errors)},
			Totals: "invalid: " + render.Count(len(document.Errors), "error")}
	}
	if c.output != "text" {
		return together(c.showForms(ctx, document, report), &exit{code: code})
	}
	if unwritten := c.writeForms(ctx, document, report); unwritten != nil || code != exitError {
		return together(unwritten, &exit{code, err})
	}
	return err
}

func fileErrors(err error) (found []fileError) {
	list := []error{err}
	if all := (*multierror.Error)(nil); errors.As(err, &all) {
		list = all.Errors
	}
	for _, err := range list {
		e := fileError{What: err.Error(), text: err.Error()}
		if at := (*spec.Error)(nil); errors.As(err, &at) {
			e = fileError{at.File, at.Line, at.Column, at.What, at.Hint, err.Error()}
		}
		found = append(found, e)
	}
	return found
}
