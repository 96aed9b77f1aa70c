package wps365emu

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/entitlectl/entitlectl/pkg/providers/emu"
)

// Load fills an empty world. Unknown addresses are errors, and addresses that come twice.
func (w *world) Load(s seed) error {
	w.ID = cmp.Or(s.Company, w.ID)
	w.Resume(s.LastID)
	err := cmp.Or(
		emu.LoadEach("departments", s.Departments, seedDept.key, w.loadDept),
		emu.LoadEach("users", s.Users, seedUser.key, w.loadUser),
		emu.LoadEach("publicMailboxes", s.PublicMailboxes, seedMailbox.key, w.loadPublicMailbox),
		emu.LoadEach("recycled", s.Recycled, func(address string) string { return address }, w.loadRecycled),
		w.loadDomains(s),
		emu.LoadEach("mailGroups", s.MailGroups, seedMailGroup.key, w.loadMailGroup),
	)
	w.sort()
	return cmp.Or(err, w.loadTokens(s))
}

// sort brings rows into the order in which they were made.
func (w *world) sort() {
	slices.SortStableFunc(w.users, func(a, b *user) int { return strings.Compare(a.id, b.id) })
	slices.SortStableFunc(w.publics, func(a, b *publicMailbox) int { return strings.Compare(a.id, b.id) })
	w.groups.Sort(func(a, b *mailGroup) int { return strings.Compare(a.id, b.id) })
}

// loadTokens takes over the tokens of a world that was saved; another one has a refresh token of its first user.
func (w *world) loadTokens(s seed) error {
	if len(w.users) > 0 && s.LastID == 0 {
		w.refresh[w.opts.RefreshToken] = &token{user: w.users[0], scopes: w.opts.Scopes, expires: w.Now.Add(w.opts.RefreshLifetime)}
	}
	w.lastToken = s.LastToken
	for _, t := range s.Tokens {
		i := slices.IndexFunc(w.users, func(u *user) bool { return u.id == t.User })
		held := &token{scopes: t.Scopes, expires: t.Expires}
		if i >= 0 {
			held.user = w.users[i]
		} else if t.User != "" || t.Refresh {
			return fmt.Errorf("tokens: no user has the id %q", t.User)
		}
		by := w.tokens
		if t.Refresh {
			by = w.refresh
		}
		by[t.Value] = held
	}
	return nil
}

// loadDomains runs before mail groups are loaded, since their members may be of other domains.
func (w *world) loadDomains(s seed) error {
	for _, domain := range s.Domains {
		if !addressForm.MatchString("x@" + domain) {
			return fmt.Errorf("domains: %q is no domain", domain)
		}
		w.domains[fold(domain)] = true
	}
	if len(s.Domains) > 0 {
		return nil
	}
	for _, g := range s.MailGroups {
		w.domains[domainOf(g.Address)] = true
	}
	for _, domain := range w.seenDomains() {
		w.domains[domain] = true
	}
	return nil
}

// seenDomains are those of all addresses in the world, sorted.
func (w *world) seenDomains() []string {
	found := map[string]bool{}
	for address := range w.boxes {
		found[domainOf(address)] = true
	}
	for address := range w.groupByAddress {
		found[domainOf(address)] = true
	}
	for address := range w.recycled {
		found[domainOf(address)] = true
	}
	return slices.Sorted(maps.Keys(found))
}

// free checks that a mail address is well formed and not taken.
func (w *world) free(f *form, address string) {
	f.address("address", address)
	if w.taken(address) {
		f.Fail(&problem{Code: badValue, Msg: address + " comes twice"})
	}
}

// occupy gives a free address to a mailbox.
func (w *world) occupy(f *form, address string, box *mailbox) {
	w.free(f, address)
	w.boxes[fold(address)] = box
}

func (w *world) loadRecycled(address string) error {
	f := newForm(nil, nil)
	w.free(&f, address)
	w.recycled[fold(address)] = address
	return f.Err
}

func (w *world) loadDept(s seedDept) error {
	d, err := w.deptAt(s.Path, s.ID)
	if err != nil {
		return err
	}
	if d.loaded {
		return errors.New("comes twice")
	}
	d.loaded, d.externalID = true, s.ExternalID
	f := newForm(nil, nil)
	if s.Address != "" {
		d.box = &mailbox{address: s.Address, name: d.name, kind: deptKind}
		w.occupy(&f, s.Address, d.box)
	}
	return f.Err
}

