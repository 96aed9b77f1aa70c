package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/hashicorp/go-multierror"
	"github.com/spf13/cobra"
	"gopkg.in/yaml.v3"

	"github.com/entitlectl/entitlectl/pkg/provider"
	"github.com/entitlectl/entitlectl/pkg/providers"
	"github.com/entitlectl/entitlectl/pkg/spec"
	"github.com/entitlectl/entitlectl/pkg/spec/compose"
)

// importFlags are the flags of import.
type importFlags struct {
	out, into, split, ownership, schema string
	adopt, teams                        bool
}

func newImport(c *cli) *cobra.Command {
	var flags importFlags
	command := &cobra.Command{
		Use: "import", Short: "Write files that say what is there already",
		Long: "Read all that the connections of the files, or of the operator's file, hold, and write files that say the same. Nothing is\n" +
			"changed at any vendor. Before anything is written, the new files are planned: a plan of them changes nothing.\n\n" +
			"The files go to stdout, to --out FILE, or into the folder --into DIR. What exists is never overwritten. All resources are\n" +
			"add-only, unless --ownership says otherwise, so that nothing can be taken from anybody on the first day. People are listed\n" +
			"once: who has the same mail address at several connections is one user. Connections are copied from the files, with their\n" +
			"references and without a secret; those of an operator's file stay there.\n\n" +
			"What no file can say exactly is left out, and said on stderr and in a comment. Where a list can't be read whole, import ends\n" +
			"with 3 and writes nothing.",
		Example: "  entitlectl import -f connections.yaml --out entitlements.yaml && entitlectl plan\n" +
			"  entitlectl import -f connections.yaml --into entitlements --split connection\n" +
			"  entitlectl import --operator operator.yaml --connection workspace\n" +
			"  entitlectl import --adopt",
		Args: filesAreFlags,
		RunE: func(cmd *cobra.Command, _ []string) error { return c.runImport(cmd.Context(), flags) },
	}
	f := command.Flags()
	f.Func("out", "write one `FILE`, which must not exist, instead of stdout", filled(&flags.out, "FILE"))
	f.Func("into", "write several files into the folder `DIR`, which is made where it is missing", filled(&flags.into, "DIR"))
	f.Var(oneOf(&flags.split, string(compose.ByKind), string(compose.ByConnection)), "split", "what gets a file of its own with --into")
	f.Var(oneOf(&flags.ownership, string(spec.AddOnly), string(spec.Owned), string(spec.Ignored)), "ownership", "of all that is imported; owned: who is added outside of the files loses it")
	f.BoolVar(&flags.adopt, "adopt", false, "add what no file lists yet to the files, and touch no line that is there: to the file that --file names, or as a file in the folder")
	f.BoolVar(&flags.teams, "teams", false, "make teams of people whom several lists share, named by what they hold, where that makes the files shorter")
	f.Func("schema", "begin files with a comment by which editors find the JSON Schema: `URL` or path", filled(&flags.schema, "URL or path"))
	completeChoices(command, f)
	c.underOperator(command)
	return command
}

func (c *cli) runImport(ctx context.Context, flags importFlags) error {
	ctx, cancel := c.limited(ctx)
	defer cancel()
	if err := c.checkImport(flags); err != nil {
		return err
	}
	if c.output != "text" && flags.out == "" && flags.into == "" && !flags.adopt {
		return fmt.Errorf("-o %s is about what was imported, and the file goes to stdout; name --out or --into for the file", c.output)
	}
	i, err := c.beginImport(ctx, flags)
	if err != nil {
		return err
	}
	files, err := i.settle(ctx)
	if err != nil {
		return err
	}
	return i.write(ctx, files)
}

// checkImport finds out what can't be, before anything is read.
func (c *cli) checkImport(flags importFlags) error {
	switch {
	case flags.out != "" && flags.into != "":
		return errors.New("--out and --into both say where to write; give one")
	case flags.adopt && flags.into != "":
		return errors.New("--adopt adds to the files of --file; --into is for new ones")
	}
	if flags.out == "" {
		return nil
	}
	return cmp.Or(c.notKept("--out", flags.out), notAReview("--out", flags.out), absentOutput("--out", flags.out))
}

// importing is an import on its way.
type importing struct {
	*cli
	flags    importFlags
	spec     *spec.Spec // with the connections
	scopes   []scope
	sources  map[string]provider.Lister
	listings map[string]*provider.Listing // what the files are made from and planned by, by connection
	desired  map[string]spec.State
	rest     []string            // files that are read beside those that are written
	grows    string              // the file that is added to; "": none
	text     []byte              // what it holds
	taken    []string            // names of users that files have
	watched  map[spec.Ref]string // see compose.Options
	progress *progress
}

