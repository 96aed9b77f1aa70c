package alibabacloudemu

import (
	"encoding/base64"
	"strconv"
	"strings"

	"github.com/entitlectl/entitlectl/pkg/providers/emu"
)

// part is the part of a list that a call asks for, by number or by token.
type part struct {
	offset, limit int
	byToken       bool
}

// part reads PageNumber and PageSize: 1 to 100 rows, 10 if nothing is given.
func (f *form) part() part {
	limit := f.Number("PageSize", 10, 1, 100)
	return part{offset: (f.Number("PageNumber", 1, 1, 1<<31-1) - 1) * limit, limit: limit}
}

// partByToken reads MaxResults and NextToken. One of them is enough to page by token.
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

// page answers with a part of the accounts that keep accepts.
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

// fits reports whether a name or the id of an account contains a keyword.
func (a *account) fits(keyword string) bool {
	return strings.Contains(a.display, keyword) || strings.Contains(a.id, keyword) || strings.Contains(a.name(), keyword)
}
