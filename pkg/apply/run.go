package apply

import (
	"cmp"
	"context"
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

// ApplyOptions are what is to be carried out, and the choices of the run.
type ApplyOptions struct {
	Plan *diff.Plan
	Jobs []Job
	// Reread judges the plan again before the first write, by what live state is then: for all plans but those that were made
	// this very moment.
	Reread      bool
	Full        bool // ask for all mails when it judges the plan again
	Saved       bool // the plan was made before Session was begun, and may not know what other runs left in doubt since
	Parallelism int  // calls in flight per connection; 0 means 1. With more, equal plans may send in different orders
	NoVerify    bool // take the vendor's word for it
	Observe     Observer
	Settle      time.Duration    // how long a write may take to show in reads; 0: DefaultSettle
	Session     *Session         // nil: no lock, no journal, and nothing is noted for later runs
	Spec        string           // digest of the files that the jobs come from
	Rules       spec.Rules       // of now, which a plan that is read again is held against
	Allow       []string         // rules that whoever applies allows to be broken, beside the plan's overrides
	Now         time.Time        // the moment that the run judges by; zero: the present
	Reason      string           // why the run is made, for the history
	Overrides   []store.Override // what it is allowed to break, for the history
	Claims      store.Claims     // what it was told of the change, for the history
	Made        *diff.Plan       // the plan as it was made, with its own overrides, for the history; nil: Plan is
	// Finished says whether a result leaves nothing that should have been done, for the history. nil: where all of it is clean.
	Finished func(*diff.Result) bool
}

// Apply carries the plan out and returns what became of each change. Connections run side by side. An error means that
// nothing was written: the plan is stale (*StaleError) or breaks rules of now (*RefusedError), no connection could be read or
// used, or what is sent can't be written down; with a result beside it the plan was carried out and only the history lacks its
// end. When ctx ends, the call in flight is finished and read back, and the rest is NotTried.
func Apply(ctx context.Context, opts ApplyOptions) (*diff.Result, error) {
	runs, err := open(ctx, opts)
	if err != nil {
		return nil, err
	}
	if opts.Reread {
		each(runs, func(r *run) { r.reread(ctx) })
	}
	if err := cmp.Or(shared(runs), stale(runs), refused(runs), allFailed(runs)); err != nil {
		return nil, err
	}
	writes := slices.ContainsFunc(runs, func(r *run) bool { return len(r.failed) == 0 && len(r.steps.unsent()) > 0 })
	if writes {
		if err := opts.Session.started(ctx, opts); err != nil {
			return nil, err
		}
	}
	each(runs, func(r *run) { r.write(ctx) })
	if err := unwritten(runs); err != nil {
		return nil, err
	}
	result := &diff.Result{Format: diff.FormatVersion, Plan: opts.Plan.ID, Connections: spec.Each(runs, (*run).result)}
	result.Summarize()
	if writes {
		err = opts.Session.ended(ctx, result, opts)
	}
	return result, err
}

// unwritten returns an error when nothing was sent because nothing could be written down.
func unwritten(runs []*run) (err error) {
	for _, r := range runs {
		if r.sender.calls > 0 {
			return nil
		}
		err = cmp.Or(err, r.sender.unwritten)
	}
	return err
}

// open finds the target of each part of the plan.
func open(ctx context.Context, opts ApplyOptions) ([]*run, error) {
	runs := make([]*run, len(opts.Plan.Connections))
	for i, part := range opts.Plan.Connections {
		at := slices.IndexFunc(opts.Jobs, func(j Job) bool { return j.Connection.Name == part.Name })
		if at < 0 {
			return nil, fmt.Errorf("the plan is about connection %q, which the files do not have; plan again", part.Name)
		}
		runs[i] = newRun(part, opts)
		if err := runs[i].open(ctx, opts.Jobs[at]); err != nil {
			return nil, err
		}
	}
	return runs, nil
}

// open finds what the part is carried out with. A connection that can't be used is noted as failed.
func (r *run) open(ctx context.Context, job Job) error {
	target, writes := job.Source.(provider.Target)
	switch {
	case len(r.part.Errors) > 0:
		r.failed = r.part.Errors
		return nil
	case job.Err != nil:
		r.failed = diff.ErrorsOf(job.Err)
		return nil
	case job.Connection.Provider != r.part.Provider:
		return fmt.Errorf("connection %q is at %s in the plan and at %s in the files; plan again", r.part.Name, r.part.Provider, job.Connection.Provider)
	case !writes:
		return fmt.Errorf("connection %q was opened for reading only", r.part.Name)
	}
	if err := diff.CheckCalls(r.part.Changes, r.part.Calls, target.Shapes()); err != nil {
		return fmt.Errorf("connection %s: %w", r.part.Name, err)
	}
	r.target, r.job, r.desired = target, job, job.Desired
	return r.ledger.remember(ctx)
}

func each(runs []*run, do func(*run)) {
	var wg sync.WaitGroup
	for _, r := range runs {
		if len(r.failed) == 0 {
			wg.Go(func() { do(r) })
		}
	}
	wg.Wait()
}

// allFailed returns an error when every connection failed, so that nothing can be written.
func allFailed(runs []*run) error {
	var errs *multierror.Error
	for _, r := range runs {
		if len(r.failed) == 0 {
			return nil
		}
		for _, err := range r.failed {
			errs = multierror.Append(errs, fmt.Errorf("connection %s: %w", r.part.Name, err))
		}
	}
	return errs.ErrorOrNil()
}
