// Package store is what outlives a run, behind one small interface: key-values, locks with their journals, a
// shared limiter and the history of runs.
//
// It is never the source of truth about live state: what it holds makes a run cheaper, a repeat safer or a report better,
// and its loss makes no plan less safe. How and where it is kept is known to the folders below only, and the suite in
// storetest holds each of them to the same behaviour.
package store
