// Package pack distributes changes over calls that act on every resource they list times every subject they list.
//
// In go changes and the vendor's caps, out come lists of changes, each of which is a full product of resources and
// subjects. Every change is in exactly one list and no list touches a pair that is not among the changes. The package is
// pure and deterministic: the same set of changes gives the same lists, whatever order it comes in.
package pack
