// Package pack distributes changes over calls that act on every resource they list times every subject they list.
//
// In go changes, or cells of numbered rows and columns, and the vendor's caps; out come calls, each a full product, as few
// as it can find, and a bound that says how few there can be. Every change is in exactly one call and no call touches a
// pair that is not among the changes, unless the caller names pairs that it may touch and how many. The package is pure
// and deterministic: the same set of changes gives the same calls, whatever order it comes in and on however many cores.
//
// docs/packing.md says how it works and what it reaches.
package pack
