package diff

import "time"

// DueReview is an access review that somebody must look at: it should have been closed, or its file tells nothing reliable. It decides
// nothing about a plan, and is no part of its id.
type DueReview struct {
	File      string    `json:"file"`
	Name      string    `json:"name,omitempty"`
	Due       time.Time `json:"due,omitzero"`
	Undecided int       `json:"undecided"`         // lines that nobody decided about
	Problem   string    `json:"problem,omitempty"` // why the file does not count; "": the review is overdue
}
