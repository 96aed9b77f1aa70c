package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/entitlectl/entitlectl/pkg/access"
	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/diff/render"
)

// reviewFolder is where reviews are, in the working folder.
const reviewFolder = "reviews"

func newReview(c *cli) *cobra.Command {
	command := &cobra.Command{
		Use: "review", Short: "Have people decide who keeps what, in a file that is reviewed as any other",
		Long: "Hold an access review in git. open freezes who has what, by the files and live, into a file with a line for each person and\n" +
			"resource, grouped by who decides (reviewers: in the files). People write keep, remove or until and a date into it, with a note, and\n" +
			"commit it. close checks that what was frozen was not altered, that nobody has more or less by now, and that all is decided, and\n" +
			"edits the files accordingly, comments kept: that pull request is the evidence. Reviews that are overdue are said by plan and drift.",
		Example: "  entitlectl review open 2026-q4 --due 2026-12-12\n" +
			"  entitlectl review status\n" +
			"  entitlectl review close reviews/2026-q4.yaml",
		Args: filesAreFlags,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	command.AddCommand(newReviewOpen(c), newReviewStatus(c), newReviewClose(c))
	return command
}

var reviewName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`) })

func newReviewOpen(c *cli) *cobra.Command {
	var due time.Time
	var out, again string
	command := &cobra.Command{
		Use: "open NAME", Short: "Freeze who has what into a review file",
		Long: "Freeze who has what into reviews/NAME.yaml, or --out FILE: each person, group or address on each resource that the files rule, by\n" +
			"the files or live. Resources that no file lists, or that are only watched, are counted and left out. Where a list can't be read\n" +
			"whole there is no review: it exits 3. Who decides is found by reviewers: in the files: by resource, by the team that gives\n" +
			"something, or by \"*\".\n\n" +
			"--again FILE takes the decisions of a review of which the population has changed: what is new is undecided, what is gone is left out.",
		Example: "  entitlectl review open 2026-q4 --due 2026-12-12\n" +
			"  entitlectl review open 2026-q4b --due 2026-12-19 --again reviews/2026-q4.yaml",
		Args: arguments(1, 1, "a name for the review, such as 2026-q4"),
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case !reviewName().MatchString(args[0]):
				return errors.New("a review is named by letters, digits and . _ -, as in 2026-q4")
			case due.IsZero():
				return errors.New("say until when people should decide with --due DATE")
			case !due.After(c.at()):
				return fmt.Errorf("--due %s has passed; name a later date", due.Format(time.DateOnly))
			case out == "":
				out = filepath.Join(reviewFolder, args[0]+".yaml")
			}
			return c.openReview(cmd.Context(), args[0], due, out, again)
		},
	}
	command.Flags().Func("due", "until when people should decide: a `DATE`", day(&due))
	command.Flags().Func("out", "`FILE` to write, which must not exist (default reviews/NAME.yaml)", filled(&out, "FILE"))
	command.Flags().Func("again", "take decisions from this review, `FILE`", filled(&again, "FILE"))
	c.sideBySide(command, readsWords)
	c.underOperator(command)
	return command
}

// population reads the files and all that is live.
func (c *cli) population(ctx context.Context) (intent, access.World, error) {
	w, err := c.intent(ctx)
	if err != nil {
		return w, access.World{}, err
	}
	world, err := c.world(ctx, w, nil, &access.Answer{From: access.FromBoth, AsOf: c.at()})
	return w, world, err
}

func (c *cli) openReview(ctx context.Context, name string, due time.Time, out, again string) error {
	ctx, cancel := c.limited(ctx)
	defer cancel()
	former, err := formerReview(again)
	if err != nil {
		return fmt.Errorf("--again %w", err)
	}
	if err := makeReviewFolder(out); err != nil {
		return err
	}
	if err := cmp.Or(c.notNamed("--out", out), absentOutput("--out", out)); err != nil {
		return err
	}
	w, world, err := c.population(ctx)
	if err != nil {
		return err
	}
	if err := c.notAnInput("--out", out, w.spec); err != nil {
		return err
	}
	r := &access.Review{Name: name, Opened: c.at(), By: c.user + "@" + c.host, Version: buildVersion().Version, Due: due, Spec: w.spec.Digest}
	r.Lines, r.Outside = access.Freeze(world, w.spec.Reviewers)
	taken := r.TakeDecisions(former)
	r.Seal()
	if err := errors.Join(c.writeOutput(ctx, out, r.Write), forAll(out)); err != nil {
		return fmt.Errorf("--out %s: %w", out, err)
	}
	return c.show(reviewSummary(out, r), render.Report{Title: "Review", Sections: []render.Section{reviewSection(out, r)},
		Totals: fmt.Sprintf("Opened %s: %s to decide about until %s%s.", out, render.Count(len(r.Lines)-taken, "line"), r.Due.Format(time.DateOnly), alreadyDecided(taken))})
}

// formerReview is the review whose decisions are taken over; one without any where none is named.
func formerReview(path string) (*access.Review, error) {
	if path == "" {
		return &access.Review{}, nil
	}
	r, _, err := readReview(path)
	if err != nil {
		return nil, err
	}
	return r, r.Check()
}

// makeReviewFolder makes the usual folder of reviews for a file that is to be in it.
func makeReviewFolder(file string) error {
	if filepath.Dir(file) != reviewFolder {
		return nil
	}
	if info, err := os.Lstat(reviewFolder); err == nil && !info.IsDir() {
		return fmt.Errorf("%s is no folder, but a link or a file; name the file to write with --out", reviewFolder)
	}
	return os.MkdirAll(reviewFolder, 0o755)
}

func alreadyDecided(taken int) string {
	if taken == 0 {
		return ""
	}
	return fmt.Sprintf("; %s as in the former review", render.Count(taken, "decision"))
}

// readReview reads a review file.
func readReview(path string) (*access.Review, []byte, error) {
	text, err := readBounded(path, maxFiles, io.ReadAll)
	if err != nil {
		return nil, nil, err
	}
	r, err := access.ReadReview(path, text)
	return r, text, err
}

func newReviewStatus(c *cli) *cobra.Command {
	return &cobra.Command{
		Use: "status [FILE…]", Short: "Say how far reviews have come",
		Long: "Say how far reviews have come: by reviewer, how much is decided. It looks at the files that are named, or at all in the folder\n" +
			"reviews. Exits 0, and 1 where what was frozen was altered.",
		Example: "  entitlectl review status\n  entitlectl review status reviews/2026-q4.yaml -o json",
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				args = reviewFiles(reviewFolder)
			}
			return c.reviewStatus(args)
		},
	}
}

// reviewFiles are the files of a folder that may be reviews. A change may have brought links to what is nobody's business.
func reviewFiles(folder string) []string {
	names, err := filepath.Glob(filepath.Join(folder, "*.yaml"))
	if err != nil {
		return nil
	}
	return slices.DeleteFunc(names, func(name string) bool {
		info, err := os.Lstat(name)
		return err != nil || !info.Mode().IsRegular()
	})
}

// reviewState is how far a review has come, as JSON shows it.
type reviewState struct {
	File      string            `json:"file"`
	Name      string            `json:"name"`
	Due       time.Time         `json:"due"`
	Closed    string            `json:"closed,omitempty"`
	Overdue   bool              `json:"overdue,omitempty"`
	Lines     int               `json:"lines"`
	Undecided int               `json:"undecided"`
	Outside   int               `json:"outside"` // resources that nobody decides about
	Reviewers []access.Progress `json:"reviewers"`
}

func reviewSummary(file string, r *access.Review) reviewState {
	return reviewState{File: file, Name: r.Name, Due: r.Due, Closed: r.Closed, Lines: len(r.Lines), Undecided: r.Undecided(), Outside: r.Outside, Reviewers: r.Progress()}
}

func (c *cli) reviewStatus(files []string) error {
	report, states := render.Report{Title: "Reviews"}, []reviewState{}
	var wrong []error
	for _, file := range files {
		r, _, err := readReview(file)
		if err != nil {
			wrong = append(wrong, err)
			continue
		}
		if err := r.Check(); err != nil {
			wrong = append(wrong, fmt.Errorf("%s: %w", file, err))
		}
		state := reviewSummary(file, r)
		state.Overdue = r.Overdue(c.at())
		s := reviewSection(file, r)
		if state.Overdue {
			s.Notes = append([]render.Note{{Level: render.Warning, Text: "it is overdue"}}, s.Notes...)
		}
		report.Sections, states = append(report.Sections, s), append(states, state)
	}
	report.Totals = render.Count(len(states), "review") + "."
	return together(append([]error{c.show(map[string][]reviewState{"reviews": states}, report)}, wrong...)...)
}

// reviewSection says how far a review has come.
func reviewSection(file string, r *access.Review) render.Section {
	title := fmt.Sprintf("%s (%s): due %s", r.Name, file, r.Due.Format(time.DateOnly))
	if !r.Open() {
		title = fmt.Sprintf("%s (%s): closed %s", r.Name, file, r.Closed)
	}
	s := render.Section{Title: title}
	for _, p := range r.Progress() {
		who := p.Reviewer
		if who == "" {
			who = "nobody is named"
		}
		text := fmt.Sprintf("%s: %d of %s decided", who, p.Decided, render.Count(p.Lines, "line"))
		var parts []string
		if p.Removed > 0 {
			parts = append(parts, fmt.Sprintf("%d removed", p.Removed))
		}
		if p.Ended > 0 {
			parts = append(parts, fmt.Sprintf("%d with an end", p.Ended))
		}
		if len(parts) > 0 {
			text += ": " + strings.Join(parts, ", ")
		}
		if p.Own > 0 {
			text += fmt.Sprintf("; %s about what they have themselves", render.Count(p.Own, "line"))
		}
		s.Notes = append(s.Notes, render.Note{Text: text})
	}
	if r.Outside > 0 {
		s.Notes = append(s.Notes, render.Note{Text: render.Count(r.Outside, "resource") + " that the files do not rule: nobody decides about them here"})
	}
	return s
}

// dueReviews are the reviews that should have been closed, and files of reviews that tell nothing reliable. Text shows them in
// its report; where another form goes to stdout, stderr says them too.
func (c *cli) dueReviews() (due []diff.DueReview) {
	for _, file := range reviewFiles(reviewFolder) {
		r, _, err := readReview(file)
		switch {
		case errors.Is(err, access.ErrNoReview):
		case err != nil:
			due = append(due, diff.DueReview{File: file, Problem: err.Error()})
		case r.Check() != nil: // its end may have been put off
			due = append(due, diff.DueReview{File: file, Problem: fmt.Sprintf("%s: %v", file, r.Check())})
		case r.Overdue(c.at()):
			due = append(due, diff.DueReview{File: file, Name: r.Name, Due: r.Due.UTC(), Undecided: r.Undecided()})
		}
	}
	for _, r := range due {
		if c.output != "text" {
			c.printError(errors.New("warning: " + render.DueText(r)))
		}
	}
	return due
}
