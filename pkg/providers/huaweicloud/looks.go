package huaweicloud

import (
	"fmt"
	"time"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/provider"
)

// looks are those that may spare a question about mails. Mails about revokes are always asked: a grant that came and went since
// the last look leaves nothing else to see. So is what reads back.
func (r *Reader) looks(q provider.Query) *provider.Looks {
	if q.ReadBack || r.handles(diff.OpRevoke) {
		return nil
	}
	return q.Looks
}

// basis is what the mails about a group stand on: which group it is, of which types they are, and who was granted what and when.
// It is "" where that is not all known. newest is when the last of the grants began.
func (r *mailReader) basis(group mailsOfGroup) (basis string, newest time.Time) {
	if r.live.Resources[group.ref].Incomplete != "" {
		return "", newest
	}
	lines := []string{fmt.Sprintf("%q %q", r.live.Account, r.live.IDs[group.ref])}
	for _, typ := range r.mailTypes {
		lines = append(lines, "type "+typ.Type)
	}
	for _, grants := range group.holders {
		for _, g := range grants {
			since := r.seen.holders.since(g)
			holder, _ := r.seen.holders.account(g)
			if since.IsZero() { // it may have been granted anew
				return "", newest
			}
			if since.After(newest) {
				newest = since
			}
			lines = append(lines, fmt.Sprintf("grant %q %q %q %q %d", holder.AccountType, holder.Account, holder.Domain, holder.ID, since.UnixNano()))
		}
	}
	return provider.LookBasis(lines), newest
}
