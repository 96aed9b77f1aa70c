package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/diff/render"
	"github.com/entitlectl/entitlectl/pkg/store"
)

// pastRun is a run as the history has it.
type pastRun struct {
	Number      int              `json:"number"`
	Started     time.Time        `json:"started"`
	Ended       time.Time        `json:"ended,omitzero"`
	Who         store.Owner      `json:"who"`
	Connections []string         `json:"connections,omitempty"`
	Plan        string           `json:"plan,omitempty"`
	Spec        string           `json:"spec,omitempty"`
	Commit      string           `json:"commit,omitempty"`
	Outcome     string           `json:"outcome"`
	Reason      string           `json:"reason,omitempty"`
	Overrides   []store.Override `json:"overrides,omitempty"`
	Claims      store.Claims     `json:"claims,omitzero"`
	Approval    store.Approval   `json:"approval,omitempty"` // of runs
	Calls       *int             `json:"calls,omitempty"`    // sent; nil where the history does not tell
	Result      json.RawMessage  `json:"result,omitempty"`   // in short; of the run that was asked for, with all changes
	Details     *store.Details   `json:"details,omitempty"`
	kept        *store.Details   // the plan
	first, last int              // its records in the history, counted from 0
}

// The outcomes of runs that have no end in the history.
const (
	runGoesOn = "running"
	runCutOff = "cut off"
)

// pastRuns reads the history, but of no run the details. Where its chain is broken, what can be read is returned beside the
// error. Records that have all changes in them, as those of earlier versions, keep them for the runs that are to be whole.
func (c *cli) pastRuns(ctx context.Context, whole func(number int) bool) ([]pastRun, error) {
	runs, at, n := []pastRun{}, map[string]int{}, -1
	broken := c.verifyEach(ctx, func(r store.Record) {
		n++
		i, known := at[r.Who.Run]
		if r.Kind == store.RunEnded && known {
			runs[i] = runs[i].ended(r)
			runs[i].last = n
			if whole(runs[i].Number) {
				runs[i].Result = r.Result
			}
			return
		}
		run := pastRun{Number: len(runs) + 1, Outcome: r.Outcome, Result: r.Result, first: n, last: n}.began(r)
		switch r.Kind {
		case store.RunEnded: // its start was pruned
			run = run.ended(r)
		case store.RunStarted:
			run.Outcome, run.kept, at[r.Who.Run] = runCutOff, r.Details, len(runs)
		case store.Pruned:
			run.Outcome = fmt.Sprintf("pruned %s, up to %s", render.Count(r.Calls, "record"), r.Outcome)
		case store.LockBroken:
			run.Outcome = "broke the lock of " + strings.Join(r.Scopes, ", ") + ", " + r.Outcome
		}
		runs = append(runs, run)
	})
	holders, err := c.store.Holders(ctx)
	if err != nil {
		c.printError(fmt.Errorf("warning: which runs go on can't be told: %w", err))
	}
	for _, h := range holders {
		if i, known := at[h.Run]; known && !h.Dead && runs[i].Outcome == runCutOff {
			runs[i].Outcome = runGoesOn
		}
	}
	return runs, broken
}

// began is the run with what the record of its start says of it.
func (run pastRun) began(r store.Record) pastRun {
	run.Started, run.Who, run.Connections, run.Plan, run.Spec, run.Commit = r.At, r.Who, r.Scopes, r.Plan, r.Spec, r.Commit
	if run.Reason, run.Overrides, run.Claims = r.Reason, r.Overrides, r.Claims; r.Kind == store.RunStarted {
		run.Approval = r.Claims.Approval()
	}
	return run
}

// ended is the run with what the record of its end says of it.
func (run pastRun) ended(r store.Record) pastRun {
	run.Ended, run.Outcome, run.Calls, run.Details, run.Result = r.At, r.Outcome, &r.Calls, r.Details, short(r.Result)
	return run
}

// verifyEach checks the history and hands on each record that can be read: in one go where the store knows how.
func (c *cli) verifyEach(ctx context.Context, each func(store.Record)) error {
	if s, can := c.store.(interface {
		VerifyEach(context.Context, func(store.Record)) (store.Chain, error)
	}); can {
		_, broken := s.VerifyEach(ctx, each)
		return broken
	}
	_, broken := c.store.Verify(ctx)
	for r, err := range c.store.Records(ctx) {
		if err == nil {
			each(r)
		}
	}
	return broken
}

// short is a result without its connections. What is none stays as it is.
func short(text json.RawMessage) json.RawMessage {
	var head struct {
		diff.Result
		Connections json.RawMessage `json:"connections"` // passed over: there may be a million changes in it
	}
	if len(text) == 0 || json.Unmarshal(text, &head) != nil {
		return text
	}
	brief, err := json.Marshal(head.Short())
	if err != nil {
		return text
	}
	return brief
}

// listed is a run in a list, with the rules that it broke.
func (run pastRun) listed() render.Section {
	s := run.section()
	if rules := run.broken(); len(rules) > 0 {
		s.Notes = append(s.Notes, render.Note{Level: render.Allowance, Text: strings.Join(rules, ", ")})
	}
	return s
}

// broken lists the rules that the run was allowed to break.
func (run pastRun) broken() []string {
	var rules []string
	for _, o := range run.Overrides {
		if !slices.Contains(rules, o.Rule) {
			rules = append(rules, o.Rule)
		}
	}
	return rules
}

// allowances says of each rule that the run broke how far, and who allowed it.
func (run pastRun) allowances() []render.Note {
	by := map[store.By]string{store.ByPlan: "by the plan", store.ByRequirePlan: "by the plan, as --require-plan approved it", store.ByApply: "by who applied"}
	var notes []render.Note
	for _, o := range run.Overrides {
		text := fmt.Sprintf("%s: %s; %s", o.Scope, render.ViolationText(diff.Violation{Rule: o.Rule, On: o.On, Have: o.Have, Limit: o.Limit}), by[o.By])
		if o.Reason != "" {
			text += ": " + o.Reason
		}
		notes = append(notes, render.Note{Level: render.Allowance, Text: text})
	}
	return notes
}

// section is a run in the list of all.
func (run pastRun) section() render.Section {
	s := render.Section{Title: fmt.Sprintf("%d  %s  %s on %s: %s", run.Number, run.Started.UTC().Format(time.RFC3339), run.Who.Name(), run.Who.Host, run.Outcome)}
	say := func(label, text string) {
		if text != "" {
			s.Notes = append(s.Notes, render.Note{Text: label + text})
		}
	}
	if result := run.result(); result != nil {
		say("", render.Result(result, render.Layout{}).Totals)
	} else if run.Outcome == runCutOff {
		say("", "The run was cut off; the apply after it settles what it left in doubt.")
	}
	say("reason: ", run.Reason)
	if run.Plan != "" {
		say("connections: ", strings.Join(run.Connections, ", "))
	}
	say("plan: ", run.Plan)
	say("commit: ", run.Commit)
	say("pull request: ", run.Claims.PullRequest)
	say("CI job: ", run.Claims.Job)
	say("authors: ", strings.Join(run.Claims.Authors, ", "))
	say("approved by: ", strings.Join(run.Claims.ApprovedBy, ", "))
	if run.Approval == store.ApprovedByAuthor {
		s.Notes = append(s.Notes, render.Note{Level: render.Warning, Text: "author and approver are one"})
	}
	return s
}

// result is what became of each change; nil where the history does not tell.
func (run pastRun) result() *diff.Result {
	var result diff.Result
	if len(run.Result) == 0 || json.Unmarshal(run.Result, &result) != nil {
		return nil
	}
	return &result
}
