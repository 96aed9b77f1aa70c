package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/entitlectl/entitlectl/pkg/access"
	"github.com/entitlectl/entitlectl/pkg/apply"
	"github.com/entitlectl/entitlectl/pkg/providers"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// intent is what a run is about: the files, and what --connection and --target leave of them.
type intent struct {
	spec   *spec.Spec
	scopes []scope
	base   *baseline // nil: the files are held against no others
}

func (w intent) connectionNames() []string {
	return spec.Each(w.scopes, func(sc scope) string { return sc.connection.Name })
}

// rules are those of the files, for what the run is about. A connection that --connection names is looked at as a whole.
func (w intent) rules() spec.Rules {
	rules := w.spec.Rules
	rules.Filtered = slices.ContainsFunc(w.scopes, func(sc scope) bool { return len(sc.targets) > 0 })
	return rules
}

func (c *cli) intent(ctx context.Context) (intent, error) {
	s, err := c.load(ctx, c.files)
	if err != nil {
		return intent{}, err
	}
	c.warn(slices.Concat(s.Warnings, s.Outdated(c.at())))
	w := intent{spec: s}
	if w.scopes, err = c.scopes(s); err != nil {
		return w, err
	}
	return w, c.hold(ctx, &w)
}

// intentToShow is the intent of a command that shows a document and, unless out is "", saves one there with --out. Neither may be
// written where the run reads.
func (c *cli) intentToShow(ctx context.Context, out string) (intent, error) {
	if err := cmp.Or(c.safeOutput("--out", out), c.checkForms(out)); err != nil {
		return intent{}, err
	}
	w, err := c.intent(ctx)
	if err != nil {
		return w, err
	}
	return w, cmp.Or(c.notAnInput("--out", out, w.spec), c.formsNoInput(w.spec))
}

// load reads and checks files, the operator's first; none named stands for the usual ones.
func (c *cli) load(ctx context.Context, files []string) (*spec.Spec, error) {
	if err := c.guardState(ctx); err != nil {
		return nil, err
	}
	operator, err := c.loadOperator(ctx)
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		file, err := usualFile()
		if err != nil {
			return nil, err
		}
		files = []string{file}
	}
	if operator != nil {
		c.mayLift = operator.MayLift
	}
	if err := c.readStdin(ctx, files); err != nil {
		return nil, err
	}
	return spec.Load(spec.Input{Paths: files, Stdin: c.input, Formats: providers.Formats(), Operator: operator, StateDir: c.stateDir})
}

// usualFile is the file or folder that is read where none is named. Where there are several nobody can tell which is meant.
func usualFile() (string, error) {
	entries, err := os.ReadDir(".")
	if err != nil {
		return "", err
	}
	var found []string
	for _, e := range entries {
		switch strings.ToLower(e.Name()) {
		case "entitlements", "entitlements.yaml", "entitlements.yml":
			found = append(found, e.Name())
		}
	}
	switch {
	case len(found) > 1:
		return "", fmt.Errorf("%s are here; name what is meant with --file", strings.Join(found, " and "))
	case len(found) == 1 && (found[0] == "entitlements.yaml" || found[0] == "entitlements"):
		return found[0], staysHere(found[0])
	case len(found) == 1:
		return "", fmt.Errorf("there is no entitlements.yaml and no folder entitlements here, but %s; name it with --file", found[0])
	}
	return "", errors.New("there is no entitlements.yaml and no folder entitlements here; name the files with --file, or have entitlectl init write the first ones")
}

// staysHere refuses a link out of the working folder: nobody named it, and a change may have brought it along.
func staysHere(name string) error {
	here, err := os.OpenRoot(".")
	if err != nil {
		return err
	}
	defer here.Close()
	if _, err := here.Stat(name); err != nil {
		return fmt.Errorf("%s is a link that leads nowhere or out of its folder; name what is meant with --file", name)
	}
	return nil
}

// at is the moment at which starts: and expires: are judged, and which a plan says it was made at: with --now the same
// world gives the same bytes.
func (c *cli) at() time.Time {
	if !c.moment.IsZero() {
		return c.moment.UTC()
	}
	return c.now().UTC().Truncate(time.Second)
}

// namesOf are the names of the connections in files.
func namesOf(s *spec.Spec) []string {
	return spec.Each(s.Connections, func(conn spec.Connection) string { return conn.Name })
}

// desired is what the files want, with what of it their tests find wrong.
func (c *cli) desired(s *spec.Spec) map[string]spec.State {
	all := s.Desired(c.at())
	for name, state := range all {
		if state.People = c.headcount(s, name); state.People != nil {
			all[name] = state
		}
	}
	addFailed(all, s, c.at())
	return all
}

// addFailed adds to what files want at a moment the tests of theirs that do not hold then.
func addFailed(all map[string]spec.State, s *spec.Spec, at time.Time) {
	for _, t := range access.Failed(s, at) {
		state := all[t.Connection]
		state.FailedTests = append(state.FailedTests, t)
		all[t.Connection] = state
	}
}

// headcount is how many people the files of a connection list elsewhere, and how many they listed when it was last applied; nil:
// they list none elsewhere.
func (c *cli) headcount(s *spec.Spec, connection string) *spec.Headcount {
	if s.Elsewhere == 0 {
		return nil
	}
	n := &spec.Headcount{Now: s.Elsewhere}
	if c.store != nil {
		n.Before = apply.LastPeople(c.store, connection)
	}
	return n
}
