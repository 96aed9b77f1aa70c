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
	return page(w, c, &f, func(offset, limit int) ([]publicMailboxView, int, error) {
		return cut(w.publics, offset, limit, func(p *publicMailbox) publicMailboxView { return p.view(external) })
	})
}
