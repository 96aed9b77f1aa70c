package wps365

import (
	"context"
	"fmt"
	"strings"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/provider"
	"github.com/entitlectl/entitlectl/pkg/providers/httpx"
)

// create makes a mail group, with all its settings and nobody in it (WPS 365 open platform, create mail group). It must not
// be repeated blindly: what is there at the address afterwards decides what became of it.
func (w *Writer) create(ctx context.Context, post httpx.Request, c diff.Change) error {
	address, owner := c.Resource, c.Settings.Get("owner")
	if _, known := w.seen.people[owner]; !known {
		return provider.Refuse("%s", unknownUser(owner))
	}
	body := bodyOf(address, c.Settings)
	var made mailGroup
	post.Path, post.Body = groupsPath, body
	err := w.api.send(ctx, post, &made)
	if err == nil && made.ID == "" {
		err = fmt.Errorf("the vendor made mail group %q but gave no id", address)
	}
	if err == nil {
		return w.remember(address, made.ID)
	}
	if httpx.Code(err) == codeTaken || !notDone(err) {
		return w.settle(ctx, body, err)
	}
	return err
}

// remember notes that a group is ours, so that no later run mistakes it for a stranger's.
func (w *Writer) remember(address, id string) error {
	w.ids.Store(address, id)
	if w.kv == nil {
		return nil
	}
	if err := w.kv.Put(w.idKey(address), id); err != nil {
		return fmt.Errorf("mail group %q was made, but that could not be kept: %w", address, err)
	}
	return nil
}

func (w *Writer) idKey(address string) string { return w.name + "/mail-group/" + address }

// settle finds out what is at the address of a group that may or may not have been made, or that could not be made because
// the address is taken. It adopts a group that is as the files want it, or that an earlier run of ours made.
func (w *Writer) settle(ctx context.Context, body mailGroupBody, cause error) error {
	ours := ""
	if w.kv != nil {
		ours, _ = w.kv.Get(w.idKey(body.Address))
	}
	all, err := w.api.all(ctx)
	if err != nil {
		if notDone(cause) { // the address is taken, by whom is not known
			return provider.Refuse("%v; and what is there could not be read: %v", cause, err)
		}
		return fmt.Errorf("%w; and what is there could not be read: %v", cause, err)
	}
	for _, g := range all {
		if g.address() != body.Address {
			continue
		}
		if differences := w.differences(g, body); g.ID != ours && differences != "" {
			return provider.Refuse("another mail group has the address %s: %s; make the files agree with it, or delete it", body.Address, differences)
		}
		return w.remember(body.Address, g.ID)
	}
	switch {
	case !notDone(cause): // lists may lag behind: whoever reads later knows
		return cause
	case ours != "": // the same lag, in a later run
		return fmt.Errorf("the address %s is taken, and the mail group that an earlier run made there is not listed: not yet, or it was deleted to the recycle bin", body.Address)
	}
	return provider.Refuse("the address %s is taken, but not by a mail group: a mailbox or an alias has it, or a deleted mail group in the recycle bin", body.Address)
}

// differences says how a group differs from one that would be made.
func (w *Writer) differences(g mailGroup, body mailGroupBody) string {
	var list []string
	if g.Name != body.Name {
		list = append(list, fmt.Sprintf("its name is %q and not %q", g.Name, body.Name))
	}
	if senders, err := g.senders(); err != nil || acceptedType(senders) != body.AcceptedType {
		list = append(list, fmt.Sprintf("its senders are %q and not %q", senders, body.AcceptedType))
	}
	if g.OwnerID != w.seen.people[body.OwnerAddress] && fold(g.Owner.Address) != body.OwnerAddress {
		list = append(list, fmt.Sprintf("its owner is not %s", body.OwnerAddress))
	}
	return strings.Join(list, ", ")
}
