package apply

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/provider"
)

// DefaultSettle is longer than the 20 s after which a vendor's mail records show.
const DefaultSettle = 30 * time.Second

// pauses are the waits between reads for what does not show up at once, as shares of the time that a run allows for it.
var pauses = []time.Duration{1, 2, 4, 8, 15}

func (o ApplyOptions) settle() time.Duration { return cmp.Or(o.Settle, DefaultSettle) }

// pause is the wait after a read, counted from 0.
func (o ApplyOptions) pause(attempt int) time.Duration {
	return pauses[min(attempt, len(pauses)-1)] * o.settle() / 30
}

// lastRead bounds the one read that an interrupted run still makes, so that its report is true.
const lastRead = 30 * time.Second

// believe takes the vendor's word for what was sent.
func (r *run) believe() {
	for _, i := range r.where(waiting) {
		switch r.steps[i].fate {
		case provider.Accepted:
			r.settle(i, diff.Done, "")
		case provider.NotDone:
			r.settle(i, diff.Refused, r.steps[i].detail)
		default:
			r.settle(i, diff.Unknown, r.steps[i].detail)
		}
	}
}

// verify reads the touched things back until everything sent is accounted for. What the vendor accepted and did not do is
// Refused; what can't be seen in time is Unknown, or is open again where the vendor called it failed and a read shows that
// it was not done. A read that fails is tried again like one that does not show it yet.
func (r *run) verify(ctx context.Context, watched []int) {
	var unread error // why the last read failed
	for attempt := 0; len(watched) > 0; attempt++ {
		r.opts.Observe.tell(Verifying{r.part.Name, attempt + 1})
		var live diff.Live
		if live, unread = r.readBack(ctx, watched); unread == nil {
			watched = r.sort(watched, live)
		} else {
			watched = r.sortUnread(watched)
		}
		if attempt == len(pauses) || provider.FailureOf(unread).Unauthorized || len(watched) > 0 && !pause(ctx, r.opts.pause(attempt)) {
			break
		}
	}
	for _, i := range watched {
		if unread != nil {
			r.settle(i, diff.Unknown, fmt.Sprintf("sent, but it could not be read back: %v", unread))
		} else {
			r.giveUp(ctx, i)
		}
	}
}

// readBack reads what the changes touch. A run that is interrupted, even in the middle of a read, still reads once.
func (r *run) readBack(ctx context.Context, watched []int) (diff.Live, error) {
	q := provider.ReadBack(r.part.Name, r.desired, r.changes(watched))
	if ctx.Err() == nil {
		if live, err := r.target.Read(ctx, q); err == nil || ctx.Err() == nil {
			return live, err
		}
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastRead)
	defer cancel()
	return r.target.Read(last, q)
}

// sortUnread settles what needs no read and returns the others.
func (r *run) sortUnread(watched []int) []int {
	var open []int
	for _, i := range watched {
		if r.steps[i].fate == provider.NotDone {
			r.settle(i, diff.Refused, r.steps[i].detail)
		} else {
			open = append(open, i)
		}
	}
	return open
}

// sort settles the changes that live tells about and returns the others. That some changes of a call showed and others do
// not in the next read is the vendor leaving those out, if it accepted the call and the list that lacks them is whole. One
// read can't tell: its lists are of different moments.
func (r *run) sort(watched []int, live diff.Live) []int {
	shown := map[int]bool{} // calls of which an earlier read showed something
	for _, s := range r.steps {
		shown[s.call] = shown[s.call] || s.outcome == diff.Done
	}
	var missing []int
	for _, i := range watched {
		if diff.Satisfied(r.part.Name, r.part.Changes[i], live) {
			r.settle(i, diff.Done, "")
		} else {
			missing = append(missing, i)
		}
	}
	var open []int
	for _, i := range missing {
		c, s := r.part.Changes[i], r.steps[i]
		problem := live.Problems[c.Subject]
		switch {
		case s.fate == provider.NotDone:
			r.settle(i, diff.Refused, s.detail)
		case c.Op == diff.OpGrant && problem != "":
			r.settle(i, diff.Refused, problem)
		case s.fate == provider.Accepted && shown[s.call] && live.Resources[c.Ref(r.part.Name)].Incomplete == "":
			r.settle(i, diff.Refused, "the vendor carried out the rest of its call and left this out")
		default:
			open = append(open, i)
		}
	}
	return open
}

// giveUp ends the wait for a change that does not show. Only where the vendor itself called the call failed is it open
// again: a call without an answer may yet be carried out. One whose whole purpose is a mail is left at that.
func (r *run) giveUp(ctx context.Context, i int) {
	s, c := &r.steps[i], r.part.Changes[i]
	switch {
	case s.fate == provider.Failed && c.Op != diff.OpResend && ctx.Err() == nil && r.halted == "":
		s.again = true
	case c.Op == diff.OpResend && s.fate != provider.Accepted:
		r.settle(i, diff.Unknown, s.detail+"; no read tells whether the mail was sent; --retry-unknown sends it again")
	case s.fate == provider.Accepted:
		r.settle(i, diff.Unknown, "the vendor accepted it, but live does not show it yet; apply again")
	default:
		r.settle(i, diff.Unknown, s.detail+"; live does not show it; apply again")
	}
}

// pause waits, and says whether it could.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
