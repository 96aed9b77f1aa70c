package apply

import (
	"context"
	"errors"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/provider"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// send sends what is open: first what creates, then, op after op, what needs nothing that is not there.
func (r *run) send(ctx context.Context, open []int) {
	creating := func(i int) bool { return r.part.Changes[i].Op == diff.OpCreate }
	others := slices.DeleteFunc(slices.Clone(open), creating)
	if creates := slices.DeleteFunc(slices.Clone(open), func(i int) bool { return !creating(i) }); len(creates) > 0 {
		r.sendAll(ctx, creates)
		if !r.opts.NoVerify {
			r.verify(ctx, r.where(func(s step) bool { return waiting(s) && s.fate != provider.Accepted }))
		}
	}
	r.sendAll(ctx, r.ready(others))
}

// ready leaves out the changes on resources that this plan was to create and that are not there yet.
func (r *run) ready(indexes []int) []int {
	lacking := map[spec.Ref]bool{}
	for i, c := range r.part.Changes {
		s := r.steps[i]
		if c.Op == diff.OpCreate && !s.outcome.Clean() && !(waiting(s) && s.fate == provider.Accepted) {
			lacking[c.Ref(r.part.Name)] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(indexes), func(i int) bool { return lacking[r.part.Changes[i].Ref(r.part.Name)] })
}

// sendAll sends the calls that carry the changes, phase after phase: what gives access before what takes it.
func (r *run) sendAll(ctx context.Context, indexes []int) {
	calls := r.callsFor(indexes)
	for start := 0; start < len(calls); {
		end := start + 1
		for end < len(calls) && r.phaseOf(calls[end]) == r.phaseOf(calls[start]) {
			end++
		}
		var group errgroup.Group
		group.SetLimit(max(1, r.opts.Parallelism))
		for n := start; n < end; n++ {
			group.Go(func() error {
				r.carry(ctx, n+1, len(calls), calls[n])
				return nil
			})
		}
		_ = group.Wait() // carry reports through steps
		start = end
	}
}

// phase is what calls have in common that may be in flight side by side.
type phase struct {
	op    diff.Op // of the first change
	takes bool    // they take more than they give, as calls that do both may
}

func (r *run) phaseOf(call diff.Call) phase {
	given := 0
	for _, i := range call.Changes {
		switch r.part.Changes[i].Op {
		case diff.OpGrant:
			given++
		case diff.OpRevoke:
			given--
		}
	}
	return phase{r.part.Changes[call.Changes[0]].Op, given < 0}
}

// callsFor returns the plan's own calls where they carry just these changes: those are what was shown. Anything else is
// packed anew, without any slack; should that not give what was asked for, nothing more is sent.
func (r *run) callsFor(indexes []int) []diff.Call {
	wanted := make(map[int]bool, len(indexes))
	for _, i := range indexes {
		wanted[i] = true
	}
	var calls []diff.Call
	carried := 0
	for _, call := range r.part.Calls {
		if !slices.ContainsFunc(call.Changes, func(i int) bool { return !wanted[i] }) {
			calls, carried = append(calls, call), carried+len(call.Changes)
		}
	}
	if carried == len(indexes) {
		return calls
	}
	left := r.changes(indexes)
	calls = r.target.Pack(left, diff.Slack{}, false).Calls
	if err := diff.CheckCalls(left, calls, r.target.Shapes()); err != nil {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.halted = err.Error()
		return nil
	}
	for _, call := range calls {
		for k, at := range call.Changes {
			call.Changes[k] = indexes[at]
		}
	}
	return calls
}

// carry sends one call, and what it is cut into where the vendor refused it and one row may be the cause.
func (r *run) carry(ctx context.Context, index, of int, call diff.Call) {
	event := CallStarted{r.part.Name, call.Name, index, of, len(call.Changes)}
	if refusal, _ := r.transmit(ctx, event, call); refusal != nil {
		r.split(ctx, event, *refusal, byResource)
	}
}

// transmit sends one call, unless nothing more may be sent, and notes its fate. It is the only place where something is
// written.
func (r *run) transmit(ctx context.Context, event CallStarted, call diff.Call) (refusal *refusedCall, sent bool) {
	number, ok := r.begin(ctx)
	if !ok {
		return nil, false
	}
	changes := append(r.changes(call.Changes), call.Extra...)
	said := announcement{number: number, call: call.Name, changes: changes}
	event.Changes = len(call.Changes)
	r.opts.Observe.tell(event)
	err := r.target.Do(ctx, call.Name, changes, func() error { return r.announce(ctx, &said) })
	r.opts.Observe.tell(CallDone{event, err})
	if said.err != nil {
		r.withhold(number, said.err)
		return nil, false
	}
	r.conclude(ctx, said, err)
	if provider.FailureOf(err).OneRow {
		return &refusedCall{call, number, err}, true
	}
	r.end(ctx, number, call.Changes, err)
	return nil, true
}

// begin numbers the call, unless nothing more may be sent.
func (r *run) begin(ctx context.Context) (number int, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if ctx.Err() != nil {
		r.halt(ctx)
	}
	if r.halted != "" {
		return 0, false
	}
	r.calls++
	r.open[r.calls] = true
	return r.calls, true
}

// withhold ends a call that was not sent because it could not be written down; nor is any other.
func (r *run) withhold(number int, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.open, number)
	r.calls--
	r.unwritten = err
	r.halted = err.Error()
}

func (r *run) halt(ctx context.Context) {
	r.halted = "the run's time was over" // or would be before the next call's turn
	if ctx.Err() != nil && !errors.Is(context.Cause(ctx), context.DeadlineExceeded) {
		r.halted = "the run was interrupted"
	}
}

// end notes the fate of a call's changes.
func (r *run) end(ctx context.Context, number int, indexes []int, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	failure := provider.FailureOf(err)
	if failure.Fate == provider.NotDone && failure.OutOfTime { // it was still waiting for its turn
		r.halt(ctx)
		r.calls--
		return
	}
	if failure.Unauthorized {
		r.halted = "the vendor does not accept our credentials"
	}
	for _, i := range indexes {
		s := &r.steps[i]
		s.call, s.fate, s.detail, s.again = number, failure.Fate, "", false
		if err != nil {
			s.detail = err.Error()
		}
	}
}
