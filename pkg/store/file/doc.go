// Package file is the store for one machine: files in the state folder, which only its owner can read. Processes keep out of
// each other's way with flock, which the system gives back when a process ends, however it ends.
//
//	memory.jsonl           key-values, one a line; the last line of a key counts
//	lock-SCOPE.json        who owns the lock, who holds the file under flock all the while
//	locks                  empty; under flock while a lock is taken, given back or broken
//	journal-SCOPE.jsonl    what became of the calls of a scope, one entry a line
//	budget.json            when the next turn under each key is
//	history.jsonl          the runs, one record a line, chained by digests
//	NAME.damaged           what could not be read of a file and was taken out of it: {"at","reason","bytes"}, one a line
//
// All that is kept is synced to disk before a call returns, except for budget.json. The lines of a log have checksums: one that
// was cut off or altered is never taken for another, but left out and reported.
package file
