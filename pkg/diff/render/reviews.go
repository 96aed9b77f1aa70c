package render

import (
	"fmt"
	"time"

	"github.com/entitlectl/entitlectl/pkg/diff"
)

// reviewSections say which access reviews somebody must look at.
func reviewSections(reviews []diff.DueReview) []Section {
	if len(reviews) == 0 {
		return nil
	}
	const most = 50 // the JSON has all
	s := Section{Title: "access reviews"}
	for _, r := range reviews[:min(most, len(reviews))] {
		s.note(Warning, DueText(r))
	}
	if more := len(reviews) - most; more > 0 {
		s.note(Warning, fmt.Sprintf("and %d more; the JSON output has all", more))
	}
	return []Section{s}
}

// DueText says what is to be done about a review.
func DueText(r diff.DueReview) string {
	if r.Problem != "" {
		return r.Problem
	}
	return fmt.Sprintf("%s: the review %s was due on %s, and %s; see entitlectl review status", r.File, r.Name, r.Due.Format(time.DateOnly), undecidedText(r.Undecided))
}

func undecidedText(lines int) string {
	switch lines {
	case 0:
		return "is decided, but not closed"
	case 1:
		return "1 line is undecided"
	}
	return Count(lines, "line") + " are undecided"
}

// reviewCard counts the reviews that are overdue.
func reviewCard(reviews []diff.DueReview) (cards []card) {
	n := 0
	for _, r := range reviews {
		if r.Problem == "" {
			n++
		}
	}
	if n > 0 {
		cards = append(cards, card{N: n, Label: "reviews overdue", Note: "past their date, and not closed"})
	}
	return cards
}