func (c *cli) beginImport(ctx context.Context, flags importFlags) (*importing, error) {
	s, err := c.connectionsToImport(ctx)
	if err != nil {
		return nil, err
	}
	i := &importing{cli: c, flags: flags, spec: s, sources: map[string]provider.Lister{}, watched: map[spec.Ref]string{}}
	if i.scopes, err = c.scopes(s); err != nil {
		return nil, err
	}
	i.desired = s.Desired(c.at())
	if len(i.scopes) == 0 {
		return nil, errors.New("the files hold no connection; write connections: as in entitlectl help files, or name the operator's file that holds them with --operator")
	}
	if err := i.checkPlaces(); err != nil {
		return nil, err
	}
	var errs *multierror.Error
	for _, sc := range i.scopes {
		source, err := c.open(ctx, sc.connection, reading)
		lister, lists := source.(provider.Lister)
		if err == nil && !lists {
			err = fmt.Errorf("provider %s can't list what it has", sc.connection.Provider)
		}
		if err != nil {
			errs = multierror.Append(errs, fmt.Errorf("connection %s: %w", sc.connection.Name, err))
		}
		i.sources[sc.connection.Name] = lister
	}
	return i, errs.ErrorOrNil()
}

// connectionsToImport loads the files. With an operator's file there need be no other yet.
func (c *cli) connectionsToImport(ctx context.Context) (*spec.Spec, error) {
	operator, err := c.loadOperator(ctx)
	if err != nil {
		return nil, err
	}
	if _, none := usualFile(); operator == nil || len(c.files) > 0 || none == nil {
		return c.load(ctx, c.files)
	}
	if err := c.guardState(ctx); err != nil {
		return nil, err
	}
	return spec.Load(spec.Input{Paths: []string{"-"}, Stdin: []byte("version: 1\n"), Formats: providers.Formats(), Operator: operator, StateDir: c.stateDir})
}

// read reads all connections, side by side. Without a whole view of each there is none. What is composed is planned by the very
// lists that it was composed from, so that each is asked for once, and what that plan finds is import's own doing: what anybody
// changes at the vendor meanwhile, the next plan shows. Only mails, which no inventory asks for, are read for it.
func (i *importing) read(ctx context.Context) ([]*compose.Connection, error) {
	all, errs := make([]*compose.Connection, len(i.scopes)), make([]error, len(i.scopes))
	i.listings = map[string]*provider.Listing{}
	for _, sc := range i.scopes {
		i.listings[sc.connection.Name] = provider.NewListing(true)
	}
	var wg sync.WaitGroup
	for n, sc := range i.scopes {
		wg.Go(func() { all[n], errs[n] = i.readOne(ctx, sc.connection) })
	}
	wg.Wait()
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	return all, together(errs...)
}

func (i *importing) readOne(ctx context.Context, conn spec.Connection) (*compose.Connection, error) {
	inventory, err := i.sources[conn.Name].Inventory(ctx, i.listings[conn.Name])
	if err := whole(conn.Name, inventory, err, "nothing was written: import again"); err != nil {
		return nil, err
	}
	definition, err := i.definition(conn)
	if err != nil {
		return nil, err
	}
	if i.flags.adopt {
		i.leaveListed(conn.Name, &inventory)
	}
	p, _ := providers.Find(conn.Provider)
	c := &compose.Connection{Connection: conn, Schema: &p.Format, Definition: definition, State: inventory.State,
		People: map[spec.Subject]compose.Person{}, Remarks: inventory.Remarks}
	for s := range maps.Keys(inventory.Emails) {
		c.People[s] = compose.Person{Email: inventory.Emails[s]}
	}
	for s, standing := range inventory.Standings {
		c.People[s] = compose.Person{Email: inventory.Emails[s], Remark: standing}
	}
	for ref, why := range inventory.Beyond {
		c.Left = append(c.Left, compose.Left{Resource: ref, Why: why})
	}
	if i.flags.adopt {
		i.acquaint(c)
	}
	slices.SortFunc(c.Left, func(a, b compose.Left) int { return a.Resource.Compare(b.Resource) })
	return c, nil
}

// definition is a connection as its file defines it; nil where what is written does not need it.
func (i *importing) definition(conn spec.Connection) (*yaml.Node, error) {
	if !i.copied(conn) {
		return nil, nil
	}
	data := i.input
	if conn.Source.File != "-" {
		var err error
		if data, err = spec.ReadFile(conn.Source.File); err != nil {
			return nil, err
		}
	}
	var document yaml.Node
	if err := yaml.Unmarshal(data, &document); err != nil || len(document.Content) == 0 {
		return nil, fmt.Errorf("%s changed while it was read", conn.Source.File)
	}
	if n := valueOf(valueOf(document.Content[0], "connections"), conn.Name); n != nil {
		return n, nil
	}
	return nil, fmt.Errorf("%s changed while it was read", conn.Source.File)
}

// valueOf is the value of a key of a mapping, nil where it is not there.
func valueOf(n *yaml.Node, key string) *yaml.Node {
	for k := 0; n != nil && k+1 < len(n.Content); k += 2 {
		if n.Content[k].Value == key {
			return n.Content[k+1]
		}
	}
	return nil
}
