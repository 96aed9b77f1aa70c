package diff

import (
	"slices"

	"github.com/entitlectl/entitlectl/pkg/spec"
)

// Base is the files that those of a plan are held against.
type Base struct {
	Ref    string `json:"ref"`            // as it was named
	Commit string `json:"commit"`         // which it stood for
	Spec   string `json:"spec,omitempty"` // digest of its files
	// Missing are files and folders that were named and that it does not have: all that is in them is new.
	Missing []string `json:"missing,omitempty"`
	// Behind is how many of its commits that changed these files are not merged here: what they changed seems to be taken back.
	Behind int `json:"behind,omitempty"`
	// Problem says why its files tell nothing; "" where they do. Then no change says what it is because of.
	Problem  string           `json:"problem,omitempty"`
	Weakened []spec.Weakening `json:"weakened,omitempty"` // what guards access there, and not, or less, in the plan's files
}

// Because is which side asks for a change, where files are held against others.
type Because string

// The sides.
const (
	BecauseFiles Because = "files" // the other files would not ask for it
	BecauseLive  Because = "live"  // they would as well: live state was so before
)

// HoldAgainst marks each change by whether other files, which want base, would ask for it too while live is as it is. It returns, sorted,
// the changes by which those files would revoke something and these do not: what somebody holds though no line gave it before.
func (c *Comparison) HoldAgainst(changes []Change, base spec.State, resending Resending) (kept []Change) {
	read := formerly(base, c.desired).Where(func(ref spec.Ref) bool {
		_, asked := c.desired.Resources[ref]
		return asked
	})
	before, asked := map[Change]bool{}, Compute(read, c.live, resending)
	for _, c := range asked {
		before[c.Key()] = true
	}
	for i := range changes {
		changes[i].Because = BecauseFiles
		if key := changes[i].Key(); before[key] {
			changes[i].Because = BecauseLive
			delete(before, key)
		}
	}
	for _, c := range asked {
		if c.Op == OpRevoke && before[c.Key()] {
			kept = append(kept, c)
		}
	}
	return kept
}

// About keeps the changes about some subjects, and the making of what these are to be granted.
func About(changes []Change, who map[spec.Subject]bool) []Change {
	needed := map[[2]string]bool{}
	for _, c := range changes {
		if who[c.Subject] && c.Op == OpGrant {
			needed[[2]string{string(c.Kind), c.Resource}] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(changes), func(c Change) bool {
		return !who[c.Subject] && (c.Op != OpCreate || !needed[[2]string{string(c.Kind), c.Resource}])
	})
}

// Explain says of each change how the files come to ask for it: through which teams, and about whom. base, which may be nil, are
// the files that the plan's are held against: by what they gave, a loss names the line that was taken out.
func (p *Plan) Explain(files, base *spec.Chains) {
	for _, part := range p.Connections {
		for i := range part.Changes {
			explain(part.Name, &part.Changes[i], files, base)
		}
	}
}

func explain(connection string, c *Change, files, base *spec.Chains) {
	if c.Subject == (spec.Subject{}) {
		return
	}
	g := c.Grant(connection)
	c.Person = files.Person(connection, c.Subject)
	if chain, found := chainAt(files.Of(g, maxChains), c.Source); found {
		c.Via = spec.ViaOf(chain.Steps)
	}
	if base == nil {
		return
	}
	if c.Person == "" {
		c.Person = base.Person(connection, c.Subject)
	}
	if c.Op != OpRevoke || c.Because != BecauseFiles {
		return
	}
	was := base.Of(g, 1)
	if len(was) == 0 {
		was = base.Of(files.Before(g), 1)
	}
	if len(was) > 0 && !was[0].Lapsed {
		c.Was = files.Gone(g, was[0]).Source()
		if c.Via == (spec.Via{}) {
			c.Via = spec.ViaOf(was[0].Steps)
		}
	}
}

// maxChains is among how many chains that of a change is looked for.
const maxChains = 16

// chainAt is the first chain from a line; without such a line the change is not because of the files.
func chainAt(chains []spec.Chain, source string) (spec.Chain, bool) {
	for _, chain := range chains {
		if source != "" && chain.Source.Source() == source {
			return chain, true
		}
	}
	return spec.Chain{}, false
}

// essential is the change without what explains it.
func (c Change) essential() Change {
	c.Via, c.Because, c.Was, c.Person = spec.Via{}, "", "", ""
	return c
}
