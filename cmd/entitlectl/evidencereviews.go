package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/entitlectl/entitlectl/pkg/access"
	"github.com/entitlectl/entitlectl/pkg/diff/render"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// maxFileName is how many characters the name of a review file has at most.
const maxFileName = 128

// reviewFact is a review as evidence.json has it.
type reviewFact struct {
	reviewState
	Altered bool `json:"altered,omitempty"` // what was frozen is not as it was opened
}

// writeReviews copies the review files of a folder that were open in the time.
func (c *cli) writeReviews(folder *evidenceFolder, about *facts, from string, page *evidenceView) error {
	about.Reviews = []reviewFact{}
	for _, file := range reviewFiles(from) {
		r, text, err := readReview(file)
		if errors.Is(err, access.ErrNoReview) {
			continue
		}
		if flaw, _ := spec.Flaw(filepath.Base(file), maxFileName); err == nil && flaw != "" {
			err = fmt.Errorf("%q: its name %s", file, flaw)
		}
		if err != nil {
			return fmt.Errorf("%w; take it out of %s, or name another folder with --reviews", err, from)
		}
		if !about.Until.IsZero() && !r.Opened.Before(about.Until) || !r.Open() && closedAt(r).Before(about.Since) {
			continue
		}
		name := reviewFolder + "/" + filepath.Base(file)
		if err := folder.write(name, writes(text)); err != nil {
			return err
		}
		fact := reviewFact{reviewSummary(name, r), r.Check() != nil}
		fact.Overdue = r.Overdue(c.at())
		about.Reviews = append(about.Reviews, fact)
		page.Reviews = append(page.Reviews, viewOf(fact, r))
	}
	return nil
}

// closedAt is when a review was closed; zero where it does not say.
func closedAt(r *access.Review) time.Time {
	text, _, _ := strings.Cut(r.Closed, " ")
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}
	}
	return at
}

func viewOf(fact reviewFact, r *access.Review) reviewView {
	v := reviewView{File: fact.File, Title: r.Name}
	v.State = fmt.Sprintf("%d of %s decided", fact.Lines-fact.Undecided, render.Count(fact.Lines, "line"))
	switch {
	case fact.Altered:
		v.State, v.Odd = v.State+"; what was frozen was altered", true
	case !r.Open():
		v.State += "; closed " + r.Closed
	case fact.Overdue:
		v.State, v.Odd = v.State+"; overdue since "+r.Due.Format(time.DateOnly), true
	default:
		v.State += "; open until " + r.Due.Format(time.DateOnly)
	}
	return v
}

// checkReviews refuses a folder of reviews that was named and is not there.
func checkReviews(from string) error {
	if from != "" && !exists(from) {
		return errors.New("--reviews " + from + ": there is no such folder")
	}
	return nil
}
