// Package spec is the vocabulary of entitlectl and the strict loader of its desired-state files.
//
// In go files (YAML) and a moment; out comes a State for each connection: what should be. Providers answer with the
// same type: what is. The package knows no vendor: what a provider's part of the file may hold comes in as a ProviderSchema.
// Files are written by whoever proposes a change: where credentials come from and go to is bounded by the ProviderSchema, and by the
// operator's file. It reads files below the folders that it is given, and the rules above them that govern these; nothing
// else. It never writes, prints or asks the network.
//
// Its own terms: an entry is a line of a list that gives a role to items, always or for a time; an item is one word there, which
// stands for a user, a team or a subject of the vendor. An identity is the name by which a connection knows a user. A floor is
// what a file that governs, the operator's or a rules file, says of rules; reviewed files are all others. A file is trusted where it
// is the operator's. A flaw is what is wrong with a text, a slip a typing mistake that YAML takes for something else.
//
// Load finds files (find.go, findrules.go), reads them (files.go), parses each into nodes (parse.go; where YAML refuses one the
// proofreader says why), decodes these into the loader (walk.go has what all decoding uses), and looks up names last (resolve.go).
package spec
