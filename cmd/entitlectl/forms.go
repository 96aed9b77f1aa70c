package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/entitlectl/entitlectl/pkg/access"
	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/diff/render"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// formFile is a file that gets a document in a form, beside stdout.
type formFile struct{ form, path string }

// flag is how whoever runs the program named it, but for the file.
func (f formFile) flag() string { return "-o " + f.form }

// forms is the flag of commands that write one document, in as many forms as are asked for: a word is the form of stdout, and
// WORD=FILE that of a file.
type forms struct {
	oneForm
	files *[]formFile
}

func (f forms) Set(text string) error {
	word, path, file := strings.Cut(text, "=")
	if !file {
		err := f.oneForm.Set(text)
		if err != nil && *f.given != "" && slices.Contains(f.words, text) {
			err = fmt.Errorf("%w, or write -o %s=FILE for this one", err, text)
		}
		return err
	}
	stdout := *f.value
	err := f.choice.Set(word)
	*f.value = stdout
	if err == nil && path == "" {
		err = errors.New("want a file after " + word + "=")
	}
	*f.files = append(*f.files, formFile{word, path})
	return err
}

// inForms gives a command its own flag for the form of the output, which can name files too.
func (c *cli) inForms(command *cobra.Command, words ...string) {
	f := command.Flags()
	f.VarP(forms{oneFormOf(&c.output, words...), &c.formFiles}, "output", "o",
		"form of the output; FORM=FILE, which may be repeated, writes that form into a file, so that one read makes several")
	completeChoices(command, f)
}

// checkForms finds out, before anything is read, that a file can't or must not be written, or twice. others are files that the run
// writes too.
func (c *cli) checkForms(others ...string) error {
	for _, f := range c.formFiles {
		if err := c.safeOutput(f.flag(), f.path); err != nil {
			return err
		}
		twice := func(other string) bool { return other != "" && samePlace(other, f.path) }
		if slices.ContainsFunc(others, twice) && !standardStream.MatchString(f.path) {
			return fmt.Errorf("%s: %s is to be written twice; name another file", f.flag(), f.path)
		}
		others = append(others, f.path)
	}
	return nil
}

// notAReview refuses the place of a review, which runs read.
func notAReview(flag, path string) error {
	if filepath.Ext(path) == ".yaml" && sameFile(filepath.Dir(path), reviewFolder) {
		return fmt.Errorf("%s %s: all YAML files in %s are taken for reviews; name another one", flag, path, reviewFolder)
	}
	return nil
}

// formsNoPlan refuses to write the saved plan that a run reads.
func (c *cli) formsNoPlan(path string) error {
	for _, f := range c.formFiles {
		if samePlace(f.path, path) {
			return fmt.Errorf("%s: %s is the plan that is read; name another file", f.flag(), f.path)
		}
	}
	return nil
}

// formsNoInput refuses files that the run reads.
func (c *cli) formsNoInput(s *spec.Spec) error {
	for _, f := range c.formFiles {
		if err := c.notAnInput(f.flag(), f.path, s); err != nil {
			return err
		}
	}
	return nil
}

// formsNoFile refuses files that may be some of those that could not be loaded, so that nobody knows which these are.
func (c *cli) formsNoFile() error {
	for _, f := range c.formFiles {
		if err := c.noFile(f); err != nil {
			return err
		}
	}
	return nil
}

func (c *cli) noFile(f formFile) error {
	if err := c.notAnInput(f.flag(), f.path, &spec.Spec{Files: c.files}); err != nil {
		return err
	}
	if ext := strings.ToLower(filepath.Ext(f.path)); ext == ".yaml" || ext == ".yml" || ext == ".csv" {
		return fmt.Errorf("%s: %s may be one of the files that could not be read; name another file, such as report.xml", f.flag(), f.path)
	}
	return nil
}

