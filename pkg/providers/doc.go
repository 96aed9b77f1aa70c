// Package providers lists the vendors that entitlectl reaches.
//
// The catalog is an explicit slice: a new vendor is one folder beside this file and one line in catalog.go. What it must
// offer is in package provider; the conformance suite, in providertest, runs against every entry.
package providers
