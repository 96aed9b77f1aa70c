package main

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/diff/render"
	"github.com/entitlectl/entitlectl/pkg/store"
)

// historyColumns are the columns of changes as CSV. The first ones are about the run.
var historyColumns = []string{"run", "started", "ended", "by", "host", "run_outcome", "reason", "overrides", "commit", "plan", "pull_request", "ci_job",
	"authors", "approved_by", "approval", "connection", "op", "kind", "resource", "role", "person", "subject_kind", "subject", "domain", "field", "from", "to",
	"source", "via", "why", "outcome", "detail", "request_id"}

// historyCSV writes a record for each change of runs, and one for a run of which no change is known.
func (c *cli) historyCSV(ctx context.Context, w io.Writer, runs []pastRun, want historyFilter) error {
	out := render.NewCSV(w, historyColumns)
	var broken []error
	for _, run := range runs {
		head, any := run.cells(), false
		err := c.eachChange(ctx, run, func(part diff.PartResult, change diff.ChangeResult) {
			any = true
			if change.Change != nil && want.wants(*change.Change) {
				out.Add(append(head[:len(head):len(head)], changeCells(part.Name, change)...))
			}
		})
		if err != nil {
			broken = append(broken, fmt.Errorf("run %d: %w", run.Number, err))
		}
		if !any && !want.changes() {
			out.Add(append(head, make([]string, len(historyColumns)-len(head))...))
		}
	}
	return together(append(broken, out.End(), ctx.Err())...)
}

// cells are what is known of a run.
func (run pastRun) cells() []string {
	ended := ""
	if !run.Ended.IsZero() {
		ended = run.Ended.UTC().Format(time.RFC3339)
	}
	var overrides []string
	for _, note := range run.allowances() {
		overrides = append(overrides, note.Text)
	}
	return []string{strconv.Itoa(run.Number), run.Started.UTC().Format(time.RFC3339), ended, run.Who.Name(), run.Who.Host, run.Outcome, run.Reason,
		strings.Join(overrides, " | "), run.Commit, run.Plan, run.Claims.PullRequest, run.Claims.Job, strings.Join(run.Claims.Authors, ", "),
		strings.Join(run.Claims.ApprovedBy, ", "), string(run.Approval)}
}

func changeCells(connection string, c diff.ChangeResult) []string {
	return []string{connection, string(c.Op), string(c.Kind), c.Resource, string(c.Role), c.Person, string(c.Subject.Kind), c.Subject.Name, c.Subject.Domain,
		c.Field, c.From, c.To, c.Source, c.Via.String(), c.Change.Reason, string(c.Outcome), c.Detail, c.RequestID}
}

// approvalWords say whether somebody else approved a change.
var approvalWords = map[store.Approval]string{
	store.ApprovedByOther:  "approved by somebody else than its authors",
	store.ApprovedByAuthor: "author and approver are one",
	store.ApprovalUntold:   "nobody is said to have approved it",
	store.AuthorUntold:     "approved; who wrote it is not told",
}