// wants says whether one of some forms is asked for, of stdout or a file.
func (c *cli) wants(forms ...string) bool {
	return slices.Contains(forms, c.output) || slices.ContainsFunc(c.formFiles, func(f formFile) bool { return slices.Contains(forms, f.form) })
}

// show prints a document on stdout in the form that was asked for.
func (c *cli) show(document any, report render.Report) error {
	return c.showRows(document, func(int) render.Report { return report })
}

// showRows is show of a document of which report makes a report with so many rows at most.
func (c *cli) showRows(document any, report func(rows int) render.Report) error {
	c.shown = true
	return c.writeForm(c.stdout, c.output, document, report)
}

// showForms writes a document to stdout, and to each of the files.
func (c *cli) showForms(ctx context.Context, document any, report func(rows int) render.Report) error {
	if err := c.showRows(document, report); err != nil {
		return err
	}
	return c.writeForms(ctx, document, report)
}

// showRead is showForms for a document of a plan. Where no connection could be read stdout has nothing but the errors, and the files
// have these, so that none is taken for what it was before.
func (c *cli) showRead(ctx context.Context, plan *diff.Plan, document any, report func(rows int) render.Report) error {
	if allFailed(plan) {
		return c.writeForms(ctx, document, report)
	}
	return c.showForms(ctx, document, report)
}

// writeForms writes a document to each of the files.
func (c *cli) writeForms(ctx context.Context, document any, report func(rows int) render.Report) error {
	for _, f := range c.formFiles {
		if err := c.writeOutput(ctx, f.path, func(w io.Writer) error { return c.writeForm(w, f.form, document, report) }); err != nil {
			return fmt.Errorf("%s: %s was not written: %w", f.flag(), f.path, err)
		}
		c.written = append(c.written, f)
	}
	return nil
}

// tellOld says of files that this run was to write and did not that they are of an earlier one.
func (c *cli) tellOld() {
	for _, f := range c.formFiles {
		if info, err := os.Stat(f.path); err == nil && info.Mode().IsRegular() && !slices.Contains(c.written, f) && c.noFile(f) == nil {
			c.printError(fmt.Errorf("%s: %s is as it was before this run", f.flag(), f.path))
		}
	}
}

// writeForm writes a document in a form. report makes a report of it with so many rows at most; see fewer.
func (c *cli) writeForm(w io.Writer, form string, document any, report func(rows int) render.Report) error {
	switch form {
	case "json":
		return render.JSON(w, document)
	case "html":
		return render.HTML(w, report(render.HTMLRows), document)
	case formJUnit:
		return render.JUnit(w, suitesOf(document))
	case "csv":
		return render.AccessCSV(w, document.(*access.Answer))
	case "markdown":
		return render.Markdown(w, inMarkdown(report))
	}
	if w == c.stdout {
		return c.text(w, c.terminal.stdout, report(c.maxRows))
	}
	return render.Text(w, report(c.maxRows), render.TextOptions{})
}

func (c *cli) text(w io.Writer, terminal bool, report render.Report) error {
	var text strings.Builder
	if err := render.Text(&text, report, render.TextOptions{Color: c.colored(terminal)}); err != nil {
		return err
	}
	_, err := io.WriteString(w, fit(text.String(), c.width(terminal)))
	return err
}

// colored says whether a stream gets colours. An explicit flag wins over NO_COLOR and TERM.
func (c *cli) colored(terminal bool) bool {
	noColor, _ := c.lookup("NO_COLOR")
	kind, _ := c.lookup("TERM")
	return c.color == "always" || c.color == "auto" && terminal && noColor == "" && kind != "dumb"
}

// inMarkdown takes fewer rows where they are too many for Markdown, which has a limit of its own, so that the rest is counted and
// not cut.
func inMarkdown(report func(rows int) render.Report) render.Report {
	if all := report(0); render.FitsMarkdown(all) {
		return all
	}
	return report(render.MarkdownRows)
}
