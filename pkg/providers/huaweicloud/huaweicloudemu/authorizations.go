package huaweicloudemu

import (
	"time"

	"github.com/entitlectl/entitlectl/pkg/providers/emu"
)

// grant is an authorization of an account on an app group.
type grant struct {
	emu.Life
	account
	grantID  string
	appGroup string // id
	made     time.Time
}

// accountKind is account_type on the application streaming host.
func accountKind(group bool) string {
	if group {
		return "USER_GROUP"
	}
	return "USER"
}

// grantView is an authorization on the wire. It has neither address nor phone.
type grantView struct {
	ID           string `json:"id"`
	AccountID    string `json:"account_id"`
	Account      string `json:"account"`
	AccountKind  string `json:"account_type"`
	Platform     string `json:"platform_type"`
	Domain       string `json:"domain"`
	AppGroup     string `json:"app_group_id"`
	AppGroupName string `json:"app_group_name"`
	GrantKind    string `json:"authorization_type"`
	App          string `json:"app_id"`
	AppName      string `json:"app_name"`
	Made         string `json:"create_at"`
}

func (w *world) viewGrant(g *grant) grantView {
	v := grantView{
		ID: g.grantID, AccountID: g.id, Account: g.name, AccountKind: accountKind(g.group),
		Platform: g.platform, Domain: g.domain, AppGroup: g.appGroup, Made: stamp(g.made),
	}
	if of := w.appGroupByID[g.appGroup]; of != nil {
		v.AppGroupName, v.GrantKind = of.name, of.grantKind
	}
	return v
}

func (w *world) listAuthorizations(c *call) (any, error) {
	var f form
	q := c.query
	offset, limit := f.page(q, 10, 100)
	group, id := q.Get("app_group_id"), q.Get("account_id")
	f.text("app_group_id", group, 0, 128)
	f.text("account_id", id, 0, 128)
	f.text("account", q.Get("account"), 0, 1024)
	f.maybe("account_type", q.Get("account_type"), "USER", "USER_GROUP")
	if f.err != nil {
		return nil, f.err
	}
	list := &w.grants
	switch {
	case group != "":
		list = w.grantsOf.of(group)
	case id != "":
		list, id = w.grantsTo.of(id), ""
	}
	keep := filter(
		equals(id, func(g *grant) string { return g.id }),
		like(w.opts.ExactFilters, q.Get("account"), func(g *grant) string { return g.name }),
		equals(q.Get("account_type"), func(g *grant) string { return accountKind(g.group) }),
	)
	items, total := page(w, list, offset, limit, keep, w.viewGrant)
	return map[string]any{"count": total, "authorizations": items}, nil
}

// accountInfo is an account in b2 and b3.
type accountInfo struct {
	ID       string `json:"id"`
	Account  string `json:"account"`
	Kind     string `json:"account_type"`
	Domain   string `json:"domain"`
	Email    string `json:"email"`
	Phone    string `json:"telephone_number"`
	Platform string `json:"platform_type"`
}

func (a accountInfo) group() bool { return a.Kind == "USER_GROUP" }

type authorizeRequest struct {
	AppGroups []string      `json:"app_group_ids"`
	Accounts  []accountInfo `json:"accounts"`
}

// authorize reads the body that b2 and b3 share.
func (f *form) authorize(body []byte) (in authorizeRequest) {
	f.body(body, &in)
	f.ids("app_group_ids", in.AppGroups, 1, 10)
	f.count("accounts", len(in.Accounts), 1, 50)
	for _, a := range in.Accounts {
		f.text("account", a.Account, 1, 128)
		f.oneOf("account_type", a.Kind, "USER", "USER_GROUP")
		f.text("id", a.ID, 0, 128)
		f.text("domain", a.Domain, 0, 64)
		f.text("email", a.Email, 0, 128)
		f.text("telephone_number", a.Phone, 0, 128)
		f.maybe("platform_type", a.Platform, "AD", "LOCAL", "SYSTEM")
	}
	return in
}

