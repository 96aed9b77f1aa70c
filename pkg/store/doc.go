// Package store is what outlives a run, behind one small interface: key-values, locks with their journals, a shared limiter
// and the history of runs.
//
// A store is never the truth about live state. What it keeps makes a run cheaper, a repeat safer or a report better; losing
// it makes no plan less safe. How and where things are kept is known to the folders below only: file keeps them on one
// machine, and storetest is the suite that every store passes. The suite can't show everything, such as that a crash of the
// machine loses nothing: the comments of [Store] and its parts are the contract for whoever writes one.
package store
