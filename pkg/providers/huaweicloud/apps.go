package huaweicloud

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/provider"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// readApps finds the wanted apps (d1) and reads who is assigned to those that go by assignment (d2).
func (r *Reader) readApps(ctx context.Context, q provider.Query, live *diff.Live) error {
	wanted := q.Desired.Names(kindApp)
	if len(wanted) == 0 {
		return nil
	}
	name := func(a application) string { return a.Name }
	found, _, others, err := byName(ctx, r, listApps, q, kindApp, application.key, name)
	if err != nil {
		return err
	}
	if err := r.indexApps(ctx, q, wanted, found); err != nil {
		return err
	}
	live.Unmanaged += others
	found, shared := provider.Alone(found, func(a application) spec.Ref { return r.ref(kindApp, a.Name) }, application.key, live)
	for _, name := range shared {
		delete(r.seen.apps, name)
	}
	slices.SortFunc(found, func(a, b application) int { return strings.Compare(a.Name, b.Name) })
	var assigned []application
	for _, app := range found {
		if r.showApp(app, q.Desired, live) {
			assigned = append(assigned, app)
		}
	}
	lists, err := gather(ctx, r.api, len(assigned), func(ctx context.Context, i int) (provider.Listed[account], error) {
		return r.readAssignments(ctx, q, assigned[i])
	})
	if err != nil {
		return err
	}
	for i, app := range assigned {
		if err := r.keepAssignments(ctx, app, lists[i], live); err != nil {
			return fmt.Errorf("%s: %w", app.Name, err)
		}
	}
	return nil
}

// indexApps checks that each wanted app is there. Of one that is not it names near ones, for which it reads the whole list.
func (r *Reader) indexApps(ctx context.Context, q provider.Query, wanted []string, found []application) error {
	there := map[string]bool{}
	for _, app := range found {
		there[app.Name], r.seen.apps[app.Name] = true, app.ID
	}
	missing := slices.DeleteFunc(slices.Clone(wanted), func(name string) bool { return there[name] })
	if len(missing) == 0 {
		return nil
	}
	all, err := wholeOf(ctx, r.api, listApps, q.Listing, "apps", application.key)
	if err != nil {
		return err
	}
	known := spec.Each(all, func(a application) string { return a.Name })
	lacked := spec.Each(missing, func(name string) spec.Ref { return r.ref(kindApp, name) })
	if err := provider.Overlooked("the list of apps by name", lacked, known); err != nil {
		return err
	}
	return q.NoSuch("the App Center has no app", lacked, known, "apps are added in the App Center, not here")
}

// showApp adds an app to live, and says whether its assignments are to be read. While everyone has access they mean nothing and
// their list is not documented to be readable.
func (r *Reader) showApp(app application, desired spec.State, live *diff.Live) (assigned bool) {
	ref := r.ref(kindApp, app.Name)
	audience := map[string]string{modeAssigned: audienceAssigned, modeEveryone: audienceEveryone}[app.AuthorizationType]
	live.Resources[ref] = spec.Resource{Settings: spec.Settings{}.With("audience", audience), Open: audience == audienceEveryone}
	live.IDs[ref] = app.ID
	switch {
	case audience == "": // it may be open to everyone
		live.Unsupported[ref] = fmt.Sprintf("who may use it is not known to this version: its authorization_type is %q; leave it out of the files, or set it at the vendor", app.AuthorizationType)
		live.Uncount(ref, "its authorization_type is %q", app.AuthorizationType)
		return false
	case desired.Resources[ref].Open:
		return false
	case audience == audienceEveryone:
		live.Note(ref, "everyone has access now, so earlier assignments can't be read; once it is assigned they may show up: plan again after this apply")
		return false
	}
	return true
}

// readAssignments reads who is assigned to an app.
func (r *Reader) readAssignments(ctx context.Context, q provider.Query, app application) (provider.Listed[account], error) {
	l := listAssignments(app.ID)
	all, err := provider.Spare(provider.HoldersOnce(q.Listing, l.path, func() (provider.Listed[account], error) {
		return pages(ctx, r.api, l, nil, 0, func(a account) string {
			return strings.Join([]string{a.AccountType, a.Account, a.Domain, a.PlatformType}, "\x00")
		})
	}))
	if err != nil {
		err = fmt.Errorf("%s: %w", app.Name, err)
	}
	return all, err
}

// keepAssignments turns assignments into live grants.
func (r *Reader) keepAssignments(ctx context.Context, app application, all provider.Listed[account], live *diff.Live) error {
	rows, accounts := slices.Clone(all.Rows), make([]*account, len(all.Rows)) // what is left out of them is filled in
	for i := range rows {
		accounts[i] = &rows[i]
	}
	if err := r.join(ctx, accounts); err != nil {
		return err
	}
	ref := r.ref(kindApp, app.Name)
	for _, a := range accounts {
		before := live.Grants.Len()
		r.addGrant(ref, &holder{account: *a}, instant{}, live)
		if live.Grants.Len() == before && live.Resources[ref].Incomplete == "" { // the vendor has each of them once
			live.Distrust(ref, "account %q stands there twice, so that another one may be missing", a.Account)
		}
	}
	all.Judge(live, ref, "the list of assignments")
	return nil
}
