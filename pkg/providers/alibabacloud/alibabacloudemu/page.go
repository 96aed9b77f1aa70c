package alibabacloudemu

import (
	"encoding/base64"
	"strconv"
	"strings"

	"github.com/entitlectl/entitlectl/pkg/providers/emu"
)

// part is what a call asks for of a list, by number or by token.
type part struct {
	offset, limit int
	byToken       bool
}

// part reads how a list is cut: 1 to 100 rows, 10 if nothing is said.
func (f *form) part() part {
	limit := f.Number("PageSize", 10, 1, 100)
	return part{offset: (f.Number("PageNumber", 1, 1, 1<<31-1) - 1) * limit, limit: limit}
}

// partByToken reads MaxResults and NextToken, either of which is enough to page so.
func (f *form) partByToken() part {
	p := part{limit: f.Number("MaxResults", 10, 1, 100), byToken: true}
	if token := f.Get("NextToken"); token != "" {
		text, err := base64.RawURLEncoding.DecodeString(token)
		p.offset, _ = strconv.Atoi(string(text))
		if err != nil || p.offset <= 0 {
			f.Fail(invalid("NextToken"))
		}
	}
	return p
}

// page answers with a part of a list: the accounts that keep accepts.
func page[V any](w *world, c *call, list *emu.List[*row], p part, lists, rows string, keep func(account) bool, view func(account) V) (reply, error) {
	if err := c.done(w); err != nil {
		return nil, err
	}
	found, total := list.Page(w.Now, p.offset, p.limit, func(r *row) bool { return keep(r.at(w.Now)) })
	views := emu.Views(found, func(r *row) V { return view(r.at(w.Now)) })
	out := reply{"TotalCount": total, lists: map[string][]V{rows: views}}
	if !p.byToken {
		out["PageNumber"], out["PageSize"] = p.offset/p.limit+1, p.limit
		return out, nil
	}
	out["NextToken"] = ""
	if next := p.offset + p.limit; next < total {
		out["NextToken"] = base64.RawURLEncoding.EncodeToString([]byte(strconv.Itoa(next)))
	}
	return out, nil
}

// fits says whether a keyword is in what an account is called.
func (a *account) fits(keyword string) bool {
	return strings.Contains(a.display, keyword) || strings.Contains(a.id, keyword) || strings.Contains(a.name(), keyword)
}
