package emu

import (
	"context"
	"net/http"
	"time"

	"gopkg.in/yaml.v3"
)

// Vendor is one emulated vendor: its API, its credentials, its limits and its world. All methods but Attach may be called
// concurrently.
type Vendor interface {
	// Name is the vendor's top-level key in a seed file.
	Name() string

	// Attach hands over the server's clock, once, before anything else is called.
	Attach(*Clock)

	// Claim says whether a request is this vendor's, and under which path faults and the call log know it: the URL path,
	// or something that tells more where a vendor serves many operations on one path.
	Claim(*http.Request) (path string, ok bool)

	// ServeHTTP answers a request. A write shows in reads only after [Lag] of the request's context.
	ServeHTTP(http.ResponseWriter, *http.Request)

	// Throttled answers a request, without doing it, as the vendor does when too many came.
	Throttled(http.ResponseWriter, *http.Request)

	// Stamp adds to an answer that the vendor did not write, such as the refusal of a gateway before it, what all its answers have.
	Stamp(http.Header)

	// Load checks a seed and returns what puts it in place of the present world, with fresh quotas and, but for what the seed
	// gives of them, fresh ids and sessions. A nil seed is an empty world. Errors name lines; see [Decode].
	Load(seed *yaml.Node) (commit func(), err error)

	// Dump returns the world as a value that yaml.v3 writes in the seed's form: sorted, so that equal worlds give equal
	// bytes, and loading it again gives an equal world.
	Dump() any

	// Save is Dump with what another process must know to go on as this one would: ids, times, tokens that were issued.
	Save() any
}

type lagKey struct{}

// Lag is how long the writes of a request stay hidden from reads: zero unless a fault of kind [FaultLag] is active.
func Lag(ctx context.Context) time.Duration {
	lag, _ := ctx.Value(lagKey{}).(time.Duration)
	return lag
}
