// Package provider is the contract between apply and the vendors: what a vendor's package must offer, and what all of them
// share.
//
// A vendor's package opens a connection as a Source, which reads and packs, or as a Target, which also writes. Apply asks
// with a Query and gets a diff.Live; calls that fail say how they ended with a Failure. Live stands in package diff, since
// plans are computed from it and nothing below this package may know vendors. Here is also the one reader of whole lists.
//
// The package sends nothing and knows no vendor. The kit in providertest holds a vendor's package to these duties.
package provider
