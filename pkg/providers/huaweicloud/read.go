package huaweicloud

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/provider"
	"github.com/entitlectl/entitlectl/pkg/providers/httpx"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// Reader reads one connection and packs its changes. It sends GET requests only.
type Reader struct {
	name    string // of the connection
	api     *api
	seen    index
	quiet   bool     // mails are left alone
	created sync.Map // app groups made since the connection was opened, name to id: reads may not show them yet
}

// index keeps what reads learned of the vendor's ids and spellings, which no state holds and writes need. A later read adds
// to it, since it may be about a part only.
type index struct {
	appGroups map[string]string        // name to id
	apps      map[string]string        // name to id
	holders   map[spec.Grant]account   // live grants as their rows name the account
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
	return &Reader{name: conn.Name, api: a, quiet: conn.Notices.Off, seen: index{map[string]string{}, map[string]string{},
		map[spec.Grant]account{}, map[spec.Subject]account{}, map[spec.Subject]user{}, map[spec.Subject]int{}, map[addressee]mail{}}}, nil
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
	if err := r.lookUp(ctx, q, &live); err != nil {
		return live, fmt.Errorf("look up users and user groups: %w", err)
	}
	if err := r.noteStandings(ctx, q, &live); err != nil {
		return live, fmt.Errorf("look up how people stand: %w", err)
	}
	if err := r.readMails(ctx, q, &live); err != nil {
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
	id, name := func(g appGroup) string { return g.ID }, func(g appGroup) string { return g.Name }
	found, all, others, broken, err := byName(ctx, r.api, listAppGroups, q, kindAppGroup, id, name)
	if err != nil {
		return err
	}
	if broken != "" { // a group that we miss would be created again
		return fmt.Errorf("the list of app groups is not whole: %s; run again when nobody else is changing it", broken)
	}
	ids := map[string]spec.Ref{}
	found, alike := provider.Alone(found, name, id)
	for name, same := range alike {
		ref := r.ref(kindAppGroup, name)
		live.Alike(ref, q.Desired.Resources[ref], same)
		delete(r.seen.appGroups, name)
	}
	for _, g := range found {
		ref := r.ref(kindAppGroup, g.Name)
		live.Resources[ref], live.IDs[ref] = spec.Resource{}, g.ID
		r.seen.appGroups[g.Name], ids[g.ID] = g.ID, ref
	}
	live.Unmanaged += others
	r.checkNames(q.Desired, live)
	if err := r.checkUnmade(ctx, q, all, live); err != nil {
		return err
	}
	return r.readAuthorizations(ctx, ids, live)
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
// reads the whole list,
// or asks for each name where that is fewer calls; then the vendor's filter is taken to be loose.
func byName[T any](ctx context.Context, a *api, l list, q provider.Query, kind spec.Kind, id, name func(T) string) (found, all []T, others int, broken string, err error) {
	wanted := q.Desired.Names(kind)
	keep := func(rows []T) {
		for _, row := range rows {
			if id(row) == "" || name(row) == "" { // it may be any of those that are wanted
				broken = "it has a row without an id or a name"
			}
			if _, ok := slices.BinarySearch(wanted, name(row)); ok {
				found = append(found, row)
			}
		}
	}
	var list provider.Listed[T]
	if !q.Partial || len(wanted) > 1 { // the first page alone tells how many others there are
		list, err = pages(ctx, a, l, nil, len(wanted)+1, id)
		if !errors.Is(err, provider.ErrTooLong) {
			broken = list.Broken
			keep(list.Rows)
			return found, list.Rows, unlisted(q, list.Total, len(found)), broken, err
		}
	}
	for _, n := range wanted {
		one, err := pages(ctx, a, l, url.Values{"name": {n}}, 0, id)
		if err != nil || one.Broken != "" {
			return nil, nil, 0, one.Broken, err
		}
		keep(slices.DeleteFunc(one.Rows, func(row T) bool { return name(row) != n && name(row) != "" }))
	}
	return found, nil, unlisted(q, list.Total, len(found)), broken, nil
}

// unlisted is how many of all rows are not desired, where that is asked.
func unlisted(q provider.Query, total, found int) int {
	if q.Partial {
		return 0
	}
	return total - found
}

// readAuthorizations reads the whole project's authorizations in one list, or group by group where that is fewer calls, or
// where somebody changes the long list faster than it can be read: most groups' own lists are one page, which is always whole.
func (r *Reader) readAuthorizations(ctx context.Context, ids map[string]spec.Ref, live *diff.Live) error {
	if len(ids) == 0 {
		return nil
	}
	if len(ids) > 1 {
		all, err := pages(ctx, r.api, listAuthorizations, nil, len(ids)+1, authorization.key)
		switch {
		case err == nil && all.Broken == "":
			return r.keep(ctx, all, ids, slices.SortedFunc(maps.Values(ids), spec.Ref.Compare), live)
		case err != nil && !errors.Is(err, provider.ErrTooLong):
			return err
		}
	}
	for _, id := range slices.Sorted(maps.Keys(ids)) {
		all, err := pages(ctx, r.api, listAuthorizations, url.Values{"app_group_id": {id}}, 0, authorization.key)
		if err != nil {
			return err
		}
		if err := r.keep(ctx, all, ids, []spec.Ref{ids[id]}, live); err != nil {
			return err
		}
	}
	return nil
}

// key tells rows apart; the vendor's own example shows rows without an id.
func (a authorization) key() string {
	return cmp.Or(a.ID, strings.Join([]string{a.AppGroupID, a.AppID, a.AccountType, a.Account, a.Domain, a.PlatformType}, "\x00"))
}

// keep turns rows into live grants, and marks the resources that they are of where the list is broken.
func (r *Reader) keep(ctx context.Context, list provider.Listed[authorization], ids map[string]spec.Ref, of []spec.Ref, live *diff.Live) error {
	broken := list.Broken
	var on []spec.Ref
	var accounts []*account
	for i := range list.Rows {
		row := &list.Rows[i]
		if row.AppGroupID == "" {
			broken = "a row names no app group"
		}
		ref, listed := ids[row.AppGroupID]
		if !listed || row.AppID != "" { // on one app of the group, which the vendor documents as not in use
			continue
		}
		row.account.ID = row.AccountID
		on, accounts = append(on, ref), append(accounts, &row.account)
	}
	if err := r.join(ctx, accounts); err != nil {
		return err
	}
	for i, ref := range on {
		r.addGrant(ref, *accounts[i], live)
	}
	if broken != "" {
		for _, ref := range of {
			live.Distrust(ref, "the list of authorizations is not whole: %s", broken)
		}
	}
	return nil
}

// addGrant records a row as a grant; several rows of one account are one. Rows that a grant can't tell apart, or that don't say
// whose they are, make the resource's list unfit to revoke by.
func (r *Reader) addGrant(ref spec.Ref, a account, live *diff.Live) {
	kind := map[string]spec.SubjectKind{typeUser: spec.SubjectUser, typeSimple: spec.SubjectUser, typeUserGroup: spec.SubjectUserGroup}[a.AccountType]
	g := spec.Grant{Resource: ref, Subject: subject(kind, a.Account, a.Domain), Role: spec.RoleAccess}
	switch {
	case kind == "" || a.Account == "":
		live.Distrust(ref, "account %q has the unknown type %q, or no name", a.Account, a.AccountType)
	case a.Domain == "":
		live.Distrust(ref, "account %q is there without its domain, and the directory does not tell it", a.Account)
	case live.Grants.Has(g):
		first := r.seen.holders[g]
		both, same := first.and(a)
		if !same {
			live.Distrust(ref, "account %q stands there twice, on different platforms", a.Account)
		}
		if first.ID != "" && a.ID != "" && first.ID != a.ID {
			live.Note(ref, "account %q is there with two ids, %s and %s; one is that of a deleted account", a.Account, first.ID, a.ID)
		}
		r.seen.holders[g] = both
	default:
		live.Grants.Add(g, spec.Origin{})
		r.seen.holders[g] = a
		live.AddName(g.Subject, a.ID)
	}
}

func subject(kind spec.SubjectKind, name, domain string) spec.Subject {
	return spec.Subject{Kind: kind, Name: name, Domain: strings.ToLower(cmp.Or(domain, defaultDomain))}
}

// readApps finds the wanted apps (d1) and reads who is assigned to those that go by assignment (d2).
func (r *Reader) readApps(ctx context.Context, q provider.Query, live *diff.Live) error {
	wanted := q.Desired.Names(kindApp)
	if len(wanted) == 0 {
		return nil
	}
	id, name := func(a application) string { return a.ID }, func(a application) string { return a.Name }
	found, _, others, broken, err := byName(ctx, r.api, listApps, q, kindApp, id, name)
	if err != nil {
		return err
	}
	if broken != "" {
		return fmt.Errorf("the list of apps is not whole: %s; run again when nobody else is changing it", broken)
	}
	if err := r.indexApps(ctx, q, wanted, found); err != nil {
		return err
	}
	live.Unmanaged += others
	found, alike := provider.Alone(found, name, id)
	for name, same := range alike {
		ref := r.ref(kindApp, name)
		live.Alike(ref, q.Desired.Resources[ref], same)
		delete(r.seen.apps, name)
	}
	slices.SortFunc(found, func(a, b application) int { return strings.Compare(a.Name, b.Name) })
	for _, app := range found {
		if err := r.readApp(ctx, app, q.Desired, live); err != nil {
			return fmt.Errorf("%s: %w", app.Name, err)
		}
	}
	return nil
}

// indexApps checks that each wanted app is there.
func (r *Reader) indexApps(ctx context.Context, q provider.Query, wanted []string, found []application) error {
	ids := map[string]string{}
	for _, app := range found {
		ids[app.Name], r.seen.apps[app.Name] = app.ID, app.ID
	}
	var missing []spec.Ref
	for _, name := range wanted {
		if ids[name] == "" {
			missing = append(missing, r.ref(kindApp, name))
		}
	}
	if len(missing) == 0 {
		return nil
	}
	return r.missingApps(ctx, q, missing)
}

// missingApps names near ones, for which it reads the whole list.
func (r *Reader) missingApps(ctx context.Context, q provider.Query, missing []spec.Ref) error {
	all, err := pages(ctx, r.api, listApps, nil, 0, func(a application) string { return a.ID })
	if err != nil {
		return err
	}
	known := make([]string, len(all.Rows))
	for i, app := range all.Rows {
		known[i] = app.Name
	}
	return q.NoSuch("the App Center has no app", missing, known, "apps are added in the App Center, not here")
}

// readApp reads one app's assignments. While everyone has access they mean nothing and their list is not documented to be
// readable, so they are not read.
func (r *Reader) readApp(ctx context.Context, app application, desired spec.State, live *diff.Live) error {
	ref := r.ref(kindApp, app.Name)
	audience := map[string]string{modeAssigned: audienceAssigned, modeEveryone: audienceEveryone}[app.AuthorizationType]
	live.Resources[ref] = spec.Resource{Settings: spec.Settings{}.With("audience", audience), Open: audience == audienceEveryone}
	live.IDs[ref] = app.ID
	switch {
	case audience == "":
		return fmt.Errorf("unknown authorization_type %q", app.AuthorizationType)
	case desired.Resources[ref].Open:
		return nil
	case audience == audienceEveryone:
		live.Note(ref, "everyone has access now, so earlier assignments can't be read; once it is assigned they may show up: plan again after this apply")
		return nil
	}
	all, err := pages(ctx, r.api, listAssignments(app.ID), nil, 0, func(a account) string {
		return strings.Join([]string{a.AccountType, a.Account, a.Domain, a.PlatformType}, "\x00")
	})
	if err != nil {
		return err
	}
	accounts := make([]*account, len(all.Rows))
	for i := range all.Rows {
		accounts[i] = &all.Rows[i]
	}
	if err := r.join(ctx, accounts); err != nil {
		return err
	}
	for _, a := range accounts {
		r.addGrant(ref, *a, live)
	}
	if all.Broken != "" {
		live.Distrust(ref, "the list of assignments is not whole: %s", all.Broken)
	}
	return nil
}

// mails counts the notices that the vendor sends for a change: one for each person who is granted an app group. None is
// documented for apps; whether a removal sends one is unconfirmed, so it is not counted.
func (r *Reader) mails(c diff.Change) int {
	if c.Op != diff.OpGrant || c.Kind != kindAppGroup {
		return 0
	}
	return r.seen.mails[c.Subject]
}
