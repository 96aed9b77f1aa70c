package huaweicloud

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/entitlectl/entitlectl/pkg/provider"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// Refs lists app groups (a1) and apps (d1).
func (r *Reader) Refs(ctx context.Context, listing *provider.Listing, kinds ...spec.Kind) ([]spec.Ref, error) {
	if _, err := r.api.projectID(ctx); err != nil {
		return nil, err
	}
	asked := func(kind spec.Kind) bool { return len(kinds) == 0 || slices.Contains(kinds, kind) }
	var refs []spec.Ref
	var errs []error
	if asked(kindAppGroup) {
		groups, err := wholeOf(ctx, r.api, listAppGroups, listing, "app groups", appGroup.key)
		if err != nil {
			groups, errs = nil, append(errs, fmt.Errorf("read app groups: %w", err))
		}
		refs = spec.Each(groups, func(g appGroup) spec.Ref { return r.ref(kindAppGroup, g.Name) })
	}
	if asked(kindApp) {
		apps, err := wholeOf(ctx, r.api, listApps, listing, "apps", application.key)
		if err != nil {
			apps, errs = nil, append(errs, fmt.Errorf("read apps: %w", err))
		}
		refs = append(refs, spec.Each(apps, func(a application) spec.Ref { return r.ref(kindApp, a.Name) })...)
	}
	return refs, errors.Join(errs...)
}

// Inventory reads app groups and apps, who may use them, and what the directory says of these people.
func (r *Reader) Inventory(ctx context.Context, listing *provider.Listing, of ...spec.Ref) (provider.Inventory, error) {
	all := provider.NewInventory()
	q := provider.Query{Desired: spec.NewState(), Partial: true, Listing: listing}
	if _, err := r.api.projectID(ctx); err != nil {
		return all, err
	}
	if provider.AsksFor(of, kindAppGroup) {
		groups, err := wholeOf(ctx, r.api, listAppGroups, listing, "app groups", appGroup.key)
		if err != nil {
			return all, fmt.Errorf("read app groups: %w", err)
		}
		for _, g := range groups {
			q.Desired.Resources[r.ref(kindAppGroup, g.Name)] = watched(0, g.everySetting())
		}
	}
	if provider.AsksFor(of, kindApp) {
		apps, err := wholeOf(ctx, r.api, listApps, listing, "apps", application.key)
		if err != nil {
			return all, fmt.Errorf("read apps: %w", err)
		}
		for _, a := range apps {
			q.Desired.Resources[r.ref(kindApp, a.Name)] = watched(1, spec.Settings{})
		}
	}
	maps.DeleteFunc(q.Desired.Resources, func(ref spec.Ref, _ spec.Resource) bool { return !provider.Asks(of, ref) })
	live, err := r.Read(ctx, q)
	if err != nil {
		return all, err
	}
	all.Show(live)
	return all, r.describe(ctx, &all)
}

// watched is a resource from which nothing is taken, of a kind by its place in the schema.
func watched(kind int, settings spec.Settings) spec.Resource {
	return spec.Resource{Settings: settings, Ownership: spec.AddOnly, Schema: &kinds()[kind]}
}

// defaultType is of app groups that were made without a word about it. Files need none either.
const defaultType = "COMMON_APP"

// everySetting are all settings that the vendor shows, without what goes without saying.
func (g appGroup) everySetting() spec.Settings {
	if g.Type == defaultType {
		g.Type = ""
	}
	shown := spec.Settings{}
	for _, s := range kinds()[0].Settings {
		shown = shown.With(s.Key, "x")
	}
	return g.settings(shown)
}

// describe learns the addresses of the holders, and how they stand.
func (r *Reader) describe(ctx context.Context, all *provider.Inventory) error {
	holders := spec.Holders(all.Grants.All(), func(g spec.Grant) bool { return g.Subject.Kind == spec.SubjectUser })
	unknown := slices.DeleteFunc(slices.Clone(holders), func(s spec.Subject) bool { _, known := r.seen.people[s]; return known })
	if len(unknown) > 0 {
		if _, err := r.ask(ctx, unknown); err != nil {
			return fmt.Errorf("look up users: %w", err)
		}
	}
	for _, s := range holders {
		switch u := r.seen.people[s]; {
		case u.ID == "":
			all.Standings[s] = "not in the directory"
		default:
			all.Emails[s] = u.Email
			if standing := u.standing(); standing != "" {
				all.Standings[s] = standing
			}
		}
	}
	return nil
}
