package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/entitlectl/entitlectl/pkg/apply"
	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/providers"
	"github.com/entitlectl/entitlectl/pkg/spec"
	"github.com/entitlectl/entitlectl/pkg/spec/compose"
)

// maxImports is how often everything is read again because somebody changed it in between.
const maxImports = 3

// composing composes what is to be written.
type composing func(compose.Split) (compose.Files, error)

// settle reads and composes until the files plan to nothing. What would be changed because somebody was faster is read again;
// what would be changed for another reason, such as a mail that is due, is only watched, and the files say why.
func (i *importing) settle(ctx context.Context) (composing, error) {
	i.progress = i.cli.progress()
	defer i.progress.clear()
	for reads := 1; ; reads++ {
		world, err := i.read(ctx)
		if err != nil {
			return nil, err
		}
		composed := func(split compose.Split) (compose.Files, error) { return i.compose(world, split) }
		again, err := i.watch(ctx, composed, reads == maxImports)
		if err != nil || !again {
			return composed, err
		}
	}
}

// watch plans what is composed, and has what would be changed only watched. again asks for another read, where that may show
// why.
func (i *importing) watch(ctx context.Context, composed composing, last bool) (again bool, err error) {
	for {
		files, err := composed(compose.Whole)
		if err != nil {
			return false, fmt.Errorf("%s: %w; nothing was written: name --out FILE for what is new, and give both files from then on", i.grows, err)
		}
		plan, err := i.planned(ctx, files)
		if err != nil {
			return false, err
		}
		progress := false
		for _, part := range plan.Connections {
			if len(part.Incomplete()) > 0 {
				return false, &exit{exitRefused, fmt.Errorf("connection %s: %w; nothing was written", part.Name, errNotWhole)}
			}
			for _, c := range part.Changes {
				ref := c.Ref(part.Name)
				if moved := c.Problem == "" && c.Op != diff.OpResend && !last && !i.leaves(c); moved {
					return true, nil
				}
				if i.watched[ref] == "" {
					i.watched[ref], progress = whyWatched(c), true
				}
			}
		}
		switch {
		case plan.Empty():
			return false, nil
		case !progress:
			return false, errors.New("nothing was written: what was to be written would change something, which is a defect of import: " + firstChange(plan))
		}
	}
}

// firstChange is the first change of a plan, for an error.
func firstChange(plan *diff.Plan) string {
	for _, part := range plan.Connections {
		for _, c := range part.Changes {
			return fmt.Sprintf("%s of %s on %s", c.Op, cmp.Or(c.Subject.String(), c.Field), c.Ref(part.Name))
		}
	}
	return ""
}

// whyWatched says why a resource is only watched.
func whyWatched(c diff.Change) string {
	switch {
	case c.Problem != "":
		return "only watched: " + c.Problem
	case c.Op == diff.OpResend && c.Subject.Name == "":
		return "only watched: a mail about it came to nothing, and would be sent again"
	case c.Op == diff.OpResend:
		return "only watched: a mail to " + c.Subject.String() + " came to nothing, and would be sent again"
	case c.Op == diff.OpRevoke:
		return "only watched: " + c.Subject.String() + " would lose it: " + c.Reason
	}
	return "only watched: it changed each time it was read"
}

// planned plans what was composed, as plan would. What files listed before is left out: what it is to change is no doing of import.
func (i *importing) planned(ctx context.Context, files compose.Files) (*diff.Plan, error) {
	s, err := spec.Load(spec.Input{Paths: append(slices.Clone(i.rest), "-"), Stdin: files.Files[0].Text, Formats: providers.Formats(),
		StdinDir: filepath.Dir(i.grows), Operator: i.spec.Operator, StateDir: i.stateDir})
	if err != nil {
		return nil, fmt.Errorf("nothing was written, since what was to be written is not valid (\"-\" stands for it): %w", err)
	}
	now := i.at()
	opts := apply.PlanOptions{Observe: i.progress.observe, Store: i.store, Created: now, Now: now, Spec: s.Digest, Files: s.Files, Rules: s.Rules, NoBound: true}
	desired := s.Desired(now)
	for _, sc := range i.scopes {
		before := i.desired[sc.connection.Name].Listed
		isNew := desired[sc.connection.Name].Where(func(ref spec.Ref) bool { return !before[ref] })
		opts.Jobs = append(opts.Jobs, apply.Job{Connection: sc.connection, Desired: isNew, Source: i.sources[sc.connection.Name], Listing: i.listings[sc.connection.Name]})
	}
	plan, err := apply.Plan(ctx, opts)
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	return plan, err
}

// compose composes what is to be written.
func (i *importing) compose(world []*compose.Connection, split compose.Split) (compose.Files, error) {
	if i.grows != "" {
		return compose.Adopt(i.text, world, i.options(compose.Whole))
	}
	return compose.Compose(world, i.options(split)), nil
}

func (i *importing) options(split compose.Split) compose.Options {
	schema := i.flags.schema
	if schema == "" && i.flags.into != "" {
		schema = schemaFile
	}
	return compose.Options{Ownership: spec.Ownership(i.flags.ownership), Watched: i.watched, Split: split, Schema: schema, About: i.about(), Taken: i.taken,
		Teams: i.flags.teams, TakenTeams: i.spec.TeamNames()}
}

// about is what the files begin with.
func (i *importing) about() []string {
	about := "Written by entitlectl import from what was there."
	switch spec.Ownership(i.flags.ownership) {
	case spec.AddOnly:
		about += " All of it is add-only: who is listed gets access, and nobody loses any. Remove `ownership: add-only` from a resource once its list is" +
			" right: from then on, who is not listed there loses it."
	case spec.Owned:
		about += " All of it is owned: whoever is added outside of these files loses it with the next apply."
	case spec.Ignored:
		about += " All of it is only watched: nothing is changed."
	}
	return []string{about}
}
