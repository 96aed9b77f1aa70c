package huaweicloud

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"sync"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/provider"
	"github.com/entitlectl/entitlectl/pkg/providers/httpx"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// Reader reads one connection and packs its changes. It sends GET requests only.
type Reader struct {
	name      string // of the connection
	api       *api
	seen      index
	mailTypes []spec.Mail    // those that are read and sent again
	fold      folding        // of names in other letter cases
	rows      map[string]int // of lists, as last read
	created   sync.Map       // app groups made since the connection was opened, name to id: reads may not show them yet
}

// index keeps what reads learned of the vendor's ids and spellings, which no state holds and writes need. A later read adds
// to it, since it may be about a part only.
type index struct {
	appGroups map[string]string        // name to id
	apps      map[string]string        // name to id
	holders   holders                  // of live grants
	directory map[spec.Subject]account // users and user groups that were looked up
	people    map[spec.Subject]user    // users that were looked up
	mails     map[spec.Subject]int     // mails that granting an app group to the subject sends
	records   map[addressee]mail       // failed mails
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
	return &Reader{name: conn.Name, api: a, rows: map[string]int{}, mailTypes: conn.Notices.Of(mails()),
		fold: folding{conn.Settings[spec.KeyCaseFold], map[spec.Subject]spec.Subject{}, map[spec.Subject]spec.Subject{}}, seen: index{map[string]string{}, map[string]string{},
			holders{}, map[spec.Subject]account{}, map[spec.Subject]user{}, map[spec.Subject]int{}, map[addressee]mail{}}}, nil
}

// Read returns what is live of the resources that the query lists. Apps that are not live are an error, since no call of
// ours makes one; app groups that are not live are simply not in the state.
func (r *Reader) Read(ctx context.Context, q provider.Query) (diff.Live, error) {
	live := diff.NewLive()
	live.Mails = r.mails
	if len(q.Desired.Resources) == 0 {
		return live, nil
	}
	project, err := r.api.projectID(ctx)
	if err != nil {
		return live, err
	}
	live.Account = "project " + project
	if err := r.readAppGroups(ctx, q, &live); err != nil {
		return live, fmt.Errorf("read app groups: %w", err)
	}
	if err := r.readApps(ctx, q, &live); err != nil {
		return live, fmt.Errorf("read apps: %w", err)
	}
	if err := r.foldCase(ctx, q, &live); err != nil {
		return live, fmt.Errorf("look up the spellings of names: %w", err)
	}
	if err := r.lookUp(ctx, q, &live); err != nil {
		return live, fmt.Errorf("look up users and user groups: %w", err)
	}
	if err := r.noteStandings(ctx, q, &live); err != nil {
		return live, fmt.Errorf("look up how people stand: %w", err)
	}
	if err := r.readMails(ctx, q, &live); provider.Denied(err) && !q.ReadBack {
		provider.NoteDenied(&live, r.name, "workspace:appGroup:listMailRecord", err)
	} else if err != nil {
		return live, fmt.Errorf("read mails: %w", err)
	}
	slices.Sort(live.Notes)
	return live, nil
}

func (r *Reader) ref(kind spec.Kind, name string) spec.Ref {
	return spec.Ref{Connection: r.name, Kind: kind, Name: name}
}

// readAppGroups finds the wanted groups (a1) and reads who may use them (b1).
func (r *Reader) readAppGroups(ctx context.Context, q provider.Query, live *diff.Live) error {
	if len(q.Desired.Names(kindAppGroup)) == 0 {
		return nil
	}
	name := func(g appGroup) string { return g.Name }
	found, all, others, err := byName(ctx, r, listAppGroups, q, kindAppGroup, appGroup.key, name)
	if err != nil {
		return err
	}
	ids := map[string]spec.Ref{}
	found, shared := provider.Alone(found, func(g appGroup) spec.Ref { return r.ref(kindAppGroup, g.Name) }, appGroup.key, live)
	for _, name := range shared {
		delete(r.seen.appGroups, name)
	}
	for _, g := range found {
		ref := r.ref(kindAppGroup, g.Name)
		want := q.Desired.Resources[ref].Settings
		if g.Type == "" && want.Get(settingType) != "" {
			live.Note(ref, "the vendor does not show its type, which is taken to be as the file says")
			g.Type = want.Get(settingType)
		}
		live.Resources[ref], live.IDs[ref] = spec.Resource{Settings: g.settings(want)}, g.ID
		r.seen.appGroups[g.Name], ids[g.ID] = g.ID, ref
	}
	live.Unmanaged += others
	r.checkNames(q.Desired, live)
	if err := r.checkUnmade(ctx, q, all, live); err != nil {
		return err
	}
	return r.readAuthorizations(ctx, q, ids, live)
}

