package wps365emu

// publicMailbox is an address that several people read.
type publicMailbox struct {
	id, name, address string
	owner             *user
}

type publicMailboxView struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Address string `json:"email_address"`
	OwnerID string `json:"owner_id"`
}

func (p *publicMailbox) view(external bool) publicMailboxView {
	return publicMailboxView{p.id, p.name, p.address, p.owner.idAs(external)}
}

func (w *world) listPublicMailboxes(c *call) (any, error) {
	var f form
	external := f.external(c)
	return page(w, c, &f, mailSizes, func(offset, limit int) ([]publicMailboxView, int, error) {
		return cut(w.publics, offset, limit, func(p *publicMailbox) publicMailboxView { return p.view(external) })
	})
}

func (w *world) getPublicMailbox(c *call) (any, error) {
	var f form
	external := f.external(c)
	p := w.publicByID[c.vars[0]]
	switch {
	case f.err != nil:
		return nil, f.err
	case p == nil:
		return nil, errNoMailbox
	}
	return p.view(external), nil
}

// owned finds the user that a path names, in either kind of id, if the user has a mailbox. The contact range does not matter
// here.
func (w *world) owned(c *call) (*user, error) {
	var f form
	external := f.external(c)
	if f.err != nil {
		return nil, f.err
	}
	for _, u := range w.users {
		if u.idAs(external) == c.vars[0] {
			if u.box == nil {
				return nil, errNoMailbox
			}
			return u, nil
		}
	}
	return nil, errNoUser
}

func (w *world) getUserMailbox(c *call) (any, error) {
	u, err := w.owned(c)
	if err != nil {
		return nil, err
	}
	return map[string]any{"email_address": u.box.address, "email_type": "user", "is_primary": true}, nil
}

func (w *world) listUserAliases(c *call) (any, error) {
	u, err := w.owned(c)
	if err != nil {
		return nil, err
	}
	return map[string]any{"primary": u.box.address, "aliases": append([]string{}, u.aliases...)}, nil
}
