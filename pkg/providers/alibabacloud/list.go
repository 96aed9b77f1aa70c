package alibabacloud

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"strconv"

	"github.com/entitlectl/entitlectl/pkg/provider"
)

// pageSize is the largest that ListAccounts gives; that of ListAccountRecordsForParent is taken to be the same.
const pageSize = 100

// pages reads a whole list; see provider.ReadList. With most > 0 a list of more rows ends with provider.ErrTooLong. A list
// that is never whole is an error.
func (a *api) pages(ctx context.Context, list operation, query url.Values, most int) (provider.Listed[account], error) {
	rules := provider.Rules{Name: list.action, Most: most, Ahead: a.http.Env.Parallelism, RepeatEnds: true, NeverOn: true}
	all, err := provider.ReadList(ctx, rules, account.key, func(ctx context.Context, read int) (provider.Page[account, int], error) {
		return a.page(ctx, list, query, read)
	})
	return all, cmp.Or(err, all.Whole("the list of "+list.action))
}

// accounts reads the list of all accounts, once for a listing.
func (a *api) accounts(ctx context.Context, listing *provider.Listing, most int) (provider.Listed[account], error) {
	return provider.Once(listing, listAccounts.action, func() (provider.Listed[account], error) { return a.pages(ctx, listAccounts, nil, most) })
}

// rowKey tells rows apart: of an account there may be several records.
type rowKey struct{ account, record string }

func (a account) key() rowKey { return rowKey{a.ID, a.RecordID} }

// page reads the page that comes after so many.
func (a *api) page(ctx context.Context, list operation, query url.Values, read int) (provider.Page[account, int], error) {
	q := url.Values{"PageNumber": {strconv.Itoa(read + 1)}, "PageSize": {strconv.Itoa(pageSize)}}
	for name, values := range query {
		q[name] = values
	}
	var answer page
	if err := a.read(ctx, list, q, &answer); err != nil {
		return provider.Page[account, int]{}, err
	}
	p := provider.Page[account, int]{Rows: answer.rows()}
	if p.Rows == nil && !answer.TotalCount.Said() {
		return p, fmt.Errorf("%s: the answer is no list: it has no rows and no TotalCount", list.action)
	}
	p.Total, p.Odd = answer.TotalCount.Total(true)
	if p.Short = len(p.Rows) < pageSize; len(p.Rows) > 0 {
		p.Next, p.Nth = read+1, func(n int) int { return n }
	}
	return p, nil
}

// Lists counts that of accounts. Whether those of pending promotions are read depends on what it shows.
func (r *Reader) Lists(q provider.Query) (lists, pages int) {
	if len(q.Desired.Resources) == 0 {
		return 0, 0
	}
	return 1, len(q.Desired.Resources)/pageSize + 1
}
