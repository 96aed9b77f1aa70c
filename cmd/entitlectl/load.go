package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/entitlectl/entitlectl/pkg/access"
	"github.com/entitlectl/entitlectl/pkg/apply"
	"github.com/entitlectl/entitlectl/pkg/provider"
	"github.com/entitlectl/entitlectl/pkg/providers"
	"github.com/entitlectl/entitlectl/pkg/providers/httpx"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// scope is one connection, and what of it a run is about.
type scope struct {
	connection spec.Connection
	desired    spec.State
	base       *spec.State           // what the files of --base want; nil: nothing is held against them
	targets    []string              // KIND/NAME or user/NAME; none: all that the files list
	people     map[spec.Subject]bool // those of targets; nil: all
}

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

// scopes is what --connection and --target leave of the files.
func (c *cli) scopes(s *spec.Spec) ([]scope, error) {
	names := namesOf(s)
	for _, name := range c.connections {
		if !slices.Contains(names, name) {
			return nil, fmt.Errorf("--connection %s: the files have no such connection%s", name, cmp.Or(didYouMean(name, names), "; they have "+strings.Join(names, ", ")))
		}
	}
	var all []scope
	desired := c.desired(s)
	for _, conn := range s.Connections {
		if len(c.connections) == 0 || slices.Contains(c.connections, conn.Name) {
			all = append(all, scope{connection: conn, desired: desired[conn.Name]})
		}
	}
	if len(c.targets) == 0 {
		return all, nil
	}
	targets, people, err := c.splitTargets(s)
	if err != nil {
		return nil, err
	}
	if err := checkTargets(all, targets); err != nil {
		return nil, err
	}
	var targeted []scope
	for _, sc := range all {
		if sc = sc.only(targets); len(sc.targets) > 0 || len(targets) == 0 {
			targeted = append(targeted, sc.about(s, people))
		}
	}
	return targeted, nil
}

// splitTargets tells the resources among the targets from the people, who must be some of the files.
func (c *cli) splitTargets(s *spec.Spec) (resources, people []string, err error) {
	known := s.Users()
	for _, target := range c.targets {
		name, person := strings.CutPrefix(target, apply.PersonTarget)
		switch {
		case !person:
			resources = append(resources, target)
		case !slices.Contains(known, name):
			return nil, nil, fmt.Errorf("--target %s: the files have no such user%s", target, didYouMean(name, known))
		default:
			people = append(people, name)
		}
	}
	slices.Sort(people)
	return folded(resources), slices.Compact(people), nil
}

// about cuts what a scope is planned for down to people; none leave it as it is.
func (sc scope) about(s *spec.Spec, people []string) scope {
	for _, name := range people {
		if sc.people == nil {
			sc.people = map[spec.Subject]bool{}
		}
		maps.Copy(sc.people, s.Names(sc.connection.Name, name))
		sc.targets = append(sc.targets, apply.PersonTarget+name)
	}
	return sc
}

// folded brings the names of targets into the form that the files' names are compared in.
func folded(targets []string) []string {
	lower := map[string]bool{}
	for _, f := range providers.Formats() {
		for _, k := range f.Kinds {
			lower[string(k.Kind)] = k.ID == spec.ByAddress
		}
	}
	var all []string
	for _, target := range targets {
		if kind, _, _ := strings.Cut(target, "/"); lower[kind] {
			target = strings.ToLower(target)
		}
		all = append(all, target)
	}
	return all
}

// checkTargets finds targets that nothing in the files has.
func checkTargets(scopes []scope, targets []string) error {
	var known []string
	for _, sc := range scopes {
		for ref := range sc.desired.Resources {
			known = append(known, ref.String())
		}
	}
	slices.Sort(known)
	for _, target := range targets {
		if _, found := slices.BinarySearch(known, target); found {
			continue
		}
		kind, _, ok := strings.Cut(target, "/")
		if kinds := providers.Kinds(); !ok || !slices.Contains(kinds, spec.Kind(kind)) {
			words := spec.Each(kinds, func(k spec.Kind) string { return string(k) })
			return fmt.Errorf("--target %s: want KIND/NAME, where KIND is one of %s, or user/NAME", target, strings.Join(words, ", "))
		}
		return fmt.Errorf("--target %s: the files list no such resource%s", target, didYouMean(target, known))
	}
	return nil
}

// only cuts a scope down to the targets that it has; none leave it whole.
func (sc scope) only(targets []string) scope {
	if len(targets) == 0 {
		return sc
	}
	kept := map[spec.Ref]bool{}
	for ref := range sc.desired.Resources {
		if slices.Contains(targets, ref.String()) {
			kept[ref] = true
			sc.targets = append(sc.targets, ref.String())
		}
	}
	slices.Sort(sc.targets)
	sc.desired = sc.desired.Where(func(ref spec.Ref) bool { return kept[ref] })
	return sc
}

// opener opens a connection; see providers.Provider.
type opener func(providers.Provider, spec.Connection, map[string]spec.Secret, httpx.Env) (provider.Source, error)

func reading(p providers.Provider, conn spec.Connection, secrets map[string]spec.Secret, env httpx.Env) (provider.Source, error) {
	return p.Reader(conn, secrets, env)
}

// jobs opens the connections of the scopes. One that can't be opened gives a job that says why.
func (c *cli) jobs(ctx context.Context, scopes []scope, open opener) []apply.Job {
	var jobs []apply.Job
	for _, sc := range scopes {
		job := apply.Job{Connection: sc.connection, Desired: sc.desired, Base: sc.base, Targets: sc.targets, People: sc.people}
		if job.Source, job.Err = c.open(ctx, sc.connection, open); job.Err != nil {
			job.Source = nil
		}
		jobs = append(jobs, job)
	}
	return jobs
}

func (c *cli) open(ctx context.Context, conn spec.Connection, open opener) (provider.Source, error) {
	p, known := providers.Find(conn.Provider)
	if !known {
		return nil, fmt.Errorf("there is no provider %q", conn.Provider)
	}
	secrets, err := conn.Secrets(c.secrets(ctx))
	if err != nil {
		return nil, err
	}
	return open(p, conn, secrets, c.clientEnv(conn))
}

// clientEnv is what the client of a connection takes from the process around it.
func (c *cli) clientEnv(conn spec.Connection) httpx.Env {
	return httpx.Env{Transport: c.transport, UserAgent: "entitlectl/" + buildVersion().Version, Observe: c.logRequest,
		KV: c.store, Limiter: c.store, Reserve: conn.Reserve,
		Parallelism: cmp.Or(c.parallelism, usualReads)}
}
