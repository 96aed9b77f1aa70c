// Package postgres is the store for many machines: tables of one schema in a PostgreSQL database.
//
//	kv         key-values
//	scope      who has the lock of a scope: owner, epoch, and the session that shows whether the owner lives
//	journal    what became of the calls of a scope
//	turn       when the next turn under each key is, by the server's clock
//	history    the runs, chained by digests; rows are added, and none is changed
//	head       the newest digest of the history
//	details    which details there are, by their digest
//	detail     their rows
//	migration  which versions of this schema were made, and when
//
// Whoever applies has a connection of its own, the session, with an advisory lock that the server gives back when the connection
// ends, however it ends. A lock is a row that names the session; a row whose session is gone was left by the dead. Each owner of
// a scope gets a higher epoch, and each statement that writes to the journal checks epoch and session on the server: a former
// owner that still lives adds nothing. Every change is one statement, so that a process which stops in the middle keeps no row
// from the others.
package postgres
