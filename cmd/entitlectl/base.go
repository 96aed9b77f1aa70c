package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/go-multierror"
	"github.com/spf13/cobra"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/diff/render"
	"github.com/entitlectl/entitlectl/pkg/git"
	"github.com/entitlectl/entitlectl/pkg/providers"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// againstBase gives a command the flag that names what the files are held against.
func (c *cli) againstBase(command *cobra.Command) {
	command.Flags().Func("base", "tell what the files change from what was so before: hold them against those of the git `REF`, such as origin/main", filled(&c.base, "REF"))
}

// sorted gives a command the flag that says what its rows are sorted by.
func (c *cli) sorted(command *cobra.Command) {
	command.Flags().Var(oneOf(&c.by, string(render.ByResource), string(render.ByPerson)), "by", "what text and markdown are sorted by: who gains and loses what, or what becomes of each resource")
	completeChoices(command, command.Flags())
}

// baseline is the files that those of a run are held against.
type baseline struct {
	about diff.Base
	spec  *spec.Spec // nil where its files tell nothing
}

// hold reads the files of --base and gives each scope what they want. Where git can't be asked for them that is an error; where
// they are there and don't load, the run goes on, and says that it can't tell.
func (c *cli) hold(ctx context.Context, w *intent) error {
	if c.base == "" {
		return nil
	}
	paths, repository, err := c.checkout()
	if err != nil {
		return fmt.Errorf("--base %s: %w", c.base, err)
	}
	b := baseline{about: diff.Base{Ref: c.base}}
	past := &spec.Past{Top: repository.Top(), Files: git.NoFiles{}}
	if !git.NoCommit(c.base) {
		if b.about.Commit, err = repository.Resolve(ctx, c.base); err != nil {
			return fmt.Errorf("--base %s: %w", c.base, err)
		}
		past.Files = repository.Tree(ctx, b.about.Commit)
	}
	if err := c.readBase(&b, paths, past, w.spec.Operator); err != nil {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		b.about.Problem = firstError(err)
		c.printError(fmt.Errorf("warning: --base %s: which changes are this branch's can't be told: %s", c.base, b.about.Problem))
	}
	for _, path := range b.about.Missing {
		c.printError(fmt.Errorf("warning: --base %s: it has no %s, so all that is in it counts as new", c.base, path))
	}
	if w.base = &b; b.spec == nil {
		return nil
	}
	b.about.Behind = repository.Missed(ctx, b.about.Commit, below(repository, b.spec.Files, w.spec.Files))
	if b.about.Behind > 0 {
		c.printError(fmt.Errorf("warning: --base %s: %s", c.base, render.BehindText(&b.about)))
	}
	b.about.Spec, b.about.Weakened = b.spec.Digest, append(spec.Weakened(b.spec, w.spec), spec.Deferred(b.spec, w.spec, c.at())...)
	b.about.Weakened = append(b.about.Weakened, c.weakenedReviews(repository, past, w.spec)...)
	c.holdScopes(w.scopes, b.spec)
	return nil
}

