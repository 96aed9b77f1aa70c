// Package spec is the vocabulary of entitlectl and the strict loader of its desired-state files.
//
// In go files (YAML) and a moment; out comes a State for each connection: what should be. Providers answer with the
// same type: what is. The package knows no vendor: what a provider's part of the file may hold comes in as a ProviderSchema.
// Files are written by whoever proposes a change: where credentials come from and go to is bounded by the ProviderSchema, and by the
// operator's file. It reads files below the folders that it is given, and the rules above them that govern these; nothing
// else. It never writes, prints or asks the network.
package spec
