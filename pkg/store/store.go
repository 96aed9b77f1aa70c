package store

import (
	"context"
	"fmt"
	"iter"
	"time"
)

// Store keeps what outlives a run. It is safe for use from several goroutines and by several processes at once. Whoever
// writes one runs the suite in storetest on it.
type Store interface {
	KV
	Locks
	Limiter
	History
	// Damaged says, in a line each, what of the kept state could not be read so far, why, and where it was set aside.
	Damaged() []string
	// Close gives back what the engine holds of the system. Nothing that was kept is lost without it.
	Close() error
}

// KV holds small texts under keys: record ids that no read shows, tokens that change with each use, when a mail was sent,
// what was last confirmed. Keys are free of secrets; values may be secret.
type KV interface {
	// Get returns what was kept last under the key, by whichever process. A key never kept, or one whose record was
	// damaged, is not ok.
	Get(key string) (value string, ok bool)
	// Put is durable when it returns nil: a crash right after does not lose it. After an error the former value holds. What is
	// not text in UTF-8 is an error.
	Put(key, value string) error
	// PutAll keeps many at the cost of one. After an error each key has its former or its new value.
	PutAll(facts map[string]string) error
}

// Locks let one apply at a time write to a scope, which is a connection, and keep the journal of what it sends.
type Locks interface {
	// Acquire takes the lock of the scope and does not wait: where a living owner has it, the error is a *HeldError. A dead
	// owner's lock is taken over; see Lease.Former. The new owner's journal keeps what is in doubt and drops the rest.
	Acquire(ctx context.Context, scope string, by Owner) (Lease, error)
	// Holders lists the locks that are held, or whose owner died without giving them back, sorted by scope.
	Holders(ctx context.Context) ([]Holder, error)
	// Break takes the lock from its owner, living or dead, and records that with the reason in the history. The owner's
	// next Append returns ErrLost. A scope that nobody holds is an error.
	Break(ctx context.Context, scope string, by Owner, reason string) error
	// Doubts returns, oldest first, the calls of earlier runs of which the journal does not say that they are settled: for
	// each its last entry, with the changes that were told last where that one has none. Where a part of the journal was lost,
	// an entry in state Lost stands for all that it may have said, until an entry of its run and call says that it is settled.
	Doubts(ctx context.Context, scope string) ([]Entry, error)
}

// Lease is a lock that is held until it is released; one that nobody refers to any more may end before. It is safe for use from
// several goroutines.
type Lease interface {
	// Former is the owner that died holding the lock; nil where it was given back, or broken by hand.
	Former() *Owner
	// Append adds entries to the scope's journal in one go; they are durable when it returns nil. After ErrLost somebody
	// else may write to the scope. After any other error nothing more may be sent, and the lease takes no more entries: a
	// sync that failed once can't be trusted again.
	Append(ctx context.Context, entries ...Entry) error
	// Release gives the lock back. It is not an error to release twice, or what was lost.
	Release() error
}

// Limiter shares a vendor's rates between all processes that use the engine.
type Limiter interface {
	// Reserve reserves the next turn under the key, of which there is one every so often, and returns how long to wait for it.
	// every must be positive.
	Reserve(ctx context.Context, key string, every time.Duration) (wait time.Duration, err error)
	// Delay puts off every turn that is not taken yet until d from now, at least. More than a day is taken as a day.
	Delay(ctx context.Context, key string, d time.Duration) error
}

// History is the record of runs, each chained to the one before by its digest, so that none can be altered or taken out of
// the middle unseen.
type History interface {
	// Record adds a record; it is durable when Record returns nil.
	Record(ctx context.Context, r Record) error
	// Records yields every record, oldest first. A damaged one is yielded as an error, and the rest goes on.
	Records(ctx context.Context) iter.Seq2[Record, error]
	// Verify checks the chain and returns its end. The error says where the first break is. That records are missing at
	// the end can't be seen by the chain alone; whoever noted the end of an earlier chain asks with Contains.
	Verify(ctx context.Context) (Chain, error)
}

// HeldError says that a living owner holds a lock.
type HeldError struct{ Holder }

// Error names the scope and its owner.
func (e *HeldError) Error() string {
	return fmt.Sprintf("another apply holds %s: %s", e.Scope, e.Owner)
}
