package apply

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/provider"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// task is one connection's part of a plan, and what it is carried out with.
type task struct {
	part    diff.ConnectionPlan
	job     Job
	desired spec.State
	target  provider.Target
	opts    ApplyOptions
}

// run carries out a task: it has the sender send what is to be sent, reads back, and settles the steps by what it read.
type run struct {
	*task
	steps   *steps
	sender  *sender
	ledger  *ledger
	account string              // whose it is by what was read before the first write; "" where no read told
	failed  diff.Errors         // why the connection can't be used
	stale   []diff.Staleness    // why the plan is none of now
	broken  []diff.Violation    // the rules of now that it breaks, and that nobody allowed
	late    []diff.ChangeResult // what showed only after the writes
	listing *provider.Listing   // lists of the last read-back; nil: nobody needs them again, or something was sent since
	began   time.Time
}

func newRun(part diff.ConnectionPlan, opts ApplyOptions) *run {
	t := &task{part: part, opts: opts}
	steps, ledger := newSteps(part), &ledger{task: t, open: map[int]bool{}}
	return &run{task: t, steps: steps, ledger: ledger, sender: &sender{task: t, steps: steps, ledger: ledger}, began: time.Now()}
}

// rounds is how often changes are sent that the vendor called failed: once more after a read has shown that they were not
// done.
const rounds = 2

// write sends what is to be sent and reads it back.
func (r *run) write(ctx context.Context) {
	r.await(ctx)
	for range rounds {
		unsent := r.steps.unsent()
		if len(unsent) == 0 || r.sender.halted != "" {
			break
		}
		r.send(ctx, unsent)
		if r.opts.NoVerify {
			r.steps.acceptUnverified()
		} else {
			r.verify(ctx, r.steps.waiting())
		}
	}
	r.steps.leaveUnsent(r.sender.halted)
	r.findLate(ctx)
	r.tellBounced(ctx)
	r.ledger.close(ctx, r.steps)
}

// send sends first what creates, then, op after op, what needs nothing that is not there.
func (r *run) send(ctx context.Context, unsent []int) {
	r.listing = nil
	creating := func(i int) bool { return r.part.Changes[i].Op == diff.OpCreate }
	others := slices.DeleteFunc(slices.Clone(unsent), creating)
	if creates := slices.DeleteFunc(unsent, func(i int) bool { return !creating(i) }); len(creates) > 0 {
		r.sender.send(ctx, creates)
		if !r.opts.NoVerify {
			r.verify(ctx, r.steps.where(func(s step) bool { return s.phase == phaseSent && s.fate() != provider.Accepted }))
		}
	}
	r.sender.send(ctx, r.steps.ready(others))
}

// findLate looks for access that nobody planned for: who had a grant on a resource that was open to everyone shows, and
// counts, only once it is closed.
func (r *run) findLate(ctx context.Context) {
	var closed []diff.Change
	for i, c := range r.part.Changes {
		ref := c.Ref(r.part.Name)
		if c.Op == diff.OpUpdate && r.part.Open[ref] && !r.desired.Resources[ref].Open && r.steps.all[i].outcome == diff.Done {
			closed = append(closed, c)
		}
	}
	if len(closed) == 0 || r.opts.NoVerify || ctx.Err() != nil {
		return
	}
	q := provider.ReadBack(r.part.Name, r.desired, closed)
	live, err := provider.Read(ctx, r.target, r.job.Connection, q)
	if err != nil {
		return // the changes themselves were read back; what else there is, the next plan tells
	}
	for _, c := range diff.Compute(q.Desired, live, diff.Resending{Notices: spec.Notices{Off: true}}) {
		if c.Op == diff.OpRevoke && !slices.ContainsFunc(r.part.Changes, func(planned diff.Change) bool { return planned.Key() == c.Key() }) {
			r.late = append(r.late, diff.ChangeResult{Change: &c, Outcome: diff.NotTried,
				Detail: "it showed when the " + string(c.Kind) + " was no longer open to everyone; plan again"})
		}
	}
}

// result is what became of the part. What that confirmed is kept.
func (r *run) result() diff.PartResult {
	out := diff.PartResult{Name: r.part.Name, Provider: r.part.Provider, Errors: r.failed, Notes: r.ledger.notes, Calls: r.sender.calls,
		Matching: r.part.Matching, Unseen: r.part.Unseen}
	if n := r.sender.splits; n > 0 {
		out.Notes = append(out.Notes, fmt.Sprintf("%d calls more were needed to find what the vendor refused", n))
	}
	if n := r.sender.unsplit; n > 0 {
		out.Notes = append(out.Notes, fmt.Sprintf("%d changes were refused together with others and may be right: after %d calls no more"+
			" are spent in one run on finding out; mend what is refused alone, then apply again: it goes on with what is left", n, maxSplits))
	}
	out.Changes = append(r.steps.results(len(r.failed) == 0), r.late...)
	for i := range out.Changes {
		if c := &out.Changes[i]; c.Op == diff.OpGrant && c.Outcome.Clean() {
			out.Matching++
		}
	}
	if len(r.failed) > 0 || r.opts.Session == nil || r.opts.Spec != r.opts.Plan.Spec || r.opts.NoVerify {
		return out
	}
	if err := keepConfirmed(r.opts.Session.store, r.part, r.desired, out.Changes); err != nil {
		out.Notes = append(out.Notes, "what was confirmed could not be kept for drift: "+err.Error())
	}
	return out
}
