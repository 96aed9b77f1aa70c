package huaweicloud

import (
	"fmt"
	"time"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/provider"
	"github.com/entitlectl/entitlectl/pkg/spec"
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

// sweeps says whether to begin the whole list; see provider.Sweeps.
func (r *Reader) sweeps(q provider.Query, l list, most int) bool {
	rows, known := r.rowsOf(q, l.path)
	return provider.Sweeps(pageSize, most, rows, known)
}

// rowsOf is how many rows a list had when this run, or else an earlier one, looked at it last.
func (r *Reader) rowsOf(q provider.Query, list string) (rows int, known bool) {
	if rows, known = r.rows[list]; known {
		return rows, true
	}
	return q.Looks.Rows(list)
}

// counted takes in how many rows a list has, if that is known.
func (r *Reader) counted(q provider.Query, list string, rows int) {
	if rows > 0 {
		r.rows[list] = rows
		q.Looks.Counted(list, rows)
	}
}

func rowsOn(ref spec.Ref) string { return listAuthorizations.path + "/" + ref.Name }

// sizes are how many authorizations the groups are taken to have: as many as when they were looked at last, else as the files want.
func (r *Reader) sizes(q provider.Query, refs []spec.Ref) []int {
	_, looked := q.Looks.Rows(listAuthorizations.path)
	return spec.Each(refs, func(ref spec.Ref) int {
		rows, known := r.rowsOf(q, rowsOn(ref))
		switch {
		case known:
			return rows
		case looked: // looks keep only those of more than a page
			return min(q.Desired.Grants.CountOn(ref), pageSize-1)
		}
		return q.Desired.Grants.CountOn(ref)
	})
}

// countRows takes in how many authorizations groups have, by those that a list of all of theirs shows. Later runs are told of those
// that don't fit on a page.
func (r *Reader) countRows(q provider.Query, of []spec.Ref, have map[spec.Ref]int) {
	for _, ref := range of {
		r.rows[rowsOn(ref)] = have[ref]
		if have[ref] >= pageSize {
			q.Looks.Counted(rowsOn(ref), have[ref])
		} else {
			q.Looks.Counted(rowsOn(ref), -1)
		}
	}
}
