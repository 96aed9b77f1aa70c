package wps365emu

import (
	"time"

	"github.com/entitlectl/entitlectl/pkg/providers/emu"
)

// maxBatch is the most addresses of one call; the limit is that of mail contacts.
const maxBatch = 100

// memberList names one of the two lists of a mail group, as paths and bodies do.
type memberList string

const (
	members memberList = "members"
	senders memberList = "accepted_senders"
)

// entry is a mailbox in a list.
type entry struct {
	emu.Life
	*mailbox
}

// entries are the mailboxes in a list, in the order they were added, by their folded addresses.
type entries = emu.Table[*entry]

func addEntry(e *entries, box *mailbox, shows time.Time) {
	if key := fold(box.address); e.Get(key) == nil {
		e.Put(key, &entry{mailbox: box}, shows)
	}
}

// memberView is a member, accepted sender or owner on the wire. It has no id.
type memberView struct {
	Avatar  string `json:"avatar"`
	Address string `json:"email_address"`
	Name    string `json:"name"`
	Kind    string `json:"type,omitempty"` // none of an owner
}

// viewEntries returns one page of a list, and how many entries it has in all.
func viewEntries(e *entries, now time.Time, offset, limit int) ([]memberView, int) {
	rows, total := e.Page(now, offset, limit, nil)
	return emu.Views(rows, func(x *entry) memberView {
		return memberView{Address: x.address, Name: x.name, Kind: x.kind}
	}), total
}

// of returns the list of a mail group. Accepted senders have one only in mode custom.
func (l memberList) of(g *mailGroup) (*entries, error) {
	switch {
	case g == nil:
		return nil, errNoMailGroup
	case l == senders && g.mode != custom:
		return nil, errInvalid
	}
	return g.lists[l], nil
}

func (l memberList) list(w *world, c *call) (any, error) {
	return page(w, c, func(offset, limit int) ([]memberView, int, error) {
		e, err := l.of(w.groups.Seen(c.id, w.Now))
		if err != nil {
			return nil, 0, err
		}
		items, total := viewEntries(e, w.Now, offset, limit)
		return items, total, nil
	})
}

// add adds mailboxes. If one is unknown, none is added.
func (l memberList) add(w *world, c *call) (any, error) {
	type item struct {
		Address *string `json:"email_address"`
		Kind    *string `json:"type"`
	}
	var in struct {
		Members []item `json:"members"`
		Senders []item `json:"accepted_senders"`
	}
	c.json(&in)
	items := map[memberList][]item{members: in.Members, senders: in.Senders}[l]
	c.batch(string(l), items != nil, len(items))
	var found []*mailbox
	var addresses []string
	for _, x := range items {
		address, kind := c.required("email_address", x.Address), c.required("type", x.Kind)
		c.address("email_address", address)
		c.OneOf("type", kind, userKind, deptKind, publicKind)
		addresses = append(addresses, fold(address))
		if box := w.reach(address); box != nil && box.kind == kind {
			found = append(found, box)
		}
	}
	emu.Unique(&c.Form, "email_address", addresses)
	if c.Err != nil {
		return nil, c.Err
	}
	e, err := l.of(w.groups.Get(c.id))
	switch {
	case err != nil:
		return nil, err
	case len(found) < len(items) && !w.opts.PartialMembers:
		return nil, errNoMailbox
	}
	for _, box := range found {
		addEntry(e, box, w.Shows)
	}
	return nil, nil
}

// remove removes mailboxes. Addresses that are not in the list are ignored.
func (l memberList) remove(w *world, c *call) (any, error) {
	var in struct {
		Addresses []string `json:"email_addresses"`
	}
	c.json(&in)
	c.batch("email_addresses", in.Addresses != nil, len(in.Addresses))
	for _, address := range in.Addresses {
		c.length("email_addresses", address, maxAddress)
	}
	if c.Err != nil {
		return nil, c.Err
	}
	e, err := l.of(w.groups.Get(c.id))
	if err != nil {
		return nil, err
	}
	for _, address := range in.Addresses {
		if box := w.reach(address); box != nil {
			e.Drop(fold(box.address), w.Shows)
		}
	}
	return nil, nil
}
