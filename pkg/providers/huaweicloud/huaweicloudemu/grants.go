package huaweicloudemu

import "slices"

// grantView is an authorization on the wire: an account on an app group. It has no mail address and no phone number.
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

func (w *world) viewGrant(x *link) grantView {
	v := grantView{
		ID: x.grantID, AccountID: x.id, Account: x.name, AccountKind: kindOf(x.group, "USER"),
		Platform: x.platform, Domain: x.domain, AppGroup: x.thing, Made: stamp(x.made),
	}
	if g := w.appGroups.Get(x.thing); g != nil {
		v.AppGroupName, v.GrantKind = g.name, g.grantKind
	}
	return v
}

func (w *world) listGrants(c *call) (any, error) {
	c.page(10, 100)
	group, id := c.word("app_group_id", 0, 128), c.word("account_id", 0, 128)
	list := &w.grants.List
	switch {
	case group != "":
		list = w.granted.byThing.rows(group)
	case id != "":
		list = w.granted.byAccount.rows(id)
	}
	return page(w, c, list, "count", "authorizations", w.viewGrant,
		equals(id, func(x *link) string { return x.id }),
		like(w.opts.ExactFilters, c.word("account", 0, 1024), func(x *link) string { return x.name }),
		equals(c.choice("account_type", "USER", userGroupKind), func(x *link) string { return kindOf(x.group, "USER") }),
	)
}

// accountInfo is an account in b2 and b3.
type accountInfo struct {
	assignInfo
	ID    string `json:"id"`
	Email string `json:"email"`
	Phone string `json:"telephone_number"`
}

func (a accountInfo) group() bool { return a.Kind == userGroupKind }

type grantRequest struct {
	AppGroups []string      `json:"app_group_ids"`
	Accounts  []accountInfo `json:"accounts"`
}

// grants reads the body of b2 and b3.
func (f *form) grants() (in grantRequest) {
	f.json(&in)
	f.ids("app_group_ids", in.AppGroups, 1, 10)
	f.Count("accounts", len(in.Accounts), 1, 50)
	for _, a := range in.Accounts {
		f.text("account", a.Account, 1, 128)
		f.OneOf("account_type", a.Kind, "USER", userGroupKind)
		f.text("id", a.ID, 0, 128)
		f.text("domain", a.Domain, 0, 64)
		f.text("email", a.Email, 0, 128)
		f.text("telephone_number", a.Phone, 0, 128)
		f.Maybe("platform_type", a.Platform, "AD", "LOCAL", "SYSTEM")
	}
	return in
}

// addGrants authorizes each account on each group (b2). It skips accounts that do not exist, and answers 200 all the same.
func (w *world) addGrants(c *call) (any, error) {
	in, language := c.grants(), c.language()
	groups, accounts := w.groupsToGrant(c, in.AppGroups), w.accountsToGrant(c, in.Accounts)
	for _, g := range groups {
		for _, a := range accounts {
			if w.opts.RepeatedGrantConflicts && w.granted.get(g.id, a.id) != nil {
				c.Fail(conflict("%s is authorized on %s", a.name, g.name))
			}
		}
	}
	if c.Err != nil {
		return nil, c.Err
	}
	for _, g := range groups {
		for _, a := range accounts {
			if w.granted.get(g.id, a.id) == nil {
				w.notify(mailAdd, w.grant(g, a), language)
			}
		}
	}
	return nil, nil
}

func (w *world) groupsToGrant(c *call, ids []string) (groups []*appGroup) {
	for _, id := range ids {
		g := w.appGroups.Get(id)
		switch {
		case g == nil && w.opts.SkipUnknownAppGroups:
			continue
		case g == nil:
			c.Fail(missing("app group", id))
			continue
		case len(groups) > 0 && groups[0].grantKind != g.grantKind:
			c.Fail(invalid("app_group_ids: groups differ in authorization_type"))
		}
		groups = append(groups, g)
	}
	return groups
}

func (w *world) accountsToGrant(c *call, infos []accountInfo) (accounts []account) {
	for _, info := range infos {
		a, ok := w.account(info.group(), info.ID)
		switch {
		case info.ID == "" && info.group() && !w.opts.UserGroupsByName:
			c.Fail(invalid("id: is required for user group %s", info.Account))
		case info.ID == "":
			a, ok = w.named(info.group(), info.Account, info.Domain, info.Platform)
		case w.opts.SkipContradictions:
			ok = ok && info.describes(a)
		}
		if ok {
			accounts = append(accounts, a)
		}
	}
	return accounts
}

// describes reports whether all that a request says about an account is true of b.
func (a accountInfo) describes(b account) bool {
	return a.group() == b.group && a.Account == b.name && (a.ID == "" || a.ID == b.id) &&
		(a.Domain == "" || a.Domain == b.domain) && (a.Platform == "" || a.Platform == b.platform)
}

func (w *world) grant(g *appGroup, a account) *link {
	x := &link{account: a, thing: g.id, grantID: w.newID("439d64d37c8b495f"), made: w.Now}
	w.grants.Put(x.grantID, x, w.Shows)
	w.granted.add(x, w.Shows)
	return x
}

// deleteGrants revokes what it finds, and succeeds even if it finds nothing (b3).
func (w *world) deleteGrants(c *call) (any, error) {
	in, language := c.grants(), c.language()
	if c.Err != nil {
		return nil, c.Err
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
		for x := range w.granted.byThing.rows(id).Current() {
			named := byName[accountName{group: x.group, name: x.name}]
			if !slices.ContainsFunc(named, func(a accountInfo) bool { return a.describes(x.account) }) {
				continue
			}
			if !w.opts.NoRevokeMails {
				w.notify(mailDel, x, language)
			}
			w.revoke(x)
		}
	}
	return nil, nil
}

func (w *world) revoke(x *link) {
	w.grants.Drop(x.grantID, w.Shows)
	w.granted.drop(x, w.Shows)
}
