package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/hashicorp/go-multierror"
	"github.com/rogpeppe/go-internal/diff"
	"github.com/spf13/cobra"

	"github.com/entitlectl/entitlectl/pkg/diff/render"
	"github.com/entitlectl/entitlectl/pkg/providers"
	"github.com/entitlectl/entitlectl/pkg/spec"
	"github.com/entitlectl/entitlectl/pkg/spec/compose"
	"github.com/entitlectl/entitlectl/pkg/store/file"
)

func newFmt(c *cli) *cobra.Command {
	var f formatting
	command := &cobra.Command{
		Use: "fmt", Short: "Lay files out in the one form that all have",
		Long: "Write files again in the one form that all have, as import writes them: sections and keys in one order, lists as long as a line\n" +
			"is, quotes only where YAML needs them. What a file says stays the same, and so does every comment, beside what it is about.\n" +
			"Items stay in their order, and so do single blank lines between them. Line ends stay LF or CRLF; a byte order mark goes.\n\n" +
			"Each file is checked first, by itself; where one has an error, none is touched. The names of those that changed go to stdout;\n" +
			"what comes from stdin (-) goes there itself. Exits 0, or with --check 2 where a file is in another form.",
		Example: "  entitlectl fmt\n" +
			"  entitlectl fmt -f entitlements --check --diff\n" +
			"  entitlectl fmt -f - < draft.yaml",
		Args: filesAreFlags,
		RunE: func(cmd *cobra.Command, _ []string) error {
			f.cli = c
			return f.run(cmd.Context())
		},
	}
	command.Flags().BoolVar(&f.check, "check", false, "write nothing, and end with 2 where a file is in another form")
	command.Flags().BoolVar(&f.diff, "diff", false, "write nothing, and show what would change")
	c.underOperator(command)
	return command
}

// formatting is a run of fmt.
type formatting struct {
	*cli
	check, diff bool
}

// formatted is a file in its form.
type formatted struct {
	spec.Text
	written []byte
}

func (f formatted) differs() bool { return !bytes.Equal(f.Bytes, f.written) }

// formatOutcome is what fmt found, as JSON shows it.
type formatOutcome struct {
	Files   int      `json:"files"`
	Changed []string `json:"changed"` // or would be, with --check and --diff
	Written bool     `json:"written"`
	Text    string   `json:"text,omitempty"` // what came from stdin, in its form
}

func (f *formatting) run(ctx context.Context) error {
	files, err := f.format(ctx)
	if err != nil {
		return err
	}
	done := formatOutcome{Files: len(files), Changed: []string{}, Written: !f.check && !f.diff}
	if done.Written {
		if err := f.write(files); err != nil {
			return err
		}
	}
	for _, t := range files {
		if t.differs() {
			done.Changed = append(done.Changed, t.Name)
		}
		if t.Path == "" && done.Written {
			done.Text = string(t.written)
		}
	}
	if err := f.report(done, files); err != nil {
		return err
	}
	if f.check && len(done.Changed) > 0 {
		return &exit{code: exitDiffers}
	}
	return nil
}

// format reads files and forms them. It changes none.
func (f *formatting) format(ctx context.Context) ([]formatted, error) {
	texts, err := f.texts(ctx)
	if err != nil {
		return nil, err
	}
	var all []formatted
	var unable *multierror.Error
	for _, t := range texts {
		written, err := compose.Format(t.Bytes, providers.Formats())
		if err != nil {
			unable = multierror.Append(unable, fmt.Errorf("%s: %w", t.Name, err))
		}
		all = append(all, formatted{t, written})
	}
	return all, unable.ErrorOrNil()
}

// textsOf reads the files of a spec again.
func (f *formatting) textsOf(s *spec.Spec) ([]spec.Text, error) {
	return spec.Texts(spec.Input{Paths: s.Files, Stdin: f.input, Formats: providers.Formats(), Operator: s.Operator, StateDir: f.stateDir})
}

func (f *formatting) texts(ctx context.Context) ([]spec.Text, error) {
	operator, err := f.loadOperator(ctx)
	if err != nil {
		return nil, err
	}
	files := f.files
	if len(files) == 0 {
		usual, err := usualFile()
		if err != nil {
			return nil, err
		}
		files = []string{usual}
	}
	if err := f.readStdin(ctx, files); err != nil {
		return nil, err
	}
	return spec.Texts(spec.Input{Paths: files, Stdin: f.input, Formats: providers.Formats(), Operator: operator, StateDir: f.stateDir})
}

// write replaces the files that change. All can be written, as far as can be told before, or none is.
func (f *formatting) write(files []formatted) error {
	var unable *multierror.Error
	for _, t := range files {
		if t.differs() && t.Path != "" {
			if err := t.writable(); err != nil {
				unable = multierror.Append(unable, err)
			}
		}
	}
	if err := unable.ErrorOrNil(); err != nil {
		return err
	}
	for _, t := range files {
		if t.differs() && t.Path != "" {
			if err := t.replace(); err != nil {
				return fmt.Errorf("%s: not written: %w", t.Name, err)
			}
		}
	}
	return nil
}

// writable finds out, before anything is written, that a file can't be replaced.
func (f formatted) writable() error {
	return checkOutput("--file", f.Path)
}

// replace writes a file in place of the one that was read, with its mode.
func (f formatted) replace() error {
	info, err := os.Lstat(f.Path)
	if err != nil {
		return err
	}
	now, err := os.ReadFile(f.Path)
	if err == nil && (!info.Mode().IsRegular() || !bytes.Equal(now, f.Bytes)) {
		err = errors.New("it changed while it was read; run fmt again")
	}
	if err != nil {
		return err
	}
	if err := file.Replace(f.Path, f.written); err != nil {
		return err
	}
	return os.Chmod(f.Path, info.Mode().Perm())
}

// report shows what was done, or would be.
func (f *formatting) report(done formatOutcome, files []formatted) error {
	if f.output != "text" {
		return f.show(done, render.Report{Title: "Form of the files", Totals: fmt.Sprintf("%d of %s in another form", len(done.Changed), render.Count(done.Files, "file"))})
	}
	for _, t := range files {
		var err error
		switch {
		case f.diff:
			_, err = f.stdout.Write(diff.Diff(t.Name, t.Bytes, t.Name+" (formatted)", t.written))
		case t.Path == "" && !f.check:
			_, err = f.stdout.Write(t.written)
		case t.differs():
			_, err = fmt.Fprintln(f.stdout, render.Visible(t.Name))
		}
		if err != nil {
			return err
		}
	}
	return nil
}
