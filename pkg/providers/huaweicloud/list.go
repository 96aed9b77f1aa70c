package huaweicloud

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/entitlectl/entitlectl/pkg/provider"
	"github.com/entitlectl/entitlectl/pkg/providers/httpx"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// pageSize is the largest that app groups, their authorizations and the App Center give.
const pageSize = 100

// pages reads a whole list; see provider.ReadList. With most > 0 a list of more rows ends with provider.ErrTooLong.
func pages[T any](ctx context.Context, a *api, l list, query url.Values, most int, key func(T) string) (provider.Listed[T], error) {
	return readPages(ctx, a, l, most, key, func(ctx context.Context, offset int) (provider.Page[T, int], error) {
		return onePage[T](ctx, a, l, query, offset)
	})
}

func readPages[T any, K comparable](ctx context.Context, a *api, l list, most int, key func(T) K,
	page func(ctx context.Context, offset int) (provider.Page[T, int], error)) (provider.Listed[T], error) {
	rules := provider.Rules{Name: "GET " + l.path, Most: most, Ahead: a.http.Env.Parallelism, RepeatEnds: true}
	return provider.ReadList(ctx, rules, key, page)
}

// gather does what needs a read of its own for each of n things, side by side; see provider.Gather.
func gather[T any](ctx context.Context, a *api, n int, do func(ctx context.Context, i int) (T, error)) ([]T, error) {
	return provider.Gather(ctx, a.http.Env.Parallelism, n, do)
}

// listOnce reads the whole list of a kind of resources, once for a listing.
func listOnce[T any](ctx context.Context, a *api, l list, listing *provider.Listing, most int, key func(T) string) (provider.Listed[T], error) {
	return provider.Once(listing, l.path, func() (provider.Listed[T], error) { return pages(ctx, a, l, nil, most, key) })
}

// wholeOf is listOnce for what must not lack a row. what are its rows.
func wholeOf[T any](ctx context.Context, a *api, l list, listing *provider.Listing, what string, key func(T) string) ([]T, error) {
	all, err := listOnce(ctx, a, l, listing, 0, key)
	return all.Rows, cmp.Or(err, all.Whole("the list of "+what))
}

// whole reads a whole list, or fails: what is said of a list that may lack rows would be wrong. what are its rows.
func whole[T any](ctx context.Context, a *api, l list, query url.Values, what string, key func(T) string) ([]T, error) {
	all, err := pages(ctx, a, l, query, 0, key)
	return all.Rows, cmp.Or(err, all.Whole("the list of "+what))
}

func onePage[T any](ctx context.Context, a *api, l list, query url.Values, offset int) (p provider.Page[T, int], err error) {
	var answer page[T]
	if err := a.get(ctx, l, query, offset, &answer); err != nil {
		return p, err
	}
	rows, count := answer.of(l)
	return pageOf(l, rows, count, offset)
}

// get asks for the page of a list that begins at an offset.
func (a *api) get(ctx context.Context, l list, query url.Values, offset int, answer any) error {
	id, err := a.projectID(ctx)
	if err != nil {
		return err
	}
	q := url.Values{"limit": {strconv.Itoa(pageSize)}, "offset": {strconv.Itoa(offset)}}
	for name, values := range query {
		q[name] = values
	}
	_, err = a.http.Do(ctx, httpx.Request{Method: http.MethodGet, Base: a.hosts[l.base],
		Path: "/" + l.major + "/" + httpx.Escape(id) + l.path, Query: q, Policy: l.policy, First: offset == 0}, answer)
	return err
}

// pageOf is a page that begins at an offset. One that has neither rows nor a count is no list: taking it for an empty one would
// revoke or grant everything.
func pageOf[T any](l list, rows []T, count provider.Count, offset int) (p provider.Page[T, int], err error) {
	if rows == nil && !count.Said() {
		return p, fmt.Errorf("GET %s: the answer is no list: it has no %q and no %q", l.path, l.array, l.total)
	}
	p.Rows, p.Short = rows, len(rows) < pageSize
	p.Total, p.Odd = count.Total(true)
	if n := len(rows); n > 0 { // of which the offset is an index; a page may be larger than asked
		p.Next, p.Nth = offset+n, func(nth int) int { return nth * n }
	}
	return p, nil
}

// Lists counts those of app groups, of their authorizations and of the mails about each, and those of apps and of who is assigned
// to each, with the pages that they have by what is known of them, or else by what the files want.
func (r *Reader) Lists(q provider.Query) (lists, pages int) {
	groups, apps := q.Desired.Names(kindAppGroup), q.Desired.Names(kindApp)
	add := func(l, p int) { lists, pages = lists+l, pages+p }
	if len(groups) > 0 {
		refs := spec.Each(groups, func(name string) spec.Ref { return r.ref(kindAppGroup, name) })
		add(r.forecast(q, listAppGroups, make([]int, len(groups)), len(groups)))
		sizes := r.sizes(q, refs)
		rows := 0
		for _, n := range sizes {
			rows += n
		}
		add(r.forecast(q, listAuthorizations, sizes, rows))
		if q.Notices && len(r.mailTypes) > 0 {
			unknown := slices.DeleteFunc(refs, r.looks(q).Knows)
			add(len(unknown), len(unknown))
		}
	}
	if len(apps) > 0 {
		add(r.forecast(q, listApps, make([]int, len(apps)), len(apps)))
	}
	for _, name := range apps {
		if ref := r.ref(kindApp, name); !q.Desired.Resources[ref].Open {
			add(1, q.Desired.Grants.CountOn(ref)/pageSize+1)
		}
	}
	return lists, pages
}

// forecast is in how many lists and pages what is wanted of a list is read: the whole one, of rows where no more is known, or those
// of its parts.
func (r *Reader) forecast(q provider.Query, l list, parts []int, rows int) (lists, pages int) {
	if known, ok := r.rowsOf(q, l.path); ok {
		rows = known
	}
	most := provider.MostRows(pageSize, parts)
	if len(parts) > 1 && rows <= most {
		return 1, rows/pageSize + 1
	}
	return len(parts), (most+1)/pageSize - 1
}
