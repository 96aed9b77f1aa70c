package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/entitlectl/entitlectl/pkg/diff/render"
	"github.com/entitlectl/entitlectl/pkg/store"
	"github.com/entitlectl/entitlectl/pkg/store/postgres"
)

func newStore(c *cli) *cobra.Command {
	command := &cobra.Command{
		Use: "store", Short: "Show, make or copy the place where runs keep what outlives them",
		Long: "What outlives a run is in the folder --state-dir, or where --store, the operator's file (store:) or $" + storeVariable + " says:\n" +
			"postgres://USER@HOST/DATABASE?password=env:NAME for many machines, or file:FOLDER. See docs/many-machines.md.",
		Example: "  entitlectl store status --store postgres://ci@db.corp.example/entitlectl?password=env:STORE_PASSWORD",
		Args:    arguments(0, 0, "one of its commands"),
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	c.operatorSays(command)
	command.AddCommand(newStoreStatus(c), newStoreMigrate(c), newStoreCopy(c), newStorePrune(c))
	return command
}

func newStoreStatus(c *cli) *cobra.Command {
	return &cobra.Command{
		Use: "status", Short: "Show where the store is, what it takes, who holds locks and what is in doubt",
		Example: "  entitlectl store status",
		Args:    arguments(0, 0, "no arguments"),
		PreRunE: c.guard,
		RunE:    func(cmd *cobra.Command, _ []string) error { return c.storeStatus(cmd.Context()) },
	}
}

// storeState is a store in JSON.
type storeState struct {
	store.Description
	Locks  []store.Holder `json:"locks"`
	Doubts []storeDoubt   `json:"doubts"`
}

// storeDoubt is how much is in doubt at a connection.
type storeDoubt struct {
	Connection string    `json:"connection"`
	Calls      int       `json:"calls"`
	Oldest     time.Time `json:"oldest"`
}

func (c *cli) storeStatus(ctx context.Context) error {
	s, can := c.store.(store.Contents)
	if !can {
		return errors.New("this store can't be described")
	}
	d, err := s.Describe(ctx)
	if err != nil {
		return err
	}
	holders, err := c.store.Holders(ctx)
	if err != nil {
		return err
	}
	state := storeState{Description: d, Locks: append([]store.Holder{}, holders...), Doubts: []storeDoubt{}}
	scopes, err := s.Scopes(ctx)
	if err != nil {
		return err
	}
	for _, scope := range scopes {
		doubts, err := c.store.Doubts(ctx, scope)
		if err != nil {
			return err
		}
		if len(doubts) > 0 {
			state.Doubts = append(state.Doubts, doubtAt(scope, doubts))
		}
	}
	return c.show(state, state.report())
}

func doubtAt(scope string, entries []store.Entry) storeDoubt {
	d := storeDoubt{scope, len(entries), entries[0].At}
	for _, e := range entries {
		if e.At.Before(d.Oldest) {
			d.Oldest = e.At
		}
	}
	return d
}

func (s storeState) report() render.Report {
	section := render.Section{Title: s.Place}
	note := func(format string, args ...any) {
		section.Notes = append(section.Notes, render.Note{Text: fmt.Sprintf(format, args...)})
	}
	if s.Schema != "" {
		note("schema %s, version %d", s.Schema, s.Version)
	}
	for _, text := range s.Notes {
		note("%s", text)
	}
	note("%d KiB", (s.Bytes+1023)/1024)
	for _, table := range s.Sizes() {
		note("%s: %s", table, render.Count(int(s.Rows[table]), "row"))
	}
	for _, h := range s.Locks {
		if h.Dead {
			note("lock of %s: left by %s, who is gone", h.Scope, h.Owner)
		} else {
			note("lock of %s: held by %s", h.Scope, h.Owner)
		}
	}
	for _, d := range s.Doubts {
		note("in doubt at %s: %s, the oldest since %s", d.Connection, render.Count(d.Calls, "call"), d.Oldest.UTC().Format(time.RFC3339))
	}
	totals := fmt.Sprintf("%s, %s with calls in doubt.", render.Count(len(s.Locks), "lock"), render.Count(len(s.Doubts), "connection"))
	return render.Report{Title: "Store", Sections: []render.Section{section}, Totals: totals}
}

func newStoreMigrate(c *cli) *cobra.Command {
	var print bool
	var role string
	command := &cobra.Command{
		Use: "migrate", Short: "Make the tables of a store, or print the SQL that does",
		Long: "Make the schema and its tables in the database, or bring them to this version. The first use of a store does it anyway, where\n" +
			"its role may. With --print nothing is connected: the SQL goes to stdout, for whoever may run it; with --role it also grants\n" +
			"that role what a runner needs, which does not let it change the history.",
		Example: "  entitlectl store migrate --print --role entitlectl_runner | psql entitlectl",
		Args:    arguments(0, 0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if print {
				return c.printSchema(role)
			}
			s, is := c.store.(*postgres.Store)
			if !is {
				return errors.New("a folder has no tables; give --store postgres://…")
			}
			d, err := s.Describe(cmd.Context())
			if err != nil {
				return err
			}
			return c.show(d, render.Report{Title: "Store", Totals: fmt.Sprintf("The schema %s is of version %d.", d.Schema, d.Version)})
		},
	}
	command.Flags().BoolVar(&print, "print", false, "print the SQL instead")
	command.Flags().StringVar(&role, "role", "", "with --print, also grant the `ROLE` of runners what it needs")
	return command
}

func (c *cli) printSchema(role string) error {
	schema := postgres.UsualSchema
	if s, is := c.store.(*postgres.Store); is {
		var err error
		if schema, err = s.Schema(); err != nil {
			return err
		}
	}
	sql, err := postgres.SQL(schema, 0)
	if err != nil {
		return err
	}
	if role != "" {
		sql += "\n" + postgres.Grants(schema, role)
	}
	_, err = fmt.Fprintf(c.stdout, "begin;\n%scommit;\n", sql)
	return err
}

func newStoreCopy(c *cli) *cobra.Command {
	return &cobra.Command{
		Use: "copy FROM TO", Short: "Copy history, memory and doubts from one store to another",
		Long: "Copy the history with all its details and digests, what was kept of mails and reads, and the calls that are in doubt, and check\n" +
			"that both stores then say the same. FROM and TO are URLs as --store takes them. It ends with 6 while an apply runs. A copy that\n" +
			"was cut off is finished by running it again, until an apply used TO.",
		Example: "  entitlectl store copy file:.entitlectl postgres://ci@db.corp.example/entitlectl?password=env:STORE_PASSWORD",
		Args:    arguments(2, 2, "two URLs"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.copyStore(cmd.Context(), args[0], args[1])
		},
	}
}

func (c *cli) copyStore(ctx context.Context, from, to string) (err error) {
	var stores []store.Store
	for i, text := range []string{from, to} {
		s, err := c.openAt(ctx, place{text: text, from: []string{"FROM", "TO"}[i]})
		if err != nil {
			return err
		}
		if c.through != nil {
			s = c.through(s)
		}
		defer func() { err = errors.Join(err, s.Close()) }()
		stores = append(stores, s)
	}
	copied, err := store.Copy(ctx, stores[0], stores[1], c.owner())
	if held := (*store.HeldError)(nil); errors.As(err, &held) {
		return &exit{exitLocked, fmt.Errorf("nothing was copied: %w; wait for its end", held)}
	}
	if err != nil && ctx.Err() != nil {
		return &exit{exitInterrupted, errors.New("the copy was interrupted and lacks something: copy again before an apply uses it")}
	}
	if err != nil {
		return err
	}
	totals := fmt.Sprintf("Copied and checked: %s, the newest %s; %s; %s in doubt.", render.Count(copied.Records, "record"), copied.Head,
		render.Count(copied.Values, "value"), render.Count(copied.Doubts, "call"))
	return c.show(copied, render.Report{Title: "Store", Totals: totals})
}

func newStorePrune(c *cli) *cobra.Command {
	var before, reason string
	command := &cobra.Command{
		Use: "prune", Short: "Remove old records from the history",
		Long: "Remove the records from before a moment, with their details. A record of who did it and why, with the digest of the last one\n" +
			"that went, is added first, so that history verify finds a whole chain; a digest from before it can't be found any more, and\n" +
			"runs are numbered anew. In a database the role of runners may not do it: take the owner's.",
		Example: "  entitlectl store prune --before 2026-01-01 --reason 'kept for a year'",
		Args:    arguments(0, 0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			at, err := parseDay(before)
			switch {
			case before == "":
				return errors.New("nothing says what is old; give --before, as in --before 2026-01-01")
			case err != nil:
				return fmt.Errorf("--before %s: %w", before, err)
			case at.After(c.at()):
				return fmt.Errorf("--before %s is yet to come, so that nothing would be left; nothing was removed", before)
			}
			return c.pruneStore(cmd.Context(), at, reason)
		},
	}
	command.Flags().StringVar(&before, "before", "", "remove what is older than this `TIME`: a date, which is 00:00 UTC, or as in RFC 3339")
	command.Flags().StringVar(&reason, "reason", "", "why, for the history")
	return command
}

func (c *cli) pruneStore(ctx context.Context, before time.Time, reason string) error {
	s, can := c.store.(store.Pruner)
	if !can {
		return errors.New("this store can't be pruned")
	}
	holders, err := c.store.Holders(ctx)
	if err != nil {
		return err
	}
	for _, h := range holders {
		if !h.Dead {
			return &exit{exitLocked, fmt.Errorf("nothing was removed: %w; wait for its end", &store.HeldError{Holder: h})}
		}
	}
	removed, err := s.Prune(ctx, before, c.owner(), reason)
	if err != nil {
		return err
	}
	return c.show(map[string]int{"removed": removed}, render.Report{Title: "Store", Totals: "Removed " + render.Count(removed, "record") + " of the history."})
}
