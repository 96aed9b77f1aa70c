package wps365emu

import "github.com/entitlectl/entitlectl/pkg/providers/emu"

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

func (w *world) listPublicMailboxes(c *call) (any, error) {
	external := c.external()
	return page(w, c, func(offset, limit int) ([]publicMailboxView, int, error) {
		return emu.Views(emu.Cut(w.publics, offset, limit), func(p *publicMailbox) publicMailboxView {
			return publicMailboxView{p.id, p.name, p.address, p.owner.idAs(external)}
		}), len(w.publics), nil
	})
}
