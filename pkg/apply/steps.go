package apply

import (
	"slices"
	"sync"
	"time"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/provider"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// phase is how far a change has come.
type phase uint8

const (
	phasePlanned phase = iota // it is to be sent
	phaseSent                 // its call ended, and reads are to tell what came of it
	phaseUndone               // the vendor called its call failed, and reads do not show it: it is to be sent again
	phaseSettled              // its outcome is known
)

// step is one change on its way. There may be a million, so it is small: what a call says of all its changes is in one place.
type step struct {
	outcome diff.Outcome      // once it is settled
	detail  string            // why it ended so
	end     *provider.Failure // of the call that carried it last; nil: none did
	call    int32             // number of that call; 0: none yet
	phase   phase
}

// fate is that of the call that carried it last.
func (s step) fate() provider.Fate {
	if s.end == nil {
		return provider.Unknown
	}
	return s.end.Fate
}

// answer is the one to that call, where it was an error.
func (s step) answer() diff.Answer {
	if s.end == nil {
		return diff.Answer{}
	}
	return diff.Answer{Status: s.end.Status, Code: s.end.Code, RequestID: s.end.RequestID}
}

func (s step) unsent() bool { return s.phase == phasePlanned || s.phase == phaseUndone }

// steps are all changes of a connection's part on their way.
type steps struct {
	connection string
	changes    []diff.Change
	mu         sync.Mutex // calls that run side by side end here
	all        []step     // one for each change
}

func newSteps(part diff.ConnectionPlan) *steps {
	s := &steps{connection: part.Name, changes: part.Changes, all: make([]step, len(part.Changes))}
	for i, c := range part.Changes {
		switch {
		case c.Mailing().Unsure:
			s.settle(i, diff.Unknown, c.Problem)
		case c.Problem != "":
			s.settle(i, diff.Blocked, c.Problem)
		}
	}
	return s
}

// at returns the changes at the given indexes, which are not to be changed.
func (s *steps) at(indexes []int) []diff.Change {
	if n := len(indexes); n == len(s.changes) && slices.IsSorted(indexes) && (n == 0 || indexes[0] == 0 && indexes[n-1] == n-1) {
		return slices.Clip(s.changes) // all of them, of which no copy is made
	}
	return spec.Each(indexes, func(i int) diff.Change { return s.changes[i] })
}

// where lists the changes whose step is as wanted.
func (s *steps) where(is func(step) bool) []int {
	var indexes []int
	for i, step := range s.all {
		if is(step) {
			indexes = append(indexes, i)
		}
	}
	return indexes
}

func (s *steps) unsent() []int { return s.where(step.unsent) }

// waiting lists the changes that were sent and that reads have not told about yet.
func (s *steps) waiting() []int { return s.where(func(s step) bool { return s.phase == phaseSent }) }

func (s *steps) settle(i int, outcome diff.Outcome, detail string) {
	s.all[i].phase, s.all[i].outcome, s.all[i].detail = phaseSettled, outcome, detail
}

// drop settles a change that is not sent any more, while other calls may be in flight.
func (s *steps) drop(i int, why string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.settle(i, diff.NotTried, why)
}

// ended notes how the call of a number ended, which carried the changes.
func (s *steps) ended(number int, indexes []int, end provider.Failure) {
	s.mu.Lock()
	defer s.mu.Unlock()
	detail := ""
	if end.Err != nil {
		detail = end.Err.Error()
	}
	for _, i := range indexes {
		s.all[i] = step{phase: phaseSent, call: int32(number), end: &end, detail: detail}
	}
}

// ready leaves out the changes on resources that this plan was to create and that are not there yet.
func (s *steps) ready(indexes []int) []int {
	lacking := map[spec.Ref]bool{}
	for i, c := range s.changes {
		step := s.all[i]
		if c.Op == diff.OpCreate && !step.outcome.Clean() && !(step.phase == phaseSent && step.fate() == provider.Accepted) {
			lacking[c.Ref(s.connection)] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(indexes), func(i int) bool { return lacking[s.changes[i].Ref(s.connection)] })
}

// doubted lists the changes that an earlier run may have sent, and returns until when the last of them may show, where each
// has so long for it.
func (s *steps) doubted(d doubts, settle time.Duration) (indexes []int, until time.Time) {
	if d.none() {
		return nil, until
	}
	for i, c := range s.changes {
		step := s.all[i]
		mail := c.Op == diff.OpResend && step.outcome == diff.Unknown && step.call == 0
		if at, ok := d.about(c); ok && (mail || step.unsent()) {
			indexes = append(indexes, i)
			if shown := at.Add(settle); shown.After(until) {
				until = shown
			}
		}
	}
	return indexes, until
}

// keys returns the changes by what they do, and those of them that were neither sent nor found done.
func (s *steps) keys() (planned, left map[diff.Change]bool) {
	planned, left = map[diff.Change]bool{}, map[diff.Change]bool{}
	for i, step := range s.all {
		c := s.changes[i].Key()
		planned[c] = true
		if step.outcome == diff.NotTried || step.outcome == diff.Unknown && step.call == 0 {
			left[c] = true
		}
	}
	return planned, left
}

// results says what became of each change. Of a connection that can't be used nothing was tried.
func (s *steps) results(usable bool) []diff.ChangeResult {
	results := make([]diff.ChangeResult, len(s.all))
	for i, step := range s.all {
		if !usable && step.phase != phaseSettled {
			step.outcome, step.detail = diff.NotTried, "the connection can't be used"
		}
		results[i] = diff.ChangeResult{Change: &s.changes[i], Outcome: step.outcome}
		if !step.outcome.Clean() {
			results[i].Detail, results[i].Answer = step.detail, step.answer()
		}
	}
	return results
}
