// Package file is the engine for one machine: files in the state folder, which only its owner can read, kept apart between
// processes by flock.
//
//	memory.jsonl           facts, a line each; the last line of a key holds
//	lock-SCOPE.json        the owner of a lock, who has it under flock for as long as it lives
//	locks                  nothing; whoever takes, gives back or breaks a lock has it under flock meanwhile
//	journal-SCOPE.jsonl    what the calls of a scope came to, a line each
//	budget.json            when the next turn at each rate is
//	history.jsonl          the runs, a line each, chained by digests
//	NAME.damaged           what could not be read of a file and was taken out of it, as {"at","reason","bytes"}, a line each
//
// What is kept is synced before the call returns, but for budget.json. Each line of a log bears a checksum: one that was cut off
// or altered is never taken for another, but passed over and reported.
package file
