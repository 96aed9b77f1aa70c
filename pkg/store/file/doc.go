// Package file is the store for one machine: files in the state folder, which only its owner can read. Processes keep out of
// each other's way with locks on these files (flock, LockFileEx on Windows), which the system gives back when a process ends,
// however it ends. Libraries for file locks open the file themselves, follow links, and on Windows keep others from reading it;
// so that is done here, in platform_*.go, which hold all that differs between systems.
//
//	memory.jsonl           key-values, one a line; the last line of a key counts
//	lock-SCOPE.json        who owns the lock, who holds the file and has the file locked all the while
//	locks                  empty; locked while a lock is taken, given back or broken
//	journal-SCOPE.jsonl    what became of the calls of a scope, one entry a line
//	budget.json            when the next turn under each key is
//	history.jsonl          the runs, one record a line, chained by digests
//	history-NUMBER.jsonl   earlier parts of the history, the oldest of them cut off where it was pruned
//	details/DIGEST.jsonl   what became of each change of a run whose record names the digest
//	details.new-*          the same, while it is written
//	history.head           the newest digest of the history
//	NAME.by                who has a file locked that is locked for moments only
//	NAME.damaged           what could not be read of a file and was taken out of it: {"at","reason","bytes"}, one a line
//
// Files that are not as we make them (links, pipes, devices, somebody else's, open to others) are refused, and so is a folder
// that others may write to. All that is kept is synced to disk before a call returns, except for budget.json and NAME.by. The
// lines of a log have checksums: one that was cut off or altered is never taken for another, but left out and reported.
package file