// addAuthorizations grants each account on each group. Accounts that do not exist are passed over, and the answer is 200 all
// the same: Huawei Cloud Workspace API, b2.
func (w *world) addAuthorizations(c *call) (any, error) {
	var f form
	in := f.authorize(c.body)
	if f.err != nil {
		return nil, f.err
	}
	groups, err := w.groupsToGrant(in.AppGroups)
	if err != nil {
		return nil, err
	}
	accounts, err := w.accountsToGrant(in.Accounts)
	if err != nil {
		return nil, err
	}
	if w.opts.RepeatedGrantConflicts {
		for _, g := range groups {
			for _, a := range accounts {
				if w.grantByPair[pair{g.id, a.id}] != nil {
					return nil, conflict("%s is authorized on %s", a.name, g.name)
				}
			}
		}
	}
	for _, g := range groups {
		for _, a := range accounts {
			if w.grantByPair[pair{g.id, a.id}] == nil {
				w.notify(mailAdd, w.grant(g, a))
			}
		}
	}
	return nil, nil
}

func (w *world) groupsToGrant(ids []string) ([]*appGroup, error) {
	groups := make([]*appGroup, 0, len(ids))
	for _, id := range ids {
		g := w.appGroupByID[id]
		switch {
		case g == nil && w.opts.SkipUnknownAppGroups:
			continue
		case g == nil:
			return nil, missing("app group", id)
		case len(groups) > 0 && groups[0].grantKind != g.grantKind:
			return nil, invalid("app_group_ids: groups differ in authorization_type")
		}
		groups = append(groups, g)
	}
	return groups, nil
}

func (w *world) accountsToGrant(infos []accountInfo) ([]account, error) {
	accounts := make([]account, 0, len(infos))
	for _, info := range infos {
		a, ok := w.account(info.group(), info.ID)
		switch {
		case info.ID == "" && info.group() && !w.opts.UserGroupsByName:
			return nil, invalid("id: is required for user group %s", info.Account)
		case info.ID == "":
			a, ok = w.named(info.group(), info.Account, info.Domain, info.Platform)
		case w.opts.SkipContradictions:
			ok = ok && info.describes(a)
		}
		if ok {
			accounts = append(accounts, a)
		}
	}
	return accounts, nil
}

// describes says whether what is given of an account is true of another.
func (a accountInfo) describes(b account) bool {
	return a.group() == b.group && a.Account == b.name && (a.ID == "" || a.ID == b.id) &&
		(a.Domain == "" || a.Domain == b.domain) && (a.Platform == "" || a.Platform == b.platform)
}

func (w *world) grant(g *appGroup, a account) *grant {
	x := &grant{account: a, grantID: w.newID("439d64d37c8b495f"), appGroup: g.id, made: w.now}
	w.grantByID[x.grantID], w.grantByPair[pair{g.id, a.id}] = x, x
	w.grants.Add(x, w.shows)
	w.grantsOf.put(g.id, x, w.shows)
	w.grantsTo.put(a.id, x, w.shows)
	return x
}

// deleteAuthorizations revokes what it finds, and succeeds whether or not it finds any: Huawei Cloud Workspace API, b3.
func (w *world) deleteAuthorizations(c *call) (any, error) {
	var f form
	in := f.authorize(c.body)
	if f.err != nil {
		return nil, f.err
	}
	byName := map[accountName][]accountInfo{}
	for _, a := range in.Accounts {
		if w.opts.RevokeByNameOnly {
			a.ID, a.Domain, a.Platform = "", "", ""
		}
		key := accountName{group: a.group(), name: a.Account}
		byName[key] = append(byName[key], a)
	}
	for _, id := range in.AppGroups {
		for x := range w.grantsOf.of(id).Current() {
			for _, a := range byName[accountName{group: x.group, name: x.name}] {
				if !a.describes(x.account) {
					continue
				}
				if !w.opts.NoRevokeMails {
					w.notify(mailDel, x)
				}
				w.revoke(x)
				break
			}
		}
	}
	return nil, nil
}

func (w *world) revoke(x *grant) {
	delete(w.grantByID, x.grantID)
	delete(w.grantByPair, pair{x.appGroup, x.id})
	w.grants.Remove(x, w.shows)
	w.grantsOf.of(x.appGroup).Remove(x, w.shows)
	w.grantsTo.of(x.id).Remove(x, w.shows)
}
