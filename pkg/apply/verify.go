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

// verify reads the touched things back until everything sent is accounted for. What the vendor accepted and did not do is
// Refused; what can't be seen in time is Unknown, or is open again where the vendor called it failed and a read shows that
// it was not done. A read that fails is tried again like one that does not show it yet.
func (r *run) verify(ctx context.Context, watched []int) {
	var unread error // why the last read failed
	for attempt := 0; len(watched) > 0; attempt++ {
		r.opts.Observe.tell(Verifying{r.part.Name, attempt + 1})
		var live diff.Live
		if live, unread = r.readBack(ctx, watched); unread == nil {
			watched = r.steps.settleBy(live, watched)
		} else {
			watched = r.steps.settleRefused(watched)
		}
		if attempt == len(pauses) || provider.FailureOf(unread).Unauthorized || len(watched) > 0 && !pause(ctx, r.opts.pause(attempt)) {
			break
		}
	}
	for _, i := range watched {
		if unread != nil {
			r.steps.settle(i, diff.Unknown, fmt.Sprintf("sent, but it could not be read back: %v", unread))
		} else {
			r.steps.giveUp(i, ctx.Err() == nil && r.sender.halted == "")
		}
	}
}

// readBack reads what the changes touch. A run that is interrupted, even in the middle of a read, still reads once.
func (r *run) readBack(ctx context.Context, watched []int) (diff.Live, error) {
	q := provider.ReadBack(r.part.Name, r.desired, r.steps.at(watched))
	if r.listing = nil; r.asksMails() { // then who holds what was read back is needed again
		r.listing = provider.NewListing(true)
	}
	q.Listing = r.listing
	if ctx.Err() == nil {
		if live, err := provider.Read(ctx, r.target, r.job.Connection, q); err == nil || ctx.Err() == nil {
			return live, err
		}
	}
	q.Listing = nil // what it has may be of before the interrupt
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastRead)
	defer cancel()
	return provider.Read(last, r.target, r.job.Connection, q)
}

// await gives what earlier runs may have sent the time to show, before it is sent again; of mails, before they are reported
// as unknown. A clock that went back since makes that no longer.
func (r *run) await(ctx context.Context) {
	most := time.Now().Add(r.opts.settle())
	for attempt := 0; ; attempt++ {
		watched, until := r.steps.doubted(r.ledger.doubts, r.opts.settle())
		left := min(time.Until(until), time.Until(most))
		if len(watched) == 0 || left <= 0 {
			return
		}
		if attempt == 0 {
			r.opts.Observe.tell(Awaiting{r.part.Name, len(watched), left})
		}
		if !pause(ctx, min(left, r.opts.pause(attempt))) {
			return
		}
		if live, err := r.readBack(ctx, watched); err == nil {
			r.steps.skip(watched, live)
		}
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
