package main

import "runtime/debug"

// By how many percent the heap grows before it is collected. What a large apply holds grows with what it does, and collecting often
// saves it a quarter of its memory for little time. What a plan holds is a third of that, and collecting seldom saves it a seventh
// of its time.
const (
	whileApplying = 40
	whilePlanning = 200
	whileOthers   = 100 // as Go has it
)

// heapGrows sets by how much, until the result is called. A GOGC that is set goes before it.
func heapGrows(percent int) (end func()) {
	former := debug.SetGCPercent(percent)
	if former != whileOthers {
		debug.SetGCPercent(former)
	}
	return func() { debug.SetGCPercent(former) }
}
