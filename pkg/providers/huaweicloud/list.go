package huaweicloud

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"github.com/entitlectl/entitlectl/pkg/provider"
	"github.com/entitlectl/entitlectl/pkg/providers/httpx"
)

// pageSize is the largest that app groups, their authorizations and the App Center give.
const pageSize = 100

// pages reads a whole list; see provider.ReadList. With most > 0 a list of more rows ends with provider.ErrTooLong.
func pages[T any](ctx context.Context, a *api, l list, query url.Values, most int, key func(T) string) (provider.Listed[T], error) {
	rules := provider.Rules{Name: "GET " + l.path, Most: most, Ahead: a.http.Env.Parallelism, RepeatEnds: true}
	return provider.ReadList(ctx, rules, key, func(ctx context.Context, offset int) (provider.Page[T, int], error) {
		return onePage[T](ctx, a, l, query, offset)
	})
}

// gather does what needs a read of its own for each of n things, side by side; see provider.Gather.
func gather[T any](ctx context.Context, a *api, n int, do func(ctx context.Context, i int) (T, error)) ([]T, error) {
	return provider.Gather(ctx, a.http.Env.Parallelism, n, do)
}

// whole reads a whole list, or fails: what is said of a list that may lack rows would be wrong. what are its rows.
func whole[T any](ctx context.Context, a *api, l list, query url.Values, what string, key func(T) string) ([]T, error) {
	all, err := pages(ctx, a, l, query, 0, key)
	return all.Rows, cmp.Or(err, all.Whole("the list of "+what))
}

func onePage[T any](ctx context.Context, a *api, l list, query url.Values, offset int) (provider.Page[T, int], error) {
	var p provider.Page[T, int]
	id, err := a.projectID(ctx)
	if err != nil {
		return p, err
	}
	q := url.Values{"limit": {strconv.Itoa(pageSize)}, "offset": {strconv.Itoa(offset)}}
	for name, values := range query {
		q[name] = values
	}
	var answer page[T]
	_, err = a.http.Do(ctx, httpx.Request{Method: http.MethodGet, Base: a.hosts[l.base],
		Path: "/" + l.major + "/" + httpx.Escape(id) + l.path, Query: q, Policy: l.policy, First: offset == 0}, &answer)
	if err != nil {
		return p, err
	}
	if p.Rows, p.Total, p.Odd, err = answer.of(l); err != nil {
		return p, fmt.Errorf("GET %s: %w", l.path, err)
	}
	if p.Short = len(p.Rows) < pageSize; len(p.Rows) > 0 {
		rows := len(p.Rows) // of which the offset is an index; a page may be larger than asked
		p.Next, p.Nth = offset+rows, func(n int) int { return n * rows }
	}
	return p, nil
}

// Lists counts those of app groups, of their authorizations and of the mails about each, and those of apps and of who is assigned
// to each.
func (r *Reader) Lists(q provider.Query) int {
	groups, apps, lists := q.Desired.Names(kindAppGroup), q.Desired.Names(kindApp), 0
	if len(groups) > 0 {
		lists += 2
	}
	if q.Notices && len(r.mailTypes) > 0 {
		for _, name := range groups {
			if !r.looks(q).Knows(r.ref(kindAppGroup, name)) {
				lists++
			}
		}
	}
	if len(apps) > 0 {
		lists++
	}
	for _, name := range apps {
		if !q.Desired.Resources[r.ref(kindApp, name)].Open {
			lists++
		}
	}
	return lists
}
