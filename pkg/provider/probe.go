package provider

import (
	"context"
	"errors"
)

// Prober is a Source that can say, thing by thing, whether what it needs is there.
type Prober interface {
	// Probes are what to look at so that the query can be planned, in the order in which it is worth asking, and then what writing
	// would need besides; of a query that lists nothing, as before an import, what reading all takes. It is pure; each probe asks the
	// vendor with a request or two that change nothing.
	Probes(q Query) []Probe
}

// Probe is one look at what a connection needs.
type Probe struct {
	What       string // in words, such as "list app groups"
	Permission string // that it takes, in the vendor's words; "": the vendor's documents name none
	Without    string // what does not work without it, where the rest does; "": nothing that the files want can be planned
	// Ask asks the vendor; it may use what earlier probes found. nil: nobody can tell without writing. ErrNothingToAsk says that the
	// tenant holds nothing to ask about.
	Ask func(context.Context) (Finding, error)
}

// Finding is what a probe found.
type Finding struct {
	Detail string // in words, such as "12 app groups"
	Tenant string // what the connection reaches, such as "project 0123…", where this probe shows it
}

// ErrNothingToAsk is of a probe that needs something of the tenant to ask about, which holds none.
var ErrNothingToAsk = errors.New("there is nothing to ask about")
