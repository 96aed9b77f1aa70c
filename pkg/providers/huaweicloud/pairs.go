package huaweicloud

import (
	"context"
	"maps"
	"net/url"
	"slices"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/provider"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// readPairs reads the authorizations of the accounts that a read-back asks about, by name, where that is fewer pages than those of
// their groups. done is false where it is not, and where the vendor does not find by a name what it shows elsewhere. A name that it
// finds nothing by proves nothing alone: one of the groups is looked at as well.
func (r *Reader) readPairs(ctx context.Context, q provider.Query, ids map[string]spec.Ref, most int, live *diff.Live) (done bool, err error) {
	names := r.namesOfPairs(q, ids)
	if len(names) == 0 || 2*len(names)+q.Pairs.Len()/pageSize >= r.pagesOfGroups(q, most) {
		return false, nil
	}
	byName := map[string][]spec.Grant{}
	for g := range q.Pairs.All() {
		byName[g.Subject.Name] = append(byName[g.Subject.Name], g)
	}
	lists, err := gather(ctx, r.api, len(names), func(ctx context.Context, i int) (provider.Listed[grantRow], error) {
		return provider.Spare(r.authorizationsOnce(ctx, q, url.Values{"account": {names[i]}}, 0))
	})
	for i, list := range lists {
		if list.Refused != nil || list.Broken != "" || slices.ContainsFunc(list.Rows, func(row grantRow) bool { return row.group == noGroup }) {
			return false, nil
		}
		if err := r.keep(ctx, q, list, ids, nil, live); err != nil {
			return false, err
		}
		if slices.ContainsFunc(byName[names[i]], live.Grants.Has) {
			delete(byName, names[i])
		}
	}
	if err != nil {
		return false, err
	}
	return r.sample(ctx, q, ids, byName, live)
}

// namesOfPairs are the names, sorted, that the vendor has of the holders of the grants asked about; none where it has others than the
// files, or some are not on app groups.
func (r *Reader) namesOfPairs(q provider.Query, ids map[string]spec.Ref) []string {
	there, names := map[spec.Ref]bool{}, map[string]bool{}
	for _, ref := range ids {
		there[ref] = true
	}
	for g := range q.Pairs.All() {
		if !there[g.Resource] || r.fold.folded(g.Subject) {
			return nil
		}
		names[g.Subject.Name] = true
	}
	return slices.Sorted(maps.Keys(names))
}

// pagesOfGroups is in how many pages the authorizations of the groups are read, as far as that is known.
func (r *Reader) pagesOfGroups(q provider.Query, most int) int {
	fewest := (most+1)/pageSize - 1
	if rows, known := r.rowsOf(q, listAuthorizations.path); known {
		fewest = min(fewest, rows/pageSize+1)
	}
	return fewest
}

// sample looks at one group for each name that the vendor finds nothing by, and says whether that shows nothing either.
func (r *Reader) sample(ctx context.Context, q provider.Query, ids map[string]spec.Ref, byName map[string][]spec.Grant, live *diff.Live) (same bool, err error) {
	samples := map[spec.Ref][]spec.Grant{}
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		g := slices.MinFunc(byName[name], spec.Grant.Compare)
		samples[g.Resource] = append(samples[g.Resource], g)
	}
	looked := slices.DeleteFunc(slices.Sorted(maps.Keys(ids)), func(id string) bool { return samples[ids[id]] == nil })
	lists, err := r.authorizationsOf(ctx, q, looked)
	same = err == nil
	for i, list := range lists {
		ref := ids[looked[i]]
		if err := r.keep(ctx, q, list, ids, []spec.Ref{ref}, live); err != nil {
			return false, err
		}
		same = same && !slices.ContainsFunc(samples[ref], live.Grants.Has)
	}
	return same, err
}

// authorizationsOf reads those of groups, each list by itself.
func (r *Reader) authorizationsOf(ctx context.Context, q provider.Query, ids []string) ([]provider.Listed[grantRow], error) {
	return gather(ctx, r.api, len(ids), func(ctx context.Context, i int) (provider.Listed[grantRow], error) {
		return provider.Spare(r.authorizationsOnce(ctx, q, url.Values{"app_group_id": {ids[i]}}, 0))
	})
}
