package apply

import (
	"context"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/provider"
)

// maxSplits bounds the calls that a run spends, on each connection, on finding what the vendor refused.
const maxSplits = 200

// refusedCall is a call that was refused, perhaps because of one of its rows. Its end is not noted yet.
type refusedCall struct {
	diff.Call
	number int
	end    provider.Failure
}

// split sends a refused call again in two halves, so that one bad row harms only itself. Where both are refused, what they
// have in common is likely to be the cause, so it is also cut the other way: a bad account is found without looking for it on
// each resource.
func (s *sender) split(ctx context.Context, event CallStarted, call refusedCall, by way) {
	halves, all, ok := s.sendHalves(ctx, event, call, by)
	if !ok {
		by = !by
		halves, _, ok = s.sendHalves(ctx, event, call, by)
	} else if all {
		if others, all, ok := s.sendHalves(ctx, event, call, !by); ok && !all {
			by, halves = !by, others
		}
	}
	if !ok {
		s.keepTogether(call)
		s.end(ctx, call.number, call.Changes, call.end)
		return
	}
	for _, half := range halves {
		s.split(ctx, event, half, by)
	}
}

// sendHalves cuts a call, if it can be cut that way and the budget allows, and returns which of its parts were refused too.
func (s *sender) sendHalves(ctx context.Context, event CallStarted, call refusedCall, by way) (refused []refusedCall, all, ok bool) {
	left, right := s.cut(call.Changes, by)
	if len(right) == 0 {
		return nil, false, false
	}
	calls := append(s.callsFor(left), s.callsFor(right)...)
	if !s.maySplit(len(calls)) {
		return nil, false, false
	}
	for _, c := range calls {
		more, sent := s.transmit(ctx, event, c)
		refused = append(refused, more...)
		if !sent {
			s.locked(func() { s.splits-- })
		}
	}
	return refused, len(refused) == len(calls), true
}

// maySplit takes calls from the budget.
func (s *sender) maySplit(calls int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.splits+calls > maxSplits {
		return false
	}
	s.splits += calls
	return true
}

// keepTogether counts what could be cut, but for the budget.
func (s *sender) keepTogether(call refusedCall) {
	_, resources := s.cut(call.Changes, byResource)
	_, subjects := s.cut(call.Changes, bySubject)
	if len(resources)+len(subjects) > 0 {
		s.locked(func() { s.unsplit += len(call.Changes) })
	}
}

// way is how a call is cut.
type way bool

const (
	byResource way = false
	bySubject  way = true
)

func (by way) key(c diff.Change) any {
	if by == bySubject {
		return c.Subject
	}
	return c.Resource
}

// cut makes two halves of changes. What can't be cut that way leaves right empty.
func (s *sender) cut(indexes []int, by way) (left, right []int) {
	order := map[any]int{}
	for _, i := range indexes {
		key := by.key(s.part.Changes[i])
		if _, known := order[key]; !known {
			order[key] = len(order)
		}
	}
	for _, i := range indexes {
		if 2*order[by.key(s.part.Changes[i])] < len(order) {
			left = append(left, i)
		} else {
			right = append(right, i)
		}
	}
	if len(left) == 0 || len(order) < 2 {
		return indexes, nil
	}
	return left, right
}
