package apply

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/provider"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// run carries out one connection's part of a plan.
type run struct {
	part    diff.Part
	desired spec.State
	target  provider.Target
	opts    ApplyOptions
	journal *journal
	doubts  doubts      // what earlier runs may have done
	failed  diff.Errors // why the connection can't be used
	moved   []string    // what makes the plan stale

	mu        sync.Mutex          // calls in flight side by side report here
	steps     []step              // one for each change
	calls     int                 // sent so far
	splits    int                 // of these, the ones that were needed to find what the vendor refused
	unsplit   int                 // changes that were refused together and that no more such calls were spent on
	open      map[int]bool        // calls that the journal does not call settled
	halted    string              // why nothing more is sent
	unwritten error               // why a call could not be written down, and so was not sent
	notes     []string            // what the reader of the result must know
	late      []diff.ChangeResult // what showed only after the writes
}

// step is how far one change has come.
type step struct {
	outcome diff.Outcome // "" while it is open
	detail  string
	call    int // number of the call that carried it last; 0: none yet
	fate    provider.Fate
	again   bool // that call failed, and a read showed that it was not done: it is to be sent again
}

func newRun(part diff.Part, opts ApplyOptions) *run {
	r := &run{part: part, opts: opts, steps: make([]step, len(part.Changes)), open: map[int]bool{}}
	for i, c := range part.Changes {
		switch {
		case c.Unsure:
			r.steps[i] = step{outcome: diff.Unknown, detail: c.Problem}
		case c.Problem != "":
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

func unsent(s step) bool  { return s.outcome == "" && (s.call == 0 || s.again) }
func waiting(s step) bool { return s.outcome == "" && s.call > 0 && !s.again }

func (r *run) settle(i int, outcome diff.Outcome, detail string) {
	r.steps[i].outcome, r.steps[i].detail = outcome, detail
}

// reread drops what live already shows, and notes what others changed.
func (r *run) reread(ctx context.Context) {
	if len(r.part.Changes) == 0 {
		return
	}
	r.opts.Observe.tell(Reading{r.part.Name})
	live, err := r.target.Read(ctx, provider.Touched(r.part.Name, r.desired, r.part.Changes))
	if err != nil {
		r.failed = diff.ErrorsOf(err)
		return
	}
	r.moved = append(r.moved, diff.Strangers(r.part, r.desired, live)...)
	r.skip(r.where(unsent), live)
	r.holdBack(live)
}

// holdBack does not send what a run since the plan was made may have mailed: the plan does not know of that.
func (r *run) holdBack(live diff.Live) {
	for _, i := range r.where(unsent) {
		c := r.part.Changes[i]
		at, ok := r.doubts.about(c)
		news := ok && c.Doubt != diff.DoubtOf(at)
		if c.Op == diff.OpResend && news || diff.Tried(r.part.Name, c, live) {
			r.settle(i, diff.Unknown, diff.DoubtfulMail)
		}
	}
}

// skip drops the changes that live shows, and those that live says can't be made.
func (r *run) skip(indexes []int, live diff.Live) {
	for _, i := range indexes {
		c := r.part.Changes[i]
		if diff.Satisfied(r.part.Name, c, live) {
			r.settle(i, diff.Already, "")
		} else if problem := live.Problems[c.Subject]; c.Op == diff.OpGrant && problem != "" {
			r.settle(i, diff.Blocked, problem)
		}
	}
}

// rounds is how often changes are sent that the vendor called failed: once more after a read has shown that they were not
// done.
const rounds = 2

// write sends what is open and reads it back.
func (r *run) write(ctx context.Context) {
	r.await(ctx)
	for range rounds {
		open := r.where(unsent)
		if len(open) == 0 || r.halted != "" {
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
		switch {
		case r.steps[i].again:
			r.settle(i, diff.Unknown, r.steps[i].detail+"; live does not show it")
		case r.halted != "":
			r.settle(i, diff.NotTried, r.halted)
		default:
			r.settle(i, diff.NotTried, r.part.Changes[i].Ref(r.part.Name).String()+" was not created")
		}
	}
	r.findLate(ctx)
	if err := r.close(ctx); err != nil {
		r.notes = append(r.notes, err.Error())
	}
}

// findLate looks for access that nobody planned for: who had been assigned to an app shows, and counts, only once the app
// is no longer open to everyone.
func (r *run) findLate(ctx context.Context) {
	var closed []diff.Change
	for i, c := range r.part.Changes {
		if c.Op == diff.OpUpdate && c.To == spec.Assigned && r.steps[i].outcome == diff.Done {
			closed = append(closed, c)
		}
	}
	if len(closed) == 0 || r.opts.NoVerify || ctx.Err() != nil {
		return
	}
	q := provider.ReadBack(r.part.Name, r.desired, closed)
	live, err := r.target.Read(ctx, q)
	if err != nil {
		return // the changes themselves were read back; what else there is, the next plan tells
	}
	for _, c := range diff.Compute(q.Desired, live, diff.Resending{Notices: spec.Notices{Off: true}}) {
		if c.Op == diff.OpRevoke && !slices.Contains(r.part.Changes, c) {
			r.late = append(r.late, diff.ChangeResult{Change: c, Outcome: diff.NotTried,
				Detail: "it showed when the app was no longer open to everyone; plan again"})
		}
	}
}

// result is what became of the part.
func (r *run) result() diff.PartResult {
	out := diff.PartResult{Name: r.part.Name, Provider: r.part.Provider, Errors: r.failed, Notes: r.notes,
		Calls: r.calls, Changes: make([]diff.ChangeResult, len(r.steps))}
	if r.splits > 0 {
		out.Notes = append(out.Notes, fmt.Sprintf("%d calls more were needed to find what the vendor refused", r.splits))
	}
	if r.unsplit > 0 {
		out.Notes = append(out.Notes, fmt.Sprintf("%d changes were refused together with others and may be right: after %d calls no more are spent in one run"+
			" on finding out; mend what is refused alone, then apply again: it goes on with what is left", r.unsplit, maxSplits))
	}
	for i, s := range r.steps {
		if len(r.failed) > 0 && s.outcome == "" {
			s = step{outcome: diff.NotTried, detail: "the connection can't be used"}
		}
		if s.outcome.Clean() {
			s.detail = ""
		}
		out.Changes[i] = diff.ChangeResult{Change: r.part.Changes[i], Outcome: s.outcome, Detail: s.detail}
	}
	out.Changes = append(out.Changes, r.late...)
	return out
}
