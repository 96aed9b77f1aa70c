package alibabacloudemu

import (
	"cmp"
	"slices"
	"time"
)

// recorded answers with an account's record; the oldest version tells only its id.
func (w *world) recorded(c *call, a account) reply {
	if c.version == v2016 {
		return reply{"RecordId": a.record}
	}
	return reply{"Account": w.viewRecord(a)}
}

// promote mails the owner-to-be of a resource account: Alibaba Cloud ResourceManager 2020-03-31, PromoteResourceAccount.
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
	a.email, a.status, a.changed = email, "PromoteVerifying", w.now
	a.mail = w.send(c.action, &a, email)
	w.save(a)
	return w.recorded(c, a), nil
}

// resend makes the action that mails an owner again: Alibaba Cloud ResourceManager 2020-03-31,
// ResendPromoteResourceAccountEmail and ResendCreateCloudAccountEmail.
func resend(flow string) func(*world, *call) (reply, error) {
	return func(w *world, c *call) (reply, error) {
		a, err := w.recordOf(c)
		if err != nil {
			return nil, err
		}
		revived := w.opts.ResendRevivesExpired && a.status == flow+expired
		if a.status != flow+verifying && !revived {
			return nil, errStatus
		}
		if !w.mayResend(a.id) {
			return nil, errFrequency
		}
		if !w.opts.ResendKeepsRecordID {
			w.renumber(&a)
		}
		first := a.mail
		a.status, a.mail = flow+verifying, w.send(c.action, &a, a.email)
		if w.opts.ResendKeepsClock && !revived {
			a.mail.sent, a.mail.expires = first.sent, first.expires
		} else {
			a.changed = w.now
		}
		w.save(a)
		return w.recorded(c, a), nil
	}
}

// renumber gives an account's record another id, and forgets the one it had.
func (w *world) renumber(a *account) {
	old := a.record
	a.record = w.newRecordID()
	w.byRecord[a.record] = w.byRecord[old]
	delete(w.byRecord, old)
}

// mayResend counts a resend, unless there were too many within the window.
func (w *world) mayResend(id string) bool {
	recent := slices.DeleteFunc(w.resends[id], func(t time.Time) bool { return w.now.Sub(t) >= w.opts.ResendWindow })
	ok := len(recent) < w.opts.ResendLimit
	if ok {
		recent = append(recent, w.now)
	}
	w.resends[id] = recent
	return ok
}

// cancel makes the action that voids what awaits an answer: Alibaba Cloud ResourceManager 2020-03-31,
// CancelPromoteResourceAccount and CancelCreateCloudAccount.
func cancel(flow string) func(*world, *call) (reply, error) {
	return func(w *world, c *call) (reply, error) {
		a, err := w.recordOf(c)
		if err != nil {
			return nil, err
		}
		if a.status != flow+verifying {
			return nil, errStatus
		}
		a.status, a.changed = flow+cancelled, w.now
		w.save(a)
		return nil, nil
	}
}

// recordOf returns the account whose RecordId a call names. That of a promotion which another followed fits no status.
func (w *world) recordOf(c *call) (a account, err error) {
	id := c.required("RecordId")
	if err := c.done(w); err != nil {
		return a, err
	}
	record := w.byRecord[id]
	if record == nil {
		return a, errNoRecord
	}
	if r := w.byID[record.id]; r == nil || r.record != id {
		return a, errStatus
	}
	return record.at(w.now), nil
}

// createCloud mails the owner of an account that is yet to be: Alibaba Cloud ResourceManager 2020-03-31, CreateCloudAccount.
func (w *world) createCloud(c *call) (reply, error) {
	a := account{display: c.displayName("DisplayName", wordForm), email: c.email()}
	a.folder = c.folder(w)
	if err := cmp.Or(c.done(w), w.nameFree(a.display)); err != nil {
		return nil, err
	}
	if w.emailUsed(a.email, "") {
		return nil, errEmailUsed
	}
	w.complete(&a)
	a.record, a.cloud, a.status = w.newRecordID(), true, "CreateVerifying"
	a.mail = w.send(c.action, &a, a.email)
	w.save(a)
	v := w.viewRecord(a)
	v.JoinTime = ""
	return reply{"Account": v}, nil
}

// deleteRecord drops an account that did not come to be: Alibaba Cloud ResourceManager 2016-11-11,
// DeleteInvalidCloudAccountRecord.
func (w *world) deleteRecord(c *call) (reply, error) {
	a, err := w.recordOf(c)
	if err != nil {
		return nil, err
	}
	if !a.dead() {
		return nil, errStatus
	}
	w.records.Remove(w.byRecord[a.record], w.shows)
	delete(w.byRecord, a.record)
	w.drop(w.byID[a.id])
	return nil, nil
}
