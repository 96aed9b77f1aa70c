package store

import (
	"context"
	"errors"
	"slices"
)

// ErrBeginning says that the records at the beginning of a history are gone, which is otherwise whole.
var ErrBeginning = errors.New("its beginning is missing, and no record says that it was pruned")

// Checker checks a chain link by link. All stores check alike.
type Checker struct {
	Chain
	pruned bool // a record says that what is missing before the first one was removed
}

// Add takes the next link. It says whether that follows the one before; one that does not is left out.
func (c *Checker) Add(prev, digest string, r Record) bool {
	if c.Records == 0 {
		c.Begin, c.Head = prev, prev
	}
	if prev != c.Head {
		return false
	}
	if r.Kind == Pruned && (r.Outcome == c.Begin || slices.Contains(c.Digests, r.Outcome)) {
		c.pruned = true // where it was to go further than it did, as before a crash, what is gone was part of it
	}
	c.Records++
	c.Head = digest
	c.Digests = append(c.Digests, digest)
	return true
}

// End returns ErrBeginning where the first link follows one that was not pruned.
func (c *Checker) End() error {
	if c.Begin != "" && !c.pruned {
		return ErrBeginning
	}
	return nil
}

// Continuer is a store whose history can begin with the rest of another one.
type Continuer interface {
	// Continue is Record of the first record, which follows one with the digest prev, as after records that were pruned. A
	// history that is not empty is an error.
	Continue(ctx context.Context, prev string, r Record, rows Rows) error
}
