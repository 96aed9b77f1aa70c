package apply

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/provider"
)

// sender sends a connection's calls, each written down in the ledger before and after, and notes in the steps how they ended.
type sender struct {
	*task
	steps  *steps
	ledger *ledger

	mu        sync.Mutex // calls run side by side
	calls     int        // sent so far
	numbers   int        // given out to calls; those that were kept back leave gaps, since others may be in flight
	splits    int        // of these, the ones that were needed to find what the vendor refused
	unsplit   int        // changes that were refused together and that no more such calls were spent on
	halted    string     // why nothing more is sent
	unwritten error      // why a call could not be written down, and so was not sent
}

// send sends the calls that carry the changes, wave after wave: what gives access before what takes it.
func (s *sender) send(ctx context.Context, indexes []int) {
	calls := s.callsFor(indexes)
	slices.SortStableFunc(calls, func(a, b diff.Call) int { return cmp.Compare(s.rank(a), s.rank(b)) })
	for start := 0; start < len(calls); {
		end := start + 1
		for end < len(calls) && s.waveOf(calls[end]) == s.waveOf(calls[start]) {
			end++
		}
		var group errgroup.Group
		group.SetLimit(max(1, s.opts.Parallelism))
		for n := start; n < end; n++ {
			group.Go(func() error {
				s.sendOrSplit(ctx, n+1, len(calls), calls[n])
				return nil
			})
		}
		_ = group.Wait() // how calls ended is in the steps
		start = end
	}
}

// wave is what calls have in common that may be in flight side by side.
type wave struct {
	op    diff.Op // of the first change
	takes bool    // they take more than they give, as calls that do both may
}

// rank is 0 for calls that give access, then come those that take some, then those that delete. Providers pack them so; a plan
// that somebody sealed anew may not have them so.
func (s *sender) rank(call diff.Call) int {
	switch w := s.waveOf(call); {
	case w.op == diff.OpDelete:
		return 2
	case w.takes:
		return 1
	}
	return 0
}

func (s *sender) waveOf(call diff.Call) wave {
	given := 0
	for _, i := range call.Changes {
		switch s.part.Changes[i].Op {
		case diff.OpGrant:
			given++
		case diff.OpRevoke:
			given--
		}
	}
	return wave{s.part.Changes[call.Changes[0]].Op, given < 0}
}

// callsFor returns the plan's own calls where they carry just these changes: those are what was shown. Anything else is
// packed anew.
func (s *sender) callsFor(indexes []int) []diff.Call {
	wanted := make([]bool, len(s.part.Changes))
	for _, i := range indexes {
		wanted[i] = true
	}
	var calls []diff.Call
	carried := 0
	for _, call := range s.part.Calls {
		if !slices.ContainsFunc(call.Changes, func(i int) bool { return !wanted[i] }) {
			calls, carried = append(calls, call), carried+len(call.Changes)
		}
	}
	if carried == len(indexes) {
		return calls
	}
	return s.pack(indexes)
}

// pack makes calls of the changes, with no allowance; should that not give what was asked for, nothing more is sent.
func (s *sender) pack(indexes []int) []diff.Call {
	left := s.steps.at(indexes)
	calls := s.target.Pack(left, diff.Allowance{}, false).Calls
	if err := diff.CheckCalls(left, calls, s.target.Shapes()); err != nil {
		s.halt(err.Error())
		return nil
	}
	for _, call := range calls {
		for k, at := range call.Changes {
			call.Changes[k] = indexes[at]
		}
	}
	return calls
}

// sendOrSplit sends one call, and what it is cut into where the vendor refused it and one row may be the cause.
func (s *sender) sendOrSplit(ctx context.Context, index, of int, call diff.Call) {
	event := CallStarted{s.part.Name, call.Name, index, of, len(call.Changes)}
	refused, _ := s.transmit(ctx, event, call)
	for _, refusal := range refused {
		s.split(ctx, event, refusal, byResource)
	}
}

// transmit sends one call, or what time left of it, unless nothing more may be sent, and notes its fate. It is the only place
// where something is written. The clock is looked at when the call's turn has come.
func (s *sender) transmit(ctx context.Context, event CallStarted, call diff.Call) (refused []refusedCall, sent bool) {
	number, ok := s.number(ctx)
	if !ok {
		return nil, false
	}
	changes := append(s.steps.at(call.Changes), call.Extra...)
	var undo func() error // nil: it was not announced
	var unsaid error      // why it could not be, so that it was not sent
	event.Changes = len(call.Changes)
	s.opts.Observe.tell(event)
	timely := true
	err := s.target.Do(ctx, call.Name, s.part.LiveNames.CalledAsLive(s.part.Name, changes), func() error {
		if timely = s.timely(changes); !timely {
			return errOutdated
		}
		undo, unsaid = s.ledger.announce(ctx, number, call.Name, changes)
		return unsaid
	})
	s.opts.Observe.tell(CallDone{event, err})
	if unsaid != nil {
		s.locked(func() { s.calls, s.unwritten, s.halted = s.calls-1, unsaid, unsaid.Error() }) // no other is sent either
		return nil, false
	}
	if !timely {
		s.locked(func() { s.calls-- })
		return s.sendTimely(ctx, event, call)
	}
	end := provider.FailureOf(err)
	if undo != nil {
		if err := s.ledger.conclude(ctx, number, undo, end); err != nil {
			s.halt(err.Error())
		}
	}
	if end.OneRow {
		return []refusedCall{{call, number, end}}, true
	}
	s.end(ctx, number, call.Changes, end)
	return nil, true
}

// number counts a call, unless nothing more may be sent.
func (s *sender) number(ctx context.Context) (number int, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if ctx.Err() != nil {
		s.halted = whyEnded(ctx, "")
	}
	if s.halted != "" {
		return 0, false
	}
	s.calls++
	s.numbers++
	return s.numbers, true
}

// locked changes what calls share.
func (s *sender) locked(change func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change()
}

func (s *sender) halt(why string) { s.locked(func() { s.halted = why }) }

// whyEnded says why nothing more is sent: the run was interrupted; the vendor asks for a longer wait, in its words; or the run's
// time is over, or would be before the next call's turn.
func whyEnded(ctx context.Context, asked string) string {
	switch {
	case ctx.Err() != nil && !errors.Is(context.Cause(ctx), context.DeadlineExceeded):
		return "the run was interrupted"
	case ctx.Err() == nil && asked != "":
		return asked
	}
	return "the run's time was over"
}

// end notes the fate of a call's changes.
func (s *sender) end(ctx context.Context, number int, indexes []int, end provider.Failure) {
	if end.Fate == provider.NotDone && end.OutOfTime {
		s.halt(whyEnded(ctx, end.Asked))
		if end.Status == 0 { // it was still waiting for its turn
			s.locked(func() { s.calls-- })
			return
		}
	}
	if end.Unauthorized {
		s.halt("the vendor does not accept our credentials")
	}
	s.steps.ended(number, indexes, end)
}
