// Package file is the engine for one machine: a log of JSON lines in the state folder, which only its owner can read.
//
// Each fact is one line with a checksum, appended under a lock and synced. The last line of a key holds. A line that was cut
// off or altered is passed over, with its reason. The log is read anew when it has grown.
package file
