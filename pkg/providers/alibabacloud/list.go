package alibabacloud

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strconv"

	"github.com/entitlectl/entitlectl/pkg/providers/httpx"
)

const (
	pageSize = 100       // the largest that ListAccounts gives; that of ListAccountRecordsForParent is taken to be the same
	maxRows  = 2_000_000 // of one list; what counts more would never end
)

// errTooLong says that a list has more pages than the caller wanted to read.
var errTooLong = errors.New("more pages than asked for")

// pages reads a whole list, each row once. With most > 0 a list of more pages ends after the first one with errTooLong;
// total is its length as the vendor counts. A list that is never whole is an error.
func (a *api) pages(ctx context.Context, list operation, query url.Values, most int) (all []account, total int, err error) {
	all, broken, err := httpx.Steady(account.key, func(bool) (rows []account, broken string, err error) {
		rows, total, broken, err = a.pagesOnce(ctx, list, query, most)
		return rows, broken, err
	})
	if err != nil || broken == "" {
		return all, total, err
	}
	return nil, 0, fmt.Errorf("%s: the list is not whole: %s; run again when nobody else is changing it", list.action, broken)
}

// rowKey tells rows apart: of an account there may be several records.
type rowKey struct{ account, record string }

func (a account) key() rowKey { return rowKey{a.ID, a.RecordID} }

func (a *api) pagesOnce(ctx context.Context, list operation, query url.Values, most int) (all []account, total int, broken string, err error) {
	seen := map[rowKey]bool{}
	for number := 1; ; number++ {
		rows, count, err := a.page(ctx, list, query, number)
		if err != nil {
			return nil, 0, "", err
		}
		if number > 1 && count != total {
			return nil, count, fmt.Sprintf("its length changed from %d to %d while it was read", total, count), nil
		}
		total = count
		if most > 0 && total > most*pageSize {
			return nil, total, "", errTooLong
		}
		before := len(all)
		for _, row := range rows {
			if k := row.key(); !seen[k] {
				seen[k] = true
				all = append(all, row)
			}
		}
		if len(all) == before || number*pageSize >= total {
			break
		}
	}
	if len(all) != total {
		broken = fmt.Sprintf("it has %d rows by the vendor's count, but its pages hold %d", total, len(all))
	}
	return all, total, broken, nil
}

func (a *api) page(ctx context.Context, list operation, query url.Values, number int) ([]account, int, error) {
	q := url.Values{"PageNumber": {strconv.Itoa(number)}, "PageSize": {strconv.Itoa(pageSize)}}
	for name, values := range query {
		q[name] = values
	}
	var answer page
	if err := a.read(ctx, list, q, &answer); err != nil {
		return nil, 0, err
	}
	if answer.TotalCount == nil || *answer.TotalCount < 0 {
		return nil, 0, fmt.Errorf("%s: the answer is no list: it has no TotalCount", list.action)
	}
	if *answer.TotalCount > maxRows {
		return nil, 0, fmt.Errorf("%s: the list does not end: it has %d rows by the vendor's count", list.action, *answer.TotalCount)
	}
	return answer.rows(), *answer.TotalCount, nil
}
