package main

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/entitlectl/entitlectl/pkg/apply"
	"github.com/entitlectl/entitlectl/pkg/providers"
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

// splitTargets parts the targets into resources and people, who must be some of the files.
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
