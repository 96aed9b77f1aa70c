package apply

import (
	"context"
	"time"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// Source reads one connection and packs its changes. It has no way to write, so plan and drift get nothing more.
type Source interface {
	// Read returns what is live of the resources that desired lists, each whole or marked Incomplete, and why the vendor
	// can't take the subjects of grants that live lacks. A list that could not be fetched at all is an error, never an
	// empty list. It may be called again; the latest answer is what later calls rely on.
	Read(ctx context.Context, desired spec.State) (diff.Live, error)
	// Pack distributes the changes over calls, in order of execution: each change without a problem in exactly one call,
	// by its index. Beyond the changes a call touches nothing but what it names as extra, out of the slack. With bound it
	// also says how few calls there could be at best. It is pure and deterministic.
	Pack(changes []diff.Change, slack diff.Slack, bound bool) diff.Packed
	// Shapes are the calls that Pack makes, and what each may carry. A plan with any other call is not carried out.
	Shapes() []diff.CallShape
}

// Target is a Source that can also write.
type Target interface {
	Source
	// Do sends one call of those that Pack made, with its changes and its extra ones. It calls begin once before anything
	// that writes leaves, as late as it can; after an error of begin nothing is sent. A nil error means that the vendor
	// accepted the call, not that it did it. An error with a method NotDone() bool that returns true means that nothing was
	// done; after any other error the fate of the call is unknown.
	Do(ctx context.Context, name string, changes []diff.Change, begin func() error) error
}

// Job is one connection with what should be there.
type Job struct {
	Connection spec.Connection
	Desired    spec.State
	Targets    []string // KIND/NAME, where the run is filtered to these
	Source     Source   // for Run it must be a Target
	Err        error    // why the connection can't be used; then Source is nil
}

// Observer is told what happens, from several goroutines at once. It must not block.
type Observer func(Event)

// Event is one of the types below.
type Event interface{ event() }

// Reading says that a connection's live state is being read.
type Reading struct{ Connection string }

// CallStarted says that a write call is about to be sent; Index counts from 1 to Of.
type CallStarted struct {
	Connection string
	Call       string
	Index, Of  int
	Changes    int
}

// CallDone says how the write call ended.
type CallDone struct {
	CallStarted
	Err error
}

// Verifying says that the touched things are read back; Attempt counts from 1.
type Verifying struct {
	Connection string
	Attempt    int
}

// Awaiting says that what an earlier run left in doubt gets some more time to show.
type Awaiting struct {
	Connection string
	Changes    int
	Left       time.Duration
}

func (Awaiting) event()    {}
func (Reading) event()     {}
func (CallStarted) event() {}
func (CallDone) event()    {}
func (Verifying) event()   {}
