package wps365

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/provider"
	"github.com/entitlectl/entitlectl/pkg/providers/httpx"
	"github.com/entitlectl/entitlectl/pkg/spec"
	"github.com/entitlectl/entitlectl/pkg/store"
)

// Reader reads one connection and packs its changes. It sends GET requests, look-ups of users, and requests for tokens.
type Reader struct {
	name    string // of the connection
	api     *api
	kv      store.KV
	may     map[string]bool           // the words of experimental that the connection lists
	intents map[spec.Ref]*groupIntent // what the files want, as far as reads were told
	seen    index
	asked   map[string]bool   // addresses of users that the latest read looked up
	listing bool              // it is listed what is there, so that nobody knows a department by its name yet
	unread  map[string]string // by path, why addresses could not be read that nobody came to yet
	ids     sync.Map          // address to id of mail groups that a read showed, or that were made and may not show yet
}

// index keeps what reads learned of the vendor's ids and spellings, which no state holds and writes need. A later read adds
// to it, since it may be about a part only.
type index struct {
	holders   spec.GrantMap[string] // live members and accepted senders to the address as the vendor spells it
	people    map[string]string     // address to id of users that were looked up
	standings map[string]string     // address to what keeps them from using what is granted, where anything does
	mailboxes map[string]string     // address to id of public mailboxes
	aliases   map[string][]string   // by path, all addresses of mailboxes that were looked up
}

// NewReader opens a connection for reading. It sends nothing.
func NewReader(conn spec.Connection, secrets map[string]spec.Secret, env httpx.Env) (provider.Source, error) {
	r, err := open(conn, secrets, env)
	if err != nil {
		return nil, err
	}
	return r, nil
}

func open(conn spec.Connection, secrets map[string]spec.Secret, env httpx.Env) (*Reader, error) {
	a, err := newAPI(conn, secrets, env)
	if err != nil {
		return nil, err
	}
	r := &Reader{name: conn.Name, api: a, kv: env.KV, unread: map[string]string{}, may: map[string]bool{}, intents: map[spec.Ref]*groupIntent{},
		seen: index{people: map[string]string{}, standings: map[string]string{}, aliases: map[string][]string{}}}
	for _, word := range conn.Experimental {
		r.may[word] = true
	}
	return r, nil
}

// Read returns what is live of the mail groups that the query lists. What can't be seen or changed is as desired in it, and
// its notes say so.
func (r *Reader) Read(ctx context.Context, q provider.Query) (diff.Live, error) {
	live := diff.NewLive()
	if len(q.Desired.Resources) == 0 {
		return live, nil
	}
	r.learn(q.Desired)
	r.asked = map[string]bool{}
	refs := slices.SortedFunc(maps.Keys(q.Desired.Resources), spec.Ref.Compare)
	groups, err := r.readGroups(ctx, q, &live)
	if err != nil {
		return live, fmt.Errorf("read mail groups: %w", err)
	}
	if err := r.readLists(ctx, q, refs, groups, &live); err != nil {
		return live, err
	}
	if err := r.lookUp(ctx, q, refs, &live); err != nil {
		return live, fmt.Errorf("look up users and mailboxes: %w", err)
	}
	if err := r.lookUpNames(ctx, q, &live); err != nil {
		return live, fmt.Errorf("look up other addresses: %w", err)
	}
	if err := r.readOwners(ctx, refs, groups, &live); err != nil {
		return live, err
	}
	r.checkMissing(refs, &live)
	r.fixSettings(refs, &live)
	slices.Sort(live.Notes)
	return live, nil
}

// all lists every mail group (WPS 365 open platform, list mail groups). There is no documented way to ask for one.
func (a *api) all(ctx context.Context, listing *provider.Listing) ([]mailGroup, error) {
	all, err := provider.Once(listing, groupsPath, func() (provider.Listed[mailGroup], error) {
		return pages(ctx, a, list{groupsPath, true}, func(g mailGroup) string { return g.ID })
	})
	if err := cmp.Or(err, all.Whole("the list of mail groups")); err != nil { // a group that we miss would be created again
		return nil, err
	}
	if slices.ContainsFunc(all.Rows, func(g mailGroup) bool { return g.ID == "" || g.address() == "" }) {
		return nil, &provider.NotWhole{What: "the list of mail groups", Why: "it has a row without an id or an address"}
	}
	return all.Rows, nil
}