// below are the files of either side that lie in the repository, named from its top folder on.
func below(repository *git.Repository, sides ...[]string) (names []string) {
	here, err := filepath.EvalSymlinks(".")
	if err == nil {
		here, err = filepath.Abs(here)
	}
	if err != nil {
		return nil
	}
	for _, file := range slices.Concat(sides...) {
		if !filepath.IsAbs(file) {
			file = filepath.Join(here, file)
		}
		if name, within := repository.Within(file); within && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// checkout finds what is to be read, and the repository that the first of it lies in.
func (c *cli) checkout() (paths []string, repository *git.Repository, err error) {
	for _, path := range append(slices.Clone(c.files), ".") {
		folder, err := filepath.EvalSymlinks(filepath.Dir(path))
		if path == "." || path == "-" {
			folder, err = filepath.EvalSymlinks(".")
		}
		if err != nil {
			return nil, nil, err
		}
		if repository, err = git.Open(folder); err == nil {
			return c.files, repository, nil
		}
		if !errors.Is(err, git.ErrNoRepository) {
			return nil, nil, err
		}
	}
	return nil, nil, fmt.Errorf("%w; run it in a checkout, or leave --base out", git.ErrNoRepository)
}

// readBase loads the files of the base, as far as they are there.
func (c *cli) readBase(b *baseline, paths []string, past *spec.Past, operator *spec.Operator) error {
	if len(paths) == 0 {
		usual, err := past.UsualFile()
		if err != nil {
			return err
		}
		if paths = []string{usual}; usual == "" {
			paths, b.about.Missing = nil, []string{"entitlements.yaml"}
		}
	}
	for _, path := range paths {
		there, err := past.Has(path)
		if err != nil {
			return err
		}
		if !there {
			b.about.Missing = append(b.about.Missing, path)
		}
	}
	loaded, err := spec.Load(spec.Input{Paths: paths, Stdin: c.input, Formats: providers.Formats(), Operator: operator, StateDir: c.stateDir, Past: past})
	b.spec = loaded
	return err
}

// firstError is the first of many errors, and how many there are beside it.
func firstError(err error) string {
	all := (*multierror.Error)(nil)
	if !errors.As(err, &all) || len(all.Errors) == 0 {
		return err.Error()
	}
	text := all.Errors[0].Error()
	if more := len(all.Errors) - 1; more > 0 {
		text += fmt.Sprintf(" (and %d more)", more)
	}
	return strings.ReplaceAll(text, "\n", " ")
}

// holdScopes gives each scope what the base wants of the same tenant. A connection that reaches another one has no base: all that
// is to change there is the branch's doing.
func (c *cli) holdScopes(scopes []scope, base *spec.Spec) {
	desired := base.Desired(c.at())
	for i := range scopes {
		sc, state := &scopes[i], spec.NewState()
		at := slices.IndexFunc(base.Connections, func(conn spec.Connection) bool { return conn.Name == sc.connection.Name })
		if at >= 0 && spec.SameTenant(base.Connections[at], sc.connection) {
			state = desired[sc.connection.Name]
		}
		sc.base = &state
		if n := sc.desired.People; n != nil {
			n.Before = max(n.Before, cmp.Or(base.Elsewhere, len(base.Users())))
		}
	}
}

// explain says of each change of a plan how the files come to ask for it.
func (c *cli) explain(plan *diff.Plan, w intent) {
	files, base := w.spec.Chains(plan.Now), (*spec.Chains)(nil)
	if w.base != nil {
		about := w.base.about
		for _, part := range plan.Connections {
			kept := files.Kept(spec.Each(part.Kept, func(c diff.Change) spec.Grant { return c.Grant(part.Name) }))
			about.Weakened = slices.Concat(about.Weakened, kept, w.madeAnew(part))
		}
		if plan.Base = &about; w.base.spec != nil {
			base = w.base.spec.Chains(plan.Now)
		}
	}
	plan.Explain(files, base)
}

// madeAnew lists what is to be made though the base has another name under which it may be live.
func (w intent) madeAnew(part diff.ConnectionPlan) (found []spec.Weakening) {
	at := slices.IndexFunc(w.scopes, func(sc scope) bool { return sc.connection.Name == part.Name })
	if at < 0 || w.scopes[at].base == nil {
		return nil
	}
	for _, change := range part.Changes {
		ref := change.Ref(part.Name)
		was, is := w.scopes[at].base.Resources[ref], w.scopes[at].desired.Resources[ref]
		if change.Op == diff.OpCreate && was.Previously != "" && is.Previously == "" {
			found = append(found, spec.Weakening{What: spec.GuardFormer, On: string(ref.Kind) + "/" + ref.Name, From: was.Previously, Source: is.Source.Source(), Was: was.Source.Source()})
		}
	}
	return found
}
