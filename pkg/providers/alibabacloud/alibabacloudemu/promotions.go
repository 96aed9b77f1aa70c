package alibabacloudemu

import (
	"cmp"
	"slices"
	"time"
)

// promote mails the future owner of a resource account. Alibaba Cloud ResourceManager 2020-03-31, PromoteResourceAccount.
func (w *world) promote(c *call) (reply, error) {
	id, email := c.accountID(), c.email()
	a, err := w.memberOf(c, id)
	if err != nil {
		return nil, err
	}
	again := a.status == "PromoteVerifying" && w.opts.PromoteAgainReplaces
	switch {
	case !a.promotable() && !again:
		return nil, errStatus
	case w.emailUsed(email, id):
		return nil, errEmailUsed
	}
	if again {
		w.renumber(&a)
	} else {
		a.record = w.newRecordID()
	}
	a.email, a.status, a.changed = email, "PromoteVerifying", w.Now
	a.mail = w.send(c.action, &a)
	w.save(a)
	return reply{"Account": w.viewRecord(a)}, nil
}

// resend mails the future owner again. Alibaba Cloud ResourceManager 2020-03-31, ResendPromoteResourceAccountEmail.
func (w *world) resend(c *call) (reply, error) {
	a, err := w.recordOf(c)
	if err != nil {
		return nil, err
	}
	revived := w.opts.ResendRevivesExpired && a.status == "PromoteExpired"
	if a.status != "PromoteVerifying" && !revived {
		return nil, errStatus
	}
	if !w.mayResend(a.id) {
		return nil, errFrequency
	}
	if !w.opts.ResendKeepsRecordID {
		w.renumber(&a)
	}
	first := a.mail
	a.status, a.mail = "PromoteVerifying", w.send(c.action, &a)
	if w.opts.ResendKeepsClock && !revived {
		a.mail.sent, a.mail.expires = first.sent, first.expires
	} else {
		a.changed = w.Now
	}
	w.save(a)
	return reply{"Account": w.viewRecord(a)}, nil
}

// renumber gives the record of an account a new id. The old one is unknown from then on.
func (w *world) renumber(a *account) {
	old := a.record
	a.record = w.newRecordID()
	w.records.Rename(old, a.record)
}

// mayResend reports whether a resend is within the limit, and counts it if so.
func (w *world) mayResend(id string) bool {
	recent := slices.DeleteFunc(w.resends[id], func(t time.Time) bool { return w.Now.Sub(t) >= w.opts.ResendWindow })
	ok := len(recent) < w.opts.ResendLimit
	if ok {
		recent = append(recent, w.Now)
	}
	w.resends[id] = recent
	return ok
}

// recordOf returns the account whose RecordId a call names. The record of an earlier promotion is refused.
func (w *world) recordOf(c *call) (a account, err error) {
	id := c.required("RecordId")
	if err := c.done(w); err != nil {
		return a, err
	}
	record := w.records.Get(id)
	if record == nil {
		return a, errNoRecord
	}
	if r := w.accounts.Get(record.id); r == nil || r.record != id {
		return a, errStatus
	}
	return record.at(w.Now), nil
}

func (w *world) viewRecord(a account) namedView {
	return namedView{w.view(a), cmp.Or(a.email, a.login), a.record}
}

// listRecords lists promotions and creations, past ones too, the oldest first. No other call shows the RecordId of a promotion that
// somebody else began. Alibaba Cloud ResourceManager 2016-11-11, ListAccountRecordsForParent.
func (w *world) listRecords(c *call) (reply, error) {
	p, keyword, folder := c.part(), c.Get("QueryKeyword"), c.folder(w)
	everywhere := folder == "" && w.opts.NoParentMeansAll
	folder = cmp.Or(folder, rootFolderID)
	keep := func(a account) bool { return (everywhere || a.folder == folder) && a.fits(keyword) }
	return page(w, c, &w.records.List, p, "Records", "Record", keep, func(a account) namedView {
		v := w.viewRecord(a)
		v.AccountName = w.readName(a)
		return v
	})
}
