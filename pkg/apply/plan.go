package apply

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/hashicorp/go-multierror"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/provider"
	"github.com/entitlectl/entitlectl/pkg/spec"
	"github.com/entitlectl/entitlectl/pkg/store"
)

// PlanOptions are what a plan is made from beside what is read, and how.
type PlanOptions struct {
	Jobs    []Job
	Observe Observer
	Created time.Time
	Now     time.Time // the moment that the desired states were cut to
	Spec    string    // digest of the files
	Files   []string
	Rules   spec.Rules
	Store   store.Store // nil: what earlier runs did is known from the vendor alone
	NoBound bool        // leave out the lower bound of calls, which can take longer than the plan itself
	Full    bool        // ask for all mails, whatever earlier runs saw
	Retry   bool        // send again what an earlier run reported as unknown
	Allow   []string    // rules that the plan may break, of diff.Allowable; what it really breaks of them stands in it
	Reason  string      // of Allow; may be ""
	Outside bool        // name what is there and no file lists, of all kinds, for which all lists are read whole
}

// Plan reads every connection, side by side, and returns what has to change. A connection that can't be read has its errors
// in the plan and in the returned error; the others are planned all the same.
func Plan(ctx context.Context, opts PlanOptions) (*diff.Plan, error) {
	plan := &diff.Plan{Format: diff.FormatVersion, Created: opts.Created.UTC(), Now: opts.Now.UTC(), Spec: opts.Spec,
		Files: opts.Files, Connections: make([]diff.ConnectionPlan, len(opts.Jobs))}
	var wg sync.WaitGroup
	for i, job := range opts.Jobs {
		wg.Go(func() { plan.Connections[i] = planOne(ctx, job, opts) })
	}
	wg.Wait()
	apart(plan.Connections)
	var errs *multierror.Error
	seconds := map[string]float64{}
	for i, job := range opts.Jobs {
		seconds[job.Connection.Name] = job.Connection.Rate.Write.Interval().Seconds()
		for _, err := range plan.Connections[i].Errors {
			errs = multierror.Append(errs, of(job.Connection.Name, err))
		}
	}
	plan.Summarize(seconds)
	plan.Seal()
	return plan, errs.ErrorOrNil()
}

// of names the connection of an error. One about a place in the files still begins with that place.
func of(connection string, err error) error {
	if placed := (*spec.Error)(nil); errors.As(err, &placed) && placed.File != "" {
		said := *placed
		said.What = "connection " + connection + ": " + said.What
		return &said
	}
	return fmt.Errorf("connection %s: %w", connection, err)
}

func planOne(ctx context.Context, job Job, opts PlanOptions) diff.ConnectionPlan {
	part := diff.ConnectionPlan{Name: job.Connection.Name, Provider: job.Connection.Provider, Endpoints: job.Connection.Foreign, Targets: job.Targets,
		Changes: []diff.Change{}, Calls: []diff.Call{}, Violations: []diff.Violation{}}
	part.Errors = diff.ErrorsOf(fill(ctx, &part, job, opts))
	return part
}

