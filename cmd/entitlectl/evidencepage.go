package main

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"net/url"
	"strings"
	"time"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/diff/render"
	"github.com/entitlectl/entitlectl/pkg/store"
)

//go:embed evidence.html
var evidenceHTML string

// The most changes that the page shows one by one: of a run, and in all. The others are in the files.
const (
	pageRows    = 500
	pageAllRows = 20_000
)

// evidenceView is what the page shows.
type evidenceView struct {
	facts
	Period  string
	Facts   []pageFact
	Runs    []runView
	Reviews []reviewView
	left    *int // rows that the page still takes
}

// pageFact is a count at the top of the page.
type pageFact struct {
	Count int
	What  string
	Odd   bool // somebody should look
}

// runView is a run on the page.
type runView struct {
	pastRun
	When, Took     string
	Approvals      string
	Odd            bool // nobody else is said to have approved it
	Unfinished     bool
	Allowed        []string
	Totals         string
	PlanID         string
	Plan, Outcomes string // files
	Rows           []rowView
	More           int // changes that are not shown
	left           *int
}

// rowView is a change on the page.
type rowView struct {
	Connection, Op, Resource, Who, Source, Outcome, Detail string
	Odd                                                    bool
}

// reviewView is a review file on the page.
type reviewView struct {
	File, Title, State string
	Odd                bool
}

func evidencePageOf(about facts) *evidenceView {
	left := pageAllRows
	v := &evidenceView{facts: about, Period: period(about.Since, about.Until), left: &left}
	for _, run := range about.Runs {
		r := runView{pastRun: run, PlanID: run.Plan, When: run.Started.UTC().Format("2006-01-02 15:04:05 UTC"), Approvals: approvalWords[run.Approval],
			Odd: run.Approval != store.ApprovedByOther && run.Approval != "", Unfinished: run.Approval != "" && run.Outcome != "done", left: &left}
		if !run.Ended.IsZero() {
			r.Took = run.Ended.Sub(run.Started).Round(time.Second).String()
		}
		for _, note := range run.allowances() {
			r.Allowed = append(r.Allowed, note.Text)
		}
		if result := run.result(); result != nil {
			r.Totals = render.Result(result, render.Layout{}).Totals
		}
		v.Runs = append(v.Runs, r)
	}
	return v
}

func period(since, until time.Time) string {
	text := "from the beginning of the history"
	if !since.IsZero() {
		text = "from " + since.UTC().Format(time.RFC3339)
	}
	if until.IsZero() {
		return text + " on"
	}
	return text + " until before " + until.UTC().Format(time.RFC3339)
}

// add shows a change, or counts it where there are too many.
func (r *runView) add(part diff.PartResult, c diff.ChangeResult) {
	if len(r.Rows) == pageRows || *r.left == 0 {
		r.More++
		return
	}
	*r.left--
	row := rowView{Connection: part.Name, Op: string(c.Op), Resource: string(c.Kind) + "/" + c.Resource, Source: c.Source, Outcome: string(c.Outcome),
		Detail: c.Detail, Odd: !c.Outcome.Clean()}
	if c.Subject.Name != "" {
		row.Who = c.Subject.String()
	}
	if c.Person != "" && c.Person != c.Subject.Name {
		row.Who = c.Person + " (" + row.Who + ")"
	}
	if row.Who == "" && c.Field != "" {
		row.Who = fmt.Sprintf("%s: %s → %s", c.Field, c.From, c.To)
	}
	r.Rows = append(r.Rows, row)
}

// count fills in the counts at the top.
func (v *evidenceView) count() {
	var changes, same, untold, lifted, open int
	for _, r := range v.Runs {
		changes += len(r.Rows) + r.More
		lifted += len(r.Allowed)
		switch {
		case r.Approval == store.ApprovedByAuthor:
			same++
		case r.Odd:
			untold++
		}
		if r.Unfinished {
			open++
		}
	}
	v.Facts = []pageFact{{len(v.Runs), "runs", false}, {changes, "changes", false}, {same, "where author and approver are one", same > 0},
		{untold, "where approver or author is not told", untold > 0}, {lifted, "rules that were lifted", lifted > 0}, {open, "not done to the end", open > 0}}
}

// write writes the page. It has no script, and asks for nothing.
func (v *evidenceView) write(w io.Writer) error {
	page, err := template.New(evidencePage).Funcs(template.FuncMap{"visible": render.Visible, "join": strings.Join, "isLink": isLink}).Parse(evidenceHTML)
	if err != nil {
		return err
	}
	return page.Execute(w, v)
}

// isLink says whether an address leads to a web site, and is no script.
func isLink(address string) bool {
	u, err := url.Parse(address)
	return err == nil && u.Host != "" && (u.Scheme == "https" || u.Scheme == "http")
}
