package apply

import (
	"cmp"
	"context"
	"errors"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// errOutdated keeps back a call when its turn has come: time went by, and the files do not want all of it any more.
var errOutdated = errors.New("the files do not want all of it by now")

// outdated says why a change is not to be sent by now; "" where it is. Only time goes by in a run: the files stay.
func (t *task) outdated(c diff.Change, desired spec.State) string {
	g := c.Grant(t.part.Name)
	wanted := c.Op == diff.OpGrant
	switch c.Op {
	case diff.OpResend: // of a mail about a grant that is wanted, or about a revoke of one that is not
		g.Role = spec.RoleAccess
		wanted = t.desired.Grants.Has(g)
	case diff.OpGrant, diff.OpRevoke:
	default:
		return ""
	}
	switch granted := desired.Grants.Has(g); {
	case wanted && !granted:
		end, _ := desired.Inactive.Origin(g)
		return "when its turn came the files did not want it: " + cmp.Or(end.Reason, "it had ended")
	case granted && !wanted:
		return "when its turn came the files wanted the grant: it had begun"
	}
	return ""
}

// timely says whether a call is to be sent as it is by now.
func (s *sender) timely(changes []diff.Change) bool {
	if s.job.Current == nil {
		return true
	}
	desired := s.job.Current()
	for _, c := range changes {
		if s.outdated(c, desired) != "" {
			return false
		}
	}
	return true
}

// sendTimely sends what is left of a call that was kept back, packed anew, and settles what is outdated.
func (s *sender) sendTimely(ctx context.Context, event CallStarted, call diff.Call) (refused []refusedCall, sent bool) {
	desired := s.job.current()
	var left []int
	for _, i := range call.Changes {
		if why := s.outdated(s.part.Changes[i], desired); why != "" {
			s.steps.drop(i, why)
		} else {
			left = append(left, i)
		}
	}
	for _, rest := range s.pack(left) {
		more, one := s.transmit(ctx, event, rest)
		refused, sent = append(refused, more...), sent || one
	}
	return refused, sent
}
