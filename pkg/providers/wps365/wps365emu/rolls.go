package wps365emu

import (
	"time"
	"unicode/utf8"

	"github.com/entitlectl/entitlectl/pkg/providers/emu"
)

// maxBatch is the most addresses of one call; the limit is that of mail contacts.
const maxBatch = 100

// roll names one of the two lists of a mail group, as paths and bodies do.
type roll string

const (
	members roll = "members"
	senders roll = "accepted_senders"
)

// rolls are the lists of a mail group.
type rolls map[roll]*entries

func newRolls() rolls {
	return rolls{members: {at: map[string]*entry{}}, senders: {at: map[string]*entry{}}}
}

// entries are mailboxes, in the order they were added, and by their folded address.
type entries struct {
	list emu.List[*entry]
	at   map[string]*entry
}

type entry struct {
	emu.Life
	*mailbox
}

// add enters a mailbox, unless it is there.
func (e *entries) add(box *mailbox, shows time.Time) {
	key := fold(box.address)
	if e.at[key] != nil {
		return
	}
	e.at[key] = &entry{mailbox: box}
	e.list.Add(e.at[key], shows)
}

// remove takes a mailbox out, if it is there.
func (e *entries) remove(key string, shows time.Time) {
	if row := e.at[key]; row != nil {
		delete(e.at, key)
		e.list.Remove(row, shows)
	}
}

func (e *entries) clear(shows time.Time) {
	for row := range e.list.Current() {
		e.remove(fold(row.address), shows)
	}
}

// memberView is a member or accepted sender on the wire. It has no id.
type memberView struct {
	Avatar  string `json:"avatar"`
	Address string `json:"email_address"`
	Name    string `json:"name"`
	Kind    string `json:"type"`
}

// view is a page of a list, and how many there are in all.
func (e *entries) view(now time.Time, offset, limit int) ([]memberView, int) {
	rows, total := e.list.Page(now, offset, limit, nil)
	return views(rows, func(row *entry) memberView {
		return memberView{Address: row.address, Name: row.name, Kind: row.kind}
	}), total
}

// open finds the list in a mail group; one of accepted senders is there only in mode custom.
func (r roll) open(g *mailGroup) (*entries, error) {
	switch {
	case g == nil:
		return nil, errNoMailGroup
	case r == senders && g.mode != custom:
		return nil, errInvalid
	}
	return g.rolls[r], nil
}

func (r roll) list(w *world, c *call) (any, error) {
	return page(w, c, new(form), func(offset, limit int) ([]memberView, int, error) {
		e, err := r.open(w.seen(c.vars[0]))
		if err != nil {
			return nil, 0, err
		}
		items, total := e.view(w.now, offset, limit)
		return items, total, nil
	})
}

// add enters mailboxes, all or, where one is unknown, none.
func (r roll) add(w *world, c *call) (any, error) {
	type item struct {
		Address *string `json:"email_address"`
		Kind    *string `json:"type"`
	}
	var in struct {
		Members []item `json:"members"`
		Senders []item `json:"accepted_senders"`
	}
	var f form
	f.body(c.body, &in)
	items := in.Members
	if r == senders {
		items = in.Senders
	}
	f.batch(string(r), items != nil, len(items))
	var found []*mailbox
	unknown := false
	seen := map[string]bool{}
	for _, x := range items {
		address, kind := f.required("email_address", x.Address), f.required("type", x.Kind)
		f.address("email_address", address)
		f.oneOf("type", kind, userKind, deptKind, publicKind)
		if seen[fold(address)] {
			f.fail(badValue, "email_address: %s comes twice", address)
		}
		seen[fold(address)] = true
		if box := w.reach(address); box != nil && box.kind == kind {
			found = append(found, box)
		} else {
			unknown = true
		}
	}
	if f.err != nil {
		return nil, f.err
	}
	e, err := r.open(w.groupByID[c.vars[0]])
	switch {
	case err != nil:
		return nil, err
	case unknown && !w.opts.PartialMembers:
		return nil, errNoMailbox
	}
	for _, box := range found {
		e.add(box, w.shows)
	}
	return nil, nil
}

// remove takes mailboxes out. An address that is not in the list changes nothing.
func (r roll) remove(w *world, c *call) (any, error) {
	var in struct {
		Addresses []string `json:"email_addresses"`
	}
	var f form
	f.body(c.body, &in)
	f.batch("email_addresses", in.Addresses != nil, len(in.Addresses))
	for _, address := range in.Addresses {
		if utf8.RuneCountInString(address) > maxAddress {
			f.fail(tooLong, "email_addresses: more than %d characters", maxAddress)
		}
	}
	if f.err != nil {
		return nil, f.err
	}
	e, err := r.open(w.groupByID[c.vars[0]])
	if err != nil {
		return nil, err
	}
	for _, address := range in.Addresses {
		if box := w.reach(address); box != nil {
			e.remove(fold(box.address), w.shows)
		}
	}
	return nil, nil
}
