package apply

import (
	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/provider"
)

// skip settles the changes that live shows before they are sent, and those that live says can't be made.
func (s *steps) skip(indexes []int, live diff.Live) {
	for _, i := range indexes {
		c := s.changes[i]
		if diff.Satisfied(s.connection, c, live) {
			s.settle(i, diff.Already, "")
		} else if problem := live.UnknownSubjects[c.Subject]; c.Op == diff.OpGrant && problem != "" {
			s.settle(i, diff.Blocked, problem)
		}
	}
}

// holdBack does not send what a run since the plan was made may have mailed: the plan does not know of that.
func (s *steps) holdBack(live diff.Live, d doubts) {
	for _, i := range s.unsent() {
		c := s.changes[i]
		at, ok := d.about(c)
		news := ok && !c.Mailing().Doubt.Equal(at)
		if c.Op == diff.OpResend && news || diff.MayHaveResent(s.connection, c, live) {
			s.settle(i, diff.Unknown, mailInDoubt)
		}
	}
}

// acceptUnverified takes the vendor's word for what was sent.
func (s *steps) acceptUnverified() {
	for _, i := range s.settleRefused(s.waiting()) {
		if s.all[i].fate() == provider.Accepted {
			s.settle(i, diff.Done, "")
		} else {
			s.settle(i, diff.Unknown, s.all[i].detail)
		}
	}
}

// settleRefused settles what needs no read and returns the others.
func (s *steps) settleRefused(watched []int) []int {
	var open []int
	for _, i := range watched {
		if s.all[i].fate() == provider.NotDone {
			s.settle(i, diff.Refused, s.all[i].detail)
		} else {
			open = append(open, i)
		}
	}
	return open
}

// settleBy settles the changes that live tells about and returns the others. That some changes of a call showed and others do
// not in the next read is the vendor leaving those out, if it accepted the call and that read would show them. One read can't
// tell: its lists are of different moments.
func (s *steps) settleBy(live diff.Live, watched []int) []int {
	shown := map[int32]bool{} // calls of which an earlier read showed something
	for _, step := range s.all {
		shown[step.call] = shown[step.call] || step.outcome == diff.Done
	}
	var missing []int
	for _, i := range watched {
		if diff.Satisfied(s.connection, s.changes[i], live) {
			s.settle(i, diff.Done, "")
		} else {
			missing = append(missing, i)
		}
	}
	var open []int
	for _, i := range s.settleRefused(missing) {
		c, step := s.changes[i], s.all[i]
		problem := live.UnknownSubjects[c.Subject]
		switch {
		case c.Op == diff.OpGrant && problem != "":
			s.settle(i, diff.Refused, problem)
		case step.fate() == provider.Accepted && shown[step.call] && live.Tells(s.connection, c):
			s.settle(i, diff.Refused, "the vendor carried out the rest of its call and left this out")
		default:
			open = append(open, i)
		}
	}
	return open
}

// giveUp ends the wait for a change that does not show. Only where the vendor itself called the call failed may it be sent
// again: a call without an answer may yet be carried out. One whose whole purpose is a mail is left at that.
func (s *steps) giveUp(i int, repeat bool) {
	step, c := &s.all[i], s.changes[i]
	switch {
	case step.fate() == provider.Failed && c.Op != diff.OpResend && repeat:
		step.phase = phaseUndone
	case c.Op == diff.OpResend && step.fate() != provider.Accepted:
		s.settle(i, diff.Unknown, step.detail+"; no read tells whether the mail was sent; --retry-unknown sends it again")
	case step.fate() == provider.Accepted:
		s.settle(i, diff.Unknown, "the vendor accepted it, but live does not show it yet; apply again")
	default:
		s.settle(i, diff.Unknown, step.detail+"; live does not show it; apply again")
	}
}

// leaveUnsent settles what the run will not send any more; stopped is why it sends nothing, "" where it still could.
func (s *steps) leaveUnsent(stopped string) {
	for _, i := range s.unsent() {
		switch {
		case s.all[i].phase == phaseUndone:
			s.settle(i, diff.Unknown, s.all[i].detail+"; live does not show it")
		case stopped != "":
			s.settle(i, diff.NotTried, stopped)
		default:
			s.settle(i, diff.NotTried, s.changes[i].Ref(s.connection).String()+" was not created")
		}
	}
}
