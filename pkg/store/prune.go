package store

import (
	"context"
	"time"
)

// Pruner is a store that can drop what is old from its history.
type Pruner interface {
	// Prune removes the records from before a moment, with details that only they name, and at least keeps the newest. First it
	// adds a record of kind Pruned, which says who did it and why, how many there were (Calls), and as Outcome the digest of the
	// last one: what is left goes on from that, so that Verify still finds a whole chain. Where nothing is that old it adds none.
	Prune(ctx context.Context, before time.Time, by Owner, reason string) (removed int, err error)
}
