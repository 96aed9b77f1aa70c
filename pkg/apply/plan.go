package apply

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/go-multierror"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/provider"
	"github.com/entitlectl/entitlectl/pkg/spec"
	"github.com/entitlectl/entitlectl/pkg/store"
)

// Head is what a plan says of itself beside what was read.
type Head struct {
	Created time.Time
	Now     time.Time // the moment that the desired states were cut to
	Spec    string    // digest of the files
	Files   []string
	Rules   spec.Rules
	Store   store.Store // nil: what earlier runs did is known from the vendor alone
	NoBound bool        // leave out the lower bound of calls, which can take longer than the plan itself
	Retry   bool        // send again what an earlier run reported as unknown
	Allow   []string    // rules that the plan may break, of diff.Allowable; what it really breaks of them stands in it
	Reason  string      // of Allow; may be ""
}

// Plan reads every connection, side by side, and returns what has to change. A connection that can't be read has its Error
// in the plan and in the returned error; the others are planned all the same.
func Plan(ctx context.Context, jobs []Job, head Head, observe Observer) (*diff.Plan, error) {
	plan := &diff.Plan{Format: diff.FormatVersion, Created: head.Created.UTC(), Now: head.Now.UTC(), Spec: head.Spec,
		Files: head.Files, Connections: make([]diff.Part, len(jobs))}
	var wg sync.WaitGroup
	for i, job := range jobs {
		wg.Go(func() { plan.Connections[i] = planOne(ctx, job, head, observe) })
	}
	wg.Wait()
	var errs *multierror.Error
	seconds := map[string]float64{}
	for i, job := range jobs {
		seconds[job.Connection.Name] = job.Connection.Rate.Write.Interval().Seconds()
		for line := range strings.Lines(plan.Connections[i].Error) {
			errs = multierror.Append(errs, fmt.Errorf("connection %s: %s", job.Connection.Name, strings.TrimSpace(line)))
		}
	}
	plan.Summarize(seconds)
	plan.Seal()
	return plan, errs.ErrorOrNil()
}

func planOne(ctx context.Context, job Job, head Head, observe Observer) diff.Part {
	part := diff.Part{Name: job.Connection.Name, Provider: job.Connection.Provider, Endpoints: job.Connection.Foreign, Targets: job.Targets,
		Changes: []diff.Change{}, Calls: []diff.Call{}, Violations: []diff.Violation{}}
	if job.Err != nil {
		part.Error = job.Err.Error()
		return part
	}
	observe.tell(Reading{job.Connection.Name})
	doubts, err := readDoubts(ctx, head.Store, part.Name)
	if err != nil {
		part.Error = err.Error()
		return part
	}
	live, err := job.Source.Read(ctx, provider.Query{Desired: job.Desired, Partial: len(job.Targets) > 0, Notices: true})
	if err != nil {
		part.Error = err.Error()
		return part
	}
	resending := diff.Resending{Notices: job.Connection.Notices, Now: head.Now, Noted: noted(head.Store),
		Doubted: doubts.about, Retry: head.Retry}
	changes := diff.Compute(job.Desired, live, resending)
	packed := job.Source.Pack(changes, diff.SlackOf(part.Name, job.Desired, live, changes, job.Connection.Packing), !head.NoBound)
	if err := diff.CheckCalls(changes, packed.Calls, job.Source.Shapes()); err != nil {
		part.Error = err.Error()
		return part
	}
	part.Changes = changes
	part.Calls, part.FromHoles, part.LowerBound = append(part.Calls, packed.Calls...), packed.FromHoles, packed.LowerBound
	part.Violations = diff.Check(part.Name, head.Rules, job.Desired, part.Changes, part.Calls, live)
	part.Overrides = part.Override(head.Allow, head.Reason)
	part.Touched = diff.Footings(part.Name, part.Changes, live.State)
	part.Basis, part.Account = diff.Basis(part.Touched), live.Account
	part.LiveGrants, part.Resources, part.Unmanaged = len(live.Grants), len(live.Resources), live.Unmanaged
	part.Notes = slices.Concat(live.Notes, diff.Exhausted(job.Desired, live, resending), diff.Lookalikes(part.Changes))
	return part
}

// tell calls the observer, if there is one.
func (o Observer) tell(e Event) {
	if o != nil {
		o(e)
	}
}