func (r *Reader) checkNames(desired spec.State, live *diff.Live) {
	for ref, want := range desired.Resources {
		if _, exists := live.Resources[ref]; exists || ref.Kind != kindAppGroup || want.Absent {
			continue
		}
		if wants := appGroupNames(ref.Name); wants != "" {
			live.Unsupported[ref] = "the vendor takes no such name: it must be " + wants + "; rename it"
		}
	}
}

// byName returns the rows of the wanted resources of a kind, all rows if it read them, and how many other rows the vendor has. It
// reads the whole list, or asks for each name where that is fewer calls; then the vendor's filter is taken to be loose.
func byName[T any](ctx context.Context, r *Reader, l list, q provider.Query, kind spec.Kind, id, name func(T) string) (found, all []T, others int, err error) {
	wanted := q.Desired.Names(kind)
	what := "the list of " + kind.Words() + "s"
	keep := func(list provider.Listed[T]) error {
		for _, row := range list.Rows {
			if id(row) == "" || name(row) == "" { // it may be any of those that are wanted
				list.Broken = "it has a row without an id or a name"
			}
			if _, ok := slices.BinarySearch(wanted, name(row)); ok {
				found = append(found, row)
			}
		}
		return list.Whole(what) // one that we miss would be created again
	}
	var list provider.Listed[T]
	most := provider.MostRows(pageSize, make([]int, len(wanted)))
	if q.All || q.Listing.Has(l.path) {
		most = 0
	}
	if most == 0 || !q.Partial || len(wanted) > 1 && r.sweeps(q, l, most) { // the first page alone tells how many others there are
		list, err = listOnce(ctx, r.api, l, q.Listing, most, id)
		r.counted(q, l.path, list.Total)
		if !errors.Is(err, provider.ErrTooLong) {
			err = cmp.Or(err, keep(list))
			return found, list.Rows, unlisted(q, list.Total, len(found)), err
		}
	}
	named, err := gather(ctx, r.api, len(wanted), func(ctx context.Context, i int) (provider.Listed[T], error) {
		of := url.Values{"name": {wanted[i]}}
		return provider.Once(q.Listing, l.path+"?"+of.Encode(), func() (provider.Listed[T], error) { return pages(ctx, r.api, l, of, 0, id) })
	})
	for i, one := range named {
		one.Rows = slices.DeleteFunc(slices.Clone(one.Rows), func(row T) bool { return name(row) != wanted[i] && name(row) != "" })
		err = cmp.Or(err, keep(one))
	}
	if err != nil {
		return nil, nil, 0, err
	}
	return found, nil, unlisted(q, list.Total, len(found)), nil
}

// unlisted is how many of all rows are not desired, where that is asked.
func unlisted(q provider.Query, total, found int) int {
	if q.Partial {
		return 0
	}
	return max(total-found, 0)
}

// readAuthorizations reads the whole project's authorizations in one list, or group by group where that is fewer calls, or
// where somebody changes the long list faster than it can be read: most groups' own lists are one page, which is always whole.
func (r *Reader) readAuthorizations(ctx context.Context, q provider.Query, ids map[string]spec.Ref, live *diff.Live) error {
	sorted := slices.Sorted(maps.Keys(ids))
	refs := spec.Each(sorted, func(id string) spec.Ref { return ids[id] })
	most := provider.MostRows(pageSize, r.sizes(q, refs))
	if done, err := r.readPairs(ctx, q, ids, most, live); done || err != nil {
		return err
	}
	if len(ids) > 1 && r.sweeps(q, listAuthorizations, most) {
		all, err := r.authorizationsOnce(ctx, q, nil, most)
		r.counted(q, listAuthorizations.path, all.Total)
		switch {
		case err == nil && all.Broken == "":
			return r.keep(ctx, q, all, ids, slices.SortedFunc(slices.Values(refs), spec.Ref.Compare), live)
		case err != nil && !errors.Is(err, provider.ErrTooLong):
			return err
		}
	}
	lists, err := r.authorizationsOf(ctx, q, sorted)
	for i, list := range lists {
		err = cmp.Or(err, r.keep(ctx, q, list, ids, refs[i:i+1], live))
	}
	return err
}
