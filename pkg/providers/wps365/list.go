package wps365

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/provider"
	"github.com/entitlectl/entitlectl/pkg/providers/httpx"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// pageSize is within the bounds of every list of the vendor that states any.
const pageSize = 50

// list names a paged list.
type list struct {
	path string
	// total says that it is documented to say its length when asked. Else the length is only checked where it is there.
	total bool
}

// pages reads a whole list; see provider.ReadList.
func pages[T any](ctx context.Context, a *api, l list, key func(T) string) (provider.Listed[T], error) {
	return provider.ReadList(ctx, provider.Rules{Name: "GET " + l.path}, key, func(ctx context.Context, token string) (provider.Page[T, string], error) {
		return onePage[T](ctx, a, l, token)
	})
}

// onePage reads a page. What lacks its rows, or the total that it is documented to have, is no list: taking it for an empty
// one would create or remove everything.
func onePage[T any](ctx context.Context, a *api, l list, token string) (provider.Page[T, string], error) {
	q := url.Values{"page_size": {strconv.Itoa(pageSize)}, "with_total": {"true"}}
	if token != "" {
		q.Set("page_token", token)
	}
	var answer page[T]
	var p provider.Page[T, string]
	if err := a.send(ctx, httpx.Request{Method: http.MethodGet, Path: l.path, Query: q, First: token == ""}, &answer); err != nil {
		return p, err
	}
	p.Rows, p.Next = answer.Items, answer.Next
	if p.Rows == nil && !answer.Total.Said() {
		return p, fmt.Errorf("GET %s: the answer is no list: it has no items and no total", l.path)
	}
	p.Total, p.Odd = answer.Total.Total(l.total)
	return p, nil
}

// Lists counts that of mail groups, and of each who its members and its accepted senders are, with the pages that the files let
// expect.
func (r *Reader) Lists(q provider.Query) (lists, pages int) {
	if len(q.Desired.Resources) == 0 {
		return 0, 0
	}
	wanted := map[diff.RoleOn]int{}
	for g := range q.Desired.Grants.All() {
		wanted[diff.RoleOf(g)]++
	}
	lists, pages = 1, len(q.Desired.Resources)/pageSize+1
	for ref, want := range q.Desired.Resources {
		w := &groupIntent{Resource: want}
		for _, l := range memberLists {
			if r.view(l, w, w.senders()) == shown {
				lists++
				pages += wanted[diff.RoleOf(spec.Grant{Resource: ref, Role: l.role})]/pageSize + 1
			}
		}
	}
	return lists, pages
}
