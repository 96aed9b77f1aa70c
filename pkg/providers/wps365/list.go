package wps365

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"github.com/entitlectl/entitlectl/pkg/providers/httpx"
)

const (
	pageSize = 50    // within the bounds of every list of the vendor that states any
	maxPages = 20000 // of one list; more would be a list without end
)

// list names a paged list.
type list struct {
	path string
	// total says that it is documented to say its length when asked. Else the length is only checked where it is there.
	total bool
}

// pages reads a whole list, each row once by its key: the order of rows between pages is not documented. Where that fails
// because the list keeps changing, broken says so and the rows are all that were seen; see httpx.Steady.
func pages[T any](ctx context.Context, a *api, l list, key func(T) string) (all []T, broken string, err error) {
	return httpx.Steady(key, func(toEnd bool) ([]T, string, error) { return pagesOnce(ctx, a, l, key, toEnd) })
}

// pagesOnce reads the list from its first page on. Where its length changes meanwhile it ends, or with toEnd reads on.
func pagesOnce[T any](ctx context.Context, a *api, l list, key func(T) string, toEnd bool) (all []T, broken string, err error) {
	seen, tokens := map[string]bool{}, map[string]bool{}
	total := -1 // not said
	for next := ""; ; {
		p, err := onePage[T](ctx, a, l, next)
		if err != nil {
			return nil, "", err
		}
		if p.Total != nil {
			if total >= 0 && total != *p.Total {
				broken = fmt.Sprintf("its length changed from %d to %d while it was read", total, *p.Total)
				if !toEnd {
					return all, broken, nil
				}
			}
			total = *p.Total
		}
		for _, row := range p.Items {
			if k := key(row); !seen[k] {
				seen[k] = true
				all = append(all, row)
			}
		}
		if next = p.Next; next == "" {
			break
		}
		if tokens[next] || len(tokens) == maxPages {
			return nil, "", fmt.Errorf("GET %s: the list does not end: page %d names a page that was read already, or one too many", l.path, len(tokens)+1)
		}
		tokens[next] = true
	}
	if broken == "" && total >= 0 && len(all) != total {
		broken = fmt.Sprintf("it has %d rows by the vendor's count, but its pages hold %d", total, len(all))
	}
	return all, broken, nil
}

// onePage reads a page. What lacks its rows, or the total that it is documented to have, is no list: taking it for an empty
// one would create or remove everything.
func onePage[T any](ctx context.Context, a *api, l list, token string) (page[T], error) {
	q := url.Values{"page_size": {strconv.Itoa(pageSize)}, "with_total": {"true"}}
	if token != "" {
		q.Set("page_token", token)
	}
	var p page[T]
	err := a.send(ctx, httpx.Request{Method: http.MethodGet, Path: l.path, Query: q}, &p)
	switch {
	case err != nil:
		return p, err
	case p.Total == nil && l.total:
		return p, fmt.Errorf("GET %s: the answer is no list: it has no total", l.path)
	case p.Total != nil && *p.Total < 0:
		return p, fmt.Errorf("GET %s: the answer is no list: its total is %d", l.path, *p.Total)
	case p.Items == nil && (p.Total == nil || *p.Total > 0):
		return p, fmt.Errorf("GET %s: the answer is no list: it has no items", l.path)
	}
	return p, nil
}
