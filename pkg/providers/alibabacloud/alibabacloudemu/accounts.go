package alibabacloudemu

import (
	"cmp"
	"strings"
)

// getAccount: Alibaba Cloud ResourceDirectoryMaster 2022-04-19, GetAccount.
func (w *world) getAccount(c *call) (reply, error) {
	id := c.accountID()
	c.flag("IncludeTags")
	if err := c.done(w); err != nil {
		return nil, err
	}
	r := w.accounts.Seen(id, w.Now)
	if r == nil {
		return nil, errNoAccount
	}
	a := r.at(w.Now)
	if !a.member() {
		return nil, errNoAccount
	}
	v := memberView{
		accountView: w.view(a), AccountName: w.readName(a), EmailStatus: a.emailStatus, Location: "root",
		ResourceDirectoryPath: w.pathOf(a), Tags: []struct{}{},
	}
	if c.version == v2022 {
		has := a.phone != ""
		v.HasSecureMobilePhone, v.SecureMobilePhone = &has, &a.phone
	}
	return reply{"Account": v}, nil
}

// listAccounts: Alibaba Cloud ResourceDirectoryMaster 2022-04-19, ListAccounts.
func (w *world) listAccounts(c *call) (reply, error) {
	p, keyword := c.part(), ""
	if c.version == v2022 {
		keyword = c.Get("QueryKeyword")
		if c.Get("MaxResults") != "" || c.Get("NextToken") != "" {
			p = c.partByToken()
		}
	}
	c.flag("IncludeTags")
	tagged := c.tagged() // and no account is
	keep := func(a account) bool {
		return !tagged && a.member() && !(w.opts.HideSwitched && a.status == switchSuccess) && a.fits(keyword)
	}
	return page(w, c, &w.accounts.List, p, "Accounts", "Account", keep, func(a account) listedView { return w.viewListed(c, a) })
}

// nameFree checks that no account but a dead one has a DisplayName.
func (w *world) nameFree(display string) error {
	if r := w.named(display); r != nil {
		if a := r.at(w.Now); !a.dead() {
			return errNameUsed
		}
	}
	return nil
}

// complete sets what the vendor decides about a new account. The account takes the place of a dead one with its name.
func (w *world) complete(a *account) {
	if r := w.named(a.display); r != nil {
		w.accounts.Drop(r.id, w.Shows)
	}
	a.id = w.newAccountID()
	a.login = cmp.Or(a.login, w.loginOf("m"+a.id))
	a.folder = cmp.Or(a.folder, rootFolderID)
	a.joined, a.changed = w.Now, w.Now
}

func (w *world) loginOf(prefix string) string {
	return prefix + "@" + strings.ToLower(w.ID) + ".aliyunid.com"
}

// createAccount makes an account at once: Alibaba Cloud ResourceDirectoryMaster 2022-04-19, CreateResourceAccount.
func (w *world) createAccount(c *call) (reply, error) {
	a := account{display: c.displayName("DisplayName"), status: "CreateSuccess"}
	prefix := c.matching("AccountNamePrefix", prefixForm)
	if len(prefix) > 37 {
		c.Fail(invalid("AccountNamePrefix"))
	}
	dry := c.flag("DryRun") && c.version == v2022
	a.folder = c.folder(w)
	if err := cmp.Or(c.done(w), w.nameFree(a.display)); err != nil {
		return nil, err
	}
	if prefix != "" {
		if a.login = w.loginOf(prefix); w.emailUsed(a.login, "") {
			return nil, errLoginUsed
		}
	}
	if dry {
		return nil, nil
	}
	w.complete(&a)
	w.save(a)
	v := namedView{w.view(a), a.name(), ""}
	v.JoinTime = a.joined.UTC().Format("2006-01-02T15:04:05.000Z")
	v.ModifyTime = v.JoinTime
	return reply{"Account": v}, nil
}

// updateAccount renames an account or switches its type at once, without a mail: Alibaba Cloud ResourceDirectoryMaster 2022-04-19,
// UpdateAccount.
func (w *world) updateAccount(c *call) (reply, error) {
	id, kind, display := c.accountID(), c.matching("NewAccountType", typeForm), c.Get("NewDisplayName")
	dry := c.flag("DryRun") && c.version == v2022
	switch {
	case kind == "" && display == "":
		c.Fail(missing("NewAccountType"))
	case kind != "" && display != "":
		c.Fail(invalid("NewAccountType"))
	case display != "":
		c.displayName("NewDisplayName")
	}
	a, err := w.memberOf(c, id)
	if err != nil {
		return nil, err
	}
	if display != "" {
		err = w.rename(&a, display)
	} else {
		err = w.switchType(&a, kind)
	}
	if err != nil || dry {
		return nil, err
	}
	w.save(a)
	return reply{"Account": namedView{w.view(a), w.readName(a), ""}}, nil
}

func (w *world) rename(a *account, display string) error {
	if r := w.named(display); r != nil && r.id != a.id {
		return errNameUsed
	}
	a.display, a.changed = display, w.Now
	return nil
}

// switchType changes the type of an account whose owner can be reached by phone or email.
func (w *world) switchType(a *account, kind string) error {
	switch {
	case a.waits():
		return errStatus
	case a.kind() == kind && w.opts.SameTypeConflicts, a.phone == "" && a.email == "":
		return errType
	case a.kind() != kind:
		a.cloud, a.status, a.changed = !a.cloud, switchSuccess, w.Now
	}
	return nil
}
