package alibabacloudemu

import (
	"cmp"
	"strings"
)

// get is GetAccount.
func (w *world) get(c *call) (reply, error) {
	id := c.accountID()
	c.flag("IncludeTags")
	if err := c.done(w); err != nil {
		return nil, err
	}
	a, ok := w.shown(id)
	if !ok {
		return nil, errNoAccount
	}
	v := memberView{
		accountView: w.view(a), AccountName: w.readName(a), EmailStatus: a.emailStatus, Location: "root",
		ResourceDirectoryPath: pathOf(a), Tags: []struct{}{},
	}
	if c.version == v2022 {
		has := a.phone != ""
		v.HasSecureMobilePhone, v.SecureMobilePhone = &has, &a.phone
	}
	return reply{"Account": v}, nil
}

// nameFree wants a DisplayName that no living account has.
func (w *world) nameFree(display string) error {
	if r := w.byName[display]; r != nil {
		if a := r.at(w.now); !a.dead() {
			return errNameUsed
		}
	}
	return nil
}

// complete gives a new account what the vendor decides. It takes the place of a dead one with its name.
func (w *world) complete(a *account) {
	if r := w.byName[a.display]; r != nil {
		w.drop(r)
	}
	a.id = w.newAccountID()
	a.login = cmp.Or(a.login, loginOf("m"+a.id))
	a.folder = cmp.Or(a.folder, rootFolderID)
	a.joined, a.changed = w.now, w.now
}

func loginOf(prefix string) string {
	return prefix + "@" + strings.ToLower(directoryID) + ".aliyunid.com"
}

// createResource makes an account at once: Alibaba Cloud ResourceDirectoryMaster 2022-04-19, CreateResourceAccount.
func (w *world) createResource(c *call) (reply, error) {
	a := account{display: c.displayName("DisplayName"), status: "CreateSuccess"}
	prefix := c.matching("AccountNamePrefix", prefixForm)
	if len(prefix) > 37 {
		c.fail(invalid("AccountNamePrefix"))
	}
	dry := c.flag("DryRun") && c.version == v2022
	a.folder = c.folder(w)
	if err := cmp.Or(c.done(w), w.nameFree(a.display)); err != nil {
		return nil, err
	}
	if prefix != "" {
		if a.login = loginOf(prefix); w.emailUsed(a.login, "") {
			return nil, errLoginUsed
		}
	}
	if dry {
		return nil, nil
	}
	w.complete(&a)
	w.save(a)
	v := newView{w.view(a), a.name()}
	v.JoinTime = a.joined.UTC().Format("2006-01-02T15:04:05.000Z")
	v.ModifyTime = v.JoinTime
	return reply{"Account": v}, nil
}

// update renames an account or switches its type at once, without a mail: Alibaba Cloud ResourceDirectoryMaster 2022-04-19,
// UpdateAccount.
func (w *world) update(c *call) (reply, error) {
	id, kind, display := c.accountID(), c.matching("NewAccountType", typeForm), c.get("NewDisplayName")
	dry := c.flag("DryRun") && c.version == v2022
	switch {
	case kind == "" && display == "":
		c.fail(missing("NewAccountType"))
	case kind != "" && display != "":
		c.fail(invalid("NewAccountType"))
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
	return reply{"Account": newView{w.view(a), w.readName(a)}}, nil
}

func (w *world) rename(a *account, display string) error {
	if r := w.byName[display]; r != nil && r.id != a.id {
		return errNameUsed
	}
	a.display, a.changed = display, w.now
	return nil
}

// switchType wants the owner to be reachable by phone or email.
func (w *world) switchType(a *account, kind string) error {
	switch {
	case a.waits():
		return errStatus
	case a.kind() == kind && w.opts.SameTypeConflicts, a.phone == "" && a.email == "":
		return errType
	case a.kind() != kind:
		a.cloud, a.status, a.changed = !a.cloud, switchSuccess, w.now
	}
	return nil
}
