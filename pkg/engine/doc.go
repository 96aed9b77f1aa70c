// Package engine is what outlives a run, behind one small interface.
//
// In go small facts under a key; out they come in a later run. It is never the source of truth about live state: what it
// holds makes a run cheaper or a report better, and its loss makes no plan less safe. How and where it is kept is known to
// the folders below only.
package engine
