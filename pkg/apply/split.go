package apply

import (
	"context"

	"github.com/entitlectl/entitlectl/pkg/diff"
)

// maxSplits bounds the calls that a run spends, on each connection, on finding what the vendor refused.
const maxSplits = 200

// refusedCall is a call that was refused, perhaps because of one of its rows. Its end is not noted yet.
type refusedCall struct {
	diff.Call
	number int
	err    error
}

// split sends a refused call again in two halves, so that one bad row harms only itself. Where both are refused, what they
// have in common is likely to be the cause, so it is also cut the other way: a bad account is found without looking for it on
// each resource.
func (r *run) split(ctx context.Context, event CallStarted, call refusedCall, by way) {
	halves, all, ok := r.sendHalves(ctx, event, call, by)
	if !ok {
		by = !by
		halves, _, ok = r.sendHalves(ctx, event, call, by)
	} else if all {
		if others, all, ok := r.sendHalves(ctx, event, call, !by); ok && !all {
			by, halves = !by, others
		}
	}
	if !ok {
		r.keepTogether(call)
		r.end(ctx, call.number, call.Changes, call.err)
		return
	}
	for _, half := range halves {
		r.split(ctx, event, half, by)
	}
}

// sendHalves cuts a call, if it can be cut that way and the budget allows, and returns which of its parts were refused too.
func (r *run) sendHalves(ctx context.Context, event CallStarted, call refusedCall, by way) (refused []refusedCall, all, ok bool) {
	left, right := r.cut(call.Changes, by)
	if len(right) == 0 {
		return nil, false, false
	}
	calls := append(r.callsFor(left), r.callsFor(right)...)
	if !r.maySplit(len(calls)) {
		return nil, false, false
	}
	for _, c := range calls {
		refusal, sent := r.transmit(ctx, event, c)
		if refusal != nil {
			refused = append(refused, *refusal)
		}
		if !sent {
			r.spare()
		}
	}
	return refused, len(refused) == len(calls), true
}

// maySplit takes calls from the budget.
func (r *run) maySplit(calls int) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.splits+calls > maxSplits {
		return false
	}
	r.splits += calls
	return true
}

// spare gives a call back that was not sent.
func (r *run) spare() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.splits--
}

// keepTogether counts what could be cut, but for the budget.
func (r *run) keepTogether(call refusedCall) {
	_, resources := r.cut(call.Changes, byResource)
	_, subjects := r.cut(call.Changes, bySubject)
	if len(resources)+len(subjects) > 0 {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.unsplit += len(call.Changes)
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
func (r *run) cut(indexes []int, by way) (left, right []int) {
	order := map[any]int{}
	for _, i := range indexes {
		key := by.key(r.part.Changes[i])
		if _, known := order[key]; !known {
			order[key] = len(order)
		}
	}
	for _, i := range indexes {
		if 2*order[by.key(r.part.Changes[i])] < len(order) {
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
