package wps365emu

import (
	"cmp"
	"slices"

	"github.com/entitlectl/entitlectl/pkg/providers/emu"
)

// publicMailbox is an address that several people read.
type publicMailbox struct {
	id, name, address string
	aliases           []string
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

type userMailboxView struct {
	Address string `json:"email_address"`
	Kind    string `json:"email_type"`
	Primary bool   `json:"is_primary"`
}

// aliasesView are the addresses of a mailbox. WPS 365 open platform, mailbox aliases.
type aliasesView struct {
	Primary string   `json:"primary"`
	Aliases []string `json:"aliases"`
}

// mailboxOf returns the user whose mailbox the path names by the user's id. A user without one is none.
func (w *world) mailboxOf(c *call) (*user, error) {
	external := c.external()
	i := slices.IndexFunc(w.users, func(u *user) bool { return u.idAs(external) == c.id && u.box != nil })
	if c.Err != nil || i < 0 {
		return nil, cmp.Or(c.Err, error(errNoMailbox))
	}
	return w.users[i], nil
}

func (w *world) getUserMailbox(c *call) (any, error) {
	u, err := w.mailboxOf(c)
	if err != nil {
		return nil, err
	}
	return userMailboxView{u.box.address, userKind, true}, nil
}

func (w *world) userAliases(c *call) (any, error) {
	u, err := w.mailboxOf(c)
	if err != nil {
		return nil, err
	}
	return aliasesView{u.box.address, append([]string{}, u.aliases...)}, nil
}

func (w *world) publicAliases(c *call) (any, error) {
	i := slices.IndexFunc(w.publics, func(p *publicMailbox) bool { return p.id == c.id })
	if i < 0 {
		return nil, errNoMailbox
	}
	return aliasesView{w.publics[i].address, append([]string{}, w.publics[i].aliases...)}, nil
}
