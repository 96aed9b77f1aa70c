package apply

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// run carries out one connection's part of a plan.
type run struct {
	part   diff.Part
	target Target
	opts   Options
	failed string   // why the connection can't be used
	moved  []string // what makes the plan stale

	mu     sync.Mutex // calls in flight side by side report here
	steps  []step     // one for each change
	calls  int        // sent so far
	halted string     // why nothing more is sent
}

// step is how far one change has come.
type step struct {
	outcome diff.Outcome // "" while it is open
	detail  string
	call    int  // number of the call that carried it; 0: none yet
	unsure  bool // the call ended without a usable answer
}

func newRun(part diff.Part, opts Options) *run {
	r := &run{part: part, opts: opts, steps: make([]step, len(part.Changes))}
	for i, c := range part.Changes {
		if c.Problem != "" {
			r.steps[i] = step{outcome: diff.Blocked, detail: c.Problem}
		}
	}
	return r
}

// changes returns the changes at the given indexes.
func (r *run) changes(indexes []int) []diff.Change {
	out := make([]diff.Change, len(indexes))
	for n, i := range indexes {
		out[n] = r.part.Changes[i]
	}
	return out
}

// where lists the changes whose step is as wanted.
func (r *run) where(is func(step) bool) []int {
	var indexes []int
	for i, s := range r.steps {
		if is(s) {
			indexes = append(indexes, i)
		}
	}
	return indexes
}

func unsent(s step) bool  { return s.outcome == "" && s.call == 0 }
func waiting(s step) bool { return s.outcome == "" && s.call > 0 }

// reread drops what live already shows, and notes what others changed.
func (r *run) reread(ctx context.Context) {
	if len(r.part.Changes) == 0 {
		return
	}
	r.opts.Observe.tell(Reading{r.part.Name})
	live, err := r.target.Read(ctx, diff.Wanted(r.part.Name, r.part.Changes))
	if err != nil {
		r.failed = err.Error()
		return
	}
	r.moved = append(r.moved, diff.Moved(r.part.Touched, diff.Footings(r.part.Name, r.part.Changes, live.State))...)
	for _, i := range r.where(unsent) {
		c := r.part.Changes[i]
		if diff.Satisfied(r.part.Name, c, live) {
			r.steps[i].outcome = diff.Already
		} else if problem := live.Problems[c.Subject]; c.Op == diff.OpGrant && problem != "" {
			r.steps[i].outcome, r.steps[i].detail = diff.Blocked, problem
		}
	}
}

// rounds is how often changes whose call had no usable answer are sent: once more after a read has shown that they were
// not done.
const rounds = 2

// write sends what is open and reads it back.
func (r *run) write(ctx context.Context) {
	for range rounds {
		open := r.where(unsent)
		if len(open) == 0 {
			break
		}
		r.send(ctx, open)
		if r.opts.NoVerify {
			r.believe()
		} else {
			r.verify(ctx, r.where(waiting))
		}
	}
	for _, i := range r.where(unsent) {
		if r.steps[i].unsure {
			r.settle(i, diff.Unknown, r.steps[i].detail+"; live does not show it")
		} else {
			r.settle(i, diff.NotTried, r.halted)
		}
	}
}

// send sends the calls that carry the open changes, op after op: what gives access before what takes it.
func (r *run) send(ctx context.Context, open []int) {
	calls := r.callsFor(open)
	op := func(call diff.Call) diff.Op { return r.part.Changes[call.Changes[0]].Op }
	for start := 0; start < len(calls); {
		end := start + 1
		for end < len(calls) && op(calls[end]) == op(calls[start]) {
			end++
		}
		r.phase(ctx, calls, start, end)
		if op(calls[start]) == diff.OpCreate && !r.opts.NoVerify { // what follows needs to know whether its resource is there
			r.verify(ctx, r.where(func(s step) bool { return waiting(s) && s.unsure }))
		}
		start = end
	}
}