// fill reads what is live of a connection and fills in what has to change. After an error it filled in nothing.
func fill(ctx context.Context, part *diff.ConnectionPlan, job Job, opts PlanOptions) error {
	if job.Err != nil {
		return job.Err
	}
	doubts, err := readDoubts(ctx, opts.Store, part.Name)
	if err != nil {
		return err
	}
	q := question(job, opts)
	live, notAsked, err := look(ctx, part.Name, job, q, opts)
	if err != nil {
		return err
	}
	resending := diff.Resending{Notices: job.Connection.Notices, Now: opts.Now, Noted: noted(opts.Store, opts.Now),
		Doubted: doubts.about, Retry: opts.Retry, InDoubt: mailInDoubt, GivenUp: givenUp}
	compared := diff.Compare(job.Desired, live)
	if err := fillChanges(part, job, compared, live, resending, !opts.NoBound); err != nil {
		return err
	}
	part.Violations = diff.Check(part.Name, opts.Rules, job.Desired, part.Changes, part.Calls, live)
	part.Violations = append(part.Violations, diff.CheckMailed(opts.Rules, part.Changes, part.Calls, mailsTo(opts.Store, part.Name))...)
	part.Overrides = part.Override(opts.Allow, opts.Reason)
	part.Touched = diff.Fingerprints(part.Name, part.Changes, live)
	part.Basis, part.Account, part.Open = diff.Basis(part.Touched), live.Account, live.Open()
	part.LiveNames, part.NotAsked = live.LiveNames, notAsked
	part.Matching, part.Unseen = compared.Seen()
	part.LiveGrants, part.Resources, part.Unmanaged = live.Grants.Len(), len(live.Resources), live.Unmanaged
	part.Outside = outside(ctx, job, q)
	part.Notes = slices.Concat(live.Notes, notes(compared.Unsent(resending), unsent),
		notes(diff.Lookalikes(part.Changes), lookalike), notes(compared.Respellings(), respelling))
	return nil
}

// fillChanges fills in the changes, and the calls that carry them. With bound it also finds how few calls there could be.
func fillChanges(part *diff.ConnectionPlan, job Job, compared *diff.Comparison, live diff.Live, resending diff.Resending, bound bool) error {
	about := func(changes []diff.Change) []diff.Change {
		if job.People == nil {
			return changes
		}
		return diff.About(changes, job.People)
	}
	changes := about(compared.Changes(resending))
	packed := job.Source.Pack(changes, diff.AllowanceOf(part.Name, job.Desired, live, changes, job.Connection.Packing), bound)
	if err := diff.CheckCalls(changes, packed.Calls, job.Source.Shapes()); err != nil {
		return err
	}
	part.Changes, part.Calls = changes, append(part.Calls, packed.Calls...)
	part.FromHoles, part.LowerBound = packed.FromHoles, packed.LowerBound
	if job.Base != nil {
		part.Kept = about(compared.HoldAgainst(changes, *job.Base, resending))
	}
	return nil
}

// question is what a plan asks about a connection. Where the files were filtered, nobody asks what else there is.
func question(job Job, opts PlanOptions) provider.Query {
	q := provider.Query{Desired: job.Desired, Partial: job.partial(), Notices: true, Listing: job.Listing,
		Looks: readLooks(opts.Store, job.Connection.Name, opts.Full), All: opts.Outside && len(job.Targets) == 0}
	if q.All && q.Listing == nil {
		q.Listing = provider.NewListing(false)
	}
	return q
}

// look reads what is live, keeps what was looked at when, and tells what was not asked because of earlier looks.
func look(ctx context.Context, name string, job Job, q provider.Query, opts PlanOptions) (diff.Live, *diff.NotAsked, error) {
	opts.Observe.tell(reading(job, q))
	live, err := provider.Read(ctx, job.Source, job.Connection, q)
	if err != nil {
		return live, nil, err
	}
	keepLooks(opts.Store, name, q.Looks)
	done := readingDone(name, q.Looks)
	opts.Observe.tell(done)
	if done.Spared == 0 {
		return live, nil, nil
	}
	return live, &diff.NotAsked{Resources: done.Spared, Since: done.Since}, nil
}

// outside names what the files leave alone, by the lists that were read for the plan and those of other kinds.
func outside(ctx context.Context, job Job, q provider.Query) diff.Outside {
	lister, lists := job.Source.(provider.Lister)
	if !q.All || !lists {
		return diff.OutsideOf(job.Desired, nil, nil)
	}
	all, err := lister.Refs(ctx, q.Listing)
	return diff.OutsideOf(job.Desired, all, err)
}

// tell calls the observer, if there is one.
func (o Observer) tell(e Event) {
	if o != nil {
		o(e)
	}
}