// deptAt returns the department at a path below the root. It makes the departments that are missing, the last one with an id if one is
// given.
func (w *world) deptAt(path, id string) (*dept, error) {
	d, names := w.depts[0], strings.Split(path, "/")
next:
	for i, name := range names {
		if name == "" {
			return nil, fmt.Errorf("a department has no name")
		}
		for _, child := range d.children {
			if child.name == name {
				d = child
				continue next
			}
		}
		child := &dept{name: name, parent: d}
		if i == len(names)-1 {
			child.id = id
		}
		w.addDept(child)
		d = child
	}
	return d, nil
}

func (w *world) loadUser(s seedUser) error {
	u := &user{
		name: s.Name, email: s.Email, externalID: s.ExternalID, hidden: s.Hidden, aliases: s.Aliases,
		status: cmp.Or(s.Status, userStatuses[0]), made: w.Now.Unix(),
	}
	if !s.Made.IsZero() {
		u.made = s.Made.Unix()
	}
	f := newForm(nil, nil)
	f.OneOf("status", u.status, userStatuses...)
	f.required("name", &u.name)
	if s.Email != "" {
		f.address("email", s.Email)
	}
	for _, ref := range s.Departments {
		d, err := w.deptAt(ref.text, "")
		if err != nil {
			f.Fail(fmt.Errorf("line %d: %w", ref.line, err))
		}
		u.depts = append(u.depts, d)
	}
	if u.depts == nil {
		u.depts = w.depts[:1]
	}
	if primary := cmp.Or(s.Mailbox, s.Email); primary != "" {
		u.box = &mailbox{address: primary, name: u.name, kind: userKind, user: u}
		for _, address := range append([]string{primary}, s.Aliases...) {
			w.occupy(&f, address, u.box)
		}
	} else if s.Aliases != nil {
		f.Fail(errors.New("aliases need a mailbox"))
	}
	u.id = w.idOr(s.ID, "u_")
	w.users = append(w.users, u)
	return f.Err
}

// owner returns the user that a reference names.
func (w *world) owner(f *form, ref seedRef) *user {
	u := w.ownerAt(ref.text)
	if u == nil {
		f.Fail(fmt.Errorf("line %d: no user has the address %q", ref.line, ref.text))
	}
	return u
}

func (w *world) loadPublicMailbox(s seedMailbox) error {
	f := newForm(nil, nil)
	p := &publicMailbox{id: w.idOr(s.ID, "pm_"), name: s.Name, address: s.Address, aliases: s.Aliases, owner: w.owner(&f, s.Owner)}
	box := &mailbox{address: p.address, name: p.name, kind: publicKind}
	for _, address := range append([]string{p.address}, p.aliases...) {
		w.occupy(&f, address, box)
	}
	w.publics = append(w.publics, p)
	return f.Err
}

func (w *world) loadMailGroup(s seedMailGroup) error {
	g := &mailGroup{id: s.ID, address: s.Address, name: s.Name, mode: cmp.Or(s.Mode, "company")}
	f := newForm(nil, nil)
	(&mailGroupBody{Mode: &g.mode, Name: &g.name}).check(&f, 0)
	w.free(&f, s.Address)
	g.owner = w.owner(&f, s.Owner)
	if s.Senders != nil && g.mode != custom && !w.opts.KeepAcceptedSenders {
		f.Fail(errors.New("allowedSenders are only of senders: custom"))
	}
	if !w.domains[domainOf(s.Address)] {
		f.Fail(errors.New("the domain is not the tenant's"))
	}
	w.addMailGroup(g)
	w.loadEntries(&f, g.lists[members], s.Members)
	w.loadEntries(&f, g.lists[senders], s.Senders)
	return f.Err
}

func (w *world) loadEntries(f *form, e *entries, refs []seedRef) {
	for _, ref := range refs {
		box := w.reach(ref.text)
		if box == nil || !addressForm.MatchString(ref.text) {
			f.Fail(fmt.Errorf("line %d: nobody has the address %q", ref.line, ref.text))
			return
		}
		addEntry(e, box, w.Shows)
	}
}