// callsFor returns the plan's own calls when nothing of it is done yet: those are what was shown. What is left of a plan is
// packed anew, without any slack.
func (r *run) callsFor(open []int) []diff.Call {
	carried := 0
	for _, call := range r.part.Calls {
		carried += len(call.Changes)
	}
	if len(open) == carried {
		return r.part.Calls
	}
	calls := r.target.Pack(r.changes(open), diff.Slack{}, false).Calls
	for _, call := range calls {
		for k, at := range call.Changes {
			call.Changes[k] = open[at]
		}
	}
	return calls
}

// phase sends calls[start:end].
func (r *run) phase(ctx context.Context, calls []diff.Call, start, end int) {
	var group errgroup.Group
	group.SetLimit(max(1, r.opts.Parallelism))
	for n := start; n < end; n++ {
		group.Go(func() error {
			r.carry(ctx, CallStarted{r.part.Name, calls[n].Name, n + 1, len(calls), len(calls[n].Changes)}, calls[n])
			return nil
		})
	}
	_ = group.Wait() // carry reports through steps
}

// carry sends one call and notes its fate. It is the only place where something is written.
func (r *run) carry(ctx context.Context, event CallStarted, call diff.Call) {
	number, ok := r.begin(ctx, call.Changes)
	if !ok {
		return
	}
	r.opts.Observe.tell(event)
	err := r.target.Do(ctx, call.Name, append(r.changes(call.Changes), call.Extra...))
	r.opts.Observe.tell(CallDone{event, err})
	r.end(ctx, number, call.Changes, err)
}

// begin numbers the call, unless nothing more may be sent.
func (r *run) begin(ctx context.Context, indexes []int) (number int, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if ctx.Err() != nil {
		r.halt(ctx)
	}
	if r.halted != "" {
		return 0, false
	}
	if missing, lacks := r.uncreated(indexes); lacks {
		for _, i := range indexes {
			r.settle(i, diff.NotTried, fmt.Sprintf("%s was not created", missing))
		}
		return 0, false
	}
	r.calls++
	return r.calls, true
}

// uncreated finds a resource of the changes that this plan was to create and did not.
func (r *run) uncreated(indexes []int) (spec.Ref, bool) {
	failed := map[spec.Ref]bool{}
	for i, c := range r.part.Changes {
		if o := r.steps[i].outcome; c.Op == diff.OpCreate && (o == diff.Refused || o == diff.Unknown || o == diff.NotTried) {
			failed[c.Ref(r.part.Name)] = true
		}
	}
	for _, i := range indexes {
		if ref := r.part.Changes[i].Ref(r.part.Name); failed[ref] && r.part.Changes[i].Op != diff.OpCreate {
			return ref, true
		}
	}
	return spec.Ref{}, false
}

func (r *run) halt(ctx context.Context) {
	r.halted = "the run was interrupted"
	if errors.Is(context.Cause(ctx), context.DeadlineExceeded) {
		r.halted = "the run's time was over"
	}
}

// end notes the fate of a call's changes.
func (r *run) end(ctx context.Context, number int, indexes []int, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err != nil && notDone(err) && ctx.Err() != nil { // it was still waiting for its turn
		r.halt(ctx)
		r.calls--
		return
	}
	if unauthorized(err) {
		r.halted = "the vendor does not accept our credentials"
	}
	for _, i := range indexes {
		s := &r.steps[i]
		s.call, s.unsure = number, err != nil
		if err != nil {
			s.detail = err.Error()
		}
		if err != nil && notDone(err) {
			s.outcome = diff.Refused
		}
	}
}

func (r *run) settle(i int, outcome diff.Outcome, detail string) {
	r.steps[i].outcome, r.steps[i].detail = outcome, detail
}

// result is what became of the part.
func (r *run) result() diff.PartResult {
	out := diff.PartResult{Name: r.part.Name, Provider: r.part.Provider, Error: r.failed, Notes: r.part.Notes, Calls: r.calls,
		Changes: make([]diff.ChangeResult, len(r.steps))}
	for i, s := range r.steps {
		if r.failed != "" && s.outcome == "" {
			s = step{outcome: diff.NotTried, detail: "the connection can't be used"}
		}
		if s.outcome == diff.Done || s.outcome == diff.Already {
			s.detail = ""
		}
		out.Changes[i] = diff.ChangeResult{Change: r.part.Changes[i], Outcome: s.outcome, Detail: s.detail}
	}
	return out
}
