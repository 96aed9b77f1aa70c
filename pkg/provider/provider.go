package provider

import (
	"context"

	"github.com/entitlectl/entitlectl/pkg/diff"
)

// Source reads one connection and packs its changes. It has no way to write, so plan and drift get nothing more. Opening one
// sends nothing.
type Source interface {
	// Read returns what is live of the resources that the query's desired state lists. It asks with requests that change
	// nothing, and is never called while another Read or a Do of the same connection runs; it may be called again, and what
	// the latest one learned (ids, spellings) is what later calls rely on. What a read of a part does not show stays known.
	//
	// The state holds each listed resource that exists, with its settings, its id, and all its grants, whoever holds them; with
	// Query.Pairs these grants are enough. A list that could not be fetched is an error, never an empty list. A list of grants that
	// was fetched but may not be whole marks its resource as Incomplete (see diff.Live.Distrust), and nothing is revoked there; a list
	// of resources that may not be whole is an error, since what it lacks would be created again. So is a listed resource that does
	// not exist and that no call can make. Names are in the spelling in which the vendor compares them, subjects named as the files
	// name them, with the default domain where the vendor has domains.
	//
	// Where several live resources have the name of a listed one, none of them is shown; see diff.Live.Alike.
	//
	// Beside the state it says why the vendor can't take the subjects of wanted grants that live lacks (see Query.Missing),
	// and which resources can't be made or changed as desired; how many mails a change would send; and, where the query asks,
	// which mails came to nothing. What can be neither seen nor changed is as desired in the state, and a note says so.
	Read(ctx context.Context, q Query) (diff.Live, error)
	// Lists is about how many lists Read asks for, and in how many pages: what can be told before anything is read. It is pure.
	Lists(q Query) (lists, pages int)
	// Pack distributes changes over calls, in order of execution: each change without a problem in exactly one call, by its
	// index, and none with one. What gives access comes before what takes it. Beyond the changes a call touches nothing but
	// what it names as extra, out of the slack. With bound it also says how few calls there could be at best, if it can tell.
	// It is pure and deterministic, and leaves the changes as they are.
	Pack(changes []diff.Change, slack diff.Allowance, bound bool) diff.Packed
	// Shapes are the calls that Pack makes, and what each may carry. A plan with any other call is not carried out.
	Shapes() []diff.CallShape
}

// Target is a Source that can also write. Opening one sends nothing.
type Target interface {
	Source
	// Do sends one call of those that Pack made, with its changes and its extra ones; any other it refuses. Several may run
	// side by side. What a call names beyond the changes must come from reads and writes of this connection: ids, and the
	// settings of what is made, which the query of the latest Read tells.
	//
	// It calls begin, if that is not nil, once before the first request that writes leaves, as late as it can; after an error
	// of begin nothing is sent. A request is sent again only where a repeat is documented to be safe, or where the one before
	// was surely not done. When ctx ends, what is on its way is waited for and nothing more is sent.
	//
	// A nil error means that the vendor accepted the call, not that it did it. After any other error its fate is unknown,
	// unless it is a *Failure, or wraps one, that says otherwise; see Refuse. No error shows a secret.
	Do(ctx context.Context, name string, changes []diff.Change, begin func() error) error
}
