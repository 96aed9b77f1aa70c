package alibabacloudemu

// Changes of an account's email, which 2020-03-31 and 2022-04-19 have alike.

// changeEmail mails an address that is to become the account's: Alibaba Cloud ResourceDirectoryMaster 2022-04-19,
// ChangeAccountEmail.
func (w *world) changeEmail(c *call) (reply, error) {
	id, email := c.accountID(), c.email()
	a, err := w.memberOf(c, id)
	if err != nil {
		return nil, err
	}
	switch {
	case a.waits():
		return nil, errStatus
	case w.emailUsed(email, a.id):
		return nil, errEmailUsed
	}
	a.newEmail = email
	w.mailChange(c, a)
	return nil, nil
}

// retryChange mails again: Alibaba Cloud ResourceDirectoryMaster 2022-04-19, RetryChangeAccountEmail.
func (w *world) retryChange(c *call) (reply, error) {
	a, err := w.changing(c)
	if err != nil {
		return nil, err
	}
	w.mailChange(c, a)
	return nil, nil
}

// cancelChange voids the mail: Alibaba Cloud ResourceDirectoryMaster 2022-04-19, CancelChangeAccountEmail.
func (w *world) cancelChange(c *call) (reply, error) {
	a, err := w.changing(c)
	if err != nil {
		return nil, err
	}
	a.emailStatus, a.changed = changeCancelled, w.now
	w.save(a)
	return nil, nil
}

func (w *world) mailChange(c *call, a account) {
	a.emailStatus, a.changed = changeWaits, w.now
	a.emailMail = w.send(c.action, &a, a.newEmail)
	w.save(a)
}

// changing returns the member that a call names, whose email must be changing.
func (w *world) changing(c *call) (account, error) {
	a, err := w.memberOf(c, c.accountID())
	if err == nil && a.emailStatus != changeWaits {
		err = errNoChange
	}
	return a, err
}