// readGroups finds the wanted groups. Of one that is to be deleted, where nothing may be deleted, no more is read.
func (r *Reader) readGroups(ctx context.Context, q provider.Query, live *diff.Live) (map[spec.Ref]mailGroup, error) {
	all, err := r.api.all(ctx, q.Listing)
	if err != nil {
		return nil, err
	}
	listed := func(g mailGroup) bool { _, ok := q.Desired.Resources[r.ref(g)]; return ok }
	wanted := slices.DeleteFunc(slices.Clone(all), func(g mailGroup) bool { return !listed(g) })
	if !q.Partial {
		live.Unmanaged = len(all) - len(wanted)
	}
	wanted, shared := provider.Alone(wanted, r.ref, func(g mailGroup) string { return g.ID }, live)
	for _, address := range shared {
		r.ids.Delete(address)
	}
	groups := map[spec.Ref]mailGroup{}
	for _, g := range wanted {
		ref := r.ref(g)
		groups[ref] = g
		r.ids.Store(ref.Name, g.ID)
		live.Resources[ref], live.IDs[ref] = spec.Resource{Settings: g.settings(ref, live)}, g.ID
	}
	if unmade := q.Unmade(kindMailGroup, *live); len(unmade) > 0 {
		q.Alike(unmade, spec.Each(all, mailGroup.address), live)
	}
	for ref := range groups {
		if w := r.intents[ref]; w.Absent && !r.may[wordDelete] && w.Ownership != spec.Ignored {
			delete(groups, ref)
			live.Unsupported[ref] = "delete it by hand, " + without(wordDelete)
		}
	}
	return groups, nil
}

func (r *Reader) ref(g mailGroup) spec.Ref {
	return spec.Ref{Connection: r.name, Kind: kindMailGroup, Name: g.address()}
}

// readOwners finds whose the groups are, where the files say whose they should be.
func (r *Reader) readOwners(ctx context.Context, refs []spec.Ref, groups map[spec.Ref]mailGroup, live *diff.Live) error {
	var strangers []string
	for _, ref := range refs {
		if g, w := groups[ref], r.intents[ref]; w.owned() && g.OwnerID != "" && g.OwnerID != r.seen.people[w.owner()] {
			strangers = append(strangers, g.OwnerID)
		}
	}
	emails, err := r.emails(ctx, strangers)
	if err != nil {
		return fmt.Errorf("look up the owners of mail groups: %w", err)
	}
	for _, ref := range refs {
		g, w := groups[ref], r.intents[ref]
		if g.ID == "" || !w.owned() {
			continue
		}
		if g.OwnerID == "" && g.Owner.Address == "" {
			live.CantSee(diff.Aspect{Resource: ref, Setting: "owner"}, "the vendor does not say whose it is")
			continue
		}
		owner := cmp.Or(emails[g.OwnerID], fold(g.Owner.Address), "user "+g.OwnerID)
		id, known := r.seen.people[w.owner()]
		if known && id == g.OwnerID {
			owner = w.owner()
		}
		res := live.Resources[ref]
		res.Settings = res.Settings.With("owner", owner)
		live.Resources[ref] = res
		if !known && owner != w.owner() {
			live.CantSet(ref, "owner", unknownUser(w.owner()))
		}
	}
	return nil
}

// checkMissing says of groups that are not live why they can't be made, or with which settings where the files leave them
// open.
func (r *Reader) checkMissing(refs []spec.Ref, live *diff.Live) {
	for _, ref := range refs {
		w := r.intents[ref]
		if _, exists := live.Resources[ref]; exists || w.Absent || w.Ownership == spec.Ignored || live.Unsupported[ref] != "" {
			continue
		}
		switch _, known := r.seen.people[w.owner()]; {
		case w.owner() == "":
			live.Unsupported[ref] = "a mail group can't be made without an owner; name a user as its owner:"
		case !known:
			live.Unsupported[ref] = "its owner: " + unknownUser(w.owner())
		case w.senders() == "" || w.Settings.Get("name") == "":
			body := bodyOf(ref.Name, w.Settings)
			live.Note(ref, "made with name %q and senders %q where the files do not say", body.Name, body.AcceptedType)
		}
	}
}
