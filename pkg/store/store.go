package store

import (
	"context"
	"fmt"
	"iter"
	"time"
)

// Store keeps what outlives a run. For all of its methods:
//
//   - They may be called from several goroutines and by several processes at once, and all of them see one store.
//   - "Durable" means: once the call has returned nil, no crash of the process or of the machine loses what it did.
//   - Keys and scopes are any text in UTF-8, the empty one included, and are compared byte by byte.
//   - Owners, entries and records come back as they were given: times to the nanosecond, JSON as [encoding/json] writes it.
//     The times in them are the caller's. What the store has to time itself, turns and the breaking of a lock, goes by one
//     clock of the store's.
//   - Where a context ends, a call that reads or waits ends with it and returns its error; one that writes may finish first.
//   - An error says what was to be done, to what and where. It holds no value of a key and no content of an entry.
type Store interface {
	KV
	Locks
	Limiter
	History
	// Damaged lists what could not be read so far, a line for each: what, why, and where it was set aside. Such damage is
	// not an error of the call that came across it.
	Damaged() []string
	// Close gives back connections and files. It is called last, when no lease is held any more. What is durable is so
	// without it.
	Close() error
}

// KV keeps small values under keys: record ids that no read shows, tokens that change with each use, when a mail was sent,
// what was last confirmed. Keys hold no secrets; values may. A plan gets several keys for each resource in the files, one
// after the other, so 100,000 calls of Get in a run are not unusual.
type KV interface {
	// Get returns the value that was put last, by whichever process. ok is false where there is none, and where it can't be
	// read; Damaged tells the two apart.
	Get(key string) (value string, ok bool)
	// Put is durable. After an error the key still has its former value, or has the new one already. A key or a value that is
	// not UTF-8 is an error.
	Put(key, value string) error
	// PutAll does many Puts at the cost of one. After an error each of the keys has its former or its new value.
	PutAll(values map[string]string) error
}

// Locks let one owner at a time write to a scope, which is a connection, and keep a journal of what it sends there. The
// journal keeps what is in doubt, from one owner to the next; what is settled may go.
type Locks interface {
	// Acquire takes the lock of the scope and does not wait: where a living owner has it, which may be the caller itself, the
	// error is a *HeldError; also where a process keeps the store's own locks for longer than a few seconds. The lock of an owner
	// who died is taken over, see Lease.Former. A death is noticed at once, or within a minute where the owner's machine is out
	// of reach.
	Acquire(ctx context.Context, scope string, by Owner) (Lease, error)
	// Holders lists, sorted by scope, the locks that are held and those that were left by an owner who died.
	Holders(ctx context.Context) ([]Holder, error)
	// Break takes the lock from its owner, living or dead. Before the lock is free a record of it is durable: LockBroken, who
	// broke it, the scope, the reason, and as Outcome "taken from " and the owner. A lock that nobody holds is an error, and so
	// is a blank reason. A process that is stopped, wherever it is, does not keep a lock from being broken, and undoes nothing
	// that others did meanwhile when it goes on.
	Break(ctx context.Context, scope string, by Owner, reason string) error
	// Doubts returns the calls of which the journal does not say that they are settled, in the order of their first entries.
	// Of each call, which is a number in a run, it returns the last entry, with the Changes of an earlier one where the last
	// has none. An entry that comes after a call was settled begins it anew.
	//
	// Where a part of the journal can't be read, an entry in state Lost stands for all that it may have said, which was
	// written no later than its At. It is in doubt until an entry of its run and call says that it is settled.
	//
	// Doubts needs no lock and changes nothing.
	Doubts(ctx context.Context, scope string) ([]Entry, error)
}

// Lease is a lock that is held until it is released or broken, or its process ends. One that nothing refers to any more may
// end earlier. It is safe for use from several goroutines.
type Lease interface {
	// Former is the owner who died holding the lock, or the zero Owner where it can't be read who that was. It is nil where the
	// lock was released or broken.
	Former() *Owner
	// Append adds entries to the journal of the scope, in their order, and is durable. Every entry for which it returned nil is
	// seen by the next owner. Once the lock was broken it returns ErrLost, and adds nothing that the next owner goes by.
	//
	// After an error some of the entries may be there. Nothing more may be sent to the vendor, and each further Append fails
	// too: a disk that failed to sync once can't be trusted when it says later that it did. Append does not stop where its
	// context ends, because an apply that is interrupted still has to say how its last call ended.
	Append(ctx context.Context, entries ...Entry) error
	// Release gives the lock back. To release a lease again, or one that was lost, does nothing.
	Release() error
}

// Limiter shares the rates of vendors between all processes that use the store: it hands out turns, one every so often. Turns
// need not be durable, since one that a crash forgot costs a vendor one early call. They need not be shared before anything
// else was written to the store: a plan alone leaves no lock. A store that can't share turns hands out its process's own and
// says so in Damaged, or returns an error, and then the caller paces itself.
type Limiter interface {
	// Reserve reserves the next free turn under the key and returns how long to wait for it, which is never negative. The turn
	// after it comes no earlier than every later, so turns are evenly spaced and none are saved up. Turns a day or more ahead
	// need not be told apart. every must be positive.
	Reserve(ctx context.Context, key string, every time.Duration) (wait time.Duration, err error)
	// Delay puts off every turn that is not reserved yet until d from now, at least. A d of more than a day counts as a day.
	Delay(ctx context.Context, key string, d time.Duration) error
}

// Clock is a store with a clock that all machines share.
type Clock interface {
	Now(ctx context.Context) (time.Time, error)
}

// History is the record of runs. Each record is chained to the one before it by its Digest, so that none can be altered, or
// taken out of the middle, without being noticed.
type History interface {
	// Record adds a record at the end and is durable, at a cost that does not grow with the history. The records of all
	// processes are one chain.
	//
	// Rows are the details of the record, however many, and are kept apart from it: they are taken one by one, so that they
	// need not be in memory together, and are durable before the record is there. Record sets Details of the record by them;
	// without rows (nil) there are none. A row is JSON in one line. One that comes with an error ends the call with that error,
	// and then, as after any other, there is no record; rows that were kept in vain may stay until the store is next tidied.
	Record(ctx context.Context, r Record, rows Rows) error
	// Records yields the records that were there when it began, oldest first; others may be added meanwhile. One that can't be
	// read is yielded as an error in its place, and the rest follows.
	Records(ctx context.Context) iter.Seq2[Record, error]
	// Details yields the rows of a record, as they were given. That they are missing, or are not what the record says, is an
	// error, which may come as late as after the last row: only rows that ended without one are to be relied on. Records and
	// Verify don't look at them, so that what these cost does not grow with what runs did; CheckDetails does.
	Details(ctx context.Context, d Details) Rows
	// Verify checks the chain. The error says where the first break is, and the Chain ends before it. That records are missing at
	// its end is an error too, then and after later records, since a store notes the newest digest apart from the records. Who
	// can take records off can change that note: whoever noted an earlier end elsewhere asks Chain.Contains for it.
	Verify(ctx context.Context) (Chain, error)
}

// HeldError says that a living owner holds a lock.
type HeldError struct {
	Holder
	File string // "": the lock of the scope; else it is this file of the store's that the owner holds, and without it no lock can be had
}

// Error names the scope and its owner.
func (e *HeldError) Error() string {
	if e.File != "" {
		return fmt.Sprintf("the lock of %s can't be had, because %s is held and not given back, as by a stopped process: %s", e.Scope, e.File, e.Owner)
	}
	return fmt.Sprintf("another apply holds %s: %s", e.Scope, e.Owner)
}
