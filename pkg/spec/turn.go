package spec

import "time"

// NextTurn is the first moment after the given one at which a line begins or ends, so that Desired may be another; zero: none
// does.
func (s *Spec) NextTurn(after time.Time) time.Time {
	var next time.Time
	for _, r := range s.resources {
		for _, e := range r.entries {
			for _, m := range []*moment{e.starts, e.expires} {
				if m != nil && m.at.After(after) && (next.IsZero() || m.at.Before(next)) {
					next = m.at
				}
			}
		}
	}
	return next
}
