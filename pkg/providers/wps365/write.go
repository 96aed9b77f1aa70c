package wps365

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/provider"
	"github.com/entitlectl/entitlectl/pkg/providers/httpx"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// Writer is a Reader that can also carry calls out. Calls may run side by side.
type Writer struct{ *Reader }

// NewWriter opens a connection for reading and writing. It sends nothing.
func NewWriter(conn spec.Connection, secrets map[string]spec.Secret, env httpx.Env) (provider.Target, error) {
	r, err := open(conn, secrets, env)
	if err != nil {
		return nil, err
	}
	return &Writer{Reader: r}, nil
}

// Do sends one call of those that Pack made.
func (w *Writer) Do(ctx context.Context, name string, changes []diff.Change, begin func() error) error {
	at := slices.IndexFunc(calls, func(k call) bool { return k.name == name })
	if at < 0 || len(changes) == 0 || len(changes) > calls[at].most {
		return provider.Bug("there is no call %q of %d changes", name, len(changes))
	}
	k := calls[at]
	address := changes[0].Resource
	for _, c := range changes {
		if c.Op != k.op || c.Role != k.role || c.Resource != address {
			return provider.Bug("call %q would also carry: %s %s", name, c.Op, c.Ref(w.name))
		}
	}
	if k.word != "" && !w.may[k.word] {
		return provider.Refuse("nothing was sent, %s", without(k.word))
	}
	post := httpx.Request{Method: http.MethodPost, BeforeSend: begin}
	if k.op == diff.OpCreate {
		return w.create(ctx, post, changes[0])
	}
	id, err := w.groupID(address)
	switch {
	case err != nil:
		return err
	case k.op == diff.OpUpdate:
		return w.update(ctx, post, id, changes)
	case k.op == diff.OpDelete:
		return w.delete(ctx, post, id)
	default:
		return w.writeList(ctx, post, k, id, changes)
	}
}

func (w *Writer) groupID(address string) (string, error) {
	if id, ok := w.ids.Load(address); ok {
		return id.(string), nil
	}
	return "", provider.Bug("the id of mail group %q is not known", address)
}

// update sets what the changes name. The values are absolute, so repeating it is safe.
func (w *Writer) update(ctx context.Context, post httpx.Request, id string, changes []diff.Change) error {
	var body mailGroupBody
	for _, c := range changes {
		if !body.set(c.Field, c.To) {
			return provider.Bug("mail groups have no setting %q", c.Field)
		}
	}
	post.Path, post.Body, post.Repeatable = groupPath(id, "update"), body, true
	return w.api.send(ctx, post, nil)
}

// delete removes a group. One that is not there is what was wanted.
func (w *Writer) delete(ctx context.Context, post httpx.Request, id string) error {
	post.Path, post.Repeatable = groupPath(id, "delete"), true
	err := w.api.send(ctx, post, nil)
	if httpx.Code(err) == codeNoMailGroup {
		return nil
	}
	return err
}

// writeList adds to a list of a group or removes from it. What repeating does is not documented.
func (w *Writer) writeList(ctx context.Context, post httpx.Request, k call, id string, changes []diff.Change) error {
	l := memberLists[slices.IndexFunc(memberLists, func(l memberList) bool { return l.role == k.role })]
	var entries []entry
	for _, c := range changes {
		e, err := w.written(c)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(entries, func(o entry) bool { return fold(o.Address) == fold(e.Address) }) {
			entries = append(entries, e) // an address that two subjects share must not come twice
		}
	}
	if k.op == diff.OpGrant {
		post.Path, post.Body = l.path(id, "batch_create"), map[string][]entry{l.name: entries}
		return w.api.send(ctx, post, nil)
	}
	addresses := spec.Each(entries, func(e entry) string { return e.Address })
	post.Path, post.Body = l.path(id, "batch_delete"), map[string][]string{"email_addresses": addresses}
	return w.api.send(ctx, post, nil)
}

// written is the entry that a change adds or removes: for a removal as live showed it.
func (w *Writer) written(c diff.Change) (entry, error) {
	if c.Op == diff.OpRevoke {
		address, known := w.seen.holders.Get(c.Grant(w.name))
		if !known {
			return entry{}, provider.Bug("live did not show %s on mail group %q", c.Subject, c.Resource)
		}
		return entry{Address: address}, nil
	}
	e, why := w.entry(c.Subject)
	if why != "" {
		return e, provider.Refuse("%s", why)
	}
	return e, nil
}

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
	all, err := w.api.all(ctx, nil)
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
