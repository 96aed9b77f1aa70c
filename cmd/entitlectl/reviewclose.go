package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/diff"
	"github.com/spf13/cobra"

	"github.com/entitlectl/entitlectl/pkg/access"
	"github.com/entitlectl/entitlectl/pkg/diff/render"
	"github.com/entitlectl/entitlectl/pkg/providers"
	"github.com/entitlectl/entitlectl/pkg/spec"
	"github.com/entitlectl/entitlectl/pkg/spec/compose"
)

func newReviewClose(c *cli) *cobra.Command {
	var dry bool
	command := &cobra.Command{
		Use: "close FILE", Short: "Carry the decisions of a review out on the files",
		Long: "Carry the decisions of a review out on the files, comments kept: what is removed goes, what ends gets expires:, and what is kept and\n" +
			"only live is added. Who is removed leaves a team where it gives them nothing that they keep; else the line of the resource lists\n" +
			"the others of the team from then on. Where the files are add-only, what is removed gets an end, since nothing else is taken there.\n" +
			"Nothing is changed at any vendor: the plan of the changed files shows what will be.\n\n" +
			"Nothing is written unless all is decided, what was frozen was not altered, and nobody has more or less by now (it exits 4 then, and\n" +
			"says who; see review open --again). The review file says afterwards when it was closed, and by whom. Commit it with the files.",
		Example: "  entitlectl review close reviews/2026-q4.yaml --diff\n  entitlectl review close reviews/2026-q4.yaml",
		Args:    arguments(1, 1, "the file of a review"),
		RunE:    func(cmd *cobra.Command, args []string) error { return c.closeReview(cmd.Context(), args[0], dry) },
	}
	command.Flags().BoolVar(&dry, "diff", false, "write nothing, and show what would change")
	c.sideBySide(command, readsWords)
	c.underOperator(command)
	return command
}

func (c *cli) closeReview(ctx context.Context, path string, dry bool) error {
	ctx, cancel := c.limited(ctx)
	defer cancel()
	r, text, err := readReview(path)
	if err != nil {
		return err
	}
	switch {
	case !r.Open():
		return fmt.Errorf("%s: the review was closed already, %s", path, r.Closed)
	case r.Check() != nil:
		return fmt.Errorf("%s: %w", path, r.Check())
	}
	if err := r.Decided(c.at()); err != nil {
		return err
	}
	w, world, err := c.population(ctx)
	if err != nil {
		return err
	}
	now, _ := access.Freeze(world, w.spec.Reviewers)
	if differs := r.Differences(now); len(differs) > 0 {
		return &exit{exitStale, fmt.Errorf("%s: nothing was written: who has what is no longer as it was when the review was opened; take the decisions over with review open --again %[1]s\n%s",
			path, strings.Join(differs, "\n"))}
	}
	changed, err := c.amended(w.spec, r.Amendments(world))
	if err != nil {
		return err
	}
	mark := formatted{spec.Text{Name: path, Path: path, Bytes: text}, access.MarkClosed(text, c.at().Format(time.RFC3339)+" by "+c.user+"@"+c.host)}
	f := formatting{cli: c, diff: dry}
	files := append(changed, mark)
	if !dry {
		if err := f.write(files); err != nil {
			return err
		}
	}
	return c.reportClosed(r, files, dry)
}

// amended are the files with amendments carried out. They want what was decided, or there are none.
func (c *cli) amended(s *spec.Spec, all []spec.Amendment) ([]formatted, error) {
	edits, err := s.Amend(all, c.at())
	if err != nil {
		return nil, err
	}
	byFile := map[string][]spec.Edit{}
	for _, e := range edits {
		byFile[e.At.File] = append(byFile[e.At.File], e)
	}
	texts, err := (&formatting{cli: c}).textsOf(s)
	if err != nil {
		return nil, err
	}
	var changed []formatted
	instead := map[string][]byte{}
	for _, t := range texts {
		if len(byFile[t.Name]) == 0 {
			continue
		}
		if t.Path == "" {
			return nil, errors.New("nothing was written: the files come from stdin; name them with --file")
		}
		written, err := compose.Amend(t.Bytes, byFile[t.Name], providers.Formats())
		if err != nil {
			return nil, fmt.Errorf("%s: nothing was written: %w", t.Name, err)
		}
		delete(byFile, t.Name)
		instead[t.Name] = written
		changed = append(changed, formatted{t, written})
	}
	for name := range byFile {
		return nil, fmt.Errorf("%s: nothing was written: the file is no longer there", name)
	}
	return changed, c.wantsDecided(s, all, instead)
}

// wantsDecided loads the files as they would be and compares what they want with what was decided.
func (c *cli) wantsDecided(s *spec.Spec, all []spec.Amendment, instead map[string][]byte) error {
	after, err := spec.Load(spec.Input{Paths: s.Files, Formats: providers.Formats(), Operator: s.Operator, StateDir: c.stateDir, Instead: instead})
	if err != nil {
		return fmt.Errorf("nothing was written: with these decisions the files would not be valid; decide otherwise, or change them by hand: %w", err)
	}
	want, have := grantsOf(s, c.at()), grantsOf(after, c.at())
	for _, a := range all {
		gone := a.Op == spec.AmendRemove
		if gone {
			delete(want, a.Grant)
		} else {
			want[a.Grant] = true
		}
	}
	for g := range want {
		if !have[g] {
			return fmt.Errorf("nothing was written: %s would lose %s, which nobody decided; change the files by hand", g.Subject, g.Resource)
		}
	}
	for g := range have {
		if !want[g] {
			return fmt.Errorf("nothing was written: %s would still have %s; change the files by hand", g.Subject, g.Resource)
		}
	}
	return nil
}

func grantsOf(s *spec.Spec, at time.Time) map[spec.Grant]bool {
	all := map[spec.Grant]bool{}
	for _, state := range s.Desired(at) {
		for g := range state.Grants.All() {
			all[g] = true
		}
	}
	return all
}

// closedReview is what close did, as JSON shows it.
type closedReview struct {
	reviewState
	Changed []string `json:"changed"` // files, or those that would change
	Written bool     `json:"written"`
}

func (c *cli) reportClosed(r *access.Review, files []formatted, dry bool) error {
	changed := slices.DeleteFunc(slices.Clone(files), func(f formatted) bool { return !f.differs() })
	names := spec.Each(changed, func(f formatted) string { return f.Name })
	if c.output != "text" {
		return c.show(closedReview{reviewSummary(files[len(files)-1].Name, r), names, !dry}, render.Report{Title: "Review", Totals: "Changed: " + strings.Join(names, ", ")})
	}
	for _, f := range changed {
		var err error
		if dry {
			_, err = c.stdout.Write(diff.Diff(f.Name, f.Bytes, f.Name+" (closed)", f.written))
		} else {
			_, err = fmt.Fprintln(c.stdout, render.Visible(f.Name))
		}
		if err != nil {
			return err
		}
	}
	return nil
}
