// Package engine is what outlives a run, behind one small interface: facts, locks with their journals, shared rates and
// the history of runs.
//
// It is never the source of truth about live state: what it holds makes a run cheaper, a repeat safer or a report better,
// and its loss makes no plan less safe. How and where it is kept is known to the folders below only, and the suite in
// enginetest holds each of them to the same behaviour.
package engine
