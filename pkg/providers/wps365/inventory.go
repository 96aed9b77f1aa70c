package wps365

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/entitlectl/entitlectl/pkg/provider"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// Refs lists all mail groups.
func (r *Reader) Refs(ctx context.Context, listing *provider.Listing, _ ...spec.Kind) ([]spec.Ref, error) {
	groups, err := r.api.all(ctx, listing)
	return spec.Each(groups, r.ref), err
}

// Inventory reads mail groups, whose they are, and as far as calls show it who is in them.
func (r *Reader) Inventory(ctx context.Context, listing *provider.Listing, of ...spec.Ref) (provider.Inventory, error) {
	all := provider.NewInventory()
	groups, err := r.api.all(ctx, listing)
	if err != nil {
		return all, fmt.Errorf("read mail groups: %w", err)
	}
	groups = slices.DeleteFunc(slices.Clone(groups), func(g mailGroup) bool { return !provider.Asks(of, r.ref(g)) })
	owners, err := r.emails(ctx, spec.Each(groups, func(g mailGroup) string { return g.OwnerID }))
	if err != nil {
		return all, fmt.Errorf("look up the owners of mail groups: %w", err)
	}
	for id, address := range owners {
		if address != "" {
			r.seen.people[address] = id // who need not be asked for by address
		}
	}
	schema := mailGroups()
	q := provider.Query{Desired: spec.NewState(), Partial: true, Listing: listing}
	for _, g := range groups {
		ref := r.ref(g)
		settings := spec.Settings{}.With("name", g.Name)
		if senders, err := g.senders(); err == nil {
			settings = settings.With("senders", senders)
		} else if g.mode() != "" {
			all.Remark(ref, "who may send to it is left out: "+err.Error())
		}
		if owner := cmp.Or(owners[g.OwnerID], fold(g.Owner.Address)); owner != "" {
			settings = settings.With("owner", owner)
		} else {
			all.Remark(ref, "whose it is can't be seen")
		}
		q.Desired.Resources[ref] = spec.Resource{Settings: settings, Ownership: spec.AddOnly, Schema: &schema}
	}
	r.listing = true
	live, err := r.Read(ctx, q)
	r.listing = false
	if err != nil {
		return all, err
	}
	for ref, have := range live.Resources { // only what an inventory could find out is asked for
		have.Settings = q.Desired.Resources[ref].Settings
		live.Resources[ref] = have
	}
	all.Show(live)
	return all, nil
}
