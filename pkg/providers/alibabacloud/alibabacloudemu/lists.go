package alibabacloudemu

import (
	"encoding/base64"
	"strconv"
	"strings"

	"github.com/entitlectl/entitlectl/pkg/providers/emu"
)

// listedView is an account among others.
type listedView struct {
	accountView
	AccountName           *string `json:",omitempty"` // from 2022-04-19 on
	DeletionStatus        *string `json:",omitempty"` // from 2022-04-19 on
	ResourceDirectoryPath string
	Tags                  noneList // no account has tags
}

type noneList struct{ Tag []struct{} }

func (w *world) viewListed(c *call, a account) listedView {
	v := listedView{accountView: w.view(a), ResourceDirectoryPath: pathOf(a), Tags: noneList{[]struct{}{}}}
	if c.version == v2022 {
		name := w.readName(a)
		v.AccountName, v.DeletionStatus = &name, new(string)
	}
	return v
}

// page is the part of a list that a call asks for, by number or by token.
type page struct {
	offset, limit int
	byToken       bool
}

// page reads how a list is cut: 1 to 100 rows, 10 if nothing is said.
func (f *form) page() page {
	limit := f.number("PageSize", 10, 1, 100)
	return page{offset: (f.number("PageNumber", 1, 1, 1<<31-1) - 1) * limit, limit: limit}
}

// pageByToken reads MaxResults and NextToken, either of which is enough to page so.
func (f *form) pageByToken() page {
	p := page{limit: f.number("MaxResults", 10, 1, 100), byToken: true}
	if token := f.get("NextToken"); token != "" {
		text, err := base64.RawURLEncoding.DecodeString(token)
		p.offset, _ = strconv.Atoi(string(text))
		if err != nil || p.offset <= 0 {
			f.fail(invalid("NextToken"))
		}
	}
	return p
}

// cut answers with a part of a list.
func (w *world) cut(list *emu.List[*row], p page, keep func(account) bool) (reply, []account) {
	rows, total := list.Page(w.now, p.offset, p.limit, func(r *row) bool { return keep(r.at(w.now)) })
	var part []account
	for _, r := range rows {
		part = append(part, r.at(w.now))
	}
	out := reply{"TotalCount": total}
	if !p.byToken {
		out["PageNumber"], out["PageSize"] = p.offset/p.limit+1, p.limit
		return out, part
	}
	out["NextToken"] = ""
	if next := p.offset + p.limit; next < total {
		out["NextToken"] = base64.RawURLEncoding.EncodeToString([]byte(strconv.Itoa(next)))
	}
	return out, part
}

// listed says whether lists of members show an account that a keyword fits.
func (w *world) listed(a account, keyword string) bool {
	return a.member() && !(w.opts.HideSwitched && a.status == switchSuccess) && fits(a, keyword)
}

func fits(a account, keyword string) bool {
	return strings.Contains(a.display, keyword) || strings.Contains(a.id, keyword) || strings.Contains(a.name(), keyword)
}

// list is ListAccounts.
func (w *world) list(c *call) (reply, error) {
	p, keyword := c.page(), ""
	if c.version == v2022 {
		keyword = c.get("QueryKeyword")
		if c.get("MaxResults") != "" || c.get("NextToken") != "" {
			p = c.pageByToken()
		}
	}
	c.flag("IncludeTags")
	if err := c.done(w); err != nil {
		return nil, err
	}
	tagged := c.tagged() // and no account is
	out, part := w.cut(&w.accounts, p, func(a account) bool { return !tagged && w.listed(a, keyword) })
	views := make([]listedView, 0, len(part))
	for _, a := range part {
		views = append(views, w.viewListed(c, a))
	}
	out["Accounts"] = map[string]any{"Account": views}
	return out, nil
}

// inside accepts what is directly in the folder that a call names.
func (w *world) inside(c *call) func(account) bool {
	folder := c.folder(w)
	if folder == "" && w.opts.NoParentMeansAll {
		return func(account) bool { return true }
	}
	if folder == "" {
		folder = rootFolderID
	}
	return func(a account) bool { return a.folder == folder }
}

// listRecords lists promotions and creations, past ones too, the oldest first: the only call that tells a RecordId which
// somebody else was answered. Alibaba Cloud ResourceManager 2016-11-11, ListAccountRecordsForParent.
func (w *world) listRecords(c *call) (reply, error) {
	p, keyword, inside := c.page(), c.get("QueryKeyword"), w.inside(c)
	if err := c.done(w); err != nil {
		return nil, err
	}
	out, part := w.cut(&w.records, p, func(a account) bool { return inside(a) && fits(a, keyword) })
	views := make([]recordView, 0, len(part))
	for _, a := range part {
		v := w.viewRecord(a)
		v.AccountName = w.readName(a)
		views = append(views, v)
	}
	out["Records"] = map[string]any{"Record": views}
	return out, nil
}
