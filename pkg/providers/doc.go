// Package providers lists the vendors that entitlectl reaches, and says what each must offer.
//
// The catalog is an explicit slice: a new vendor is one folder beside this file and one line in catalog.go. The
// conformance suite runs against every entry.
package providers
