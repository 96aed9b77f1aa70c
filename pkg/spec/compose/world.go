package compose

import (
	"maps"
	"slices"

	"gopkg.in/yaml.v3"

	"github.com/entitlectl/entitlectl/pkg/spec"
)

// Connection is what is there at one connection, and what files are to say of it.
type Connection struct {
	spec.Connection
	Schema *spec.ProviderSchema
	// Definition is the connection as a file defines it, to be copied; nil: it is not.
	Definition *yaml.Node
	// State has the resources with those of their settings that files are to hold, and who holds them.
	State   spec.State
	People  map[spec.Subject]Person
	Remarks map[spec.Ref][]string // what whoever reads about a resource would ask
	Left    []Left                // what no file can list
	// Known are the users of files that are there already, by their names at the connection; others are added to these.
	Known map[spec.Subject]string
	// Gone are people who left, as those files say; no file may name them.
	Gone map[spec.Subject]bool
}

// Person is what a connection shows of somebody beside their name.
type Person struct {
	Email  string // "": none that is known
	Remark string // such as "disabled"
}

// Left is something that the files don't list, and why.
type Left struct {
	Resource spec.Ref
	Why      string
}

// Options say how files are written.
type Options struct {
	Ownership spec.Ownership // of all resources
	// Watched are resources that are only to be watched, whatever Ownership says, and why.
	Watched map[spec.Ref]string
	Split   Split
	// Schema is where editors find the JSON Schema; "": they are not told.
	Schema string
	// Taken are names of users that others have already.
	Taken []string
	// Teams makes teams of people whom several lists share; TakenTeams are names that others have already.
	Teams      bool
	TakenTeams []string
	About      []string // what the first file begins with, as comments
}

// Split says how much goes into one file.
type Split string

// The ways to split.
const (
	Whole        Split = ""
	ByKind       Split = "kind"
	ByConnection Split = "connection"
)

// File is a file that is to be written.
type File struct {
	Name string // without a folder; "" where there is one file only
	Text []byte
}

// Files is what was composed.
type Files struct {
	Files []File
	Notes []Left // what the files don't say exactly, sorted; it stands in their comments too

	Resources, Grants, Users, Teams int
}

// Kinds are the kinds of a connection's provider.
func (c *Connection) kinds() []*spec.KindSchema {
	var kinds []*spec.KindSchema
	for i := range c.Schema.Kinds {
		kinds = append(kinds, &c.Schema.Kinds[i])
	}
	return kinds
}

func (c *Connection) kind(of spec.Kind) *spec.KindSchema {
	i := slices.IndexFunc(c.Schema.Kinds, func(k spec.KindSchema) bool { return k.Kind == of })
	if i < 0 {
		return nil
	}
	return &c.Schema.Kinds[i]
}

// refs are the resources of a kind, sorted.
func (c *Connection) refs(of spec.Kind) []spec.Ref {
	refs := slices.DeleteFunc(slices.Collect(maps.Keys(c.State.Resources)), func(ref spec.Ref) bool { return ref.Kind != of })
	slices.SortFunc(refs, spec.Ref.Compare)
	return refs
}

// domain is what a blank domain means.
func (c *Connection) domain() string { return c.Schema.DomainAt(c.Connection) }

// users are the people whom the connection's resources name, sorted: those who hold something, and those whom settings name.
func (c *Connection) users() []spec.Subject {
	found := map[spec.Subject]bool{}
	for g := range c.State.Grants.All() {
		found[g.Subject] = g.Subject.Kind == spec.SubjectUser
	}
	for ref, r := range c.State.Resources {
		kind := c.kind(ref.Kind)
		for key, value := range r.Settings.All() {
			if s := kind.Setting(key); s != nil && s.User {
				found[c.named(value)] = true
			}
		}
	}
	maps.DeleteFunc(found, func(_ spec.Subject, is bool) bool { return !is })
	return slices.SortedFunc(maps.Keys(found), spec.Subject.Compare)
}

// named is the user whom a setting names.
func (c *Connection) named(value string) spec.Subject {
	return spec.Subject{Kind: spec.SubjectUser, Name: value, Domain: c.domain()}
}
