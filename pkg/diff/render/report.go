package render

import (
	"cmp"
	"slices"
	"strings"

	"github.com/entitlectl/entitlectl/pkg/diff"
)

// Report is what is shown of a plan, a drift, a result or a check: words and numbers, no layout and nothing escaped.
type Report struct {
	Title    string
	Sections []Section // connections, or people
	Apart    Apart     // what is not because of the change that is looked at
	Totals   string
	Comment  *Comment // what Markdown shows instead of the rows of Sections; nil: these

	page func() *page // what HTML shows instead of them; nil: there is no page of it
}

// Apart stands apart from the rest of a report.
type Apart struct {
	Title    string
	Sections []Section
}

// By is what the rows of a report are sorted by.
type By string

// The orders.
const (
	ByResource By = "resource"
	ByPerson   By = "person"
)

// Layout is how a report lists what it is about.
type Layout struct {
	By      By
	Rows    int  // the most that are shown one by one, 0 for all; the rest is counted
	Outside bool // whether drift names what no file rules
}

// Section is one connection's part of a report.
type Section struct {
	Title  string
	Person string // whom it is about; "": a connection, or nobody
	Notes  []Note
	Groups []Group
}

// Note is a sentence about a whole section.
type Note struct {
	Level Level
	Text  string
}

// Level says how loud a note is.
type Level int

// The levels.
const (
	Info Level = iota
	Warning
	Allowance // a broken rule that was allowed
	Refusal
	Error
)

// Group holds the rows of one resource.
type Group struct {
	Title string
	Rows  []Row
}

// Row is one change, difference or outcome.
type Row struct {
	Mark    Mark
	Subject string
	Source  string // file:line
	Why     string
	Risk    Risk // where room is short, what is most risky is shown first
}

// Risk says what to look at first.
type Risk int

// The risks, the least first.
const (
	Harmless Risk = iota
	Stuck         // can't be done, or was not
	Takes         // takes access from somebody
)

// Mark is a row's first cell: a glyph or a word.
type Mark struct {
	Text string
	Tone Tone
}

// Tone is what a colour stands for.
type Tone int

// The tones.
const (
	Plain Tone = iota
	Adds
	Removes
	Alters
	Repeats
	Alarms
)

// Heading names a connection, and its endpoints as far as they are not the vendor's own.
func Heading(name, provider string, endpoints []string) string {
	if len(endpoints) > 0 {
		provider += " at " + strings.Join(endpoints, ", ")
	}
	return name + " (" + provider + ")"
}

// sectionOf starts a connection's section with what is known about all of it.
func sectionOf(name, provider string, errs diff.Errors, notes []string) Section {
	s := Section{Title: Heading(name, provider, nil)}
	for _, err := range errs {
		s.note(Error, err.Error())
	}
	for _, note := range notes {
		s.note(Warning, note)
	}
	return s
}

func (s *Section) note(level Level, text string) {
	s.Notes = append(s.Notes, Note{level, text})
}

// empty says that a section has nothing to show but its title.
func (s *Section) empty() bool { return len(s.Notes)+len(s.Groups) == 0 }

// groupRows gives the resource of each of n changes its group, in the order of spec.Kinds and then by name. Rows keep their
// order.
func groupRows(n int, change func(int) *diff.Change, row func(int) Row) []Group {
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return compareResources(change(a), change(b)) })
	var groups []Group
	for k, i := range order {
		c := change(i)
		if k == 0 || compareResources(change(order[k-1]), c) != 0 {
			groups = append(groups, Group{Title: string(c.Kind) + " " + c.Resource})
		}
		last := &groups[len(groups)-1]
		last.Rows = append(last.Rows, row(i))
	}
	return groups
}

func compareResources(a, b *diff.Change) int {
	return cmp.Or(a.Kind.Compare(b.Kind), strings.Compare(a.Resource, b.Resource))
}
