package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/go-multierror"

	"github.com/entitlectl/entitlectl/pkg/access"
	"github.com/entitlectl/entitlectl/pkg/git"
	"github.com/entitlectl/entitlectl/pkg/provider"
	"github.com/entitlectl/entitlectl/pkg/providers"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// world is what the files say and, where the answer needs it, what is live: all, or as far as the question is about. It tells the
// answer what it looked at.
func (c *cli) world(ctx context.Context, w intent, about []string, a *access.Answer) (access.World, error) {
	world := access.World{From: a.From, Users: w.spec.Users(), Chains: w.spec.Chains(a.AsOf)}
	for _, sc := range w.scopes {
		world.Sites = append(world.Sites, access.Site{Name: sc.connection.Name, Desired: sc.desired, Live: spec.NewState()})
		a.Connections = append(a.Connections, access.Connection{Name: sc.connection.Name, Provider: sc.connection.Provider})
	}
	if a.From == access.FromFiles {
		return world, nil
	}
	began := c.now().UTC().Truncate(time.Second)
	a.Read = &began
	found, errs := make([]provider.Inventory, len(w.scopes)), make([]error, len(w.scopes))
	var wg sync.WaitGroup
	for i, sc := range w.scopes {
		wg.Go(func() { found[i], errs[i] = c.look(ctx, sc, about, &world.Sites[i]) })
	}
	wg.Wait()
	if ctx.Err() != nil {
		return world, context.Cause(ctx)
	}
	for i := range found {
		a.Connections[i].Account = found[i].Account
		a.Notes = append(a.Notes, unseenBy(w.scopes[i].connection.Name, found[i])...)
	}
	return world, together(errs...)
}

// look reads what a connection holds, all or what the question is about, and who is in the user groups.
func (c *cli) look(ctx context.Context, sc scope, about []string, site *access.Site) (provider.Inventory, error) {
	name, of := sc.connection.Name, refsOf(sc.connection, about)
	if len(about) > 0 && len(of) == 0 { // it has no such kind
		return provider.NewInventory(), nil
	}
	source, err := c.open(ctx, sc.connection, reading)
	if err != nil {
		return provider.NewInventory(), fmt.Errorf("connection %s: %w", name, err)
	}
	lister, lists := source.(provider.Lister)
	if !lists {
		return provider.NewInventory(), fmt.Errorf("connection %s: provider %s can't list what it has", name, sc.connection.Provider)
	}
	listing := provider.NewListing(false)
	all, err := lister.Inventory(ctx, listing, of...)
	if err == nil && len(of) > 0 {
		site.Others, err = lister.Refs(ctx, listing, kindsOf(of)...) // from lists that were read
	}
	if groups, shows := source.(provider.Grouper); err == nil && shows {
		desired := sc.desired
		if len(of) > 0 { // of all that the files want no copy is made
			desired = desired.Where(func(ref spec.Ref) bool { return slices.Contains(of, ref) })
		}
		site.Members, err = groups.Members(ctx, groupsOf(desired, all.State))
	}
	site.Live = all.State
	return all, whole(name, all, err, "there is no answer from a part: ask again")
}

// refsOf are the resources of some names, KIND/NAME, that a connection can have.
func refsOf(conn spec.Connection, names []string) (refs []spec.Ref) {
	p, _ := providers.Find(conn.Provider)
	for _, text := range names {
		kind, name, _ := strings.Cut(text, "/")
		if slices.ContainsFunc(p.Format.Kinds, func(k spec.KindSchema) bool { return string(k.Kind) == kind }) {
			refs = append(refs, spec.Ref{Connection: conn.Name, Kind: spec.Kind(kind), Name: name})
		}
	}
	return refs
}

func kindsOf(refs []spec.Ref) []spec.Kind {
	return spec.Each(refs, func(ref spec.Ref) spec.Kind { return ref.Kind })
}

// groupsOf are the user groups that hold something by either state.
func groupsOf(states ...spec.State) []spec.Subject {
	var all []spec.Subject
	for _, s := range states {
		all = append(all, s.Grants.Holders(func(g spec.Grant) bool { return g.Subject.Kind == spec.SubjectUserGroup })...)
	}
	slices.SortFunc(all, spec.Subject.Compare)
	return slices.Compact(all)
}

// unseenBy says what a look at everything could not see.
func unseenBy(connection string, all provider.Inventory) (notes []string) {
	for ref, why := range all.Beyond {
		notes = append(notes, fmt.Sprintf("%s: %s: who holds it is not told: %s", connection, ref, why))
	}
	for ref, remarks := range all.Remarks {
		for _, remark := range remarks {
			notes = append(notes, fmt.Sprintf("%s: %s: %s", connection, ref, remark))
		}
	}
	for ref, r := range all.Resources {
		if r.Uncounted != "" {
			notes = append(notes, fmt.Sprintf("%s: %s: %s", connection, ref, r.Uncounted))
		}
	}
	slices.Sort(notes)
	return slices.Compact(notes)
}

// traced adds to the chains the commits that their lines are of, as far as git can tell.
func (c *cli) traced(ctx context.Context, rows []access.Row) []access.Row {
	lines := map[string][]int{} // by file
	each(rows, func(chain *access.Chain) {
		if at := chain.At; at.Line > 0 && !slices.Contains(lines[at.File], at.Line) {
			lines[at.File] = append(lines[at.File], at.Line)
		}
	})
	origins, untold := map[string]map[int]git.Origin{}, (*multierror.Error)(nil)
	for file, numbers := range lines {
		repository, err := git.Open(file)
		if err == nil {
			slices.Sort(numbers)
			origins[file], err = repository.Origins(ctx, file, numbers)
		}
		if err != nil && !errors.Is(err, git.ErrNoRepository) {
			untold = multierror.Append(untold, fmt.Errorf("warning: whose lines these are can't be told: %w", err))
		}
	}
	c.printError(untold.ErrorOrNil())
	each(rows, func(chain *access.Chain) {
		if o, told := origins[chain.At.File][chain.At.Line]; told {
			chain.Commit = &access.Commit{ID: o.Commit, Author: o.Author, Date: o.When.Format(time.RFC3339), Summary: o.Summary}
		}
	})
	return rows
}

func each(rows []access.Row, do func(*access.Chain)) {
	for i := range rows {
		for k := range rows[i].Chains {
			do(&rows[i].Chains[k])
		}
	}
}
