package huaweicloud

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"github.com/entitlectl/entitlectl/pkg/providers/httpx"
)

const (
	pageSize = 100       // the largest that app groups, their authorizations and the App Center give
	maxRows  = 2_000_000 // of one list; what counts more would never end
)

// errTooLong says that a list has more pages than the caller wanted to read.
var errTooLong = errors.New("more pages than asked for")

// pages reads a whole list, each row once by its key. Where that fails because the list keeps changing, broken says so and
// the rows are all that were seen; see httpx.Steady. With most > 0 a list of more pages ends after the first one with errTooLong;
// total is its length as the vendor counts.
func pages[T any](ctx context.Context, a *api, l list, query url.Values, most int, key func(T) string) (all []T, total int, broken string, err error) {
	all, broken, err = httpx.Steady(key, func(toEnd bool) (rows []T, broken string, err error) {
		rows, total, broken, err = pagesOnce(ctx, a, l, query, most, key, toEnd)
		return rows, broken, err
	})
	return all, total, broken, err
}

// pagesOnce reads the list from its first page on. Where its length changes meanwhile it ends, or with toEnd reads on.
func pagesOnce[T any](ctx context.Context, a *api, l list, query url.Values, most int, key func(T) string, toEnd bool) (all []T, total int, broken string, err error) {
	seen := map[string]bool{}
	for offset := 0; ; offset += pageSize {
		page, count, err := onePage[T](ctx, a, l, query, offset)
		if err != nil {
			return nil, 0, "", err
		}
		before := len(all)
		for _, row := range page {
			if k := key(row); !seen[k] {
				seen[k] = true
				all = append(all, row)
			}
		}
		if offset > 0 && count != total {
			broken = fmt.Sprintf("its length changed from %d to %d while it was read", total, count)
			if !toEnd {
				return all, count, broken, nil
			}
		}
		total = count
		if most > 0 && total > most*pageSize {
			return nil, total, "", errTooLong
		}
		if len(all) == before || len(page) < pageSize || offset+pageSize >= total {
			break
		}
	}
	if broken == "" && len(all) != total {
		broken = fmt.Sprintf("it has %d rows by the vendor's count, but its pages hold %d", total, len(all))
	}
	return all, total, broken, nil
}

func onePage[T any](ctx context.Context, a *api, l list, query url.Values, offset int) ([]T, int, error) {
	id, err := a.projectID(ctx)
	if err != nil {
		return nil, 0, err
	}
	q := url.Values{"limit": {strconv.Itoa(pageSize)}, "offset": {strconv.Itoa(offset)}}
	for name, values := range query {
		q[name] = values
	}
	var answer page[T]
	_, err = a.http.Do(ctx, httpx.Request{Method: http.MethodGet, Base: a.hosts[l.base],
		Path: "/" + l.major + "/" + escape(id) + l.path, Query: q, Policy: l.policy}, &answer)
	if err != nil {
		return nil, 0, err
	}
	rows, total, err := answer.of(l)
	if err != nil {
		return nil, 0, fmt.Errorf("GET %s: %w", l.path, err)
	}
	if total > maxRows {
		return nil, 0, fmt.Errorf("GET %s: the list does not end: it has %d rows by the vendor's count", l.path, total)
	}
	return rows, total, nil
}
